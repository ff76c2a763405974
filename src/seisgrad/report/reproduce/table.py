"""Table 1 of Yu, Cai & Liu (2026, arXiv:2604.04107) and ours beside it: means by wave and period band."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from seisgrad.audit import pearson, relative_l2
from seisgrad.report.files import table
from seisgrad.report.provenance import write_record
from seisgrad.report.reproduce.ensembles import ensembles_of
from seisgrad.report.reproduce.kernels import PARAMETERS, SURVEY, WAVES, Comparison

EXPERIMENT = "kernels"
BANDS = ((2, 5), (5, 10), (10, 20), (20, 30), (30, 45), (45, 60))
"""Period bands in s, without their upper end, the last one with it: 3, 5, 10, 10, 15 and 16 periods of 2, 3, …, 60."""

# One row per band: MAE (km/s), MAPE (%), cosine and correlation of the kernels.
PAPER = {
    "rayleigh": (
        (0.00963, 0.605, 0.9776, 0.9771),
        (0.01212, 0.727, 0.9820, 0.9811),
        (0.01301, 0.778, 0.9675, 0.9611),
        (0.01344, 0.651, 0.9329, 0.9041),
        (0.01401, 0.527, 0.8883, 0.7889),
        (0.01168, 0.339, 0.8246, 0.6080),
    ),
    "love": (
        (0.01078, 0.667, 0.9762, 0.9769),
        (0.01024, 0.558, 0.9822, 0.9805),
        (0.01110, 0.622, 0.9763, 0.9711),
        (0.01507, 0.840, 0.9665, 0.9515),
        (0.01714, 0.726, 0.9443, 0.9042),
        (0.01446, 0.417, 0.9053, 0.7878),
    ),
}
PAPER_COLUMNS = {
    "mae": 0,
    "mape_percent": 1,
    "paper_cosine_vs": 2,
    "paper_correlation_vs": 3,
    "paper_cosine_vs_scaled": 2,
    "paper_correlation_vs_scaled": 3,
}
PAPER_N = (3000, 5000, 10000, 10000, 15000, 16000)
PAPER_PRIORS = ("weak", "weak_paper")
"""Priors with whose own operators the table can be compared: the paper's is of this kind."""


class Line(NamedTuple):
    """One metric of one operator in one case.

    ``n`` values (one per model and period) exist, ``missing`` ones do not. ``paper`` is NaN where it gives none, and
    so are the percentiles of a metric that is one number for all values together.
    """

    operator: str
    case: str
    metric: str
    mean: float
    n: int
    missing: int
    paper: float = math.nan
    median: float = math.nan
    p05: float = math.nan
    p95: float = math.nan


def lines(operator: str, ensemble: str, comparison: Comparison) -> list[Line]:
    """Every metric of every wave and band, with the paper's beside it where its ensemble is of the same kind."""
    prefix = ensembles_of(operator)[ensemble]
    return cases(operator, comparison, prefix, prefix == "" and ensemble in PAPER_PRIORS)


def cases(operator: str, comparison: Comparison, prefix: str = "", beside_paper: bool = False) -> list[Line]:
    """The same on any ensemble; ``prefix`` stands before the names of the cases."""
    found = []
    for branch, wave in enumerate(WAVES):
        for i, band in enumerate(BANDS):
            case = f"{prefix}{band_case(wave, band)}"
            inside = periods_of(band)
            for metric, values in comparison.values.items():
                column = PAPER_COLUMNS.get(metric)
                paper = PAPER[wave][i][column] if beside_paper and column is not None else math.nan
                found.append(_line(operator, case, metric, values[:, branch, inside], paper))
            found += _halfspace(operator, case, comparison.halfspace[..., branch, inside])
    return found


def band_case(wave: str, band: tuple[int, int]) -> str:
    """``rayleigh 2-5``."""
    return f"{wave} {band[0]}-{band[1]}"


def periods_of(band: tuple[int, int]) -> Bool[Tensor, " period"]:
    """Which periods of the table are in a band."""
    last = SURVEY.periods <= band[1] if band == BANDS[-1] else SURVEY.periods < band[1]
    return (SURVEY.periods >= band[0]) & last


def _line(operator: str, case: str, metric: str, values: Tensor, paper: float) -> Line:
    there = values[values.isfinite()]
    missing = values.numel() - len(there)
    if not len(there):
        return Line(operator, case, metric, math.nan, 0, missing, paper)
    p05, median, p95 = torch.quantile(there, torch.tensor([0.05, 0.5, 0.95], dtype=there.dtype)).tolist()
    return Line(operator, case, metric, float(there.mean()), len(there), missing, paper, median, p05, p95)


def _halfspace(operator: str, case: str, nodes: Float[Tensor, "2 3 model period"]) -> list[Line]:
    """Relative L2 and correlation of the half-space's node over all models and periods of a band together.

    One node is one number per kernel: a cosine of it would be its sign. At short periods it vanishes.
    """
    found = []
    for i, parameter in enumerate(PARAMETERS):
        learned, exact = nodes[0, i].flatten(), nodes[1, i].flatten()
        there = learned.isfinite() & exact.isfinite()
        for name, measure in (("relative_l2", relative_l2), ("correlation", pearson)):
            value = float(measure(learned[there], exact[there])) if there.any() else math.nan
            n = int(there.sum())
            metric = f"{name}_{parameter}_halfspace"
            found.append(Line(operator, case, metric, value, n, len(there) - n))
    return found


def write_tables(folder: Path, rows: Sequence[Line], experiment: str = EXPERIMENT) -> None:
    """``results.csv`` and ``distributions.csv``, and beside each the record of what made it."""
    for name, text in (("results", results_csv), ("distributions", distributions_csv)):
        path = folder / f"{name}.csv"
        path.write_text(text(rows, experiment), encoding="utf-8")
        write_record(path)


def results_csv(rows: Sequence[Line], experiment: str = EXPERIMENT) -> str:
    """``experiment,operator,case,metric,ours,paper,n``: ``ours`` is the mean; an empty cell is no number."""
    header = ("experiment", "operator", "case", "metric", "ours", "paper", "n")
    cells = [(experiment, r.operator, r.case, r.metric, r.mean, r.paper, r.n) for r in rows]
    return table(header, *zip(*cells, strict=True))


def distributions_csv(rows: Sequence[Line], experiment: str = EXPERIMENT) -> str:
    """``experiment,operator,case,metric,mean,median,p05,p95,n,missing``: what a mean hides."""
    header = ("experiment", "operator", "case", "metric", "mean", "median", "p05", "p95", "n", "missing")
    cells = [
        (experiment, r.operator, r.case, r.metric, r.mean, r.median, r.p05, r.p95, r.n, r.missing)
        for r in rows
    ]
    return table(header, *zip(*cells, strict=True))
