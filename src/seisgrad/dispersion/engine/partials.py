"""Derivatives of every value at a root: one sweep up, one down, and the implicit function theorem.

Real arithmetic gives the derivatives of phase velocity. Carried out along ω(1 + iε) with c following its own
branch, the same sweeps give their derivative in ω to machine precision (a complex step has no subtraction),
which is what group velocity kernels need.
"""

from typing import Any

import numpy as np

from seisgrad.implicit import root_derivative

from . import fluid, love, rayleigh
from .lanes import BRIEF, INNER, LANES, MERGED, compiled
from .secular import deepest

_implicit = compiled(**INNER)(root_derivative)

#: Order of the parameters in every array of kernels.
THICKNESS, VP, VS, RHO = range(4)
#: The same as offsets in a flat array of rows of lanes, and how far apart two layers are there.
_VP, _VS, _RHO, _NEXT = range(LANES, 5 * LANES, LANES)
_2, _3 = 2 * LANES, 3 * LANES

#: Relative size of the imaginary step: small enough that its square vanishes in float64.
STEP = 1e-30
#: Layers written in one go: as many values as a cache line holds.
BLOCK = 8


@compiled(**MERGED)
def buffers(layers, water, like):
    """Work arrays of one group of lanes, of the same type as ``like``.

    All are flat rows of lanes: those of the sweeps, the derivatives of F and of the ellipticity with respect to
    (thickness, vp, vs, ρ) of every layer, water first, and with respect to (c, ω).
    """
    total = layers + water
    w = np.zeros(max(love.SWEEP_ROWS, rayleigh.SWEEP_ROWS) * LANES, like.dtype)
    kept = np.zeros(layers * rayleigh.KEPT * LANES, like.dtype)
    top = np.zeros(5 * LANES, like.dtype)
    minors = np.zeros((5, LANES), like.dtype)
    raw, raw_ratio = np.zeros(total * _NEXT, like.dtype), np.zeros(total * _NEXT, like.dtype)
    sums, sums_ratio = np.zeros(2 * LANES, like.dtype), np.zeros(2 * LANES, like.dtype)
    tops, by = np.zeros((water, 2), like.dtype), np.zeros((water, 3), like.dtype)
    return w, kept, top, minors, raw, sums, raw_ratio, sums_ratio, tops, by


@compiled(**BRIEF)
def love_sweeps(start, stack, water, omega, c, ratio, work):
    """Raw partial derivatives of F for ``LANES`` pairs; Love waves have no ellipticity, whatever ``ratio`` says."""
    h, _, ib2, mu, rho = stack
    w, kept, _, _, raw, sums, _, _, _, _ = work
    fluids = len(water[0])
    sums[:] = 0.0
    raw[: fluids * _NEXT] = 0.0
    love.sweep(start, h, ib2, mu, rho, omega, c, w, kept, fluids, raw, sums)


@compiled(**BRIEF)
def rayleigh_sweeps(start, stack, water, omega, c, ratio, work):
    """Raw partial derivatives of F for ``LANES`` pairs and, if ``ratio``, of the ellipticity m13/m23."""
    h, ia2, ib2, mu, rho = stack
    w, kept, top, minors, raw, sums, raw_ratio, sums_ratio, tops, by = work
    fluids = len(water[0])
    sums[:] = 0.0
    rayleigh.sweep_up(start, h, ia2, ib2, mu, rho, omega, c, w, kept, minors)
    top[:] = 0.0
    _surface(water, omega, c, minors, top, raw, sums, tops, by)
    rayleigh.sweep_down(start, h, ia2, ib2, mu, rho, omega, c, w, kept, top, fluids, raw, sums)
    if ratio:
        top[:] = 0.0
        raw_ratio[: fluids * _NEXT] = 0.0
        sums_ratio[:] = 0.0
        for lane in range(LANES):
            m13, m23 = minors[3, lane], minors[2, lane]
            top[_3 + lane], top[_2 + lane] = 1.0 / m23, -m13 / (m23 * m23)
        rayleigh.sweep_down(
            start, h, ia2, ib2, mu, rho, omega, c, w, kept, top, fluids, raw_ratio, sums_ratio
        )


@compiled(**INNER)
def _surface(water, omega, c, minors, top, raw, sums, tops, by):
    """The covector of F = r2 m34 + r4 m23 at the solid's top, and the derivatives of F in the water above."""
    h, ia2, rho = water
    n = len(h)
    for lane in range(LANES):
        if n == 0:
            top[lane] = 1.0
            continue
        w, v = omega[lane], c[lane]
        r2, r4 = fluid.cap_partials(h, ia2, rho, w, v, minors[0, lane], minors[2, lane], tops, by)
        top[lane], top[_2 + lane] = r2, r4
        for i in range(n):
            velocity, at = 1.0 / np.sqrt(ia2[i]), i * _NEXT + lane
            raw[at] = by[i, 0] * w / v
            raw[at + _VP] = by[i, 1] * 2.0 * v * v * ia2[i] / velocity
            raw[at + _VS] = 0.0
            raw[at + _RHO] = by[i, 2]
            sums[lane] -= by[i, 1] * 2.0 * v * ia2[i] + by[i, 0] * w * h[i] / (v * v)
            sums[LANES + lane] += by[i, 0] * h[i] / v


