"""The reference judged by closed forms, slower arithmetic and itself: it must be right before it may judge."""

import math

import numpy as np
import pytest
from reference import counting, hard_cases, integrals, scan, secular
from reference.families import FAMILIES, draw
from scipy.linalg import expm
from scipy.optimize import brentq

WAVES = {"rayleigh": scan.RAYLEIGH, "love": scan.LOVE}


def rayleigh_speed(vp, vs):
    """The root below vs of Rayleigh's equation (2 - c^2/b^2)^2 = 4 sqrt(1 - c^2/a^2) sqrt(1 - c^2/b^2)."""

    def equation(c):
        x = (c / vs) ** 2
        return (2.0 - x) ** 2 - 4.0 * math.sqrt(1.0 - (c / vp) ** 2) * math.sqrt(1.0 - x)

    return brentq(equation, 0.5 * vs, 0.99999 * vs, xtol=1e-15, rtol=1e-15)


def stack(*rows):
    """Arrays (thickness, vp, vs, rho) from rows of one layer each."""
    return tuple(np.array(x, dtype=float) for x in zip(*rows, strict=True))


def exact_minor(c, omega, model):
    """The minor of the surface stresses by scipy's matrix exponential of the 4x4 system, layer by layer."""
    h, vp, vs, rho = model
    k = omega / c
    unit = rho[0] * vs[0] ** 2
    y, z, w = secular.halfspace_minors(c, vp[-1], vs[-1], rho[-1], unit)
    minors = np.zeros((4, 4))  # in the order (r1, r4, r2, r3)
    minors[0, 1], minors[2, 3] = y, w
    minors[:2, 2:] = np.reshape(z, (2, 2))
    minors -= minors.T
    for i in range(h.size - 2, -1, -1):
        upper, lower = secular.system_blocks(c, vp[i], vs[i], rho[i], unit)
        zero = np.zeros((2, 2))
        system = np.block([[zero, np.reshape(upper, (2, 2))], [np.reshape(lower, (2, 2)), zero]])
        p = expm(-system * k * h[i])
        minors = p @ minors @ p.T
    return minors[3, 1]


def test_the_minor_equals_that_of_the_matrix_exponential_in_thin_layers():
    rng = np.random.default_rng(1)
    for _ in range(20):
        vs = rng.uniform(1.0, 3.0, 5)
        model = (rng.uniform(0.01, 0.2, 5), vs * rng.uniform(1.3, 2.5, 5), vs, rng.uniform(1.5, 3.0, 5))
        c = rng.uniform(0.5, 0.99) * vs[-1]
        value, log = secular.rayleigh(c, 1.5, *model)
        assert value * math.exp(log) == pytest.approx(exact_minor(c, 1.5, model), rel=1e-10)


def test_sylvesters_formula_and_the_matrix_exponential_agree_on_thick_layers_but_for_the_scale():
    # Both crossed with vertical phases of a few radians; the scale taken out is exp of the real exponents.
    model = stack((2.0, 3.0, 1.5, 2.0), (3.0, 5.0, 2.9, 2.4), (0.0, 8.0, 4.5, 3.3))
    omega = 4.0
    for c in (1.7, 2.5, 3.1, 4.0, 4.4):
        exponents = 0.0
        for h, vp, vs in zip(*(x[:-1] for x in model[:3]), strict=True):
            exponents += omega / c * h * sum(math.sqrt(max(1.0 - (c / v) ** 2, 0.0)) for v in (vp, vs))
        value, log = secular.rayleigh(c, omega, *model)
        assert value * math.exp(log + exponents) == pytest.approx(exact_minor(c, omega, model), rel=1e-8)


@pytest.mark.parametrize("ratio", [1.2, math.sqrt(2.0), math.sqrt(3.0), 2.5, 8.0])
def test_a_sliced_half_space_has_one_rayleigh_wave_and_it_is_the_closed_form(ratio):
    model = stack(*[(h, 3.0 * ratio, 3.0, 2.7) for h in (0.5, 3.0, 1e-4, 40.0, 2.0, 0.0)])
    for period in (0.1, 1.0, 10.0, 1000.0):
        roots = scan.all_roots("rayleigh", 2.0 * np.pi / period, *model)
        assert roots.status == scan.SETTLED
        assert roots.velocity == pytest.approx([rayleigh_speed(3.0 * ratio, 3.0)], rel=1e-12)


