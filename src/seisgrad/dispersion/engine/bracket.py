"""One root, as a small state machine: which velocities to try next, and what to make of the answers.

A root is first isolated by the count alone; between velocities with exactly n and n + 1 modes below them the secular function changes sign
once, and inverse interpolation through the nearest points polishes it. Two points on either side of the root are remembered.
"""

import math

import numpy as np
from numba import njit

from .lanes import INNER, MERGED

# columns of the state of one root
LO, HI, JLO, JHI, FLO, FHI, LO2, FLO2, HI2, FHI2, GUESS, WIDTH, X, GOING, SPAN, SLOW = range(16)
COLUMNS = 16

SEARCHING, DONE = 0.0, 1.0

#: Relative error at which a root is taken as found (estimated, with a safety factor).
ACCURACY = 2e-15
#: Longest last step, relative to the root, that is taken without another evaluation.
LAST_STEP = 1e-9


@njit(**INNER)
def begin(s, guess, error, slowest, fastest):
    """A root between ``slowest`` and ``fastest``, expected within ``error`` of ``guess`` (NaN where nothing is known)."""
    s[:] = np.nan
    s[LO], s[JLO], s[HI], s[JHI] = slowest, 0.0, fastest, -1.0
    s[GOING], s[SPAN], s[SLOW] = SEARCHING, fastest, 0.0
    s[WIDTH] = 0.0
    if slowest < guess < fastest:
        s[GUESS], s[WIDTH] = guess, error


@njit(**INNER)
def begin_isolated(mode, low, f_low, high, f_high):
    """A root known to be the only one between ``low`` and ``high``."""
    s = np.empty(COLUMNS)
    begin(s, np.nan, 0.0, low, high)
    s[JLO], s[FLO], s[JHI], s[FHI] = mode, f_low, mode + 1.0, f_high
    return s


@njit(**INNER)
def isolated(s, mode):
    """Whether exactly root ``mode`` lies between LO and HI, both evaluated."""
    return s[JLO] == mode and s[JHI] == mode + 1 and s[FLO] * s[FHI] < 0.0


@njit(**INNER)
def propose(s, mode, most, points):
    """Fill ``points`` with up to ``most`` velocities worth trying; returns how many."""
    if isolated(s, mode):
        return _near_root(s, most, points)
    if s[WIDTH] > 0.0:
        n = _near_guess(s, most, points)
        if n > 0:
            return n
    s[WIDTH] = 0.0
    if s[JLO] == mode and s[JHI] == mode + 1 and math.isnan(s[FLO]):
        points[0] = s[LO]
        return 1
    n = 0
    if s[JHI] < 0.0:
        points[0] = s[HI]
        n = 1
        if most == 1:
            return 1
    inner = most - n
    for i in range(inner):
        points[n + i] = s[LO] + (s[HI] - s[LO]) * (i + 1) / (inner + 1)
    return n + inner


@njit(**MERGED)
def _near_guess(s, most, points):
    """Close in on the guess until the count differs on its two sides; 0 when the guess has to be given up."""
    low, high = not math.isnan(s[FLO]), not math.isnan(s[FHI])
    width = s[WIDTH]
    if (low and high) or width > 0.2 * s[GUESS]:
        return 0
    n = 0
    if not low and not high:
        if most != 2:
            points[0] = s[GUESS]
            n = 1
        if most >= 2:
            points[n], points[n + 1] = s[GUESS] - width, s[GUESS] + width
            n += 2
        if most >= 4:
            points[n] = s[GUESS] + 8.0 * width
            n += 1
        s[WIDTH] = width if most == 1 else 8.0 * width
    else:
        start, sign = (s[LO], 1.0) if low else (s[HI], -1.0)
        for n in range(min(most, 2)):
            points[n] = start + sign * s[WIDTH]
            s[WIDTH] *= 8.0
        n = min(most, 2)
    kept = 0
    for i in range(n):
        if s[LO] < points[i] < s[HI] or (points[i] == s[HI] and not high):
            points[kept] = points[i]
            kept += 1
    return kept


