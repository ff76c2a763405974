"""Roots that the count alone cannot see: a Rayleigh mode that runs backwards for a stretch.

At fixed frequency the count rises by one over a root of positive group velocity and falls by one over a root
of negative group velocity, so a forward and a backward root between two trial velocities leave no trace in
it. Backward stretches need waves caught in soft layers on much harder ones: the S velocity must rise steeply, within
a fraction of a wavelength, and S waves must have room for a quarter wave or so. Where that cannot be excluded,
with a margin, the secular function is sampled finely against its own oscillation, and every minimum of its modulus
between equal signs is followed down until it crosses zero or turns.
"""

import math

import numpy as np
from numpy.typing import NDArray

from .bracket import DONE, GOING, X, absorb, begin_isolated, propose
from .lanes import INNER, LANES, MAKING, MERGED, compiled
from .modes import BELOW_CUTOFF, FAILED, OK
from .secular import evaluate, workspace

# What `benchmarks/backward_roots.py` sees at the backward roots of random stacks, less a margin.
#: Vertical phase (radians) of S and P waves together at a backward root: the least thought possible; smallest seen 1.3.
LEAST_PHASE = 1.0
#: Ratio of the half-space's S velocity to the slowest one; smallest seen 5.4.
LEAST_CONTRAST = 4.5
#: The same between the layers within WINDOW radians (or nepers) of S waves below and above an interface; smallest
#: seen 3.9.
LEAST_STEP, WINDOW = 2.5, 1.0
#: Velocities at which the step is looked for.
LOOKS = 6
#: Samples per half wavelength of the vertical phase, and per factor e in c.
PER_HALF_WAVE, PER_FACTOR = 10.0, 8.0
_TABLE = 48
#: Intervals that may be looked at, per first sample and at least: a pair is split within some ten of them.
ROUNDS_PER_SAMPLE, LEAST_ROUNDS = 8, 1000


def contrasted(vs: NDArray[np.float64]) -> bool:
    """Whether the half-space of any model is that much faster than a layer; ``vs`` [model, layer], 0 in water."""
    solid = np.where(vs > 0.0, vs, np.inf)
    return bool((vs[:, -1] >= LEAST_CONTRAST * solid.min(axis=1)).any())


@compiled(**INNER)
def possible(stack, water, omega, c):
    """Whether a backward root below velocity c cannot be excluded."""
    slowest2 = np.inf
    for i in range(len(stack[0])):
        slowest2 = min(slowest2, 1.0 / stack[2][i])
    if 1.0 / stack[2][-1] < LEAST_CONTRAST * LEAST_CONTRAST * slowest2:
        return False
    low = math.sqrt(slowest2)
    for i in range(LOOKS):
        trial = c * (low / c) ** (i / LOOKS)
        p, s = _phases(stack, water, omega, trial)
        if p + s < LEAST_PHASE:
            return False
        if _step(stack[0], stack[2], omega, trial) > LEAST_STEP:
            return True
    return False


@compiled(**INNER)
def _step(h, ib2, omega, c):
    """Largest ratio of an S velocity within ``WINDOW`` below an interface to one within it above."""
    largest = 1.0
    ic2 = 1.0 / (c * c)
    last = len(h) - 1
    for i in range(last):
        above, phase, j = ib2[i], 0.0, i
        while phase < WINDOW and j >= 0:
            above = max(above, ib2[j])
            phase += omega * h[j] * math.sqrt(abs(ib2[j] - ic2))
            j -= 1
        below, phase, j = ib2[i + 1], 0.0, i + 1
        while phase < WINDOW and j < last:
            below = min(below, ib2[j])
            phase += omega * h[j] * math.sqrt(abs(ib2[j] - ic2))
            j += 1
        if phase < WINDOW:
            below = min(below, ib2[last])
        largest = max(largest, above / below)
    return math.sqrt(largest)


@compiled(**INNER)
def _phases(stack, water, omega, c):
    """Vertical phase of P waves (water included) and of S waves in the layers where they propagate."""
    h, ia2, ib2, _, _ = stack
    ic2 = 1.0 / (c * c)
    p, s = 0.0, 0.0
    for i in range(len(h) - 1):
        p += h[i] * math.sqrt(max(ia2[i] - ic2, 0.0))
        s += h[i] * math.sqrt(max(ib2[i] - ic2, 0.0))
    for i in range(len(water[0])):
        p += water[0][i] * math.sqrt(max(water[1][i] - ic2, 0.0))
    return omega * p, omega * s


@compiled(**MAKING)
def _samples(stack, water, omega, low, high):
    """Trial velocities between ``low`` and ``high``, dense where the secular function turns fast."""
    grid, table = np.empty(_TABLE), np.empty(_TABLE)
    for i in range(_TABLE):
        grid[i] = low * (high / low) ** (i / (_TABLE - 1.0))
        p, s = _phases(stack, water, omega, grid[i])
        table[i] = PER_HALF_WAVE * (p + s) / math.pi + PER_FACTOR * math.log(grid[i] / low)
    number = int(table[-1] - table[0]) + 8
    out = np.empty(number)
    j = 0
    for i in range(number):
        at = table[0] + (table[-1] - table[0]) * i / (number - 1.0)
        while j < _TABLE - 2 and table[j + 1] < at:
            j += 1
        out[i] = grid[j] + (grid[j + 1] - grid[j]) * (at - table[j]) / (table[j + 1] - table[j])
    out[0], out[-1] = low, high
    return out


