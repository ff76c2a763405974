"""Modes by counting: bracket root n between velocities with n and n + 1 modes below them, then polish.

No search step. The count needs no neighbour, but a neighbour saves work: periods are solved coarse to fine,
each from an interpolation of the ones already known, and every such guess must prove itself by the count
before it is polished. While few periods are open, each tries several velocities at once, so that no lane of
the sweep runs empty.
"""

import math

import numpy as np
from numba import njit

from .bracket import COLUMNS, DONE, GOING, X, absorb, begin, isolated, propose
from .lanes import INNER, LANES, MERGED
from .pairs import possible, resolve
from .secular import evaluate, workspace

OK, BELOW_CUTOFF, FAILED = 0, 1, 2

#: Periods solved first are this far apart.
COARSEST = 16
MOST_ROUNDS = 300
MOST_POINTS = 4


@njit(**MERGED)
def solve(wave, stack, water, omega, modes, slowest, fastest, velocity, status):
    """Phase velocity of the listed ``modes`` at angular frequencies ``omega`` (sorted).

    Returns the number of evaluations. ``slowest`` should bound every mode from below (it is lowered where the
    count says so), ``fastest`` is the S velocity of the half-space. ``velocity`` and ``status`` [modes, omega]
    are filled; NaN where no such mode exists.
    """
    number = len(omega)
    tasks = len(modes) * number
    state = np.empty((tasks, COLUMNS))
    active = np.empty(tasks, np.int64)
    size = max(tasks, LANES) + LANES
    trial_omega, trial_c, owner = np.empty(size), np.empty(size), np.empty(size, np.int64)
    F, J = np.empty(size), np.empty(size)
    points = np.empty(MOST_POINTS)
    work = workspace()
    log_omega = np.empty(number)
    for p in range(number):
        log_omega[p] = math.log(omega[p])
    for m in range(len(modes)):
        for p in range(number):
            velocity[m, p], status[m, p] = np.nan, FAILED
    evaluations = 0
    stride = COARSEST
    while stride >= 1:
        count = 0
        for p in range(number):
            if not _on_level(p, number, stride):
                continue
            for m in range(len(modes)):
                task = m * number + p
                active[count] = task
                count += 1
                guess, error = np.nan, 0.0
                if stride < COARSEST:
                    guess, error = interpolate(velocity, m, log_omega, p, stride)
                begin(state, task, guess, error, slowest, fastest)
        rounds = 0
        while count > 0 and rounds < MOST_ROUNDS:
            rounds += 1
            each = min(max(LANES // count, 1), MOST_POINTS)
            trials = 0
            counting = False
            for i in range(count):
                counting = counting or not isolated(state, active[i], modes[active[i] // number])
                n = propose(state, active[i], modes[active[i] // number], each, points)
                for j in range(n):
                    owner[trials], trial_omega[trials] = i, omega[active[i] % number]
                    trial_c[trials] = points[j]
                    trials += 1
            evaluate(wave, stack, water, trial_omega, trial_c, trials, counting, F, J, work)
            evaluations += trials
            for t in range(trials):
                task = active[owner[t]]
                absorb(state, task, modes[task // number], fastest, trial_c[t], F[t], J[t])
            left = 0
            for i in range(count):
                task = active[i]
                if state[task, GOING] == DONE:
                    found = state[task, X]
                    velocity[task // number, task % number] = found
                    status[task // number, task % number] = BELOW_CUTOFF if math.isnan(found) else OK
                else:
                    active[left] = task
                    left += 1
            count = left
        stride //= 2
    for p in range(number):
        highest = 0.0
        for m in range(len(modes)):
            highest = max(highest, fastest if math.isnan(velocity[m, p]) else velocity[m, p])
        if possible(wave, stack, water, omega[p], highest):
            resolve(stack, water, omega, p, modes, slowest, highest, fastest, velocity, work)
            for m in range(len(modes)):
                if status[m, p] != FAILED or not math.isnan(velocity[m, p]):
                    status[m, p] = BELOW_CUTOFF if math.isnan(velocity[m, p]) else OK
    return evaluations


@njit(**MERGED)
def _on_level(p, number, stride):
    if stride == COARSEST:
        return p % COARSEST == 0 or p == number - 1
    return p % (2 * stride) == stride and p != number - 1


@njit(**INNER)
def interpolate(known, m, x, p, stride):
    """Cubic in x through up to four solved neighbours of p, and how far it may be off."""
    last = len(x) - 1
    left, right = p - stride, min(p + stride, last)
    if math.isnan(known[m, left]) or math.isnan(known[m, right]):
        return np.nan, 0.0
    at = x[p]
    straight = known[m, left] + (known[m, right] - known[m, left]) * (at - x[left]) / (x[right] - x[left])
    before, after = p - 3 * stride, min(p + 3 * stride, last)
    has_before = before >= 0 and not math.isnan(known[m, before])
    has_after = after > right and not math.isnan(known[m, after])
    if not has_before and not has_after:
        return straight, 0.02 * straight
    # Newton's divided differences: each further neighbour adds one term
    node = (at - x[left]) * (at - x[right])
    slope = (known[m, right] - known[m, left]) / (x[right] - x[left])
    value, correction = straight, 0.0
    bend = 0.0
    third = before if has_before else after
    bend = ((known[m, third] - known[m, left]) / (x[third] - x[left]) - slope) / (x[third] - x[right])
    correction = bend * node
    value += correction
    if has_before and has_after:
        other = ((known[m, after] - known[m, left]) / (x[after] - x[left]) - slope) / (x[after] - x[right])
        correction = (other - bend) / (x[after] - x[before]) * node * (at - x[before])
        value += correction
        return value, 0.5 * abs(correction) + 1e-8 * value
    return value, 0.5 * abs(correction) + 1e-8 * value
