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
    h, ia2, ib2, mu, rho = stack
    w, lanes, under_rigid = work
    lane_omega, lane_c, r2, r4, f, j = lanes
    wet = wave == RAYLEIGH and len(water[0]) > 0
    for first in range(0, number, LANES):
        wavenumber, c2 = np.inf, 0.0
        for i in range(LANES):
            at = min(first + i, number - 1)
            lane_omega[i], lane_c[i], r2[i], r4[i] = omega[at], c[at], 1.0, 0.0
            wavenumber, c2 = min(wavenumber, omega[at] / c[at]), max(c2, c[at] * c[at])
        if wet:
            for i in range(LANES):
                r2[i], r4[i], under_rigid[i] = fluid.cap(
                    water[0], water[1], water[2], lane_omega[i], lane_c[i]
                )
        start = deepest(h, ib2, wavenumber, c2)
        if wave == LOVE:
            love.secular(start, h, ib2, mu, lane_omega, lane_c, counting, w, f, j)
        else:
            rayleigh.secular(start, h, ia2, ib2, mu, rho, lane_omega, lane_c, r2, r4, counting, w, f, j)
        for i in range(min(LANES, number - first)):
            F[first + i], J[first + i] = f[i], j[i] + under_rigid[i]
