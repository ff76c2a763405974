"""Love waves: the displacement-stress vector carried from the half-space to the free surface.

With z scaled by k and t = l2/(kμ), a layer obeys l' = t, t' = b l (Haskell 1953; Aki & Richards 2002, ch. 7), and

    F(ω, c) = l2 at the surface

vanishes on a mode. :func:`secular` gives F and the count of modes below c; :func:`sweep` gives every partial
derivative.
"""

import math

import numpy as np

from .lanes import (
    BRIEF,
    C_,
    D_,
    FUNCTION_ROWS,
    INNER,
    LANES,
    MERGED,
    NODE,
    S_,
    SERIES_LIMIT,
    SHORT_LIMIT,
    bounds,
    compiled,
    copy,
    even,
    even_short,
    halvings,
    layer_functions,
    renormalise,
)

# rows of the work array
_L, _T, _C2, _K, _COUNT, _Y, _H, _B, _E, _G, _IN, _SIGN = range(0, 12 * LANES, LANES)
ROWS = 12


@compiled(**INNER)
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
            _thick_layer(halvings(y_max), len(c), thickness, B, ratio, w)
        growth += 0.1 + H_max * math.sqrt(max(b_max, 0.0))
        if growth > 100.0:
            renormalise(w, _L, 2)
            growth = 0.0
    for lane in range(LANES):
        value, slope = w[_L + lane], w[_T + lane]
        F[lane] = -slope / math.sqrt(value * value + slope * slope)
        J[lane] = w[_COUNT + lane] + (1.0 if slope * value > 0.0 else 0.0)


@compiled(**MERGED)
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


@compiled(**MERGED)
def _thick_layer(n, lanes, thickness, B, ratio, w):
    quarter, half = 0.25**n, 0.5**n
    for lane in range(lanes):
        H = thickness * w[_K + lane]
        b = 1.0 - w[_C2 + lane] * B
        y = b * H * H * quarter
        e, g = even(y)
        w[_Y + lane], w[_H + lane], w[_B + lane] = y, H * half, b
        w[_E + lane], w[_G + lane], w[_IN + lane], w[_SIGN + lane] = e, g, 0.0, 1.0
    for _ in range(n):
        for lane in range(lanes):
            y, H = w[_Y + lane], w[_H + lane]
            e, g = w[_E + lane], w[_G + lane]
            # S is negative where the count is odd, and that is its sign here: S itself may round to zero
            joined = 1.0 if (1.0 + y * e) * w[_SIGN + lane] < 0.0 else 0.0
            w[_IN + lane], w[_SIGN + lane] = 2.0 * w[_IN + lane] + joined, 1.0 - 2.0 * joined
            w[_E + lane] = e * (1.0 + 0.5 * y * e)
            w[_G + lane] = 0.25 * (g + e + y * g * e)
            w[_Y + lane], w[_H + lane] = 4.0 * y, 2.0 * H
    for lane in range(lanes):
        y, H, b = w[_Y + lane], w[_H + lane], w[_B + lane]
        C, S = 1.0 + y * w[_E + lane], H * (1.0 + y * w[_G + lane])
        below, t = w[_L + lane], w[_T + lane] * ratio
        sign = w[_SIGN + lane]
        above = C * below - S * t
        # a node on the interface is not crossed yet: that of the next slower velocity lies beyond it
        above = above if above != 0.0 else NODE * sign * below
        w[_T + lane] = C * t - b * S * below
        w[_L + lane] = above
        w[_COUNT + lane] += w[_IN + lane] + (1.0 if above * below * sign < 0.0 else 0.0)


#: Rows kept per layer by the stored sweep: value, slope and the factor that the layers above apply to both.
KEPT = 3
_SC2, _SI, _SK, _SX = range(0, 4 * LANES, LANES)
# value, slope and their factor on the way up, covector on the way down
_N = _SX + FUNCTION_ROWS * LANES
_BY = _N + KEPT * LANES
_2, _3 = 2 * LANES, 3 * LANES
_BELOW = KEPT * LANES
_SUMS = _BY + 2 * LANES
# what is kept of a layer and the one below, and what goes out
_KEPT = _SUMS + 2 * LANES
_OUT = _KEPT + 2 * KEPT * LANES
SWEEP_ROWS = _OUT // LANES + 4


