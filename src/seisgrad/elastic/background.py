"""Surface waves without scattering and without a network: the Rayleigh wave of a laterally slowly varying earth.

Below every point of the line the earth is taken as layered. Its phase velocity c gives the phase between source and
receiver, and its eigenfunction the amplitude, as energy is conserved on the way (Aki & Richards 2002, sections 7.3 and
7.4): the upward displacement by an upward unit line force is

    u = −i √(a_s a_r) e^{−iφ},    φ = ω ∫ dx/c,    a = 1/(4 ω U I1),

with the group velocity U and the energy integral I1 of the eigenfunction of unit vertical displacement at the surface.
Of a wave along +x the horizontal motion is −iχ times the upward one, χ the ellipticity r1/r2; a horizontal force
follows by reciprocity.

The integral is weighed: a film of water of thickness e loads the surface with ρ ω² e per vertical displacement, and
first-order perturbation of the wavenumber gives a = (∂k/∂e)/(ρ ω²). So all is made of roots of the exact dispersion
operator, and differentiable.

Where a slow layer lies deep the fundamental mode is guided by it and hardly moves the surface. The wave of a column is
therefore the first mode that the surface feels, one whose a is not far below the largest; it changes smoothly from
column to column and from earth to earth. The near field, body waves and what other modes carry are not in it.
"""

import copy
import math
from dataclasses import dataclass

import torch
from jaxtyping import Complex, Float
from torch import Tensor

from seisgrad.dispersion import ellipticity, velocity
from seisgrad.earth import LayeredModel
from seisgrad.elastic.grid import Grid
from seisgrad.elastic.harmonic.operator import require_on_line, require_solid
from seisgrad.elastic.survey import Survey
from seisgrad.errors import InputError
from seisgrad.operator import Operator
from seisgrad.waves.places import Indices, as_parts

#: Thickness of a layer over its depth, where that is more than half a cell.
_GROWTH = 0.1
#: P velocity, km/s, and density, g/cm³, of water.
_WATER = (1.5, 1.0)
#: Thickness of the film: km over the highest frequency in Hz. The slope from three films errs by its square.
_FILM = 1e-3
#: Share of the largest a of a column below which the surface does not feel a mode, and above which it does.
_FELT = (0.05, 0.3)
#: The least a, 1/GPa, a millionth of what rock has.
_LEAST = 1e-8


@dataclass(frozen=True, eq=False)
class _Ends:
    """The wave at places along the line, each ``[batch, frequency, place]``.

    Attributes:
        phase: from the left edge of the grid.
        size: a, 1/GPa.
        ratio: χ.
    """

    phase: Tensor
    size: Tensor
    ratio: Tensor


