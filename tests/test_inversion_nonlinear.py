"""Nonlinear problems: the maximum is found from afar, it is the one others find, and failures say what they are."""

import sys

import numpy as np
import pytest
import scipy.optimize
import torch
from inversion_toys import DEPTH, Average, observe, smooth_prior
from operator_suite import OperatorSuite
from torch import Tensor
from torch.testing import assert_close

from seisgrad.inversion import GaussianPrior, Status, depth_covariance, gauss_newton
from seisgrad.operator import Function, Operator, Space, jacobian

OP = Average(harmonic=True)


class TestHarmonicAverage(OperatorSuite):
    def operator(self) -> Operator:
        return Average(harmonic=True, cutoff=2.5)

    def point(self, generator: torch.Generator) -> Tensor:
        return smooth_prior(3.2, 0.1).sample(1, generator)[0]

    def point_with_missing(self, generator: torch.Generator) -> Tensor:
        return smooth_prior(2.6, 0.01).sample(1, generator)[0]


def scalar(function, sigma: float = 100.0) -> tuple[Operator, GaussianPrior]:
    """A function of one number with a wide prior around 0."""
    op = Function(function, Space("x", ("i",), (1,), "1"), Space("y", ("i",), (1,), "1"))
    return op, GaussianPrior(torch.zeros(1), torch.tensor([[sigma**2]]))


def test_agrees_with_least_squares_of_scipy():
    prior = smooth_prior()
    _, data = observe(OP, prior, 0.05, 3, 11)
    found = gauss_newton(OP, data, 0.05, prior, tolerance=1e-8)
    for k in range(3):

        def residual(z: np.ndarray, k: int = k) -> np.ndarray:
            model = prior.mean + prior.cholesky @ torch.from_numpy(z)
            return np.concatenate([((data[k] - OP(model)) / 0.05).numpy(), z])

        other = scipy.optimize.least_squares(residual, np.zeros(12), xtol=1e-14, ftol=1e-14, gtol=1e-14)
        assert_close(
            found.mean[k], prior.mean + prior.cholesky @ torch.from_numpy(other.x), rtol=0, atol=1e-6
        )
    slope = jacobian(OP, found.mean)
    precision = slope.mT @ slope / 0.05**2 + torch.linalg.inv(prior.covariance)
    assert_close(found.covariance, torch.linalg.inv(precision), rtol=0, atol=1e-8)
    assert (found.status == Status.CONVERGED).all()
    # shorter steps change the misfit by its round-off alone, where chance decides how many are tried
    assert int(gauss_newton(OP, data, 0.05, prior, tolerance=1e-6).iterations.max()) <= 10


def test_maximum_does_not_depend_on_the_start():
    prior = smooth_prior()
    _, data = observe(OP, prior, 0.05, 1, 12)
    starts = prior.sample(20, 13)
    found = gauss_newton(OP, data[0], 0.05, prior, start=starts, tolerance=1e-6)
    assert found.batch_shape == (20,)
    assert_close(found.mean, found.mean[:1].expand(20, 12), rtol=0, atol=1e-6)


def test_damping_converges_where_plain_steps_diverge():
    """Newton's steps on the arctangent leave for infinity from beyond 1.39; here the misfit falls at every step."""
    op, prior = scalar(torch.atan)
    start = torch.tensor([[1.0], [3.0], [10.0]], dtype=torch.float64)
    found = gauss_newton(op, torch.zeros(1), 0.01, prior, start=start)
    assert (found.status == Status.CONVERGED).all()
    assert float(found.mean.abs().max()) < 1e-4
    assert (found.history.diff(dim=0) <= 0).all()
    assert int(found.iterations[2]) > int(found.iterations[0])


def test_stalls_when_the_steps_run_out():
    prior = smooth_prior()
    _, data = observe(OP, prior, 0.01, 1, 12)
    found = gauss_newton(OP, data[0], 0.01, prior, max_iterations=1)
    assert found.status == Status.STALLED
    assert found.iterations == 1
    assert found.summary.startswith("Stalled after 1 steps")


def test_stalls_when_the_derivative_is_wrong():
    class Backwards(torch.autograd.Function):
        generate_vmap_rule = True

        @staticmethod
        def forward(x: Tensor) -> Tensor:
            return x.clone()

        @staticmethod
        def setup_context(ctx, inputs, output) -> None:
            pass

        @staticmethod
        def backward(ctx, dy: Tensor) -> Tensor:
            return -dy

    op, prior = scalar(Backwards.apply)
    found = gauss_newton(op, torch.ones(1), 0.1, prior)
    assert found.status == Status.STALLED
    assert float(found.mean) == 0
    assert "check that the operator's derivative is right" in found.message()


