"""Eigenfunctions, group velocity and kernels of one mode from energy integrals, by spectral elements.

At a root the dynamic stiffness matrix of `elements` is singular and its null vector is the eigenfunction; the
integrals of Aki & Richards (2002, section 7.3) and Takeuchi & Saito (1972) then give the group velocity and the
derivatives of the phase velocity. Nothing is shared with the engine, and only the roots with the secular functions.
Depth is positive down, omega fixed:

    Love:     I1 = 1/2 int rho l1^2, I2 = 1/2 int mu l1^2, U = I2/(c I1), D = 4 k^2 I2
    Rayleigh: I1 = 1/2 int rho (r1^2 + r2^2), I2 = 1/2 int (lam + 2 mu) r1^2 + mu r2^2,
              I3 = int lam r1 r2' - mu r2 r1',
              U = (I2 + I3/2k)/(c I1), D = 4 k^2 (I2 + I3/2k)

The derivatives of the group velocity follow from those of the phase velocity at neighbouring periods (Rodi et
al. 1975).
"""

import math
from typing import NamedTuple

import numpy as np

from . import scan
from .elements import (
    ORDER,
    decaying,
    dynamic_stiffness,
    elements,
    lobatto,
    null_vector,
    stresses,
    water_solution,
)


class Mode(NamedTuple):
    """One mode: nodes (depth, layer), displacement (r1, r2) and stress (r3, r4) there, U and phase kernels [layer].

    For Love r1, r3 are l1, l2 and the others zero. The half-space is in the kernels and not in the nodes.
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


class Sample(NamedTuple):
    """Eigenfunction at the nodes of one element: [2, node] arrays of displacement, slope and stress."""

    layer: int
    depth: np.ndarray
    weight: np.ndarray
    u: np.ndarray
    du: np.ndarray
    stress: np.ndarray


def solid_samples(wave, k, vector, model, parts):
    """Samples of the elements from the null vector [node, field]."""
    _, vp, vs, rho = model
    nodes, weights, slopes = lobatto(ORDER)
    fields = vector.shape[1]
    out = []
    for e, (layer, top, length) in enumerate(parts):
        u = np.zeros((2, ORDER + 1))
        u[:fields] = vector[ORDER * e : ORDER * (e + 1) + 1].T
        du = u @ slopes.T * 2.0 / length
        mu = rho[layer] * vs[layer] ** 2
        stress = stresses(wave, k, rho[layer] * vp[layer] ** 2 - 2.0 * mu, mu, u, du)
        out.append(Sample(layer, top + 0.5 * length * (nodes + 1.0), 0.5 * length * weights, u, du, stress))
    return out


def water_samples(c, omega, model, floor):
    """Samples of the water above the sample of the solid at the sea floor."""
    _, vp, _, rho = model
    k = omega / c
    column, r2_floor, r4_floor = water_solution(c, omega, model)
    # scaled by what is not small at the sea floor
    by_motion = abs(r2_floor) * rho[0] * vp[0] ** 2 * k > abs(r4_floor)
    scale = floor.u[1, 0] / r2_floor if by_motion else floor.stress[1, 0] / r4_floor
    out = []
    for layer, z, weight, r1, r2, r4 in column:
        # without curl r1' = k r2; r4 is lam times the divergence
        slope = np.array([k * r2, r4 / (rho[layer] * vp[layer] ** 2) - k * r1])
        stress = np.array([0.0 * r4, r4])
        out.append(Sample(layer, z, weight, scale * np.array([r1, r2]), scale * slope, scale * stress))
    return out


def halfspace_totals(wave, c, omega, model, motion):
    """Integrals of `products` over the half-space, exactly, given the displacement at its top."""
    k = omega / c
    exponents, shapes = decaying(wave, c, k, model)
    amplitude = np.linalg.solve(shapes[: motion.size], motion)
    total = 0.0
    for i in range(exponents.size):
        for j in range(exponents.size):
            u, v = amplitude[i] * shapes[:, i], amplitude[j] * shapes[:, j]
            part = products(wave, k, u, -exponents[i] * u, v, -exponents[j] * v)
            total = total + part / (exponents[i] + exponents[j])
    return total


def solve_mode(wave, omega, c, model):
    """Eigenfunction, group velocity and phase kernels of the mode at the root c; one solid layer at least."""
    h, _, vs, _ = model
    k = omega / c
    parts = elements(k, omega, h, vs)
    vector = null_vector(dynamic_stiffness(wave, c, omega, model, parts))
    vector = vector.reshape(-1, 1 if wave == "love" else 2)
    samples = solid_samples(wave, k, vector, model, parts)
    if vs[0] == 0.0 and wave == "rayleigh":
        samples = water_samples(c, omega, model, samples[0]) + samples
    totals = np.zeros((h.size, 6))
    for sample in samples:
        totals[sample.layer] += densities(wave, k, sample.u, sample.du) @ sample.weight
    totals[-1] = halfspace_totals(wave, c, omega, model, vector[-1])
    return assemble(wave, omega, c, model, totals, samples)


def products(wave, k, u, du, v, dv):
    """Bilinear densities of two fields: r1 r1, r2 r2, r1 r2', r2 r1', div div, shear shear."""
    if wave == "love":
        return np.array([u[0] * v[0], 0.0, 0.0, 0.0, 0.0, k**2 * u[0] * v[0] + du[0] * dv[0]])
    div = (k * u[0] + du[1]) * (k * v[0] + dv[1])
    # 2 k^2 r1^2 + 2 r2'^2 + (k r2 - r1')^2
    shear = 2.0 * k**2 * u[0] * v[0] + 2.0 * du[1] * dv[1] + (k * u[1] - du[0]) * (k * v[1] - dv[0])
    return np.array([u[0] * v[0], u[1] * v[1], u[0] * dv[1], u[1] * dv[0], div, shear])


def densities(wave, k, u, du):
    """`products` of one field with itself at many points: [6, point]."""
    return np.array([products(wave, k, u[:, i], du[:, i], u[:, i], du[:, i]) for i in range(u.shape[1])]).T


def hamiltonian(wave, omega, k, lam, mu, rho, u, stress):
    """Constant in each layer; its value over D is (1/c) dc/dh (Takeuchi & Saito 1972)."""
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
    for sample in samples:
        layer = sample.layer
        value = hamiltonian(wave, omega, k, lams[layer], mus[layer], rho[layer], sample.u, sample.stress)
        thickness[layer] += np.sum(sample.weight * value)
        weight[layer] += np.sum(sample.weight)
    thickness[weight > 0] *= scale / weight[weight > 0]
    return Mode(
        c=c,
        depth=np.concatenate([sample.depth for sample in samples]),
        layer=np.concatenate([np.full(sample.depth.size, sample.layer) for sample in samples]),
        displacement=np.concatenate([sample.u for sample in samples], axis=1),
        stress=np.concatenate([sample.stress for sample in samples], axis=1),
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

    dU/dm = (U/c)(2 - U/c) dc/dm + (U/c)^2 omega d(dc/dm)/domega (Rodi et al. 1975); the last derivative by
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
