"""From observed spectra along a line and a starting section to one that explains them, after Zou et al. (2025)."""

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.earth import SolidSection
from seisgrad.elastic.data import Spectra
from seisgrad.elastic.grid import Grid
from seisgrad.elastic.masks import Mask, mask
from seisgrad.elastic.parameters import BrocherPenalty, VelocityTie, VsTie
from seisgrad.elastic.settings import Settings
from seisgrad.elastic.start import at_origin, require_line, slowest_wave
from seisgrad.elastic.survey import Survey
from seisgrad.errors import InputError
from seisgrad.inversion.waveform import Progress, Result, fwi
from seisgrad.inversion.waveform.plan import Plan
from seisgrad.operator import Operator

MakeOperator = Callable[[Grid, Survey, tuple[float, float]], Operator]
"""An operator from a grid, a survey, and the slowest Rayleigh and the fastest P wave that an earth may have, km/s."""

_SLOWER = 0.7  # by default meshes are made for Rayleigh waves down to this share of the start's slowest
_SOURCES = 8  # simulated in time together


@dataclass(frozen=True, eq=False)
class Inversion:
    """What :func:`invert` worked on and what came of it.

    Attributes:
        spectra: the data.
        start: the section it began with; where vs alone is unknown, with vp and density by the tie.
        plan: settings and stages.
        mask: which records counted.
        grid: of the earth.
        operator: that of the last stage; its survey counts distances from the first node of the section.
        slowest: Rayleigh wave that the operator was made for, km/s.
        result: of the waveform inversion.
    """

    spectra: Spectra
    start: SolidSection
    plan: Plan[Settings]
    mask: Mask
    grid: Grid
    operator: Operator
    slowest: float
    result: Result

    @property
    def section(self) -> SolidSection:
        """The section found."""
        vp, vs, rho = self.result.model
        return SolidSection(vs, vp, rho, self.start.spacing, self.start.origin)

    @property
    def held(self) -> dict[str, float]:
        """The share of nodes at each bound; where vs alone is unknown, at those of vs."""
        found = self.plan.settings.allowed.held(self.result.model[:2])
        both = self.plan.settings.unknowns != "vs"
        return {name: share for name, share in found.items() if both or name.endswith(" vs")}


def invert(
    spectra: Spectra,
    start: SolidSection,
    plan: Plan[Settings],
    operator: MakeOperator,
    then: MakeOperator | None = None,
    *,
    folder: Path | None = None,
    progress: Callable[[Progress], None] | None = None,
    foretell: Callable[[float], None] | None = None,
) -> Inversion:
    """A section that explains the spectra.

    Args:
        spectra: the data; places in the coordinates of the section.
        start: the section to begin with, on square cells, its first row at the surface.
        plan: settings and stages.
        operator: makes the operator.
        then: makes the one for the stages ``then``, or None.
        folder: for the state of the run; the same call goes on with it.
        progress: called after every step.
        foretell: called before the first step with the seconds that all of them may take.

    Raises:
        InputError: what does not fit; WorkError: a prediction that is not finite.
    """
    settings, asked = plan.settings, spectra.survey
    require_line(start, asked, "the start")
    counted = mask(spectra, settings.components, settings.offsets, settings.signal_to_noise)
    grid, survey = Grid(start.shape, start.spacing[0]), at_origin(asked, start)
    both = settings.unknowns != "vs"
    tie = VelocityTie(grid) if both else VsTie(grid)
    unknown = start.earth[:2] if both else start.vs
    start = dataclasses.replace(start, rho=None, vp=start.vp if both else None)
    _require_allowed(start.earth[:2], settings, start)
    slowest = settings.slowest or _slowest(start, float(asked.frequencies.max()), settings)
    speeds = (slowest, settings.vp[1])
    op = operator(grid, survey, speeds)
    second = None if then is None else (then(grid, survey, speeds), plan.then)
    scale = settings.unit * unknown.mean((-2, -1), keepdim=True)
    low, high = (_column(settings, side, both) for side in (0, 1))
    at_once, frequencies_at_once = together(op, len(survey.sources))
    result = fwi(
        op,
        spectra.values,
        unknown,
        stages=plan.stages,
        misfit=settings.misfit,
        weight=counted.weight,
        parameterisation=tie,
        scale=scale,
        bounds=(low, high),
        allowed=settings.allowed if both else None,
        regularisation=BrocherPenalty(settings.brocher) if both and settings.brocher else None,
        then=second,
        at_once=at_once,
        frequencies_at_once=frequencies_at_once,
        seed=settings.seed,
        folder=folder,
        progress=progress,
        foretell=foretell,
    )
    last = op if second is None else second[0]
    return Inversion(spectra, start, plan, counted, grid, last, slowest, result)


def together(op: Operator, sources: int) -> tuple[int, int | None]:
    """How many sources and frequencies are worked out together: in time some sources with all frequencies (None), else
    one frequency with all sources."""
    from seisgrad.elastic.physics import Physics

    if isinstance(op, Physics):
        return _SOURCES, None
    return sources, 1


def _require_allowed(velocities: Float[Tensor, "2 z x"], settings: Settings, start: SolidSection) -> None:
    """InputError that names the first node of the start beyond the bounds."""
    vs = velocities[1]
    moved = settings.allowed(velocities)[:2] != velocities
    if settings.unknowns == "vs":
        moved = ((vs < settings.vs[0]) | (vs > settings.vs[1]))[None]
    if not bool(moved.any()):
        return
    i, j = moved.nonzero()[0, 1:].tolist()
    z, x = (first + k * h for first, k, h in zip(start.origin, (i, j), start.spacing, strict=True))
    vp, slow = (float(values[i, j]) for values in velocities)
    raise InputError(
        f"the start has vs {slow:g} and vp {vp:g} km/s at z = {z:g}, x = {x:g} km, expected vs within {settings.vs}"
        + (
            ""
            if settings.unknowns == "vs"
            else f", vp within {settings.vp} and vp/vs within {settings.ratio}"
        )
        + "; move the start or the bounds"
    )


def _slowest(start: SolidSection, highest: float, settings: Settings) -> float:
    found = slowest_wave(start, highest)
    return _SLOWER * (found if math.isfinite(found) else settings.vs[0])


def _column(settings: Settings, side: int, both: bool) -> Tensor:
    if not both:
        return torch.tensor(settings.vs[side], dtype=torch.float64)
    return torch.tensor([settings.vp[side], settings.vs[side]], dtype=torch.float64)[:, None, None]
