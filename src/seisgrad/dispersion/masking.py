"""Partial curves: which values of a complete set of curves a measurement would have given."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool

from seisgrad.dispersion.survey import Branch
from seisgrad.errors import InputError

#: Part of the band that a curve keeps: least, most.
BAND = (0.2, 0.8)
#: Holes in a curve, at most, and the part of the kept band that each may take, at most.
HOLES, HOLE = 3, 0.2
#: Part of the samples without one wave; as many are without the other.
ALONE = 0.4


def partial_mask(
    number: int, branches: Sequence[Branch], periods: int, rng: np.random.Generator
) -> Bool[np.ndarray, "sample branch period"]:
    """Masks of partial curves, as Yu, Cai & Liu (2026) train with: True where a value is kept.

    Each curve keeps 20-80 % of the band, in one piece with up to three holes of up to a fifth of it. 40 % of the
    samples are without Rayleigh waves and 40 % without Love waves, none without both.

    Args:
        number: of samples.
        branches: the curves, in order; where all are of one wave, none is left out.
        periods: of each curve.
        rng: draws the masks.

    Raises:
        InputError: no branch or no period.
    """
    if not branches or periods < 1:
        raise InputError(
            f"a mask over {len(branches)} branches and {periods} periods is empty, expected one of each"
        )
    shape = (number, len(branches), 1)
    place = np.arange(periods)
    width = np.maximum(1, np.rint(rng.uniform(*BAND, shape) * periods))
    start = np.floor(rng.random(shape) * (periods - width + 1))
    kept = (place >= start) & (place < start + width)
    holes = rng.integers(0, HOLES + 1, shape)
    for hole in range(HOLES):
        size = np.floor(rng.uniform(0.0, HOLE, shape) * width) * (hole < holes)
        begin = start + np.floor(rng.random(shape) * (width - size + 1))
        kept &= (place < begin) | (place >= begin + size)
    love = np.array([branch.wave == "love" for branch in branches])
    if love.any() and not love.all():
        drawn = rng.random((number, 1))
        missing = np.where(love, (drawn >= ALONE) & (drawn < 2 * ALONE), drawn < ALONE)
        kept &= ~missing[..., None]
    return kept
