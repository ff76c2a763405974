"""No mode is lost and none is wrong: the engine against an independent dense scan."""

import math

import numpy as np
import pytest
import torch
from reference import counting, hard_cases, integrals, scan
from reference.families import FAMILIES, Case, draw
from reference.judge import judge

from seisgrad.dispersion import physics
from seisgrad.earth import LayeredModel

MODES = [0, 1, 2, 3]


def layered(model):
    """The engine's model from arrays (thickness, vp, vs, rho)."""
    return LayeredModel(*(torch.from_numpy(np.asarray(x)) for x in model))


def engine(case, wave, modes):
    """Phase velocities [mode, period]; every value must say why it is there or not."""
    solution = physics.solve(layered(case[:4]), torch.from_numpy(case.periods), wave, "phase", modes)
    missing = torch.isnan(solution.velocity)
    assert bool((solution.status[missing] == physics.Status.BELOW_CUTOFF).all())
    assert bool((solution.status[~missing] == physics.Status.OK).all())
    return solution.velocity.numpy()


def values(model, period, wave="rayleigh", kind="phase", modes=MODES):
    """One value per mode at one period."""
    return physics.velocity(layered(model), [period], wave, kind, modes)[:, 0].numpy()


def lowest(roots, number):
    """The first roots, NaN where there are fewer."""
    out = np.full(number, np.nan)
    out[: min(number, len(roots))] = roots[:number]
    return out


def judged(family, seeds):
    """All disagreements over some seeds of a family, with the seed."""
    return [(seed, *found) for seed in seeds for found in judge(draw(family, seed), engine)]


@pytest.mark.parametrize(
    ("family", "seed"),
    [
        ("near_surface", 1583),  # a backward mode below the slowest P velocity
        ("near_surface", 493),  # a backward mode that starts at the fastest one asked for
        ("near_surface", 40543),  # two trial velocities a rounding apart
        ("irregular", 364),  # a mode so deep that the secular function is a step
    ],
)
def test_earths_that_have_misled_the_search_once(family, seed):
    assert judge(draw(family, seed), engine) == []


@pytest.mark.parametrize("family", FAMILIES)
def test_random_models_lose_no_mode(family):
    assert judged(family, range(30)) == []


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_many_random_models_lose_no_mode(family):
    assert judged(family, range(1000, 1300)) == []


@pytest.mark.parametrize("case", hard_cases.BACKWARD, ids=lambda case: case.name)
def test_both_roots_of_a_mode_that_runs_backwards_are_found(case):
    modes = list(range(len(case.roots) + 1))
    found = values(case.model, case.period, case.wave, "phase", modes)
    gap = np.min(np.diff(case.roots) / case.roots[:-1])
    np.testing.assert_allclose(found, lowest(case.roots, len(modes)), rtol=1e-9 + 1e-13 / gap)


@pytest.mark.parametrize(
    "case", [c for c in hard_cases.BACKWARD if -1 in c.direction], ids=lambda case: case.name
)
def test_the_group_velocity_is_negative_on_the_backward_root(case):
    modes = list(range(len(case.roots)))
    found = values(case.model, case.period, case.wave, "group", modes)
    assert list(np.sign(found)) == list(case.direction)
    omega = 2.0 * np.pi / case.period
    expected = [integrals.solve_mode(case.wave, omega, root, case.model).group for root in case.roots]
    # in a close pair the rounding of c grows by 1/gap; U goes with the distance of the pair: 1/gap again
    gap = np.min(np.diff(case.roots) / case.roots[:-1])
    np.testing.assert_allclose(found, expected, rtol=1e-7 + 1e-13 / gap**2)


@pytest.mark.parametrize("case", hard_cases.TOUCHING, ids=lambda case: case.name)
def test_modes_of_two_channels_that_nearly_touch_are_both_found(case):
    found = values(case.model, case.period, case.wave)
    gap = np.min(np.diff(case.roots) / case.roots[:-1])
    np.testing.assert_allclose(found, case.roots[:4], rtol=min(1e-9 + 1e-13 / max(gap, 1e-30), 2e-9))
    assert (np.diff(found) >= 0.0).all()


