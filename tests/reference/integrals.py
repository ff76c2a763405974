"""Eigenfunctions, group velocity and kernels of one mode from energy integrals, by spectral elements.

The displacement is a polynomial on each element (Gauss-Lobatto-Legendre nodes, at most about half a wavelength per
element), the half-space below and the water above enter through their exact stiffness. At a root the dynamic stiffness
matrix is singular and its null vector is the eigenfunction; the integrals of Aki & Richards (2002, sec. 7.3) and Takeuchi
& Saito (1972) then give the group velocity and the derivatives of the phase velocity. Nothing is shared with the engine
nor with the secular functions. Depth is positive down, omega fixed:

    Love:     I1 = 1/2 int rho l1^2, I2 = 1/2 int mu l1^2, U = I2/(c I1), D = 4 k^2 I2
    Rayleigh: I1 = 1/2 int rho (r1^2 + r2^2), I2 = 1/2 int (lam + 2 mu) r1^2 + mu r2^2, I3 = int lam r1 r2' - mu r2 r1',
              U = (I2 + I3/2k)/(c I1), D = 4 k^2 (I2 + I3/2k)

The derivatives of the group velocity follow from those of the phase velocity at neighbouring periods (Rodi et al., 1975).
"""

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.polynomial import legendre
from scipy.sparse import coo_matrix, identity
from scipy.sparse.linalg import splu

from . import scan

ORDER = 14


class Mode(NamedTuple):
    """One mode: samples (depth, weight, layer, r1, r2, r1', r2'), group velocity and phase kernels [layer].

    For Love r1 is l1 and r2 is zero. The half-space is included in the kernels and not in the samples.
    """

    c: float
    depth: np.ndarray
    layer: np.ndarray
    displacement: np.ndarray
    stress: np.ndarray
    group: float
    vp: np.ndarray
    vs: np.ndarray
    rho: np.ndarray
    thickness: np.ndarray


@lru_cache
def lobatto(order):
    """Gauss-Lobatto-Legendre nodes and weights on [-1, 1] and the matrix of derivatives of the Lagrange polynomials."""
    basis = np.zeros(order + 1)
    basis[order] = 1.0
    inner = legendre.Legendre(basis).deriv().roots()
    nodes = np.concatenate([[-1.0], np.sort(inner.real), [1.0]])
    values = legendre.legval(nodes, basis)
    weights = 2.0 / (order * (order + 1) * values**2)
    gap = nodes[:, None] - nodes[None, :] + np.eye(order + 1)
    slopes = values[:, None] / values[None, :] / gap
    np.fill_diagonal(slopes, 0.0)
    slopes[0, 0], slopes[order, order] = -order * (order + 1) / 4.0, order * (order + 1) / 4.0
    return nodes, weights, slopes


def elements(wave, k, omega, h, vp, vs):
    """(layer, top, size) of the elements of all finite solid layers."""
    water = int(np.sum(vs == 0.0))
    out = []
    top = float(np.sum(h[:water]))
    for layer in range(water, h.size - 1):
        fast = max(abs((omega / vs[layer]) ** 2 - k**2), k**2) ** 0.5
        number = max(1, math.ceil(fast * h[layer] / math.pi))
        size = h[layer] / number
        for _ in range(number):
            out.append((layer, top, size))
            top += size
    return out


def decaying(wave, c, k, model):
    """Halfspace solutions as (exponents [m], displacements [2, m]) of exp(-exponent z)."""
    _, vp, vs, _ = model
    s = math.sqrt(max(1.0 - (c / vs[-1]) ** 2, 0.0))
    if wave == "love":
        return np.array([k * s]), np.array([[1.0], [0.0]])
    p = math.sqrt(1.0 - (c / vp[-1]) ** 2)
    return k * np.array([p, s]), np.array([[1.0, s], [p, 1.0]])


def stresses(wave, k, lam, mu, u, du):
    """(r3, r4) from displacement and its slope; Love: (l2, 0)."""
    if wave == "love":
        return np.array([mu * du[0], 0.0 * du[0]])
    return np.array([mu * (du[0] - k * u[1]), (lam + 2.0 * mu) * du[1] + k * lam * u[0]])


