"""The secular function of either wave at any list of (angular frequency, phase velocity), lanes filled and deep layers skipped."""

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
    """Arrays that :func:`evaluate` reuses from call to call."""
    return np.zeros(rayleigh.ROWS * LANES), np.empty((6, LANES))


@njit(**INNER)
def evaluate(wave, stack, water, omega, c, number, F, J, work):
    """Fill F and J (see :func:`rayleigh.secular`) for the first ``number`` pairs (omega, c)."""
    h, ia2, ib2, mu, rho = stack
    water_h, water_ia2, water_rho = water
    w, lane = work
    for first in range(0, number, LANES):
        wavenumber, c2 = np.inf, 0.0
        for i in range(LANES):
            at = min(first + i, number - 1)
            lane[0, i], lane[1, i] = omega[at], c[at]
            lane[2, i], lane[3, i] = 1.0, 0.0
            wavenumber, c2 = min(wavenumber, omega[at] / c[at]), max(c2, c[at] * c[at])
        start = deepest(h, ib2, wavenumber, c2)
        f, j = lane[4], lane[5]
        if wave == LOVE:
            love.secular(start, h, ib2, mu, lane[0], lane[1], w, f, j)
        else:
            rayleigh_lanes(start, stack, water, lane, w)
        for i in range(min(LANES, number - first)):
            F[first + i], J[first + i] = f[i], j[i]


@njit(**MERGED)
def rayleigh_lanes(start, stack, water, lane, w):
    """One group of lanes, with the water on top."""
    h, ia2, ib2, mu, rho = stack
    water_h, water_ia2, water_rho = water
    under_rigid = np.zeros(LANES)
    for i in range(LANES):
        if len(water_h) > 0:
            lane[2, i], lane[3, i], under_rigid[i] = fluid.cap(water_h, water_ia2, water_rho, lane[0, i], lane[1, i])
    rayleigh.secular(start, h, ia2, ib2, mu, rho, lane[0], lane[1], lane[2], lane[3], w, lane[4], lane[5])
    for i in range(LANES):
        lane[5, i] += under_rigid[i]
