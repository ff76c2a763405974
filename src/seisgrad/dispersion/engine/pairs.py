"""Roots that the count alone cannot see: a Rayleigh mode that runs backwards for a stretch.

At fixed frequency the count rises by one over a root of positive group velocity and falls by one over a root of negative group velocity, so a
forward and a backward root between two trial velocities leave no trace in it. Backward stretches need a thickness resonance of P waves in soft
layers: none was ever found where c stays below the slowest P velocity of the solid, or without a quarter turn of vertical P phase in the
layers with Vp < c (smallest phase seen: 0.27 π). Only where both are exceeded, with a wide margin, the secular function is sampled finely against its own
oscillation, and every minimum of its modulus between equal signs is followed down until it crosses zero or turns.
"""

import math

import numpy as np
from numba import njit

from .bracket import DONE, GOING, X, absorb, begin_isolated, propose
from .lanes import INNER, LANES
from .secular import RAYLEIGH, evaluate

#: Vertical P phase (radians) in layers with Vp < c above which a backward stretch is thought possible.
LEAST_PHASE = 0.1 * math.pi
#: Ratio of the half-space's S velocity to the slowest one above which it is thought possible (smallest seen: 9).
LEAST_CONTRAST = 2.5
#: Samples per half wavelength of the vertical phase, and per factor e in c.
PER_HALF_WAVE, PER_FACTOR = 10.0, 8.0
_TABLE = 48


@njit(**INNER)
def possible(wave, stack, water, omega, c):
    """Whether a backward root below velocity c cannot be excluded."""
    if wave != RAYLEIGH:
        return False
    _, ia2, ib2, _, _ = stack
    slowest_p2, slowest_s2 = 1.0 / ia2.max(), 1.0 / ib2.max()
    if c * c < slowest_p2 or 1.0 / ib2[-1] < LEAST_CONTRAST * LEAST_CONTRAST * slowest_s2:
        return False
    return _phases(stack, water, omega, c)[0] > LEAST_PHASE


@njit(**INNER)
def _phases(stack, water, omega, c):
    """Vertical phase of P waves (water included) and of S waves in the layers where they propagate."""
    h, ia2, ib2, _, _ = stack
    ic2 = 1.0 / (c * c)
    p, s = 0.0, 0.0
    for i in range(len(h) - 1):
        p += h[i] * math.sqrt(max(ia2[i] - ic2, 0.0))
        s += h[i] * math.sqrt(max(ib2[i] - ic2, 0.0))
    water_h, water_ia2, _ = water
    for i in range(len(water_h)):
        p += water_h[i] * math.sqrt(max(water_ia2[i] - ic2, 0.0))
    return omega * p, omega * s


@njit(**INNER)
def _samples(stack, water, omega, low, high):
    """Trial velocities between ``low`` and ``high``, dense where the secular function turns fast."""
    table = np.empty(_TABLE)
    grid = low * (high / low) ** (np.arange(_TABLE) / (_TABLE - 1.0))
    for i in range(_TABLE):
        p, s = _phases(stack, water, omega, grid[i])
        table[i] = PER_HALF_WAVE * (p + s) / math.pi + PER_FACTOR * math.log(grid[i] / low)
    number = int(table[-1] - table[0]) + 8
    out = np.interp(table[0] + (table[-1] - table[0]) * np.arange(number) / (number - 1.0), table, grid)
    out[-1] = high
    return out


@njit(**INNER)
def resolve(stack, water, omega, p, modes, slowest, highest, velocity, work):
    """Look for hidden pairs below ``highest`` at period p; where there are some, put every mode in its place."""
    w = omega[p]
    c = _samples(stack, water, w, slowest, highest)
    F, J = _try(stack, water, w, c, work)
    edges = np.empty((4 * len(c) + 8, 4))
    number, hidden = 0, False
    for i in range(len(c) - 1):
        number = _split(stack, water, w, c[i], F[i], J[i], c[i + 1], F[i + 1], J[i + 1], edges, number, work)
        if i + 2 >= len(c) or not _dips(F, i + 1):
            continue
        # equal signs on both sides and a minimum between: follow it down
        middle, value = _descend(stack, water, w, c[i], c[i + 1], c[i + 2], F[i + 1], work)
        if value != 0.0:
            hidden = True
            side = i if middle < c[i + 1] else i + 1
            left, right = (c[side], F[side]), (c[side + 1], F[side + 1])
            edges[number] = (left[0], left[1], middle, value)
            edges[number + 1] = (middle, value, right[0], right[1])
            number += 2
    base = int(J[0])
    if not hidden and base + number == int(J[-1]):
        return
    edges = edges[:number]
    order = np.argsort(edges[:, 0])
    for m in range(len(modes)):
        index = modes[m] - base
        if index < 0:
            continue
        if index >= number:
            if highest == 1.0 / math.sqrt(stack[2][-1]):
                velocity[m, p] = np.nan
            continue
        edge = edges[order[index]]
        velocity[m, p] = _polish(stack, water, w, modes[m], edge, work)


