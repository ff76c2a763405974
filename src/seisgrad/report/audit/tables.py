"""The result files of an audit: tidy tables, one row per number, the first column saying of which set of models."""

from collections.abc import Iterator, Mapping, Sequence

import torch

from seisgrad.audit.report import Report
from seisgrad.report.audit.words import parameters_of
from seisgrad.report.files import table

Rows = Iterator[tuple]

SUMMARY = (
    "models", "metric", "parameter", "group", "mean", "low", "high", "median", "p05", "p95", "n", "missing",
)  # fmt: skip
"""Columns of ``summary.csv`` and ``subspace.csv``."""


def tables(sets: Mapping[str, Report]) -> dict[str, str]:
    """The CSV files by name.

    Args:
        sets: what was found on each set of models, by its name.
    """
    return {
        "summary.csv": _written(SUMMARY, _summary(sets, "summary")),
        "per_output.csv": _written(
            ("models", "metric", "parameter", "branch", "output", "mean", "low", "high"), _per_output(sets)
        ),
        "spectrum.csv": _written(
            (
                "models", "parameter", "group", "shortest", "longest", "error", "low", "high", "exact", "own_error",
            ),
            _spectrum(sets),
        ),
        "subspace.csv": _written(SUMMARY, _summary(sets, "subspace")),
        "shift.csv": _written(
            ("models", "quantity", "group", "nearest", "farthest", "value", "low", "high", "n"), _shift(sets)
        ),
        "artefacts.csv": _written(
            (
                "models", "branch", "parameter", "position", "strength", "p_value", "first_output", "last_output",
            ),
            _artefacts(sets),
        ),
        "faults.csv": _written(("models", "name", "parameter", "size", "evidence"), _faults(sets)),
        "consequences.csv": _written(
            ("models", "quantity", "parameter", "truth", "start", "value"), _consequences(sets)
        ),
    }  # fmt: skip


def _written(header: tuple[str, ...], rows: Rows) -> str:
    columns: Sequence[Sequence] = list(zip(*rows, strict=True)) or [()] * len(header)
    return table(header, *columns)


def _summary(sets: Mapping[str, Report], what: str) -> Rows:
    for name, report in sets.items():
        for r in getattr(report, what):
            yield (
                name, r.metric, r.parameter, r.group, r.mean, r.low, r.high, r.median, r.p05, r.p95, r.n, r.missing,
            )  # fmt: skip


def _per_output(sets: Mapping[str, Report]) -> Rows:
    for name, report in sets.items():
        layout = report.layout
        for metric, found in report.per_output.items():
            every = torch.stack([found.mean, found.low, found.high], -1)  # [parameter, branch, output, 3]
            for parameter, of_parameter in zip(parameters_of(metric, layout), every, strict=True):
                for branch, of_branch in zip(layout.branches, of_parameter, strict=True):
                    for output, numbers in zip(layout.outputs, of_branch.tolist(), strict=True):
                        yield (name, metric, parameter, branch, output, *numbers)


def _spectrum(sets: Mapping[str, Report]) -> Rows:
    for name, report in sets.items():
        for r in report.spectrum:
            yield (
                name, r.parameter, r.group, r.shortest, r.longest, r.error, r.low, r.high, r.exact, r.own_error,
            )  # fmt: skip


def _shift(sets: Mapping[str, Report]) -> Rows:
    """The mean distance of a set, its error by distance, and how error and distance go together."""
    nan = float("nan")
    for name, report in sets.items():
        shift = report.shift
        if shift is None:
            continue
        for quantity in ("beyond", "within", "distance"):
            values = getattr(shift, quantity)
            ends = (float(values.min()), float(values.max()))
            yield (name, f"mean_{quantity}", "", *ends, float(values.mean()), nan, nan, len(values))
        for b in shift.bins:
            yield (name, "error", b.group, b.nearest, b.farthest, b.mean, b.low, b.high, b.n)
        for c in shift.correlations:
            yield (name, "rank_correlation", c.group, *ends, c.value, c.low, c.high, c.n)


def _artefacts(sets: Mapping[str, Report]) -> Rows:
    for name, report in sets.items():
        for a in report.artefacts:
            ends = (min(a.outputs), max(a.outputs))
            yield (name, a.branch, a.parameter, a.position, a.strength, a.p_value, *ends)


def _faults(sets: Mapping[str, Report]) -> Rows:
    for name, report in sets.items():
        for fault in report.faults:
            yield (name, fault.name, fault.parameter, fault.size, fault.evidence)


CONSEQUENCES = (
    "angle",
    "plain_angle",
    "length_ratio",
    "trace_ratio",
    "chi2_start",
    "chi2_exact",
    "chi2_learned",
    "falls",
    "gain",
    "descent_falls",
    "descent_gain",
)
"""The numbers of :class:`seisgrad.audit.consequences.Consequences` with one value per inversion."""


def _consequences(sets: Mapping[str, Report]) -> Rows:
    for name, report in sets.items():
        found = report.consequences
        if found is None:
            continue
        pairs = list(zip(found.truth.tolist(), found.start.tolist(), strict=True))
        for quantity in CONSEQUENCES:
            for (truth, start), value in zip(pairs, getattr(found, quantity).tolist(), strict=True):
                yield (name, quantity, "", truth, start, value)
        for quantity in ("resolved_exact", "resolved_learned"):
            for (truth, start), values in zip(pairs, getattr(found, quantity).tolist(), strict=True):
                for parameter, value in zip(found.parameters, values, strict=True):
                    yield (name, quantity, parameter, truth, start, value)
