"""Surface waves of a uniform half-space: Lamb's problem by an integral over wavenumbers, and its pole."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

Complex = NDArray[np.complex128]


def rayleigh_speed(vp: float, vs: float) -> float:
    """The root of Rayleigh's function: 0.9194 vs in a Poisson solid."""

    def function(c: float) -> float:
        p, s = math.sqrt(1 - (c / vp) ** 2), math.sqrt(1 - (c / vs) ** 2)
        return (2 - (c / vs) ** 2) ** 2 - 4 * p * s

    return brentq(function, 0.6 * vs, 0.9999 * vs)


def rayleigh_ratio(vp: float, vs: float) -> complex:
    """Motion along x over upward motion of a Rayleigh wave that runs along +x, e^{i(ωt - kx)}: retrograde."""
    c = rayleigh_speed(vp, vs)
    p, s = math.sqrt(1 - (c / vp) ** 2), math.sqrt(1 - (c / vs) ** 2)
    return 1j * (2 - (c / vs) ** 2 - 2 * p * s) / (p * (c / vs) ** 2)


def lamb(distance: NDArray, frequency: float, vp: float, vs: float, rho: float, force: str) -> Complex:
    """Upward and rightward displacement, 1/GPa, at distances along +x from a unit line force up or to the right.

    The integral over wavenumbers passes the pole and the branch points on the side of outgoing waves, and leaves the
    real axis beyond them so that it converges fast.
    """
    omega = 2 * math.pi * frequency
    last = 3 * omega / vs
    part, weight = _panels(6000)
    height = min(0.2 * omega / vs, 3 / float(distance.max()))
    k = last * part + 1j * height * np.sin(np.pi * part)
    step = (last + 1j * height * np.pi * np.cos(np.pi * part)) * weight
    tail, tail_weight = np.polynomial.laguerre.laggauss(60)
    up_is_even = force == "vertical"

    def motion(wavenumber: Complex) -> tuple[Complex, Complex]:
        return _surface(wavenumber, omega, (vp, vs, rho), force)

    found = np.zeros((2, len(distance)), complex)
    for i, x in enumerate(distance):
        right, left = motion(last - 1j * tail / x), motion(last + 1j * tail / x)
        for c, (path, even) in enumerate(zip(motion(k), (up_is_even, not up_is_even), strict=True)):
            sign = 1 if even else -1  # of the motion at -k
            total = ((np.exp(-1j * k * x) + sign * np.exp(1j * k * x)) * path * step).sum()
            total += np.exp(-1j * last * x) * -1j / x * (right[c] * tail_weight).sum()
            total += sign * np.exp(1j * last * x) * 1j / x * (left[c] * tail_weight).sum()
            found[c, i] = total / (2 * math.pi)
    return found


def _surface(
    k: Complex, omega: float, rock: tuple[float, float, float], force: str
) -> tuple[Complex, Complex]:
    """Upward and rightward motion e^{i(ωt - kx)} of a surface loaded by e^{i(ωt - kx)}: P and S waves that decay
    downward, their amplitudes from the traction on the surface."""
    vp, vs, rho = rock
    mu = rho * vs**2
    lame = rho * vp**2 - 2 * mu
    p, s = np.sqrt(k**2 - (omega / vp) ** 2 + 0j), np.sqrt(k**2 - (omega / vs) ** 2 + 0j)
    along, down = np.stack([-1j * k, s]), np.stack([-p, -1j * k])  # of the P and of the S wave, at z = 0
    decay = np.stack([-p, -s])
    normal = lame * (-1j * k * along + decay * down) + 2 * mu * decay * down
    shear = mu * (decay * along - 1j * k * down)
    # A force pulls the surface: -σ·n = force, with n up; upward is against z.
    load = np.array([-1.0, 0.0] if force == "vertical" else [0.0, 1.0], complex)
    matrix = -np.stack([normal, shear]).transpose(2, 0, 1)
    amplitude = np.linalg.solve(matrix, np.broadcast_to(load[:, None], (len(k), 2, 1)))[..., 0].T
    return -(amplitude * down).sum(0), (amplitude * along).sum(0)


def _panels(number: int) -> tuple[NDArray, NDArray]:
    """Nodes and weights on 0 … 1 of a Gauss rule on each of many panels."""
    node, weight = np.polynomial.legendre.leggauss(20)
    panels = np.arange(number // 20)
    return ((panels[:, None] + (node + 1) / 2) * 20 / number).ravel(), np.tile(
        weight / 2 * 20 / number, len(panels)
    )
