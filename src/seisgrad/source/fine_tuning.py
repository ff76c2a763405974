"""A trained network goes on learning from labelled events: focal loss, rare mechanisms as often as common ones, and no
group of events in two parts.

The loss (1 − e^{−|e|})^{1.5} |e| and the sampling by inverse frequency of the mechanism are those of arXiv:2601.06320.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy import ndarray
from numpy.typing import NDArray
from torch import Tensor, nn

from seisgrad.errors import InputError
from seisgrad.nn import weights
from seisgrad.source.event_groups import divided, event_groups
from seisgrad.source.gather import Gather
from seisgrad.source.kagan import kagan_angle
from seisgrad.source.labelled import LEAST, Labelled
from seisgrad.source.moment_tensor import from_basis
from seisgrad.source.surrogate import SHIPPED, build_network
from seisgrad.source.task import answers, packed, truth
from seisgrad.training.task import Batch, Split

_LEAST_ANGLE = 0.1  # degrees; smaller errors are no better
_DOUBT = 0.1  # weight of what trains the doubt


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """How labelled events are divided and learned from.

    Args:
        kilometres, days: events nearer than both are linked, and linked ones are never parted.
        validation: share of the events that decides which weights are kept and how wide answers are.
        test: share of the events on which the errors in the card are measured.
        exponent: of the focal loss; 0 is the plain absolute error.
        width: of the kernel by which mechanisms are counted as alike, as a share of their norm: 0.35 is 20 degrees.
        dropout: largest chance that a station is left out of an event, drawn anew each time; 0 for none.
        model: velocity model that predicts P and S, against which picks are checked.

    Raises:
        InputError: a number out of its range.
    """

    kilometres: float = 30.0
    days: float = 30.0
    validation: float = 0.2
    test: float = 0.2
    exponent: float = 1.5
    width: float = 0.35
    dropout: float = 0.3
    model: str = "hadley_kanamori"

    def __post_init__(self) -> None:
        for name in ("kilometres", "days", "exponent"):
            if not 0.0 <= getattr(self, name) < np.inf:
                raise InputError(f"{name} is {getattr(self, name)!r}, expected a number that is not negative")
        if not 0.0 < self.width < np.inf:
            raise InputError(f"width is {self.width!r}, expected a positive number")
        if not 0.0 <= self.dropout < 1.0:
            raise InputError(f"dropout is {self.dropout!r}, expected at least 0 and less than 1")
        if not (self.validation > 0.0 and self.test > 0.0 and self.validation + self.test < 1.0):
            raise InputError(
                f"validation is {self.validation:g} and test {self.test:g}, expected positive shares of less than 1 in "
                "all: the rest is learned from"
            )


class TuningTask:
    """Labelled events for :func:`seisgrad.training.fit`, from the weights of a trained network on.

    A batch of the training is drawn with replacement, each event with a chance that falls with the number of events
    whose mechanism is like its own; the numbers by which the loop asks say only how many it wants.

    Args:
        events: all of them.
        before: the network, by name or folder.
        tuning: how.
        parts: events to train on, to validate with and to test on; by default divided by place and time.
        seed: of the division.

    Attributes:
        parts: as divided.
        before: folder of the network.
        chances: of the events of the training to be drawn.

    Raises:
        InputError: an unknown network, or too few groups of events.
    """

    def __init__(
        self,
        events: Labelled,
        before: str | Path,
        tuning: Tuning | None = None,
        *,
        parts: Mapping[str, Int[ndarray, " number"]] | None = None,
        seed: int = 0,
    ) -> None:
        self.events, self.tuning = events, tuning or Tuning()
        self.parts = dict(parts) if parts is not None else divided_events(events, self.tuning, seed)
        self.before = folder = SHIPPED.folder(before)
        tensors, card = weights.load(folder)
        self.network: nn.Module = build_network(card, str(folder))
        weights.put(tensors, self.network, folder)
        self._card = {name: card[name] for name in ("system", "network", "arguments")}
        self._from = {"name": Path(before).name, "sha256": card["sha256"], "data": card["data"]}
        self._truth = truth(events.moment)
        self.chances = inverse_frequency(self._truth["mechanism"][self.parts["train"]], self.tuning.width)

    def number(self, split: Split) -> int:
        """Events of a part."""
        return len(self.parts[split])

    def batch(self, split: Split, index: NDArray[np.int64], generator: np.random.Generator) -> Batch:
        """Events of the validation by number; of the training as many as there are numbers, rare mechanisms as often as
        common ones, each time without other stations."""
        if split == "train":
            chosen = generator.choice(self.parts["train"], len(index), p=self.chances)
        else:
            chosen = self.parts[split][index]
        gather = selected(self.events.gather, chosen)
        if split == "train" and self.tuning.dropout:
            gather = _thinned(gather, self.tuning.dropout, generator)
        gather, order = packed(gather.to(torch.float32))
        return {**gather._asdict(), **{name: x[chosen][order] for name, x in self._truth.items()}}

    def loss(self, network: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """``loss`` and its parts, ``kagan`` in degrees and ``doubt`` as in the first training."""
        gather = Gather(*(batch[name] for name in Gather._fields))
        mechanism, size, log_error = (torch.cat(x) for x in zip(*answers(network, gather), strict=True))
        of_mechanism = focal(mechanism - batch["mechanism"], self.tuning.exponent).sum(-1).mean()
        of_size = focal(size - batch["size"], self.tuning.exponent).mean()
        angle = kagan_angle(from_basis(mechanism.detach()), from_basis(batch["mechanism"]))
        doubt = (log_error - angle.clamp(min=_LEAST_ANGLE).log()).abs().mean()
        parts = {"mechanism": of_mechanism, "magnitude": of_size, "doubt": doubt}
        return {"loss": of_mechanism + of_size + _DOUBT * doubt, **parts, "kagan": angle.mean()}

    def description(self) -> dict[str, Any]:
        """The card's entries."""
        return {
            **self._card,
            "tuned_from": self._from,
            "data": {
                "labelled": True,
                "events": {part: len(some) for part, some in self.parts.items()},
                "names": {part: [self.events.names[k] for k in some] for part, some in self.parts.items()},
                "tuning": asdict(self.tuning),
            },
        }


