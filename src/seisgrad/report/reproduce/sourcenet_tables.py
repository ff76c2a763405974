"""Networks trained for the comparison: without parts, without parts of the randomisation, on less.

The trainings take hours and are no part of ``seisgrad reproduce``; ``experiments/sourcenet/judge.py`` judges them on
the events of the table, and what it finds is a file of the repository.
"""

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch

from seisgrad.errors import InputError
from seisgrad.report.reproduce.sourcenet import CASES, PAPER, Case, case_lines
from seisgrad.report.reproduce.sourcenet_pairs import FURTHER, difference
from seisgrad.report.reproduce.table import Line
from seisgrad.source.judging import Errors

FILE = Path(__file__).resolve().parents[4] / "experiments" / "sourcenet" / "results" / "judged.csv"
"""Where the file is in a checkout of the repository; it is no part of an installed package."""
OURS = "default"
BASELINES = ("lift-deepsets", "sourcenet", "no-scalars", "no-attention", "deepsets")
"""Ours without attention; the network of the paper, and that one without a part."""
ABLATIONS = (
    "without-mixing",
    "models-1",
    "without-timing",
    "without-amplitudes",
    "without-coda",
    "without-noise",
    "clean",
)
"""Ours, not taught a part of the randomisation; ``models-1``: taught one velocity model."""
MODELS = {"models-1": 1, "models-3": 3, "models-7": 7, OURS: 14}
"""How many velocity models these were taught."""
METRICS = ("kagan_mean_deg", "kagan_median_deg", "mw_mae", "coverage_90")


class Row(NamedTuple):
    """One kind of network in one case, all its trainings together.

    Attributes:
        network: its name.
        passes: of 12 800 events that it was taught.
        seeds: trainings.
        case: of events.
        events: judged.
        kagan_mean_deg, kagan_median_deg, mw_mae, coverage_90: means over the trainings.
        lowest, highest: mean Kagan angle of the best and the worst training.
        further, further_low, further_high: mean Kagan angle less that of ours after as many passes, with the 95 %
            interval of the paired bootstrap; NaN where there is none.
    """

    network: str
    passes: int
    seeds: int
    case: str
    events: int
    kagan_mean_deg: float
    kagan_median_deg: float
    mw_mae: float
    coverage_90: float
    lowest: float
    highest: float
    further: float
    further_low: float
    further_high: float


Trained = tuple[str, int]
"""Name and passes."""


def rows_of(judged: Mapping[Trained, Sequence[Mapping[str, Errors]]]) -> list[Row]:
    """A row for every kind of network and case.

    Args:
        judged: of every kind, its trainings, each with its errors by group of events.
    """
    rows = []
    for (name, passes), trainings in judged.items():
        for case in CASES:
            if all(case.group in found for found in trainings):
                reference = judged.get((OURS, passes), []) if name != OURS else []
                rows.append(_row(name, passes, case, trainings, reference))
    return rows


def _row(
    name: str,
    passes: int,
    case: Case,
    trainings: Sequence[Mapping[str, Errors]],
    reference: Sequence[Mapping[str, Errors]],
) -> Row:
    found = [{r.metric: r for r in case_lines(name, case, one[case.group])} for one in trainings]
    means = {m: _mean([one[m].mean if m in one else math.nan for one in found]) for m in METRICS}
    each = [one["kagan_mean_deg"].mean for one in found]
    apart = (math.nan, math.nan, math.nan)
    theirs = [one[case.group] for one in reference if case.group in one]
    if theirs:
        of = case.of(theirs[0])
        ours = [one[case.group].kagan[of] for one in trainings]
        apart = difference(ours, [one.kagan[of] for one in theirs])
    n = found[0]["kagan_mean_deg"].n
    words = (name, passes, len(trainings), case.name, n)
    return Row(*words, *(means[m] for m in METRICS), min(each), max(each), *apart)  # pyright: ignore[reportCallIssue]


def read_rows(file: Path | None = None) -> list[Row]:
    """What was judged; nothing where the file is not there.

    Raises:
        InputError: a file with other columns.
    """
    file = file or FILE
    if not file.is_file():
        return []
    with file.open(encoding="utf-8") as text:
        found = list(csv.DictReader(text))
    try:
        return [
            Row(**{name: _read(row[name], kind) for name, kind in Row.__annotations__.items()})
            for row in found
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{file} is no table of {', '.join(Row._fields)} ({error!r}); make it again with "
            "experiments/sourcenet/judge.py"
        ) from error


def table_lines(rows: Sequence[Row]) -> list[Line]:
    """Of every network the metrics of its cases, the mean Kagan angle with the paper's beside it, and how much further
    off it is than ours after as many passes."""
    lines = []
    for row in rows:
        operator = operator_of(row, rows)
        paper = PAPER.get(row.network, math.nan) if row.case == "all" else math.nan
        for metric in METRICS:
            value = getattr(row, metric)
            if math.isfinite(value):
                beside = paper if metric == "kagan_mean_deg" else math.nan
                lines.append(Line(operator, row.case, metric, value, row.events, 0, beside))
        if math.isfinite(row.further):
            spread = {"p05": row.further_low, "p95": row.further_high}
            lines.append(
                Line(operator, row.case, FURTHER, row.further, row.events, 0, median=row.further, **spread)
            )
    return lines


def operator_of(row: Row, rows: Sequence[Row]) -> str:
    """Its name, and how many passes where that is not clear from the name."""
    fewest = min(other.passes for other in rows if other.network == row.network)
    plain = row.network != OURS and row.passes == fewest
    return row.network if plain else f"{row.network}, {row.passes} passes"


def chosen(rows: Sequence[Row], names: Sequence[str], case: str) -> list[Row]:
    """These networks in one case, behind ours after as many passes as any of them."""
    of = [row for row in rows if row.case == case]
    named = sorted((row for row in of if row.network in names), key=lambda row: names.index(row.network))
    if not named:
        return []
    passes = {row.passes for row in named}
    ours = [row for row in of if row.network == OURS and row.passes in passes and OURS not in names]
    return [*sorted(ours, key=lambda row: row.passes), *named]


def _read(text: str, kind: type) -> Any:
    return math.nan if kind is float and text == "" else kind(text)


def _mean(values: Sequence[float]) -> float:
    return float(torch.tensor(values, dtype=torch.float64).mean())
