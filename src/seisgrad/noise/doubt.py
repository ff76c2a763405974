"""How likely another number of waves is the right one: that of a whole curve, and one that slips along it.

A phase tells the distance in waves but for a whole number. The number of the curve is chosen by what is expected, and
from period to period it is followed. Where the phases that are averaged behind a filter scatter by σ, a normal deviate
leaves the half wave to either side, and the count slips, with the probability 2 Φ(−π/σ).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

Real = NDArray[np.float64]

HALF = 0.5
"""Doubt beyond which another number of waves is the likelier one."""


def circular_deviation(together: Real) -> Real:
    """Standard deviation of phases, rad, from the length of their mean vector, 0 to 1, in any shape: √(−2 ln R)."""
    return np.sqrt(-2 * np.log(np.clip(together, 1e-9, 1.0)))


def slipped(scatter: Real, start: int, share: float | Real = 1.0) -> Real:
    """Probability that the count has slipped between a start and every other point, ``[step + 1]``.

    Args:
        scatter: standard deviation of the phase over every step, rad, ``[step]``.
        start: from which point it is counted.
        share: how many independent steps each one is worth.
    """
    with np.errstate(divide="ignore"):
        each = 2 * ndtr(-np.pi / scatter)
    kept = np.concatenate([[0.0], np.cumsum(share * np.log1p(-np.minimum(each, 1 - 1e-9)))])
    return 1 - np.exp(-np.abs(kept - kept[start]))


def other_branch(misfits: Sequence[float]) -> float:
    """Probability that none of the best of some branches is right, each of which has the misfit χ²."""
    weights = np.exp(-0.5 * (np.array(misfits) - min(misfits)))
    return float(1 - weights.max() / weights.sum())


def mean_around(values: NDArray, reach: int) -> NDArray:
    """Mean over so many neighbours on either side, fewer at the ends, ``[point]``."""
    window, inside = np.ones(2 * reach + 1), slice(reach, reach + len(values))
    return np.convolve(values, window)[inside] / np.convolve(np.ones(len(values)), window)[inside]