def test_sites_converge_at_their_own_pace():
    """A hopeless site neither holds up nor disturbs its neighbours."""
    prior = smooth_prior()
    _, data = observe(OP, prior, 0.05, 4, 14)
    data[2] = torch.tensor([2.0, 4, 2, 4, 2, 4, 2, 4, 2])
    together = gauss_newton(OP, data, 0.05, prior)
    assert together.status.tolist() == [0, 0, Status.UNEXPLAINED, 0]
    assert together.summary == "3 converged, 0 stalled, 1 unexplained"
    for k in range(4):
        alone = gauss_newton(OP, data[k], 0.05, prior)
        assert_close(together.mean[k], alone.mean)
        assert together.iterations[k] == alone.iterations


def test_understated_noise_is_not_explained():
    prior = smooth_prior()
    _, data = observe(OP, prior, 0.2, 1, 15)
    assert gauss_newton(OP, data[0], 0.2, prior).status == Status.CONVERGED
    found = gauss_newton(OP, data[0], 0.02, prior)
    assert found.status == Status.UNEXPLAINED
    assert float(found.chi2) > 10
    assert float(found.p_fit) < 1e-3
    assert "whether their sigma is too small" in found.message()


def test_contradictory_data_are_not_explained():
    """The same quantity measured twice, eight sigma apart."""
    twice = Function(
        lambda x: x.reciprocal().mean().reciprocal().expand(2),
        Space("speed", ("depth",), (12,), "km/s", {"depth": DEPTH}),
        Space("speed", ("measurement",), (2,), "km/s"),
    )
    found = gauss_newton(twice, torch.tensor([3.0, 3.4]), 0.05, smooth_prior())
    assert found.status == Status.UNEXPLAINED
    assert_close(found.residual, torch.tensor([-4.0, 4.0]).double(), atol=0.1, rtol=0)
    assert gauss_newton(twice, torch.tensor([3.0, 3.1]), 0.05, smooth_prior()).status == Status.CONVERGED


def test_a_good_fit_far_from_the_prior_is_doubted():
    found = gauss_newton(OP, torch.full((9,), 6.0), 0.05, smooth_prior())
    assert found.status == Status.CONVERGED
    assert float(found.p_prior) < 1e-3
    assert "implausible" in found.message()


def test_an_operator_in_single_precision_converges():
    class Coarse(Average):
        def apply(self, x: Tensor) -> Tensor:
            return (1 / (x.float().reciprocal() @ self.weights.float().mT)).to(x.dtype)

    prior = smooth_prior()
    _, data = observe(OP, prior, 0.02, 50, 16)
    found = gauss_newton(Coarse(), data, 0.02, prior)
    assert not (found.status == Status.STALLED).any()
    assert_close(found.mean, gauss_newton(OP, data, 0.02, prior).mean, rtol=0, atol=5e-3)


def test_a_plain_function_will_do():
    prior = smooth_prior()
    _, data = observe(OP, prior, 0.05, 1, 17)
    plain = gauss_newton(lambda v: 1 / (OP.weights @ v.reciprocal()), data[0], 0.05, prior)
    found = gauss_newton(OP, data[0], 0.05, prior)
    assert_close(plain.mean, found.mean)
    assert_close(plain.covariance, found.covariance)


def test_many_sites_are_cut_into_parts_without_a_trace(monkeypatch: pytest.MonkeyPatch):
    prior = smooth_prior()
    _, data = observe(OP, prior, 0.05, 7, 18)
    whole = gauss_newton(OP, data, 0.05, prior)
    module = sys.modules["seisgrad.inversion.gauss_newton"]  # the function of that name hides it
    monkeypatch.setattr(module, "_ENTRIES_AT_ONCE", 2 * (9 + 12) * 12)
    parts = gauss_newton(OP, data, 0.05, prior)
    for name in ("mean", "covariance", "chi2", "iterations", "status"):
        assert_close(getattr(parts, name), getattr(whole, name))
    assert_close(parts.history, whole.history[: len(parts.history)])


def test_parameters_of_two_kinds():
    """Speeds and a density-like factor, a model of two axes with a block prior."""
    both = Function(
        lambda x: OP(x[0]) * x[1].mean(),
        Space("earth", ("parameter", "depth"), (2, 12), ("km/s", "1"), {"depth": DEPTH}),
        OP.codomain,
    )
    prior = GaussianPrior(
        torch.stack([torch.full((12,), 3.0), torch.ones(12)]),
        torch.block_diag(depth_covariance(DEPTH, 0.4, 6.0), depth_covariance(DEPTH, 0.001, 6.0)),
    )
    _, data = observe(OP, smooth_prior(), 0.05, 1, 19)
    found = gauss_newton(both, data[0], 0.05, prior)
    assert found.mean.shape == (2, 12)
    assert_close(found.mean[0], gauss_newton(OP, data[0], 0.05, smooth_prior()).mean, rtol=0, atol=5e-3)
    assert found.resolved_to("depth").shape == (2,)
    assert float(found.shrinkage[1].min()) > 0.95
