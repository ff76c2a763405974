"""All days of all pairs as one object: stacked some pairs at a time, so that memory holds few days of few pairs."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from seisgrad.noise.correlations import Correlations, Pair
from seisgrad.noise.daily_store import DailyStore
from seisgrad.noise.day import Job
from seisgrad.noise.products import lags
from seisgrad.noise.quality import Rejection
from seisgrad.noise.stacking import stack

_AT_ONCE = 2**26
"""Numbers that are stacked together."""


def stack_days(
    job: Job,
    held: DailyStore,
    days: Sequence[date],
    method: str,
    drawn: Float[Tensor, "replicate day"],
    left_out: NDArray[np.bool_],
) -> tuple[Correlations | None, list[Rejection]]:
    """The stacks of all pairs that have any data, in the order of their stations; those without, the components that no
    pair has, and why.

    Args:
        job: stations, settings and blocks.
        held: the days.
        days: which of them.
        method: of the stack.
        drawn: how often each day is drawn in each replicate.
        left_out: days of stations that do not count, ``[day, station]``.
    """
    kept = torch.from_numpy(~left_out)
    rows: list[tuple[tuple[int, int], Pair, Tensor, Tensor]] = []
    missing: list[Rejection] = []
    size = len(days) * len(job.settings.components) * len(lags(job.settings))
    step = max(1, _AT_ONCE // size)
    for block in job.layout.blocks():
        numbers = job.layout.numbers(block)
        pairs = job.pairs(numbers)
        for first in range(0, len(pairs), step):
            some = slice(first, first + step)
            values, seconds = held.read(days, [(pair.a.name, pair.b.name) for pair in pairs[some]])
            at_a, at_b = (list(ends) for ends in zip(*numbers[some], strict=True))
            seconds = seconds * (kept[:, at_a] & kept[:, at_b])
            whole = stack(values, seconds, method)
            again = [stack(values, seconds * times[:, None], method) for times in drawn]
            spread = torch.stack(again) if again else whole.new_zeros(0, *whole.shape)
            for row, (pair, number) in enumerate(zip(pairs[some], numbers[some], strict=True)):
                if not bool((seconds[:, row] > 0).any()):
                    reason = "there is no day on which both stations have data that can be used"
                    missing.append(Rejection("", pair.name, reason))
                elif bool(whole[row].isnan().all()):
                    reason = f"its stations did not record {' or '.join(job.settings.components)}"
                    missing.append(Rejection("", pair.name, reason))
                else:
                    rows.append((number, pair, whole[row], spread[:, row]))
    if not rows:
        return None, missing
    _, pairs, values, spread = zip(*sorted(rows, key=lambda row: row[0]), strict=True)
    replicates = torch.stack(spread, 1) if len(drawn) else None
    names = job.settings.components
    whole = Correlations("C", lags(job.settings), False, names, tuple(pairs), torch.stack(values), replicates)
    some = whole.values.isfinite().any(-1).any(0).tolist()
    there = [name for name, is_there in zip(names, some, strict=True) if is_there]
    for name in (name for name in names if name not in there):
        reason = f"no pair has it: it needs both horizontals at {_where(name)}"
        missing.append(Rejection("", name, reason))
    return whole if len(there) == len(names) else whole.select(components=there), missing


def _where(component: str) -> str:
    """The stations at which a component needs horizontals."""
    if "Z" not in component:
        return "both stations"
    return "the second station" if component[0] == "Z" else "the first station"