@compiled(**INNER)
def sweep(start, h, ib2, mu, rho, omega, c, w, kept, water, raw, sums):
    """Partial derivatives of F = l2 for ``LANES`` pairs (omega, c).

    The pairs are real, or complex for a derivative along a direction. Fills ``raw`` (layers x 4 x lanes, flat,
    behind ``water`` others) with the derivatives with respect to thickness, vp, vs and ρ, and adds those with
    respect to c and ω to ``sums``. The values of a sweep upwards are ``kept`` (layers x 3 x lanes, flat); a
    covector then comes down from the surface, so that all layers together cost about three evaluations of F.
    """
    lowest, highest, wavenumber = bounds(omega, c)
    _sweep_up(start, h, ib2, mu, omega, c, w, kept, lowest, highest, wavenumber)
    one, lanes = omega[0] * 0.0 + 1.0, len(c)
    for lane in range(LANES):
        w[_BY + lane], w[_BY + LANES + lane] = 0.0 * one, mu[0] * one
        w[_SUMS + lane], w[_SUMS + LANES + lane] = sums[lane], sums[LANES + lane]
    for i in range(start):
        B, thickness = ib2[i], h[i]
        copy(w, _KEPT, kept, i * KEPT * LANES, 2 * KEPT * lanes)
        ratio, layer = (
            mu[i + 1] / mu[i],
            (B * math.sqrt(B), B, 1.0 / mu[i], rho[i], math.sqrt(1.0 / B), thickness),
        )
        largest = _largest(B, thickness, lowest, highest, wavenumber)
        if largest <= SERIES_LIMIT:
            for lane in range(lanes):
                H = thickness * w[_SK + lane]
                b = 1.0 - w[_SC2 + lane] * B
                y = b * H * H
                e, g = even(y)
                C, S, D = 1.0 + y * e, H * (1.0 + y * g), 0.5 * H * H * H * (e - g)
                _down(lane, ratio, layer, H, b, C, S, D, w)
        else:
            layer_functions(w, _SX, thickness, _SK, _SC2, B, largest, lanes)
            for lane in range(lanes):
                H, b = thickness * w[_SK + lane], w[_SX + lane]
                C, S, D = w[_SX + C_ + lane], w[_SX + S_ + lane], w[_SX + D_ + lane]
                _down(lane, ratio, layer, H, b, C, S, D, w)
        copy(raw, (water + i) * 4 * LANES, w, _OUT, 4 * lanes)
    B = ib2[start]
    layer = (B * math.sqrt(B), B, 1.0 / mu[start], rho[start], math.sqrt(1.0 / B), 0.0)
    for lane in range(LANES):
        gs, slope = w[_BY + LANES + lane], kept[start * KEPT * LANES + LANES + lane]
        _chain(lane, layer, 0.0 * gs, 0.5 * gs / slope, gs * slope, w)
        sums[lane], sums[LANES + lane] = w[_SUMS + lane], w[_SUMS + LANES + lane]
    copy(raw, (water + start) * 4 * LANES, w, _OUT, 4 * lanes)


