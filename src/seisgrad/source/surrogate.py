"""The learned twin: from records to the moment tensor, the way back of :class:`seisgrad.source.Physics`.

A trained network answers for any stations; for those of one event it is an operator, records to moment tensor, whose
derivative can be audited like any other's.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from seisgrad.errors import InputError
from seisgrad.nn import weights
from seisgrad.nn.shelf import Shelf
from seisgrad.operator import Operator, Space
from seisgrad.source.answer import Answer
from seisgrad.source.conformal import Conformal
from seisgrad.source.familiar import Familiar
from seisgrad.source.gather import COMPONENTS, HALF_WINDOW, PHASES, SAMPLES, SAMPLING, Gather
from seisgrad.source.kinds import KINDS
from seisgrad.source.moment_tensor import COMPONENTS as MOMENT
from seisgrad.source.moment_tensor import from_basis, moment_of_magnitude

SHIPPED = Shelf(Path(__file__).parent / "weights")
"""Those that come with the package."""
FARTHEST = 120.0
"""No Kagan angle is larger, degrees: a ball of this radius says nothing."""


class Estimate(NamedTuple):
    """What a network says of one event, and how sure it may be.

    Attributes:
        moment: deviatoric moment tensor, nn, ee, dd, ne, nd, ed, N·m.
        magnitude: moment magnitude.
        radius: the true mechanism is within this Kagan angle of the answer as often as the card says, degrees; 120,
            which is everything, where a warning says that the event is unlike those of the calibration.
        magnitude_radius: the same for the magnitude; infinite with a warning.
        attention: weight of every station in the mechanism; sums to 1.
        warnings: in what the event is unlike those that the network knows, one sentence each.
    """

    moment: Float[Tensor, " 6"]
    magnitude: Float[Tensor, ""]
    radius: Float[Tensor, ""]
    magnitude_radius: Float[Tensor, ""]
    attention: Float[Tensor, " station"]
    warnings: tuple[str, ...]

    def unsure(self, warning: str) -> "Estimate":
        """The same answer with one more warning, and therefore with radii that claim nothing."""
        return self._replace(
            radius=torch.full_like(self.radius, FARTHEST),
            magnitude_radius=torch.full_like(self.magnitude_radius, math.inf),
            warnings=(*self.warnings, warning),
        )


class SourceNet:
    """A trained network of sources.

    Args:
        folder: with weights and card, as :func:`seisgrad.training.fit` leaves them.

    Attributes:
        network: a gather to an :class:`~seisgrad.source.answer.Answer`, in single precision, for batches of events.
        card: what the network is, what it was trained on and how good it is.

    Raises:
        InputError: weights that cannot be honoured, or those of another system.
    """

    def __init__(self, folder: Path) -> None:
        tensors, self.card = weights.load(folder)
        network = build_network(self.card, str(folder))
        weights.put(tensors, network, folder)
        self.network = network.eval().requires_grad_(False)
        self._balls = {name: Conformal.from_dict(c) for name, c in self.card.get("conformal", {}).items()}
        self._familiar = Familiar(self.card["range"]) if "range" in self.card else None

    def answer(self, gather: Gather, names: Sequence[str] = ()) -> Estimate:
        """The moment tensor of one event, how far off it may be, and which stations it rests on.

        Args:
            gather: the event.
            names: of its stations, for warnings; without any they are numbered.

        Raises:
            InputError: no station, a batch, or numbers that are not finite.
        """
        require_usable(gather, names)
        gather = gather.to(torch.float32)
        with torch.no_grad():
            said: Answer = self.network(gather)
        warnings = ["the network was not calibrated"] if not self._balls else []
        warnings += self._familiar.complaints(gather, names) if self._familiar else []
        radius, magnitude_radius = said.magnitude.new_tensor(FARTHEST), said.magnitude.new_tensor(math.inf)
        if not warnings:
            stations = gather.present.sum()
            radius = self._balls["kagan"].radius(said.log_error.exp(), stations)
            magnitude_radius = self._balls["magnitude"].radius(torch.ones_like(radius), stations)
        moment = moment_of(said)
        return Estimate(moment, said.magnitude, radius, magnitude_radius, said.attention, tuple(warnings))

    def at(self, gather: Gather) -> "SourceInverse":
        """The network as an operator for the stations of one event, whose records only say which there are."""
        return SourceInverse(self.network, gather)


class SourceInverse(Operator):
    """Windows of the stations of one event ``[station, phase, component, time]`` to the moment tensor ``[6]``.

    Args:
        network: a gather to an answer.
        gather: one event: its stations, what they recorded and its depth; its windows do not count.

    Raises:
        InputError: no station, a batch, or numbers that are not finite.
    """

    def __init__(self, network: nn.Module, gather: Gather) -> None:
        require_usable(gather._replace(windows=torch.ones_like(gather.windows)))
        self.network, self._gather = network, gather
        self.domain = window_space(gather.present.shape[-1])
        self.codomain = Space("moment tensor", ("component",), (6,), "N·m", {"component": MOMENT})

    def apply(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """Moment tensors ``[..., 6]`` of windows ``[..., station, phase, component, time]`` in m/s."""
        batch, dtype = x.shape[: -self.domain.ndim], next(self.network.parameters()).dtype
        there = Gather(*(y.expand((*batch, *y.shape)).to(x.device) for y in self._gather))
        return moment_of(self.network(there._replace(windows=x).to(dtype))).to(x.dtype)


def window_space(stations: int) -> Space:
    """The space of the windows of so many stations."""
    time = tuple((k - SAMPLES // 2) / SAMPLING for k in range(SAMPLES))
    return Space(
        f"ground velocity within {HALF_WINDOW:g} s of the picks",
        ("station", "phase", "component", "time"),
        (stations, len(PHASES), len(COMPONENTS), SAMPLES),
        "m/s",
        {"phase": PHASES, "component": COMPONENTS, "time": time},
    )


def moment_of(said: Answer) -> Float[Tensor, "*batch 6"]:
    """The deviatoric moment tensor of an answer, N·m."""
    direction = nn.functional.normalize(said.mechanism, dim=-1)
    return from_basis(direction * (math.sqrt(2.0) * moment_of_magnitude(said.magnitude))[..., None])


def require_usable(gather: Gather, names: Sequence[str] = ()) -> None:
    """InputError where a gather is none of one event that something was recorded of, all of it finite."""
    there = gather.present
    if there.ndim != 1:
        raise InputError(
            f"there are events {tuple(there.shape[:-1])}, expected one; ask for one after another"
        )
    if not there.any():
        raise InputError(
            "no station recorded the event; give records of at least one, of four for an answer that counts"
        )
    for name, values in (
        ("windows", gather.windows[there].masked_fill(~gather.recorded[there][:, None, :, None], 0.0)),
        ("distance", gather.distance[there]),
        ("azimuth", gather.azimuth[there]),
        ("place", gather.place[there]),
        ("depth", gather.depth),
    ):
        if not values.isfinite().all():
            raise InputError(
                f"{name} holds values that are not finite; leave those stations or components out"
            )
    silent = there & ~(gather.windows.masked_fill(~gather.recorded[:, None, :, None], 0.0) != 0).flatten(
        1
    ).any(1)
    if silent.any():
        first = int(silent.nonzero()[0])
        name = names[first] if names else f"station {first}"
        raise InputError(f"{name} recorded nothing but zeros; leave it out, or its dead component")


def build_network(card: Mapping[str, Any], where: str) -> nn.Module:
    """The network that a card describes, untrained.

    Raises:
        InputError: a card of another system or an unknown kind.
    """
    if card.get("system") != "source" or card.get("network") not in KINDS:
        raise InputError(
            f"{where} holds a network {card.get('network')!r} of system {card.get('system')!r}, expected "
            f"{' or '.join(map(repr, KINDS))} of 'source'"
        )
    size, build = KINDS[card["network"]]
    return build(size(**card["arguments"]))


def shipped() -> list[str]:
    """Names of the networks that come with the package."""
    return SHIPPED.names


def card_of(name: str | Path) -> dict[str, Any]:
    """The card of a network, by name or folder, without its weights."""
    return SHIPPED.card(name)


def load(name: str | Path) -> SourceNet:
    """A trained network by name, or from the folder that a training left.

    Raises:
        InputError: an unknown name, or what :class:`SourceNet` refuses.
    """
    return SourceNet(SHIPPED.folder(name))