def divided_events(events: Labelled, tuning: Tuning, seed: int = 0) -> dict[str, Int[ndarray, " number"]]:
    """Events by ``train``, ``validation`` and ``test``, no two linked ones in different parts.

    Raises:
        InputError: too few groups.
    """
    group = event_groups(
        events.time.numpy(),
        events.latitude.numpy(),
        events.longitude.numpy(),
        kilometres=tuning.kilometres,
        days=tuning.days,
    )
    rest = 1.0 - tuning.validation - tuning.test
    return divided(group, {"train": rest, "validation": tuning.validation, "test": tuning.test}, seed)


def focal(error: Float[Tensor, "*shape"], exponent: float) -> Float[Tensor, "*shape"]:
    """(1 − e^{−|e|})^γ |e|: absolute errors, small ones for less than they are."""
    size = error.abs()
    # the power has no derivative at 0, where the product has none either: 0
    return (-torch.expm1(-size.clamp(min=1e-12))).pow(exponent) * size


def inverse_frequency(mechanism: Float[Tensor, "event 5"], width: float) -> NDArray[np.float64]:
    """Chances ``[event]``, in all 1, that fall with the density of mechanisms around each: a Gaussian kernel in their
    coefficients.

    Args:
        mechanism: coefficients of norm 1.
        width: standard deviation of the kernel.
    """
    apart = torch.cdist(mechanism.double(), mechanism.double())
    density = torch.exp(-0.5 * (apart / width).square()).mean(-1)
    chance = (1.0 / density).numpy()
    return chance / chance.sum()


def selected(gather: Gather, index: Int[ndarray, " number"]) -> Gather:
    """Some of its events."""
    return Gather(*(x[torch.from_numpy(index)] for x in gather))


def _thinned(gather: Gather, dropout: float, generator: np.random.Generator) -> Gather:
    """Without the stations that drop out: independently, with a chance of each event; four are kept."""
    there = gather.present
    chance = torch.from_numpy(generator.uniform(0.0, dropout, (len(there), 1)))
    luck = torch.from_numpy(generator.random(there.shape)).masked_fill(~there, -1.0)
    least = luck.sort(-1, descending=True).values[:, min(LEAST, luck.shape[1]) - 1, None]
    stays = there & (luck >= torch.minimum(chance, least))
    recorded = gather.recorded & stays[..., None]
    windows = gather.windows * recorded[:, :, None, :, None]
    return gather._replace(windows=windows, recorded=recorded)
