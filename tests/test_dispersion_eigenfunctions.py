"""Eigenfunctions obey their equations, and the energy integrals over them the engine's group velocity."""

import numpy as np
import pytest
import torch
from reference.families import FAMILIES, draw

from seisgrad.dispersion import physics
from seisgrad.earth import LayeredModel
from seisgrad.errors import InputError

WAVES = ("rayleigh", "love")
CRUST = LayeredModel(
    [1.5, 4.0, 11.0, 14.0, 0.0],
    [3.1, 5.6, 5.4, 6.7, 8.0],
    [1.4, 3.2, 3.0, 3.8, 4.5],
    [2.1, 2.6, 2.65, 2.9, 3.3],
)
SEA = LayeredModel(
    [0.8, 1.7, 1.5, 4.0, 11.0, 0.0],
    [1.48, 1.52, 3.1, 5.6, 6.7, 8.0],
    [0.0, 0.0, 1.4, 3.2, 3.8, 4.5],
    [1.0, 1.04, 2.1, 2.6, 2.9, 3.3],
)
EARTHS = {"crust": CRUST, "sea": SEA}
PERIODS = (2.0, 4.0, 7.0)


def floor_of(model):
    """Depth of the top of the solid, km."""
    return float(model.thickness[model.vs == 0.0].sum())


def profile(model, depth, wave="rayleigh", mode=0, periods=PERIODS):
    """Displacements and tractions as numpy, [component, period, depth]."""
    e = physics.eigenfunctions(model, list(periods), wave, mode, list(depth))
    return e.displacement.numpy(), e.traction.numpy(), e


def relative(traction, displacement, e):
    """Tractions of the modes that exist over their size: k, 30 GPa and the largest displacement."""
    there = e.phase_velocity.isfinite().numpy()
    k = (2.0 * np.pi / e.periods / e.phase_velocity).numpy()[there, None]
    size = np.abs(displacement[:, there]).max(axis=(0, 2))[:, None]
    return traction[:, there] / (30.0 * k * size)


@pytest.mark.parametrize("wave", WAVES)
@pytest.mark.parametrize("family", FAMILIES)
def test_group_velocity_of_random_models_from_the_energy_integrals(family, wave):
    compared = 0
    for seed in range(2000, 2005):
        case = draw(family, seed)
        model = LayeredModel(*(torch.from_numpy(x) for x in case[:4]))
        periods = torch.from_numpy(case.periods[2::9])
        for mode in (0, 1, 2):
            integrals = physics.eigenfunctions(model, periods, wave, mode, [0.0]).group_velocity
            engine = physics.velocity(model, periods, wave, "group", mode)
            torch.testing.assert_close(integrals, engine, rtol=1e-7, atol=0.0, equal_nan=True)
            compared += int(engine.isfinite().sum())
    assert compared > 15


@pytest.mark.parametrize("mode", [0, 1, 2])
@pytest.mark.parametrize("wave", WAVES)
@pytest.mark.parametrize("name", EARTHS)
def test_the_surface_is_free(name, wave, mode):
    model = EARTHS[name]
    floor = floor_of(model)
    u, t, e = profile(model, [0.0, floor, 0.3 + floor, 3.0 + floor], wave, mode)
    assert e.phase_velocity.isfinite().any()
    stress = relative(t, u, e)
    assert np.max(np.abs(stress[..., 0])) < 1e-9
    # water carries no shear: the horizontal traction vanishes at the sea floor, the vertical one does not
    assert np.max(np.abs(stress[0, :, 1])) < 1e-9
    if name == "sea" and wave == "rayleigh":
        assert np.min(np.abs(stress[1, :, 1])) > 1e-6
    assert np.max(np.abs(stress[..., 3])) > 1e-3


@pytest.mark.parametrize("mode", [0, 1])
@pytest.mark.parametrize("wave", WAVES)
@pytest.mark.parametrize("name", EARTHS)
def test_displacement_and_traction_are_continuous(name, wave, mode):
    model = EARTHS[name]
    floor, tops = floor_of(model), model.depth[1:].numpy()
    step = 1e-7
    u, t, e = profile(model, np.stack([tops - step, tops + step], 1).ravel(), wave, mode)
    there = e.phase_velocity.isfinite().numpy()
    u, t = (x[:, there].reshape(len(x), there.sum(), len(tops), 2) for x in (u, t))
    scale = np.abs(u).max()
    solid = tops > floor + 1e-6
    np.testing.assert_allclose(u[:, :, solid, 0], u[:, :, solid, 1], rtol=0, atol=1e-5 * scale)
    np.testing.assert_allclose(t[:, :, solid, 0], t[:, :, solid, 1], rtol=0, atol=1e-5 * np.abs(t).max())
    if wave == "rayleigh":  # in water only the vertical parts are tied; the horizontal displacement slips
        np.testing.assert_allclose(u[1, ..., 0], u[1, ..., 1], rtol=0, atol=1e-5 * scale)
        np.testing.assert_allclose(t[1, ..., 0], t[1, ..., 1], rtol=0, atol=1e-5 * np.abs(t).max())


