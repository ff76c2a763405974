"""Curves through knots, compiled: an ensemble calls them a handful of times per model, on few knots."""

import numpy as np
from numba import njit


@njit(cache=True, error_model="numpy")
def _end_slope(h0, h1, d0, d1):
    """Three-point slope at an end, limited so that the curve keeps its shape."""
    slope = ((2.0 * h0 + h1) * d0 - h0 * d1) / (h0 + h1)
    if slope * d0 <= 0.0:
        return 0.0
    if d0 * d1 <= 0.0 and abs(slope) > 3.0 * abs(d0):
        return 3.0 * d0
    return slope


@njit(cache=True, error_model="numpy")
def _hermite(t, h, y0, y1, s0, s1):
    """The cubic with values y and slopes s at both ends of a piece of width h, at the part t of it."""
    rise, first, last = y1 - y0, h * s0, h * s1
    return y0 + t * (first + t * (3.0 * rise - 2.0 * first - last + t * (first + last - 2.0 * rise)))


@njit(cache=True, error_model="numpy")
def monotone_cubic(knots, values, at):
    """Monotone cubic interpolation (PCHIP) through ``values`` at increasing ``knots``, at increasing places ``at``.

    Slopes are the weighted harmonic means of Fritsch & Butland (1984), SIAM J. Sci. Stat. Comput. 5, 300-304. Beyond
    its ends a curve continues as its last cubic.
    """
    n = len(knots)
    h, d, s = np.diff(knots), np.diff(values) / np.diff(knots), np.zeros(n)
    if n == 2:
        s[:] = d[0]
    else:
        for i in range(1, n - 1):
            if d[i - 1] * d[i] > 0.0:
                w0, w1 = 2.0 * h[i] + h[i - 1], h[i] + 2.0 * h[i - 1]
                s[i] = (w0 + w1) / (w0 / d[i - 1] + w1 / d[i])
        s[0] = _end_slope(h[0], h[1], d[0], d[1])
        s[-1] = _end_slope(h[-1], h[-2], d[-1], d[-2])
    out, i = np.empty(len(at)), 0
    for k in range(len(at)):
        while i < n - 2 and at[k] >= knots[i + 1]:
            i += 1
        out[k] = _hermite((at[k] - knots[i]) / h[i], h[i], values[i], values[i + 1], s[i], s[i + 1])
    return out


@njit(cache=True, error_model="numpy")
def unit_spline(values, at):
    """Cubic spline with not-a-knot ends through ``values``, at least four, at 0, 1, 2, …, at places ``at``."""
    n = len(values)
    # slopes: a tridiagonal system with rows (1, 4, 1), and (1, 2), (2, 1) at the ends, by elimination
    right, pivot, s = np.empty(n), np.empty(n), np.empty(n)
    right[0] = 0.5 * (5.0 * (values[1] - values[0]) + (values[2] - values[1]))
    pivot[0], above = 1.0, 2.0
    for i in range(1, n):
        last = i == n - 1
        below = 2.0 if last else 1.0
        factor = below / pivot[i - 1]
        pivot[i] = (1.0 if last else 4.0) - factor * above
        if last:
            steps = 5.0 * (values[i] - values[i - 1]) + (values[i - 1] - values[i - 2])
            right[i] = 0.5 * steps - factor * right[i - 1]
        else:
            right[i] = 3.0 * (values[i + 1] - values[i - 1]) - factor * right[i - 1]
        above = 1.0
    s[n - 1] = right[n - 1] / pivot[n - 1]
    for i in range(n - 2, -1, -1):
        s[i] = (right[i] - (2.0 if i == 0 else 1.0) * s[i + 1]) / pivot[i]
    out = np.empty(len(at))
    for k in range(len(at)):
        i = min(max(int(at[k]), 0), n - 2)
        out[k] = _hermite(at[k] - i, 1.0, values[i], values[i + 1], s[i], s[i + 1])
    return out
