"""The spherical earth against solutions that know nothing of flattening: Bessel functions and finite elements."""

import math
from functools import cache

import numpy as np
import pytest
import torch
from scipy.linalg import eigh
from scipy.optimize import brentq
from scipy.special import jv

from seisgrad import checks
from seisgrad.dispersion import physics
from seisgrad.dispersion.flattening import RADIUS
from seisgrad.earth import LayeredModel

PERIODS = (50.0, 80.0, 120.0, 200.0)
VP, VS, RHO = 8.0, 4.5, 3.3
BOTTOM = 3600.0  # km; all modes below have long decayed there
#: Tops of the shells (km), vp, vs, rho.
SHELLS = ((0.0, 40.0, 400.0), (6.3, 8.1, 9.6), (3.6, 4.5, 5.3), (2.8, 3.35, 4.2))


def sliced(width, tops=SHELLS[0], vp=SHELLS[1], vs=SHELLS[2], rho=SHELLS[3]):
    """The shells cut into slices of the given width in km."""
    number = [round(size / width) for size in np.diff([*tops, BOTTOM])]
    h = np.append(np.full(sum(number), width), 0.0)
    number[-1] += 1
    return LayeredModel(h, *(np.repeat(x, number) for x in (vp, vs, rho)))


def homogeneous(width):
    """One and the same rock, cut into slices."""
    return sliced(width, (0.0,), (VP,), (VS,), (RHO,))


def curve(model, periods=PERIODS, wave="love", kind="phase", mode=0, earth="spherical"):
    """The engine's values as numpy."""
    return physics.velocity(model, list(periods), wave, kind, mode, earth).numpy()


# Closed forms of the homogeneous sphere: spherical Bessel functions of real order


def bessel(order, x):
    """j_l(x), up to a factor, and x j_l'(x)/j_l(x)."""
    here, below = jv(order + 0.5, x), jv(order - 0.5, x)
    return here, x * below / here - (order + 1.0)


def toroidal(order, omega):
    """Shear traction of the torsional wave W = j_l(ωr/β) at r = R, times R/μ: x j' - j."""
    value, slope = bessel(order, omega * RADIUS / VS)
    return value * (slope - 1.0)


def spheroidal(order, omega):
    """Lamb's determinant of the tractions at r = R of the two spheroidal solutions, and their displacements.

    P: U = j', V = j/r; S: U = l(l+1) j/r, V = (rj)'/r, with R = λ(U' + 2U/r - l(l+1) V/r) + 2μU',
    S = μ(V' - V/r + U/r); lengths in R, moduli in μ, each solution scaled by its j_l(x).
    """
    square, lam = order * (order + 1.0), (VP / VS) ** 2 - 2.0
    x, y = omega * RADIUS / VP, omega * RADIUS / VS
    d, e = bessel(order, x)[1], bessel(order, y)[1]
    d2, e2 = -2.0 * d - (x**2 - square), -2.0 * e - (y**2 - square)
    columns = []
    for u, du, v, dv in ((d, d2, 1.0, d - 1.0), (square, square * (e - 1.0), 1.0 + e, e2 + e - 1.0)):
        columns.append((lam * (du + 2.0 * u - square * v) + 2.0 * du, dv - v + u, u, v))
    (r1, s1, u1, v1), (r2, s2, u2, v2) = columns
    weight = -s1 / s2
    return r1 * s2 - r2 * s1, (v1 + weight * v2) / (u1 + weight * u2)


def order_of(function, omega, fastest):
    """The fundamental mode's l: the largest at which the function vanishes, for phase velocities up to ``fastest``."""
    orders = np.linspace(omega * RADIUS / 3.5, omega * RADIUS / fastest, 400) - 0.5
    values = [function(order, omega) for order in orders]
    first = int(np.nonzero(np.diff(np.sign(values)))[0][0])
    return brentq(function, orders[first], orders[first + 1], (omega,), 1e-13, 1e-14)


def sphere_love(period):
    """Phase velocity c = ωR/(l + ½) of the fundamental torsional mode of the homogeneous sphere."""
    omega = 2.0 * math.pi / period
    return omega * RADIUS / (order_of(toroidal, omega, 5.2) + 0.5)


def sphere_rayleigh(period):
    """Phase velocity and V (l + ½)/U of the fundamental spheroidal mode of the homogeneous sphere (no gravity)."""
    omega = 2.0 * math.pi / period
    order = order_of(lambda *x: spheroidal(*x)[0], omega, 4.48)
    return omega * RADIUS / (order + 0.5), spheroidal(order, omega)[1] * (order + 0.5)


# Finite elements of the layered sphere


