"""Derivatives of every value at a root: one sweep up, one down, and the implicit function theorem.

Real arithmetic gives the derivatives of phase velocity. Carried out along ω(1 + iε) with c following its own
branch, the same sweeps give their derivative in ω to machine precision (a complex step has no subtraction),
which is what group velocity kernels need.
"""

import numpy as np
from numba import njit

from seisgrad.implicit import root_derivative

from . import fluid, love, rayleigh
from .lanes import INNER, LANES, MERGED
from .secular import LOVE, deepest

_implicit = njit(**INNER)(root_derivative)

#: Order of the parameters in every array of kernels.
THICKNESS, VP, VS, RHO = range(4)

_2, _3 = 2 * LANES, 3 * LANES

#: Relative size of the imaginary step: small enough that its square vanishes in float64.
STEP = 1e-30


@njit(**MERGED)
def buffers(layers, water, like):
    """Work arrays of one group of lanes, of the same type as ``like``."""
    total = layers + water
    w = np.zeros(max(love.SWEEP_ROWS, rayleigh.SWEEP_ROWS) * LANES, like.dtype)
    kept = np.zeros(layers * rayleigh.KEPT * LANES, like.dtype)
    top = np.zeros(5 * LANES, like.dtype)
    minors = np.zeros((5, LANES), like.dtype)
    grad = np.zeros((layers, 5, LANES), like.dtype)
    raw = np.zeros((2, total, 4, LANES), like.dtype)
    sums = np.zeros((2, 2, LANES), like.dtype)
    return w, kept, top, minors, grad, raw, sums


@njit(**MERGED)
def sweep_group(wave, start, stack, water, omega, c, ratio, work):
    """Raw partial derivatives for ``LANES`` pairs.

    Those of F are row 0 of raw and sums; those of the ellipticity m13/m23, if ``ratio``, row 1.
    """
    h, ia2, ib2, mu, rho = stack
    w, kept, top, minors, grad, raw, sums = work
    raw[:] = 0.0
    sums[:] = 0.0
    if wave == LOVE:
        love.sweep(start, h, ib2, mu, omega, c, w, kept, top, grad)
        _love_chain(start, stack, len(water[0]), omega, c, grad, raw[0], sums[0])
        return
    rayleigh.sweep_up(start, h, ia2, ib2, mu, rho, omega, c, w, kept, minors)
    top[:] = 0.0
    _surface(water, omega, c, minors, top, raw[0], sums[0])
    rayleigh.sweep_down(start, h, ia2, ib2, mu, rho, w, kept, top, grad)
    _rayleigh_chain(start, stack, len(water[0]), omega, c, grad, raw[0], sums[0])
    if ratio:
        top[:] = 0.0
        for lane in range(LANES):
            m13, m23 = minors[3, lane], minors[2, lane]
            top[_3 + lane], top[_2 + lane] = 1.0 / m23, -m13 / (m23 * m23)
        rayleigh.sweep_down(start, h, ia2, ib2, mu, rho, w, kept, top, grad)
        _rayleigh_chain(start, stack, len(water[0]), omega, c, grad, raw[1], sums[1])


@njit(**MERGED)
def _surface(water, omega, c, minors, top, raw, sums):
    """The covector of F = r2 m34 + r4 m23 at the solid's top, and the derivatives of F in the water above."""
    h, ia2, rho = water
    n = len(h)
    if n == 0:
        for lane in range(LANES):
            top[lane] = 1.0
        return
    by = np.zeros((n, 3), minors.dtype)
    for lane in range(LANES):
        w, v = omega[lane], c[lane]
        r2, r4 = fluid.cap_partials(h, ia2, rho, w, v, minors[0, lane], minors[2, lane], by)
        top[lane], top[_2 + lane] = r2, r4
        for i in range(n):
            velocity = 1.0 / np.sqrt(ia2[i])
            raw[i, THICKNESS, lane] = by[i, 0] * w / v
            raw[i, VP, lane] = by[i, 1] * 2.0 * v * v * ia2[i] / velocity
            raw[i, RHO, lane] = by[i, 2]
            sums[0, lane] -= by[i, 1] * 2.0 * v * ia2[i] + by[i, 0] * w * h[i] / (v * v)
            sums[1, lane] += by[i, 0] * h[i] / v


@njit(**MERGED)
def _rayleigh_chain(start, stack, water, omega, c, grad, raw, sums):
    """From (H, a, b, q, ρ) to (thickness, vp, vs, ρ), ∂/∂c and ∂/∂ω."""
    h, ia2, ib2, mu, rho = stack
    for i in range(start + 1):
        A, B, M, R = ia2[i], ib2[i], mu[i], rho[i]
        slow_a, slow_b = np.sqrt(A), np.sqrt(B)
        beta = 1.0 / slow_b
        for lane in range(LANES):
            v = c[lane]
            k, c2, ic2 = omega[lane] / v, v * v, 1.0 / (v * v)
            by_H, by_a, by_b = grad[i, 0, lane], grad[i, 1, lane], grad[i, 2, lane]
            by_q = grad[i, 3, lane] * 2.0 * ic2
            raw[water + i, THICKNESS, lane] = by_H * k
            raw[water + i, VP, lane] = by_a * 2.0 * c2 * A * slow_a
            raw[water + i, VS, lane] = by_b * 2.0 * c2 * B * slow_b + by_q * 2.0 * R * beta
            raw[water + i, RHO, lane] = grad[i, 4, lane] + by_q * beta * beta
            sums[0, lane] -= 2.0 * v * (by_a * A + by_b * B) + (by_q * 2.0 * M + by_H * k * h[i]) / v
            sums[1, lane] += by_H * h[i] / v


