"""How many modes are slower than c: the Wittrick-Williams count from layer stiffness matrices.

At fixed k the number of modes with frequency below omega is the number of negative eigenvalues of the
stiffness matrix of the whole stack plus the clamped modes of its pieces (Wittrick & Williams 1971). Each
layer starts as a sliver so thin that it has no clamped mode and its stiffness follows from a short Taylor
series of exp(A x); the sliver is joined to itself until the layer is whole, counting the negative eigenvalues
of each joint (the precise integration of Gao, Zhong & Howson 2004). Nothing is shared with `secular` but the
matrix A. The count changes by +1 in c where the group velocity is positive, by -1 where it is negative.
"""

import math

from .blocks import IDENTITY, add, dot, inverse, negatives, scale, symmetric, transpose
from .compiled import compiled
from .secular import count_water, wave_pair


@compiled
def elastic_blocks(c, vp, vs, rho):
    """A in the order (r1, r2 | r3, r4) as blocks (displacement, stress), stress in k mu."""
    ratio = (vs / vp) ** 2
    inertia = (c / vs) ** 2
    lam = 1.0 - 2.0 * ratio
    uu = (0.0, 1.0, -lam, 0.0)
    us = (1.0, 0.0, 0.0, ratio)
    su = (4.0 * (1.0 - ratio) - inertia, 0.0, 0.0, -inertia)
    ss = (0.0, lam, -1.0, 0.0)
    return uu, us, su, ss


@compiled
def sliver_stiffness(blocks, x):
    """Stiffness blocks (top-top, top-bottom, bottom-bottom) of a thin layer by the Taylor series of exp(A x)."""
    uu, us, su, ss = blocks
    zero = (0.0, 0.0, 0.0, 0.0)
    p11, p12, p21, p22 = IDENTITY, zero, zero, IDENTITY
    t11, t12, t21, t22 = p11, p12, p21, p22
    for order in range(1, 15):
        factor = x / order
        n11 = scale(factor, add(dot(t11, uu), dot(t12, su)))
        n12 = scale(factor, add(dot(t11, us), dot(t12, ss)))
        n21 = scale(factor, add(dot(t21, uu), dot(t22, su)))
        n22 = scale(factor, add(dot(t21, us), dot(t22, ss)))
        t11, t12, t21, t22 = n11, n12, n21, n22
        p11, p12, p21, p22 = add(p11, t11), add(p12, t12), add(p21, t21), add(p22, t22)
    solve = inverse(p12)
    # bottom displacement = p11 top + p12 stress; the outward traction is -stress on top and +stress below
    return symmetric(dot(solve, p11)), scale(-1.0, solve), symmetric(dot(p22, solve))


@compiled
def layer_stiffness(c, x, vp, vs, rho, unit):
    """Stiffness blocks of a layer of thickness x = k h and the number of its clamped modes below omega."""
    fastest = math.sqrt(max(1.0, (c / vs) ** 2))
    halvings = max(0, math.ceil(math.log2(fastest * x / 0.2)))
    top, off, bottom = sliver_stiffness(elastic_blocks(c, vp, vs, rho), x / 2.0**halvings)
    count = 0
    for _ in range(halvings):
        joint = add(bottom, top)
        count = 2 * count + negatives(joint)
        solve = inverse(joint)
        half = dot(off, solve)
        top = symmetric(add(top, scale(-1.0, dot(half, transpose(off)))))
        bottom = symmetric(add(bottom, scale(-1.0, dot(dot(transpose(off), solve), off))))
        off = scale(-1.0, dot(half, off))
    own = rho * vs * vs / unit
    return scale(own, top), scale(own, off), scale(own, bottom), count


@compiled
def halfspace_stiffness(c, vp, vs, rho, unit):
    """Stiffness -stress/displacement of the decaying solutions of a half-space, c <= vs."""
    mu = rho * vs * vs / unit
    p = math.sqrt(max(1.0 - (c / vp) ** 2, 0.0))
    s = math.sqrt(max(1.0 - (c / vs) ** 2, 0.0))
    t = 2.0 - (c / vs) ** 2
    displacement = (1.0, s, p, 1.0)
    stress = (-2.0 * p, -t, -t, -2.0 * s)
    return symmetric(scale(-mu, dot(stress, inverse(displacement))))


@compiled
def water_impedance(c, k, h, vp, rho, water, unit):
    """Normal stiffness of the water at the sea floor; number of its modes below omega with the floor clamped.

    With the floor clamped p' = 0 there and p = 0 on top: the number of such modes below omega is the number
    of zeros of p' strictly inside the column (Sturm), found from the Pruefer angle of (p', p) layer by layer.
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
    # the water loads the solid with r4 = (y2/y1) r2: the outward traction +r4 at its lower face
    return y2 / y1, zeros


@compiled
def rayleigh_count(c, omega, h, vp, vs, rho):
    """Number of P-SV modes with frequency below omega at k = omega/c (c below vs of the half-space)."""
    n = h.shape[0]
    water = count_water(vs)
    k = omega / c
    unit = rho[water] * vs[water] ** 2
    s = halfspace_stiffness(c, vp[n - 1], vs[n - 1], rho[n - 1], unit)
    count = 0
    for i in range(n - 2, water - 1, -1):
        top, off, bottom, clamped = layer_stiffness(c, k * h[i], vp[i], vs[i], rho[i], unit)
        joint = add(bottom, s)
        count += clamped + negatives(joint)
        s = symmetric(add(top, scale(-1.0, dot(dot(off, inverse(joint)), transpose(off)))))
    if water > 0:
        stiffness, zeros = water_impedance(c, k, h, vp, rho, water, unit)
        s = (s[0], s[1], s[2], s[3] + stiffness)
        count += zeros
    return count + negatives(s)


@compiled
def love_count(c, omega, h, vp, vs, rho):
    """Number of SH modes slower than c, by Sturm's oscillation theorem.

    Going up from the half-space (l1, l2) turns one way; each zero of l1 passed on the way is a node, and one
    more mode is counted where the surface stress has turned past zero after the last node.
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
