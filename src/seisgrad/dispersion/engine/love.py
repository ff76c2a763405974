"""Love waves: the displacement-stress vector carried from the half-space to the free surface.

With z scaled by k and t = l2/(kμ), a layer obeys l' = t, t' = b l (Haskell 1953; Aki & Richards 2002, ch. 7), and

    F(ω, c) = l2 at the surface

vanishes on a mode. :func:`secular` gives F and the count of modes below c; :func:`sweep` gives every partial
derivative.
"""

import math

import numpy as np
from numba import njit

from .lanes import (
    C_,
    D_,
    FUNCTION_ROWS,
    INNER,
    LANES,
    MERGED,
    S_,
    SERIES_LIMIT,
    SHORT_LIMIT,
    even,
    even_short,
    halvings,
    layer_functions,
    renormalise,
)

# rows of the work array
_L, _T, _C2, _K, _COUNT, _Y, _H, _B, _E, _G, _IN = range(0, 11 * LANES, LANES)
ROWS = 11


@njit(**INNER)
def secular(start, h, ib2, mu, omega, c, counting, w, F, J):
    """F over the length of the vector (l, t), and the count of modes slower than c, for ``LANES`` pairs (omega, c).

    ``start`` is the layer whose properties continue downwards as the half-space. The count is that of Wittrick &
    Williams (1971): modes of each layer clamped at both faces, plus the negative pivots of the stiffness of
    the interfaces.
    """
    lowest, highest, wavenumber = c[0], c[0], 0.0
    for lane in range(LANES):
        lowest, highest = min(lowest, c[lane]), max(highest, c[lane])
        wavenumber = max(wavenumber, omega[lane] / c[lane])
        c2 = c[lane] * c[lane]
        w[_C2 + lane] = c2
        w[_K + lane] = omega[lane] / c[lane]
        w[_L + lane] = 1.0
        w[_T + lane] = -math.sqrt(max(1.0 - c2 * ib2[start], 0.0))
        w[_COUNT + lane] = 0.0
    growth = 0.0
    for i in range(start - 1, -1, -1):
        ratio, thickness, B = mu[i + 1] / mu[i], h[i], ib2[i]
        b_max, b_min = 1.0 - lowest * lowest * B, 1.0 - highest * highest * B
        H_max = wavenumber * thickness
        y_max = H_max * H_max * max(abs(b_max), abs(b_min))
        if y_max <= SHORT_LIMIT:
            _thin_layer(even_short, thickness, B, ratio, w)
        elif y_max <= SERIES_LIMIT:
            _thin_layer(even, thickness, B, ratio, w)
        else:
            _thick_layer(halvings(y_max), thickness, B, ratio, w)
        growth += 0.1 + H_max * math.sqrt(max(b_max, 0.0))
        if growth > 100.0:
            renormalise(w, _L, 2)
            growth = 0.0
    for lane in range(LANES):
        value, slope = w[_L + lane], w[_T + lane]
        F[lane] = -slope / math.sqrt(value * value + slope * slope)
        J[lane] = w[_COUNT + lane] + (1.0 if slope * value > 0.0 else 0.0)


@njit(**MERGED)
def _thin_layer(series, thickness, B, ratio, w):
    """Too thin for a clamped mode of its own: only the pivot counts."""
    for lane in range(LANES):
        H = thickness * w[_K + lane]
        b = 1.0 - w[_C2 + lane] * B
        y = b * H * H
        e, g = series(y)
        C, S = 1.0 + y * e, H * (1.0 + y * g)
        below, t = w[_L + lane], w[_T + lane] * ratio
        above = C * below - S * t
        w[_T + lane] = C * t - b * S * below
        w[_L + lane] = above
        w[_COUNT + lane] += 1.0 if above * below < 0.0 else 0.0


@njit(**MERGED)
def _thick_layer(n, thickness, B, ratio, w):
    quarter, half = 0.25**n, 0.5**n
    for lane in range(LANES):
        H = thickness * w[_K + lane]
        b = 1.0 - w[_C2 + lane] * B
        y = b * H * H * quarter
        e, g = even(y)
        w[_Y + lane], w[_H + lane], w[_B + lane] = y, H * half, b
        w[_E + lane], w[_G + lane], w[_IN + lane] = e, g, 0.0
    for _ in range(n):
        for lane in range(LANES):
            y, H = w[_Y + lane], w[_H + lane]
            e, g = w[_E + lane], w[_G + lane]
            C, S = 1.0 + y * e, H * (1.0 + y * g)
            inside = 2.0 * w[_IN + lane]
            w[_IN + lane] = inside + (1.0 if C * S < 0.0 else 0.0)
            w[_E + lane] = e * (1.0 + 0.5 * y * e)
            w[_G + lane] = 0.25 * (g + e + y * g * e)
            w[_Y + lane], w[_H + lane] = 4.0 * y, 2.0 * H
    for lane in range(LANES):
        y, H, b = w[_Y + lane], w[_H + lane], w[_B + lane]
        C, S = 1.0 + y * w[_E + lane], H * (1.0 + y * w[_G + lane])
        below, t = w[_L + lane], w[_T + lane] * ratio
        above = C * below - S * t
        w[_T + lane] = C * t - b * S * below
        w[_L + lane] = above
        w[_COUNT + lane] += w[_IN + lane] + (1.0 if above * below * S < 0.0 else 0.0)


