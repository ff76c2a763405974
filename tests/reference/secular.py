"""Secular functions of a layered half-space, one trial phase velocity at a time.

Rayleigh. The motion-stress vector (r1, r2, r3, r4) of Aki & Richards (2002, eq. 7.28), u_x = r1, u_z = i
r2, tau_zx = r3, tau_zz = i r4, is ordered here as f = (r1, r4 | r2, r3), because then df/dz = A f couples the
halves only to each other: A = [[0, B], [C, 0]] with 2x2 blocks. With depth measured in 1/k and stress in k *
unit it depends on c alone. A^2 = [[B C, 0], [0, C B]] has the two double eigenvalues a = 1 - c^2/vp^2 and b =
1 - c^2/vs^2, so the propagator is

    exp(A x) = U + V,   U = Pa (cosh(sqrt(a) x) + A sinh(sqrt(a) x)/sqrt(a)),   V the same with b,

with the projectors Pa = (A^2 - b)/(a - b) and Pb = 1 - Pa onto the P and the S solutions (Sylvester's
formula). Two solutions f, g are carried together as the antisymmetric matrix of their minors Y_ij = f_i g_j -
f_j g_i (Dunkin 1965), Y = [[y J, Z], [-Z^T, w J]], J = [[0, 1], [-1, 0]], which propagates by Y -> P Y P^T.
U has determinant one on its two-dimensional range, so that U Y U^T = Pa Y Pa^T exactly: the terms that would
cancel after growing like exp(2 sqrt(a) x) are never formed, and that is the whole trick.

No exponential overflows (they are taken out layer by layer) and no division can meet zero, so the sign of the
result is the sign of the exact secular function and there are no poles.
"""

import math

from .blocks import add, dot, mixed, scale, shift, skew, transpose, turn
from .compiled import compiled


@compiled
def wave_pair(q, x):
    """cosh(sqrt(q) x), sinh(sqrt(q) x)/sqrt(q) times exp(-s), and s = sqrt(q) x where q > 0, else 0."""
    if q > 0.0:
        root = math.sqrt(q)
        s = root * x
        decay = math.exp(-2.0 * s)
        if s < 1e-3:
            y = q * x * x
            return 0.5 * (1.0 + decay), x * math.exp(-s) * (1.0 + y / 6.0 * (1.0 + y / 20.0)), s
        return 0.5 * (1.0 + decay), 0.5 * (1.0 - decay) / root, s
    root = math.sqrt(-q)
    s = root * x
    if s < 1e-3:
        y = q * x * x
        return math.cos(s), x * (1.0 + y / 6.0 * (1.0 + y / 20.0)), 0.0
    return math.cos(s), math.sin(s) / root, 0.0


@compiled
def system_blocks(c, vp, vs, rho, unit):
    """The blocks B: (r2, r3) -> (r1', r4') and C: (r1, r4) -> (r2', r3') (Aki & Richards 2002, eq. 7.28)."""
    mu = rho * vs * vs
    modulus = rho * vp * vp
    lam = modulus - 2.0 * mu
    zeta = 4.0 * mu * (lam + mu) / modulus
    inertia = rho * c * c / unit
    return (1.0, unit / mu, -inertia, -1.0), (
        -lam / modulus,
        unit / modulus,
        zeta / unit - inertia,
        lam / modulus,
    )


@compiled
def halfspace_minors(c, vp, vs, rho, unit):
    """Minors (y, Z, w) of the two decaying solutions of a half-space, c <= vs."""
    mu = rho * vs * vs / unit
    p = math.sqrt(max(1.0 - (c / vp) ** 2, 0.0))
    s = math.sqrt(max(1.0 - (c / vs) ** 2, 0.0))
    t = 2.0 - (c / vs) ** 2
    # P ~ exp(-p z): r1 = 1, r2 = p; S ~ exp(-s z): r1 = s, r2 = 1. Stresses by r3 = mu (r1' - r2) and
    # r4 = (lam + 2 mu) r2' + lam r1, which is -mu t for P and -2 mu s for S.
    p1, p2, p3, p4 = 1.0, p, -2.0 * mu * p, -mu * t
    s1, s2, s3, s4 = s, 1.0, -mu * t, -2.0 * mu * s
    z = (p1 * s2 - s1 * p2, p1 * s3 - s1 * p3, p4 * s2 - s4 * p2, p4 * s3 - s4 * p3)
    return p1 * s4 - s1 * p4, z, p2 * s3 - s2 * p3