def test_love_waves_of_one_layer_solve_the_textbook_equation():
    h, b1, b2, r1, r2 = 5.0, 2.0, 4.0, 2.2, 3.0
    model = stack((h, 3.5, b1, r1), (0.0, 7.0, b2, r2))
    for period in (0.7, 2.0, 9.0, 60.0):
        omega = 2.0 * np.pi / period
        roots = scan.all_roots("love", omega, *model).velocity
        phase = omega * h * np.sqrt(1.0 / b1**2 - 1.0 / roots**2)
        mu = (
            r2
            * b2**2
            * np.sqrt(1.0 / roots**2 - 1.0 / b2**2)
            / (r1 * b1**2 * np.sqrt(1.0 / b1**2 - 1.0 / roots**2))
        )
        assert phase - np.arctan(mu) == pytest.approx(np.pi * np.arange(roots.size), abs=1e-7)
        assert roots.size == 1 + math.floor(omega * h * math.sqrt(1.0 / b1**2 - 1.0 / b2**2) / np.pi)


def test_deep_water_over_a_half_space_carries_the_scholte_wave():
    depth, a0, r0, vp, vs, rho = 30.0, 1.5, 1.03, 5.0, 2.9, 2.6
    model = stack((depth, a0, 0.0, r0), (7.0, vp, vs, rho), (0.0, vp, vs, rho))

    def equation(c):
        x = (c / vs) ** 2
        p, s = math.sqrt(1.0 - (c / vp) ** 2), math.sqrt(1.0 - x)
        return (2.0 - x) ** 2 - 4.0 * p * s + r0 / rho * x**2 * p / math.sqrt(1.0 - (c / a0) ** 2)

    scholte = brentq(equation, 1.0, a0 * (1.0 - 1e-12), xtol=1e-15)
    roots = scan.all_roots("rayleigh", 2.0 * np.pi / 0.5, *model, wanted=1)
    assert roots.velocity == pytest.approx([scholte], rel=1e-11)


@pytest.mark.parametrize("wave", WAVES)
@pytest.mark.parametrize("family", FAMILIES)
def test_the_count_knows_every_root_and_four_times_the_density_finds_no_more(family, wave):
    for seed in range(3):
        case = draw(family, seed)
        model = case[:4]
        for period in case.periods[1::7]:
            omega = 2.0 * np.pi / period
            roots, direction, _ = scan.scan(WAVES[wave], omega, *model, 6, 8.0)
            again, _, _ = scan.scan(WAVES[wave], omega, *model, 6, 32.0)
            assert roots == pytest.approx(again, rel=1e-11)
            for i in range(roots.size):
                above = roots[i + 1] if i + 1 < roots.size else min(roots[i] * (1.0 + 1e-6), model[2][-1])
                between = 0.5 * (roots[i] + above)
                if above - roots[i] > 1e-9 * above:
                    assert scan.count(WAVES[wave], between, omega, *model) == direction[: i + 1].sum()


@pytest.mark.parametrize("case", hard_cases.NAMED, ids=lambda case: f"{case.name}")
def test_named_cases_keep_their_roots(case):
    found = scan.all_roots(case.wave, 2.0 * np.pi / case.period, *case.model)
    assert found.status == scan.SETTLED
    assert found.velocity == pytest.approx(case.roots, rel=1e-9)
    assert list(found.direction) == list(case.direction)


def test_backward_cases_run_backwards_by_their_energy():
    backward = [case for case in hard_cases.BACKWARD if -1 in case.direction]
    assert len(backward) >= 12
    for case in backward:
        omega = 2.0 * np.pi / case.period
        for root, direction in zip(case.roots, case.direction, strict=True):
            mode = integrals.solve_mode(case.wave, omega, root, case.model)
            assert np.sign(mode.group) == direction


def test_the_count_is_not_monotone_where_a_mode_runs_backwards():
    case = hard_cases.BACKWARD[0]
    omega = 2.0 * np.pi / case.period
    middles = 0.5 * (case.roots[:-1] + case.roots[1:])
    counts = [counting.rayleigh_count(c, omega, *case.model) for c in (0.3, *middles, case.model[2][-1])]
    assert counts == [0, 1, 2, 1, 2]