@pytest.mark.parametrize("name", EARTHS)
@pytest.mark.parametrize("mode", [0, 1])
def test_rayleigh_profiles_solve_the_equations_of_motion(name, mode):
    """Aki & Richards (2002), eq. 7.28: r' = A r inside every layer, by central differences."""
    model, step = EARTHS[name], 1e-4
    middle = (model.depth + 0.4 * torch.where(model.thickness > 0, model.thickness, 5.0)).numpy()
    u, t, e = profile(model, (middle[:, None] + step * np.array([-1.0, 0.0, 1.0])).ravel(), mode=mode)
    state = np.concatenate([u, t]).reshape(4, len(PERIODS), len(middle), 3)
    vp, vs, rho = (x.numpy() for x in (model.vp, model.vs, model.rho))
    mu, modulus = rho * vs**2, rho * vp**2
    lam = modulus - 2.0 * mu
    checked = 0
    for p, (period, c) in enumerate(zip(PERIODS, e.phase_velocity.tolist(), strict=True)):
        if np.isnan(c):
            continue
        omega = 2.0 * np.pi / period
        k = omega / c
        r1, r2, r3, r4 = state[:, p, :, 1]
        slope = (state[:, p, :, 2] - state[:, p, :, 0]) / (2.0 * step)
        zeta = 4.0 * mu * (lam + mu) / modulus
        right = np.array(
            [
                k * r2 + np.divide(r3, mu, out=np.zeros_like(r3), where=mu > 0),
                (r4 - k * lam * r1) / modulus,
                (k**2 * zeta - omega**2 * rho) * r1 + k * lam / modulus * r4,
                -(omega**2) * rho * r2 - k * r3,
            ]
        )
        wet = mu == 0.0
        right[0, wet] = slope[0, wet]  # r1 is not tied to shear in water
        right[2, wet] = slope[2, wet]
        for row in range(4):
            np.testing.assert_allclose(slope[row], right[row], rtol=0, atol=1e-5 * np.abs(right[row]).max())
        np.testing.assert_allclose(omega**2 * rho[wet] * r1[wet], k * r4[wet], rtol=1e-9)
        checked += 1
    assert checked


@pytest.mark.parametrize("name", EARTHS)
def test_love_profiles_solve_their_equation(name):
    model, step = EARTHS[name], 1e-4
    solid = (model.vs > 0).numpy()
    middle = (model.depth + 0.4 * torch.where(model.thickness > 0, model.thickness, 5.0)).numpy()[solid]
    u, t, e = profile(model, (middle[:, None] + step * np.array([-1.0, 0.0, 1.0])).ravel(), "love")
    u, t = (x[0].reshape(len(PERIODS), -1, 3) for x in (u, t))
    rho = model.rho.numpy()[solid]
    mu = rho * model.vs.numpy()[solid] ** 2
    omega = 2.0 * np.pi / np.array(PERIODS)[:, None]
    k = omega / e.phase_velocity.numpy()[:, None]
    np.testing.assert_allclose(
        mu * (u[..., 2] - u[..., 0]) / (2 * step), t[..., 1], rtol=0, atol=1e-6 * np.abs(t).max()
    )
    right = (k**2 * mu - omega**2 * rho) * u[..., 1]
    np.testing.assert_allclose(
        (t[..., 2] - t[..., 0]) / (2 * step), right, rtol=0, atol=1e-6 * np.abs(right).max()
    )


@pytest.mark.parametrize("name", EARTHS)
@pytest.mark.parametrize("mode", [0, 1, 2, 3])
def test_the_love_mode_number_counts_the_nodes(name, mode):
    model = EARTHS[name]
    depth = floor_of(model) + np.linspace(0.0, 60.0, 3000)
    u, _, e = profile(model, depth, "love", mode, (0.6, 1.1, 2.0))
    there = e.phase_velocity.isfinite().numpy()
    assert there.any()
    for values in u[0, there]:
        values = values[np.abs(values) > 1e-9 * np.abs(values).max()]
        assert int((np.diff(np.sign(values)) != 0).sum()) == mode