class Background(Operator):
    """P and S velocity and density ``[3, z, x]`` to the Rayleigh waves that a survey asks.

    Exact far from the source where the earth is layered. Below the grid lies a half-space as fast as the fastest layer
    of its column, which traps the wave whatever the earth.

    Args:
        grid: where earths are given.
        survey: which sources, frequencies and receivers.
        columns: distance of the columns that are taken as layered, km; each is the mean of the earth around it. Two
            cells of the grid by default.
        modes: among which the first one that the surface feels is sought, from the fundamental on.

    Raises:
        InputError: a place outside the grid, no mode, or a distance that is not positive.
    """

    def __init__(self, grid: Grid, survey: Survey, *, columns: float | None = None, modes: int = 8) -> None:
        if modes < 1:
            raise InputError(f"modes is {modes}, expected at least 1, the fundamental one")
        self.grid, self.modes = grid, tuple(range(modes))
        self.columns = 2.0 * grid.spacing if columns is None else columns
        if not 0.0 < self.columns < math.inf:
            raise InputError(f"columns is {columns!r} km, expected the distance of the columns, positive")
        depth, length = grid.extent
        tops = _tops(depth, 0.5 * grid.spacing)
        self._thickness = torch.cat([tops.diff(), tops.new_zeros(1)])
        last = torch.eye(len(grid.z), dtype=torch.float64)[-1:]
        self._to_layers = torch.cat([_means(tops[:-1], tops[1:], grid.z), last])
        self._x = torch.linspace(0.0, length, math.ceil(length / self.columns) + 1, dtype=torch.float64)
        half = 0.5 * float(self._x[1])
        self._to_columns = _means((self._x - half).clamp(min=0.0), (self._x + half).clamp(max=length), grid.x)
        self._film = _FILM / float(survey.frequencies.max())
        self._ask(survey)

    def apply(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """Spectra ``[*batch, source, frequency, component, receiver, part]`` of earths ``[*batch, 3, z, x]``."""
        require_solid(x)
        earth = x.reshape(-1, *self.domain.shape).double().cpu()
        layers = (self._to_layers @ earth @ self._to_columns.mT).movedim(-1, 1)
        waves = self._waves(layers)
        sources, receivers = (
            _ends(waves, self._x, at) for at in (self.survey.sources, self.survey.receivers)
        )
        spectrum = self._between(sources, receivers).permute(0, 3, 1, 2, 4)
        return as_parts(spectrum).reshape(*x.shape[:-3], *self.codomain.shape).to(x)

    def select(self, source: Indices | None = None, frequency: Indices | None = None) -> "Background":
        """The same operator for some of the sources and frequencies, by index; all where None."""
        other = copy.copy(self)
        other._ask(self.survey.select(source, frequency))
        return other

    def _ask(self, survey: Survey) -> None:
        """Take up a survey."""
        require_on_line(self.grid, survey)
        self.survey = survey
        self.domain, self.codomain = self.grid.space, survey.space

    def _waves(
        self, layers: Float[Tensor, "batch column 3 layer"]
    ) -> Float[Tensor, "3 batch frequency column"]:
        """Wavenumber, 1/km, a, 1/GPa, and χ of every column."""
        vp, vs, rho = layers.unbind(-2)
        vp, vs = (torch.cat([v[..., :-1], v.amax(-1, keepdim=True)], -1) for v in (vp, vs))
        earth = (self._thickness.expand(vp.shape), vp, vs, rho)
        periods, which = torch.unique(1.0 / self.survey.frequencies, return_inverse=True)
        omega = 2.0 * math.pi / periods
        bare = LayeredModel(*earth)
        films = [LayeredModel(*_under_water(earth, times * self._film)) for times in (1, 2)]
        c, c1, c2 = (velocity(model, periods, mode=self.modes) for model in (bare, *films))
        ratio = ellipticity(bare, periods, mode=self.modes)
        there = (c + c1 + c2 + ratio).isfinite()  # [batch, column, mode, frequency]
        k, k1, k2 = (omega / v.where(there, 1.0) for v in (c, c1, c2))
        # of a mode that the surface does not feel the difference is nothing but rounding
        size = ((4.0 * k1 - k2 - 3.0 * k) / (2.0 * self._film * _WATER[1] * omega**2)).clamp(min=_LEAST)
        weight = _first_felt(size)
        waves = (torch.stack([k, size, ratio.where(there, 0.0)]) * weight).sum(-2)
        return waves[..., which].mT

    def _between(
        self, sources: _Ends, receivers: _Ends
    ) -> Complex[Tensor, "batch frequency component source receiver"]:
        """Motion at every receiver by every source, complex."""
        towards = torch.sign(self.survey.receivers - self.survey.sources[:, None])
        phase = towards * (receivers.phase[..., None, :] - sources.phase[..., None])
        size = torch.sqrt(receivers.size[..., None, :] * sources.size[..., None])
        wave = -1j * torch.polar(size, -phase)
        there, here = towards * receivers.ratio[..., None, :], sources.ratio[..., None]
        if self.survey.force == "vertical":
            motion = torch.stack([wave, -1j * there * wave], 2)
        else:
            # χ_s χ_r at the source itself too, where the wave goes neither way
            motion = torch.stack([1j * towards * here * wave, here * receivers.ratio[..., None, :] * wave], 2)
        if self.survey.quantity == "displacement":
            return motion
        return 2j * math.pi * self.survey.frequencies[:, None, None, None] * motion


def _tops(depth: float, least: float) -> Float[Tensor, " layer"]:
    """Tops of layers that become thicker with depth, the last one that of the half-space, at ``depth``."""
    tops = [0.0]
    while tops[-1] < depth:
        tops.append(tops[-1] + max(least, _GROWTH * tops[-1]))
    return torch.tensor(tops, dtype=torch.float64) * (depth / tops[-1])


def _under_water(earth: tuple[Tensor, ...], thickness: float) -> list[Tensor]:
    """Layers under a film of water."""
    film = (thickness, _WATER[0], 0.0, _WATER[1])
    return [torch.cat([torch.full_like(v[..., :1], w), v], -1) for w, v in zip(film, earth, strict=True)]


def _first_felt(size: Float[Tensor, "*batch mode frequency"]) -> Float[Tensor, "*batch mode frequency"]:
    """Weights of the modes, in sum 1: all of it for the first one that the surface feels, smoothly."""
    least, enough = _FELT
    share = size / size.amax(-2, keepdim=True)
    step = ((share - least) / (enough - least)).clamp(0.0, 1.0)
    felt = step.square() * (3.0 - 2.0 * step)
    left = torch.cumprod(1.0 - felt, -2)
    return felt * torch.cat([torch.ones_like(left[..., :1, :]), left[..., :-1, :]], -2)


def _ends(waves: Float[Tensor, "3 batch frequency column"], x: Tensor, places: Tensor) -> _Ends:
    """The wave at places, km along the line, from that of columns at ``x``."""
    across, near = (weights.mT for weights in (_integrals(places, x), _hats(places, x)))
    return _Ends(waves[0] @ across, waves[1] @ near, waves[2] @ near)


def _hats(places: Float[Tensor, " place"], x: Float[Tensor, " node"]) -> Float[Tensor, "place node"]:
    """Weights of linear interpolation between nodes that are evenly spaced from 0."""
    return (1.0 - (places[:, None] - x).abs() / x[1]).clamp(min=0.0)


def _integrals(places: Float[Tensor, " place"], x: Float[Tensor, " node"]) -> Float[Tensor, "place node"]:
    """Weights of the integral from 0 to each place of what is linear between nodes evenly spaced from 0."""
    step = x[1]
    after = ((places[:, None] - x) / step).clamp(-1.0, 1.0)
    ramp = torch.where(after < 0.0, 0.5 * (1.0 + after).square(), 1.0 - 0.5 * (1.0 - after).square())
    ramp[:, 0] -= 0.5  # of the first hat only the right half lies on the line
    return step * ramp


def _means(first: Tensor, last: Tensor, x: Float[Tensor, " node"]) -> Float[Tensor, "interval node"]:
    """Weights of the mean over intervals of what is linear between nodes evenly spaced from 0."""
    return (_integrals(last, x) - _integrals(first, x)) / (last - first)[:, None]
