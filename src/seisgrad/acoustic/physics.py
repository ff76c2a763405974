"""The exact acoustic operator: waves in two dimensions and their derivatives.

    (1/(ρ v²)) ∂²p/∂t² − ∇·(ρ⁻¹ ∇p) = s(t) δ(x − x_s)

Deepwave propagates on a grid that is ``refine`` times finer; what leaves the grid is absorbed. Derivatives are those of
the discrete simulation, exact to rounding. docs/acoustic says how accurate the values are and how that was measured.
"""

import copy
import dataclasses
import math
from contextlib import suppress
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.acoustic import readout
from seisgrad.acoustic.accuracy import dispersion_error, least_cells
from seisgrad.acoustic.grid import Grid
from seisgrad.acoustic.simulation import Simulation
from seisgrad.acoustic.survey import Survey, Traces
from seisgrad.acoustic.waves import CRITICAL_COURANT, Waves
from seisgrad.errors import InputError
from seisgrad.operator import Operator
from seisgrad.waves import leapfrog, points
from seisgrad.waves.derivatives import respond
from seisgrad.waves.places import Indices
from seisgrad.waves.simulation import compact
from seisgrad.waves.stepping import choose_duration, choose_refine, choose_time_step

#: Cells of the earth's grid by which it is continued beyond its edges, and then those of the absorbing layer: as a
#: width in km, so that the waves do not depend on the refinement. And the fewest fine cells of the latter.
_MARGIN, _LAYER, _FEWEST = 2, 3, 12
#: Spectra wait for waves that take this much longer than the straight way across the grid.
_DETOUR = 1.25
#: Share of the largest stable time step that is taken by default: room for jumps of density.
_SHARE = 0.9


