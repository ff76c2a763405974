"""Secular functions of a layered half-space, one trial phase velocity at a time.

Rayleigh. The motion-stress vector f = (r1, r2, r3, r4) of Aki & Richards (2002, eq. 7.24-7.28), u_x = r1, u_z = i r2,
tau_zx = r3, tau_zz = i r4, obeys df/dz = A f. With depth measured in 1/k and stress in k * unit the matrix depends on c
alone. A^2 has the two double eigenvalues a = 1 - c^2/vp^2 and b = 1 - c^2/vs^2, so the propagator is

    exp(A x) = U + V,   U = Pa (cosh(sqrt(a) x) + A sinh(sqrt(a) x)/sqrt(a)),   V the same with b,

with the projectors Pa = (A^2 - b)/(a - b) and Pb = 1 - Pa onto the P and the S solutions (Sylvester's formula). Two
solutions are carried together as their antisymmetric 4x4 matrix of minors Y_ij = f_i g_j - f_j g_i (Dunkin, 1965), which
propagates by Y -> P Y P^T. Because U has determinant one on its two-dimensional range, U Y U^T = Pa Y Pa^T exactly: the
terms that would cancel after growing like exp(2 sqrt(a) x) are never formed, and that is the whole trick.

No exponential overflows (they are taken out layer by layer) and no division can meet zero, so the sign of the result is
the sign of the exact secular function and there are no poles. The cost is about 0.5 microseconds per layer.
"""

import math

import numpy as np
from numba import njit


@njit
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


@njit
def system_matrix(c, vp, vs, rho, unit, out):
    """A of d f / d(k z) = A f with stress in k * unit (Aki & Richards 2002, eq. 7.28)."""
    mu = rho * vs * vs
    modulus = rho * vp * vp
    lam = modulus - 2.0 * mu
    zeta = 4.0 * mu * (lam + mu) / modulus
    out[:] = 0.0
    out[0, 1] = 1.0
    out[0, 2] = unit / mu
    out[1, 0] = -lam / modulus
    out[1, 3] = unit / modulus
    out[2, 0] = (zeta - rho * c * c) / unit
    out[2, 3] = lam / modulus
    out[3, 1] = -rho * c * c / unit
    out[3, 2] = -1.0


@njit
def multiply(x, y, out):
    """out = x y for 4x4 matrices."""
    for i in range(4):
        for j in range(4):
            out[i, j] = x[i, 0] * y[0, j] + x[i, 1] * y[1, j] + x[i, 2] * y[2, j] + x[i, 3] * y[3, j]


@njit
def congruence(x, y, z, half, out):
    """out = x y z^T; half is room for x y."""
    multiply(x, y, half)
    for i in range(4):
        for j in range(4):
            out[i, j] = half[i, 0] * z[j, 0] + half[i, 1] * z[j, 1] + half[i, 2] * z[j, 2] + half[i, 3] * z[j, 3]


@njit
def halfspace_solutions(c, vp, vs, rho, unit):
    """The two decaying solutions (columns of a 4x2) of a half-space, c < vs; P first."""
    mu = rho * vs * vs
    p = math.sqrt(max(1.0 - (c / vp) ** 2, 0.0))
    s = math.sqrt(max(1.0 - (c / vs) ** 2, 0.0))
    # P: u = grad exp(-p z): r1 = 1, r2 = p up to a common sign; S: u = curl; stresses by
    # r3 = mu (r1' - k r2), r4 = (lam + 2 mu) r2' + lam k r1.
    modulus = rho * vp * vp
    lam = modulus - 2.0 * mu
    f = np.empty((4, 2))
    f[0, 0], f[1, 0] = 1.0, p
    f[0, 1], f[1, 1] = s, 1.0
    f[2, 0] = mu / unit * (-p * f[0, 0] - f[1, 0])
    f[3, 0] = (modulus * (-p) * f[1, 0] + lam * f[0, 0]) / unit
    f[2, 1] = mu / unit * (-s * f[0, 1] - f[1, 1])
    f[3, 1] = (modulus * (-s) * f[1, 1] + lam * f[0, 1]) / unit
    return f


