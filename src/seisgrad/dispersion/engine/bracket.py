"""One root, as a small state machine: which velocities to try next, and what to make of
the answers.

A root is first isolated by the count alone; between velocities with exactly n and n + 1 modes below them the
secular function changes sign once, and inverse interpolation through the nearest points polishes it. Two
points on either side of the root are remembered.
"""

import math

import numpy as np

from .lanes import BRIEF, MAKING, MERGED, compiled

# columns of the state of one root
LO, HI, JLO, JHI, FLO, FHI, LO2, FLO2, HI2, FHI2, GUESS, WIDTH, X, GOING, SPAN, SLOW, LEAST = range(17)
COLUMNS = 17

SEARCHING, DONE = 0.0, 1.0

#: Relative error at which a root is taken as found (estimated, with a safety factor).
ACCURACY = 2e-15
#: Longest last step, relative to the root, that is taken without another evaluation.
LAST_STEP = 1e-8

#: How much further from zero a second point on the same side of the root must be to count.
APART = 1.01


@compiled(**BRIEF)
def begin(s, t, guess, error, slowest, fastest):
    """A root between ``slowest`` and ``fastest``, expected within ``error`` of ``guess`` (NaN: nothing known)."""
    for column in range(COLUMNS):
        s[t, column] = np.nan
    s[t, LO], s[t, JLO], s[t, HI], s[t, JHI] = slowest, 0.0, fastest, -1.0
    s[t, GOING], s[t, SPAN], s[t, SLOW], s[t, LEAST] = SEARCHING, fastest, 0.0, np.inf
    s[t, WIDTH] = 0.0
    if slowest < guess < fastest:
        s[t, GUESS], s[t, WIDTH] = guess, error


@compiled(**MAKING)
def begin_isolated(mode, low, f_low, high, f_high):
    """A root known to be the only one between ``low`` and ``high``."""
    s = np.empty((1, COLUMNS))
    begin(s, 0, np.nan, 0.0, low, high)
    s[0, JLO], s[0, FLO], s[0, JHI], s[0, FHI] = mode, f_low, mode + 1.0, f_high
    return s


@compiled(**BRIEF)
def isolated(s, t, mode):
    """Whether exactly root ``mode`` lies between LO and HI, both evaluated."""
    return s[t, JLO] == mode and s[t, JHI] == mode + 1 and s[t, FLO] * s[t, FHI] < 0.0


@compiled(**BRIEF)
def propose(s, t, mode, most, points):
    """Fill ``points`` with up to ``most`` velocities worth trying; returns how many."""
    if isolated(s, t, mode):
        return _near_root(s, t, most, points)
    if s[t, WIDTH] > 0.0:
        n = _near_guess(s, t, most, points)
        if n > 0:
            return n
    s[t, WIDTH] = 0.0
    if s[t, JLO] == mode and s[t, JHI] == mode + 1 and math.isnan(s[t, FLO]):
        points[0] = s[t, LO]
        return 1
    n = 0
    if s[t, JHI] < 0.0 and (most > 1 or not math.isnan(s[t, FLO])):
        # so far nothing says that a half-space this fast traps the mode
        points[0] = s[t, HI]
        n = 1
        if most == 1:
            return 1
    inner = most - n
    for i in range(inner):
        points[n + i] = s[t, LO] + (s[t, HI] - s[t, LO]) * (i + 1) / (inner + 1)
    return n + inner


@compiled(**MERGED)
def _near_guess(s, t, most, points):
    """Close in on the guess until the count differs on its two sides; 0 when the guess has to be given up."""
    low, high = not math.isnan(s[t, FLO]), not math.isnan(s[t, FHI])
    width = s[t, WIDTH]
    if (low and high) or width > 0.2 * s[t, GUESS]:
        return 0
    n = 0
    if not low and not high:
        if most != 2:
            points[0] = s[t, GUESS]
            n = 1
        if most >= 2:
            points[n], points[n + 1] = s[t, GUESS] - width, s[t, GUESS] + width
            n += 2
        if most >= 4:
            points[n] = s[t, GUESS] + 8.0 * width
            n += 1
        s[t, WIDTH] = width if most == 1 else 8.0 * width
    else:
        start, sign = (s[t, LO], 1.0) if low else (s[t, HI], -1.0)
        for n in range(min(most, 2)):
            points[n] = start + sign * s[t, WIDTH]
            s[t, WIDTH] *= 8.0
        n = min(most, 2)
    kept = 0
    for i in range(n):
        if s[t, LO] < points[i] < s[t, HI] or (points[i] == s[t, HI] and not high):
            points[kept] = points[i]
            kept += 1
    return kept


