"""Where the operator is linear everything is known in closed form: posterior, resolution, calibration."""

import pytest
import scipy.stats
import torch
from inversion_toys import DEPTH, Average, observe, smooth_prior
from torch import Tensor
from torch.testing import assert_close

from seisgrad.inversion import Correlated, GaussianPrior, Posterior, Status, depth_covariance, gauss_newton

OP = Average()
G = OP.weights


def closed_form(prior: GaussianPrior, data: Tensor, noise: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Mean, covariance and resolution in data space: K = C Gᵀ (G C Gᵀ + N)⁻¹ (Tarantola 2005, eq. 3.38)."""
    c = prior.covariance
    gain = torch.linalg.solve(G @ c @ G.mT + noise, G @ c).mT
    return prior.mean + (data - OP(prior.mean)) @ gain.mT, c - gain @ G @ c, gain @ G


@pytest.mark.parametrize("kind", ["gaussian", "exponential", "matern"])
def test_posterior_is_the_closed_form_in_data_space(kind):
    prior = smooth_prior(kind=kind)
    _, data = observe(OP, prior, 0.05, 4, 1)
    found = gauss_newton(OP, data, 0.05, prior)
    mean, covariance, resolution = closed_form(prior, data, 0.05**2 * torch.eye(9).double())
    assert_close(found.mean, mean, rtol=0, atol=1e-10)
    assert_close(found.covariance, covariance.expand(4, 12, 12), rtol=0, atol=1e-10)
    assert_close(found.resolution, resolution.expand(4, 12, 12), rtol=0, atol=1e-10)
    assert_close(found.information, resolution.trace().expand(4), rtol=0, atol=1e-10)
    assert (found.status == Status.CONVERGED).all()
    assert (found.iterations == 1).all()


def test_posterior_is_the_closed_form_in_model_space():
    prior = smooth_prior(
        kind="exponential"
    )  # well conditioned, so that its inverse is exact enough to compare with
    _, data = observe(OP, prior, 0.05, 3, 1)
    found = gauss_newton(OP, data, 0.05, prior)
    covariance = torch.linalg.inv(G.mT @ G / 0.05**2 + torch.linalg.inv(prior.covariance))
    mean = prior.mean + (data - OP(prior.mean)) @ G @ covariance / 0.05**2
    assert_close(found.mean, mean, rtol=0, atol=1e-10)
    assert_close(found.covariance, covariance.expand(3, 12, 12), rtol=0, atol=1e-10)


def test_correlated_noise_and_missing_data_drop_rows_of_the_covariance():
    prior = smooth_prior()
    _, data = observe(OP, prior, 0.05, 2, 1)
    lag = (torch.arange(9)[:, None] - torch.arange(9)).abs().double()
    noise = 0.05**2 * 0.7**lag
    mean, covariance, _ = closed_form(prior, data, noise)
    found = gauss_newton(OP, data, Correlated(noise), prior)
    assert_close(found.mean, mean, rtol=0, atol=1e-10)
    assert_close(found.covariance[0], covariance, rtol=0, atol=1e-10)
    white = torch.linalg.solve_triangular(torch.linalg.cholesky(noise), (data - OP(mean)).mT, upper=False)
    assert_close(found.chi2, white.square().mean(0))

    kept = torch.tensor([0, 1, 4, 5, 8])
    thinned = torch.full_like(data, torch.nan)
    thinned[:, kept] = data[:, kept]
    found = gauss_newton(OP, thinned, Correlated(noise), prior)
    gain = (
        prior.covariance
        @ G[kept].mT
        @ torch.linalg.inv(G[kept] @ prior.covariance @ G[kept].mT + noise[kept][:, kept])
    )
    assert_close(found.mean, prior.mean + (data - OP(prior.mean))[:, kept] @ gain.mT, rtol=0, atol=1e-10)
    assert (found.count == 5).all()
    assert torch.equal(found.residual.isnan(), thinned.isnan())


def test_precise_data_resolve_what_they_see_and_no_data_nothing():
    prior = smooth_prior(kind="exponential")
    data = OP(prior.sample(1, 2))[0]
    resolution = gauss_newton(OP, data, 1e-10, prior).resolution
    # R tends to the projector onto what the data see: idempotent, the identity behind G, with the rank of G.
    assert_close(G @ resolution, G, rtol=0, atol=1e-8)
    assert_close(resolution @ resolution, resolution, rtol=0, atol=1e-6)
    assert float(resolution.trace()) == pytest.approx(9, abs=1e-6)

    nothing = gauss_newton(OP, torch.full((9,), torch.nan).double(), 1.0, prior)
    assert_close(nothing.resolution, torch.zeros(12, 12).double())
    assert_close(nothing.covariance, prior.covariance)
    assert_close(nothing.mean, prior.mean)
    assert nothing.status == Status.CONVERGED
    assert nothing.chi2.isnan()
    assert nothing.message() == "There are no data: the posterior is the prior."


def test_batch_equals_loop():
    prior = smooth_prior()
    _, data = observe(OP, prior, 0.05, 6, 3)
    data[1, 4] = torch.nan
    sigma = torch.linspace(0.03, 0.08, 54).reshape(6, 9).double()
    together = gauss_newton(OP, data.reshape(2, 3, 9), sigma.reshape(2, 3, 9), prior)
    assert together.batch_shape == (2, 3)
    for k in range(6):
        alone = gauss_newton(OP, data[k], sigma[k], prior)
        site = divmod(k, 3)
        for name in (
            "mean",
            "covariance",
            "resolution",
            "prediction",
            "residual",
            "chi2",
            "p_fit",
            "p_prior",
            "status",
        ):
            assert_close(getattr(together, name)[site], getattr(alone, name), equal_nan=True)
        assert together.message(*site) == alone.message()


def test_batches_of_priors():
    prior = smooth_prior()
    means = prior.mean + torch.tensor([[0.0], [0.3]]).double()
    covariances = torch.stack([depth_covariance(DEPTH, s, 6.0) for s in (0.4, 0.2)])
    data = OP(prior.sample(1, 5))[0]
    both = gauss_newton(OP, data, 0.05, GaussianPrior(means, covariances))
    for k in range(2):
        alone = gauss_newton(OP, data, 0.05, GaussianPrior(means[k], covariances[k]))
        assert_close(both.mean[k], alone.mean)
        assert_close(both.shrinkage[k], alone.shrinkage)


NUMBER = 4000


@pytest.fixture(scope="module")
def drawn() -> tuple[Tensor, Posterior]:
    truth, data = observe(OP, smooth_prior(), 0.05, NUMBER, 7)
    return truth, gauss_newton(OP, data, 0.05, smooth_prior())


class TestCalibration:
    """4000 truths from the prior, 4000 noisy data sets: what the posterior says must be true as often as it says."""

    def within(self, hits: Tensor, probability: float) -> None:
        """The count lies inside the binomial interval of two-sided probability 1 - 1e-6."""
        low, high = scipy.stats.binom.interval(1 - 1e-6, NUMBER, probability)
        assert low <= int(hits.sum()) <= high, f"{int(hits.sum())} of {NUMBER} at {probability}"

    @pytest.mark.parametrize("probability", [0.5, 0.6827, 0.95])
    def test_intervals_cover(self, drawn, probability):
        truth, posterior = drawn
        reach = scipy.stats.norm.ppf((1 + probability) / 2)
        for inside in ((truth - posterior.mean).abs() < reach * posterior.sigma).T:
            self.within(inside, probability)

    def test_covariance_is_jointly_right(self, drawn):
        truth, posterior = drawn
        white = torch.linalg.solve_triangular(
            torch.linalg.cholesky(posterior.covariance), (truth - posterior.mean)[..., None], upper=False
        )
        distance = white.square().sum((-2, -1)).numpy()
        assert scipy.stats.kstest(distance, scipy.stats.chi2(12).cdf).pvalue > 1e-4

    def test_probabilities_are_uniform(self, drawn):
        """Up to the two-moment approximation of their distribution, which costs less than a fiftieth."""
        _, posterior = drawn
        for p in (posterior.p_fit, posterior.p_prior):
            assert scipy.stats.kstest(p.numpy(), "uniform").statistic < 0.02 + 1.95 / NUMBER**0.5
        assert int((posterior.status == Status.UNEXPLAINED).sum()) <= scipy.stats.binom.isf(
            1e-6, NUMBER, 2e-3
        )

    def test_chi_square_has_the_stated_expectation(self, drawn):
        _, posterior = drawn
        total = posterior.chi2 * posterior.count
        expected = float((posterior.count - posterior.information).mean())
        assert float(total.mean()) == pytest.approx(expected, abs=5 * float(total.std()) / NUMBER**0.5)

    def test_a_wrong_sigma_is_found_out(self):
        """The calibration test can fail: with less than the true noise stated, intervals miss."""
        truth, data = observe(OP, smooth_prior(), 0.05, 500, 7)
        posterior = gauss_newton(OP, data, 0.02, smooth_prior())
        inside = ((truth - posterior.mean).abs() < posterior.sigma).double().mean(0)
        assert float(inside.min()) < 0.6
        assert float((posterior.p_fit < 0.05).double().mean()) > 0.3
