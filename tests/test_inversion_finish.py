"""What a biased surrogate believes is put right by the exact operator: in closed form where the problem is linear."""

import pytest
import torch
from inversion_toys import PERIODS, Average, observe, smooth_prior
from torch import Tensor
from torch.testing import assert_close

from seisgrad.errors import InputError
from seisgrad.inversion import Correlated, Posterior, Status, finish, gauss_newton, reweigh
from seisgrad.operator import Operator

SIGMA = 0.05


class Biased(Operator):
    """An operator whose values are off by a constant, and whose kernels are off by a factor, in each period."""

    def __init__(self, exact: Operator, off: float = 0.0, factor: float = 1.0) -> None:
        self.exact, self.domain, self.codomain = exact, exact.domain, exact.codomain
        self.off, self.factor = off * torch.cos(PERIODS), factor

    def apply(self, x: Tensor) -> Tensor:
        centre = self.exact(torch.full_like(x, 3.0))
        return centre + self.factor * (self.exact(x) - centre) + self.off


EXACT, BENT = Average(), Average(harmonic=True)
PRIOR = smooth_prior()


def linear(data: Tensor) -> tuple[Tensor, Tensor]:
    """The posterior in closed form (Tarantola 2005, eq. 3.38)."""
    g, c = EXACT.weights, PRIOR.covariance
    gain = torch.linalg.solve(g @ c @ g.mT + SIGMA**2 * torch.eye(9).double(), g @ c).mT
    return PRIOR.mean + (data - EXACT(PRIOR.mean)) @ gain.mT, c - gain @ g @ c


def shift(surrogate: Posterior, mean: Tensor, covariance: Tensor) -> Tensor:
    """δ² of two Gaussians with this covariance."""
    away = surrogate.mean - mean
    return (away * torch.linalg.solve(covariance, away.mT).mT).sum(-1)


def test_exact_steps_end_at_the_exact_posterior_whatever_the_surrogate():
    _, data = observe(EXACT, PRIOR, SIGMA, 4, 41)
    surrogate = gauss_newton(Biased(EXACT, off=0.2, factor=0.7), data, SIGMA, PRIOR)
    found = finish(EXACT, surrogate, data, SIGMA)
    mean, covariance = linear(data)
    assert_close(found.posterior.mean, mean, rtol=0, atol=1e-9)
    assert_close(found.posterior.covariance, covariance.expand(4, 12, 12), rtol=0, atol=1e-9)
    assert (found.steps == 1).all()
    assert (
        float(((surrogate.mean - mean) / surrogate.sigma).abs().amax(1).min()) > 1
    )  # what there was to mend


def test_tells_both_misfits():
    _, data = observe(EXACT, PRIOR, SIGMA, 4, 41)
    surrogate = gauss_newton(Biased(EXACT, off=0.2), data, SIGMA, PRIOR)
    found = finish(EXACT, surrogate, data, SIGMA)
    assert_close(found.believed, surrogate.chi2)
    assert_close(found.before, ((data - EXACT(surrogate.mean)) / SIGMA).square().mean(-1))
    assert_close(found.after, ((data - EXACT(found.posterior.mean)) / SIGMA).square().mean(-1))
    assert (found.after < found.before).all()
    moved = (found.posterior.mean - surrogate.mean).abs() / found.posterior.sigma
    assert_close(found.shift, moved.amax(-1))
    text = found.message(1)
    for value in (found.believed[1], found.before[1], found.after[1]):
        assert f"{float(value):.3g}" in text
    assert "1 exact step moved" in text


def test_starts_near_so_that_few_steps_are_needed():
    _, data = observe(BENT, PRIOR, 0.01, 6, 42)
    surrogate = gauss_newton(Biased(BENT, off=0.005), data, 0.01, PRIOR)
    found, far = finish(BENT, surrogate, data, 0.01, tolerance=1e-6), gauss_newton(BENT, data, 0.01, PRIOR)
    assert (found.posterior.status == far.status).all()
    assert float(((found.posterior.mean - far.mean) / far.sigma).abs().max()) < 0.02
    short = finish(BENT, surrogate, data, 0.01)
    assert int(short.steps.sum()) < int(far.iterations.sum())


def test_a_surrogate_that_ends_at_a_bound_can_be_finished():
    _, data = observe(EXACT, PRIOR, SIGMA, 3, 43)
    bounds = (2.9, 3.1)
    surrogate = gauss_newton(Biased(EXACT, off=0.1), data, SIGMA, PRIOR, bounds=bounds)
    assert surrogate.at_bound.any()
    found = finish(EXACT, surrogate, data, SIGMA, bounds=bounds)
    direct = gauss_newton(EXACT, data, SIGMA, PRIOR, bounds=bounds)
    assert_close(found.posterior.mean, direct.mean, rtol=0, atol=1e-5)


def test_weights_recover_the_exact_mean_and_sigma():
    """Values off by a sigma, kernels wrong by a tenth: the sampling errors of 20 000 samples are what is left."""
    number = 20_000
    _, data = observe(EXACT, PRIOR, SIGMA, 2, 44)
    surrogate = gauss_newton(Biased(EXACT, off=0.03, factor=1.1), data, SIGMA, PRIOR)
    found = reweigh(EXACT, surrogate, data, SIGMA, number, 1)
    mean, covariance = linear(data)
    sigma = covariance.diagonal().sqrt()
    error = 5 / found.effective.sqrt()[:, None]  # five standard errors of the mean
    assert (found.effective > 0.1 * number).all()
    assert ((found.posterior.mean - mean).abs() / sigma < error).all()
    assert ((found.posterior.sigma / sigma - 1).abs() < error).all()
    before = ((surrogate.mean - mean).abs() / sigma).amax(1)
    assert (before > 3 * error[:, 0]).all()  # what there was to mend
    assert_close(found.weight.sum(0), torch.ones(2).double())
    assert_close(found.after, ((data - EXACT(found.posterior.mean)) / SIGMA).square().mean(-1))
    assert_close(found.before, ((data - EXACT(surrogate.mean)) / SIGMA).square().mean(-1))


