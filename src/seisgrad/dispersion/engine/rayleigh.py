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

# rows of the work array of `secular`
_N34, _N14, _N23, _N13, _N12, _C2, _IC2, _K, _COUNT = range(0, 9 * LANES, LANES)
_H, _A, _B, _YA, _YB, _EA, _GA, _EB, _GB, _IN = range(9 * LANES, 19 * LANES, LANES)
ROWS = 19


@njit(**INNER)
def _interface(N34, N14, N23, N13, N12, delta, ratio):
    """From the form of the layer below to that of the layer above.

    ``delta`` is (q_above - q_below)/ρ_below, ``ratio`` is ρ_above/ρ_below.
    """
    shifted = N13 + delta * N12
    return N34 - delta * (N13 + shifted), N14 * ratio, N23 * ratio, shifted * ratio, N12 * (ratio * ratio)


@njit(**INNER)
def _across(N34, N14, N23, N13, N12, CA, SA, aSA, CB, SB, bSB):
    """Carry the minors from the bottom of a layer to its top."""
    X11, X12, X21, X22 = -N34, N14, -N23, N34 + 2.0 * N13 - N12
    Y = N34 + N13
    U11, U12 = CA * X11 - SA * X21, CA * X12 - SA * X22
    U21, U22 = CA * X21 - aSA * X11, CA * X22 - aSA * X12
    V11, V12 = CB * U11 - SB * U12, CB * U12 - bSB * U11
    V21, V22 = CB * U21 - SB * U22, CB * U22 - bSB * U21
    return -V11, V12, -V21, Y + V11, 2.0 * Y + V11 - V22


@njit(**INNER)
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
        w[_N13 + lane], w[_N12 + lane] = 1.0, 1.0 - ra * rb
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
            _thick_layer(halvings(y_max), counting, thickness, A, B, step, ratio, w)
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


@njit(**MERGED)
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


@njit(**MERGED)
def _thick_layer(n, counting, thickness, A, B, step, ratio, w):
    quarter, half = 0.25**n, 0.5**n
    for lane in range(LANES):
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
            _count_inside(w)
        _double(w)
    for lane in range(LANES):
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


@njit(**MERGED)
def _count_inside(w):
    """The count of clamped modes of a layer from that of its half.

    By symmetry the stiffness of the node between the halves is diagonal, twice that of one half: its elements' signs
    are those of (C_a S_b - a S_a C_b)/D and (S_a C_b - b C_a S_b)/D. A layer in which S is evanescent (b > 0) has none.
    """
    for lane in range(LANES):
        H, a, b = w[_H + lane], w[_A + lane], w[_B + lane]
        ya, yb = w[_YA + lane], w[_YB + lane]
        CA, SA = 1.0 + ya * w[_EA + lane], H * (1.0 + ya * w[_GA + lane])
        CB, SB = 1.0 + yb * w[_EB + lane], H * (1.0 + yb * w[_GB + lane])
        D = 2.0 - 2.0 * CA * CB + (1.0 + a * b) * SA * SB
        first, second = (CA * SB - a * SA * CB) * D, (SA * CB - b * CA * SB) * D
        joined = (1.0 if first < 0.0 else 0.0) + (1.0 if second < 0.0 else 0.0)
        w[_IN + lane] = (2.0 * w[_IN + lane] + joined) if b < 0.0 else 0.0


@njit(**MERGED)
def _double(w):
    """The functions of a layer from those of its half."""
    for lane in range(LANES):
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
_SH, _SC2, _SIC2, _SK, _SA = range(0, 5 * LANES, LANES)
_SB = _SA + FUNCTION_ROWS * LANES
_2, _3, _4, _5 = range(2 * LANES, 6 * LANES, LANES)
SWEEP_ROWS = 4 + 2 * FUNCTION_ROWS


