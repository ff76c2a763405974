"""Every real root of a secular function below the half-space's vs, by a dense scan that checks itself.

The trial velocities step by a fixed share (1/density) of a measure of how much the secular function can turn:
the number of vertical half wavelengths of P and of S in all layers, the saturating onset of evanescence below
each layer's velocities, and ln c. Roots are then found three ways:

1. every sign change is a root;
2. every local extremum of the function toward zero is followed down by golden section: if it crosses zero
   there are two;
3. the Wittrick-Williams count must grow by one over each root (or, at a root of negative group velocity, fall
   by one); a cell where the count and the roots disagree is split until they agree, or until it is one
   rounding wide, and then it holds as many roots as the count says (two modes touching to the last digit).

Scanning again at a higher density must not change the answer; `all_roots` does that and says when it is not
settled.
"""

import math
from typing import NamedTuple

import numpy as np

from . import counting, secular
from .compiled import compiled

RAYLEIGH, LOVE = 0, 1
SETTLED, UNSETTLED = 0, 1


@compiled
def function(wave, c, omega, h, vp, vs, rho):
    """(value, log) of the secular function of the wave."""
    if wave == RAYLEIGH:
        return secular.rayleigh(c, omega, h, vp, vs, rho)
    return secular.love(c, omega, h, vp, vs, rho)


@compiled
def count(wave, c, omega, h, vp, vs, rho):
    """Number of modes with frequency below omega at k = omega/c."""
    if wave == RAYLEIGH:
        return counting.rayleigh_count(c, omega, h, vp, vs, rho)
    return counting.love_count(c, omega, h, vp, vs, rho)


@compiled
def measure(wave, c, omega, h, vp, vs):
    """Monotone measure of how far the secular function can have turned below c, in half periods (roughly)."""
    total = 4.0 * math.log(c)
    n = h.shape[0]
    for i in range(n):
        for kind in range(2):
            v = vs[i] if kind == 0 else vp[i]
            if v == 0.0 or (kind == 1 and wave == LOVE):
                continue
            q = 1.0 / v**2 - 1.0 / c**2
            if i == n - 1:
                total -= math.sqrt(max(-q, 0.0)) * v
            elif q > 0.0:
                total += omega * h[i] * math.sqrt(q) / math.pi
            else:
                total -= math.tanh(omega * h[i] * math.sqrt(-q)) / math.pi
    return total


@compiled
def lowest(wave, h, vp, vs):
    """A velocity below every mode: well under the slowest Rayleigh, Stoneley or Scholte wave."""
    slowest = 1e30
    for i in range(h.shape[0]):
        if vs[i] > 0.0:
            slowest = min(slowest, vs[i])
        elif wave == RAYLEIGH:
            slowest = min(slowest, vp[i])
    return slowest * (0.999 if wave == LOVE else 0.4)


@compiled
def root_between(wave, left, right, omega, h, vp, vs, rho):
    """The root between two trial velocities of opposite sign, to the last digits: interpolation and bisection.

    The interpolation is the Illinois false position on the function over the smooth factor of its log scale.
    """
    f_left, scale = function(wave, left, omega, h, vp, vs, rho)
    f_right, log = function(wave, right, omega, h, vp, vs, rho)
    f_right *= math.exp(max(min(log - scale, 300.0), -300.0))
    for step in range(120):
        width = right - left
        if width < 2e-15 * right:
            break
        mid = 0.5 * (left + right)
        if step % 3 != 2 and f_right != f_left:
            mid = left - f_left * width / (f_right - f_left)
            # Stay off the ends by a rounding or two, so that both ends close in.
            mid = min(max(mid, left + 0.5e-15 * right), right - 0.5e-15 * right)
        if mid <= left or mid >= right:
            mid = 0.5 * (left + right)
            if mid <= left or mid >= right:
                break
        value, log = function(wave, mid, omega, h, vp, vs, rho)
        if value == 0.0:
            return mid
        value *= math.exp(max(min(log - scale, 300.0), -300.0))
        if (value > 0.0) == (f_left > 0.0):
            left, f_left = mid, value
            f_right *= 0.5
        else:
            right, f_right = mid, value
            f_left *= 0.5
    return 0.5 * (left + right)