def water_solution(c, omega, model, order=ORDER):
    """Samples of the water column with a free top: lists of (layer, depth, weight, r1, r2, r4) and the last (r2, r4)."""
    h, vp, vs, rho = model
    k = omega / c
    y1, y2 = 1.0, 0.0
    top = 0.0
    nodes, weights, _ = lobatto(order)
    out = []
    for layer in range(int(np.sum(vs == 0.0))):
        q = k**2 - (omega / vp[layer]) ** 2
        number = max(1, math.ceil(math.sqrt(abs(q)) * h[layer] / math.pi))
        size = h[layer] / number
        r = rho[layer] * omega**2
        for _ in range(number):
            z = 0.5 * size * (nodes + 1.0)
            root = np.sqrt(complex(q))
            ch = np.cosh(root * z).real
            sh = (np.sinh(root * z) / root).real if q != 0.0 else z
            r2 = ch * y1 - q / r * sh * y2
            r4 = -r * sh * y1 + ch * y2
            r1 = k * r4 / r
            out.append((layer, top + z, 0.5 * size * weights, r1, r2, r4))
            y1, y2 = r2[-1], r4[-1]
            top += size
    return out, y1, y2


def dynamic_stiffness(wave, c, omega, model, parts):
    """The symmetric matrix whose null vector is the mode, from the Lagrangian of Aki & Richards (2002, eq. 7.66)."""
    h, vp, vs, rho = model
    k = omega / c
    _, weights, slopes = lobatto(ORDER)
    fields = 1 if wave == "love" else 2
    size = fields * (ORDER * len(parts) + 1)
    rows, cols, values = [], [], []
    for e, (layer, _, length) in enumerate(parts):
        mu = rho[layer] * vs[layer] ** 2
        lam = rho[layer] * vp[layer] ** 2 - 2.0 * mu
        w = np.diag(0.5 * length * weights)
        d = slopes * 2.0 / length
        inertia = rho[layer] * omega**2
        if wave == "love":
            block = (k**2 * mu - inertia) * w + mu * d.T @ w @ d
        else:
            u1 = (k**2 * (lam + 2.0 * mu) - inertia) * w + mu * d.T @ w @ d
            u2 = (k**2 * mu - inertia) * w + (lam + 2.0 * mu) * d.T @ w @ d
            cross = k * lam * w @ d - k * mu * d.T @ w  # r1 row, r2 column
            block = np.block([[u1, cross], [cross.T, u2]])
        at = np.concatenate([fields * (ORDER * e + np.arange(ORDER + 1)) + f for f in range(fields)])
        rows.append(np.repeat(at, at.size))
        cols.append(np.tile(at, at.size))
        values.append(block.ravel())
    exponents, u = decaying(wave, c, k, model)
    mu = rho[-1] * vs[-1] ** 2
    lam = rho[-1] * vp[-1] ** 2 - 2.0 * mu
    f = stresses(wave, k, lam, mu, u, -exponents * u)
    last = size - fields + np.arange(fields)
    below = -f[:fields] @ np.linalg.inv(u[:fields])
    rows.append(np.repeat(last, fields))
    cols.append(np.tile(last, fields))
    values.append(0.5 * (below + below.T).ravel())
    if vs[0] == 0.0 and wave == "rayleigh":
        _, r2, r4 = water_solution(c, omega, model)
        rows.append(np.array([1]))
        cols.append(np.array([1]))
        values.append(np.array([r4 / r2]))
    return coo_matrix(
        (np.concatenate(values), (np.concatenate(rows), np.concatenate(cols))), (size, size)
    ).tocsc()


def null_vector(matrix):
    """The vector of the eigenvalue nearest zero, by inverse iteration."""
    scale = 1.0 / np.sqrt(np.abs(matrix.diagonal()).clip(1e-300))
    scaled = matrix.multiply(scale[:, None]).multiply(scale[None, :]).tocsc()
    # a shift at rounding level: at a root found to the last digit the matrix may be singular exactly
    factor = splu(scaled + 3e-15 * identity(matrix.shape[0], format="csc"))
    x = np.random.default_rng(5).standard_normal(matrix.shape[0])
    for _ in range(4):
        x = factor.solve(x)
        x /= np.linalg.norm(x)
    return scale * x