@compiled(**MERGED)
def _resolve(stack, water, omega, p, modes, slowest, highest, fastest, velocity, work):
    """Look for hidden pairs up to ``highest`` at period p, and put every mode in its place.

    Intervals wait in a list; each is sampled in one go. One with several roots by the count is sampled again;
    one between equal signs in whose middle |F| has a minimum is narrowed until the sign changes or the
    minimum stays above zero.

    Returns:
        Whether it came to an end; it does not where the count of roots drowns in round-off.
    """
    # a little higher, because the sign on a root is chance
    top = min(highest * (1.0 + 1e-6), fastest)
    c = _samples(stack, water, omega[p], slowest, top)
    size = len(c)
    most = max(size, LANES + 2)
    at, F, J = np.empty(most), np.empty(most), np.empty(most)
    for i in range(most):
        at[i] = omega[p]
    edges = np.empty((2 * size + 64, 4))
    found, base, expected = 0, 0, 0
    # waiting intervals: low, high, and how often a minimum was narrowed (-1: not one)
    waiting = np.empty((2 * size + 64, 3))
    queue, first = 0, True
    trial = c
    # a count that is nothing but round-off would have intervals split for ever
    left = ROUNDS_PER_SAMPLE * size + LEAST_ROUNDS
    while first or queue > 0:
        turns = -1.0
        left -= 1
        if left < 0:
            return False
        if not first:
            queue -= 1
            low, high, turns = waiting[queue, 0], waiting[queue, 1], waiting[queue, 2]
            for i in range(LANES + 2):
                c[i] = low + (high - low) * i / (LANES + 1.0)
            size = LANES + 2
        evaluate(stack, water, at, c, size, True, F, J, work)
        if first:
            base, expected = int(J[0]), int(J[size - 1] - J[0])
            trial = np.empty(LANES + 2)
        minimum = turns >= 0.0
        crossed = False
        for i in range(size - 1):
            crossed = crossed or F[i] * F[i + 1] < 0.0
        room = min(len(edges) - found, len(waiting) - queue) > LANES + 4
        for i in range(size - 1):
            if not room or (minimum and not crossed):
                break
            if abs(J[i + 1] - J[i]) > 1.0 and c[i + 1] - c[i] > 1e-13 * c[i]:
                waiting[queue, 0], waiting[queue, 1], waiting[queue, 2] = c[i], c[i + 1], -1.0
                queue += 1
            elif F[i] * F[i + 1] < 0.0:
                edges[found, 0], edges[found, 1] = c[i], F[i]
                edges[found, 2], edges[found, 3] = c[i + 1], F[i + 1]
                found += 1
        for i in range(1, size - 1):
            low_point = abs(F[i]) <= abs(F[i - 1]) and abs(F[i]) <= abs(F[i + 1])
            same = F[i - 1] * F[i] > 0.0 and F[i] * F[i + 1] > 0.0
            # roots that the count shows are split above, not here
            same = same and J[i - 1] == J[i] and J[i] == J[i + 1]
            if not low_point or not same or not room or (minimum and crossed):
                continue
            # once narrow, a parabola tells whether the minimum can reach zero
            bend, tilt = 0.5 * (F[i + 1] + F[i - 1]) - F[i], 0.5 * (F[i + 1] - F[i - 1])
            bottom = F[i] - 0.25 * tilt * tilt / bend if bend != 0.0 else F[i]
            stays = turns > 1.0 and bottom / F[i] > 0.2
            if not stays and c[i + 1] - c[i - 1] > 1e-9 * c[i]:
                waiting[queue, 0], waiting[queue, 1], waiting[queue, 2] = c[i - 1], c[i + 1], turns + 1.0
                queue += 1
        c = trial
        first = False
    for m in range(len(modes)):
        index = modes[m] - base
        if index >= found:
            velocity[m, p] = np.nan if top == fastest and found != expected else velocity[m, p]
        if index < 0 or index >= found:
            continue
        # the interval with ``index`` others below it
        best = 0
        for i in range(found):
            below = 0
            for j in range(found):
                below += 1 if edges[j, 0] < edges[i, 0] else 0
            best = i if below == index else best
        if edges[best, 0] <= velocity[m, p] <= edges[best, 2]:
            continue
        state = begin_isolated(modes[m], edges[best, 0], edges[best, 1], edges[best, 2], edges[best, 3])
        for _ in range(200):
            n = propose(state, 0, modes[m], 3, trial)
            if state[0, GOING] == DONE:
                break
            evaluate(stack, water, at, trial, n, False, F, J, work)
            for i in range(n):
                absorb(state, 0, modes[m], np.inf, trial[i], F[i], J[i])
        velocity[m, p] = state[0, X]
    return True


@compiled(**MERGED)
def complete(stack, water, omega, modes, slowest, fastest, velocity, status):
    """Put in its place every mode that the search by count may have missed or mistaken; arguments as of its own."""
    work = workspace()
    for p in range(len(omega)):
        highest = 0.0
        for m in range(len(modes)):
            highest = max(highest, fastest if math.isnan(velocity[m, p]) else velocity[m, p])
        if possible(stack, water, omega[p], highest):
            resolved = _resolve(stack, water, omega, p, modes, slowest, highest, fastest, velocity, work)
            for m in range(len(modes)):
                if not resolved:
                    velocity[m, p], status[m, p] = np.nan, FAILED
                elif status[m, p] != FAILED or not math.isnan(velocity[m, p]):
                    status[m, p] = BELOW_CUTOFF if math.isnan(velocity[m, p]) else OK
