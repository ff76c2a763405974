"""How many modes are slower than c: the Wittrick-Williams count from layer stiffness matrices.

At fixed k the number of modes with frequency below omega is the number of negative eigenvalues of the stiffness matrix of
the whole stack plus the clamped modes of its pieces (Wittrick & Williams, 1971). Each layer starts as a sliver so thin
that it has no clamped mode and its stiffness follows from a short Taylor series of exp(A x); the sliver is joined to
itself until the layer is whole, counting the negative eigenvalues of each joint (the precise integration of Gao, Zhong &
Howson, 2004). Nothing is shared with `secular` but the matrix A. The count changes by +1 in c where the group velocity is
positive, by -1 where it is negative.
"""

import math

import numpy as np
from numba import njit

from .secular import count_water, halfspace_solutions, multiply, system_matrix, wave_pair


@njit
def inverse(m):
    """Inverse of a 2x2 matrix."""
    out = np.empty((2, 2))
    d = m[0, 0] * m[1, 1] - m[0, 1] * m[1, 0]
    out[0, 0], out[1, 1] = m[1, 1] / d, m[0, 0] / d
    out[0, 1], out[1, 0] = -m[0, 1] / d, -m[1, 0] / d
    return out


@njit
def dot(a, b):
    """Product of two 2x2 matrices."""
    out = np.empty((2, 2))
    for i in range(2):
        for j in range(2):
            out[i, j] = a[i, 0] * b[0, j] + a[i, 1] * b[1, j]
    return out


@njit
def negatives(m):
    """Number of negative eigenvalues of a symmetric 2x2 matrix."""
    d = m[0, 0] * m[1, 1] - m[0, 1] * m[1, 0]
    if d < 0.0:
        return 1
    return 2 if m[0, 0] + m[1, 1] < 0.0 else 0


@njit
def sliver_stiffness(a, x):
    """Stiffness blocks (top-top, top-bottom, bottom-bottom) of a thin layer from the Taylor series of exp(A x)."""
    p = np.eye(4)
    term = np.eye(4)
    longer = np.empty((4, 4))
    for order in range(1, 15):
        multiply(term, a, longer)
        for i in range(4):
            for j in range(4):
                term[i, j] = longer[i, j] * x / order
                p[i, j] += term[i, j]
    p12 = inverse(p[:2, 2:])
    return dot(p12, p[:2, :2]), -p12, dot(p[2:, 2:], p12)


@njit
def layer_stiffness(c, x, vp, vs, rho, unit):
    """Stiffness blocks of a layer of thickness x = k h and the number of its clamped modes below omega."""
    fastest = math.sqrt(max(1.0, (c / vs) ** 2))
    halvings = max(0, math.ceil(math.log2(fastest * x / 0.2)))
    own = rho * vs * vs
    a = np.empty((4, 4))
    system_matrix(c, vp, vs, rho, own, a)
    top, off, bottom = sliver_stiffness(a, x / 2.0**halvings)
    count = 0
    for _ in range(halvings):
        joint = bottom + top
        count = 2 * count + negatives(joint)
        solve = inverse(joint)
        half = dot(off, solve)
        top = top - dot(half, off.T)
        bottom = bottom - dot(dot(off.T, solve), off)
        off = -dot(half, off)
        top[0, 1] = top[1, 0] = 0.5 * (top[0, 1] + top[1, 0])
        bottom[0, 1] = bottom[1, 0] = 0.5 * (bottom[0, 1] + bottom[1, 0])
    scale = own / unit
    return top * scale, off * scale, bottom * scale, count


