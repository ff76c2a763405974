"""Priors: covariances are positive definite with the stated shape, samples have the stated moments."""

import math

import pytest
import torch
from torch.testing import assert_close

from seisgrad.errors import InputError
from seisgrad.inversion import GaussianPrior, depth_covariance
from seisgrad.inversion.prior import JITTER

IRREGULAR = torch.cat(
    [torch.linspace(0, 5, 21)[:-1], torch.linspace(5, 50, 31)[:-1], torch.linspace(50, 300, 14)]
)


@pytest.mark.parametrize("kind", ["gaussian", "exponential", "matern"])
def test_covariance_is_positive_definite_on_irregular_depths_with_growing_length(kind):
    length = 1 + IRREGULAR / 5
    c = depth_covariance(IRREGULAR, 0.3 + IRREGULAR / 1000, length, kind)
    assert_close(c, c.mT)
    assert float(torch.linalg.eigvalsh(c).min()) > 0
    assert_close(c.diagonal().sqrt(), (0.3 + IRREGULAR.double() / 1000) * math.sqrt(1 + JITTER))


@pytest.mark.parametrize(
    ("kind", "at_one_length"),
    [
        ("gaussian", math.exp(-0.5)),
        ("exponential", math.exp(-1)),
        ("matern", (1 + 3**0.5) * math.exp(-(3**0.5))),
    ],
)
def test_correlation_at_one_length(kind, at_one_length):
    c = depth_covariance([0.0, 7.0], 2.0, 7.0, kind)
    assert float(c[0, 1]) == pytest.approx(4 * at_one_length, rel=1e-12)


def test_varying_length_reduces_to_the_constant_one_and_ranks_correlations():
    constant = depth_covariance(IRREGULAR, 1.0, 4.0)
    assert_close(constant, depth_covariance(IRREGULAR, 1.0, torch.full_like(IRREGULAR, 4.0)))
    grown = depth_covariance([0.0, 1.0, 50.0, 51.0], 1.0, [1.0, 1.0, 20.0, 20.0])
    assert float(grown[2, 3]) > 0.99 > 0.7 > float(grown[0, 1])


def test_gaussian_prior_samples_have_its_moments():
    prior = GaussianPrior(torch.linspace(1, 3, 6).double(), depth_covariance(torch.arange(6.0), 0.5, 2.0))
    draws = prior.sample(20_000, seed=4)
    assert draws.shape == (20_000, 6)
    # Standard errors of a mean and of a covariance entry: sigma/√N and at most √2 sigma²/√N; 5 of them.
    assert float((draws.mean(0) - prior.mean).abs().max()) < 5 * 0.5 / math.sqrt(20_000)
    assert float((draws.T.cov() - prior.covariance).abs().max()) < 5 * math.sqrt(2) * 0.25 / math.sqrt(20_000)
    assert torch.equal(prior.sample(3, seed=9), prior.sample(3, torch.Generator().manual_seed(9)))
    assert not torch.equal(prior.sample(3, seed=9), prior.sample(3, seed=10))


def test_prior_of_several_parameters_and_of_a_batch():
    block = torch.block_diag(depth_covariance([0.0, 1.0], 1.0, 1.0), depth_covariance([0.0, 1.0], 0.1, 1.0))
    prior = GaussianPrior(torch.zeros(5, 2, 2, dtype=torch.float64), block)
    assert prior.model_shape == (2, 2)
    assert_close(prior.sigma, torch.tensor([[1.0, 1.0], [0.1, 0.1]], dtype=torch.float64))
    assert prior.sample(7, 1).shape == (7, 5, 2, 2)
    assert float(
        prior.sample(2000, 1)[..., 0, :].std() / prior.sample(2000, 1)[..., 1, :].std()
    ) == pytest.approx(10, rel=0.05)


@pytest.mark.parametrize(
    ("covariance", "message"),
    [
        (torch.eye(4), r"mean has shape \(3,\) and its covariance \(4, 4\)"),
        (torch.ones(3, 2), r"shape \(3, 2\), expected a square matrix"),
        (torch.tensor([[1.0, 0.5, 0], [0.4, 1, 0], [0, 0, 1]]), "not symmetric"),
        (torch.diag(torch.tensor([1.0, torch.nan, 1.0])), "not symmetric and finite"),
        (
            torch.diag(torch.tensor([1.0, -0.25, 1.0])),
            "not positive definite: its smallest eigenvalue is -0.25",
        ),
        (torch.ones(3, 3), "not positive definite"),
    ],
)
def test_prior_refuses_what_is_no_covariance(covariance, message):
    with pytest.raises(InputError, match=message):
        GaussianPrior(torch.zeros(3), covariance)


def test_prior_refuses_a_mean_that_is_not_finite():
    with pytest.raises(InputError, match="1 values that are not finite"):
        GaussianPrior(torch.tensor([1.0, torch.nan]), torch.eye(2))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0.0, 2.0, 1.0], 1.0, 1.0), "strictly increasing"),
        (([0.0, 1.0], [1.0, 0.0], 1.0), "sigma at 1 km is 0, expected a positive"),
        (([0.0, 1.0], 1.0, [-2.0, 1.0]), "length at 0 km is -2"),
        (
            ([0.0, 1.0], [1.0, 1.0, 1.0], 1.0),
            r"sigma has shape \(3,\), expected one number or one per depth, \(2,\)",
        ),
    ],
)
def test_depth_covariance_names_bad_input(arguments, message):
    with pytest.raises(InputError, match=message):
        depth_covariance(*arguments)


def test_depth_covariance_lists_its_kinds():
    with pytest.raises(InputError, match="'spline', expected one of gaussian, exponential, matern"):
        depth_covariance.__wrapped__([0.0, 1.0], 1.0, 1.0, kind="spline")  # past the tests' own type check