@njit(**INNER)
def _dips(F, i):
    """Whether |F| has a minimum at sample i between neighbours of its own sign."""
    same = F[i - 1] * F[i] > 0.0 and F[i] * F[i + 1] > 0.0
    return same and abs(F[i]) <= abs(F[i - 1]) and abs(F[i]) <= abs(F[i + 1])


@njit(**INNER)
def _try(stack, water, omega, c, work):
    n = len(c)
    F, J = np.empty(n), np.empty(n)
    evaluate(RAYLEIGH, stack, water, np.full(n, omega), c, n, F, J, work)
    return F, J


@njit(**INNER)
def _split(stack, water, omega, a, fa, ja, b, fb, jb, edges, number, work):
    """Intervals of one sign change each between a and b; the count says how many there must be at least."""
    if abs(jb - ja) <= 1.0:
        if fa * fb < 0.0:
            edges[number] = (a, fa, b, fb)
            number += 1
        return number
    # several roots between two samples: sample again, finer
    c = a + (b - a) * np.arange(LANES + 2) / (LANES + 1.0)
    F, J = _try(stack, water, omega, c, work)
    for i in range(LANES + 1):
        close = c[i + 1] - c[i] < 1e-13 * b
        if F[i] * F[i + 1] < 0.0 and (abs(J[i + 1] - J[i]) <= 1.0 or close):
            edges[number] = (c[i], F[i], c[i + 1], F[i + 1])
            number += 1
        elif abs(J[i + 1] - J[i]) > 1.0 and not close and number < len(edges) - 3:
            inner = c[i] + (c[i + 1] - c[i]) * np.arange(65) / 64.0
            G, _ = _try(stack, water, omega, inner, work)
            for j in range(64):
                if G[j] * G[j + 1] < 0.0 and number < len(edges) - 3:
                    edges[number] = (inner[j], G[j], inner[j + 1], G[j + 1])
                    number += 1
    return number


@njit(**INNER)
def _descend(stack, water, omega, a, b, c, value, work):
    """Follow |F| down between a and c; (velocity, F) where the sign changes, or value 0 where it does not."""
    sign = 1.0 if value > 0.0 else -1.0
    least = abs(value)
    for turn in range(60):
        x = a + (c - a) * np.arange(LANES + 2) / (LANES + 1.0)
        F, _ = _try(stack, water, omega, x, work)
        best = 1
        for i in range(1, LANES + 1):
            if F[i] * sign < F[best] * sign:
                best = i
        if F[best] * sign < 0.0:
            return x[best], F[best]
        lowest = F[best] * sign
        a, c = x[best - 1], x[best + 1]
        # a parabola through the last three points cannot reach zero any more
        if (c - a) < 1e-9 * x[best] or (lowest > 0.999 * least and lowest > 0.0 and turn > 2):
            return x[best], 0.0
        least = lowest
    return b, 0.0


@njit(**INNER)
def _polish(stack, water, omega, mode, edge, work):
    state = begin_isolated(mode, edge[0], edge[1], edge[2], edge[3])
    points, F, J = np.empty(4), np.empty(4), np.empty(4)
    at = np.full(4, omega)
    for _ in range(200):
        n = propose(state, mode, 3, points)
        if state[GOING] == DONE:
            break
        evaluate(RAYLEIGH, stack, water, at, points, n, F, J, work)
        for i in range(n):
            absorb(state, mode, np.inf, points[i], F[i], J[i])
    return state[X]