@njit(**INNER)
def absorb(s, mode, fastest, x, F, J):
    """Use one evaluation."""
    if s[GOING] == DONE:
        return
    if x == fastest and mode >= J and s[JHI] < 0.0:
        # not trapped; a root exactly at the half-space's velocity does not decay and is none
        s[GOING], s[X] = DONE, np.nan
        return
    if F == 0.0 and (mode == J or isolated(s, mode)):
        s[GOING], s[X] = DONE, x
        return
    below = mode >= J
    if isolated(s, mode):
        # inside, the sign of F decides; outside, the place does
        below = (F > 0.0) == (s[FLO] > 0.0) if s[LO] < x < s[HI] else x <= s[LO]
    elif x == s[LO] and J > 0.0 and s[JLO] == 0.0:
        # the bound from below was none
        s[HI], s[JHI], s[FHI], s[HI2] = x, J, F, np.nan
        s[LO], s[FLO] = 0.7 * x, np.nan
        return
    count = float(mode) if below and isolated(s, mode) else (mode + 1.0 if isolated(s, mode) else J)
    if below:
        if x > s[LO] or (x == s[LO] and math.isnan(s[FLO])):
            s[LO2], s[FLO2] = s[LO], s[FLO]
            s[LO], s[FLO], s[JLO] = x, F, count
        elif x < s[LO] and (math.isnan(s[FLO2]) or x > s[LO2]):
            s[LO2], s[FLO2] = x, F
    elif s[JHI] < 0.0 or x < s[HI]:
        if s[JHI] >= 0.0:
            s[HI2], s[FHI2] = s[HI], s[FHI]
        s[HI], s[FHI], s[JHI] = x, F, count
    elif x > s[HI] and (math.isnan(s[FHI2]) or x < s[HI2]):
        s[HI2], s[FHI2] = x, F
    if s[HI] - s[LO] < 4e-16 * s[HI] and s[JHI] >= 0.0:
        s[GOING], s[X] = DONE, s[LO] if abs(s[FLO]) < abs(s[FHI]) else s[HI]


@njit(**INNER)
def _near_root(s, most, points):
    """Points around the best estimate; none but a final one where the estimate is good enough."""
    x, error = estimate(s)
    # an estimate can be small by accident; a last step that is short as well cannot
    if error < ACCURACY * x and min(x - s[LO], s[HI] - x) < LAST_STEP * x:
        s[GOING], s[X] = DONE, x
        return 0
    span = s[HI] - s[LO]
    s[SLOW] = s[SLOW] + 1.0 if span > 0.25 * s[SPAN] else 0.0
    s[SPAN] = span
    reach = min(max(4.0 * error, 4e-16 * x), 0.25 * span)
    if s[SLOW] >= 2.0:
        x, reach = 0.5 * (s[LO] + s[HI]), 0.25 * span
    if most == 1:
        # lean towards the far end, so that the bracket closes from both sides
        points[0] = x + reach if s[HI] - x > x - s[LO] else x - reach
        if s[SLOW] >= 2.0:
            points[0] = x
        n = 1
    else:
        points[0], points[1] = x - reach, x + reach
        n = 2
        if most > 2:
            points[2] = x
            n = 3
    kept = 0
    for i in range(n):
        if s[LO] < points[i] < s[HI]:
            points[kept] = points[i]
            kept += 1
    if kept == 0:
        s[GOING], s[X] = DONE, x
    return kept


@njit(**INNER)
def estimate(s):
    """The root by inverse interpolation through two, three or four points, and an upper estimate of its error."""
    a, b, fa, fb = s[LO], s[HI], s[FLO], s[FHI]
    two = a - fa * (b - a) / (fb - fa)
    product = abs((two - a) * (two - b))
    most = 0.3 * (b - a)
    has_lo = not math.isnan(s[FLO2]) and s[FLO2] / fa > 1.0
    has_hi = not math.isnan(s[FHI2]) and s[FHI2] / fb > 1.0
    if not has_lo and not has_hi:
        return two, min(200.0 * product / b, most)
    from_lo = has_lo and (not has_hi or a - s[LO2] < s[HI2] - b)
    c, fc = (s[LO2], s[FLO2]) if from_lo else (s[HI2], s[FHI2])
    slope = (b - a) / (fb - fa)
    bend = ((c - a) / (fc - fa) - slope) / (fc - fb)
    three = two + bend * fa * fb
    first = max(abs(three - two), product / b)
    if not a < three < b:
        return two, most
    if not (has_lo and has_hi):
        return three, min(10.0 * first * first * abs(three - c) / product, most)
    d, fd = (s[HI2], s[FHI2]) if from_lo else (s[LO2], s[FLO2])
    other = ((d - a) / (fd - fa) - slope) / (fd - fb)
    four = three - (other - bend) / (fd - fc) * fa * fb * fc
    if not a < four < b:
        return three, min(first, most)
    second = max(abs(four - three), first * abs(three - c) / b)
    return four, min(10.0 * second * second / first, most)
