"""The exact elastic operator: P and S waves in two dimensions under a free surface, and their derivatives.

    ρ ∂v/∂t = ∇·σ + f,   ∂σ/∂t = C : ∇v,   σ·n = 0 at z = 0

Deepwave propagates on a grid that is ``refine`` times finer; what leaves at the sides and below is absorbed.
Reverse-mode derivatives are those of the discrete simulation, exact to rounding. docs/elastic says how accurate the
values are and how that was measured.
"""

import copy
import math

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.elastic import readout
from seisgrad.elastic.accuracy import CELLS, check_earth, dispersion_error
from seisgrad.elastic.grid import Grid
from seisgrad.elastic.simulation import Simulation
from seisgrad.elastic.survey import COMPONENTS, Survey
from seisgrad.elastic.waves import CRITICAL_COURANT, Waves
from seisgrad.errors import InputError
from seisgrad.operator import Operator
from seisgrad.waves import leapfrog, points
from seisgrad.waves.derivatives import respond
from seisgrad.waves.places import Indices
from seisgrad.waves.simulation import compact
from seisgrad.waves.stepping import choose_duration, choose_refine, choose_time_step

#: Cells of the earth's grid by which it is continued beyond its edges.
_MARGIN = 2
#: The layer that absorbs beyond: its width in P wavelengths of the highest frequency, and the frequency for which it
#: is made, in highest ones. Thinner or tuned lower, such a layer grows unstable along a surface of many velocities.
_LAYER, _TUNED = 0.28, 2.0
#: And its fewest fine cells.
_FEWEST = 20
#: Spectra wait for waves that take this much longer than the slowest Rayleigh wave along the line.
_DETOUR = 1.25
#: Share of the largest stable time step that is taken by default. Deepwave wants a step that would be stable if the
#: stiffest node had the lightest one's density: in the ensembles up to 1.67 times shorter than what is.
_SHARE = 0.58


