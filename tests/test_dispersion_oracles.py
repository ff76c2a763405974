"""The engine's numbers against closed forms, scaling laws, energy integrals, differences and disba."""

import math

import numpy as np
import pytest
import torch
from reference import integrals, scan
from reference.families import draw
from scipy.optimize import brentq

from seisgrad.dispersion import physics
from seisgrad.earth import LayeredModel

PARAMETERS = ("vp", "vs", "rho", "thickness")
MODES = (0, 1, 2, 3)
WAVES = ("rayleigh", "love")


def layered(model):
    """The engine's model from arrays (thickness, vp, vs, rho)."""
    return LayeredModel(*(torch.from_numpy(np.array(x)) for x in model))


def curve(model, periods, wave="rayleigh", kind="phase", mode=0):
    """The engine's velocities as numpy."""
    return physics.velocity(layered(model), list(periods), wave, kind, mode).numpy()


def crust(layers, seed):
    """A smooth crust with a low-velocity zone, every parameter with a roughness of its own; 40 km."""
    rng = np.random.default_rng(seed)
    depth = np.linspace(0.0, 40.0, layers)
    vs = np.interp(depth, [0, 2, 10, 18, 25, 40], [1.6, 2.6, 3.4, 3.1, 3.7, 4.5]) * rng.uniform(
        0.96, 1.04, layers
    )
    h = np.append(np.diff(depth) * rng.uniform(0.8, 1.2, layers - 1), 0.0)
    return h, vs * rng.uniform(1.65, 1.85, layers), vs, rng.uniform(0.95, 1.05, layers) * (1.5 + 0.35 * vs)


def sea():
    """Six layers under two of water."""
    h, vp, vs, rho = crust(6, 3)
    wet = ([1.0, 2.0], [1.48, 1.52], [0.0, 0.0], [1.0, 1.04])
    return tuple(np.concatenate([w, x]) for w, x in zip(wet, (h, vp, vs, rho), strict=True))


MODELS = {"five layers": crust(5, 1), "twelve layers": crust(12, 2), "under water": sea()}
PERIODS = (1.7, 3.1, 5.5)


# Closed forms


def rayleigh_speed(vp, vs):
    """Rayleigh's cubic x^3 - 8 x^2 + (24 - 16 r) x - 16 (1 - r) = 0, x = (c/vs)^2, r = (vs/vp)^2."""
    r = (vs / vp) ** 2
    roots = np.roots([1.0, -8.0, 24.0 - 16.0 * r, -16.0 * (1.0 - r)])
    x = min(z.real for z in roots if abs(z.imag) < 1e-9 and 0.0 < z.real < 1.0)
    return vs * math.sqrt(x)


@pytest.mark.parametrize("ratio", [1.16, 1.3, math.sqrt(2.0), math.sqrt(3.0), 2.5, 6.0])
def test_a_half_space_carries_one_rayleigh_wave_without_dispersion(ratio):
    model = ([0.3, 4.0, 25.0, 0.0], [3.0 * ratio] * 4, [3.0] * 4, [2.7] * 4)
    expected = rayleigh_speed(3.0 * ratio, 3.0)
    periods = np.geomspace(0.05, 500.0, 20)
    np.testing.assert_allclose(curve(model, periods), expected, rtol=1e-11)
    np.testing.assert_allclose(curve(model, periods, kind="group"), expected, rtol=1e-9)
    higher = physics.solve(layered(model), list(periods), "rayleigh", mode=1)
    assert bool((higher.status == physics.Status.BELOW_CUTOFF).all())
    love = physics.solve(layered(model), list(periods), "love")
    assert bool((love.status == physics.Status.BELOW_CUTOFF).all())


@pytest.mark.parametrize("mode", MODES)
def test_love_waves_of_one_layer_solve_their_equation(mode):
    h, b1, b2, r1, r2 = 7.0, 2.1, 4.2, 2.3, 3.1
    periods = np.geomspace(0.4, 1.9, 12)

    def equation(c, omega):
        inside, outside = math.sqrt(1.0 / b1**2 - 1.0 / c**2), math.sqrt(1.0 / c**2 - 1.0 / b2**2)
        return omega * h * inside - math.atan(r2 * b2**2 * outside / (r1 * b1**2 * inside)) - mode * math.pi

    def root(period):
        return brentq(equation, b1 * (1 + 1e-14), b2 * (1 - 1e-14), (2.0 * math.pi / period,), 1e-15, 1e-15)

    model = ([h, 0.0], [3.7, 7.5], [b1, b2], [r1, r2])
    expected = np.array([root(period) for period in periods])
    np.testing.assert_allclose(curve(model, periods, "love", mode=mode), expected, rtol=1e-12)
    e = 1e-4
    slope = np.array([math.log(root(p * math.exp(-e)) / root(p * math.exp(e))) / (2.0 * e) for p in periods])
    group = curve(model, periods, "love", "group", mode)
    np.testing.assert_allclose(group, expected / (1.0 - slope), rtol=1e-6)


