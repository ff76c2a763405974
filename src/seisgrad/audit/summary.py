"""From sums and samples to the rows of a report."""

import math
from collections.abc import Iterable

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from seisgrad.audit.bootstrap import Tally
from seisgrad.audit.layout import Layout
from seisgrad.audit.measures import WHOLE_ERROR, Key
from seisgrad.audit.report import Kept, PerOutput, Row
from seisgrad.audit.reservoir import Sample

_PERCENTILES = (0.05, 0.5, 0.95)


def rows(tally: Tally, sample: Sample, layout: Layout, keys: Iterable[Key]) -> list[Row]:
    """Means with intervals from the tally, percentiles from the sample: every key in every group."""
    return [_row(tally, sample, key, group, mask) for key in keys for group, mask in layout.groups.items()]


def per_output(tally: Tally, keys: Iterable[Key]) -> dict[str, PerOutput]:
    """Means with intervals by metric, its parameters on the first axis."""
    found = {}
    for metric, of_metric in _by_metric(keys).items():
        parts = zip(*(tally.per_output(key) for key in of_metric), strict=True)
        found[metric] = PerOutput(*(torch.stack(part) for part in parts))
    return found


def kept(sample: Sample, keys: Iterable[Key]) -> Kept:
    """Single values by metric, its parameters on the second axis."""
    values = {
        metric: torch.stack([sample.values[key] for key in of_metric], dim=1)
        for metric, of_metric in _by_metric(keys).items()
    }
    return Kept(sample.model, sample.profiles, values)


def representative(sample: Sample, number: int) -> tuple[Tensor, Float[Tensor, " chosen"], tuple[str, ...]]:
    """Models from the smallest kernel error to the largest, evenly by rank.

    Returns:
        Which of the sample, their error (relative L2 of all parameters together, mean over outputs), and what each is:
        ``"best"``, ``"median"``, ``"worst"`` or a percentile.
    """
    error = sample.values[WHOLE_ERROR].double().flatten(1).nanmean(-1)
    order = error.argsort()
    order = order[error[order].isfinite()] if error.isfinite().any() else order
    number = min(number, len(order))
    place = torch.linspace(0, len(order) - 1, number).round().long()
    names = [f"{100 * i / max(1, number - 1):.0f} %" for i in range(number)]
    names = ["median" if name == "50 %" else name for name in names]
    names[0], names[-1] = "best", "worst"
    return order[place], error[order[place]], tuple(names)


def _by_metric(keys: Iterable[Key]) -> dict[str, list[Key]]:
    found: dict[str, list[Key]] = {}
    for key in keys:
        found.setdefault(key[0], []).append(key)
    return found


def _row(tally: Tally, sample: Sample, key: Key, group: str, mask: Bool[Tensor, "branch output"]) -> Row:
    n = tally.number(key, mask)
    single = sample.values[key][:, mask]
    there = single[single.isfinite()].numpy()
    p05, median, p95 = np.quantile(there, _PERCENTILES).tolist() if len(there) else [math.nan] * 3
    missing = tally.models * int(mask.sum()) - n
    return Row(*key, group, *tally.group(key, mask), median, p05, p95, n, missing)