def lobatto(degree):
    """Gauss-Lobatto-Legendre nodes, weights and the matrix of derivatives of the cardinal functions."""
    legendre = np.polynomial.legendre.Legendre.basis(degree)
    nodes = np.concatenate([[-1.0], np.sort(legendre.deriv().roots().real), [1.0]])
    weights = 2.0 / (degree * (degree + 1) * legendre(nodes) ** 2)
    gap = nodes[:, None] - nodes[None, :] + np.eye(degree + 1)
    slopes = legendre(nodes)[:, None] / legendre(nodes)[None, :] / gap * (1.0 - np.eye(degree + 1))
    slopes[0, 0], slopes[-1, -1] = -degree * (degree + 1) / 4.0, degree * (degree + 1) / 4.0
    return nodes, weights, slopes


@cache
def sphere_elements(period, modes, shells=SHELLS, degree=8):
    """Phase and group velocities of Love waves of the layered sphere, ``[mode]`` each.

    With w = W/r, (r⁴ μ w')' = r⁴ [(l - 1)(l + 2) μ/r² - ρω²] w and free ends: at a given ω an eigenvalue problem for
    (l - 1)(l + 2) = (l + ½)² - 9/4, the largest eigenvalue being the fundamental. Rayleigh's quotient gives dω/dl.
    """
    nodes, weights, slopes = lobatto(degree)
    tops, _, vs, rho = shells
    edges, rock = [], []
    for i, (top, bottom) in enumerate(zip(tops, [*tops[1:], BOTTOM], strict=True)):
        pieces = math.ceil((bottom - top) / 160.0)
        edges += list(np.linspace(top, bottom, pieces, endpoint=False))
        rock += [i] * pieces
    edges = np.array([*edges, BOTTOM])
    size = len(rock) * degree + 1
    stiffness, mass, angular = np.zeros((size, size)), np.zeros(size), np.zeros(size)
    for e, i in enumerate(rock):
        half = 0.5 * (edges[e + 1] - edges[e])
        r = RADIUS - (edges[e] + half * (1.0 + nodes))
        mu = rho[i] * vs[i] ** 2
        here = slice(e * degree, e * degree + degree + 1)
        stiffness[here, here] += slopes.T @ np.diag(weights * r**4 * mu / half) @ slopes
        mass[here] += half * weights * r**4 * rho[i]
        angular[here] += half * weights * r**2 * mu
    omega = 2.0 * math.pi / period
    scale = np.sqrt(angular)
    matrix = (np.diag(omega**2 * mass) - stiffness) / np.outer(scale, scale)
    values, vectors = eigh(matrix, subset_by_index=(size - modes, size - 1))
    k = np.sqrt(values[::-1] + 2.25) / RADIUS
    kinetic = np.sum((vectors[:, ::-1] / scale[:, None]) ** 2 * mass[:, None], 0)
    return omega / k, k * RADIUS**2 / (omega * kinetic)


@pytest.mark.parametrize("period", PERIODS)
def test_love_waves_of_the_homogeneous_sphere_are_exact(period):
    # flat, this earth carries no Love wave at all: its curvature alone traps them
    found = curve(homogeneous(10.0), [period])
    np.testing.assert_allclose(found, sphere_love(period), rtol=1e-5)
    assert np.isnan(curve(homogeneous(10.0), [period], earth="flat")).all()


@pytest.mark.parametrize("mode", [0, 1, 2])
def test_love_waves_of_a_layered_sphere_are_exact(mode):
    exact = np.array([sphere_elements(period, mode + 1) for period in PERIODS])[:, :, mode]
    model = sliced(10.0)
    np.testing.assert_allclose(curve(model, mode=mode), exact[:, 0], rtol=4e-5)
    np.testing.assert_allclose(curve(model, kind="group", mode=mode), exact[:, 1], rtol=1e-4)


def test_the_two_independent_solutions_agree_where_both_apply():
    shells = (SHELLS[0], *((x, x, x) for x in (VP, VS, RHO)))
    for period in PERIODS:
        assert sphere_elements(period, 1, shells)[0][0] == pytest.approx(sphere_love(period), rel=1e-9)


@pytest.mark.parametrize("period", [50.0, 200.0])
@pytest.mark.parametrize("kind", ["phase", "group"])
def test_thinner_slices_converge_with_order_two(period, kind):
    exact = sphere_elements(period, 1)[("phase", "group").index(kind)][0]
    widths = (40.0, 20.0, 10.0)
    errors = [abs(curve(sliced(width), [period], kind=kind)[0] - exact) for width in widths]
    result = checks.convergence_order(errors, widths, at_least=2.0)
    assert result.passed, result.message
    assert result.order < 2.3, result.message


@pytest.mark.parametrize("wave", ["love", "rayleigh"])
@pytest.mark.parametrize("mode", [0, 1])
def test_group_velocity_is_the_slope_of_the_spherical_phase_velocity(wave, mode):
    model, period, step = sliced(40.0), 60.0, 1e-3
    near = period * np.exp(step * np.array([-2.0, -1.0, 1.0, 2.0]))
    k = 2.0 * np.pi / near / curve(model, near, wave, mode=mode)
    omega = 2.0 * np.pi / near

    def slope(x):
        return 8.0 * (x[2] - x[1]) - (x[3] - x[0])

    group = curve(model, [period], wave, "group", mode)[0]
    assert group == pytest.approx(slope(omega) / slope(k), rel=1e-8)


