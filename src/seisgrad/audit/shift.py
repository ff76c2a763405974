"""What happens away from the training ensemble: models moved away from it, and kernel error against distance.

The ways to move a model know no system: its deviation from the ensemble is stretched, or it is given a sharp step or a
low zone that no smooth prior draws. Whoever calls judges which of them make sense.
"""

import math

import numpy as np
import torch
from jaxtyping import Float
from scipy.stats import norm, rankdata
from torch import Tensor

from seisgrad.audit.bootstrap import Tally
from seisgrad.audit.layout import Layout
from seisgrad.audit.measures import WHOLE_ERROR
from seisgrad.audit.report import DistanceBin, RankCorrelation, Shift
from seisgrad.audit.reservoir import Sample
from seisgrad.audit.subspace import Ensemble
from seisgrad.errors import InputError

_NEARLY = 1.0 - 1e-12
"""The largest correlation that has a Fisher transform."""
BINS = 5
"""Bins of distance, each with the same number of models."""


def stretched(
    models: Float[Tensor, "..."], ensemble: Float[Tensor, "..."], factor: float = 1.5
) -> Float[Tensor, "..."]:
    """Models ``[model, *domain.shape]`` whose deviations from the mean of an ensemble are ``factor`` times as large."""
    mean = ensemble.mean(0)
    return mean + factor * (models - mean)


def with_step(
    models: Float[Tensor, "... position"],
    positions: Float[Tensor, " position"],
    at: float,
    factor: float = 1.15,
) -> Float[Tensor, "... position"]:
    """Models with a sharp discontinuity: all parameters times ``factor`` at positions from ``at`` on.

    Raises:
        InputError: no position on one of the two sides.
    """
    return _times(models, positions, positions >= at, factor, f"from {at:g} on")


def with_low(
    models: Float[Tensor, "... position"],
    positions: Float[Tensor, " position"],
    top: float,
    bottom: float,
    factor: float = 0.85,
) -> Float[Tensor, "... position"]:
    """Models with a low zone: all parameters times ``factor`` at positions from ``top`` to just above ``bottom``.

    Raises:
        InputError: no position in the zone or none outside it.
    """
    return _times(
        models, positions, (positions >= top) & (positions < bottom), factor, f"from {top:g} to {bottom:g}"
    )


def shift(kept: Sample, ensemble: Ensemble, layout: Layout) -> Shift:
    """Kernel error, the relative L2 of all parameters together, against distance from the training ensemble."""
    distance, within, beyond = ensemble.distance(kept.profiles)
    values = kept.values[WHOLE_ERROR].double()
    error = torch.stack([values[:, mask].nanmean(-1) for mask in layout.groups.values()], -1)
    correlations = [rank_correlation(group, distance, error[:, i]) for i, group in enumerate(layout.groups)]
    return Shift(kept.model, distance, within, beyond, error, correlations, _bins(distance, error, layout))


def rank_correlation(
    group: str, distance: Float[Tensor, " model"], error: Float[Tensor, " model"]
) -> RankCorrelation:
    """Spearman's coefficient with the 95 % interval of Bonett & Wright (2000, Psychometrika 65, 23); NaN below 5."""
    there = (distance.isfinite() & error.isfinite()).numpy()
    n = int(there.sum())
    a, b = distance.numpy()[there], error.numpy()[there]
    if n < 5 or not np.ptp(a) or not np.ptp(b):
        return RankCorrelation(group, math.nan, math.nan, math.nan, n)
    value = float(np.corrcoef(rankdata(a), rankdata(b))[0, 1])
    z, half = (
        np.arctanh(min(max(value, -_NEARLY), _NEARLY)),
        norm.ppf(0.975) * math.sqrt((1 + value**2 / 2) / (n - 3)),
    )
    return RankCorrelation(group, value, math.tanh(z - half), math.tanh(z + half), n)


def _bins(
    distance: Float[Tensor, " model"], error: Float[Tensor, "model group"], layout: Layout
) -> list[DistanceBin]:
    """Means by distance with bootstrap intervals; fewer bins where there are fewer models."""
    order = distance.argsort()
    found = []
    for part in order.tensor_split(max(1, min(BINS, len(order) // 2))):
        tally = Tally(seed=0)
        tally.add({("error", ""): error[part][:, None]})
        for i, group in enumerate(layout.groups):
            this = torch.zeros(1, len(layout.groups), dtype=torch.bool)
            this[0, i] = True
            mean = tally.group(("error", ""), this)
            near, far = float(distance[part[0]]), float(distance[part[-1]])
            found.append(DistanceBin(group, near, far, *mean, tally.number(("error", ""), this)))
    return found


def _times(
    models: Tensor, positions: Tensor, which: Tensor, factor: float, where: str
) -> Float[Tensor, "... position"]:
    if not which.any() or which.all():
        raise InputError(
            f"the change {where} covers {int(which.sum())} of {len(positions)} positions from {float(positions[0]):g} "
            f"to {float(positions[-1]):g}, expected some and not all of them"
        )
    return torch.where(which, factor * models, models)