@compiled
def congruence(u, v, minors):
    """U Y V^T + V Y U^T for propagators as blocks (f1, g1, g2, f2) = [[f1, g1], [g2, f2]]."""
    f1, g1, g2, f2 = u
    p1, q1, q2, p2 = v
    y, z, w = minors
    zt = transpose(z)
    y_new = y * mixed(f1, p1) + w * mixed(g1, q1)
    y_new += skew(dot(dot(f1, z), transpose(q1))) + skew(dot(dot(p1, z), transpose(g1)))
    w_new = y * mixed(g2, q2) + w * mixed(f2, p2)
    w_new += skew(dot(dot(g2, z), transpose(p2))) + skew(dot(dot(q2, z), transpose(f2)))
    z_new = dot(add(scale(y, turn(f1)), scale(-1.0, dot(g1, zt))), transpose(q2))
    z_new = add(z_new, dot(add(scale(w, turn(g1)), dot(f1, z)), transpose(p2)))
    z_new = add(z_new, dot(add(scale(y, turn(p1)), scale(-1.0, dot(q1, zt))), transpose(g2)))
    z_new = add(z_new, dot(add(scale(w, turn(q1)), dot(p1, z)), transpose(f2)))
    return y_new, z_new, w_new


@compiled
def thin_propagator(b_block, c_block, a, b, x):
    """Blocks of exp(-A x) of a thin layer, without the cancellation of Sylvester's formula where a ~ b.

    exp(A x) = F(A^2) + A G(A^2) with F(q) = cosh(sqrt(q) x), G(q) = sinh(sqrt(q) x)/sqrt(q), and F(A^2) =
    F(b) + F[a, b] (A^2 - b); the divided difference of q^n is the sum of a^i b^(n-1-i), so that all series
    are sums.
    """
    f, g, df, dg = 1.0, x, 0.0, 0.0
    power, divided, term = 1.0, 0.0, 1.0
    for n in range(1, 14):
        divided = divided * a + power
        power *= b
        term *= x * x / ((2.0 * n - 1.0) * 2.0 * n)
        f += term * power
        df += term * divided
        g += term * x / (2.0 * n + 1.0) * power
        dg += term * x / (2.0 * n + 1.0) * divided
    top = dot(b_block, c_block)
    bottom = dot(c_block, b_block)
    return (
        shift(scale(df, top), f - df * b),
        dot(b_block, shift(scale(-dg, bottom), dg * b - g)),
        dot(c_block, shift(scale(-dg, top), dg * b - g)),
        shift(scale(df, bottom), f - df * b),
    )


@compiled
def layer_minors(minors, c, x, vp, vs, rho, unit):
    """Carry the minors up through one solid layer of thickness x = k h.

    They come out divided by exp of the layer's real vertical exponents where Sylvester's formula is used.
    """
    b_block, c_block = system_blocks(c, vp, vs, rho, unit)
    a = 1.0 - (c / vp) ** 2
    b = 1.0 - (c / vs) ** 2
    # Sylvester's projectors lose (vs/c)^4 of accuracy: cross thin and very stiff layers in slivers instead.
    fast = math.sqrt(max(1.0, -b))
    if fast * x < 1.5 or (vs > 3.0 * c and x < 40.0):
        slivers = max(1, math.ceil(fast * x / 1.5))
        p = thin_propagator(b_block, c_block, a, b, x / slivers)
        for _ in range(slivers):
            y, z, w = congruence(p, p, minors)
            minors = (0.5 * y, scale(0.5, z), 0.5 * w)
        return minors
    ca, sa, ea = wave_pair(a, x)
    cb, sb, eb = wave_pair(b, x)
    top = dot(b_block, c_block)
    bottom = dot(c_block, b_block)
    pa, qa = scale(1.0 / (a - b), shift(top, -b)), scale(1.0 / (a - b), shift(bottom, -b))
    pb, qb = shift(scale(-1.0, pa), 1.0), shift(scale(-1.0, qa), 1.0)
    # minus: the layer is crossed upwards
    u = (scale(ca, pa), scale(-sa, dot(b_block, qa)), scale(-sa, dot(c_block, pa)), scale(ca, qa))
    v = (scale(cb, pb), scale(-sb, dot(b_block, qb)), scale(-sb, dot(c_block, pb)), scale(cb, qb))
    y, z, w = congruence(u, v, minors)
    # Pa and Pb have blocks of rank one, whose determinants vanish: only Z keeps a part that does not grow.
    own = add(dot(dot(pa, minors[1]), transpose(qa)), dot(dot(pb, minors[1]), transpose(qb)))
    return y, add(z, scale(math.exp(-ea - eb), own)), w


