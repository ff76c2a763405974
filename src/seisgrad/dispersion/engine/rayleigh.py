"""Rayleigh waves: the compound (delta) vector of the decaying solutions, carried up to the free surface.

The 2x2 minors of the two solutions that decay with depth are stable where the solutions themselves are not
(Dunkin 1965; Watson 1970; Buchen & Ben-Hador 1996). With z scaled by k, tractions by ω²/k, and displacements
and tractions (r1, r2, r3, r4) as in Aki & Richards (2002, ch. 7), let q = 2μ/c² and shift the tractions to
s3 = r3 + q r2, s4 = r4 + q r1. The potentials of the layer are then

    φ = s4/ρ,  ψ = s3/ρ,  ψ' = s4/ρ - r1,  φ' = s3/ρ - r2,

so that in the minors n_ij of (r1, r2, s3, s4), held as N34 = n34, N14 = ρ n14, N23 = ρ n23,
N13 = ρ n13 = -ρ n24 and N12 = ρ² n12,

    X = [[-N34, N14], [-N23, N34 + 2 N13 - N12]],   Y = N34 + N13

transform across a layer as X → P(a) X P(b)ᵀ, Y → Y with P(x) = [[C, -S], [-xS, C]]: sixteen products per
layer. Between layers q and ρ change, which costs five more. On a mode, the minor m34 of the true tractions
vanishes at the free surface.
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

# rows of the work array of `secular`
_N34, _N14, _N23, _N13, _N12, _C2, _IC2, _K, _COUNT = range(0, 9 * LANES, LANES)
_H, _A, _B, _YA, _YB, _EA, _GA, _EB, _GB, _IN = range(9 * LANES, 19 * LANES, LANES)
ROWS = 19


@compiled(**INNER)
def _interface(N34, N14, N23, N13, N12, delta, ratio):
    """From the form of the layer below to that of the layer above.

    ``delta`` is (q_above - q_below)/ρ_below, ``ratio`` is ρ_above/ρ_below.
    """
    shifted = N13 + delta * N12
    return N34 - delta * (N13 + shifted), N14 * ratio, N23 * ratio, shifted * ratio, N12 * (ratio * ratio)


@compiled(**INNER)
def _across(N34, N14, N23, N13, N12, CA, SA, aSA, CB, SB, bSB):
    """Carry the minors from the bottom of a layer to its top."""
    X11, X12, X21, X22 = -N34, N14, -N23, N34 + 2.0 * N13 - N12
    Y = N34 + N13
    U11, U12 = CA * X11 - SA * X21, CA * X12 - SA * X22
    U21, U22 = CA * X21 - aSA * X11, CA * X22 - aSA * X12
    V11, V12 = CB * U11 - SB * U12, CB * U12 - bSB * U11
    V21, V22 = CB * U21 - SB * U22, CB * U22 - bSB * U21
    return -V11, V12, -V21, Y + V11, 2.0 * Y + V11 - V22


@compiled(**INNER)
def secular(start, h, ia2, ib2, mu, rho, omega, c, r2, r4, counting, w, F, J):
    """F over the length of the vector of minors, and the count of modes slower than c, for ``LANES`` pairs.

    ``start`` is the layer whose properties continue downwards as the half-space; ``r2``, ``r4`` are what the
    fluid on top imposes (1, 0 without one). The count adds, layer by layer from below, the modes of the layer
    clamped at both faces and the negative eigenvalues of the pivot K + K_below of the interface under it
    (Wittrick & Williams 1971): the sign of the pivot's determinant is that of the minor n12 above against
    below, and its first element follows from two coefficients of the same propagator.
    """
    lowest, highest, wavenumber = c[0], c[0], 0.0
    for lane in range(LANES):
        lowest, highest = min(lowest, c[lane]), max(highest, c[lane])
        wavenumber = max(wavenumber, omega[lane] / c[lane])
        c2 = c[lane] * c[lane]
        ra, rb = math.sqrt(max(1.0 - c2 * ia2[start], 0.0)), math.sqrt(max(1.0 - c2 * ib2[start], 0.0))
        w[_C2 + lane], w[_IC2 + lane], w[_K + lane] = (
            c2,
            1.0 / c2,
            omega[lane] / c[lane],
        )
        w[_N34 + lane], w[_N14 + lane], w[_N23 + lane] = -1.0, -rb, ra
        # 1 - ra rb without cancellation: far below the half-space's velocities the interfaces multiply its error
        xa, xb = c2 * ia2[start], c2 * ib2[start]
        w[_N13 + lane], w[_N12 + lane] = 1.0, (xa + xb - xa * xb) / (1.0 + ra * rb)
        w[_COUNT + lane] = 0.0
    growth = 0.0
    for i in range(start - 1, -1, -1):
        A, B, thickness = ia2[i], ib2[i], h[i]
        step, ratio = 2.0 * (mu[i] - mu[i + 1]) / rho[i + 1], rho[i] / rho[i + 1]
        a_max, b_max = 1.0 - lowest * lowest * A, 1.0 - lowest * lowest * B
        H_max = wavenumber * thickness
        largest = max(max(abs(a_max), abs(b_max)), abs(1.0 - highest * highest * B))
        y_max = H_max * H_max * max(largest, abs(1.0 - highest * highest * A))
        if y_max <= SHORT_LIMIT:
            _thin_layer(even_short, thickness, A, B, step, ratio, w)
        elif y_max <= SERIES_LIMIT:
            _thin_layer(even, thickness, A, B, step, ratio, w)
        else:
            _thick_layer(halvings(y_max), len(c), counting, thickness, A, B, step, ratio, w)
        growth += 0.2 + H_max * (math.sqrt(max(a_max, 0.0)) + math.sqrt(max(b_max, 0.0)))
        if growth > 100.0:
            renormalise(w, _N34, 5)
            growth = 0.0
    step = -2.0 * mu[0] / rho[0]
    for lane in range(LANES):
        delta = step * w[_IC2 + lane]
        N12, m23 = w[_N12 + lane], w[_N23 + lane] / rho[0]
        N34, _, _, _, _ = _interface(w[_N34 + lane], 0.0, 0.0, w[_N13 + lane], N12, delta, 1.0)
        value = r2[lane] * N34 + r4[lane] * m23
        N13, N14 = w[_N13 + lane], w[_N14 + lane]
        F[lane] = -value / math.sqrt(N34 * N34 + N13 * N13 + N14 * N14 + m23 * m23 + N12 * N12)
        # stiffness at the surface: determinant value/(r2 n12), first element m23/n12
        single = value * r2[lane] * N12 < 0.0
        J[lane] = w[_COUNT + lane] + (1.0 if single else (2.0 if m23 * N12 < 0.0 else 0.0))


@compiled(**MERGED)
def _thin_layer(series, thickness, A, B, step, ratio, w):
    for lane in range(LANES):
        H = thickness * w[_K + lane]
        c2 = w[_C2 + lane]
        a, b = 1.0 - c2 * A, 1.0 - c2 * B
        ya, yb = a * H * H, b * H * H
        ea, ga = series(ya)
        eb, gb = series(yb)
        CA, SA, CB, SB = 1.0 + ya * ea, H * (1.0 + ya * ga), 1.0 + yb * eb, H * (1.0 + yb * gb)
        aSA, bSB = a * SA, b * SB
        N34, N14, N23, N13, N12 = _interface(
            w[_N34 + lane],
            w[_N14 + lane],
            w[_N23 + lane],
            w[_N13 + lane],
            w[_N12 + lane],
            step * w[_IC2 + lane],
            ratio,
        )
        # pivot: the layer is too thin for a clamped mode, so its own determinant D is positive
        D = 2.0 - 2.0 * CA * CB + (SA * SB + aSA * bSB)
        first = (CA * SB - aSA * CB) * N12 + D * N23
        N34, N14, N23, N13, top = _across(N34, N14, N23, N13, N12, CA, SA, aSA, CB, SB, bSB)
        w[_COUNT + lane] += 1.0 if top * N12 < 0.0 else (2.0 if first * N12 < 0.0 else 0.0)
        w[_N34 + lane], w[_N14 + lane], w[_N23 + lane] = N34, N14, N23
        w[_N13 + lane], w[_N12 + lane] = N13, top


@compiled(**MERGED)
def _thick_layer(n, lanes, counting, thickness, A, B, step, ratio, w):
    quarter, half = 0.25**n, 0.5**n
    for lane in range(lanes):
        H = thickness * w[_K + lane]
        c2 = w[_C2 + lane]
        a, b = 1.0 - c2 * A, 1.0 - c2 * B
        ya, yb = a * H * H * quarter, b * H * H * quarter
        ea, ga = even(ya)
        eb, gb = even(yb)
        w[_H + lane], w[_A + lane], w[_B + lane] = H * half, a, b
        w[_YA + lane], w[_EA + lane], w[_GA + lane] = ya, ea, ga
        w[_YB + lane], w[_EB + lane], w[_GB + lane] = yb, eb, gb
        w[_IN + lane] = 0.0
    for _ in range(n):
        if counting:
            _count_inside(lanes, w)
        _double(lanes, w)
    for lane in range(lanes):
        H, a, b = w[_H + lane], w[_A + lane], w[_B + lane]
        ya, yb = w[_YA + lane], w[_YB + lane]
        CA, SA = 1.0 + ya * w[_EA + lane], H * (1.0 + ya * w[_GA + lane])
        CB, SB = 1.0 + yb * w[_EB + lane], H * (1.0 + yb * w[_GB + lane])
        aSA, bSB = a * SA, b * SB
        N34, N14, N23, N13, N12 = _interface(
            w[_N34 + lane],
            w[_N14 + lane],
            w[_N23 + lane],
            w[_N13 + lane],
            w[_N12 + lane],
            step * w[_IC2 + lane],
            ratio,
        )
        D = 2.0 - 2.0 * CA * CB + (SA * SB + aSA * bSB)
        D = abs(D) if b > 0.0 else D
        first = (CA * SB - aSA * CB) * N12 + D * N23
        N34, N14, N23, N13, top = _across(N34, N14, N23, N13, N12, CA, SA, aSA, CB, SB, bSB)
        sign = N12 if D > 0.0 else -N12
        pivot = 1.0 if top * sign < 0.0 else (2.0 if first * sign < 0.0 else 0.0)
        w[_COUNT + lane] += w[_IN + lane] + pivot
        w[_N34 + lane], w[_N14 + lane], w[_N23 + lane] = N34, N14, N23
        w[_N13 + lane], w[_N12 + lane] = N13, top


@compiled(**MERGED)
def _count_inside(lanes, w):
    """The count of clamped modes of a layer from that of its half.

    By symmetry the stiffness of the node between the halves is diagonal, twice that of one half: its elements' signs
    are those of (C_a S_b - a S_a C_b)/D and (S_a C_b - b C_a S_b)/D. A layer in which S is evanescent (b > 0) has none.
    """
    for lane in range(lanes):
        H, a, b = w[_H + lane], w[_A + lane], w[_B + lane]
        ya, yb = w[_YA + lane], w[_YB + lane]
        CA, SA = 1.0 + ya * w[_EA + lane], H * (1.0 + ya * w[_GA + lane])
        CB, SB = 1.0 + yb * w[_EB + lane], H * (1.0 + yb * w[_GB + lane])
        D = 2.0 - 2.0 * CA * CB + (1.0 + a * b) * SA * SB
        first, second = (CA * SB - a * SA * CB) * D, (SA * CB - b * CA * SB) * D
        joined = (1.0 if first < 0.0 else 0.0) + (1.0 if second < 0.0 else 0.0)
        w[_IN + lane] = (2.0 * w[_IN + lane] + joined) if b < 0.0 else 0.0


@compiled(**MERGED)
def _double(lanes, w):
    """The functions of a layer from those of its half."""
    for lane in range(lanes):
        ya, ea, ga = w[_YA + lane], w[_EA + lane], w[_GA + lane]
        yb, eb, gb = w[_YB + lane], w[_EB + lane], w[_GB + lane]
        w[_EA + lane], w[_GA + lane] = (
            ea * (1.0 + 0.5 * ya * ea),
            0.25 * (ga + ea + ya * ga * ea),
        )
        w[_EB + lane], w[_GB + lane] = (
            eb * (1.0 + 0.5 * yb * eb),
            0.25 * (gb + eb + yb * gb * eb),
        )
        w[_YA + lane], w[_YB + lane] = 4.0 * ya, 4.0 * yb
        w[_H + lane] *= 2.0


#: Rows kept per layer by the stored sweep: the five minors and the factor that the layers above apply to them.
KEPT = 6
_SIC2, _SC2, _SK, _SI, _SA = range(0, 5 * LANES, LANES)
_SB = _SA + FUNCTION_ROWS * LANES
# minors and their factor on the way up, covector on the way down
_N = _SB + FUNCTION_ROWS * LANES
_BY = _N + KEPT * LANES
_2, _3, _4, _5 = range(2 * LANES, 6 * LANES, LANES)
_BELOW = KEPT * LANES
_SUMS = _BY + 5 * LANES
# what is kept of a layer and the one below, and what goes out
_KEPT = _SUMS + 2 * LANES
_OUT = _KEPT + 2 * KEPT * LANES
SWEEP_ROWS = _OUT // LANES + 4


@compiled(**INNER)
def sweep_up(start, h, ia2, ib2, mu, rho, omega, c, w, kept, minors):
    """Keep the minors at the top of every layer (form of that layer), for ``LANES`` pairs (omega, c); real or complex.

    ``kept`` is layers x 6 x lanes, flat. ``minors[:, lane]`` receives the true minors m34, m14, m23, m13, m12
    at the solid's top.
    """
    one = omega[0] * 0.0 + 1.0
    lowest, highest, wavenumber = bounds(omega, c)
    for lane in range(LANES):
        c2 = c[lane] * c[lane]
        w[_SC2 + lane], w[_SIC2 + lane], w[_SI + lane] = c2, 1.0 / c2, 1.0 / c[lane]
        w[_SK + lane] = omega[lane] / c[lane]
        ra, rb = np.sqrt(1.0 - c2 * ia2[start]), np.sqrt(1.0 - c2 * ib2[start])
        w[_N + lane], w[_N + LANES + lane], w[_N + _2 + lane] = -one, -rb, ra
        xa, xb = c2 * ia2[start], c2 * ib2[start]
        w[_N + _3 + lane], w[_N + _4 + lane], w[_N + _5 + lane] = (
            one,
            (xa + xb - xa * xb) / (1.0 + ra * rb),
            one,
        )
    lanes = len(c)
    copy(kept, start * KEPT * LANES, w, _N, KEPT * lanes)
    growth = 0.0
    for i in range(start - 1, -1, -1):
        A, B, thickness = ia2[i], ib2[i], h[i]
        step, ratio = 2.0 * (mu[i] - mu[i + 1]) / rho[i + 1], rho[i] / rho[i + 1]
        largest = _largest(A, B, thickness, lowest, highest, wavenumber)
        if largest <= SHORT_LIMIT:
            _up_thin(even_short, thickness, A, B, step, ratio, w)
        elif largest <= SERIES_LIMIT:
            _up_thin(even, thickness, A, B, step, ratio, w)
        else:
            layer_functions(w, _SA, thickness, _SK, _SC2, A, largest, lanes)
            layer_functions(w, _SB, thickness, _SK, _SC2, B, largest, lanes)
            for lane in range(LANES):
                CA, SA, aSA = w[_SA + C_ + lane], w[_SA + S_ + lane], w[_SA + lane] * w[_SA + S_ + lane]
                CB, SB, bSB = w[_SB + C_ + lane], w[_SB + S_ + lane], w[_SB + lane] * w[_SB + S_ + lane]
                _up(lane, step, ratio, CA, SA, aSA, CB, SB, bSB, w)
        growth += 0.2 + wavenumber * thickness * (
            math.sqrt(max(1.0 - lowest * A, 0.0)) + math.sqrt(max(1.0 - lowest * B, 0.0))
        )
        if growth > 100.0:
            for lane in range(LANES):
                size = abs(w[_N + lane]) + abs(w[_N + LANES + lane]) + abs(w[_N + _2 + lane])
                factor = one / (size + abs(w[_N + _3 + lane]) + abs(w[_N + _4 + lane]))
                w[_N + _5 + lane] = factor
            growth = 0.0
        copy(kept, i * KEPT * LANES, w, _N, KEPT * lanes)
    for lane in range(LANES):
        kept[_5 + lane] = one
        q = 2.0 * mu[0] * w[_SIC2 + lane]
        n13, n12 = kept[_3 + lane] / rho[0], kept[_4 + lane] / (rho[0] * rho[0])
        minors[0, lane] = kept[lane] + 2.0 * q * n13 - q * q * n12
        minors[1, lane], minors[2, lane] = kept[LANES + lane] / rho[0], kept[_2 + lane] / rho[0]
        minors[3, lane], minors[4, lane] = n13 - q * n12, n12


@compiled(**MERGED)
def _largest(A, B, thickness, lowest, highest, wavenumber):
    """A bound for |y| of both waves in a layer."""
    a, b = (
        max(abs(1.0 - lowest * A), abs(1.0 - highest * A)),
        max(abs(1.0 - lowest * B), abs(1.0 - highest * B)),
    )
    return wavenumber * thickness * (wavenumber * thickness) * max(a, b)


@compiled(**MERGED)
def _up_thin(series, thickness, A, B, step, ratio, w):
    for lane in range(LANES):
        H, c2 = thickness * w[_SK + lane], w[_SC2 + lane]
        a, b = 1.0 - c2 * A, 1.0 - c2 * B
        ya, yb = a * H * H, b * H * H
        ea, ga = series(ya)
        eb, gb = series(yb)
        SA, SB = H * (1.0 + ya * ga), H * (1.0 + yb * gb)
        _up(lane, step, ratio, 1.0 + ya * ea, SA, a * SA, 1.0 + yb * eb, SB, b * SB, w)


@compiled(**BRIEF)
def _up(lane, step, ratio, CA, SA, aSA, CB, SB, bSB, w):
    """One lane of one layer of :func:`sweep_up`."""
    factor = w[_N + _5 + lane]
    N34, N14, N23, N13, N12 = _interface(
        w[_N + lane] * factor,
        w[_N + LANES + lane] * factor,
        w[_N + _2 + lane] * factor,
        w[_N + _3 + lane] * factor,
        w[_N + _4 + lane] * factor,
        step * w[_SIC2 + lane],
        ratio,
    )
    N34, N14, N23, N13, N12 = _across(N34, N14, N23, N13, N12, CA, SA, aSA, CB, SB, bSB)
    one = factor * 0.0 + 1.0
    w[_N + lane], w[_N + LANES + lane], w[_N + _2 + lane] = N34, N14, N23
    w[_N + _3 + lane], w[_N + _4 + lane], w[_N + _5 + lane] = N13, N12, one


@compiled(**INNER)
def sweep_down(start, h, ia2, ib2, mu, rho, omega, c, w, kept, top, water, raw, sums):
    """Carry the covector ``top`` down through the layers.

    It is ∂/∂(m34, m14, m23, m13, m12) at the solid's top, rows x lanes, flat. Needs ``w`` and ``kept`` as
    :func:`sweep_up` left them. Fills ``raw`` (layers x 4 x lanes, flat, behind ``water`` others) with the derivatives
    with respect to thickness, vp, vs and ρ, and adds those with respect to c and ω to ``sums``.
    """
    lowest, highest, wavenumber = bounds(omega, c)
    lanes = len(c)
    for lane in range(LANES):
        q = 2.0 * mu[0] * w[_SIC2 + lane]
        g34, g13, g12 = top[lane], top[_3 + lane], top[_4 + lane]
        w[_SUMS + lane], w[_SUMS + LANES + lane] = sums[lane], sums[LANES + lane]
        w[_BY + lane] = g34
        w[_BY + LANES + lane] = top[LANES + lane] / rho[0]
        w[_BY + _2 + lane] = top[_2 + lane] / rho[0]
        w[_BY + _3 + lane] = (g13 + 2.0 * q * g34) / rho[0]
        w[_BY + _4 + lane] = (g12 - q * g13 - q * q * g34) / (rho[0] * rho[0])
    for i in range(start):
        A, B, thickness = ia2[i], ib2[i], h[i]
        copy(w, _KEPT, kept, i * KEPT * LANES, 2 * KEPT * lanes)
        step, ratio = 2.0 * (mu[i] - mu[i + 1]) / rho[i + 1], rho[i] / rho[i + 1]
        layer = (
            A * math.sqrt(A),
            B * math.sqrt(B),
            A,
            B,
            mu[i],
            rho[i],
            1.0 / rho[i],
            math.sqrt(1.0 / B),
            thickness,
        )
        largest = _largest(A, B, thickness, lowest, highest, wavenumber)
        if largest <= SERIES_LIMIT:
            for lane in range(LANES):
                H, c2 = thickness * w[_SK + lane], w[_SC2 + lane]
                a, b = 1.0 - c2 * A, 1.0 - c2 * B
                ya, yb = a * H * H, b * H * H
                ea, ga = even(ya)
                eb, gb = even(yb)
                half = 0.5 * H * H * H
                CA, SA, DA = 1.0 + ya * ea, H * (1.0 + ya * ga), half * (ea - ga)
                CB, SB, DB = 1.0 + yb * eb, H * (1.0 + yb * gb), half * (eb - gb)
                _down(lane, step, ratio, layer, H, a, b, CA, SA, DA, CB, SB, DB, w)
        else:
            layer_functions(w, _SA, thickness, _SK, _SC2, A, largest, lanes)
            layer_functions(w, _SB, thickness, _SK, _SC2, B, largest, lanes)
            for lane in range(LANES):
                H, a, b = thickness * w[_SK + lane], w[_SA + lane], w[_SB + lane]
                CA, SA, DA = w[_SA + C_ + lane], w[_SA + S_ + lane], w[_SA + D_ + lane]
                CB, SB, DB = w[_SB + C_ + lane], w[_SB + S_ + lane], w[_SB + D_ + lane]
                _down(lane, step, ratio, layer, H, a, b, CA, SA, DA, CB, SB, DB, w)
        copy(raw, (water + i) * 4 * LANES, w, _OUT, 4 * lanes)
    density = 1.0 / rho[start]
    copy(w, _KEPT, kept, start * KEPT * LANES, KEPT * lanes)
    A, B = ia2[start], ib2[start]
    layer = (
        A * math.sqrt(A),
        B * math.sqrt(B),
        A,
        B,
        mu[start],
        rho[start],
        density,
        math.sqrt(1.0 / B),
        0.0,
    )
    for lane in range(LANES):
        G34, G14, G23 = w[_BY + lane], w[_BY + LANES + lane], w[_BY + _2 + lane]
        G13, G12 = w[_BY + _3 + lane], w[_BY + _4 + lane]
        N14, N23, N13 = w[_KEPT + LANES + lane], w[_KEPT + _2 + lane], w[_KEPT + _3 + lane]
        N12, ra, rb = w[_KEPT + _4 + lane], N23, -N14
        by_a, by_b = 0.5 * (G23 - G12 * rb) / ra, -0.5 * (G14 + G12 * ra) / rb
        by_q = 2.0 * G34 * N13 - G13 * N12
        by_rho = -(G14 * N14 + G23 * N23 + G13 * N13 + 2.0 * G12 * N12)
        _chain(lane, layer, 0.0 * N12, by_a, by_b, by_q, by_rho, w)
        sums[lane], sums[LANES + lane] = w[_SUMS + lane], w[_SUMS + LANES + lane]
    copy(raw, (water + start) * 4 * LANES, w, _OUT, 4 * lanes)


@compiled(**BRIEF)
def _down(lane, step, ratio, layer, H, a, b, CA, SA, DA, CB, SB, DB, w):
    """One lane of one layer of :func:`sweep_down`."""
    factor = w[_KEPT + _5 + lane]
    G34, G14, G23 = w[_BY + lane] * factor, w[_BY + LANES + lane] * factor, w[_BY + _2 + lane] * factor
    G13, G12 = w[_BY + _3 + lane] * factor, w[_BY + _4 + lane] * factor
    N34, N14, N23 = w[_KEPT + lane], w[_KEPT + LANES + lane], w[_KEPT + _2 + lane]
    N13, N12 = w[_KEPT + _3 + lane], w[_KEPT + _4 + lane]
    by_q = 2.0 * G34 * N13 - G13 * N12
    by_rho = -(G14 * N14 + G23 * N23 + G13 * N13 + 2.0 * G12 * N12)
    V11, V12, V21, V22 = -N34, N14, -N23, N34 + 2.0 * N13 - N12
    g11, g12, g21, g22 = G13 + G12 - G34, G14, -G23, -G12
    gY = G13 + 2.0 * G12
    by_H = g11 * (V21 + V12) + g12 * (V22 + b * V11) + g21 * (a * V11 + V22) + g22 * (a * V12 + b * V21)
    aSA, bSB = a * SA, b * SB
    # the minors at the bottom, from the layer below
    under = w[_KEPT + _BELOW + _5 + lane]
    delta = step * w[_SIC2 + lane]
    N34, N14, N23, N13, N12 = _interface(
        w[_KEPT + _BELOW + lane] * under,
        w[_KEPT + _BELOW + LANES + lane] * under,
        w[_KEPT + _BELOW + _2 + lane] * under,
        w[_KEPT + _BELOW + _3 + lane] * under,
        w[_KEPT + _BELOW + _4 + lane] * under,
        delta,
        ratio,
    )
    X11, X12, X21, X22 = -N34, N14, -N23, N34 + 2.0 * N13 - N12
    # ∂P/∂x = [[HS/2, -D], [-(S + HC)/2, HS/2]], with P on the other side of X
    half, low = H * SA, SA + H * CA
    u11, u12 = CB * X11 - SB * X12, CB * X12 - bSB * X11
    u21, u22 = CB * X21 - SB * X22, CB * X22 - bSB * X21
    by_a = g11 * (half * u11 - 2.0 * DA * u21) + g12 * (half * u12 - 2.0 * DA * u22)
    by_a += g21 * (half * u21 - low * u11) + g22 * (half * u22 - low * u12)
    half, low = H * SB, SB + H * CB
    u11, u12 = CA * X11 - SA * X21, CA * X12 - SA * X22
    u21, u22 = CA * X21 - aSA * X11, CA * X22 - aSA * X12
    by_b = g11 * (half * u11 - 2.0 * DB * u12) + g21 * (half * u21 - 2.0 * DB * u22)
    by_b += g12 * (half * u12 - low * u11) + g22 * (half * u22 - low * u21)
    # to the bottom of the layer: X → PᵀXP for covectors
    u11, u12 = CA * g11 - aSA * g21, CA * g12 - aSA * g22
    u21, u22 = CA * g21 - SA * g11, CA * g22 - SA * g12
    g11, g12 = CB * u11 - bSB * u12, CB * u12 - SB * u11
    g21, g22 = CB * u21 - bSB * u22, CB * u22 - SB * u21
    G34, G14, G23, G13, G12 = g22 + gY - g11, g12, -g21, 2.0 * g22 + gY, -g22
    by_q += G13 * N12 - 2.0 * G34 * N13
    by_rho += G14 * N14 + G23 * N23 + G13 * N13 + 2.0 * G12 * N12
    w[_BY + lane], w[_BY + LANES + lane], w[_BY + _2 + lane] = G34, ratio * G14, ratio * G23
    w[_BY + _3 + lane] = ratio * G13 - 2.0 * delta * G34
    w[_BY + _4 + lane] = ratio * ratio * G12 + ratio * delta * G13 - delta * delta * G34
    _chain(lane, layer, -by_H, 0.5 * by_a, 0.5 * by_b, by_q, by_rho, w)


@compiled(**BRIEF)
def _chain(lane, layer, by_H, by_a, by_b, by_q, by_rho, w):
    """From (H, a, b, q, ρ) of a layer to (thickness, vp, vs, ρ), ∂/∂c and ∂/∂ω; ``by_q``, ``by_rho`` come times ρ."""
    cube_a, cube_b, A, B, stiffness, density, per_density, beta, thickness = layer
    iv, c2 = w[_SI + lane], w[_SC2 + lane]
    k = w[_SK + lane]
    by_q = by_q * (2.0 * per_density * (iv * iv))
    w[_OUT + lane] = by_H * k
    w[_OUT + LANES + lane] = by_a * (2.0 * c2 * cube_a)
    w[_OUT + _2 + lane] = by_b * (2.0 * c2 * cube_b) + by_q * (2.0 * density * beta)
    w[_OUT + _3 + lane] = by_rho * per_density + by_q * (beta * beta)
    w[_SUMS + lane] -= (
        2.0 * c2 * iv * (by_a * A + by_b * B) + (by_q * (2.0 * stiffness) + by_H * k * thickness) * iv
    )
    w[_SUMS + LANES + lane] += by_H * (thickness * iv)
