"""P and SV waves of one wavenumber below a horizontal force at the surface, and below a vertical one.

With the time factor exp(iωt) and z downwards, U and W stand for the horizontal and the vertical displacement (the first
times i), S and N for the shear and the normal traction on a horizontal plane. Then, with σ = λ + 2μ,

    U' = S/μ + kW,                              S' = (4kkμ(λ + μ)/σ − ρωω) U + (kλ/σ) N,
    W' = (N − λkU)/σ,                           N' = −ρωω W − kS.

Two solutions satisfy (U₁S₂ + W₁N₂ − S₁U₂ − N₁W₂)' = 0. One that belongs to a unit traction at the surface thus tells
what the surface does over *any* source below: a moment tensor at depth z moves the surface by its product with the
strain which the surface force makes at z. So one way down serves every depth, and one way up before it finds what
the ground reflects. Waves are carried only where they decay: nothing grows.

In a layer P waves go down and up as (U, W) = (k, ±νp) exp(∓νp z) and SV waves as (±νs, k) exp(∓νs z), where
νν = kk − ωω/vv and Re ν > 0.

Source:
    Kennett (1983), Seismic wave propagation in stratified media, ch. 2-7; Aki & Richards (2002), ch. 7.
"""

import numpy as np
from numba import njit

from seisgrad.source.layered.options import INNER, OPTIONS

#: What is kept of a layer on the way up: νp, νs, exp(−νp h), exp(−νs h), the reflection from below as seen at the
#: bottom of the layer, and the matrix from displacement at the top of the layer to waves that go down.
_KEPT = 12


@njit(**INNER)
def _inverse(a, b, c, d):
    scale = 1.0 / (a * d - b * c)
    return d * scale, -b * scale, -c * scale, a * scale


@njit(**INNER)
def _times(a, b, c, d, e, f, g, h):
    return a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h


@njit(**INNER)
def _upwards(k, thickness, slow_p, slow_s, mu, kept):
    """Fill ``kept`` from the half-space to the surface and return the ratio of traction to displacement there."""
    z11 = z12 = z21 = z22 = 0.0j
    for n in range(len(mu) - 1, -1, -1):
        nu_p, nu_s = np.sqrt(k * k - slow_p[n]), np.sqrt(k * k - slow_s[n])
        shear = mu[n] * (2.0 * k * k - slow_s[n])
        tp, ts = 2.0 * k * mu[n] * nu_p, 2.0 * k * mu[n] * nu_s
        r11 = r12 = r21 = r22 = 0.0j
        e_p = e_s = 0.0j
        if n < len(mu) - 1:
            # waves that come back up: tractions and displacements fit the ratio below
            ru = _inverse(
                tp - z11 * k + z12 * nu_p,
                -shear + z11 * nu_s - z12 * k,
                -shear - z21 * k + z22 * nu_p,
                ts + z21 * nu_s - z22 * k,
            )
            r11, r12, r21, r22 = _times(
                *ru,
                z11 * k + z12 * nu_p + tp,
                z11 * nu_s + z12 * k + shear,
                z21 * k + z22 * nu_p + shear,
                z21 * nu_s + z22 * k + ts,
            )
            e_p, e_s = np.exp(-nu_p * thickness[n]), np.exp(-nu_s * thickness[n])
        t11, t12, t21, t22 = r11 * e_p * e_p, r12 * e_p * e_s, r21 * e_s * e_p, r22 * e_s * e_s
        down = _inverse(
            k + k * t11 - nu_s * t21,
            nu_s + k * t12 - nu_s * t22,
            nu_p - nu_p * t11 + k * t21,
            k - nu_p * t12 + k * t22,
        )
        z11, z12, z21, z22 = _times(
            -tp + tp * t11 - shear * t21,
            -shear + tp * t12 - shear * t22,
            -shear - shear * t11 + ts * t21,
            -ts - shear * t12 + ts * t22,
            *down,
        )
        row = kept[n]
        row[0], row[1], row[2], row[3] = nu_p, nu_s, e_p, e_s
        row[4], row[5], row[6], row[7] = r11, r12, r21, r22
        row[8], row[9], row[10], row[11] = down
    return z11, z12, z21, z22