@pytest.mark.parametrize("mode", [0, 1, 2])
@pytest.mark.parametrize("name", EARTHS)
def test_ellipticity_is_the_ratio_at_the_top_of_the_solid(name, mode):
    model = EARTHS[name]
    u, _, e = profile(model, [floor_of(model)], mode=mode)
    ratio = physics.ellipticity(model, list(PERIODS), mode).numpy()
    assert np.isfinite(ratio).any()
    there = e.phase_velocity.isfinite().numpy()
    np.testing.assert_allclose(u[1, there, 0], 1.0, rtol=1e-12)
    np.testing.assert_allclose(u[0, :, 0] / u[1, :, 0], ratio, rtol=1e-7, equal_nan=True)


def test_a_half_space_is_retrograde_at_the_surface_and_prograde_below():
    # Poisson solid: c = 0.9194 vs; the horizontal motion changes sign once, at 0.193 wavelengths
    model = LayeredModel([10.0, 0.0], [3.0 * 3**0.5] * 2, [3.0] * 2, [2.7] * 2)
    depth = np.linspace(0.0, 60.0, 6001)
    u, _, e = profile(model, depth, periods=(10.0,))
    length = 10.0 * float(e.phase_velocity[0])
    assert float(e.phase_velocity[0]) == pytest.approx(3.0 * (2.0 - 2.0 / 3**0.5) ** 0.5, rel=1e-10)
    assert u[0, 0, 0] / u[1, 0, 0] == pytest.approx(-0.6812, abs=2e-4)
    turned = depth[np.nonzero(np.diff(np.sign(u[0, 0])))[0]]
    assert len(turned) == 1
    assert turned[0] / length == pytest.approx(0.1925, abs=2e-3)
    assert (u[1] > 0).all()


@pytest.mark.parametrize("wave", WAVES)
@pytest.mark.parametrize("name", EARTHS)
def test_motion_fades_with_the_slower_potential_in_the_half_space(name, wave):
    model = EARTHS[name]
    top = float(model.depth[-1])
    # P fades faster and adds exp(-(ν_P - ν_S) z) to the slope
    deep = top + np.array([160.0, 161.0])
    u, t, e = profile(model, deep, wave, periods=(2.5, 5.0))
    k = (2.0 * np.pi / e.periods / e.phase_velocity).numpy()
    rate = k * np.sqrt(1.0 - (e.phase_velocity.numpy() / float(model.vs[-1])) ** 2)
    for part in (*u, *t):
        np.testing.assert_allclose(np.log(np.abs(part[:, 0] / part[:, 1])), rate, rtol=1e-4)


def test_missing_modes_are_nan_and_the_others_stay():
    e = physics.eigenfunctions(CRUST, [2.0, 300.0], "love", 1)
    assert e.displacement.shape == (1, 2, 200)
    assert e.displacement[:, 0].isfinite().all()
    assert e.displacement[:, 1].isnan().all()
    assert e.traction[:, 1].isnan().all()
    assert e.group_velocity.isnan().tolist() == [False, True]
    assert float(e.depth[-1]) == pytest.approx(1.5 * float(CRUST.depth[-1]))


def test_the_phase_velocity_is_the_engines():
    for wave in WAVES:
        e = physics.eigenfunctions(SEA, list(PERIODS), wave, 0, [0.0])
        assert torch.equal(e.phase_velocity, physics.velocity(SEA, list(PERIODS), wave))


def test_love_waves_leave_the_water_alone():
    u, t, _ = profile(SEA, [0.0, 1.0, 2.4], "love")
    assert not u.any()
    assert not t.any()


def test_what_is_refused():
    batch = LayeredModel(*(x.expand(2, -1) for x in (CRUST.thickness, CRUST.vp, CRUST.vs, CRUST.rho)))
    with pytest.raises(InputError, match=r"batch of shape \(2,\)"):
        physics.eigenfunctions(batch, [5.0])
    with pytest.raises(InputError, match="-1"):
        physics.eigenfunctions(CRUST, [5.0], depth=[-1.0, 2.0])
    with pytest.raises(InputError, match="period"):
        physics.eigenfunctions(CRUST, [5.0, 2.0])