@compiled(**BRIEF)
def absorb(s, t, mode, fastest, x, F, J):
    """Use one evaluation."""
    if s[t, GOING] == DONE:
        return
    if x == fastest and mode >= J and s[t, JHI] < 0.0:
        # not trapped; a root exactly at the half-space's velocity does not decay and is none
        s[t, GOING], s[t, X] = DONE, np.nan
        return
    alone = isolated(s, t, mode)
    if F == 0.0 and (mode == J or alone):
        s[t, GOING], s[t, X] = DONE, x
        return
    below = mode >= J
    if alone:
        # inside, the sign of F decides; outside, the place does
        below = (F > 0.0) == (s[t, FLO] > 0.0) if s[t, LO] < x < s[t, HI] else x <= s[t, LO]
    elif x == s[t, LO] and J > 0.0 and s[t, JLO] == 0.0:
        # the bound from below was none
        s[t, HI], s[t, JHI], s[t, FHI], s[t, HI2] = x, J, F, np.nan
        s[t, LO], s[t, FLO] = 0.7 * x, np.nan
        return
    count = J
    if alone:
        count = float(mode) if below else mode + 1.0
    if below:
        if x > s[t, LO] or (x == s[t, LO] and math.isnan(s[t, FLO])):
            s[t, LO2], s[t, FLO2] = s[t, LO], s[t, FLO]
            s[t, LO], s[t, FLO], s[t, JLO] = x, F, count
        elif x < s[t, LO] and (math.isnan(s[t, FLO2]) or x > s[t, LO2]):
            s[t, LO2], s[t, FLO2] = x, F
    elif s[t, JHI] < 0.0 or x < s[t, HI]:
        if s[t, JHI] >= 0.0:
            s[t, HI2], s[t, FHI2] = s[t, HI], s[t, FHI]
        s[t, HI], s[t, FHI], s[t, JHI] = x, F, count
    elif x > s[t, HI] and (math.isnan(s[t, FHI2]) or x < s[t, HI2]):
        s[t, HI2], s[t, FHI2] = x, F
    if s[t, HI] - s[t, LO] < 4e-16 * s[t, HI] and s[t, JHI] >= 0.0:
        s[t, GOING], s[t, X] = DONE, s[t, LO] if abs(s[t, FLO]) < abs(s[t, FHI]) else s[t, HI]


@compiled(**BRIEF)
def _near_root(s, t, most, points):
    """Points around the best estimate; none but a final one where the estimate is good enough."""
    x, error = estimate(s, t)
    # an estimate can be small by accident; a last step that is short as well cannot
    # (nor can F, of length one at most, be large at the nearest point: a mode far below hardly reaches the surface,
    # and F is then a step)
    from_low = x - s[t, LO] < s[t, HI] - x
    nearest = x - s[t, LO] if from_low else s[t, HI] - x
    height = abs(s[t, FLO]) if from_low else abs(s[t, FHI])
    if error < ACCURACY * x and nearest < LAST_STEP * x and height < 1e-4:
        s[t, GOING], s[t, X] = DONE, x
        return 0
    span = s[t, HI] - s[t, LO]
    least = min(abs(s[t, FLO]), abs(s[t, FHI]))
    s[t, SLOW] = s[t, SLOW] + 1.0 if span > 0.25 * s[t, SPAN] and least > 0.1 * s[t, LEAST] else 0.0
    s[t, SPAN], s[t, LEAST] = span, least
    reach = min(max(error, 4e-16 * x), 0.25 * span)
    if s[t, SLOW] >= 2.0:
        x, reach = 0.5 * (s[t, LO] + s[t, HI]), 0.25 * span
    if most == 1:
        # lean towards the far end, so that the bracket closes from both sides
        lean = reach if error < 0.1 * span else 0.0
        points[0] = x + lean if s[t, HI] - x > x - s[t, LO] else x - lean
        if s[t, SLOW] >= 2.0:
            points[0], s[t, SLOW] = x, 0.0
        n = 1
    else:
        points[0], points[1] = x - reach, x + reach
        n = 2
        if most > 2:
            points[2] = x
            n = 3
    kept = 0
    for i in range(n):
        if s[t, LO] < points[i] < s[t, HI]:
            points[kept] = points[i]
            kept += 1
    if kept == 0:
        s[t, GOING], s[t, X] = DONE, x
    return kept


@compiled(**BRIEF)
def estimate(s, t):
    """The root by inverse interpolation through two, three or four points, and an upper estimate of its error."""
    a, b, fa, fb = s[t, LO], s[t, HI], s[t, FLO], s[t, FHI]
    two = a - fa * (b - a) / (fb - fa)
    product = abs((two - a) * (two - b))
    most = 0.3 * (b - a)
    # a second point close to the first would give a slope of rounding errors
    has_lo = not math.isnan(s[t, FLO2]) and s[t, FLO2] / fa > APART
    has_hi = not math.isnan(s[t, FHI2]) and s[t, FHI2] / fb > APART
    if not has_lo and not has_hi:
        # two points know nothing of the curvature, which is large where modes nearly touch: never the last word
        return two, min(max(20.0 * product, 1e-12 * b * b) / b, most)
    from_lo = has_lo and (not has_hi or a - s[t, LO2] < s[t, HI2] - b)
    c, fc = (s[t, LO2], s[t, FLO2]) if from_lo else (s[t, HI2], s[t, FHI2])
    slope = (b - a) / (fb - fa)
    bend = ((c - a) / (fc - fa) - slope) / (fc - fb)
    three = two + bend * fa * fb
    first = max(abs(three - two), product / b)
    if not a < three < b:
        return two, most
    if not (has_lo and has_hi):
        return three, min(10.0 * first * first * abs(three - c) / product, most)
    d, fd = (s[t, HI2], s[t, FHI2]) if from_lo else (s[t, LO2], s[t, FLO2])
    other = ((d - a) / (fd - fa) - slope) / (fd - fb)
    four = three - (other - bend) / (fd - fc) * fa * fb * fc
    if not a < four < b:
        return three, min(first, most)
    second = max(abs(four - three), first * abs(three - c) / b)
    return four, min(10.0 * second * second / first, most)