@compiled(**MERGED)
def _sweep_up(start, h, ib2, mu, omega, c, w, kept, lowest, highest, wavenumber):
    """Keep value and slope at the top of every layer."""
    one = omega[0] * 0.0 + 1.0
    for lane in range(LANES):
        c2 = c[lane] * c[lane]
        w[_SC2 + lane], w[_SK + lane], w[_SI + lane] = c2, omega[lane] / c[lane], 1.0 / c[lane]
        w[_N + lane], w[_N + LANES + lane], w[_N + _2 + lane] = one, -np.sqrt(1.0 - c2 * ib2[start]), one
    lanes = len(c)
    copy(kept, start * KEPT * LANES, w, _N, KEPT * lanes)
    growth = 0.0
    for i in range(start - 1, -1, -1):
        ratio, B, thickness = mu[i + 1] / mu[i], ib2[i], h[i]
        largest = _largest(B, thickness, lowest, highest, wavenumber)
        if largest <= SERIES_LIMIT:
            for lane in range(lanes):
                H = thickness * w[_SK + lane]
                b = 1.0 - w[_SC2 + lane] * B
                y = b * H * H
                e, g = even(y)
                _up(lane, ratio, b, 1.0 + y * e, H * (1.0 + y * g), w)
        else:
            layer_functions(w, _SX, thickness, _SK, _SC2, B, largest, lanes)
            for lane in range(lanes):
                _up(lane, ratio, w[_SX + lane], w[_SX + C_ + lane], w[_SX + S_ + lane], w)
        growth += 0.1 + wavenumber * thickness * math.sqrt(max(1.0 - lowest * B, 0.0))
        if growth > 100.0:
            for lane in range(LANES):
                factor = one / (abs(w[_N + lane]) + abs(w[_N + LANES + lane]))
                w[_N + _2 + lane] = factor
            growth = 0.0
        copy(kept, i * KEPT * LANES, w, _N, KEPT * lanes)
    for lane in range(LANES):
        kept[_2 + lane] = one


@compiled(**MERGED)
def _largest(B, thickness, lowest, highest, wavenumber):
    """A bound for |y| in a layer."""
    H = wavenumber * thickness
    return H * H * max(abs(1.0 - lowest * B), abs(1.0 - highest * B))


@compiled(**BRIEF)
def _up(lane, ratio, b, C, S, w):
    """One lane of one layer of the way up."""
    factor = w[_N + _2 + lane]
    value, slope = w[_N + lane] * factor, w[_N + LANES + lane] * factor * ratio
    value, slope = C * value - S * slope, C * slope - b * S * value
    one = factor * 0.0 + 1.0
    w[_N + lane], w[_N + LANES + lane], w[_N + _2 + lane] = value, slope, one


@compiled(**BRIEF)
def _down(lane, ratio, layer, H, b, C, S, D, w):
    """One lane of one layer of the covector's way down."""
    factor, under = w[_KEPT + _2 + lane], w[_KEPT + _BELOW + _2 + lane]
    value, slope = w[_KEPT + lane], w[_KEPT + LANES + lane]
    value_below = w[_KEPT + _BELOW + lane] * under
    slope_below = w[_KEPT + _BELOW + LANES + lane] * under * ratio
    gv, gs = w[_BY + lane] * factor, w[_BY + LANES + lane] * factor
    by_H = -(gv * slope + gs * b * value)
    # ∂P/∂b = [[HS/2, -D], [-(S + HC)/2, HS/2]] acts on the state at the bottom
    half = 0.5 * H * S
    by_b = gv * (half * value_below - D * slope_below) + gs * (
        half * slope_below - 0.5 * (S + H * C) * value_below
    )
    at_bottom = C * gs - S * gv
    w[_BY + lane], w[_BY + LANES + lane] = C * gv - b * S * gs, at_bottom * ratio
    _chain(lane, layer, by_H, by_b, gs * slope - at_bottom * slope_below, w)


@compiled(**BRIEF)
def _chain(lane, layer, by_H, by_b, by_mu, w):
    """From (H, b, μ) of a layer to (thickness, vp, vs, ρ), ∂/∂c and ∂/∂ω; ``by_mu`` comes times μ."""
    cube, B, per_stiffness, density, beta, thickness = layer
    iv, c2, k = w[_SI + lane], w[_SC2 + lane], w[_SK + lane]
    by_mu = by_mu * per_stiffness
    w[_OUT + lane] = by_H * k
    w[_OUT + LANES + lane] = 0.0 * iv
    w[_OUT + _2 + lane] = by_b * (2.0 * c2 * cube) + by_mu * (2.0 * density * beta)
    w[_OUT + _3 + lane] = by_mu * (beta * beta)
    w[_SUMS + lane] -= (2.0 * c2 * B * by_b + by_H * k * thickness) * iv
    w[_SUMS + LANES + lane] += by_H * (thickness * iv)
