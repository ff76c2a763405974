"""Waveform inversions of synthetic ambient noise along the line: Figures 4-6, 10, 11, S2, S3 of Zou et al. (2025)."""

import dataclasses
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch

from seisgrad.earth import SolidSection
from seisgrad.elastic import Grid, Harmonic, Spectra, Survey
from seisgrad.elastic.ensembles.los_angeles import background
from seisgrad.elastic.inversion import Inversion, invert
from seisgrad.elastic.settings import Settings, default_stages
from seisgrad.inversion.waveform import Progress, Stage
from seisgrad.inversion.waveform.plan import Plan
from seisgrad.operator import Operator
from seisgrad.report.reproduce.ambient import (
    BASIN,
    LONGER,
    SECOND,
    SEED,
    SHORTER,
    Case,
    Maker,
    Setting,
    Tell,
    Truth,
)
from seisgrad.report.reproduce.table import Line

SAMPLES = 401
"""Of a trace of 40.1 s, on which noise is white."""
PEAK = 0.3
"""Hz, of the Ricker wavelet of a trace."""
STARTS = ("average", "los-angeles", "straight")
"""Lateral average of the truth; the background of the training ensemble; vs linear in depth."""
ADJOINT, FULL = "adjoint", "adjoint-full-batch"


@dataclass(frozen=True)
class Trial:
    """One inversion.

    Attributes:
        name: of its case in the results.
        earth: which is sought.
        noise: in standard deviations of a trace.
        start: one of :data:`STARTS`.
    """

    name: str
    earth: Case = BASIN
    noise: float = 0.0
    start: str = "average"


NOISE_FREE = Trial("noise-free")
TRIALS = (
    NOISE_FREE,
    Trial("noise-5x", noise=5.0),
    Trial("noise-10x", noise=10.0),
    Trial("start-los-angeles", start="los-angeles"),
    Trial("start-straight", start="straight"),
    Trial("basin-2", SECOND),
    Trial("short-1", LONGER),
    Trial("short-2", SHORTER),
)
"""Of the learned operator; the controls are of the first one."""


@dataclass(frozen=True, eq=False)
class End:
    """How a trial ended.

    Attributes:
        trial: which.
        operator: its name in the results.
        inversion: settings, data and result.
        errors: of vs at the start and after each stage, km/s.
        seconds: of this run; NaN where the result of an earlier one was found.
    """

    trial: Trial
    operator: str
    inversion: Inversion
    errors: tuple[float, ...]
    seconds: float

    @property
    def ratio(self) -> float:
        """The error of the model over that of the start."""
        return self.errors[-1] / self.errors[0]


