"""From observed spectra and a starting section to a section that explains them: the settings and the course of it."""

import dataclasses
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.acoustic.data import Spectra
from seisgrad.acoustic.grid import Grid
from seisgrad.acoustic.survey import Survey
from seisgrad.earth import Section
from seisgrad.errors import InputError
from seisgrad.inversion.waveform import Progress, Result, Stage, cumulative, fwi, held_around
from seisgrad.inversion.waveform import plan as plans
from seisgrad.operator import Operator, Space

Density = Literal["gardner", "fixed", "free"]
MakeOperator = Callable[[Grid, Survey], Operator]

_GARDNER = 0.25  # the exponent of Gardner et al. (1974, Geophysics 39, 770)
_MARGIN = 0.2  # by default velocities may leave the range of the start by this fraction


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What holds for all stages of :func:`invert`.

    Args:
        misfit: of stages that name none.
        velocity: bounds, km/s; by default the range of the start, a fifth wider at both ends.
        density: ``"gardner"``: as the start's, changed with velocity as v^¼; ``"fixed"``: the start's; ``"free"``.
        hold: km around sources and receivers in which the start is kept.
        at_once: sources simulated together.
        seed: of the batches.

    Raises:
        InputError: a value out of its range.
    """

    misfit: str = "relative_l2"
    velocity: tuple[float, float] | None = None
    density: str = "gardner"
    hold: float = 0.0
    at_once: int = 8
    seed: int = 0

    def __post_init__(self) -> None:
        if self.density not in get_args(Density):
            raise InputError(f"density is {self.density!r}, expected one of {', '.join(get_args(Density))}")
        if self.velocity is not None and not 0 < self.velocity[0] < self.velocity[1] < math.inf:
            raise InputError(f"velocity is {self.velocity}, expected the lowest and the highest in km/s")
        if not 0 <= self.hold < math.inf:
            raise InputError(f"hold is {self.hold!r} km, expected a radius that is not negative")
        if self.at_once < 1 or self.seed < 0:
            raise InputError(
                f"at_once is {self.at_once} and seed is {self.seed}, expected at least 1 and at least 0"
            )


class Plan(plans.Plan[Settings]):
    """Settings and stages of :func:`invert`."""

    @classmethod
    def read(cls, path: Path | None, frequencies: Sequence[float], velocity: float) -> "Plan":
        """From a YAML or JSON file (:func:`~seisgrad.inversion.waveform.plan.read_plan`); what is missing is as by
        default, for data of these ``frequencies`` and a typical ``velocity``.

        Raises:
            InputError: a file that cannot be used; the sentence names the entry.
        """
        found = plans.read_plan(path, Settings, lambda _: default_stages(frequencies, velocity))
        return cls(found.settings, found.stages, found.then)


def default_stages(frequencies: Sequence[float], velocity: float) -> list[Stage]:
    """Four cumulative bands from low to high, ten L-BFGS steps each, with gradients smoothed by 0.15 of the shortest
    wavelength of the band at a typical ``velocity``, km/s."""
    stages = cumulative(frequencies, 4, iterations=10, rate=0.01 * velocity)
    return [
        dataclasses.replace(stage, smoothing=0.15 * velocity / (stage.highest or 1.0)) for stage in stages
    ]


class DensityTie(Operator):
    """Velocity ``[z, x]`` to velocity and density ``[2, z, x]``: ρ = ρ₀ (v / v₀)ⁿ.

    Args:
        grid: of the earth.
        start: ``[2, z, x]``, v₀ and ρ₀.
        exponent: n; 0 keeps the density of the start.
    """

    def __init__(self, grid: Grid, start: Float[Tensor, "2 z x"], exponent: float) -> None:
        self.start, self.exponent = start, exponent
        self.codomain = grid.space
        coords = {axis: grid.space.coords[axis] for axis in ("z", "x")}
        self.domain = Space("velocity", ("z", "x"), grid.shape, "km/s", coords)

    def apply(self, x: Float[Tensor, "*batch z x"]) -> Float[Tensor, "*batch 2 z x"]:
        """Velocity and its density, stacked."""
        velocity, density = self.start.to(x)
        return torch.stack([x, density * (x / velocity) ** self.exponent], -3)


@dataclass(frozen=True, eq=False)
class Inversion:
    """What :func:`invert` worked on and what came of it.

    Attributes:
        spectra: the data.
        start: the section it began with, on the grid of the inversion.
        plan: settings and stages.
        bounds: of velocity, km/s.
        operator: that of the last stage.
        result: of the waveform inversion.
    """

    spectra: Spectra
    start: Section
    plan: Plan
    bounds: tuple[float, float]
    operator: Operator
    result: Result

    @property
    def section(self) -> Section:
        """The section found."""
        return dataclasses.replace(self.start, velocity=self.result.model[0], density=self.result.model[1])


def invert(
    spectra: Spectra,
    start: Section,
    plan: Plan,
    operator: Callable[[Grid, Survey, tuple[float, float]], Operator],
    then: Callable[[Grid, Survey, tuple[float, float]], Operator] | None = None,
    *,
    folder: Path | None = None,
    progress: Callable[[Progress], None] | None = None,
    foretell: Callable[[float], None] | None = None,
) -> Inversion:
    """A section that explains the spectra.

    Args:
        spectra: the data; places in the coordinates of the section.
        start: the section to begin with; cells that are not square are made so, by the shorter side.
        plan: settings and stages.
        operator: makes the operator from a grid, a survey and the bounds of velocity.
        then: makes the one for the stages ``then``, or None.
        folder: for the state of the run; the same call goes on with it.
        progress: called after every step.
        foretell: called before the first step with the seconds that all of them may take.

    Raises:
        InputError: what does not fit; WorkError: a prediction that is not finite.
    """
    if abs(start.spacing[0] - start.spacing[1]) > 1e-9 * start.spacing[0]:
        start = start.to_grid(min(start.spacing))
    grid = Grid(start.shape, start.spacing[0])
    first = torch.tensor(start.origin, dtype=torch.float64)
    asked = spectra.survey
    survey = Survey(asked.sources - first, asked.receivers - first, asked.frequencies)
    settings, earth = plan.settings, start.earth
    bounds = settings.velocity or _around(earth[0])
    op = operator(grid, survey, bounds)
    second = None if then is None else (then(grid, survey, bounds), plan.then)
    tie = None
    if settings.density != "free":
        tie = DensityTie(grid, earth, _GARDNER if settings.density == "gardner" else 0.0)
    places = torch.cat([survey.sources, survey.receivers])
    unknown = earth if tie is None else earth[0]
    result = fwi(
        op,
        spectra.values,
        unknown,
        stages=plan.stages,
        misfit=settings.misfit,
        parameterisation=tie,
        bounds=_limits(bounds, unknown),
        free=held_around(grid.space, places, settings.hold) if settings.hold else None,
        then=second,
        at_once=settings.at_once,
        seed=settings.seed,
        folder=folder,
        progress=progress,
        foretell=foretell,
    )
    return Inversion(spectra, start, plan, bounds, op if second is None else second[0], result)


def _around(velocity: Float[Tensor, "z x"]) -> tuple[float, float]:
    return (1 - _MARGIN) * float(velocity.min()), (1 + _MARGIN) * float(velocity.max())


def _limits(velocity: tuple[float, float], unknown: Tensor) -> tuple[Tensor, Tensor]:
    """Bounds of the unknowns: of velocity as given, of density positive and no denser than the densest rock."""
    if unknown.ndim == 2:
        return torch.tensor(velocity[0]), torch.tensor(velocity[1])
    low, high = (torch.tensor(pair, dtype=unknown.dtype) for pair in zip(velocity, (0.5, 5.0), strict=True))
    return low[:, None, None], high[:, None, None]