@njit(**INNER)
def sweep_up(start, h, ia2, ib2, mu, rho, omega, c, w, kept, minors):
    """Keep the minors at the top of every layer (form of that layer), for ``LANES`` pairs (omega, c); real or complex.

    ``kept`` is layers x 6 x lanes, flat. ``minors[:, lane]`` receives the true minors m34, m14, m23, m13, m12
    at the solid's top.
    """
    one = omega[0] * 0.0 + 1.0
    for lane in range(LANES):
        c2 = c[lane] * c[lane]
        w[_SC2 + lane], w[_SIC2 + lane] = c2, 1.0 / c2
        w[_SK + lane] = omega[lane] / c[lane]
        ra, rb = np.sqrt(1.0 - c2 * ia2[start]), np.sqrt(1.0 - c2 * ib2[start])
        at = start * KEPT * LANES + lane
        kept[at], kept[at + LANES], kept[at + _2] = -one, -rb, ra
        kept[at + _3], kept[at + _4], kept[at + _5] = one, 1.0 - ra * rb, one
    for i in range(start - 1, -1, -1):
        _functions(w, h[i], ia2[i], ib2[i])
        base, below = i * KEPT * LANES, (i + 1) * KEPT * LANES
        step, ratio = 2.0 * (mu[i] - mu[i + 1]) / rho[i + 1], rho[i] / rho[i + 1]
        largest = 0.0
        for lane in range(LANES):
            factor = kept[below + _5 + lane]
            N34, N14, N23, N13, N12 = _interface(
                kept[below + lane] * factor,
                kept[below + LANES + lane] * factor,
                kept[below + _2 + lane] * factor,
                kept[below + _3 + lane] * factor,
                kept[below + _4 + lane] * factor,
                step * w[_SIC2 + lane],
                ratio,
            )
            CA, SA = w[_SA + C_ + lane], w[_SA + S_ + lane]
            CB, SB = w[_SB + C_ + lane], w[_SB + S_ + lane]
            aSA, bSB = w[_SA + lane] * SA, w[_SB + lane] * SB
            N34, N14, N23, N13, N12 = _across(N34, N14, N23, N13, N12, CA, SA, aSA, CB, SB, bSB)
            kept[base + lane], kept[base + LANES + lane], kept[base + _2 + lane] = N34, N14, N23
            kept[base + _3 + lane], kept[base + _4 + lane] = N13, N12
            kept[base + _5 + lane] = one
            largest = max(largest, abs(N34.real))
        if largest > 1e50:
            for lane in range(LANES):
                at = base + lane
                size = abs(kept[at]) + abs(kept[at + LANES]) + abs(kept[at + _2])
                kept[at + _5] = 1.0 / (size + abs(kept[at + _3]) + abs(kept[at + _4]))
    for lane in range(LANES):
        kept[_5 + lane] = one
        q = 2.0 * mu[0] * w[_SIC2 + lane]
        n13, n12 = kept[_3 + lane] / rho[0], kept[_4 + lane] / (rho[0] * rho[0])
        minors[0, lane] = kept[lane] + 2.0 * q * n13 - q * q * n12
        minors[1, lane], minors[2, lane] = kept[LANES + lane] / rho[0], kept[_2 + lane] / rho[0]
        minors[3, lane], minors[4, lane] = n13 - q * n12, n12