@compiled(**INNER)
def _group_of(first, found, omega, velocity, group_omega, group_c, ib2, h):
    """Fill one group of lanes; returns the start layer that serves all of them."""
    wavenumber, c2 = np.inf, 0.0
    periods = len(omega)
    for lane in range(LANES):
        at = found[min(first + lane, len(found) - 1)]
        w, c = omega[at % periods], velocity[at // periods, at % periods]
        group_omega[lane], group_c[lane] = w, c
        wavenumber, c2 = min(wavenumber, w / c), max(c2, c * c)
    return deepest(h, ib2, wavenumber, c2)


@compiled(**INNER)
def _place(values, reached, first, found, pieces, rows):
    """Write ``values`` (layers x parameters x lanes, flat, down to layer ``reached``) to the rows of their roots.

    ``pieces`` is into how many each layer was cut: a derivative with respect to a layer's property is the sum
    over its pieces, with respect to its thickness their mean.
    """
    periods, layers = rows.shape[2], len(pieces)
    lanes = min(LANES, len(found) - first)
    at = 0
    for block in range(0, layers, BLOCK):
        size = min(BLOCK, layers - block)
        cut = 0
        for i in range(size):
            cut += pieces[block + i]
        for parameter in range(4):
            for lane in range(lanes):
                m, p = found[first + lane] // periods, found[first + lane] % periods
                if cut == size:
                    for i in range(size):
                        value = values[(at + i) * _NEXT + parameter * LANES + lane]
                        rows[parameter, m, p, block + i] = value if at + i <= reached else 0.0
                    continue
                piece = at
                for i in range(size):
                    total = 0.0
                    for _ in range(pieces[block + i]):
                        value = values[piece * _NEXT + parameter * LANES + lane]
                        total += value if piece <= reached else 0.0
                        piece += 1
                    rows[parameter, m, p, block + i] = (
                        total / pieces[block + i] if parameter == THICKNESS else total
                    )
        at += cut


def _partials_by(sweeps: Any) -> tuple[Any, Any]:
    """The derivatives of phase velocity and ellipticity, and of group velocity, of the wave with these sweeps."""

    @compiled(**INNER)
    def phase(
        stack, water, omega, velocity, found, pieces, want_rows, want_ratio, slope, ratio, rows, pair, work
    ):
        """Derivatives of phase velocity or, where ``want_ratio``, of ellipticity, at the roots ``found``.

        ``velocity`` and ``slope`` (dc/dω) are [mode, period], ``ratio`` the same where wanted (m13/m23); ``rows`` are
        [4, mode, period, layer]. ``found`` lists the flat places of the roots.
        """
        h = stack[0]
        periods, fluids = len(omega), len(water[0])
        group_omega, group_c = pair
        minors, raw, sums, raw_ratio, sums_ratio = work[3], work[4], work[5], work[6], work[7]
        for first in range(0, len(found), LANES):
            start = _group_of(first, found, omega, velocity, group_omega, group_c, stack[2], h)
            sweeps(start, stack, water, group_omega, group_c, want_ratio, work)
            for lane in range(min(LANES, len(found) - first)):
                m, p = found[first + lane] // periods, found[first + lane] % periods
                slope[m, p] = _implicit(sums[LANES + lane], sums[lane])
                if want_ratio:
                    ratio[m, p] = minors[3, lane] / minors[2, lane]
            if not want_rows:
                continue
            for lane in range(LANES):
                sums[lane] = _implicit(1.0, sums[lane])
            for at in range(0, (start + fluids + 1) * _NEXT, LANES):
                for lane in range(LANES):
                    raw[at + lane] *= sums[lane]
            if want_ratio:
                for at in range(0, (start + fluids + 1) * _NEXT, LANES):
                    for lane in range(LANES):
                        raw[at + lane] = raw_ratio[at + lane] + sums_ratio[lane] * raw[at + lane]
            _place(raw, start + fluids, first, found, pieces, rows)

    @compiled(**INNER)
    def group(stack, water, omega, velocity, slope, found, pieces, rows, pair, along, values, work):
        """Derivatives of group velocity U = dω/dk, from phase roots with their dc/dω; arguments as of :func:`phase`.

        ``along`` and ``work`` are complex, ``values`` is layers x 4 x lanes, flat.
        """
        h = stack[0]
        periods, fluids = len(omega), len(water[0])
        group_omega, group_c = pair
        along_omega, along_c = along
        raw, sums = work[4], work[5]
        for first in range(0, len(found), LANES):
            start = _group_of(first, found, omega, velocity, group_omega, group_c, stack[2], h)
            for lane in range(LANES):
                at = found[min(first + lane, len(found) - 1)]
                step = STEP * group_omega[lane]
                along_omega[lane] = group_omega[lane] + 1j * step
                along_c[lane] = group_c[lane] + 1j * step * slope[at // periods, at % periods]
            sweeps(start, stack, water, along_omega, along_c, False, work)
            for lane in range(LANES):
                # U = 1/(dk/dω): dU/dp = -U² d/dω (dk/dp) with dk/dp = -(ω/c²) dc/dp
                w, c = group_omega[lane], group_c[lane]
                scale = along_omega[lane] / (along_c[lane] * along_c[lane])
                speed = c / (1.0 - w / c * (along_c[lane].imag / (STEP * w)))
                sums[lane] = scale * _implicit(1.0, sums[lane]) * (speed * speed / (STEP * w))
            for at in range(0, (start + fluids + 1) * _NEXT, LANES):
                for lane in range(LANES):
                    values[at + lane] = (sums[lane] * raw[at + lane]).imag
            _place(values, start + fluids, first, found, pieces, rows)

    return phase, group


phase_love, group_love = _partials_by(love_sweeps)
phase_rayleigh, group_rayleigh = _partials_by(rayleigh_sweeps)
