"""The exact elastic operator: its contract, its derivatives in the earth, and what it refuses."""

import math

import pytest
import torch
from operator_suite import OperatorSuite
from torch import Tensor
from torch.testing import assert_close

from seisgrad import checks
from seisgrad.elastic import Grid, Physics, Survey
from seisgrad.elastic.harmonic.mesh import Resolution
from seisgrad.elastic.harmonic.operator import Harmonic
from seisgrad.errors import InputError
from seisgrad.operator import Operator, vjp
from seisgrad.waves import simulation

SMALL = Grid((3, 3), 0.5)


def small_physics(**settings) -> Physics:
    sources, receivers = torch.tensor([0.31, 0.8, 1.0]), torch.tensor([0.0, 0.97, 0.6])
    survey = Survey(sources, receivers, torch.tensor([0.4, 0.5, 0.6]))
    return Physics(SMALL, survey, **{"velocity": (1.4, 4.6), "dtype": torch.float64, **settings})


def rough_earth(generator: torch.Generator, share: float = 0.03) -> Tensor:
    """An earth that differs from node to node by ``share`` around 3.5 and 2 km/s and 2.2 g/cm³."""
    noise = torch.randn((3, *SMALL.shape), generator=generator, dtype=torch.float64).clamp(-2, 2)
    return torch.tensor([3.5, 2.0, 2.2], dtype=torch.float64)[:, None, None] * (1 + share * noise)


@pytest.fixture
def earth() -> Tensor:
    return rough_earth(torch.Generator().manual_seed(3))


class TestOperator(OperatorSuite):
    step = 1e-3
    tolerance = 1e-8  # forward mode is a difference

    def operator(self) -> Operator:
        survey = Survey(torch.tensor([0.31]), torch.tensor([0.87]), torch.tensor([0.5]))
        return Physics(SMALL, survey, velocity=(1.4, 4.6), duration=8.0, dtype=torch.float64)

    def point(self, generator: torch.Generator) -> Tensor:
        return rough_earth(generator)


def test_horizontal_forces_and_displacement_have_their_derivatives_too(earth: Tensor) -> None:
    survey = Survey(
        torch.tensor([0.31]), torch.tensor([0.97]), torch.tensor([0.6]), "horizontal", "displacement"
    )
    physics = Physics(SMALL, survey, velocity=(1.4, 4.6), dtype=torch.float64)
    for result in (
        checks.dot_test(physics, earth, tolerance=1e-8),
        checks.taylor_test(physics, earth, step=1e-3),
    ):
        assert result.passed, result.message


def test_select_is_a_part_of_the_whole(earth: Tensor) -> None:
    whole = small_physics()
    part = whole.select(source=[2, 0], frequency=[1])
    assert part.codomain.shape == (2, 1, 2, 3, 2)
    scale = float(whole(earth).abs().max())
    assert_close(part(earth), whole(earth)[[2, 0]][:, [1]], rtol=0.0, atol=1e-13 * scale)
    assert_close(whole.select()(earth), whole(earth), rtol=0.0, atol=0.0)