@njit
def thin_propagator(m, m2, a, b, x, odd, out):
    """out = exp(-A x) of a thin layer by Newton's form in A^2, without the cancellation of Sylvester's formula at a ~ b.

    exp(A x) = F(A^2) + A G(A^2) with F(q) = cosh(sqrt(q) x), G(q) = sinh(sqrt(q) x)/sqrt(q), and F(A^2) = F(b) +
    F[a, b] (A^2 - b); the divided difference of q^n is the sum of a^i b^(n-1-i), so that all series are sums.
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
    for i in range(4):
        for j in range(4):
            odd[i, j] = dg * m2[i, j]
        odd[i, i] += g - dg * b
    multiply(m, odd, out)
    for i in range(4):
        for j in range(4):
            out[i, j] = df * m2[i, j] - out[i, j]
        out[i, i] += f - df * b


@njit
def layer_minors(y, c, x, vp, vs, rho, unit, work):
    """Carry the matrix of minors y up through one solid layer of thickness x = k h, in place.

    The result is divided by exp of the real vertical exponents over the layer where Sylvester's formula is used.
    """
    m, m2, pa, pb, mpa, mpb = work[0], work[1], work[2], work[3], work[4], work[5]
    half, own_a, own_b = work[6], work[7], work[8]
    system_matrix(c, vp, vs, rho, unit, m)
    multiply(m, m, m2)
    a = 1.0 - (c / vp) ** 2
    b = 1.0 - (c / vs) ** 2
    # Sylvester's projectors lose (vs/c)^4 of accuracy: cross thin and very stiff layers in slivers instead.
    fast = math.sqrt(max(1.0, -b))
    if fast * x < 1.5 or (vs > 3.0 * c and x < 40.0):
        slivers = max(1, math.ceil(fast * x / 1.5))
        thin_propagator(m, m2, a, b, x / slivers, pa, pb)
        for _ in range(slivers):
            congruence(pb, y, pb, half, own_a)
            y[:] = own_a
        return
    ca, sa, ea = wave_pair(a, x)
    cb, sb, eb = wave_pair(b, x)
    for i in range(4):
        for j in range(4):
            one = 1.0 if i == j else 0.0
            pa[i, j] = (m2[i, j] - b * one) / (a - b)
            pb[i, j] = (a * one - m2[i, j]) / (a - b)
    congruence(pa, y, pa, half, own_a)
    congruence(pb, y, pb, half, own_b)
    multiply(m, pa, mpa)
    multiply(m, pb, mpb)
    u, v = mpa, mpb
    for i in range(4):
        for j in range(4):
            u[i, j] = ca * pa[i, j] - sa * mpa[i, j]  # minus: the layer is crossed upwards
            v[i, j] = cb * pb[i, j] - sb * mpb[i, j]
    cross = m2
    congruence(u, y, v, half, cross)
    small = math.exp(-ea - eb)
    for i in range(4):
        for j in range(4):
            y[i, j] = cross[i, j] - cross[j, i] + small * (own_a[i, j] + own_b[i, j])


@njit
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


@njit
def count_water(vs):
    """Number of fluid layers on top."""
    n = 0
    while vs[n] == 0.0:
        n += 1
    return n


@njit
def rayleigh(c, omega, h, vp, vs, rho):
    """Scaled secular function of P-SV waves at phase velocity c: (value in [-1, 1], log of the scale taken out).

    value * exp(log) is the exact function over the smooth positive factor exp(sum of all real vertical exponents). Zero:
    both stresses vanish at the surface, or (water on top) the normal stress and displacement fit those of the water.
    """
    n = h.shape[0]
    water = count_water(vs)
    k = omega / c
    unit = rho[water] * vs[water] ** 2
    f = halfspace_solutions(c, vp[n - 1], vs[n - 1], rho[n - 1], unit)
    y = np.empty((4, 4))
    for i in range(4):
        for j in range(4):
            y[i, j] = f[i, 0] * f[j, 1] - f[j, 0] * f[i, 1]
    log = 0.0
    work = np.empty((9, 4, 4))
    for layer in range(n - 2, water - 1, -1):
        layer_minors(y, c, k * h[layer], vp[layer], vs[layer], rho[layer], unit, work)
        size = 0.0
        for i in range(4):
            for j in range(i + 1, 4):
                size += y[i, j] * y[i, j]
        size = math.sqrt(size)
        log += math.log(size)
        for i in range(4):
            for j in range(4):
                y[i, j] /= size
    if water == 0:
        return y[2, 3], log
    w, s, more = water_column(c, k, h, vp, rho, water, unit)
    # The combination of the two solutions without shear stress has (r2, r4) = (Y_12.., ) (Y[1,2], Y[3,2]).
    return w * y[2, 3] + s * y[1, 2], log + more


@njit
def love(c, omega, h, vp, vs, rho):
    """Scaled secular function of SH waves: the shear stress at the top of the solid (Haskell 1953), and its log scale.

    l1' = l2/mu, l2' = (k^2 mu - omega^2 rho) l1 from the half-space l1 = 1, l2 = -mu nu up. Water carries no SH motion.
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
