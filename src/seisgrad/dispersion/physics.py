"""The exact dispersion operator: Rayleigh and Love waves of a layered earth, and their derivatives.

Modes are counted, then polished (``engine/``): there is no search step and no tolerance to tune. Derivatives come
from the implicit function theorem at the root (:mod:`seisgrad.implicit`). Every value is NaN where the earth does not
trap the mode, and a status says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from seisgrad.dispersion.flattening import check_depth
from seisgrad.dispersion.modeshapes import Eigenfunctions, eigenfunctions
from seisgrad.dispersion.roots import Parameters, RootSolver, Status, curves
from seisgrad.dispersion.sensitivity import Kernels, kernels
from seisgrad.dispersion.survey import (
    Branch,
    Earth,
    Kind,
    Survey,
    Wave,
    as_earth,
    as_periods,
    earth_space,
)
from seisgrad.earth import LayeredModel
from seisgrad.earth.layered import thickness_from_depth
from seisgrad.operator import Operator

__all__ = [
    "Eigenfunctions",
    "Kernels",
    "Physics",
    "Solution",
    "Status",
    "eigenfunctions",
    "ellipticity",
    "kernels",
    "solve",
    "velocity",
]

Periods = Sequence[float] | Float[Tensor, " period"]


@dataclass(frozen=True, eq=False)
class Solution:
    """A dispersion curve with the reason for every value that is missing.

    Attributes:
        velocity: km/s (a ratio for ellipticity), ``[..., period]`` or ``[..., mode, period]``; NaN where none exists.
        status: :class:`Status` of each value, same shape.
        periods: s, ``[period]``.
    """

    velocity: Float[Tensor, "*batch period"]
    status: UInt8[Tensor, "*batch period"]
    periods: Float[Tensor, " period"]


def solve(
    model: LayeredModel,
    periods: Periods,
    wave: Wave = "rayleigh",
    kind: Kind = "phase",
    mode: int | Sequence[int] = 0,
    earth: Earth = "flat",
) -> Solution:
    """Phase velocity, group velocity or ellipticity of one mode or several, with a status for every value.

    Args:
        model: the earth, ``[..., layer]``; gradients flow to its tensors.
        periods: s, positive and increasing, ``[period]``.
        wave: ``"rayleigh"`` or ``"love"``.
        kind: ``"phase"``, ``"group"`` or ``"ellipticity"`` (horizontal over vertical displacement at the top
            of the solid).
        mode: 0 is the fundamental; mode n is the (n+1)-th real root in phase velocity. A sequence adds a mode axis.
        earth: ``"flat"``, or ``"spherical"``: see :mod:`seisgrad.dispersion.flattening`.

    Returns:
        The solution; values are NaN and the status is ``BELOW_CUTOFF`` where the half-space traps no such mode.

    Raises:
        InputError: periods, wave, kind, mode or earth that make no sense.
    """
    value, solver = _values(model, periods, wave, kind, mode, earth)
    return Solution(value, solver.status.reshape(value.shape), solver.periods)


def _values(
    model: LayeredModel, periods: Periods, wave: Wave, kind: Kind, mode: int | Sequence[int], earth: Earth
) -> tuple[Tensor, RootSolver]:
    """Values ``[..., period]`` or ``[..., mode, period]``, and the solver that knows their status."""
    modes = [mode] if isinstance(mode, int) else list(mode)
    branches = [Branch(wave, kind, m) for m in modes]
    if as_earth(earth) == "spherical":
        check_depth(model.thickness)
    solver = RootSolver(wave, kind, [b.mode for b in branches], as_periods(periods))
    value = curves((model.thickness, model.vp, model.vs, model.rho), solver, earth)
    return (value.squeeze(-2) if isinstance(mode, int) else value), solver


def velocity(
    model: LayeredModel,
    periods: Periods,
    wave: Wave = "rayleigh",
    kind: Kind = "phase",
    mode: int | Sequence[int] = 0,
    earth: Earth = "flat",
) -> Float[Tensor, "*batch period"]:
    """The velocity of :func:`solve` alone: km/s, ``[..., period]``, NaN where no such mode exists."""
    return _values(model, periods, wave, kind, mode, earth)[0]


def ellipticity(
    model: LayeredModel, periods: Periods, mode: int | Sequence[int] = 0, earth: Earth = "flat"
) -> Float[Tensor, "*batch period"]:
    """Rayleigh-wave ellipticity r1/r2, ``[..., period]``: horizontal over vertical displacement at the solid's top.

    The sign is that of Aki & Richards' (r1, r2), u = (r1, i r2) e^{i(kx - ωt)} with z down: negative is
    retrograde motion at the surface. Periods are in s.
    """
    return _values(model, periods, "rayleigh", "ellipticity", mode, earth)[0]


class Physics(Operator):
    """A layered earth on a depth grid to every branch of a survey: the exact operator.

    Domain ``[3, depth]``: vp, vs (km/s) and rho (g/cm³) of layers with their tops at ``depth``, the last one
    the half-space. Codomain ``[branch, period]`` in km/s (a ratio for ellipticity), in the survey's order;
    NaN where a mode does not exist.

    Args:
        survey: which curves, at which periods.
        depth: tops of the layers in km, starting at 0 and increasing, ``[depth]``.

    Raises:
        InputError: tops that do not start at 0 or do not increase.
    """

    def __init__(self, survey: Survey, depth: Sequence[float] | Float[Tensor, " depth"]) -> None:
        self.survey = survey
        self.depth = torch.as_tensor(depth, dtype=torch.float64)
        self.thickness = thickness_from_depth(self.depth)
        if survey.earth == "spherical":
            check_depth(self.thickness)
        modes: dict[tuple[Wave, Kind], set[int]] = {}
        for branch in survey.branches:
            modes.setdefault((branch.wave, branch.kind), set()).add(branch.mode)
        self._solvers = [
            RootSolver(wave, kind, sorted(wanted), survey.periods) for (wave, kind), wanted in modes.items()
        ]
        self.domain, self.codomain = earth_space(self.depth), survey.space

    def apply(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """Curves ``[*batch, branch, period]`` of earths ``[*batch, 3, depth]``."""
        vp, vs, rho = x.double().unbind(-2)
        parameters: Parameters = (self.thickness.expand(vp.shape), vp, vs, rho)
        found: dict[Branch, Tensor] = {}
        for solver in self._solvers:
            value = curves(parameters, solver, self.survey.earth)
            found |= {
                Branch(solver.wave, solver.kind, int(m)): value[..., i, :] for i, m in enumerate(solver.modes)
            }
        return torch.stack([found[b] for b in self.survey.branches], -2).to(x.dtype)
