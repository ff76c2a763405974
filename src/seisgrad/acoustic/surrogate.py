"""The learned acoustic operator: the twin of :class:`seisgrad.acoustic.Physics` for spectra, and its weights.

A network of *series* (:mod:`seisgrad.acoustic.series`) works out every frequency on a lattice of its own, six points
per wavelength. It takes any grid, any sources and receivers anywhere on it, and any frequency of its band.
"""

import copy
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import torch
from jaxtyping import Complex, Float
from torch import Tensor

from seisgrad.acoustic.grid import Grid
from seisgrad.acoustic.series.lattice import Lattice, lattice
from seisgrad.acoustic.series.network import SeriesNet, SeriesSize, Tables
from seisgrad.acoustic.series.readout import Places, at
from seisgrad.acoustic.survey import Survey
from seisgrad.errors import InputError
from seisgrad.nn import weights
from seisgrad.nn.device import require_same_device
from seisgrad.nn.sampling import sample
from seisgrad.nn.shelf import Shelf
from seisgrad.operator import Operator
from seisgrad.waves.places import Indices, as_parts

SHIPPED = Shelf(Path(__file__).parent / "weights")
"""Those that come with the package."""

#: Bytes of one field of all sources that are worked on together.
_TOGETHER = 2**25
#: Share by which a frequency, counted in wavelengths across the grid, may leave the band of training.
_SLACK = 0.01