@pytest.mark.parametrize("off", [0.0, 0.02, 0.04])
def test_the_share_that_counts_is_that_of_two_shifted_gaussians(off):
    """With a covariance in common and means δ apart, E[w²] = exp(δ²): the weights are right, normalisers and all."""
    number = 20_000
    _, data = observe(EXACT, PRIOR, SIGMA, 1, 45)
    surrogate = gauss_newton(Biased(EXACT, off=off), data, SIGMA, PRIOR)
    found = reweigh(EXACT, surrogate, data, SIGMA, number, 2)
    delta = shift(surrogate, *linear(data))
    assert_close(found.effective / number, torch.exp(-delta), rtol=0.2, atol=0)


def test_samples_of_the_exact_posterior_count_alike_also_with_correlated_errors_and_holes():
    _, data = observe(EXACT, PRIOR, SIGMA, 3, 46)
    data[0, :4] = torch.nan
    lag = (torch.arange(9)[:, None] - torch.arange(9)).abs().double()
    noise = Correlated(SIGMA**2 * 0.7**lag)
    exact = gauss_newton(EXACT, data, noise, PRIOR)
    found = reweigh(EXACT, exact, data, noise, 500, 3)
    assert_close(found.weight, torch.full((500, 3), 1 / 500).double(), rtol=1e-5, atol=0)


def test_too_few_that_count_are_said():
    _, data = observe(EXACT, PRIOR, SIGMA, 1, 47)
    surrogate = gauss_newton(Biased(EXACT, off=0.5), data[0], SIGMA, PRIOR)
    found = reweigh(EXACT, surrogate, data[0], SIGMA, 1000, 4)
    assert float(found.effective) < 100
    assert "not to be believed" in found.message()
    good = reweigh(EXACT, gauss_newton(EXACT, data[0], SIGMA, PRIOR), data[0], SIGMA, 1000, 4)
    assert "1000 of 1000 samples count. Their weights moved" in good.message()


def test_a_bend_is_weighed_too():
    """One wide datum on a curve: the weighted mean is that of the density on a grid, which the Gaussian misses."""
    op = Average(harmonic=True)
    prior = smooth_prior(sigma=0.9, length=1e3)
    data = torch.full((9,), torch.nan, dtype=torch.float64)
    data[4] = 2.6
    laplace = gauss_newton(op, data, 0.5, prior)
    found = reweigh(op, laplace, data, 0.5, 20_000, 5)
    level = torch.linspace(
        0.2, 6.5, 4001, dtype=torch.float64
    )  # a correlation this long leaves one number free
    phi = ((op(level[:, None].expand(-1, 12))[:, 4] - 2.6) / 0.5).square() + ((level - 3.0) / 0.9).square()
    density = (-phi / 2).softmax(0)
    mean = (density * level).sum()
    spread = (density * (level - mean).square()).sum().sqrt()
    assert_close(found.posterior.mean[5], mean, rtol=0, atol=0.02)
    assert_close(found.posterior.sigma[5], spread, rtol=0.03, atol=0)


def test_data_that_do_not_exist_count_as_in_chi_square():
    """Models below the cutoff lose data that were observed, and all but drop out."""
    op = Average(harmonic=True, cutoff=2.9)
    data = torch.full((9,), 3.02, dtype=torch.float64)
    free = gauss_newton(BENT, data, 0.3, PRIOR)
    found = reweigh(op, free, data, 0.3, 2000, 6)
    lost = op(found.models).isnan().any(-1)
    assert 0.1 < float(lost.double().mean()) < 0.9
    assert float(found.weight[lost].sum()) < 1e-12


def test_samples_beyond_bounds_do_not_count():
    _, data = observe(EXACT, PRIOR, SIGMA, 1, 48)
    exact = gauss_newton(EXACT, data[0], SIGMA, PRIOR)
    top = float(exact.mean[0])
    found = reweigh(
        EXACT, exact, data[0], SIGMA, 1000, 7, bounds=(0.0, torch.where(torch.arange(12) == 0, top, 9.0))
    )
    beyond = found.models[:, 0] > top
    assert 0.4 < float(beyond.double().mean()) < 0.6
    assert float(found.weight[beyond].sum()) == 0.0
    assert found.posterior.status == Status.CONVERGED
    with pytest.raises(InputError, match="beyond the bounds"):
        reweigh(EXACT, exact, data[0], SIGMA, 100, 8, bounds=(0.0, 0.1))


def test_refuses_data_of_other_sites():
    _, data = observe(EXACT, PRIOR, SIGMA, 2, 49)
    surrogate = gauss_newton(EXACT, data, SIGMA, PRIOR)
    with pytest.raises(InputError, match="expected those of the posterior"):
        reweigh(EXACT, surrogate, data[0], SIGMA, 10, 9)
    with pytest.raises(InputError, match="at least 2"):
        reweigh(EXACT, surrogate, data, SIGMA, 1, 9)