@pytest.mark.parametrize("wave", ["love", "rayleigh"])
def test_short_waves_do_not_see_the_curvature(wave):
    model = LayeredModel(
        [2.0, 3.0, 10.0, 0.0], [3.0, 5.0, 6.0, 8.0], [1.5, 2.7, 3.5, 4.5], [2.1, 2.5, 2.7, 3.3]
    )
    periods = [0.05, 0.1, 0.2]
    for kind in ("phase", "group"):
        flat = curve(model, periods, wave, kind, earth="flat")
        excess = np.abs(curve(model, periods, wave, kind) / flat - 1.0)
        assert (excess < 2e-4).all()  # a top layer of 2 km on a radius of 6371 km
        assert np.isfinite(excess).all()
    deep = curve(model, [0.05, 20.0], wave) / curve(model, [0.05, 20.0], wave, earth="flat") - 1.0
    assert abs(deep[1]) > 5.0 * abs(deep[0])


@pytest.mark.parametrize("period", [50.0, 100.0, 200.0, 300.0])
def test_rayleigh_waves_of_the_homogeneous_sphere_within_a_tenth_of_a_percent(period):
    # the density power 2.275 is a fit; what it leaves is far below what curvature does
    exact, exact_ratio = sphere_rayleigh(period)
    flat = curve(homogeneous(20.0), [period], "rayleigh", earth="flat")[0]
    sphere = curve(homogeneous(20.0), [period], "rayleigh")[0]
    assert sphere == pytest.approx(exact, rel=1e-3)
    assert flat < sphere
    assert abs(sphere - exact) < 0.1 * abs(flat - exact)
    ratio = physics.ellipticity(homogeneous(20.0), [period], earth="spherical").item()
    # the flattening has no correction for the ratio itself: what is missing grows with the period
    assert ratio == pytest.approx(exact_ratio, rel=4e-4 * period)


@pytest.mark.parametrize("earth", ["flat", "spherical"])
@pytest.mark.parametrize("wave", ["love", "rayleigh"])
def test_sums_of_logarithmic_velocity_kernels_are_c_over_u_on_the_sphere_too(wave, earth):
    # all velocities times s and all periods over s: c times s, whatever the radius. So Σ = 1 + dln c/dln T = c/U
    model = sliced(200.0, (0.0, 200.0, 400.0))
    k = physics.kernels(model, list(PERIODS), wave, "phase", 0, earth).logarithmic()
    group = curve(model, wave=wave, kind="group", earth=earth)
    total = (k.vp + k.vs).sum(-1).numpy()
    np.testing.assert_allclose(total, k.velocity.numpy() / group, rtol=1e-9)
    assert np.abs(k.rho.sum(-1).numpy()).max() < 1e-9


@pytest.mark.parametrize("kind", ["phase", "group"])
@pytest.mark.parametrize("wave", ["love", "rayleigh"])
def test_spherical_kernels_agree_with_differences(wave, kind):
    base = {
        "thickness": [30.0, 120.0, 350.0, 0.0],
        "vp": [6.2, 8.0, 8.9, 11.0],
        "vs": [3.5, 4.5, 4.9, 6.1],
        "rho": [2.8, 3.35, 3.6, 4.5],
    }
    base = {name: torch.tensor(x, dtype=torch.float64) for name, x in base.items()}
    k = physics.kernels(LayeredModel(**base), list(PERIODS), wave, kind, 0, "spherical")
    step = 2e-3
    scale = float((k.vs * base["vs"]).abs().max())
    for name in base:
        for layer in range(3 if name == "thickness" else 4):
            factor = torch.ones(4, 4, dtype=torch.float64)
            factor[:, layer] += step * torch.tensor([-2.0, -1.0, 1.0, 2.0])
            four = LayeredModel(**(base | {name: base[name] * factor}))
            values = physics.velocity(four, list(PERIODS), wave, kind, 0, "spherical")
            wanted = (8.0 * (values[2] - values[1]) - (values[3] - values[0])) / (12.0 * step)
            got = getattr(k, name)[:, layer] * base[name][layer]
            torch.testing.assert_close(got, wanted, rtol=1e-6, atol=2e-7 * scale)


def test_below_the_cutoff_values_are_missing_and_gradients_are_not():
    model = sliced(200.0, (0.0, 200.0, 400.0))
    vs = model.vs.clone().requires_grad_()
    earth = LayeredModel(model.thickness, model.vp, vs, model.rho)
    for kind in ("phase", "group"):
        solution = physics.solve(earth, [50.0, 5000.0], "love", kind, 3, "spherical")
        assert solution.status.tolist() == [physics.Status.OK, physics.Status.BELOW_CUTOFF]
        assert solution.velocity.isnan().tolist() == [False, True]
        (gradient,) = torch.autograd.grad(solution.velocity[0], vs)
        assert gradient.isfinite().all()
        assert gradient.abs().max() > 0