# Scaling laws


@pytest.mark.parametrize("kind", ["phase", "group"])
@pytest.mark.parametrize("wave", WAVES)
@pytest.mark.parametrize("name", MODELS)
def test_scaling_laws(name, wave, kind):
    h, vp, vs, rho = MODELS[name]
    periods = np.array(PERIODS)
    for mode in MODES:
        base = curve((h, vp, vs, rho), periods, wave, kind, mode)
        assert np.isfinite(base).all()
        s = 1.37
        faster = curve((h, s * vp, s * vs, rho), periods / s, wave, kind, mode)
        denser = curve((h, vp, vs, s * rho), periods, wave, kind, mode)
        larger = curve((s * h, vp, vs, rho), s * periods, wave, kind, mode)
        metres = curve((1e-3 * h, vp, vs, rho), 1e-3 * periods, wave, kind, mode)
        np.testing.assert_allclose(faster, s * base, rtol=1e-9)
        for same in (denser, larger, metres):
            np.testing.assert_allclose(same, base, rtol=1e-9)


@pytest.mark.parametrize("wave", WAVES)
@pytest.mark.parametrize("name", MODELS)
def test_sums_of_logarithmic_phase_kernels_obey_the_scaling_laws(name, wave):
    h, vp, vs, rho = (torch.from_numpy(x) for x in MODELS[name])
    for mode in MODES:
        k = physics.kernels(layered(MODELS[name]), list(PERIODS), wave, "phase", mode)
        group = physics.velocity(layered(MODELS[name]), list(PERIODS), wave, "group", mode)
        c = k.velocity
        slope = c * (1.0 - c / group)  # dc/dln(omega)
        torch.testing.assert_close(k.thickness @ h, slope, rtol=0.0, atol=1e-9)
        torch.testing.assert_close(k.vp @ vp + k.vs @ vs, c - slope, rtol=0.0, atol=1e-9)
        torch.testing.assert_close(k.rho @ rho, torch.zeros_like(c), rtol=0.0, atol=1e-9)
        kg = physics.kernels(layered(MODELS[name]), list(PERIODS), wave, "group", mode)
        torch.testing.assert_close(kg.rho @ rho, torch.zeros_like(c), rtol=0.0, atol=1e-8)
        # speeds and sizes scaled together leave the periods alone
        total = kg.vp @ vp + kg.vs @ vs + kg.thickness @ h
        torch.testing.assert_close(total, kg.velocity, rtol=0.0, atol=1e-8)


# Energy integrals


def close(got, expected, tolerance, scale):
    """Relative L2 of a kernel over layers; one that vanishes beside the others is measured against them."""
    size = max(np.linalg.norm(expected), 1e-4 * scale)
    assert np.linalg.norm(got - expected) <= tolerance * size


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("wave", WAVES)
@pytest.mark.parametrize("name", MODELS)
def test_group_velocity_and_phase_kernels_agree_with_the_energy_integrals(name, wave, mode):
    model = MODELS[name]
    k = physics.kernels(layered(model), list(PERIODS), wave, "phase", mode)
    group = curve(model, PERIODS, wave, "group", mode)
    for i, period in enumerate(PERIODS):
        reference = integrals.solve_mode(wave, 2.0 * np.pi / period, float(k.velocity[i]), model)
        assert group[i] == pytest.approx(reference.group, rel=1e-7)
        for parameter in PARAMETERS:
            got, expected = getattr(k, parameter)[i].numpy(), getattr(reference, parameter)
            close(got, expected, 1e-5, np.linalg.norm(reference.vs))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("wave", WAVES)
@pytest.mark.parametrize("name", MODELS)
def test_group_kernels_agree_with_those_of_the_energy_integrals(name, wave, mode):
    model = MODELS[name]
    periods = PERIODS[::2]
    k = physics.kernels(layered(model), list(periods), wave, "group", mode)
    phase = curve(model, periods, wave, "phase", mode)
    for i, period in enumerate(periods):
        reference = integrals.group_kernels(wave, 2.0 * np.pi / period, phase[i], model)
        for parameter, expected in zip(PARAMETERS, reference, strict=True):
            close(getattr(k, parameter)[i].numpy(), expected, 1e-5, np.linalg.norm(reference[1]))


