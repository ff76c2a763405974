"""From observed spectra along a line and a starting section to one that explains them, after Zou et al. (2025)."""

import dataclasses
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.earth import SolidSection
from seisgrad.elastic.data import Spectra
from seisgrad.elastic.grid import Grid
from seisgrad.elastic.masks import Mask, mask
from seisgrad.elastic.parameters import Allowed, BrocherPenalty, Unknowns, VelocityTie, VsTie
from seisgrad.elastic.start import at_origin, require_line, slowest_wave
from seisgrad.elastic.survey import Survey
from seisgrad.errors import InputError
from seisgrad.inversion.waveform import Progress, Result, Stage, cumulative, fwi
from seisgrad.operator import Operator
from seisgrad.waves.plan import Plan, read_plan

MakeOperator = Callable[[Grid, Survey, tuple[float, float]], Operator]
"""An operator from a grid, a survey, and the slowest Rayleigh and the fastest P wave that an earth may have, km/s."""

_RATE, _EPOCHS, _CELLS, _BANDS = 0.05, 5, 3.0, 4  # of Zou et al. (2025)
_PAIRS = 64  # of a frequency and a source in a batch of theirs
_SLOWER = 0.8  # by default meshes are made for Rayleigh waves down to this share of the start's slowest
_SOURCES = 8  # simulated in time together


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What holds for all stages of :func:`invert`.

    Args:
        misfit: of stages that name none.
        unknowns: ``"vs"``: vp and density follow by Brocher (2005); ``"vp and vs"``: density follows vp.
        vs: lowest and highest, km/s.
        vp: the same, and
        ratio: of vp to vs the same, where both are unknown.
        brocher: weight of :class:`~seisgrad.elastic.parameters.BrocherPenalty` where both are unknown, (km/s)⁻².
        unit: one standardised unit, in which rates are given, as a share of the mean velocity of the start. Fields of
            the ensemble of Zou et al. (2025) have a standard deviation of 20 %.
        components: of motion that count: ``"both"``, ``"vertical"`` or ``"horizontal"``.
        offsets: lowest and highest distance between source and receiver that counts, km; by default all but of a node
            to itself.
        signal_to_noise: the least that counts; needs ``deviation`` in the data.
        slowest: velocity of the slowest Rayleigh wave at the highest frequency that computations are made for, km/s; by
            default 0.8 of the start's.
        spacing: of the nodes, km; by default a section's own, or a sixth of the shortest wavelength.
        depth: of the lowest nodes under a layered start, km.
        uncertainty: nodes along depth and along the line of the Laplace posterior, which the command line works out
            where they are given; see :func:`~seisgrad.elastic.uncertainty.laplace`.
        seed: of the batches.

    Raises:
        InputError: a value out of its range.
    """

    misfit: str = "unit_amplitude"
    unknowns: str = "vs"
    vs: tuple[float, float] = Allowed.vs
    vp: tuple[float, float] = Allowed.vp
    ratio: tuple[float, float] = Allowed.ratio
    brocher: float = 0.6
    unit: float = 0.2
    components: str = "both"
    offsets: tuple[float, float] | None = None
    signal_to_noise: float = 0.0
    slowest: float | None = None
    spacing: float | None = None
    depth: float | None = None
    uncertainty: tuple[int, int] | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.unknowns not in get_args(Unknowns):
            raise InputError(f"unknowns is {self.unknowns!r}, expected {' or '.join(get_args(Unknowns))}")
        _ = self.allowed, BrocherPenalty(self.brocher)
        if self.offsets is not None and not 0 <= self.offsets[0] < self.offsets[1]:
            raise InputError(f"offsets is {self.offsets}, expected the lowest and the highest in km")
        if self.signal_to_noise < 0 or self.seed < 0:
            raise InputError(
                f"signal_to_noise is {self.signal_to_noise} and seed is {self.seed}, expected at least 0"
            )
        if self.uncertainty is not None and min(self.uncertainty) < 2:
            raise InputError(f"uncertainty is {self.uncertainty}, expected at least 2 nodes along each axis")
        for name in ("unit", "slowest", "spacing", "depth"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise InputError(f"{name} is {value!r}, expected a positive number")

    @property
    def allowed(self) -> Allowed:
        """The bounds of velocities."""
        return Allowed(self.vp, self.vs, self.ratio)


def default_stages(frequencies: Sequence[float], spacing: float, *, in_time: bool = False) -> list[Stage]:
    """The workflow of Zou et al. (2025): four cumulative bands, five epochs of Adam in each, its step 0.05 at first and
    halved with each band, gradients smoothed by three cells.

    An epoch sees each frequency once, with all sources: an operator in the frequency domain has them all at the price
    of one. ``in_time`` all frequencies come at once, and a batch has about 64 pairs of a source and a frequency.

    Args:
        frequencies: of the data, Hz.
        spacing: of the nodes, km.
        in_time: for an operator that simulates one source after the other.
    """
    stages = cumulative(frequencies, _BANDS, epochs=_EPOCHS, optimiser="adam", smoothing=_CELLS * spacing)
    batches = [
        {"source_batch": max(1, round(_PAIRS / len(stage.within(frequencies))))}
        if in_time
        else {"frequency_batch": 1}
        for stage in stages
    ]
    return [
        dataclasses.replace(stage, rate=_RATE / 2**k, **batch)
        for k, (stage, batch) in enumerate(zip(stages, batches, strict=True))
    ]


def plan(
    path: Path | None, frequencies: Sequence[float], spacing: float | None = None, *, in_time: bool = False
) -> Plan[Settings]:
    """What to do, from a YAML or JSON file (:func:`~seisgrad.waves.plan.read_plan`) with the entries of
    :class:`Settings`; stages by default as :func:`default_stages` has them.

    Raises:
        InputError: a file that cannot be used; the sentence names the entry.
    """
    return read_plan(
        path,
        Settings,
        lambda found: default_stages(frequencies, found.spacing or spacing or 1.0, in_time=in_time),
    )


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