#: Rows kept per layer by the stored sweep: value, slope and the factor that the layers above apply to both.
KEPT = 3
_SH, _SC2, _SK, _SX = range(0, 4 * LANES, LANES)
_2 = 2 * LANES
SWEEP_ROWS = 3 + FUNCTION_ROWS


@njit(**INNER)
def sweep(start, h, ib2, mu, omega, c, w, kept, top, grad):
    """Partial derivatives of F = l2 for ``LANES`` pairs (omega, c).

    The pairs are real, or complex for a derivative along a direction. Fills ``grad[i, :, lane]`` with
    ∂F/∂(H, b, μ) of layer i. The values of a sweep upwards are ``kept`` (layers x 3 x lanes, flat); a covector
    then comes down from the surface (``top``, two rows), so that all layers together cost about three
    evaluations of F.
    """
    for lane in range(LANES):
        c2 = c[lane] * c[lane]
        w[_SC2 + lane], w[_SK + lane] = c2, omega[lane] / c[lane]
        at = start * KEPT * LANES + lane
        kept[at], kept[at + LANES], kept[at + _2] = 1.0, -np.sqrt(1.0 - c2 * ib2[start]), 1.0
    for i in range(start - 1, -1, -1):
        _functions(w, h[i], ib2[i])
        ratio, base, below = mu[i + 1] / mu[i], i * KEPT * LANES, (i + 1) * KEPT * LANES
        largest = 0.0
        for lane in range(LANES):
            b, C, S = w[_SX + lane], w[_SX + C_ + lane], w[_SX + S_ + lane]
            factor = kept[below + _2 + lane]
            value, slope = kept[below + lane] * factor, kept[below + LANES + lane] * factor * ratio
            above = C * value - S * slope
            kept[base + lane] = above
            kept[base + LANES + lane] = C * slope - b * S * value
            kept[base + _2 + lane] = 1.0
            largest = max(largest, abs(above.real))
        if largest > 1e50:
            for lane in range(LANES):
                kept[base + _2 + lane] = 1.0 / (abs(kept[base + lane]) + abs(kept[base + LANES + lane]))
    for lane in range(LANES):
        kept[_2 + lane] = 1.0
        top[lane], top[LANES + lane] = 0.0, mu[0]
    for i in range(start):
        _functions(w, h[i], ib2[i])
        ratio, base, below = mu[i + 1] / mu[i], i * KEPT * LANES, (i + 1) * KEPT * LANES
        for lane in range(LANES):
            H, b = w[_SH + lane], w[_SX + lane]
            C, S, D = w[_SX + C_ + lane], w[_SX + S_ + lane], w[_SX + D_ + lane]
            factor = kept[base + _2 + lane]
            value, slope = kept[base + lane], kept[base + LANES + lane]
            under = kept[below + _2 + lane]
            value_below, slope_below = kept[below + lane] * under, kept[below + LANES + lane] * under * ratio
            gv, gs = top[lane] * factor, top[LANES + lane] * factor
            grad[i, 0, lane] = -(gv * slope + gs * b * value)
            # ∂P/∂b = [[HS/2, -D], [-(S + HC)/2, HS/2]] acts on the state at the bottom
            half = 0.5 * H * S
            by_b = gv * (half * value_below - D * slope_below)
            grad[i, 1, lane] = by_b + gs * (half * slope_below - 0.5 * (S + H * C) * value_below)
            at_bottom = C * gs - S * gv
            grad[i, 2, lane] = (gs * slope - at_bottom * slope_below) / mu[i]
            top[lane], top[LANES + lane] = C * gv - b * S * gs, at_bottom * ratio
    for lane in range(LANES):
        gs, slope = top[LANES + lane], kept[start * KEPT * LANES + LANES + lane]
        grad[start, 0, lane] = 0.0
        grad[start, 1, lane] = 0.5 * gs / slope
        grad[start, 2, lane] = gs * slope / mu[start]


@njit(**MERGED)
def _functions(w, thickness, ib2):
    for lane in range(LANES):
        w[_SH + lane] = thickness * w[_SK + lane]
    layer_functions(w, _SX, _SH, _SC2, ib2)
