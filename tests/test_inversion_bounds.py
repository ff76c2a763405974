"""Bounds: the constrained maximum is the exact one, and where they do not matter they change nothing."""

import numpy as np
import scipy.optimize
import torch
from inversion_toys import DEPTH, Average, observe, smooth_prior
from torch import Tensor
from torch.testing import assert_close

from seisgrad.inversion import Status, depth_covariance, gauss_newton
from seisgrad.inversion.bounds import Bounds
from seisgrad.operator import jacobian

OP = Average()


def test_linear_maximum_agrees_with_bounded_least_squares_of_scipy():
    prior = smooth_prior(kind="exponential")
    _, data = observe(OP, prior, 0.02, 8, 31)
    lower, upper = torch.full((12,), 2.8).double(), torch.linspace(3.1, 3.5, 12).double()
    found = gauss_newton(OP, data, 0.02, prior, bounds=(lower, upper))
    rows = torch.cat([OP.weights / 0.02, torch.linalg.inv(prior.cholesky)])
    for k in range(8):
        right = torch.cat([data[k] / 0.02, torch.linalg.inv(prior.cholesky) @ prior.mean])
        other = scipy.optimize.lsq_linear(
            rows.numpy(), right.numpy(), (lower.numpy(), upper.numpy()), method="bvls", tol=1e-14
        )
        assert_close(found.mean[k], torch.from_numpy(other.x), rtol=0, atol=1e-7)
        assert np.array_equal(found.at_bound[k].numpy(), other.active_mask != 0)
    assert found.at_bound.any(1).all()
    assert not found.at_bound.all()


def test_multipliers_pull_inwards_only_at_bounds():
    """The Karush-Kuhn-Tucker conditions of the quadratic programme, for smooth and rough covariances."""
    generator = torch.Generator().manual_seed(32)
    for kind in ("gaussian", "exponential", "matern"):
        prior = torch.linalg.cholesky(depth_covariance(torch.arange(25.0), 0.5, 6.0, kind))
        seen = torch.randn(60, 8, 25, generator=generator, dtype=torch.float64)
        root = torch.linalg.inv(
            torch.linalg.cholesky(prior.mT @ seen.mT @ seen @ prior + torch.eye(25).double())
        )
        covariance = prior @ root.mT @ root @ prior.mT
        mean = 2 * (prior @ torch.randn(60, 25, 1, generator=generator, dtype=torch.float64))[..., 0]
        box = Bounds(torch.full((25,), -0.5).double(), torch.full((25,), 0.7).double())
        pull = box.condition(mean, covariance, torch.full_like(mean, 1e-9))
        model = mean + (covariance @ pull[..., None])[..., 0]
        assert float((model - box.upper).max()) < 1e-8
        assert float((box.lower - model).max()) < 1e-8
        assert (pull[model > box.upper - 1e-7] <= 0).all()
        assert (pull[model < box.lower + 1e-7] >= 0).all()
        assert (pull[(model < box.upper - 1e-7) & (model > box.lower + 1e-7)] == 0).all()
        assert int((pull != 0).sum(1).max()) > 4


def test_bounds_that_do_not_bind_change_nothing():
    prior = smooth_prior()
    _, data = observe(OP, prior, 0.05, 5, 33)
    free, boxed = (
        gauss_newton(OP, data, 0.05, prior),
        gauss_newton(OP, data, 0.05, prior, bounds=(0.5, torch.inf)),
    )
    assert torch.equal(free.mean, boxed.mean)
    assert torch.equal(free.covariance, boxed.covariance)
    assert not boxed.at_bound.any()


def test_covariance_is_that_without_bounds():
    prior = smooth_prior()
    _, data = observe(OP, prior, 0.05, 5, 33)
    boxed = gauss_newton(OP, data, 0.05, prior, bounds=(2.9, 3.1))
    assert boxed.at_bound.any()
    assert_close(boxed.covariance, gauss_newton(OP, data, 0.05, prior).covariance)


def test_nonlinear_operator_is_never_asked_outside_and_finds_the_maximum():
    class Watched(Average):
        lowest, highest = torch.inf, -torch.inf

        def apply(self, x: Tensor) -> Tensor:
            self.lowest, self.highest = (
                min(self.lowest, float(x.detach().min())),
                max(self.highest, float(x.detach().max())),
            )
            return super().apply(x)

    op, prior = Watched(harmonic=True), smooth_prior(kind="matern")
    _, data = observe(Average(harmonic=True), prior, 0.02, 20, 34)
    found = gauss_newton(op, data, 0.02, prior, bounds=(2.7, 3.3), tolerance=1e-5)
    assert op.lowest >= 2.7
    assert op.highest <= 3.3
    assert not (found.status == Status.STALLED).any()
    assert found.at_bound.any()
    slope = jacobian(Average(harmonic=True), found.mean)
    pull = (slope.mT @ (found.residual / 0.02)[..., None])[..., 0]
    pull = pull - torch.cholesky_solve((found.mean - prior.mean).mT, prior.cholesky).mT  # uphill, in 1/(km/s)
    high, low = found.mean > 3.3 - 1e-7, found.mean < 2.7 + 1e-7
    assert float((pull * found.sigma)[~high & ~low].abs().max()) < 1e-3
    assert float((pull * found.sigma)[high].min()) > -1e-3
    assert float((pull * found.sigma)[low].max()) < 1e-3
    assert float((pull * found.sigma)[high].max()) > 1


def test_start_at_depth_with_bounds_per_depth():
    prior = smooth_prior()
    _, data = observe(OP, prior, 0.05, 1, 35)
    upper = torch.where(DEPTH < 6, 3.05, torch.inf)
    found = gauss_newton(
        OP, data[0], 0.05, prior, bounds=(0.0, upper), start=torch.full((12,), 3.01).double()
    )
    assert_close(
        found.mean, gauss_newton(OP, data[0], 0.05, prior, bounds=(0.0, upper)).mean, rtol=0, atol=1e-4
    )
    assert (found.mean <= upper + 1e-9).all()
