"""Learned elastic operators: twins of :class:`seisgrad.elastic.Physics`, and their weights.

A kind of network is a line in :data:`KINDS`. What it learned, where it holds and how good it is stand in its card.
"""

import copy
import logging
import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, Protocol

import torch
from jaxtyping import Complex, Float
from torch import Tensor

from seisgrad.elastic.grid import Grid
from seisgrad.elastic.harmonic.network import HarmonicNet, HarmonicSize
from seisgrad.elastic.harmonic.operator import require_on_line, require_solid
from seisgrad.elastic.helmholtz import HelmholtzNet, HelmholtzSize
from seisgrad.elastic.range import Range
from seisgrad.elastic.survey import Survey
from seisgrad.errors import InputError
from seisgrad.nn import weights
from seisgrad.nn.device import require_same_device
from seisgrad.nn.shelf import Shelf
from seisgrad.operator import Operator
from seisgrad.waves.places import Indices, as_parts

SHIPPED = Shelf(Path(__file__).parent / "weights")
"""Those that come with the package."""

Outside = Literal["refuse", "warn", "allow"]

_log = logging.getLogger(__name__)


class Learned(Protocol):
    """What a network does, whatever it is; a ``torch.nn.Module`` besides."""

    def require(self, grid: Grid) -> None:
        """InputError where it knows no earths on this grid."""
        ...

    def motion(
        self, earth: Float[Tensor, "batch 3 z x"], grid: Grid, survey: Survey
    ) -> Complex[Tensor, "batch source frequency component receiver"]:
        """What a survey asks, in the quantity of the card."""
        ...


def _helmholtz(card: Mapping[str, Any]) -> HelmholtzNet:
    grid = card["grid"]
    return HelmholtzNet(HelmholtzSize(**card["arguments"]), Grid(tuple(grid["shape"]), grid["spacing"]))


def _harmonic(card: Mapping[str, Any]) -> HarmonicNet:
    return HarmonicNet(HarmonicSize(**card["arguments"]))


KINDS: dict[str, Callable[[Mapping[str, Any]], Any]] = {"harmonic": _harmonic, "helmholtz": _helmholtz}
"""The untrained network of a card, by the name of its kind: a :class:`Learned` and a ``torch.nn.Module``."""


class ElasticNet(Operator):
    """A trained network as an operator: P and S velocity and density ``[3, z, x]`` to the motion of the surface.

    Args:
        folder: with weights and card, as :func:`seisgrad.training.fit` leaves them.
        grid: where earths are given.
        survey: which sources, frequencies and receivers.
        outside: what happens outside the range of training, a frequency out of its band or an earth of which more than
            a hundredth holds a velocity that training has not held at its depth: ``"refuse"``, ``"warn"`` in the log
            and go on, or ``"allow"``.
        dtype: of the work inside; the output has the dtype of the earth.

    Attributes:
        card: what the network is, what it was trained on and how good it is.
        range: of the training.

    Raises:
        InputError: weights that cannot be honoured, a place outside the grid, a force that the network has not learned,
            or a grid or frequency outside the range.
    """

    def __init__(
        self,
        folder: Path,
        grid: Grid,
        survey: Survey,
        outside: Outside = "refuse",
        dtype: torch.dtype = torch.float32,
    ) -> None:
        if outside not in ("refuse", "warn", "allow"):
            raise InputError(f"outside is {outside!r}, expected 'refuse', 'warn' or 'allow'")
        tensors, self.card = weights.load(folder)
        network = build_network(self.card, str(folder))
        weights.put(tensors, network, folder)
        self.network = network.to(dtype).eval().requires_grad_(False)
        self.grid, self.dtype, self.outside = grid, dtype, outside
        self.range = Range(self.card["range"])
        self.network.require(grid)
        self._ask(survey)

    def apply(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """Spectra ``[*batch, source, frequency, component, receiver, part]`` of earths ``[*batch, 3, z, x]``.

        Raises:
            InputError: no earth, one outside the range of training, or one on another device.
        """
        require_same_device(self.network, x)
        earth = x.reshape(-1, *self.domain.shape)
        require_solid(x)
        if self.outside != "allow":
            with suppress(RuntimeError):  # under torch.func.vmap values cannot be read
                self._mind(self.range.outside(earth, self.grid))
        motion = self.network.motion(earth.to(self.dtype), self.grid, self.survey) * self._factor.to(x.device)
        return as_parts(motion).reshape(*x.shape[:-3], *self.codomain.shape).to(x.dtype)

    def select(self, source: Indices | None = None, frequency: Indices | None = None) -> "ElasticNet":
        """The same operator for some of the sources and frequencies, by index; all where None."""
        other = copy.copy(self)
        other._ask(self.survey.select(source, frequency))
        return other

    def to(self, device: str | torch.device) -> "ElasticNet":
        """The same surrogate, its network now on ``device``."""
        self.network.to(device)
        return self

    def _ask(self, survey: Survey) -> None:
        """Take up a survey."""
        require_on_line(self.grid, survey)
        if survey.force not in self.card["forces"]:
            raise InputError(
                f"the survey has {survey.force} forces and the network has learned {' and '.join(self.card['forces'])} "
                "ones; use the exact operator"
            )
        if self.outside != "allow":
            self._mind(self.range.out_of_band(survey.frequencies))
        self.survey = survey
        self.domain, self.codomain = self.grid.space, survey.space
        turn = 2j * math.pi * survey.frequencies[:, None, None]
        power = (survey.quantity == "velocity") - (self.card["quantity"] == "velocity")
        self._factor = (turn**power).to(torch.complex64 if self.dtype == torch.float32 else torch.complex128)

    def _mind(self, complaint: str | None) -> None:
        if complaint is None:
            return
        if self.outside == "warn":
            _log.warning("%s; the network goes on outside what it has learned", complaint)
            return
        raise InputError(
            f"{complaint}; use the exact operator, or outside='warn' or 'allow' to go on all the same"
        )


def build_network(card: Mapping[str, Any], where: str) -> Any:
    """The network that a card describes, untrained.

    Raises:
        InputError: a card of another system or an unknown kind.
    """
    if card.get("system") != "elastic" or card.get("network") not in KINDS:
        raise InputError(
            f"{where} holds a network {card.get('network')!r} of system {card.get('system')!r}, expected "
            f"{' or '.join(map(repr, KINDS))} of 'elastic'"
        )
    return KINDS[card["network"]](card)


def shipped() -> list[str]:
    """Names of the surrogates that come with the package."""
    return SHIPPED.names


def card_of(name: str | Path) -> dict[str, Any]:
    """The card of a surrogate, by name or folder, without its weights."""
    return SHIPPED.card(name)


def load(
    name: str | Path,
    grid: Grid,
    survey: Survey,
    outside: Outside = "refuse",
    dtype: torch.dtype = torch.float32,
) -> ElasticNet:
    """A trained surrogate by name, or from the folder that ``seisgrad train`` left.

    The other arguments are those of :class:`ElasticNet`.

    Raises:
        InputError: an unknown name, or what :class:`ElasticNet` refuses.
    """
    return ElasticNet(SHIPPED.folder(name), grid, survey, outside, dtype)
