"""Modes by counting: bracket root n between velocities with n and n + 1 modes below them, then polish.

No search step. The count needs no neighbour, but a neighbour saves work: periods are solved coarse to fine,
each from an interpolation of the ones already known, and every such guess must prove itself by the count
before it is polished. While few periods are open, each tries several velocities at once, so that no lane of
the sweep runs empty.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .bracket import COLUMNS, DONE, GOING, X, absorb, begin, isolated, propose
from .lanes import INNER, LANES, MERGED, compiled
from .secular import love_lanes, rayleigh_lanes, wet_lanes, workspace

OK, BELOW_CUTOFF, FAILED = 0, 1, 2
PENDING = 3

#: Periods solved first are at most this far apart.
COARSEST = 16
MOST_ROUNDS = 300
MOST_POINTS = 4


def schedule(omega: NDArray[np.float64], modes: int) -> tuple[NDArray[np.float64], int, NDArray[np.int64]]:
    """What the search for so many modes at these frequencies goes by, the same for every model.

    Returns log ω, how far apart the periods solved first are, and the tasks (mode * number + period) in the order in
    which they start.
    """
    number = len(omega)
    coarsest = COARSEST
    while coarsest > 1 and modes * number < (LANES - 1) * coarsest:
        coarsest //= 2
    periods, stride = [np.arange(0, number - 1, coarsest), np.array([number - 1])], coarsest // 2
    while stride >= 1:
        periods.append(np.arange(stride, number - 1, 2 * stride))
        stride //= 2
    order = np.concatenate(periods)[:, None] + number * np.arange(modes)
    return np.log(omega), coarsest, np.ascontiguousarray(order.ravel(), np.int64)


@compiled(**MERGED)
def solve(search, stack, water, omega, log_omega, coarsest, order, modes, slowest, fastest, velocity, status):
    """Phase velocity of the listed ``modes`` at angular frequencies ``omega`` (sorted).

    Returns the number of evaluations. ``search`` is ``search_love``, ``search_rayleigh`` or ``search_wet``, and goes by
    :func:`schedule`. ``slowest`` should bound every mode from below (it is lowered where the count says so),
    ``fastest`` is the S velocity of the half-space. ``velocity`` and ``status`` [modes, omega] come as NaN and
    ``PENDING`` and are filled; NaN stays where no such mode exists.
    """
    state, task_of, owner = np.empty((LANES, COLUMNS)), np.empty(LANES, np.int64), np.empty(LANES, np.int64)
    for slot in range(LANES):
        task_of[slot] = -1
    points = np.empty(MOST_POINTS)
    return search(
        stack, water, omega, log_omega, coarsest, modes, slowest, fastest,
        velocity, status, order, state, task_of, owner, points, workspace(),
    )  # fmt: skip


@compiled(**INNER)
def _start(task, coarsest, slot, log_omega, slowest, fastest, velocity, status, state, task_of):
    """Begin ``task`` in ``slot`` if the neighbours that its guess needs are known; returns how many began."""
    number = len(log_omega)
    m, p = task // number, task % number
    guess, error = np.nan, 0.0
    if p % coarsest != 0 and p != number - 1:
        stride = 1
        while p % (2 * stride) == 0:
            stride *= 2
        if status[m, p - stride] == PENDING or status[m, min(p + stride, number - 1)] == PENDING:
            return 0
        guess, error = interpolate(velocity, m, log_omega, p, stride)
    begin(state, slot, guess, error, slowest, fastest)
    task_of[slot] = task
    return 1


@compiled(**INNER)
def _record(found, task, velocity, status):
    number = velocity.shape[1]
    m, p = task // number, task % number
    velocity[m, p] = found
    status[m, p] = BELOW_CUTOFF if math.isnan(found) else OK


@compiled(**INNER)
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


def _search_by(lanes: Any) -> Any:
    """The search for modes of the wave whose secular function fills ``lanes``."""

    @compiled(**INNER)
    def search(
        stack, water, omega, log_omega, coarsest, modes, slowest, fastest,
        velocity, status, order, state, task_of, owner, points, work,
    ):  # fmt: skip
        """A root in every lane: one that is found makes room for the next whose neighbours are known."""
        number, tasks = len(omega), len(order)
        trial_omega, trial_c, F, J = work[1][0], work[1][1], work[1][4], work[1][5]
        evaluations, started, rounds = 0, 0, 0
        while rounds < MOST_ROUNDS * tasks:
            rounds += 1
            busy = 0
            for slot in range(LANES):
                if task_of[slot] >= 0 and state[slot, GOING] == DONE:
                    _record(state[slot, X], task_of[slot], velocity, status)
                    task_of[slot] = -1
            for slot in range(LANES):
                if task_of[slot] < 0 and started < tasks:
                    started += _start(
                        order[started], coarsest, slot, log_omega, slowest, fastest,
                        velocity, status, state, task_of,
                    )  # fmt: skip
                busy += 1 if task_of[slot] >= 0 else 0
            tried, counting = 0, False
            for slot in range(LANES):
                while task_of[slot] >= 0:
                    task = task_of[slot]
                    mode = modes[task // number]
                    counting = counting or not isolated(state, slot, mode)
                    share = min((LANES - tried) // busy, MOST_POINTS)
                    n = propose(state, slot, mode, share, points)
                    if state[slot, GOING] != DONE:
                        for j in range(n):
                            owner[tried], trial_omega[tried], trial_c[tried] = (
                                slot,
                                omega[task % number],
                                points[j],
                            )
                            tried += 1
                        busy -= 1
                        break
                    _record(state[slot, X], task, velocity, status)
                    task_of[slot] = -1
                    if started < tasks:
                        started += _start(
                            order[started], coarsest, slot, log_omega, slowest, fastest,
                            velocity, status, state, task_of,
                        )  # fmt: skip
                    busy -= 1 if task_of[slot] < 0 else 0
            if tried == 0:
                if started == tasks:
                    break
                continue
            lanes(stack, water, tried, counting, work)
            evaluations += tried
            for t in range(tried):
                slot = owner[t]
                absorb(state, slot, modes[task_of[slot] // number], fastest, trial_c[t], F[t], J[t])
        for task in range(tasks):
            if status[task // number, task % number] == PENDING:
                status[task // number, task % number] = FAILED
        return evaluations

    return search


search_love, search_rayleigh, search_wet = map(_search_by, (love_lanes, rayleigh_lanes, wet_lanes))