def solve_mode(wave, omega, c, model):
    """Eigenfunction, group velocity and phase kernels of the mode at the root c."""
    h, vp, vs, rho = model
    k = omega / c
    parts = elements(wave, k, omega, h, vp, vs)
    nodes, weights, slopes = lobatto(ORDER)
    fields = 1 if wave == "love" else 2
    matrix = dynamic_stiffness(wave, c, omega, model, parts) if parts else None
    exponents, shapes = decaying(wave, c, k, model)
    n = h.size
    water = int(np.sum(vs == 0.0))
    mus = rho * vs**2
    lams = rho * vp**2 - 2.0 * mus
    if matrix is None and water == 0:
        # a bare half-space: the combination of P and S without shear stress
        f = stresses(wave, k, lams[-1], mus[-1], shapes, -exponents * shapes)
        vector = shapes @ np.array([f[0, 1], -f[0, 0]])
    elif matrix is None:
        raise ValueError("water needs at least one solid layer above the half-space in this reference")
    else:
        vector = null_vector(matrix)
    vector = vector.reshape(-1, fields)

    samples = []  # layer, depth, weight, u [2, node], du [2, node], stress [2, node]
    for e, (layer, top, length) in enumerate(parts):
        u = np.zeros((2, ORDER + 1))
        u[:fields] = vector[ORDER * e : ORDER * (e + 1) + 1].T
        du = u @ slopes.T * 2.0 / length
        stress = stresses(wave, k, lams[layer], mus[layer], u, du)
        samples.append((layer, top + 0.5 * length * (nodes + 1.0), 0.5 * length * weights, u, du, stress))
    if water and wave == "rayleigh":
        column, r2_floor, r4_floor = water_solution(c, omega, model)
        first = samples[0]
        # scale the water by what is not small at the sea floor
        by_motion = abs(r2_floor) * lams[0] * k > abs(r4_floor)
        amplitude = first[3][1, 0] / r2_floor if by_motion else first[5][1, 0] / r4_floor
        wet = []
        for layer, z, w, r1, r2, r4 in column:
            u = amplitude * np.array([r1, r2])
            r4 = amplitude * r4
            du = np.array([k * u[1], r4 / lams[layer] - k * u[0]])  # curl-free: r1' = k r2
            wet.append((layer, z, w, u, du, np.array([0.0 * r4, r4])))
        samples = wet + samples

    totals = np.zeros((n, 8))
    for layer, _, w, u, du, stress in samples:
        totals[layer] += densities(wave, k, u, du) @ w
    amplitude = np.linalg.solve(shapes[:fields], vector[-1]) if parts else np.array([f[0, 1], -f[0, 0]])
    for i in range(exponents.size):
        for j in range(exponents.size):
            u, v = amplitude[i] * shapes[:, i], amplitude[j] * shapes[:, j]
            rate = exponents[i] + exponents[j]
            totals[-1] += products(wave, k, u, -exponents[i] * u, v, -exponents[j] * v) / rate
    return assemble(wave, omega, c, model, totals, samples)


def products(wave, k, u, du, v, dv):
    """Bilinear densities of two fields: r1 r1, r2 r2, r1 r2', r2 r1', div div, shear shear, and two rest terms."""
    if wave == "love":
        return np.array([u[0] * v[0], 0.0, 0.0, 0.0, 0.0, k**2 * u[0] * v[0] + du[0] * dv[0], 0.0, 0.0])
    div = (k * u[0] + du[1]) * (k * v[0] + dv[1])
    # 2 k^2 r1^2 + 2 r2'^2 + (k r2 - r1')^2
    shear = 2.0 * k**2 * u[0] * v[0] + 2.0 * du[1] * dv[1] + (k * u[1] - du[0]) * (k * v[1] - dv[0])
    return np.array([u[0] * v[0], u[1] * v[1], u[0] * dv[1], u[1] * dv[0], div, shear, 0.0, 0.0])


def densities(wave, k, u, du):
    """`products` of one field with itself at many points: [8, point]."""
    return np.array([products(wave, k, u[:, i], du[:, i], u[:, i], du[:, i]) for i in range(u.shape[1])]).T


def hamiltonian(wave, omega, k, lam, mu, rho, u, stress):
    """The quantity constant in each layer whose value over D is (1/c) dc/dh (notes; Takeuchi & Saito, 1972)."""
    if wave == "love":
        return (k**2 * mu - omega**2 * rho) * u[0] ** 2 - stress[0] ** 2 / mu
    modulus = lam + 2.0 * mu
    zeta = 4.0 * mu * (lam + mu) / modulus
    shear = 0.0 if mu == 0.0 else stress[0] ** 2 / mu + 2.0 * k * u[1] * stress[0]
    rest = stress[1] ** 2 / modulus - 2.0 * k * lam * u[0] * stress[1] / modulus
    return k**2 * zeta * u[0] ** 2 - omega**2 * rho * (u[0] ** 2 + u[1] ** 2) - shear - rest


