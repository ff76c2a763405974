"""The learned dispersion operator: the twin of :class:`seisgrad.dispersion.Physics`, and the weights that come with it.

Two kinds of network stand behind one face. Of a network of *modes* (:mod:`seisgrad.dispersion.modal`) values and
kernels follow from eigenfunctions by the stationary principle: it takes any depth grid and any period of its band, and
its derivative is that of the physics at the network's eigenfunctions. A network of *curves* maps numbers to numbers:
earths are resampled to its grid, its curves interpolated in ln T, and its derivative is whatever training made of it.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.dispersion.curve_solver import CurveSolver
from seisgrad.dispersion.flattening import check_depth, flatten, to_spherical
from seisgrad.dispersion.modal.network import ModeNetwork
from seisgrad.dispersion.modal.solver import ModeSolver
from seisgrad.dispersion.networks import Layout, build_network
from seisgrad.dispersion.survey import Branch, Survey, Wave, earth_space
from seisgrad.earth.layered import thickness_from_depth
from seisgrad.errors import InputError
from seisgrad.implicit import differentiable
from seisgrad.nn import weights
from seisgrad.nn.device import require_same_device
from seisgrad.nn.normalised import Normalised
from seisgrad.nn.shelf import Shelf
from seisgrad.operator import Operator

#: Half the step in ln T over which group velocity differences the phase velocity.
_HALF_STEP = 0.04
#: Mean absolute error to standard deviation, for Laplace's distribution.
_TO_SIGMA = 2.0**0.5

SHIPPED = Shelf(Path(__file__).parent / "weights")
"""Those that come with the package."""


class DispersionNet(Operator):
    """A trained network as an operator: vp, vs and rho ``[3, depth]`` to ``[branch, period]``.

    Args:
        folder: with weights and card, as :func:`seisgrad.training.fit` leaves them.
        survey: which curves at which periods: fundamental Rayleigh and Love phase or group velocity, within the band of
            the network; its own periods by default.
        depth: tops of the layers in km, the last that of the half-space; the network's own grid by default.
        outside: what happens to an earth outside the range of training: ``"raise"`` refuses it, ``"nan"`` gives NaN.

    Attributes:
        card: what the network is, what it was trained on and how good it is.

    Raises:
        InputError: weights that cannot be honoured, a curve or period that the network does not know, or a bad grid.
    """

    def __init__(
        self,
        folder: Path,
        survey: Survey | None = None,
        depth: Sequence[float] | Float[Tensor, " depth"] | None = None,
        outside: Literal["raise", "nan"] = "raise",
    ) -> None:
        if outside not in ("raise", "nan"):
            raise InputError(f"outside is {outside!r}, expected 'raise' or 'nan'")
        tensors, self.card = weights.load(folder)
        network = build_network(self.card, str(folder))
        weights.put(tensors, network, folder)
        self.network = network.eval().requires_grad_(False)
        layout = Layout.from_dict(self.card["layout"])
        self.survey = survey or _own_survey(layout)
        _check_survey(self.survey, layout)
        self.depth = torch.as_tensor(layout.depth if depth is None else depth, dtype=torch.float64)
        self.thickness = thickness_from_depth(self.depth)
        if self.survey.earth == "spherical":
            check_depth(self.thickness)
        self._solvers = {wave: self._solver(wave, layout, outside == "raise") for wave in self._waves()}
        self.domain, self.codomain = earth_space(self.depth), self.survey.space

    def apply(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """Curves ``[*batch, branch, period]`` of earths ``[*batch, 3, depth]``; NaN where a mode does not exist.

        Raises:
            InputError: an earth that is none, that has water, that lies outside the range of training, or that is on
                another device.
        """
        require_same_device(self.network, x)
        curves: dict[Branch, Tensor] = {}
        for wave in self._waves():
            curves |= self._curves(wave, x.double())
        return torch.stack([curves[branch] for branch in self.survey.branches], -2).to(x.dtype)

    def to(self, device: str | torch.device) -> "DispersionNet":
        """The same surrogate, its network now on ``device``."""
        self.network.to(device)
        return self

    def uncertainty(self, x: Float[Tensor, "*batch 3 depth"]) -> Float[Tensor, "*batch branch period"]:
        """Standard deviation, km/s, of the error that the network expects of its phase velocities; NaN where they are.

        Learned beside them, and scaled so that the mean error is right over the validation set. The tails are heavier
        than a Gaussian's: two values in a thousand of an ensemble like ``weak`` lie beyond five of these deviations,
        where two modes of nearly the same velocity are taken for each other.

        Raises:
            InputError: a network that predicts none, a survey with group velocities, or what :meth:`apply` refuses.
        """
        if not isinstance(self.network, ModeNetwork) or any(b.kind != "phase" for b in self.survey.branches):
            raise InputError("uncertainty is there for phase velocities of networks of modes alone")
        self.batch_shape(x)
        require_same_device(self.network, x)
        flat = x.detach().double().reshape(-1, *self.domain.shape)
        found = {}
        for wave in self._waves():
            solver = self._solvers[wave]
            assert isinstance(solver, ModeSolver)
            parts = [
                answer.doubt.masked_fill(missing, torch.nan)
                for answer, missing in solver.answers(self._layers(wave, flat))
            ]
            found[wave] = _TO_SIGMA * float(self.card.get("doubt_factor", 1.0)) * torch.cat(parts)
        number = len(self.survey.periods)
        stacked = torch.stack([found[b.wave][:, :number] for b in self.survey.branches], -2)
        return stacked.reshape(*x.shape[:-2], *self.codomain.shape).to(x.dtype)

    def _waves(self) -> list[Wave]:
        return list(dict.fromkeys(branch.wave for branch in self.survey.branches))

    def _solver(self, wave: Wave, layout: Layout, strict: bool) -> "ModeSolver | CurveSolver":
        """Phase velocities at the periods of the survey, and on both sides of each where group velocity is wanted."""
        periods = self.survey.periods
        if any(b.kind == "group" for b in self.survey.branches if b.wave == wave):
            factor = torch.exp(torch.tensor([0.0, -_HALF_STEP, _HALF_STEP], dtype=torch.float64))
            periods = (factor[:, None] * periods).flatten()
        flat = self._flat_thickness(wave)
        tops = torch.cat([flat.new_zeros(1), torch.cumsum(flat[:-1], 0)])
        if isinstance(self.network, ModeNetwork):
            return ModeSolver(self.network, wave, tops, periods, strict)
        assert isinstance(self.network, Normalised)
        return CurveSolver(self.network, layout, wave, tops, periods, strict)

    def _flat_thickness(self, wave: Wave) -> Float[Tensor, " depth"]:
        if self.survey.earth == "flat":
            return self.thickness
        one = torch.ones_like(self.thickness)
        return flatten(self.thickness, one, one, one, wave)[0]

    def _layers(self, wave: Wave, x: Float[Tensor, "*batch 3 depth"]) -> tuple[Tensor, Tensor, Tensor]:
        """vp, vs and rho of the flat earth that the network sees."""
        vp, vs, rho = x.unbind(-2)
        if self.survey.earth == "flat":
            return vp, vs, rho
        return flatten(self.thickness.to(x.device).expand(vp.shape), vp, vs, rho, wave)[1:]

    def _curves(self, wave: Wave, x: Float[Tensor, "*batch 3 depth"]) -> dict[Branch, Tensor]:
        solver = self._solvers[wave]
        layers = self._layers(wave, x)
        learned = isinstance(solver, ModeSolver)
        phase = differentiable(solver, *layers) if learned else solver(*layers)
        periods = solver.periods.to(x.device)
        if self.survey.earth == "spherical":
            phase = to_spherical(phase, phase, periods, wave, "phase")
        number = len(self.survey.periods)
        found = {Branch(wave, "phase", 0): phase[..., :number]}
        if phase.shape[-1] > number:
            found[Branch(wave, "group", 0)] = _group(*phase.unflatten(-1, (3, number)).unbind(-2))
        return found


def _group(c: Tensor, shorter: Tensor, longer: Tensor) -> Tensor:
    """U = c/(1 + d ln c/d ln T) by a central difference in ln T; NaN where one of the three is."""
    missing = c.isnan() | shorter.isnan() | longer.isnan()
    # a missing value must not enter the logarithm: its gradient would be NaN, not zero
    c, shorter, longer = (v.masked_fill(missing, 1.0) for v in (c, shorter, longer))
    slope = (torch.log(longer) - torch.log(shorter)) / (2.0 * _HALF_STEP)
    return (c / (1.0 + slope)).masked_fill(missing, torch.nan)


def _own_survey(layout: Layout) -> Survey:
    branches = tuple(Branch(*_branch(name)) for name in layout.branches)
    return Survey(branches, torch.tensor(layout.periods, dtype=torch.float64))


def _branch(name: str) -> tuple[Any, Any, int]:
    wave, kind, mode = name.split()
    return wave, kind, int(mode)


def _check_survey(survey: Survey, layout: Layout) -> None:
    known = {_branch(name)[0] for name in layout.branches}
    for branch in survey.branches:
        if branch.wave not in known or branch.kind == "ellipticity" or branch.mode:
            raise InputError(
                f"the surrogate does not know {branch}, expected phase or group velocity of the fundamental "
                f"{' or '.join(sorted(known))} mode; use the exact operator"
            )
    low, high = min(layout.periods), max(layout.periods)
    outside = survey.periods[(survey.periods < low * (1 - 1e-9)) | (survey.periods > high * (1 + 1e-9))]
    if len(outside):
        raise InputError(
            f"period {float(outside[0]):g} s is outside the band of the surrogate, {low:g} to {high:g} s; use the "
            "exact operator there"
        )


def shipped() -> list[str]:
    """Names of the surrogates that come with the package."""
    return SHIPPED.names


def card_of(name: str | Path) -> dict[str, Any]:
    """The card of a surrogate, by name or folder, without its weights."""
    return SHIPPED.card(name)


def annotate_card(name: str | Path, entries: Mapping[str, Any]) -> None:
    """Add entries to the card of a surrogate, or replace them."""
    SHIPPED.annotate(name, entries)


def load(
    name: str | Path = "default",
    survey: Survey | None = None,
    depth: Sequence[float] | Float[Tensor, " depth"] | None = None,
    outside: Literal["raise", "nan"] = "raise",
) -> DispersionNet:
    """A trained surrogate by name, or from the folder that ``seisgrad train`` left.

    The other arguments are those of :class:`DispersionNet`; depths are in km.

    Raises:
        InputError: an unknown name, or what :class:`DispersionNet` refuses.
    """
    return DispersionNet(SHIPPED.folder(name), survey, depth, outside)