def test_shots_in_small_groups_and_stretches_of_time_are_the_same(
    earth: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    physics = small_physics()
    y = physics(earth)
    gradient = vjp(physics, earth, y)
    monkeypatch.setattr(simulation, "_TRACES", 1)
    monkeypatch.setattr(simulation, "_HISTORY", 2**23)
    assert_close(physics(earth), y, rtol=0.0, atol=1e-13 * float(y.abs().max()))
    x = earth.clone().requires_grad_()
    physics(x).backward(y)
    for found in (x.grad, torch.autograd.grad(physics(x), x, y)[0], vjp(physics, earth, y)):
        assert_close(found, gradient, rtol=1e-9, atol=1e-10 * float(gradient.abs().max()))


def test_float32_is_close_and_keeps_the_dtype_of_the_earth(earth: Tensor) -> None:
    exact, fast = small_physics()(earth), small_physics(dtype=torch.float32)(earth)
    assert fast.dtype == torch.float64
    assert small_physics(dtype=torch.float32)(earth.float()).dtype == torch.float32
    assert 0 < float((fast - exact).norm() / exact.norm()) < 1e-4


@pytest.mark.parametrize(
    ("parameter", "value", "words"),
    [
        (0, 4.7, ("P velocity", "z 1, x 2", "4.7 km/s", "at most 4.6 km/s")),
        (1, 0.0, ("S velocity", "z 1, x 2", "0 km/s", "fluid")),
        (1, 3.2, ("S velocity", "3.2 km/s", "0.866")),
        (1, float("nan"), ("S velocity", "nan")),
        (2, 0.0, ("density", "0 g/cm³", "positive")),
        (2, float("inf"), ("density", "inf")),
    ],
)
def test_an_impossible_earth_is_named(
    earth: Tensor, parameter: int, value: float, words: tuple[str, ...]
) -> None:
    earth[parameter, 1, 2] = value
    with pytest.raises(InputError) as caught:
        small_physics()(earth)
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_a_slow_skin_is_taken_and_a_slow_column_is_named() -> None:
    grid = Grid((12, 9), 0.3)
    vs = torch.full(grid.shape, 2.0, dtype=torch.float64)
    vs[0] = 0.9  # slower than velocity[0], and too thin to slow the wave
    earth = torch.stack([1.9 * vs, vs, torch.full_like(vs, 2.2)])
    survey = Survey(torch.tensor([0.3]), torch.tensor([2.0]), torch.tensor([0.4]))
    physics = Physics(grid, survey, velocity=(1.4, 4.6))
    assert physics(earth).isfinite().all()
    earth[:2, :, 4] *= 0.7
    with pytest.raises(InputError) as caught:
        physics(earth)
    assert all(word in str(caught.value) for word in ("x = 1.2 km", "0.4 Hz", "1.4 km/s", "lower the first"))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"refine": 1}, ("refine 1", "cells per shortest wavelength", "18.00")),
        ({"refine": 0}, ("refine", "at least 1")),
        ({"time_step": 0.5}, ("time_step is 0.5 s", "at most 0.0")),
        ({"time_step": 0.0}, ("time_step",)),
        ({"duration": 0.1}, ("duration is 0.1 s", "more than")),
        ({"velocity": (3.0, 2.0)}, ("velocity",)),
        ({"velocity": (0.0, 2.0)}, ("velocity",)),
        ({"dtype": torch.float16}, ("dtype",)),
    ],
)
def test_impossible_settings_are_named(settings: dict, words: tuple[str, ...]) -> None:
    with pytest.raises(InputError) as caught:
        small_physics(**settings)
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_an_earth_too_rough_for_the_time_step_is_refused(earth: Tensor) -> None:
    earth[2, ::2] = 0.05
    with pytest.raises(InputError, match="smaller time_step"):
        small_physics()(earth)


@pytest.mark.parametrize("place", [-0.1, 1.1])
def test_places_off_the_line_are_named(place: float) -> None:
    outside, good, frequency = torch.tensor([place]), torch.tensor([0.4]), torch.tensor([0.5])
    for what, places in (("source", (outside, good)), ("receiver", (good, outside))):
        with pytest.raises(InputError, match=f"{what} 1 lies at"):
            Physics(SMALL, Survey(*places, frequency), velocity=(1.4, 4.6))


@pytest.mark.parametrize("force", ["vertical", "horizontal"])
def test_spectral_elements_at_one_frequency_give_the_same(force: str) -> None:
    """Another discretisation, another surface, no steps in time: nothing is shared but the equations."""
    grid = Grid((21, 61), 0.4)
    bumps = 0.25 * torch.sin(2 * math.pi * grid.x / 7) * torch.exp(-grid.z[:, None] / 2)
    vs = 2.0 + 0.15 * grid.z[:, None] + bumps
    earth = torch.stack([1.75 * vs, vs, 2.0 + 0.2 * vs])
    receivers = torch.tensor([7.5, 12.0, 16.4, 21.0])
    survey = Survey(torch.tensor([3.1]), receivers, torch.tensor([0.25, 0.4]), force)
    fine = Resolution(length=0.08, top=0.065, top_cells=1)
    expected = Harmonic(grid, survey, slowest=1.6, resolution=fine, dtype=torch.float64)(earth)[0]
    found = Physics(grid, survey, velocity=(1.6, 6.0), dtype=torch.float64)(earth)[0]
    for frequency, error in ((0, 0.015), (1, 0.035)):
        for here, there in zip(found[frequency], expected[frequency], strict=True):
            assert float((here - there).norm() / there.norm()) < error