class Physics(Operator):
    """An elastic earth on the nodes of a grid to the motion of its surface that a survey asks: the exact operator.

    Domain ``[3, z, x]``: vp, vs (km/s) and density (g/cm³). Codomain
    ``[source, frequency, component, receiver, part]``, the response to a unit line force: velocity in 1/(GPa s) or
    displacement in 1/GPa.

    Args:
        grid: where the earth is given; the row at z = 0 is the surface.
        survey: what is asked.
        velocity: the slowest Rayleigh phase velocity at the highest frequency, and the highest P velocity, km/s, that
            an earth may have; grid and time step are made for them. A thin slow layer on top hardly slows the wave.
        refine: computational cells per cell of the grid; by default the fewest that keep the accuracy rule.
        time_step: s; by default nine tenths of the largest stable one.
        duration: s of simulated time; by default until the slowest Rayleigh wave has run along the line.
        dtype: of the propagation. The output has the dtype of the earth whatever this is.

    Attributes:
        refine, time_step, duration: as chosen.
        steps: number of time steps.
        error: the relative error that grid dispersion may add to a spectrum at the highest frequency along the whole
            line, by the rule of :mod:`seisgrad.elastic.accuracy`.

    Raises:
        InputError: a source or receiver off the line, velocities that are no range, or a refine, time step or duration
            that is too coarse, unstable or too short.
    """

    def __init__(
        self,
        grid: Grid,
        survey: Survey,
        *,
        velocity: tuple[float, float],
        refine: int | None = None,
        time_step: float | None = None,
        duration: float | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        _check(grid, survey, velocity, dtype)
        self.grid, self.survey = grid, survey
        self.velocity = (float(velocity[0]), float(velocity[1]))
        self.dtype = dtype
        self.domain, self.codomain = grid.space, survey.space
        self._highest = float(survey.frequencies.max())
        self._fade = 1.0 / float(survey.frequencies.min())
        self.refine = choose_refine(grid.spacing, self.velocity[0], self._highest, CELLS, refine)
        self._spacing = grid.spacing / self.refine
        self.time_step = choose_time_step(
            self._spacing, self.velocity[1], CRITICAL_COURANT, _SHARE, time_step
        )
        least, length = leapfrog.pulse_length(self._highest) + self._fade, grid.extent[1]
        self.duration = choose_duration(least, least + _DETOUR * length / self.velocity[0], duration)
        self.steps = math.ceil(self.duration / self.time_step)
        wavelength = self.velocity[0] / self._highest
        self.error = dispersion_error(wavelength / self._spacing, length / wavelength)
        self._simulation = self._simulate()

    def apply(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """Motion ``[*batch, source, frequency, component, receiver, part]`` of earths ``[*batch, 3, z, x]``."""
        check_earth(x, self.grid, self.velocity, self._highest)
        nodes, weights = self._around(self.survey.sources, self.survey.force)
        weights = readout.force_weight(self.survey.force) * weights
        return respond(self._simulation, x, nodes[..., 1:].to(x.device), weights.to(x.device))

    def select(self, source: Indices | None = None, frequency: Indices | None = None) -> "Physics":
        """The same operator for some of the sources and frequencies, by index; all where None.

        Refinement, time step and duration stay those of the whole, so that the values do too.
        """
        other = copy.copy(self)
        other.survey = self.survey.select(source, frequency)
        other.codomain = other.survey.space
        if frequency is not None:
            other._simulation = other._simulate()
        return other

    def _simulate(self) -> Simulation:
        fastest, asked = self.velocity[1], self.survey
        edge = max(_FEWEST, math.ceil(_LAYER * fastest / self._highest / self._spacing))
        pulse = leapfrog.pulse(self.steps, self.time_step, self._highest)
        force = pulse.to(self.dtype)
        tuned = _TUNED * self._highest
        waves = Waves(self._spacing, self.time_step, force, edge, tuned, fastest, asked.force)
        matrix = readout.spectra(
            pulse, self.time_step, asked.frequencies, self._spacing, self._fade, asked.quantity
        )
        both = [self._around(asked.receivers, component) for component in COMPONENTS]
        width = max(weights.shape[1] for _, weights in both)
        nodes, weights = (torch.cat([_widen(each[i], width) for each in both]) for i in (0, 1))
        read, receivers, weights = compact(nodes, weights)
        margin = self._margin
        return Simulation(
            waves,
            self.refine,
            (0, margin, margin, margin),
            read,
            receivers,
            weights,
            matrix.to(self.dtype),
            self.dtype,
        )

    @property
    def _margin(self) -> int:
        """Fine cells by which the earth is continued: enough for the window of a point on the edge."""
        return max(points.HALF_WIDTH, _MARGIN * self.refine)

    def _around(self, positions: Tensor, component: str) -> tuple[Tensor, Tensor]:
        """The nodes of the fine grid for places along the line in km, and their weights."""
        columns = (self.grid.shape[1] - 1) * self.refine + 1 + 2 * self._margin
        return readout.around(positions / self._spacing + self._margin, columns, component)  # type: ignore[arg-type]


def _widen(values: Tensor, width: int) -> Tensor:
    """``[receiver, node, …]`` with its first node repeated, or weights 0, up to ``width`` nodes."""
    more = width - values.shape[1]
    if values.ndim == 2:
        return torch.nn.functional.pad(values, (0, more))
    return torch.cat([values, values[:, :1].expand(-1, more, -1)], 1)


def _check(grid: Grid, survey: Survey, velocity: tuple[float, float], dtype: torch.dtype) -> None:
    if len(velocity) != 2 or not 0.0 < velocity[0] < velocity[1] < math.inf:
        raise InputError(
            f"velocity is {velocity!r} km/s, expected the slowest Rayleigh wave and the fastest P wave that an earth "
            "may have, both positive"
        )
    if dtype not in (torch.float32, torch.float64):
        raise InputError(f"dtype is {dtype}, expected torch.float32 or torch.float64")
    for what, along in (("source", survey.sources), ("receiver", survey.receivers)):
        grid.require_inside(torch.stack([torch.zeros_like(along), along], -1), what)
