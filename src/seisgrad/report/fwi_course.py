"""What the reports of all waveform inversions tell alike: the course of it, stage by stage, and what is predicted."""

from collections.abc import Sequence
from dataclasses import fields

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.inversion.waveform import Result, Row, Stage
from seisgrad.operator import Operator
from seisgrad.report.files import table

HEADER = ("stage", "operator", "what was asked", "ending", "misfit before", "after")
"""Of :func:`stage_rows`."""


def predict(
    op: Operator, earth: Float[Tensor, "..."], at_once: int, frequencies_at_once: int | None = None
) -> Float[Tensor, "source frequency ..."]:
    """The spectra of an earth, some sources and some frequencies at a time."""
    with torch.no_grad():
        if not hasattr(op, "select"):
            return op(earth)
        sources, frequencies = (torch.arange(op.codomain.length(axis)) for axis in ("source", "frequency"))
        rows = []
        for some in sources.split(at_once):
            parts = [
                op.select(source=some.tolist(), frequency=band.tolist())(earth)  # type: ignore[attr-defined]
                for band in frequencies.split(frequencies_at_once or len(frequencies))
            ]
            rows.append(torch.cat(parts, 1))
        return torch.cat(rows)


def history_csv(result: Result) -> str:
    """Every model that was evaluated, a line each."""
    names = tuple(field.name for field in fields(Row))
    return table(names, *([getattr(row, name) for row in result.history] for name in names))


def ends_of(result: Result, stages: Sequence[Stage], number: int) -> tuple[float, float]:
    """The misfit at the begin and at the end of a stage; of batches, the mean over the first and the last epoch."""
    rows, epochs = result.of_stage(number), stages[number - 1].epochs
    width = max(1, len(rows) // epochs) if epochs else 1
    first, last = rows[:width], rows[-width:]
    return sum(r.misfit for r in first) / len(first), sum(r.misfit for r in last) / len(last)


def stage_rows(result: Result, stages: Sequence[Stage], operators: tuple[str, str]) -> list[tuple[str, ...]]:
    """A row of words for every stage.

    Args:
        result: of the inversion.
        stages: all of them, in order.
        operators: the names of the first and of the second one.
    """
    rows = []
    for number, ending in enumerate(result.endings, 1):
        who = operators[result.of_stage(number)[0].operator - 1]
        ends = (f"{misfit:.4g}" for misfit in ends_of(result, stages, number))
        rows.append((str(number), who, stages[number - 1].say(), ending, *ends))
    return rows


def highest_fitted(result: Result, stages: Sequence[Stage], frequencies: Sequence[float]) -> int:
    """Index of the highest frequency that any stage fitted."""
    done = stages[: len(result.endings)]
    fitted = {index for stage in done for index in stage.within(frequencies)}
    return max(fitted, key=lambda index: frequencies[index])


def some_shots(number: int, most: int) -> list[int]:
    """At most so many shots, evenly from the first to the last."""
    return sorted({round(k * (number - 1) / max(most - 1, 1)) for k in range(min(most, number))})