@compiled
def water_column(c, k, h, vp, rho, water, unit):
    """(r2, r4) at the sea floor of the water solution with a free top, scaled; and the log taken out.

    In water r4 = -p with p'' = (k^2 - omega^2/vp^2) p; here y = (r2, r4/(k unit)), depth in 1/k:
    y1' = -a/r y2, y2' = -r y1 with r = rho c^2/unit.
    """
    y1, y2, log = 1.0, 0.0, 0.0
    for i in range(water):
        a = 1.0 - (c / vp[i]) ** 2
        x = k * h[i]
        ch, sh, e = wave_pair(a, x)
        r = rho[i] * c * c / unit
        y1, y2 = ch * y1 - a * sh / r * y2, -r * sh * y1 + ch * y2
        log += e
        size = math.hypot(y1, y2)
        y1 /= size
        y2 /= size
        log += math.log(size)
    return y1, y2, log


@compiled
def count_water(vs):
    """Number of fluid layers on top."""
    n = 0
    while vs[n] == 0.0:
        n += 1
    return n


@compiled
def rayleigh(c, omega, h, vp, vs, rho):
    """Scaled secular function of P-SV waves: (value in [-1, 1], log of the scale taken out).

    value * exp(log) is the exact function over the smooth positive factor exp(sum of all real vertical
    exponents). Zero: both stresses vanish at the surface, or (water on top) the normal stress and
    displacement fit those of the water.
    """
    n = h.shape[0]
    water = count_water(vs)
    k = omega / c
    unit = rho[water] * vs[water] ** 2
    minors = halfspace_minors(c, vp[n - 1], vs[n - 1], rho[n - 1], unit)
    log = 0.0
    for layer in range(n - 2, water - 1, -1):
        y, z, w = layer_minors(minors, c, k * h[layer], vp[layer], vs[layer], rho[layer], unit)
        size = math.sqrt(y * y + w * w + z[0] ** 2 + z[1] ** 2 + z[2] ** 2 + z[3] ** 2)
        log += math.log(size)
        minors = (y / size, scale(1.0 / size, z), w / size)
    z, w = minors[1], minors[2]
    if water == 0:
        return -z[3], log
    r2, r4, more = water_column(c, k, h, vp, rho, water, unit)
    # the combination of the two solutions without r3 has (r2, r4) = (w, Y_43 = z[3]): that of the water
    return w * r4 - z[3] * r2, log + more


@compiled
def love(c, omega, h, vp, vs, rho):
    """Scaled secular function of SH waves: shear stress at the top of the solid (Haskell 1953), and its log.

    l1' = l2/mu, l2' = (k^2 mu - omega^2 rho) l1 from the half-space l1 = 1, l2 = -mu nu up. Water carries no
    SH motion.
    """
    n = h.shape[0]
    water = count_water(vs)
    k = omega / c
    unit = rho[water] * vs[water] ** 2
    q = 1.0 - (c / vs[n - 1]) ** 2
    l1 = 1.0
    l2 = -rho[n - 1] * vs[n - 1] ** 2 * math.sqrt(max(q, 0.0)) / unit
    log = 0.0
    for i in range(n - 2, water - 1, -1):
        q = 1.0 - (c / vs[i]) ** 2
        mu = rho[i] * vs[i] ** 2 / unit
        ch, sh, _ = wave_pair(q, k * h[i])
        l1, l2 = ch * l1 - sh / mu * l2, -q * mu * sh * l1 + ch * l2
        size = math.hypot(l1, l2)
        l1 /= size
        l2 /= size
        log += math.log(size)
    return l2, log
