"""The secular function of either wave at any list of (angular frequency, phase velocity).

Lanes are filled group by group, and deep layers skipped.
"""

import math

import numpy as np
from numba import njit

from . import fluid, love, rayleigh
from .lanes import INNER, LANES, MERGED

LOVE, RAYLEIGH = 0, 1

#: Layers below the deepest turning point are dropped once the S wave has decayed by exp(-DECAY): both ways 1e-16.
DECAY = 18.5


@njit(**MERGED)
def deepest(h, ib2, wavenumber, c2):
    """Index of the layer that can stand for everything below it at trial velocity √c2 (at most the half-space)."""
    last = len(h) - 1
    turning = last
    while turning >= 0 and c2 * ib2[turning] < 1.0:
        turning -= 1
    decay = 0.0
    for i in range(turning + 1, last):
        decay += wavenumber * h[i] * math.sqrt(1.0 - c2 * ib2[i])
        if decay > DECAY:
            return i + 1
    return last


@njit(**MERGED)
def workspace():
    """Arrays that :func:`evaluate` reuses from call to call: rows, then ω, c, r2, r4, F, J and a count per lane."""
    lanes = (
        np.empty(LANES),
        np.empty(LANES),
        np.empty(LANES),
        np.empty(LANES),
        np.empty(LANES),
        np.empty(LANES),
    )
    return np.zeros(rayleigh.ROWS * LANES), lanes, np.zeros(LANES)


@njit(**INNER)
def evaluate(wave, stack, water, omega, c, number, counting, F, J, work):
    """Fill F and J (see :func:`rayleigh.secular`) for the first ``number`` pairs (omega, c).

    J is the count of modes only where ``counting``; without it thick layers cost less.
    """
    lane_omega, lane_c, f, j = work[1][0], work[1][1], work[1][4], work[1][5]
    for first in range(0, number, LANES):
        some = min(LANES, number - first)
        for i in range(some):
            lane_omega[i], lane_c[i] = omega[first + i], c[first + i]
        lanes_of(wave, stack, water, some, counting, work)
        for i in range(some):
            F[first + i], J[first + i] = f[i], j[i]


@njit(**INNER)
def lanes_of(wave, stack, water, number, counting, work):
    """The same for the first ``number`` lanes of the workspace, in place."""
    h, ia2, ib2, mu, rho = stack
    w, lanes, under_rigid = work
    omega, c, r2, r4, F, J = lanes
    for i in range(number, LANES):
        omega[i], c[i] = omega[number - 1], c[number - 1]
    wavenumber, c2 = np.inf, 0.0
    for i in range(LANES):
        wavenumber, c2 = min(wavenumber, omega[i] / c[i]), max(c2, c[i] * c[i])
    start = deepest(h, ib2, wavenumber, c2)
    if wave == LOVE:
        love.secular(start, h, ib2, mu, omega, c, counting, w, F, J)
        return
    wet = len(water[0]) > 0
    for i in range(LANES):
        r2[i], r4[i] = 1.0, 0.0
        if wet:
            r2[i], r4[i], under_rigid[i] = fluid.cap(water[0], water[1], water[2], omega[i], c[i])
    rayleigh.secular(start, h, ia2, ib2, mu, rho, omega, c, r2, r4, counting, w, F, J)
    if wet:
        for i in range(LANES):
            J[i] += under_rigid[i]
