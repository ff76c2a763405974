"""Spectral elements of a layered half-space at fixed frequency: the dynamic stiffness and its null vector.

The displacement is a polynomial on each element (Gauss-Lobatto-Legendre nodes, at most about half a wavelength per
element); the half-space below and the water above enter through their exact stiffness.
"""

import math
from functools import lru_cache

import numpy as np
from numpy.polynomial import legendre
from scipy.sparse import coo_matrix, identity
from scipy.sparse.linalg import splu

ORDER = 14


@lru_cache
def lobatto(order):
    """Gauss-Lobatto-Legendre nodes and weights on [-1, 1] and the matrix of derivatives at the nodes."""
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


def elements(k, omega, h, vs):
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
    """The water column with a free top: samples (layer, depth, weight, r1, r2, r4) and the last (r2, r4)."""
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
    """The symmetric matrix whose null vector is the mode (Lagrangian of Aki & Richards 2002, section 7.3)."""
    _, vp, vs, rho = model
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
