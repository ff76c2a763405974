"""What training knows of earthquakes: events drawn anew for every batch, a network and how its answer is judged."""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor, nn

from seisgrad.errors import InputError
from seisgrad.source.gather import Gather
from seisgrad.source.harmonic import HarmonicSize
from seisgrad.source.kagan import kagan_angle
from seisgrad.source.kinds import KINDS
from seisgrad.source.moment_tensor import from_basis, magnitude, scalar_moment, to_basis
from seisgrad.source.sourcenet import PaperSize
from seisgrad.training.task import Batch, Split

_ROUND = 1e-2  # below this a distance counts squared: its derivative must not jump at 0
_LEAST = 0.1  # degrees; smaller errors are no better
_PARTS = 4  # of a batch that go through the network one after another
_DOUBT = 0.1  # weight of what trains the doubt
_ADAPT = 512  # events from which the constants of a network are taken
_ADAPT_STREAM = 2**31 + 1  # stands where the loop has its epoch: no batch is drawn from the same seed


@runtime_checkable
class Draws(Protocol):
    """Where events come from."""

    def draw(self, number: int, generator: np.random.Generator) -> tuple[Gather, Float[Tensor, "event 6"]]:
        """Gathers of as many events and their moment tensors (N·m), from the generator alone."""
        ...

    def description(self) -> dict[str, Any]:
        """What is drawn, JSON-able, for the card."""
        ...


@dataclass(frozen=True, kw_only=True)
class Losses:
    """What is minimised: the squared distance of the mechanism from the true one, both as coefficients of norm 1, and

    Args:
        direction: of the distance between the directions of the two, which is near the Kagan angle in radians.
        magnitude: of the error of the magnitude.

    Raises:
        InputError: a weight that is negative.
    """

    direction: float = 0.5
    magnitude: float = 0.5

    def __post_init__(self) -> None:
        if min(self.direction, self.magnitude) < 0.0:
            raise InputError(
                f"the weights are direction = {self.direction:g} and magnitude = {self.magnitude:g}, expected none "
                "negative"
            )


class SourceTask:
    """Mechanisms and magnitudes of events drawn on the fly, for :func:`seisgrad.training.fit`.

    No event is met twice: a pass is a number of events, after which the network is validated on events that are always
    the same, and the numbers by which the loop asks for samples say only how many it wants.

    Args:
        draws: where events come from.
        kind: of network, one of :data:`seisgrad.source.kinds.KINDS`.
        size: of the network; that of the kind by default.
        losses: how it is judged.
        events: of a pass.
        validation: events that decide which weights are kept.
        seed: of the first weights.

    Raises:
        InputError: an unknown kind, or a size of another one.
    """

    def __init__(
        self,
        draws: Draws,
        kind: str = "harmonic",
        size: HarmonicSize | PaperSize | None = None,
        losses: Losses | None = None,
        *,
        events: int = 25_600,
        validation: int = 1024,
        seed: int = 0,
    ) -> None:
        if kind not in KINDS:
            raise InputError(f"there is no network {kind!r}, expected one of {', '.join(KINDS)}")
        size_class, build = KINDS[kind]
        chosen: Any = size or size_class()
        if not isinstance(chosen, size_class):
            raise InputError(
                f"the network {kind!r} was given a {type(chosen).__name__}, expected a {size_class.__name__}"
            )
        self.draws, self.kind, self.losses = draws, kind, losses or Losses()
        self.size: HarmonicSize | PaperSize = chosen
        self._numbers = {"train": events, "validation": validation}
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.network: nn.Module = build(chosen)
        gather, moment = draws.draw(_ADAPT, np.random.default_rng([seed, _ADAPT_STREAM]))
        self.network.adapt(gather, magnitude(scalar_moment(moment)).float())  # type: ignore[operator]

    def number(self, split: Split) -> int:
        """Events of a pass, or of the validation."""
        return self._numbers[split]

    def batch(self, split: Split, index: NDArray[np.int64], generator: np.random.Generator) -> Batch:
        """As many events as there are numbers, with mechanisms of norm 1 and magnitudes."""
        # a child, for the loop's generators and those of datasets count alike: pass 2 could draw a test set
        (child,) = generator.spawn(1)
        gather, moment = self.draws.draw(len(index), child)
        gather, order = packed(gather.to(torch.float32))
        return {**gather._asdict(), **truth(moment[order])}

    def loss(self, network: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """``loss`` and its parts; besides ``kagan``, the mean Kagan angle in degrees, and ``doubt``, how far the
        network's own idea of its error is from it, which trains the head that has it and nothing else."""
        gather = Gather(*(batch[name] for name in Gather._fields))
        mechanism, found, log_error = (torch.cat(x) for x in zip(*answers(network, gather), strict=True))
        true = batch["mechanism"]
        squares = (mechanism - true).square().sum(-1).mean()
        direction = (nn.functional.normalize(mechanism, dim=-1) - true).square().sum(-1)
        direction = (direction + _ROUND**2).sqrt().mean()
        size = (found - batch["size"]).abs().mean()
        angle = kagan_angle(from_basis(mechanism.detach()), from_basis(true))
        doubt = (log_error - angle.clamp(min=_LEAST).log()).abs().mean()
        loss = squares + self.losses.direction * direction + self.losses.magnitude * size + _DOUBT * doubt
        parts = {"squares": squares, "direction": direction, "magnitude": size, "doubt": doubt}
        return {"loss": loss, **parts, "kagan": angle.mean()}

    def description(self) -> dict[str, Any]:
        """The card's entries."""
        return {
            "system": "source",
            "network": self.kind,
            "arguments": asdict(self.size),
            "losses": asdict(self.losses),
            "data": {**self.draws.description(), **self._numbers},
        }


def packed(gather: Gather) -> tuple[Gather, Int[Tensor, " event"]]:
    """Stations to the front of their event, events with few before events with many, and which was which."""
    there = gather.present
    events = there.sum(-1).argsort()
    stations = torch.argsort((~there[events]).byte(), dim=-1, stable=True)

    def moved(x: Tensor) -> Tensor:
        return torch.take_along_dim(
            x[events], stations.reshape(*stations.shape, *(1 for _ in x.shape[2:])), 1
        )

    of_stations = {name: moved(x) for name, x in gather._asdict().items() if name != "depth"}
    return Gather(**of_stations, depth=gather.depth[events]), events


def answers(network: nn.Module, packed: Gather) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Answers to parts of a batch, each with no more places for stations than its events need: half the work where
    their number varies widely."""
    number = len(packed.depth)
    for part in torch.arange(number).chunk(_PARTS):
        most = max(1, int(packed.present[part].sum(-1).max()))
        cut = {name: x[part][:, :most] for name, x in packed._asdict().items() if name != "depth"}
        said = network(Gather(**cut, depth=packed.depth[part]))
        yield said.mechanism, said.magnitude, said.log_error


def truth(moment: Float[Tensor, "event 6"]) -> dict[str, Tensor]:
    """What is to be found: the ``mechanism``, coefficients of norm 1, and the ``size``, its magnitude."""
    scalar = scalar_moment(moment)
    mechanism = to_basis(moment / scalar[..., None]) / math.sqrt(2.0)
    return {
        "mechanism": nn.functional.normalize(mechanism, dim=-1).float(),
        "size": magnitude(scalar).float(),
    }
