"""The stationary principle against the exact operator: second order in the velocity, right kernels on rough earths."""

import pytest
import torch
from torch import Tensor

import seisgrad as sg
from seisgrad.dispersion import variational
from seisgrad.dispersion.prior import DEPTH, prior
from seisgrad.dispersion.trial import TrialSpace
from seisgrad.nn.splines import cubic_splines

PERIODS = (4.0, 15.0, 40.0)


@pytest.fixture(scope="module", params=["rayleigh", "love"])
def case(request: pytest.FixtureRequest) -> tuple[str, sg.LayeredModel, TrialSpace, Tensor, Tensor]:
    """A rough earth, its exact velocities and the splines' best fit to its exact eigenfunctions."""
    wave = request.param
    model = prior("weak").draw(1, seed=8).model
    one = sg.LayeredModel(model.thickness[0], model.vp[0], model.vs[0], model.rho[0])
    space = TrialSpace(DEPTH, number=28)
    exact = sg.dispersion.eigenfunctions(one, PERIODS, wave, depth=space.depth)
    omega = 2.0 * torch.pi / exact.periods[None]
    functions = torch.zeros(1, len(PERIODS), 6, len(space.depth), dtype=torch.float64)
    first, parts = (0, 2) if wave == "rayleigh" else (4, 1)
    functions[:, :, first : first + parts] = exact.displacement.movedim(0, 1)
    functions[:, :, first + parts : first + 2 * parts] = exact.traction.movedim(0, 1) / omega[..., None, None]
    return wave, model, space, space.fit(functions), exact.phase_velocity[None]


def _trial(case: tuple, coefficients: Tensor) -> variational.Trial:
    wave, model, space, _, velocity = case
    omega = 2.0 * torch.pi / torch.tensor(PERIODS, dtype=torch.float64)[None]
    form = variational.rayleigh if wave == "rayleigh" else variational.love
    return form(space, coefficients, (model.vp, model.vs, model.rho), omega, omega / velocity)


def test_splines_sum_to_one_and_differentiate() -> None:
    at = torch.linspace(0.0, 2.0, 41, dtype=torch.float64)
    assert torch.allclose(cubic_splines(at, 0.0, 2.0, 9).sum(-1), torch.ones(41, dtype=torch.float64))
    step = 1e-6
    difference = cubic_splines(at[1:-1] + step, 0.0, 2.0, 9) - cubic_splines(at[1:-1] - step, 0.0, 2.0, 9)
    slope = cubic_splines(at[1:-1], 0.0, 2.0, 9, derivative=True)
    assert torch.allclose(difference / (2.0 * step), slope, atol=1e-6)


def test_a_few_splines_hold_the_velocity_of_a_rough_earth(case: tuple) -> None:
    assert _trial(case, case[3]).error.abs().max() < 2e-4


def test_the_velocity_is_wrong_to_second_order_only(case: tuple) -> None:
    generator = torch.Generator().manual_seed(3)
    coefficients = case[3]
    bend = torch.randn(coefficients.shape, generator=generator, dtype=torch.float64) * coefficients
    best = _trial(case, coefficients).error
    errors = [(_trial(case, coefficients + size * bend).error - best).abs() for size in (0.02, 0.01)]
    ratio = (errors[0] / errors[1]).median()
    assert 3.3 < ratio < 4.7


def test_kernels_at_a_fixed_trial_are_the_exact_ones(case: tuple) -> None:
    wave, model, _, coefficients, _ = case
    rows = _trial(case, coefficients).rows
    exact = sg.dispersion.kernels(model, PERIODS, wave)
    for place, name in enumerate(("vp", "vs", "rho")):
        kernel = getattr(exact, name)[..., :-1]
        size = torch.linalg.norm(kernel, dim=-1)
        off = torch.linalg.norm(rows[:, :, place] - kernel, dim=-1)
        if size.max() > 0.0:
            assert (off / size).max() < 0.02, name


def test_integrals_over_layers_are_those_of_the_functions() -> None:
    space = TrialSpace(DEPTH)
    whole = space.per_layer(torch.exp(-space.depth / 5.0))
    top, bottom = DEPTH[:-1], DEPTH[1:]
    assert torch.allclose(whole, 5.0 * (torch.exp(-top / 5.0) - torch.exp(-bottom / 5.0)), rtol=1e-4)