@compiled
def dip(wave, left, right, sign, log_reference, omega, h, vp, vs, rho):
    """Golden-section descent of sign * function between two velocities; (velocity, crossed)."""
    ratio = 0.6180339887498949
    c1 = right - ratio * (right - left)
    c2 = left + ratio * (right - left)
    value, log = function(wave, c1, omega, h, vp, vs, rho)
    f1 = sign * value * math.exp(min(log - log_reference, 600.0))
    value, log = function(wave, c2, omega, h, vp, vs, rho)
    f2 = sign * value * math.exp(min(log - log_reference, 600.0))
    while right - left > 1e-10 * right:
        if f1 < 0.0:
            return c1, True
        if f2 < 0.0:
            return c2, True
        if f1 < f2:
            right, c2, f2 = c2, c1, f1
            c1 = right - ratio * (right - left)
            value, log = function(wave, c1, omega, h, vp, vs, rho)
            f1 = sign * value * math.exp(min(log - log_reference, 600.0))
        else:
            left, c1, f1 = c1, c2, f2
            c2 = left + ratio * (right - left)
            value, log = function(wave, c2, omega, h, vp, vs, rho)
            f2 = sign * value * math.exp(min(log - log_reference, 600.0))
    return 0.5 * (left + right), False


@compiled
def trial_velocities(wave, omega, h, vp, vs, rho, wanted, density):
    """March up in steps of 1/density of the measure, past `wanted` sign changes or to vs of the half-space."""
    top = vs[-1] * (1.0 - 1e-13)
    c = lowest(wave, h, vp, vs)
    cs, fs, logs = [c], [0.0], [0.0]
    fs[0], logs[0] = function(wave, c, omega, h, vp, vs, rho)
    if c >= top:
        return np.array(cs), np.array(fs), np.array(logs)
    share = 1.0 / density
    step = 0.01 * c
    passed = 0
    m = measure(wave, c, omega, h, vp, vs)
    while c < top:
        step = min(2.0 * step, 0.05 * c)
        after = min(c + step, top)
        m_after = measure(wave, after, omega, h, vp, vs)
        while m_after - m > share and step > 1e-13 * c:
            step *= 0.6
            after = min(c + step, top)
            m_after = measure(wave, after, omega, h, vp, vs)
        c, m = after, m_after
        value, log = function(wave, c, omega, h, vp, vs, rho)
        cs.append(c)
        fs.append(value)
        logs.append(log)
        if value * fs[-2] < 0.0:
            passed += 1
        if passed >= wanted:
            break
    return np.array(cs), np.array(fs), np.array(logs)


@compiled
def insert_dips(wave, cs, fs, logs, omega, h, vp, vs, rho):
    """Add the bottoms of all extrema toward zero that cross it: their two roots become sign changes."""
    out_c, out_f = [cs[0]], [fs[0]]
    for i in range(1, cs.size):
        if i + 1 < cs.size and fs[i - 1] * fs[i] > 0.0 and fs[i] * fs[i + 1] > 0.0:
            here = abs(fs[i])
            before = abs(fs[i - 1]) * math.exp(min(logs[i - 1] - logs[i], 600.0))
            after = abs(fs[i + 1]) * math.exp(min(logs[i + 1] - logs[i], 600.0))
            if here <= before and here <= after:
                sign = 1.0 if fs[i] > 0.0 else -1.0
                bottom, crossed = dip(wave, cs[i - 1], cs[i + 1], sign, logs[i], omega, h, vp, vs, rho)
                if crossed and bottom < cs[i]:
                    out_c.append(bottom)
                    out_f.append(-sign)
                    out_c.append(cs[i])
                    out_f.append(fs[i])
                    continue
                if crossed:
                    out_c.append(cs[i])
                    out_f.append(fs[i])
                    out_c.append(bottom)
                    out_f.append(-sign)
                    continue
        out_c.append(cs[i])
        out_f.append(fs[i])
    return np.array(out_c), np.array(out_f)


