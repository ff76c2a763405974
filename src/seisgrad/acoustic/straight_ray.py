"""Waves without scattering and without a network: the Green's function along straight rays.

    p = √(ρ ρ_s) (−i/4) H0⁽²⁾(ω τ)

with τ the slowness integrated along the straight line from source to receiver: exact in a homogeneous earth, and
differentiable in every other one. The background that a learned operator has to beat.
"""

import copy
import math
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.acoustic.grid import Grid
from seisgrad.acoustic.survey import Survey
from seisgrad.errors import InputError
from seisgrad.nn.sampling import sample
from seisgrad.operator import Operator
from seisgrad.waves.places import Indices

#: Distance, in cells, at which a receiver at the source itself is taken to lie: where ln r is its mean over one cell.
_NEAR = math.exp(0.25 * math.pi - 1.5 - 0.5 * math.log(2.0))
#: Points of rays that are worked on together.
_TOGETHER = 2**22


class StraightRay(Operator):
    """Velocity and density ``[2, z, x]`` to spectra of pressure, by the travel time along straight rays.

    Args:
        grid: where earths are given.
        survey: which sources, frequencies and receivers.

    Raises:
        InputError: a survey of something else than spectra, or a place outside the grid.
    """

    def __init__(self, grid: Grid, survey: Survey) -> None:
        self.grid = grid
        self._ask(survey)

    def apply(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """Spectra ``[*batch, source, frequency, receiver, part]`` of earths ``[*batch, 2, z, x]``."""
        earth = x.reshape(-1, *self.domain.shape)
        sources, receivers, frequencies = (
            values.to(x) for values in (self.survey.sources, self.survey.receivers, self.survey.frequencies)
        )
        each = max(1, _TOGETHER // (len(receivers) * self._points))
        time = torch.cat([self._time(earth[:, :1], some, receivers) for some in sources.split(each)], 1)
        wave = 0.25 * hankel(2.0 * math.pi * frequencies[:, None] * time[:, :, None])
        at_sources, at_receivers = (self._at(earth[:, 1:], places) for places in (sources, receivers))
        amplitude = torch.sqrt(at_sources[:, :, None] * at_receivers[:, None])[:, :, None]
        parts = torch.stack([wave[..., 1] * amplitude, -wave[..., 0] * amplitude], -1)
        return parts.reshape(*x.shape[:-3], *self.codomain.shape)

    def select(self, source: Indices | None = None, frequency: Indices | None = None) -> "StraightRay":
        """The same operator for some of the sources and frequencies, by index; all where None."""
        other = copy.copy(self)
        other._ask(self.survey.select(source, frequency))
        return other

    def _ask(self, survey: Survey) -> None:
        if not isinstance(survey, Survey):
            raise InputError(
                f"straight rays received {type(survey).__name__}, expected a Survey of spectra; synthesise traces from "
                "them"
            )
        self.grid.require_inside(survey.sources, "source")
        self.grid.require_inside(survey.receivers, "receiver")
        self.survey = survey
        self.domain, self.codomain = self.grid.space, survey.space

    @property
    def _points(self) -> int:
        """Points on a ray: two per cell of the longest."""
        return math.ceil(2.0 * math.hypot(*(n - 1 for n in self.grid.shape)))

    def _time(
        self, velocity: Tensor, sources: Tensor, receivers: Tensor
    ) -> Float[Tensor, "batch source receiver"]:
        """Travel times, s, by the midpoint rule."""
        offset = receivers - sources[:, None]
        share = (torch.arange(self._points).to(sources) + 0.5) / self._points
        places = sources[:, None, None] + offset[:, :, None] * share[:, None]
        slowness = 1.0 / self._at(velocity, places.flatten(0, 2)).unflatten(1, places.shape[:3])
        return offset.norm(dim=-1).clamp(min=_NEAR * self.grid.spacing) * slowness.mean(-1)

    def _at(self, image: Float[Tensor, "batch 1 z x"], places: Float[Tensor, "place 2"]) -> Tensor:
        """Values at places in km, ``[batch, place]``."""
        rows, columns = (places / self.grid.spacing)[None, None].unbind(-1)
        batch = (len(image), -1, -1)
        return sample(image, rows.expand(batch), columns.expand(batch))[:, 0, 0]


class _Hankel(torch.autograd.Function):
    """H⁽²⁾ of order 0 or 1, real and imaginary part on a last axis; torch's Bessel functions lack derivatives."""

    generate_vmap_rule = True

    @staticmethod
    def forward(phase: Tensor, order: int) -> Tensor:  # type: ignore[override]
        special = torch.special
        first = (special.bessel_j0, special.bessel_j1)[order]
        second = (special.bessel_y0, special.bessel_y1)[order]
        return torch.stack([first(phase), -second(phase)], -1)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, int], output: Tensor) -> None:
        phase, ctx.order = inputs
        ctx.save_for_backward(phase)
        ctx.save_for_forward(phase)

    @staticmethod
    def backward(ctx: Any, cotangent: Tensor) -> tuple[Tensor, None]:  # type: ignore[override]
        return (cotangent * _slope(ctx.saved_tensors[0], ctx.order)).sum(-1), None

    @staticmethod
    def jvp(ctx: Any, tangent: Tensor, *_: Any) -> Tensor:  # type: ignore[override]
        return tangent[..., None] * _slope(ctx.saved_tensors[0], ctx.order)


def _slope(phase: Tensor, order: int) -> Tensor:
    """H0' = −H1 and H1' = H0 − H1/x."""
    if order == 0:
        return -hankel(phase, 1)
    return hankel(phase, 0) - hankel(phase, 1) / phase[..., None]


def hankel(phase: Float[Tensor, "*batch"], order: int = 0) -> Float[Tensor, "*batch 2"]:
    """H⁽²⁾ of order 0 or 1 of positive real numbers, as real and imaginary part; any derivative of it exists."""
    return _Hankel.apply(phase, order)  # type: ignore[return-value]