class Physics(Operator):
    """An acoustic earth on the nodes of a grid to the pressure that a survey asks: the exact operator.

    Domain ``[2, z, x]``: velocity (km/s) and density (g/cm³). Codomain ``[source, frequency, receiver, part]`` for a
    :class:`Survey`, the response to a unit source; ``[source, receiver, time]`` for :class:`Traces`.

    Args:
        grid: where the earth is given.
        survey: what is asked.
        velocity: the lowest and highest velocity, km/s, that an earth may hold; grid and time step are made for them.
        top: ``"absorbing"``, or ``"free"`` for a free surface, p = 0 at z = 0.
        refine: computational cells per cell of the grid; by default the fewest that keep the accuracy rule.
        time_step: s; by default nine tenths of the largest stable one.
        duration: s of simulated time for spectra; by default until the waves have left along the slowest way.
        dtype: of the propagation. The output has the dtype of the earth whatever this is.

    Attributes:
        refine, time_step, duration: as chosen.
        steps: number of time steps.
        error: the relative error that grid dispersion may add to a spectrum at the highest frequency across the
            diagonal of the grid, by the rule of :mod:`seisgrad.acoustic.accuracy`.

    Raises:
        InputError: a source or receiver outside the grid, a source on the free surface, velocities that are no range,
            or a refine, time step or duration that is too coarse, unstable or too short.
    """

    def __init__(
        self,
        grid: Grid,
        survey: Survey | Traces,
        *,
        velocity: tuple[float, float] = (2.0, 4.5),
        top: Literal["absorbing", "free"] = "absorbing",
        refine: int | None = None,
        time_step: float | None = None,
        duration: float | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        _check(grid, survey, velocity, top, dtype)
        self.grid, self.survey = grid, survey
        self.velocity = (float(velocity[0]), float(velocity[1]))
        self.top, self.dtype = top, dtype
        self.domain, self.codomain = grid.space, survey.space
        self._highest, self._fade = _band(survey)
        self.refine = choose_refine(grid.spacing, self.velocity[0], self._highest, least_cells(), refine)
        self._spacing = grid.spacing / self.refine
        self.time_step = choose_time_step(
            self._spacing, self.velocity[1], CRITICAL_COURANT, _SHARE, time_step
        )
        self.duration = self._choose_duration(duration)
        self.steps = math.ceil(self.duration / self.time_step)
        wavelength = self.velocity[0] / self._highest
        self.error = dispersion_error(wavelength / self._spacing, math.hypot(*grid.extent) / wavelength)
        self._simulation = self._simulate()

    def apply(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """Pressure ``[*batch, source, …]`` of earths ``[*batch, 2, z, x]``."""
        _check_earth(x, self.velocity)
        nodes, weights = self._around(self.survey.sources.to(x.device))
        return respond(self._simulation, x, nodes, weights)

    def select(self, source: Indices | None = None, frequency: Indices | None = None) -> "Physics":
        """The same operator for some of the sources and frequencies, by index; all where None.

        Refinement, time step and duration stay those of the whole, so that the values do too.
        """
        if isinstance(self.survey, Survey):
            other = self._with(self.survey.select(source, frequency))
            if frequency is not None:
                other._simulation = other._simulate()
            return other
        if frequency is not None:
            raise InputError(
                "select received frequencies, but this survey asks traces in time; give sources only"
            )
        return self._with(self.survey.select(source))

    def moved(self, sources: Float[Tensor, "source 2"]) -> "Physics":
        """The same operator with its sources elsewhere, km; what it gives is differentiable in the positions.

        ``torch.func.jacrev(lambda p: physics.moved(p)(earth))(positions)`` is the derivative.
        """
        return self._with(dataclasses.replace(self.survey, sources=sources))

    def _with(self, survey: Survey | Traces) -> "Physics":
        """This operator for other sources on the same computational grid and steps."""
        _check_places(self.grid, survey, self.top)
        other = copy.copy(self)
        other.survey, other.codomain = survey, survey.space
        return other

    def _choose_duration(self, duration: float | None) -> float:
        pulse = leapfrog.pulse_length(self._highest)
        if isinstance(self.survey, Traces):
            if duration is not None:
                raise InputError(
                    f"duration is {duration!r} s, but traces last as long as their times; leave it out"
                )
            return float(self.survey.times[-1]) + pulse + self._fade
        least = pulse + self._fade
        usual = least + _DETOUR * math.hypot(*self.grid.extent) / self.velocity[0]
        return choose_duration(least, usual, duration)

    def _simulate(self) -> Simulation:
        free, margin = self.top == "free", self._margin
        edge = max(_FEWEST, _LAYER * self.refine)
        pulse = leapfrog.pulse(self.steps, self.time_step, self._highest)
        waves = Waves(self._spacing, self.time_step, pulse.to(self.dtype), edge, 0.5 * self._highest, free)
        if isinstance(self.survey, Survey):
            matrix = readout.spectra(
                pulse, self.time_step, self.survey.frequencies, self._spacing, self._fade
            )
        else:
            times, wavelet = self.survey.times, self.survey.wavelet
            matrix = readout.traces(pulse, self.time_step, times, wavelet, self._highest, self._spacing)
        nodes, weights = self._around(self.survey.receivers)
        read, receivers, weights = compact(nodes, weights)
        return Simulation(
            waves,
            self.refine,
            (0 if free else margin, margin, margin, margin),
            read,
            receivers,
            weights,
            matrix.to(self.dtype),
            self.dtype,
            isinstance(self.survey, Survey),
        )

    @property
    def _margin(self) -> int:
        """Fine cells by which the earth is continued: enough for the window of a point on the edge."""
        return max(points.HALF_WIDTH, _MARGIN * self.refine)

    def _around(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        """The nodes of the fine grid around positions in km, and their weights."""
        margin, free = self._margin, self.top == "free"
        first = torch.tensor([0.0 if free else margin, margin], dtype=positions.dtype)
        nz, nx = ((n - 1) * self.refine + 1 for n in self.grid.shape)
        shape = (nz + (1 if free else 2) * margin, nx + 2 * margin)
        return points.weights(positions / self._spacing + first, shape, mirror=free)


def _band(survey: Survey | Traces) -> tuple[float, float]:
    """The highest frequency, Hz, and the time in which the end of the simulation is faded out, s."""
    if isinstance(survey, Survey):
        return float(survey.frequencies.max()), 1.0 / float(survey.frequencies.min())
    highest = readout.band(survey.times, survey.wavelet)
    return highest, 2.0 / highest


def _check(
    grid: Grid, survey: Survey | Traces, velocity: tuple[float, float], top: str, dtype: torch.dtype
) -> None:
    if len(velocity) != 2 or not 0.0 < velocity[0] <= velocity[1] < math.inf:
        raise InputError(
            f"velocity is {velocity!r} km/s, expected the lowest and the highest that an earth may hold, both positive"
        )
    if top not in ("absorbing", "free"):
        raise InputError(f"top is {top!r}, expected 'absorbing' or 'free'")
    if dtype not in (torch.float32, torch.float64):
        raise InputError(f"dtype is {dtype}, expected torch.float32 or torch.float64")
    _check_places(grid, survey, top)


def _check_places(grid: Grid, survey: Survey | Traces, top: str) -> None:
    grid.require_inside(survey.sources, "source")
    grid.require_inside(survey.receivers, "receiver")
    if top == "free" and (survey.sources[:, 0] <= 1e-9 * grid.spacing).any():
        raise InputError(
            "a source lies at z = 0 km, expected below the free surface, where it sends no waves"
        )


def _check_earth(x: Tensor, velocity: tuple[float, float]) -> None:
    """Every velocity within the range that the grid and the time step were made for, every density positive."""
    low, high = velocity
    speed, density = x.detach().unbind(-3)
    with suppress(RuntimeError):  # under torch.func.vmap values cannot be read
        for name, unit, values, good, expected in (
            ("velocity", "km/s", speed, (speed >= low) & (speed <= high), f"{low:g} to {high:g} km/s"),
            ("density", "g/cm³", density, (density > 0) & density.isfinite(), "a positive number"),
        ):
            if not bool(good.all()):
                place = tuple(int(i) for i in (~good).nonzero()[0])
                hint = "; widen velocity= where such an earth is meant" if name == "velocity" else ""
                raise InputError(
                    f"the {name} at node z {place[-2]}, x {place[-1]} is {float(values[place]):g} {unit}, "
                    f"expected {expected}{hint}"
                )