@pytest.mark.parametrize("wave", ["rayleigh", "love"])
def test_a_low_velocity_zone_is_crossed_without_a_jump_as_its_modes_exchange(wave):
    # as the buried layer thickens, the modes of the two channels approach, turn away and exchange roles
    reference = next(case for case in hard_cases.TOUCHING if case.wave == wave and "lid 8" in case.name)
    tuned = reference.model[0][2]
    h = np.tile(reference.model[0], (41, 1))
    h[:, 2] = tuned * (1.0 + 0.01 * np.linspace(-1.0, 1.0, 41) ** 3)
    rest = [np.tile(x, (41, 1)) for x in reference.model[1:]]
    found = physics.velocity(layered((h, *rest)), [reference.period], wave, "phase", [0, 1])[..., 0].numpy()
    for row, thickness in zip(found, h, strict=True):
        roots = scan.scan(
            scan.LOVE if wave == "love" else scan.RAYLEIGH,
            2.0 * np.pi / reference.period,
            thickness,
            *reference.model[1:],
            2,
            8.0,
        )[0]
        np.testing.assert_allclose(row, roots, rtol=2e-9)


@pytest.mark.parametrize("water", [[], [1.0], [3.0]], ids=["land", "1 km", "3 km"])
@pytest.mark.parametrize("wave", ["rayleigh", "love"])
@pytest.mark.parametrize(("shear", "thickness"), [((3.6, 4.5), 30.0), ((2.4, 3.0), 10.0), ((3.0, 5.0), 40.0)])
def test_round_numbers_put_nodes_on_interfaces_and_no_mode_is_lost(shear, thickness, wave, water):
    # at the velocity of these half-spaces the phase in the layer is a multiple of pi, and its sine rounds to zero
    solid = [2.5] * len(water)
    periods = 2.5 * np.arange(1.0, 17.0)
    exact, near = (
        LayeredModel(
            [*water, thickness, 0.0],
            [*solid, 7.0, 8.5],
            [*(0.0 for _ in water), shear[0], shear[1] * stretch],
            [*solid, 2.8, 3.3],
        )
        for stretch in (1.0, 1.0 + 1e-9)
    )
    for asked in (periods, *periods[:, None]):
        found, other = (
            physics.velocity(model, torch.from_numpy(asked), wave, "phase", [0, 1]) for model in (exact, near)
        )
        # a mode whose cutoff is the period itself may be there or not
        begun = other > shear[1] * (1.0 - 1e-6)
        torch.testing.assert_close(found[~begun], other[~begun], rtol=1e-6, atol=0.0, equal_nan=True)


ONE_LAYER = tuple(np.array(x) for x in ([5.0, 0.0], [3.5, 7.0], [2.0, 4.0], [2.2, 3.0]))


@pytest.mark.parametrize("offset", [1e-2, 1e-3, 1e-4])
@pytest.mark.parametrize("mode", [1, 2, 3])
def test_love_modes_appear_at_their_cutoff_period(mode, offset):
    cutoff = 2.0 * 5.0 * math.sqrt(1.0 / 2.0**2 - 1.0 / 4.0**2) / mode
    solution = physics.solve(
        layered(ONE_LAYER), [cutoff * (1 - offset), cutoff * (1 + offset)], "love", mode=mode
    )
    assert list(solution.status) == [physics.Status.OK, physics.Status.BELOW_CUTOFF]
    assert bool(torch.isnan(solution.velocity[1]))
    case = Case(*ONE_LAYER, np.array([cutoff * (1 - offset)]))
    assert judge(case, engine, waves=("love",)) == []


@pytest.mark.parametrize("mode", [1, 2, 3])
def test_rayleigh_modes_appear_where_the_count_at_the_half_spaces_speed_does(mode):
    def trapped(period):
        return counting.rayleigh_count(4.0 * (1.0 - 1e-14), 2.0 * np.pi / period, *ONE_LAYER) > mode

    left, right = 0.3, 60.0
    assert trapped(left)
    assert not trapped(right)
    while right - left > 1e-12 * right:
        middle = 0.5 * (left + right)
        left, right = (middle, right) if trapped(middle) else (left, middle)
    periods = [left * (1.0 - 1e-3), left * (1.0 + 1e-3)]
    solution = physics.solve(layered(ONE_LAYER), periods, "rayleigh", mode=mode)
    assert list(solution.status) == [physics.Status.OK, physics.Status.BELOW_CUTOFF]
    assert 4.0 * (1.0 - 1e-3) < float(solution.velocity[0]) < 4.0


def test_layers_far_thinner_than_the_wavelength_change_nothing_but_their_share():
    # 200 slices of one layer, each a millionth of a wavelength or less, and the same stack unsliced
    thin = np.full(200, 5e-7)
    h = np.concatenate([thin, [5.0 - thin.sum(), 0.0]])
    sliced = (h, *(np.concatenate([np.full(200, x[0]), x]) for x in ONE_LAYER[1:]))
    for wave in ("rayleigh", "love"):
        for period in (0.5, 5.0, 50.0, 500.0):
            whole = values(ONE_LAYER, period, wave)
            np.testing.assert_allclose(values(sliced, period, wave), whole, rtol=1e-11)


