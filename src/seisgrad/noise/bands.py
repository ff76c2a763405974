"""One continuous taper over frequency, and the number of samples to which a transform is padded."""

import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float64]
Corners = tuple[float, float, float, float]


def band_taper(frequency: Real, corners: Corners) -> Real:
    """Zero below the first corner, one between the second and third, zero from the fourth; half cosines between."""
    low, full, until, high = corners
    rise = np.clip((frequency - low) / (full - low), 0, 1)
    fall = np.clip((high - frequency) / (high - until), 0, 1)
    return np.sin(0.5 * np.pi * np.minimum(rise, fall)) ** 2


def edge_taper(number: int, edge: float) -> Real:
    """One over ``number`` samples, with half a cosine from zero over ``edge`` of them at either end."""
    taper = np.ones(number)
    length = min(int(np.ceil(edge)), (number + 1) // 2)
    slope = np.sin(0.5 * np.pi * np.minimum((np.arange(length) + 0.5) / max(edge, 0.5), 1)) ** 2
    taper[:length] = slope
    taper[number - length :] = slope[::-1]
    return taper


def fast_length(least: int) -> int:
    """The next length whose transform is fast."""
    from scipy.fft import next_fast_len

    return int(next_fast_len(least, real=True))  # type: ignore[arg-type]


def padded(samples: int) -> int:
    """The length of a transform in which a segment is followed by at least as many zeros, and which is fast."""
    return 2 * fast_length(samples)