@njit
def water_impedance(c, k, h, vp, rho, water, unit):
    """Normal stiffness of the water at the sea floor, and the number of its modes below omega with the floor clamped.

    With the floor clamped p' = 0 there and p = 0 on top: the number of such modes below omega is the number of zeros of p'
    strictly inside the column (Sturm), found from the Pruefer angle of (p', p) layer by layer.
    """
    y1, y2 = 1.0, 0.0
    zeros = 0
    for i in range(water):
        a = 1.0 - (c / vp[i]) ** 2
        x = k * h[i]
        ch, sh, _ = wave_pair(a, x)
        r = rho[i] * c * c / unit
        if a < 0.0:
            # y1 = A cos(s z + phase): y1' = -a/r y2 so y1'/s = s y2 / r
            s = math.sqrt(-a)
            phase = math.atan2(-s * y2 / r, y1)
            zeros += math.floor((phase + s * x) / math.pi + 0.5) - math.floor(phase / math.pi + 0.5)
            y1, y2 = ch * y1 - a * sh / r * y2, -r * sh * y1 + ch * y2
        else:
            n1, n2 = ch * y1 - a * sh / r * y2, -r * sh * y1 + ch * y2
            if n1 * y1 < 0.0:
                zeros += 1
            y1, y2 = n1, n2
        size = math.hypot(y1, y2)
        y1 /= size
        y2 /= size
    # The water loads the solid with r4 = (y2/y1) r2; its stiffness is the outward traction +r4 at its lower face.
    return y2 / y1, zeros


@njit
def rayleigh_count(c, omega, h, vp, vs, rho):
    """Number of P-SV modes with frequency below omega at k = omega/c (c below vs of the half-space)."""
    n = h.shape[0]
    water = count_water(vs)
    k = omega / c
    unit = rho[water] * vs[water] ** 2
    f = halfspace_solutions(c, vp[n - 1], vs[n - 1], rho[n - 1], unit)
    s = -dot(f[2:], inverse(f[:2]))
    s[0, 1] = s[1, 0] = 0.5 * (s[0, 1] + s[1, 0])
    count = 0
    for i in range(n - 2, water - 1, -1):
        top, off, bottom, clamped = layer_stiffness(c, k * h[i], vp[i], vs[i], rho[i], unit)
        joint = bottom + s
        count += clamped + negatives(joint)
        s = top - dot(dot(off, inverse(joint)), off.T)
        s[0, 1] = s[1, 0] = 0.5 * (s[0, 1] + s[1, 0])
    if water > 0:
        stiffness, zeros = water_impedance(c, k, h, vp, rho, water, unit)
        s[1, 1] += stiffness
        count += zeros
    return count + negatives(s)


@njit
def love_count(c, omega, h, vp, vs, rho):
    """Number of SH modes slower than c: the zeros of the shear stress below the surface (Sturm's oscillation theorem).

    Going up from the half-space (l1, l2) turns one way; each zero of l1 passed on the way is a node, and one more mode is
    counted where the surface stress has turned past zero after the last node.
    """
    n = h.shape[0]
    water = count_water(vs)
    k = omega / c
    l1 = 1.0
    l2 = -rho[n - 1] * vs[n - 1] ** 2 * math.sqrt(max(1.0 - (c / vs[n - 1]) ** 2, 0.0))
    nodes = 0
    for i in range(n - 2, water - 1, -1):
        q = 1.0 - (c / vs[i]) ** 2
        mu = rho[i] * vs[i] ** 2
        x = k * h[i]
        ch, sh, _ = wave_pair(q, x)
        n1, n2 = ch * l1 - sh / mu * l2, -q * mu * sh * l1 + ch * l2
        if q < 0.0:
            # upwards in y: l1 = A cos(s y + phase), dl1/dy = -l2/mu
            s = math.sqrt(-q)
            phase = math.atan2(l2 / (mu * s), l1)
            nodes += math.floor((phase + s * x) / math.pi + 0.5) - math.floor(phase / math.pi + 0.5)
        elif n1 * l1 < 0.0:
            nodes += 1
        size = math.hypot(n1, n2)
        l1, l2 = n1 / size, n2 / size
    return nodes + (1 if l1 * l2 > 0.0 else 0)