@dataclass(frozen=True)
class Inversions:
    """Runs trials.

    Args:
        setting: of the experiment.
        epochs: of every stage.
        folder: for the states; the same trial goes on with what a stopped one left.
    """

    setting: Setting
    epochs: int = 5
    folder: Path | None = None

    @cached_property
    def truths(self) -> dict[Case, Truth]:
        """The first earths of the cases so far."""
        return {}

    def truth(self, case: Case) -> Truth:
        """The first earth of a case, its records computed once."""
        return self.truths.setdefault(case, Truth(case, self.setting))

    def learned(self, name: str, make: Maker, trial: Trial, label: str, tell: Tell) -> End:
        """A trial of a learned operator; ``label`` tells its weights from others."""
        stages = self._stages(trial)
        return self._run(name, lambda g, s, v: make(g, s), trial, Plan(Settings(), stages, ()), label, tell)

    def adjoint(self, trial: Trial, tell: Tell, *, full: bool = False) -> End:
        """The exact operator, in mini-batches like a learned one, or all frequencies in every step, as many passes."""
        stages = self._stages(trial)
        if full:
            stages = tuple(dataclasses.replace(s, frequency_batch=None) for s in stages)
        name = FULL if full else ADJOINT
        return self._run(name, _exact, trial, Plan(Settings(), stages, ()), name, tell)

    def then_exact(self, name: str, make: Maker, trial: Trial, label: str, tell: Tell) -> End:
        """A learned operator, and one pass of the exact one through all frequencies at the end."""
        stages = self._stages(trial)
        then = (dataclasses.replace(stages[-1], epochs=1, rate=stages[-1].rate / 2),)
        plan = Plan(Settings(), stages, then)
        label = f"{label}-then-exact"
        return self._run(f"{name}-then-exact", lambda g, s, v: make(g, s), trial, plan, label, tell)

    def _stages(self, trial: Trial) -> tuple[Stage, ...]:
        grid = self.truth(trial.earth).grid
        stages = default_stages(self.setting.frequencies, grid.spacing)
        return tuple(dataclasses.replace(s, epochs=self.epochs) for s in stages)

    def _run(self, name: str, make, trial: Trial, plan: Plan[Settings], label: str, tell: Tell) -> End:
        tell(f"{trial.name}, {name}: the data")
        truth = self.truth(trial.earth)
        spectra = Spectra(truth.survey, truth.records)
        if trial.noise:
            spectra = noisy(spectra, trial.noise, SEED)

        def told(at: Progress) -> None:
            tell(f"{trial.name}, {name}: stage {at.stage} of {at.stages}, {at.share:.0%}")

        begin = time.perf_counter()
        found = invert(
            spectra,
            start_of(trial.start, truth),
            plan,
            make,
            _exact if plan.then else None,
            folder=None if self.folder is None else self.folder / label / trial.name,
            progress=told,
        )
        seconds = math.nan if found.result.was_finished else time.perf_counter() - begin
        models = [found.start.vs, *(model[1] for model in found.result.models)]
        return End(trial, name, found, tuple(map(truth.vs_error, models)), seconds)


def start_of(name: str, truth: Truth) -> SolidSection:
    """A layered start of this name, the same in every column."""
    grid = truth.grid
    if name == "average":
        column = truth.earth[1].mean(1)
    elif name == "los-angeles":
        column = torch.from_numpy(background(grid.z.numpy()))
    else:
        deep = grid.z.clamp(max=30.0)
        column = 1.8 + (4.0 - 1.8) * deep / 30.0
    return SolidSection(column[:, None].expand(grid.shape).clone(), spacing=(grid.spacing, grid.spacing))


def noisy(spectra: Spectra, times: float, seed: int) -> Spectra:
    """Spectra of traces with noise, white in time and independent of trace to trace.

    A trace is 40.1 s long, in steps of 0.1 s, of a source with a Ricker wavelet, and holds the frequencies of the
    spectra. Its own noise has ``times`` its standard deviation. The spectra are again by a unit source.

    Args:
        spectra: without noise.
        times: the standard deviation of the noise over that of the trace.
        seed: of the noise.
    """
    hertz = spectra.survey.frequencies / PEAK
    wavelet = (hertz.square() * torch.exp(1.0 - hertz.square()))[:, None, None]
    # X of a trace x of N samples: mean x² = 2 Σ |X|²/N² over positive frequencies, and white noise of standard
    # deviation s has E|X|² = N s² at each
    power = (wavelet * spectra.values.norm(dim=-1)).square().sum(1, keepdim=True)
    deviation = times * (power / SAMPLES).sqrt() / wavelet
    draw = torch.Generator().manual_seed(seed)
    noise = torch.randn(spectra.values.shape, generator=draw, dtype=torch.float64)
    return Spectra(spectra.survey, spectra.values + deviation[..., None] * noise, deviation)


def fwi_lines(ends: Sequence[End]) -> list[Line]:
    """Error ratios, errors and seconds."""
    lines = []
    for end in ends:
        name, case = end.operator, end.trial.name
        lines += [
            Line(name, case, "fwi_vs_error_ratio", end.ratio, 1, 0),
            Line("start", case, "fwi_vs_error", end.errors[0], 1, 0),
            Line(name, case, "fwi_vs_error", end.errors[-1], 1, 0),
        ]
        if not math.isnan(end.seconds):
            lines.append(Line(name, case, "fwi_seconds", end.seconds, 1, 0))
    return list(dict.fromkeys(lines))


def _exact(grid: Grid, survey: Survey, speeds: tuple[float, float]) -> Operator:
    return Harmonic(grid, survey, slowest=speeds[0])