class AcousticNet(Operator):
    """A trained network as an operator: velocity and density ``[2, z, x]`` to spectra of pressure.

    Args:
        folder: with weights and card, as :func:`seisgrad.training.fit` leaves them.
        grid: where earths are given; any extent and spacing.
        survey: which sources, frequencies and receivers.
        reference: velocity about which the waves are expanded, km/s; that of the training by default. The mean of the
            earth is best: contrasts count against it.
        outside: what happens outside the range of training (velocity over the reference, density over its mean,
            wavelengths across the grid): ``"raise"`` refuses it, ``"allow"`` goes on, as a series of scatterings may.
        dtype: of the work inside; the output has the dtype of the earth.

    Attributes:
        card: what the network is, what it was trained on and how good it is.

    Raises:
        InputError: weights that cannot be honoured, places outside the grid, or a frequency outside the range.
    """

    def __init__(
        self,
        folder: Path,
        grid: Grid,
        survey: Survey,
        reference: float | None = None,
        outside: Literal["raise", "allow"] = "raise",
        dtype: torch.dtype = torch.float32,
    ) -> None:
        if outside not in ("raise", "allow"):
            raise InputError(f"outside is {outside!r}, expected 'raise' or 'allow'")
        tensors, self.card = weights.load(folder)
        network = build_network(self.card, str(folder))
        weights.put(tensors, network, folder)
        self.network = network.to(dtype).eval().requires_grad_(False)
        self.grid, self.dtype, self.outside = grid, dtype, outside
        self.reference = float(self.card["reference"] if reference is None else reference)
        if not 0 < self.reference < float("inf"):
            raise InputError(f"reference is {reference!r} km/s, expected a positive velocity")
        self._known: dict[float, tuple[Lattice, Tables]] = {}
        self._ask(survey)

    def apply(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """Spectra ``[*batch, source, frequency, receiver, part]`` of earths ``[*batch, 2, z, x]``.

        Raises:
            InputError: an earth outside the range of training, or on another device.
        """
        require_same_device(self.network, x)
        earth = x.reshape(-1, *self.domain.shape).to(self.dtype)
        self._require_known(earth)
        amplitude = self._amplitude(earth)
        spectra = [self._spectrum(float(f), earth) * amplitude for f in self.survey.frequencies]
        parts = as_parts(torch.stack(spectra, 2))
        return parts.reshape(*x.shape[:-3], *self.codomain.shape).to(x.dtype)

    def select(self, source: Indices | None = None, frequency: Indices | None = None) -> "AcousticNet":
        """The same operator for some of the sources and frequencies, by index; all where None."""
        other = copy.copy(self)
        other._ask(self.survey.select(source, frequency))
        return other

    def to(self, device: str | torch.device) -> "AcousticNet":
        """The same surrogate, its network now on ``device``."""
        self.network.to(device)
        self._known.clear()
        return self

    def _ask(self, survey: Survey) -> None:
        """Take up a survey."""
        if not isinstance(survey, Survey):
            raise InputError(f"the surrogate received {type(survey).__name__}, expected a Survey of spectra")
        self.grid.require_inside(survey.sources, "source")
        self.grid.require_inside(survey.receivers, "receiver")
        self.survey = survey
        self.domain, self.codomain = self.grid.space, survey.space
        self._places = Places.of(survey.receivers)
        if self.outside == "raise":
            self._require_band(survey.frequencies)

    def _spectrum(
        self, frequency: float, earth: Float[Tensor, "batch 2 z x"]
    ) -> Complex[Tensor, "batch source receiver"]:
        if frequency not in self._known:
            place = lattice(self.grid, frequency, self.reference).to(next(self.network.parameters()))
            self._known[frequency] = place, self.network.tables(place)
        place, tables = self._known[frequency]
        sources = self.survey.sources.to(earth)[None]
        each = 2 * earth.element_size() * place.border.numel() * len(earth)
        parts = [
            at(place, self.network(place, earth, some, self.reference, tables), self._places)
            for some in sources.split(max(1, _TOGETHER // each), 1)
        ]
        return torch.cat(parts, 1)

    def _amplitude(self, earth: Float[Tensor, "batch 2 z x"]) -> Float[Tensor, "batch source receiver"]:
        """√(ρ ρ_s), by which p differs from g."""
        density = earth[:, 1:]
        at_sources, at_receivers = (
            self._density(density, places) for places in (self.survey.sources, self.survey.receivers)
        )
        return torch.sqrt(at_sources[:, :, None] * at_receivers[:, None])

    def _density(self, density: Tensor, places: Tensor) -> Float[Tensor, "batch place"]:
        rows, columns = (places.to(density) / self.grid.spacing)[None, None].unbind(-1)
        batch = (len(density), -1, -1)
        return sample(density, rows.expand(batch), columns.expand(batch))[:, 0, 0]

    def _require_band(self, frequencies: Tensor) -> None:
        low, high = self.card["range"]["wavelengths"]
        across = [lattice(self.grid, float(f), self.reference).wavelengths for f in frequencies]
        for frequency, count in zip(frequencies.tolist(), across, strict=True):
            if not low * (1 - _SLACK) <= count <= high * (1 + _SLACK):
                raise InputError(
                    f"{frequency:g} Hz puts {count:.3g} wavelengths across the grid, expected {low:.3g} to {high:.3g}, "
                    "the range of training; use the exact operator, or outside='allow' to go on all the same"
                )

    def _require_known(self, earth: Float[Tensor, "batch 2 z x"]) -> None:
        """Refuse what is no earth, and what lies outside the range of training."""
        velocity, density = earth.detach().unbind(1)
        with suppress(RuntimeError):  # under torch.func.vmap values cannot be read
            for name, values, unit in (("velocity", velocity, "km/s"), ("density", density, "g/cm3")):
                _require(values, (0.0, float("inf")), name, unit, "a positive value")
            if self.outside == "raise":
                allowed = self.card["range"]
                ratio = density / density.mean((-2, -1), keepdim=True)
                hint = (
                    "the range of training; use the exact operator, or outside='allow' to go on all the same"
                )
                _require(
                    velocity / self.reference, allowed["velocity"], "velocity over the reference", "", hint
                )
                _require(ratio, allowed["density"], "density over its mean", "", hint)


def _require(values: Tensor, allowed: Sequence[float], name: str, unit: str, expected: str) -> None:
    low, high = allowed
    if low > 0:
        low, high = low * (1 - _SLACK), high * (1 + _SLACK)
    bad = ~((values > low) & (values < high))
    if bool(bad.any()):
        earth, i, j = (int(k) for k in bad.nonzero()[0])
        which = f" of earth {earth + 1}" if len(values) > 1 else ""
        between = f"{low:.3g} to {high:.3g}, " if low > 0 else ""
        value = f"{float(values[earth, i, j]):g} {unit}".strip()
        raise InputError(f"{name} at node ({i}, {j}){which} is {value}, expected {between}{expected}")


def build_network(card: dict[str, Any], where: str) -> SeriesNet:
    """The network that a card describes, untrained.

    Raises:
        InputError: a card of another system or network.
    """
    if card.get("system") != "acoustic" or card.get("network") != "series":
        raise InputError(
            f"{where} holds a network {card.get('network')!r} of system {card.get('system')!r}, expected 'series' of "
            "'acoustic'"
        )
    return SeriesNet(SeriesSize(**card["arguments"]))


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
    reference: float | None = None,
    outside: Literal["raise", "allow"] = "raise",
    dtype: torch.dtype = torch.float32,
) -> AcousticNet:
    """A trained surrogate by name, or from the folder that ``seisgrad train`` left.

    The other arguments are those of :class:`AcousticNet`.

    Raises:
        InputError: an unknown name, or what :class:`AcousticNet` refuses.
    """
    return AcousticNet(SHIPPED.folder(name), grid, survey, reference, outside, dtype)
