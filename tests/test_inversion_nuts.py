"""The sampler on posteriors that are known: Gaussian ones, and one that is not."""

import math

import pytest
import torch
from inversion_toys import Average, observe, smooth_prior

from seisgrad.errors import InputError
from seisgrad.inversion import GaussianPrior, gauss_newton, nuts
from seisgrad.operator import Function, Space

pytest.importorskip("pyro", reason="the sampler is an extra")


def test_a_gaussian_posterior_is_sampled_as_it_is() -> None:
    op, prior = Average(), smooth_prior()
    _, data = observe(op, prior, 0.05, 1, seed=1)
    found = nuts(op, data[0], 0.05, prior, 300, seed=2, warm_up=100)
    error = 1.0 / found.effective.clamp(max=300).sqrt()
    assert found.divergences == 0
    assert float(found.effective.min()) > 150
    assert float(found.effective.max()) <= 300 * math.log10(300)
    assert (((found.models.mean(0) - found.laplace.mean) / found.laplace.sigma).abs() < 4.5 * error).all()
    assert ((found.models.std(0) / found.laplace.sigma - 1.0).abs() < 4.5 * error).all()
    again = nuts(op, data[0], 0.05, prior, 5, seed=2, warm_up=5)
    assert torch.equal(again.models, nuts(op, data[0], 0.05, prior, 5, seed=2, warm_up=5).models)


def test_a_skewed_posterior_is_sampled_with_its_skew() -> None:
    space = Space("x", ("x",), (1,), "1")
    op = Function(torch.exp, space, space)
    prior = GaussianPrior(torch.zeros(1).double(), torch.eye(1).double())
    data, sigma = torch.ones(1).double(), 1.0
    found = nuts(op, data, sigma, prior, 1000, seed=3, warm_up=100)
    x = torch.linspace(-6.0, 4.0, 20_001).double()
    weight = torch.exp(-0.5 * (data - x.exp()) ** 2 - 0.5 * x**2)
    mean = (weight * x).sum() / weight.sum()
    deviation = ((weight * (x - mean) ** 2).sum() / weight.sum()).sqrt()
    assert float(found.models.mean()) == pytest.approx(float(mean), abs=0.1)
    assert float(found.models.std()) == pytest.approx(float(deviation), rel=0.1)
    assert abs(float(found.laplace.mean) - float(mean)) > 0.2  # which a Gaussian at the maximum is far from


def test_short_trajectories_change_the_cost_and_not_the_distribution() -> None:
    op, prior = Average(), smooth_prior()
    _, data = observe(op, prior, 0.05, 1, seed=1)
    found = nuts(op, data[0], 0.05, prior, 600, seed=2, warm_up=50, max_tree_depth=2)
    error = 1.0 / found.effective.clamp(max=600).sqrt()
    assert float(found.effective.min()) > 100
    assert (((found.models.mean(0) - found.laplace.mean) / found.laplace.sigma).abs() < 4.5 * error).all()
    assert ((found.models.std(0) / found.laplace.sigma - 1.0).abs() < 4.5 * error).all()


def test_a_single_draw_is_a_draw() -> None:
    op, prior = Average(), smooth_prior()
    _, data = observe(op, prior, 0.05, 1, seed=1)
    assert nuts(op, data[0], 0.05, prior, 1, seed=2, warm_up=1).models.shape == (1, 12)


def test_data_that_some_models_do_not_have_are_borne() -> None:
    op, prior = Average(cutoff=2.9), smooth_prior(sigma=0.1)
    _, data = observe(Average(), prior, 0.05, 1, seed=4)
    found = nuts(op, data[0], 0.05, prior, 20, seed=5, warm_up=20, max_tree_depth=3)
    assert found.models.isfinite().all()


def test_several_sites_are_sampled_together_each_from_its_own_posterior() -> None:
    op, prior = Average(), smooth_prior()
    _, data = observe(op, prior, 0.05, 3, seed=6)
    data[1, 4:] = torch.nan
    sigma = torch.tensor([0.05, 0.05, 0.2]).double()[:, None]
    found = nuts(op, data, sigma, prior, 400, seed=7, warm_up=50, max_tree_depth=3)
    assert found.models.shape == (400, 3, 12)
    assert found.effective.shape == (3, 12)
    error = 1.0 / found.effective.clamp(max=400).sqrt()
    for i in range(3):
        alone = gauss_newton(op, data[i], sigma[i], prior)
        assert (((found.models[:, i].mean(0) - alone.mean) / alone.sigma).abs() < 4.5 * error[i]).all()
        assert ((found.models[:, i].std(0) / alone.sigma - 1.0).abs() < 4.5 * error[i]).all()


def test_numbers_that_are_not_positive_are_refused() -> None:
    op, prior = Average(), smooth_prior()
    with pytest.raises(InputError, match="at least 1 of each"):
        nuts(op, torch.zeros(9).double(), 0.05, prior, 0, seed=1)
    with pytest.raises(InputError, match="max_tree_depth 0"):
        nuts(op, torch.zeros(9).double(), 0.05, prior, 5, seed=1, max_tree_depth=0)