@pytest.mark.parametrize("mode", [0, 1, 2])
@pytest.mark.parametrize("name", MODELS)
def test_ellipticity_is_that_of_the_eigenfunction(name, mode):
    model = MODELS[name]
    water = int(np.sum(model[2] == 0.0))
    got = physics.ellipticity(layered(model), list(PERIODS), mode).numpy()
    for i, period in enumerate(PERIODS):
        c = curve(model, [period], mode=mode)[0]
        mode_shape = integrals.solve_mode("rayleigh", 2.0 * np.pi / period, c, model)
        top = int(np.argmax(mode_shape.layer == water))
        r1, r2 = mode_shape.displacement[:, top]
        assert got[i] == pytest.approx(r1 / r2, rel=1e-7)


# Differences


def difference(model, wave, kind, mode, which, step):
    """d(velocity)/d(parameter) [period, layer] by Richardson-extrapolated central differences."""
    layers = model[0].size
    finite = range(layers - 1 if which == 0 else layers)
    steps = (step, step / 2.0, step / 4.0)
    rows = []
    for layer in finite:
        for s in steps:
            for sign in (1.0, -1.0):
                moved = [x.copy() for x in model]
                moved[which][layer] *= 1.0 + sign * s
                rows.append(moved)
    batch = tuple(np.stack(x) for x in zip(*rows, strict=True))
    value = curve(batch, PERIODS, wave, kind, mode).reshape(len(finite), 3, 2, len(PERIODS))
    slopes = (value[:, :, 0] - value[:, :, 1]) / (2.0 * np.array(steps)[:, None])
    once = (4.0 * slopes[:, 1:] - slopes[:, :-1]) / 3.0
    twice = (16.0 * once[:, 1] - once[:, 0]) / 15.0
    out = np.zeros((len(PERIODS), layers))
    for row, layer in enumerate(finite):
        if model[which][layer] > 0.0:
            out[:, layer] = twice[row] / model[which][layer]
    return out


@pytest.mark.parametrize("kind", ["phase", "group"])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("wave", WAVES)
@pytest.mark.parametrize("name", MODELS)
def test_kernels_agree_with_richardson_extrapolated_differences(name, wave, mode, kind):
    model = MODELS[name]
    k = physics.kernels(layered(model), list(PERIODS), wave, kind, mode)
    scale = np.linalg.norm(k.vs.numpy())
    for which, parameter in ((0, "thickness"), (1, "vp"), (2, "vs"), (3, "rho")):
        got = getattr(k, parameter).numpy()
        if wave == "love" and parameter == "vp":
            assert not got.any()
            continue
        expected = difference(model, wave, kind, mode, which, 6e-3)
        if parameter == "vs":
            got = np.where(model[2] > 0.0, got, 0.0)
        if wave == "love" and parameter == "vp":
            assert (got == 0.0).all()
        else:
            close(got, expected, 1e-5, scale)


# disba, an independent code in use


@pytest.mark.parametrize("wave", WAVES)
def test_velocities_agree_with_disba_where_it_is_right(wave):
    disba = pytest.importorskip("disba")
    code = scan.RAYLEIGH if wave == "rayleigh" else scan.LOVE
    # disba's group velocity is a difference over T/(1 + step) and T/(1 - step) of roots good to 1e-6
    step = 2e-3
    phases, groups, tried = 0, 0, 0
    for seed in range(8):
        case = draw("increasing", seed)
        model, periods = case[:4], case.periods[4::5]
        search = disba.PhaseDispersion(*model, algorithm="dunkin", dc=1e-4 * model[2].min())
        for mode in (0, 1):
            phase = curve(model, periods, wave, "phase", mode)
            group = curve(model, periods, wave, "group", mode)
            for i in np.nonzero(np.isfinite(phase))[0]:
                near = periods[i] / np.array([1.0 + step, 1.0, 1.0 - step])
                theirs = search(near, mode=mode, wave=wave).velocity
                tried += 1
                if theirs.size < 3:
                    continue
                omega = 2.0 * np.pi / periods[i]
                root = scan.scan(code, omega, *model, mode + 1, 8.0)[0][mode]
                exact = integrals.solve_mode(wave, omega, root, model).group
                difference = 2.0 * step / ((1.0 + step) / theirs[0] - (1.0 - step) / theirs[2])
                if abs(theirs[1] / root - 1.0) < 5e-6:
                    assert phase[i] == pytest.approx(theirs[1], rel=1e-5)
                    phases += 1
                if abs(difference / exact - 1.0) < 1.5e-4:
                    assert group[i] == pytest.approx(difference, rel=2e-4)
                    groups += 1
    assert phases > 0.9 * tried
    assert groups > 0.6 * tried > 20