@njit(**INNER)
def _above(k, slow_s, mu, kept):
    """The ratio of traction to displacement of waves that go up, in the ground of the first layer."""
    nu_p, nu_s = kept[0, 0], kept[0, 1]
    shear = mu * (2.0 * k * k - slow_s)
    tp, ts = 2.0 * k * mu * nu_p, 2.0 * k * mu * nu_s
    return _times(tp, -shear, -shear, ts, *_inverse(k + 0.0j, -nu_s, -nu_p, k + 0.0j))


@njit(**OPTIONS, cache=True)
def strains(wavenumbers, thickness, slow_p, slow_s, mu, depths, layers, most, free, out):
    """Strains at every depth for a number of wavenumbers.

    Args:
        wavenumbers: k, rad/km.
        thickness: km; that of the half-space is not looked at.
        slow_p, slow_s: (ω/v)², complex, ``[layer]``.
        mu: complex, ``[layer]``.
        depths: below the top of their layer, km, from the shallowest to the deepest.
        layers: which layer each lies in.
        most: nepers that SV waves may lose on their way down; deeper strains are left zero.
        free: whether the surface is free; the ground goes on above it as in the first layer where not.
        out: filled with ``[2 x 3, wavenumber, depth]``: for the vertical and the horizontal displacement at the
            surface the divergence kU + W', the stretch kU and the shear S/μ.
    """
    kept = np.empty((len(mu), _KEPT), np.complex128)
    for i in range(len(wavenumbers)):
        k = wavenumbers[i]
        z11, z12, z21, z22 = _upwards(k, thickness, slow_p, slow_s, mu, kept)
        if not free:
            a11, a12, a21, a22 = _above(k, slow_s[0], mu[0], kept)
            z11, z12, z21, z22 = z11 - a11, z12 - a12, z21 - a21, z22 - a22
        q = _inverse(z11, z12, z21, z22)
        for j in range(2):
            # the first answer is that to a vertical force
            _downwards(
                k, 3 * j, i, q[1 - j], q[3 - j], thickness, slow_p, slow_s, kept, depths, layers, most, out
            )


@njit(**INNER)
def _downwards(k, at, i, u, w, thickness, slow_p, slow_s, kept, depths, layers, most, out):
    """Carry the displacement (u, w) of the surface down and write the strains until nothing is left of them."""
    source, lost, last = 0, 0.0, len(thickness) - 1
    out[at : at + 3, i] = 0.0
    for n in range(layers[-1] + 1):
        row = kept[n]
        nu_p, nu_s, e_p, e_s = row[0], row[1], row[2], row[3]
        d_p, d_s = row[8] * u + row[9] * w, row[10] * u + row[11] * w
        b_p, b_s = e_p * d_p, e_s * d_s
        u_p, u_s = row[4] * b_p + row[5] * b_s, row[6] * b_p + row[7] * b_s
        double, shear = 2.0 * k * nu_p, 2.0 * k * k - slow_s[n]
        while source < len(depths) and layers[source] == n:
            x = depths[source]
            if lost + nu_s.real * x > most:
                return
            dp, ds, up, us = d_p * np.exp(-nu_p * x), d_s * np.exp(-nu_s * x), 0.0j, 0.0j
            if n < last:
                rest = thickness[n] - x
                up, us = u_p * np.exp(-nu_p * rest), u_s * np.exp(-nu_s * rest)
            out[at, i, source] = slow_p[n] * (dp + up)
            out[at + 1, i, source] = k * (k * (dp + up) + nu_s * (ds - us))
            out[at + 2, i, source] = -double * (dp - up) - shear * (ds + us)
            source += 1
        u = k * (b_p + u_p) + nu_s * (b_s - u_s)
        w = nu_p * (b_p - u_p) + k * (b_s + u_s)
        lost += nu_s.real * thickness[n]