@njit(**MERGED)
def _love_chain(start, stack, water, omega, c, grad, raw, sums):
    """From (H, b, μ) to (thickness, vs, ρ), ∂/∂c and ∂/∂ω."""
    h, _, ib2, _, rho = stack
    for i in range(start + 1):
        B, R = ib2[i], rho[i]
        slow = np.sqrt(B)
        beta = 1.0 / slow
        for lane in range(LANES):
            v = c[lane]
            k = omega[lane] / v
            by_H, by_b, by_mu = grad[i, 0, lane], grad[i, 1, lane], grad[i, 2, lane]
            raw[water + i, THICKNESS, lane] = by_H * k
            raw[water + i, VS, lane] = by_b * 2.0 * v * v * B * slow + by_mu * 2.0 * R * beta
            raw[water + i, RHO, lane] = by_mu * beta * beta
            sums[0, lane] -= 2.0 * v * by_b * B + by_H * k * h[i] / v
            sums[1, lane] += by_H * h[i] / v


@njit(**MERGED)
def _group_of(first, number, omega, c, group_omega, group_c, ib2, h):
    """Fill one group of lanes; returns the start layer that serves all of them."""
    wavenumber, c2 = np.inf, 0.0
    for lane in range(LANES):
        at = min(first + lane, number - 1)
        group_omega[lane], group_c[lane] = omega[at], c[at]
        wavenumber, c2 = min(wavenumber, omega[at] / c[at]), max(c2, c[at] * c[at])
    return deepest(h, ib2, wavenumber, c2)


@njit(**MERGED)
def phase(wave, stack, water, omega, c, number, rows, slope, kernel, ellipticity, by_ellipticity):
    """Derivatives of phase velocity, and of ellipticity where it is asked for, at ``number`` roots.

    Fills ``slope`` (dc/dω) and, where ``rows``, ``kernel`` [4, root, layer]. A non-empty ``ellipticity``
    [root] receives m13/m23, and ``by_ellipticity`` [4, root, layer] its total derivative.
    """
    h = stack[0]
    layers, fluids = len(h), len(water[0])
    ratio = len(ellipticity) > 0
    work = buffers(layers, fluids, omega)
    raw, sums, minors = work[5], work[6], work[3]
    group_omega, group_c = np.empty(LANES), np.empty(LANES)
    for first in range(0, number, LANES):
        start = _group_of(first, number, omega, c, group_omega, group_c, stack[2], h)
        sweep_group(wave, start, stack, water, group_omega, group_c, ratio, work)
        for lane in range(min(LANES, number - first)):
            at = first + lane
            slope[at] = _implicit(sums[0, 1, lane], sums[0, 0, lane])
            if ratio:
                ellipticity[at] = minors[3, lane] / minors[2, lane]
            if not rows:
                continue
            for parameter in range(4):
                for i in range(fluids + layers):
                    kernel[parameter, at, i] = _implicit(raw[0, i, parameter, lane], sums[0, 0, lane])
                    if ratio:
                        along = raw[1, i, parameter, lane] + sums[1, 0, lane] * kernel[parameter, at, i]
                        by_ellipticity[parameter, at, i] = along


@njit(**MERGED)
def group(wave, stack, water, omega, c, slope, number, kernel):
    """Derivatives ``kernel`` [4, root, layer] of group velocity U = dω/dk, from phase roots with their dc/dω."""
    h = stack[0]
    layers, fluids = len(h), len(water[0])
    group_omega, group_c = np.empty(LANES), np.empty(LANES)
    along_omega, along_c = np.empty(LANES, np.complex128), np.empty(LANES, np.complex128)
    work = buffers(layers, fluids, along_omega)
    raw, sums = work[5], work[6]
    for first in range(0, number, LANES):
        start = _group_of(first, number, omega, c, group_omega, group_c, stack[2], h)
        for lane in range(LANES):
            at = min(first + lane, number - 1)
            step = STEP * omega[at]
            along_omega[lane] = omega[at] + 1j * step
            along_c[lane] = c[at] + 1j * step * slope[at]
        sweep_group(wave, start, stack, water, along_omega, along_c, False, work)
        for lane in range(min(LANES, number - first)):
            at = first + lane
            # U = 1/(dk/dω): dU/dp = -U² d/dω (dk/dp) with dk/dp = -(ω/c²) dc/dp
            scale = along_omega[lane] / (along_c[lane] * along_c[lane])
            speed = c[at] / (1.0 - omega[at] / c[at] * slope[at])
            factor = speed * speed / (STEP * omega[at])
            for parameter in range(4):
                for i in range(fluids + layers):
                    by = _implicit(raw[0, i, parameter, lane], sums[0, 0, lane])
                    kernel[parameter, at, i] = factor * (scale * by).imag