@compiled
def count_roots(fs, i, j):
    """Sign changes from sample i to sample j."""
    total = 0
    for m in range(i, j):
        if fs[m] * fs[m + 1] <= 0.0:
            total += 1
    return total


@compiled
def settle_cell(wave, left, right, f_left, f_right, n_left, n_right, omega, h, vp, vs, rho, roots, turns):
    """Split a cell until the count and the sign changes agree; append its roots and their direction."""
    stack = [(left, right, f_left, f_right, n_left, n_right)]
    while len(stack) > 0:
        a, b, fa, fb, na, nb = stack.pop()
        change = fa * fb <= 0.0
        if change and abs(nb - na) == 1:
            roots.append(root_between(wave, a, b, omega, h, vp, vs, rho))
            turns.append(nb - na)
        elif not change and nb == na:
            continue
        elif b - a < 4e-13 * b:
            # One rounding wide: believe the count about pairs, the sign about single roots.
            number = abs(nb - na)
            if change and number % 2 == 0:
                number += 1
            if not change and number % 2 == 1:
                number -= 1
            for _ in range(number):
                roots.append(0.5 * (a + b))
                turns.append(1 if nb >= na else -1)
        else:
            mid = 0.5 * (a + b)
            fm, _ = function(wave, mid, omega, h, vp, vs, rho)
            nm = count(wave, mid, omega, h, vp, vs, rho)
            stack.append((mid, b, fm, fb, nm, nb))
            stack.append((a, mid, fa, fm, na, nm))


@compiled
def scan(wave, omega, h, vp, vs, rho, wanted, density):
    """The lowest `wanted` roots (all if there are fewer), the direction +1 or -1 of each, and the samples taken."""
    cs, fs, logs = trial_velocities(wave, omega, h, vp, vs, rho, wanted + 1, density)
    cs, fs = insert_dips(wave, cs, fs, logs, omega, h, vp, vs, rho)
    roots, turns = [0.0], [0]
    last = cs.size - 1
    first_count = count(wave, cs[0], omega, h, vp, vs, rho)
    last_count = count(wave, cs[last], omega, h, vp, vs, rho)
    if first_count != 0:
        roots.append(np.nan)
        turns.append(0)
    stack = [(0, last, first_count, last_count)]
    while len(stack) > 0:
        i, j, ni, nj = stack.pop()
        changes = count_roots(fs, i, j)
        if j == i + 1:
            settle_cell(wave, cs[i], cs[j], fs[i], fs[j], ni, nj, omega, h, vp, vs, rho, roots, turns)
        elif nj - ni == changes:
            for m in range(i, j):
                if fs[m] * fs[m + 1] <= 0.0:
                    if len(roots) > wanted:
                        break
                    roots.append(root_between(wave, cs[m], cs[m + 1], omega, h, vp, vs, rho))
                    turns.append(1)
        else:
            mid = (i + j) // 2
            nm = count(wave, cs[mid], omega, h, vp, vs, rho)
            stack.append((mid, j, nm, nj))
            stack.append((i, mid, ni, nm))
        if len(roots) > wanted:
            break
    return np.array(roots[1 : wanted + 1]), np.array(turns[1 : wanted + 1]), cs.size


class Roots(NamedTuple):
    """Roots in ascending order, the sign of the group velocity at each, and whether two densities agreed."""

    velocity: np.ndarray
    direction: np.ndarray
    status: int


def all_roots(wave, omega, h, vp, vs, rho, wanted=10**6, density=8.0, tries=3):
    """Roots by scans of doubled density until two in a row agree to 1e-9; UNSETTLED if none of `tries` do."""
    code = RAYLEIGH if wave == "rayleigh" else LOVE
    arrays = tuple(np.ascontiguousarray(x, dtype=float) for x in (h, vp, vs, rho))
    before, turns, _ = scan(code, omega, *arrays, wanted, density)
    for _ in range(tries):
        density *= 2.0
        now, turns, _ = scan(code, omega, *arrays, wanted, density)
        if now.size == before.size and np.allclose(now, before, rtol=1e-9, atol=0.0):
            return Roots(now, turns, SETTLED)
        before = now
    return Roots(before, turns, UNSETTLED)