def assemble(wave, omega, c, model, totals, samples):
    """Group velocity and kernels from the layer integrals."""
    h, vp, vs, rho = model
    k = omega / c
    mus = rho * vs**2
    lams = rho * vp**2 - 2.0 * mus
    i1 = 0.5 * np.sum(rho * (totals[:, 0] + totals[:, 1]))
    if wave == "love":
        i2 = 0.5 * np.sum(mus * totals[:, 0])
    else:
        i2 = 0.5 * np.sum((lams + 2.0 * mus) * totals[:, 0] + mus * totals[:, 1])
        i2 += np.sum(lams * totals[:, 2] - mus * totals[:, 3]) / (2.0 * k)
    scale = c / (4.0 * k**2 * i2)
    by_lam, by_mu = scale * totals[:, 4], scale * totals[:, 5]
    by_rho = -scale * omega**2 * (totals[:, 0] + totals[:, 1])
    thickness = np.zeros(h.size)
    weight = np.zeros(h.size)
    for layer, _, w, u, _, stress in samples:
        thickness[layer] += np.sum(
            w * hamiltonian(wave, omega, k, lams[layer], mus[layer], rho[layer], u, stress)
        )
        weight[layer] += np.sum(w)
    thickness[weight > 0] *= scale / weight[weight > 0]
    return Mode(
        c=c,
        depth=np.concatenate([s[1] for s in samples]) if samples else np.zeros(0),
        layer=np.concatenate([np.full(s[1].size, s[0]) for s in samples]) if samples else np.zeros(0, int),
        displacement=np.concatenate([s[3] for s in samples], axis=1) if samples else np.zeros((2, 0)),
        stress=np.concatenate([s[5] for s in samples], axis=1) if samples else np.zeros((2, 0)),
        group=i2 / (c * i1),
        vp=2.0 * rho * vp * by_lam,
        vs=rho * vs * (2.0 * by_mu - 4.0 * by_lam),
        rho=vs**2 * by_mu + (vp**2 - 2.0 * vs**2) * by_lam + by_rho,
        thickness=thickness,
    )


def neighbour(wave, omega, guess, model, width=1e-4):
    """The root nearest guess: the sign change of the secular function in a small bracket around it."""
    code = scan.RAYLEIGH if wave == "rayleigh" else scan.LOVE
    arrays = tuple(np.ascontiguousarray(x, dtype=float) for x in model)
    for _ in range(8):
        left, right = guess * (1.0 - width), min(guess * (1.0 + width), model[2][-1])
        f_left, _ = scan.function(code, left, omega, *arrays)
        f_right, _ = scan.function(code, right, omega, *arrays)
        if f_left * f_right < 0.0:
            return scan.root_between(code, left, right, omega, *arrays)
        width *= 0.3
    raise ValueError(f"no single root near c = {guess} km/s at omega = {omega} rad/s")


def group_kernels(wave, omega, c, model, step=2e-3):
    """Derivatives of the group velocity [4, layer] in the order vp, vs, rho, thickness.

    dU/dm = (U/c)(2 - U/c) dc/dm + (U/c)^2 omega d(dc/dm)/domega (Rodi et al., 1975); the last derivative by
    Richardson-extrapolated central differences along the branch.
    """
    here = solve_mode(wave, omega, c, model)
    u = here.group

    def kernels(factor):
        # c follows the branch: dc/dlnomega = c (1 - c/U)
        guess = c * factor ** (1.0 - c / u)
        root = neighbour(wave, omega * factor, guess, model, 3.0 * abs(math.log(factor)) ** 2 + 1e-7)
        mode = solve_mode(wave, omega * factor, root, model)
        return np.array([mode.vp, mode.vs, mode.rho, mode.thickness])

    def central(s):
        return (kernels(math.exp(s)) - kernels(math.exp(-s))) / (2.0 * s)

    d1, d2, d4 = central(step), central(step / 2), central(step / 4)
    first, second = (4.0 * d2 - d1) / 3.0, (4.0 * d4 - d2) / 3.0
    slope = (16.0 * second - first) / 15.0
    phase = np.array([here.vp, here.vs, here.rho, here.thickness])
    return u / c * (2.0 - u / c) * phase + (u / c) ** 2 * slope
