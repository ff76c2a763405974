"""What is wrong with data shows in the status of their site, one site or many, and no good site is touched by it."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from seisgrad.dispersion import Branch, DispersionCurves, Physics, Survey, region
from seisgrad.dispersion.invert import invert
from seisgrad.dispersion.outcome import REFUSED, Outcome
from seisgrad.dispersion.region import invert_sites
from seisgrad.dispersion.sites import Sites
from seisgrad.dispersion.starting_model import StartingModel, starting_model
from seisgrad.earth import read_model, resample
from seisgrad.errors import InputError
from seisgrad.inversion import Status

BRANCHES = (Branch("rayleigh"), Branch("love"), Branch("rayleigh", mode=1))
RAYLEIGH, LOVE, HIGHER = range(3)
PERIODS = torch.tensor([6.0, 10.0, 16.0, 25.0], dtype=torch.float64)
SURVEY = Survey(BRANCHES, PERIODS)
SIGMA = 0.02
GOOD = 3

Change = Callable[[Tensor, Tensor], object]
"""Of velocity and sigma of one site, [branch, period], in place."""


@pytest.fixture(scope="module")
def starting() -> StartingModel:
    depth = torch.tensor([0.0, 2.0, 5.0, 9.0, 15.0, 24.0, 35.0, 55.0], dtype=torch.float64)
    reference = resample(read_model("ak135"), depth)
    return starting_model(reference, sigma=0.05, length=8.0, words="ak135")


@pytest.fixture(scope="module")
def clean(starting: StartingModel) -> Tensor:
    """Noisy fundamental modes of earths that the prior allows, ``[site, branch, period]``."""
    generator = torch.Generator().manual_seed(8)
    with torch.no_grad():
        curves = (Physics(SURVEY, starting.depth) @ starting.tie)(starting.prior.sample(GOOD, generator))
    curves[:, HIGHER] = torch.nan
    return curves + SIGMA * torch.randn(curves.shape, generator=generator, dtype=torch.float64)


def at(row: int, column: int, value: float, *, sigma: bool = False) -> Change:
    """One value put in."""

    def change(velocity: Tensor, error: Tensor) -> None:
        (error if sigma else velocity)[row, column] = value

    return change


def only(number: int) -> Change:
    """All but a few values left out."""
    return lambda velocity, _: velocity.view(-1)[number:].fill_(torch.nan)


def mislabelled(velocity: Tensor, _: Tensor) -> None:
    """The fundamental mode called the first higher one, which the earth does not have at these periods."""
    velocity[HIGHER] = velocity[RAYLEIGH]
    velocity[RAYLEIGH] = torch.nan


def exchanged(velocity: Tensor, _: Tensor) -> None:
    """Rayleigh called Love and the other way round."""
    velocity[:2] = velocity[:2].flip(0)


def zigzag(velocity: Tensor, _: Tensor) -> None:
    """Two periods fast, two slow, in turn, by forty sigmas."""
    velocity += 0.4 * torch.tensor([1.0, -1.0, 1.0, -1.0])


DOUBTFUL: dict[str, Change] = {
    "sigma much too small": lambda _, sigma: sigma.div_(300.0),
    "an outlier": at(RAYLEIGH, 1, 4.4),
    "a mode called another": mislabelled,
    "a wave called the other": exchanged,
    "curves that contradict each other": zigzag,
    "a truth that the prior excludes": lambda velocity, _: velocity.mul_(0.7),
}
FINE: dict[str, Change] = {
    "sigma much too large": lambda _, sigma: sigma.mul_(50.0),
    "one datum": only(1),
    "two data": only(2),
    "three data": only(3),
}
IMPOSSIBLE: dict[str, tuple[Change, str]] = {
    "no data": (only(0), "there are no data"),
    "an infinite velocity": (at(LOVE, 2, math.inf), "love phase 0 at 16 s: velocity is inf"),
    "a negative velocity": (at(RAYLEIGH, 0, -3.1), "rayleigh phase 0 at 6 s: velocity is -3.1"),
    "m/s": (at(LOVE, 0, 3500.0), "looks like m/s"),
    "an absurd velocity": (at(LOVE, 0, 1e200), "velocity is 1e+200"),
    "no sigma": (at(LOVE, 0, math.nan, sigma=True), "sigma is nan"),
    "a negative sigma": (at(LOVE, 0, -0.02, sigma=True), "sigma is -0.02"),
    "a vanishing sigma": (at(LOVE, 0, 1e-200, sigma=True), "expected at least 1e-08"),
}


def spoilt(clean: Tensor, change: Change) -> tuple[Tensor, Tensor]:
    velocity = clean[0].clone()
    sigma = torch.full_like(velocity, SIGMA)
    change(velocity, sigma)
    return velocity, sigma


def table(velocity: Tensor, sigma: Tensor) -> DispersionCurves:
    """The values that are there, as a table of one site."""
    there = (~velocity.isnan()).nonzero().tolist()
    return DispersionCurves.from_columns(
        wave=[BRANCHES[b].wave for b, _ in there],
        kind="phase",
        mode=[BRANCHES[b].mode for b, _ in there],
        period=[float(PERIODS[t]) for _, t in there],
        velocity=[float(velocity[b, t]) for b, t in there],
        sigma=[float(sigma[b, t]) for b, t in there],
    )


def sites(velocity: Tensor, sigma: Tensor) -> Sites:
    nowhere = torch.full((len(velocity),), torch.nan, dtype=torch.float64)
    return Sites(tuple(f"S{i}" for i in range(len(velocity))), nowhere, nowhere, SURVEY, velocity, sigma)


@pytest.fixture(scope="module")
def mixed(starting: StartingModel, clean: Tensor) -> Outcome:
    """Good sites first, last and between the bad ones."""
    changes = [*DOUBTFUL.values(), *FINE.values(), *(change for change, _ in IMPOSSIBLE.values())]
    bad = [spoilt(clean, change) for change in changes]
    velocity = torch.stack([clean[0], *(v for v, _ in bad[:9]), clean[1], *(v for v, _ in bad[9:]), clean[2]])
    good = torch.full_like(clean[0], SIGMA)
    sigma = torch.stack([good, *(s for _, s in bad[:9]), good, *(s for _, s in bad[9:]), good])
    return invert_sites(sites(velocity, sigma), starting)


@pytest.fixture(scope="module")
def planted(mixed: Outcome) -> dict[str, int]:
    """Where each failure is."""
    names = [*DOUBTFUL, *FINE, *IMPOSSIBLE]
    return {name: i + (1 if i < 9 else 2) for i, name in enumerate(names)}


def test_good_sites_are_the_same_without_the_bad(
    starting: StartingModel, clean: Tensor, mixed: Outcome, planted: dict[str, int]
) -> None:
    good = [i for i in range(len(mixed.status)) if i not in planted.values()]
    assert len(good) == GOOD
    alone = invert_sites(sites(clean, torch.full_like(clean, SIGMA)), starting)
    assert (alone.status == Status.CONVERGED).all()
    for name in ("vs", "sigma", "shrinkage", "chi2", "p_fit", "p_prior", "information", "status"):
        # round-off alone: compiled sums depend on where in memory their terms lie
        assert_close(getattr(mixed, name)[good], getattr(alone, name), rtol=1e-10, atol=1e-10)
    assert tuple(mixed.message[i] for i in good) == alone.message


@pytest.mark.parametrize("name", DOUBTFUL)
def test_what_is_wrong_shows_in_a_region(mixed: Outcome, planted: dict[str, int], name: str) -> None:
    i = planted[name]
    assert bool(mixed.doubtful[i])
    assert bool(mixed.searched[i])
    assert mixed.vs[i].isfinite().all()
    assert (mixed.sigma[i] > 0.0).all()
    assert "of 4 starts" in mixed.message[i]


@pytest.mark.parametrize("name", DOUBTFUL)
def test_what_is_wrong_shows_at_one_site(starting: StartingModel, clean: Tensor, name: str) -> None:
    posterior = invert(table(*spoilt(clean, DOUBTFUL[name])), starting).posterior
    honest = int(posterior.status) != Status.CONVERGED or "implausible" in posterior.message()
    assert honest, posterior.message()
    assert posterior.mean.isfinite().all()


@pytest.mark.parametrize("name", FINE)
def test_few_or_weak_data_say_little_and_are_no_failure(
    starting: StartingModel, clean: Tensor, mixed: Outcome, planted: dict[str, int], name: str
) -> None:
    i, number = planted[name], {"one datum": 1, "two data": 2, "three data": 3}.get(name, 1)
    assert int(mixed.status[i]) == Status.CONVERGED
    assert 0.0 < float(mixed.information[i]) <= number
    deepest = mixed.shrinkage[i, -1]
    assert 0.9 < float(deepest) <= 1.0
    velocity, sigma = spoilt(clean, FINE[name])
    alone = invert(table(velocity, sigma), starting).posterior
    assert float(((alone.mean - mixed.vs[i]) / mixed.sigma[i]).abs().max()) < 0.02


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_what_cannot_be_is_refused_with_its_reason(
    starting: StartingModel, clean: Tensor, mixed: Outcome, planted: dict[str, int], name: str
) -> None:
    change, reason = IMPOSSIBLE[name]
    i = planted[name]
    assert int(mixed.status[i]) == REFUSED
    assert mixed.message[i].startswith("Refused: ")
    assert reason in mixed.message[i]
    assert mixed.vs[i].isnan().all()
    with pytest.raises(InputError):
        invert(table(*spoilt(clean, change)), starting)


def test_a_breakdown_of_the_arithmetic_is_the_fault_of_its_site_alone(
    starting: StartingModel, clean: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = sites(clean, torch.full_like(clean, SIGMA))
    whole, real, marked = invert_sites(data, starting), region.gauss_newton, float(clean[1, 0, 0])

    def fragile(op, velocity, *args, **settings):
        if bool((velocity == marked).any()):
            torch.linalg.cholesky(-torch.eye(2))
        return real(op, velocity, *args, **settings)

    monkeypatch.setattr(region, "gauss_newton", fragile)
    found = invert_sites(data, starting)
    assert found.status.tolist() == [Status.CONVERGED, REFUSED, Status.CONVERGED]
    assert "cholesky" in found.message[1]
    assert_close(found.vs[[0, 2]], whole.vs[[0, 2]], rtol=1e-10, atol=0.0)


def test_a_prior_that_the_operator_refuses_is_no_site_s_fault(starting: StartingModel, clean: Tensor) -> None:
    def refusing(survey: Survey, depth: Tensor) -> Callable[[Tensor], Tensor]:
        def function(x: Tensor) -> Tensor:
            raise InputError("outside the range of training")

        return function

    with pytest.raises(InputError, match="outside the range"):
        invert_sites(sites(clean, torch.full_like(clean, SIGMA)), starting, operator=refusing)


def test_a_site_at_the_edge_of_what_exists_is_not_searched_in_vain(starting: StartingModel) -> None:
    def vanishing(survey: Survey, depth: Tensor) -> Callable[[Tensor], Tensor]:
        """The mean of some upper layers, for which the half-space has to be fast enough, and of some lower ones."""

        def function(earth: Tensor) -> Tensor:
            vs = earth[..., 1, :]
            upper = vs[..., :4].mean(-1)
            upper = torch.where(upper < 0.8 * vs[..., -1], upper, torch.nan)
            values = torch.stack([upper, vs[..., 4:7].mean(-1), upper], -1)
            return values[..., None].expand(*values.shape, len(survey.periods))

        return function

    velocity = torch.full((2, len(BRANCHES), len(PERIODS)), torch.nan, dtype=torch.float64)
    velocity[:, :2, 0] = torch.tensor([[3.9, 4.0], [3.5, 4.0]])
    found = invert_sites(sites(velocity, torch.full_like(velocity, 0.2)), starting, operator=vanishing)
    assert found.status.tolist() == [Status.STALLED, Status.CONVERGED]
    assert float(found.prediction[0, 0, 0]) == pytest.approx(0.8 * float(found.vs[0, -1]), rel=1e-6)
    assert bool(found.doubtful[0])
    assert not bool(found.searched[0])
    assert "cease to exist" in found.message[0]
