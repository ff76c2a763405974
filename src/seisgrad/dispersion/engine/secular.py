"""The secular function of either wave at any list of (angular frequency, phase velocity).

Lanes are filled group by group, and deep layers skipped.
"""

import math

import numpy as np

from . import fluid, love, rayleigh
from .lanes import INNER, LANES, MERGED, compiled

LOVE, RAYLEIGH = 0, 1
#: Rayleigh waves under water, where modes are searched: on land what water needs is not compiled.
WET = 2

#: Layers below the deepest turning point are dropped once the S wave has decayed by exp(-DECAY): both ways 1e-16.
DECAY = 18.5


@compiled(**MERGED)
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


@compiled(**MERGED)
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
    return np.empty(rayleigh.ROWS * LANES), lanes, np.empty(LANES)


@compiled(**MERGED)
def _fill(h, ib2, number, omega, c):
    """Repeat the last of ``number`` pairs in the lanes behind them; returns the start layer that serves all."""
    for i in range(number, LANES):
        omega[i], c[i] = omega[number - 1], c[number - 1]
    wavenumber, c2 = np.inf, 0.0
    for i in range(LANES):
        wavenumber, c2 = min(wavenumber, omega[i] / c[i]), max(c2, c[i] * c[i])
    return deepest(h, ib2, wavenumber, c2)


@compiled(**INNER)
def love_lanes(stack, water, number, counting, work):
    """F and J of Love waves for the first ``number`` lanes of the workspace, in place; water does not hold them."""
    h, _, ib2, mu, _ = stack
    w, (omega, c, _, _, F, J), _ = work
    start = _fill(h, ib2, number, omega, c)
    love.secular(start, h, ib2, mu, omega, c, counting, w, F, J)


@compiled(**INNER)
def rayleigh_lanes(stack, water, number, counting, work):
    """The same of Rayleigh waves on land."""
    h, ia2, ib2, mu, rho = stack
    w, (omega, c, r2, r4, F, J), _ = work
    start = _fill(h, ib2, number, omega, c)
    for i in range(LANES):
        r2[i], r4[i] = 1.0, 0.0
    rayleigh.secular(start, h, ia2, ib2, mu, rho, omega, c, r2, r4, counting, w, F, J)


@compiled(**INNER)
def wet_lanes(stack, water, number, counting, work):
    """The same of Rayleigh waves, under water where there is some."""
    h, ia2, ib2, mu, rho = stack
    w, (omega, c, r2, r4, F, J), under_rigid = work
    start = _fill(h, ib2, number, omega, c)
    wet = len(water[0]) > 0
    for i in range(LANES):
        r2[i], r4[i] = 1.0, 0.0
        if wet:
            r2[i], r4[i], under_rigid[i] = fluid.cap(water[0], water[1], water[2], omega[i], c[i])
    rayleigh.secular(start, h, ia2, ib2, mu, rho, omega, c, r2, r4, counting, w, F, J)
    if wet:
        for i in range(LANES):
            J[i] += under_rigid[i]


@compiled(**INNER)
def evaluate(stack, water, omega, c, number, counting, F, J, work):
    """Fill F and J (see :func:`rayleigh.secular`) of Rayleigh waves for the first ``number`` pairs (omega, c).

    J is the count of modes only where ``counting``; without it thick layers cost less.
    """
    lane_omega, lane_c, f, j = work[1][0], work[1][1], work[1][4], work[1][5]
    for first in range(0, number, LANES):
        some = min(LANES, number - first)
        for i in range(some):
            lane_omega[i], lane_c[i] = omega[first + i], c[first + i]
        wet_lanes(stack, water, some, counting, work)
        for i in range(some):
            F[first + i], J[first + i] = f[i], j[i]
