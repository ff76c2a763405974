"""What the acoustic experiment is about: the setting of Yang et al. (2021), its cases, and who is judged in it."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from seisgrad.acoustic import Grid, Survey
from seisgrad.acoustic.prior import GRID
from seisgrad.acoustic.recipe import FREQUENCIES
from seisgrad.errors import InputError
from seisgrad.operator import Operator
from seisgrad.report.reproduce.table import Line

EXPERIMENT = "acoustic"
SEED = 210805421
"""Of every model that is drawn; the ``test`` split of a prior shares no draw with its other splits."""

Maker = Callable[[Grid, Survey], Operator]
"""What makes an operator for a grid and a survey of spectra; it has ``select``."""
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Record:
    """Traces as the paper has them, of a Ricker wavelet that their samples can hold.

    Attributes:
        peak: frequency of the wavelet, Hz.
        step: of the samples, s.
        duration: of the record, s.
        full: the wavelet is faded out from here, Hz,
        gone: to here, the highest frequency that samples of ``step`` can hold.
        repeat: one over the step of the frequencies, s: what comes later than this would wrap around.
        before: the record begins so long before the wavelet's peak, s,
        lead: and the simulation so much earlier still: the fading makes the wavelet longer than the Ricker is.
    """

    peak: float = 8.0
    step: float = 0.04
    duration: float = 4.0
    full: float = 10.0
    gone: float = 12.5
    repeat: float = 8.0
    before: float = 0.2
    lead: float = 0.6


@dataclass(frozen=True)
class Setting:
    """The grid, the frequencies (Hz) and the record in time of the experiment; the tests take smaller ones."""

    grid: Grid = GRID
    frequencies: tuple[float, ...] = FREQUENCIES
    record: Record = Record()

    def survey(self, sources: Tensor, grid: Grid | None = None) -> Survey:
        """Spectra of these sources at every node."""
        return Survey(sources, (grid or self.grid).nodes, torch.tensor(self.frequencies, dtype=torch.float64))


@dataclass(frozen=True)
class Case:
    """Models that operators are judged on.

    Attributes:
        name: of the case in the results.
        prior: they are drawn from.
        share: one model for every so many that were asked for.
        finer: times by which their grid is finer.
        words: for the reader.
    """

    name: str
    prior: str
    share: int
    finer: int = 1
    words: str = ""

    def number(self, models: int) -> int:
        """How many models, of so many that were asked for."""
        return max(1, models // self.share)


VALIDATION = Case("validation", "von_karman", 1, words="unseen models of the training ensemble of the paper")
CASES = (
    VALIDATION,
    Case("fine-grid", "von_karman", 4, 2, "the same ensemble drawn on a twice finer grid, 127 x 127 nodes"),
    Case("square", "square", 4, words="3 km/s with a square 5 % faster or slower"),
    Case("layered", "layered", 4, words="sharp layers of 5 to 10 % contrast"),
    Case("broad", "broad", 4, words="fields of all scales, gradients, layers and bodies"),
)


def one_source(op: Operator, source: int) -> Operator:
    """The operator for one of its sources.

    Raises:
        InputError: an operator that cannot be asked for part of its survey.
    """
    if not hasattr(op, "select"):
        raise InputError(
            f"operator {type(op).__name__} has no select(source=[...]), expected one that gives part of its survey, as "
            "seisgrad.acoustic.Physics does"
        )
    return op.select(source=[source])  # type: ignore[attr-defined]


def line(operator: str, case: str, metric: str, values: Tensor, paper: float = math.nan) -> Line:
    """The mean of values and how they spread."""
    there = values.detach().flatten().double()
    there = there[there.isfinite()]
    missing = values.numel() - len(there)
    if not len(there):
        return Line(operator, case, metric, math.nan, 0, missing, paper)
    p05, median, p95 = torch.quantile(there, torch.tensor([0.05, 0.5, 0.95], dtype=there.dtype)).tolist()
    return Line(operator, case, metric, float(there.mean()), len(there), missing, paper, median, p05, p95)