def sample(family, seed, wave, index, mode):
    """(model, omega, root) of one mode of one random model."""
    case = draw(family, seed)
    omega = 2.0 * np.pi / case.periods[index]
    roots, _, _ = scan.scan(WAVES[wave], omega, *case[:4], mode + 1, 8.0)
    return case[:4], omega, roots[mode]


ENERGY = [
    (family, seed, wave, index, mode)
    for family, seed in [
        ("increasing", 0),
        ("low_velocity", 2),
        ("near_surface", 1),
        ("mantle", 1),
        ("water", 1),
    ]
    for wave in WAVES
    for index, mode in [(4, 0), (4, 2), (12, 0), (8, 1)]
]


@pytest.mark.parametrize(("family", "seed", "wave", "index", "mode"), ENERGY)
def test_energy_integrals_obey_the_scaling_laws_exactly(family, seed, wave, index, mode):
    model, omega, c = sample(family, seed, wave, index, mode)
    found = integrals.solve_mode(wave, omega, c, model)
    h, vp, vs, rho = model
    slope = c * (1.0 - c / found.group)  # dc/dln(omega)
    assert h @ found.thickness == pytest.approx(slope, abs=1e-9 * c)
    assert vp @ found.vp + vs @ found.vs == pytest.approx(c - slope, abs=1e-9 * c)
    assert rho @ found.rho == pytest.approx(0.0, abs=1e-9 * c)


@pytest.mark.parametrize(("family", "seed", "wave", "index", "mode"), ENERGY[::3])
def test_energy_integrals_agree_with_differences_of_roots(family, seed, wave, index, mode):
    model, omega, c = sample(family, seed, wave, index, mode)
    found = integrals.solve_mode(wave, omega, c, model)
    e = 1e-5
    slope = c * (1.0 - c / found.group)
    up = integrals.neighbour(wave, omega * math.exp(e), c + slope * e, model, 1e-6)
    down = integrals.neighbour(wave, omega * math.exp(-e), c - slope * e, model, 1e-6)
    assert (up - down) / (2.0 * e) == pytest.approx(slope, abs=2e-6 * c)
    for kernel, which in ((found.thickness, 0), (found.vp, 1), (found.vs, 2), (found.rho, 3)):
        layer = int(np.argmax(np.abs(kernel * model[which])))
        step = e * model[which][layer]
        values = []
        for sign in (1.0, -1.0):
            moved = [x.copy() for x in model]
            moved[which][layer] += sign * step
            values.append(integrals.neighbour(wave, omega, c + sign * kernel[layer] * step, moved, 1e-6))
        assert (values[0] - values[1]) / (2.0 * e) == pytest.approx(
            kernel[layer] * model[which][layer], rel=1e-6, abs=1e-9 * c
        )


@pytest.mark.parametrize("wave", WAVES)
def test_group_kernels_agree_with_differences_of_group_velocities(wave):
    model, omega, c = sample("low_velocity", 2, wave, 8, 1)
    kernels = integrals.group_kernels(wave, omega, c, model)
    phase = integrals.solve_mode(wave, omega, c, model)
    for kernel, slopes, which in zip(
        kernels[[0, 1, 2, 3]], (phase.vp, phase.vs, phase.rho, phase.thickness), (1, 2, 3, 0), strict=True
    ):
        layer = int(np.argmax(np.abs(kernel * model[which])))
        if kernel[layer] == 0.0:
            continue
        step = 3e-5 * model[which][layer]
        values = []
        for sign in (1.0, -1.0):
            moved = [x.copy() for x in model]
            moved[which][layer] += sign * step
            root = integrals.neighbour(wave, omega, c + sign * slopes[layer] * step, moved, 1e-6)
            values.append(integrals.solve_mode(wave, omega, root, moved).group)
        assert (values[0] - values[1]) / (2.0 * step) == pytest.approx(kernel[layer], rel=1e-6)


@pytest.mark.parametrize("wave", WAVES)
def test_eigenfunctions_are_continuous_and_free_at_the_surface(wave):
    model, omega, c = sample("low_velocity", 2, wave, 4, 2)
    mode = integrals.solve_mode(wave, omega, c, model)
    largest = np.abs(mode.stress).max()
    assert np.abs(mode.stress[:, 0]).max() < 1e-8 * largest
    joints = np.nonzero(np.diff(mode.layer))[0]
    assert np.abs(mode.stress[:, joints + 1] - mode.stress[:, joints]).max() < 1e-8 * largest
    assert joints.size > 2