@njit(**INNER)
def sweep_down(start, h, ia2, ib2, mu, rho, w, kept, top, grad):
    """Carry the covector ``top`` down through the layers.

    It is ∂/∂(m34, m14, m23, m13, m12) at the solid's top, rows x lanes, flat. Needs ``w`` and ``kept`` as
    :func:`sweep_up` left them. Fills ``grad[i, :, lane]`` with the derivatives with respect to H, a, b,
    q = 2μ/c² and ρ of layer i (each with the others held). ``top`` is overwritten.
    """
    for lane in range(LANES):
        q = 2.0 * mu[0] * w[_SIC2 + lane]
        g34, g13, g12 = top[lane], top[_3 + lane], top[_4 + lane]
        top[LANES + lane] /= rho[0]
        top[_2 + lane] /= rho[0]
        top[_3 + lane] = (g13 + 2.0 * q * g34) / rho[0]
        top[_4 + lane] = (g12 - q * g13 - q * q * g34) / (rho[0] * rho[0])
    for i in range(start):
        _functions(w, h[i], ia2[i], ib2[i])
        base, below = i * KEPT * LANES, (i + 1) * KEPT * LANES
        step, ratio, density = 2.0 * (mu[i] - mu[i + 1]) / rho[i + 1], rho[i] / rho[i + 1], 1.0 / rho[i]
        for lane in range(LANES):
            factor = kept[base + _5 + lane]
            G34, G14, G23 = top[lane] * factor, top[LANES + lane] * factor, top[_2 + lane] * factor
            G13, G12 = top[_3 + lane] * factor, top[_4 + lane] * factor
            N34, N14, N23 = kept[base + lane], kept[base + LANES + lane], kept[base + _2 + lane]
            N13, N12 = kept[base + _3 + lane], kept[base + _4 + lane]
            by_q = 2.0 * G34 * N13 - G13 * N12
            by_rho = -(G14 * N14 + G23 * N23 + G13 * N13 + 2.0 * G12 * N12)
            V11, V12, V21, V22 = -N34, N14, -N23, N34 + 2.0 * N13 - N12
            g11, g12, g21, g22 = G13 + G12 - G34, G14, -G23, -G12
            gY = G13 + 2.0 * G12
            H, a, b = w[_SH + lane], w[_SA + lane], w[_SB + lane]
            CA, SA, DA = (
                w[_SA + C_ + lane],
                w[_SA + S_ + lane],
                w[_SA + D_ + lane],
            )
            CB, SB, DB = (
                w[_SB + C_ + lane],
                w[_SB + S_ + lane],
                w[_SB + D_ + lane],
            )
            by_H = (
                g11 * (V21 + V12) + g12 * (V22 + b * V11) + g21 * (a * V11 + V22) + g22 * (a * V12 + b * V21)
            )
            aSA, bSB = a * SA, b * SB
            # the minors at the bottom, from the layer below
            under = kept[below + _5 + lane]
            delta = step * w[_SIC2 + lane]
            N34, N14, N23, N13, N12 = _interface(
                kept[below + lane] * under,
                kept[below + LANES + lane] * under,
                kept[below + _2 + lane] * under,
                kept[below + _3 + lane] * under,
                kept[below + _4 + lane] * under,
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
            grad[i, 0, lane] = -by_H
            grad[i, 1, lane], grad[i, 2, lane] = 0.5 * by_a, 0.5 * by_b
            grad[i, 3, lane], grad[i, 4, lane] = by_q * density, by_rho * density
            top[lane], top[LANES + lane], top[_2 + lane] = G34, ratio * G14, ratio * G23
            top[_3 + lane] = ratio * G13 - 2.0 * delta * G34
            top[_4 + lane] = ratio * ratio * G12 + ratio * delta * G13 - delta * delta * G34
    base, density = start * KEPT * LANES, 1.0 / rho[start]
    for lane in range(LANES):
        G34, G14, G23 = top[lane], top[LANES + lane], top[_2 + lane]
        G13, G12 = top[_3 + lane], top[_4 + lane]
        N14, N23, N13 = (
            kept[base + LANES + lane],
            kept[base + _2 + lane],
            kept[base + _3 + lane],
        )
        N12, ra, rb = kept[base + _4 + lane], N23, -N14
        grad[start, 0, lane] = 0.0
        grad[start, 1, lane], grad[start, 2, lane] = 0.5 * (G23 - G12 * rb) / ra, -0.5 * (G14 + G12 * ra) / rb
        grad[start, 3, lane] = (2.0 * G34 * N13 - G13 * N12) * density
        grad[start, 4, lane] = -(G14 * N14 + G23 * N23 + G13 * N13 + 2.0 * G12 * N12) * density


@njit(**MERGED)
def _functions(w, thickness, ia2, ib2):
    for lane in range(LANES):
        w[_SH + lane] = thickness * w[_SK + lane]
    layer_functions(w, _SA, _SH, _SC2, ia2)
    layer_functions(w, _SB, _SH, _SC2, ib2)