def test_a_film_of_another_rock_moves_the_mode_by_its_kernel():
    def with_film(film):
        return tuple(
            np.array(x) for x in ([film, 5.0, 0.0], [6.0, 3.5, 7.0], [3.5, 2.0, 4.0], [2.9, 2.2, 3.0])
        )

    film = 1e-4
    for wave in ("rayleigh", "love"):
        bare = values(tuple(x[1:] for x in with_film(film)), 5.0, wave)[0]
        halfway = values(with_film(0.5 * film), 5.0, wave)[0]
        slope = integrals.solve_mode(wave, 2.0 * np.pi / 5.0, halfway, with_film(0.5 * film)).thickness[0]
        assert values(with_film(film), 5.0, wave)[0] - bare == pytest.approx(film * slope, rel=1e-6)


def test_a_mode_under_a_lid_of_hundreds_of_wavelengths_is_found():
    model = tuple(np.array(x) for x in ([300.0, 4.0, 0.0], [6.8, 3.6, 8.0], [3.9, 2.0, 4.5], [2.9, 2.3, 3.3]))
    case = Case(*model, np.array([0.5, 1.0, 2.0]))
    assert judge(case, engine) == []
    # The Love wave of the channel knows nothing of the surface: 2 arctan(mu nu ratios) = phase
    c = values(model, 1.0, "love")[0]
    omega = 2.0 * np.pi
    inside = 2.3 * 4.0 * math.sqrt(1.0 / 4.0 - 1.0 / c**2)
    walls = [rho * vs**2 * math.sqrt(1.0 / c**2 - 1.0 / vs**2) for vs, rho in ((3.9, 2.9), (4.5, 3.3))]
    phase = omega * 4.0 * math.sqrt(1.0 / 4.0 - 1.0 / c**2)
    assert phase == pytest.approx(sum(math.atan(wall / inside) for wall in walls), rel=1e-10)


@pytest.mark.parametrize("slow", [0.5, 0.8, 0.95])
def test_a_half_space_slower_than_the_layers_above_traps_what_the_scan_says(slow):
    vs = np.array([1.2, 3.8, 3.4, 3.8 * slow])
    model = (np.array([1.0, 12.0, 9.0, 0.0]), 1.75 * vs, vs, np.array([2.1, 2.8, 2.7, 2.6]))
    case = Case(*model, np.geomspace(0.5, 200.0, 30))
    assert judge(case, engine) == []


def test_a_fast_plate_on_a_slow_half_space_traps_no_short_wave():
    model = tuple(np.array(x) for x in ([10.0, 0.0], [6.8, 3.5], [3.9, 2.0], [2.9, 2.2]))
    solution = physics.solve(layered(model), [0.5, 1.0, 1e4], "rayleigh")
    assert list(solution.status) == [
        physics.Status.BELOW_CUTOFF,
        physics.Status.BELOW_CUTOFF,
        physics.Status.OK,
    ]


@pytest.mark.parametrize("depth", [1e-6, 0.05, 3.0, 60.0])
def test_water_of_any_depth_loses_no_mode(depth):
    solid = ([3.0, 20.0, 0.0], [3.2, 5.8, 8.0], [1.6, 3.3, 4.5], [2.2, 2.7, 3.3])
    model = tuple(np.array([wet, *x]) for wet, x in zip((depth, 1.5, 0.0, 1.03), solid, strict=True))
    case = Case(*model, np.geomspace(0.3, 60.0, 30))
    assert judge(case, engine) == []
    if depth == 1e-6:
        dry = engine(Case(*(np.array(x) for x in solid), case.periods), "rayleigh", MODES)
        np.testing.assert_allclose(engine(case, "rayleigh", MODES), dry, rtol=1e-5)


def test_love_waves_do_not_feel_the_water():
    case = draw("water", 2)
    wet = case.vs == 0.0
    dry = Case(*(x[~wet] for x in case[:4]), case.periods)
    np.testing.assert_array_equal(engine(case, "love", MODES), engine(dry, "love", MODES))


def test_a_batch_gives_what_each_model_gives_alone():
    cases = [hard_cases.TOUCHING[i] for i in range(4)]
    batch = tuple(np.stack(x) for x in zip(*(case.model for case in cases), strict=True))
    together = physics.velocity(layered(batch), [2.0, 5.0, 30.0], "rayleigh", "phase", MODES).numpy()
    for row, case in zip(together, cases, strict=True):
        alone = physics.velocity(layered(case.model), [2.0, 5.0, 30.0], "rayleigh", "phase", MODES).numpy()
        np.testing.assert_array_equal(row, alone)
