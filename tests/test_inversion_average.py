"""Importance of data, averages with their kernels, and features that data do or do not require, in closed form."""

import math

import pytest
import torch
from inversion_toys import DEPTH, Average, observe, smooth_prior
from torch.testing import assert_close

from seisgrad.errors import InputError
from seisgrad.inversion import Correlated, GaussianPrior, depth_average, gauss_newton
from seisgrad.operator import Function, Space

OP, PRIOR = Average(), smooth_prior()
APART = torch.arange(9.0)
CORRELATED = Correlated(0.05**2 * torch.exp(-(APART[:, None] - APART).abs() / 3.0).double())
ZONE = depth_average(DEPTH, 7.0, 13.0) - depth_average(DEPTH, 0.0, 5.0)


def seen(data: list[float], sigma: float, prior: GaussianPrior):
    """The first parameters of a model observed directly."""
    n, size = prior.mean.shape[-1], len(data)
    op = Function(lambda x: x[:size], Space("m", ("i",), (n,), ""), Space("d", ("j",), (size,), ""))
    return gauss_newton(op, torch.tensor(data), sigma, prior)


class TestImportance:
    @pytest.mark.parametrize("noise", [0.05, CORRELATED], ids=["independent", "correlated"])
    def test_it_is_how_far_a_prediction_follows_its_own_datum(self, noise) -> None:
        _, data = observe(OP, PRIOR, 0.05, 3, seed=2)
        data[1, 4] = torch.nan
        posterior = gauss_newton(OP, data, noise, PRIOR)
        for k in range(9):
            moved = data.clone()
            moved[:, k] += 0.1
            follow = (gauss_newton(OP, moved, noise, PRIOR).prediction - posterior.prediction)[:, k] / 0.1
            here = data[:, k].isfinite()
            assert_close(posterior.importance[here, k], follow[here], rtol=1e-6, atol=1e-9)
        assert posterior.importance.isnan().equal(data.isnan())
        assert_close(posterior.importance.nansum(-1), posterior.information)

    def test_a_datum_alone_is_all_and_one_that_repeats_it_is_half(self) -> None:
        twice = Function(lambda x: x[[0, 0, 1]], Space("m", ("i",), (2,), ""), Space("d", ("j",), (3,), ""))
        posterior = gauss_newton(twice, torch.zeros(3), 1e-4, GaussianPrior(torch.zeros(2), torch.eye(2)))
        assert_close(posterior.importance, torch.tensor([0.5, 0.5, 1.0]).double(), rtol=0, atol=1e-6)

    def test_a_lost_datum_has_none(self) -> None:
        op = Average(cutoff=3.3)
        posterior = gauss_newton(
            op, OP(torch.full((12,), 3.5).double()), 0.05, smooth_prior(speed=3.35, sigma=1e-3)
        )
        assert int(posterior.lost) > 0
        assert int(posterior.importance.isnan().sum()) == int(posterior.lost)


class TestAverage:
    def test_one_parameter_is_itself(self) -> None:
        _, data = observe(OP, PRIOR, 0.05, 4, seed=3)
        posterior = gauss_newton(OP, data, 0.05, PRIOR)
        one = posterior.average(torch.eye(12)[5])
        assert_close(one.value, posterior.mean[:, 5])
        assert_close(one.sigma, posterior.sigma[:, 5])
        assert_close(one.shrinkage, posterior.shrinkage[:, 5])
        assert_close(one.kernel, posterior.resolution[:, 5])

    def test_value_sigma_and_kernel_are_those_of_the_errors(self) -> None:
        """Without noise the estimate is the prior's plus the kernel times the truth; its scatter is sigma."""
        truth, _ = observe(OP, PRIOR, 0.05, 4000, seed=4)
        mean = gauss_newton(OP, OP(truth), 0.05, PRIOR).average(ZONE)
        expected = mean.prior_value + (mean.kernel * (truth - PRIOR.mean)).sum(-1)
        assert_close(mean.value, expected, rtol=1e-6, atol=1e-9)
        truth, data = observe(OP, PRIOR, 0.05, 4000, seed=5)
        mean = gauss_newton(OP, data, 0.05, PRIOR).average(ZONE)
        score = (truth @ ZONE - mean.value) / mean.sigma
        assert float(score.std()) == pytest.approx(1.0, abs=4.0 / 8000**0.5)

    def test_the_mean_of_many_is_better_known_than_each(self) -> None:
        _, data = observe(OP, PRIOR, 0.05, 1, seed=3)
        posterior = gauss_newton(OP, data[0], 0.05, PRIOR)
        mean = posterior.average(depth_average(DEPTH, 5.0, 22.0))
        assert mean.value.shape == ()
        assert float(mean.sigma) < float(posterior.sigma[4:9].min())

    def test_weights_may_differ_from_site_to_site(self) -> None:
        _, data = observe(OP, PRIOR, 0.05, 6, seed=3)
        means = PRIOR.mean + torch.arange(3.0).double()[:, None] / 10
        posterior = gauss_newton(OP, data.reshape(2, 3, 9), 0.05, GaussianPrior(means, PRIOR.covariance))
        weights = torch.eye(12)[:6].reshape(2, 3, 12)
        own = posterior.average(weights)
        assert own.prior_value.tolist() == [pytest.approx([3.0, 3.1, 3.2])] * 2
        assert_close(own.value[1, 2], posterior.mean[1, 2, 5])
        assert own.kernel.shape == (2, 3, 12)

    @pytest.mark.parametrize("weights", [torch.ones(11), torch.ones(3, 12), torch.full((12,), torch.nan)])
    def test_weights_that_do_not_fit_are_refused(self, weights) -> None:
        posterior = gauss_newton(OP, torch.full((2, 9), 3.0), 0.05, PRIOR)
        with pytest.raises(
            InputError, match=r"weights have shape .* expected \(12,\), or with the batch \(2,\)"
        ):
            posterior.average(weights)


class TestDepthAverage:
    def test_it_is_the_mean_over_the_range(self) -> None:
        assert_close(depth_average([0.0, 4, 8, 16], 6, 10), torch.tensor([0.0, 0.5, 0.5, 0]).double())
        assert_close(depth_average([0.0, 4, 8, 16], 15, 24), torch.tensor([0.0, 0, 1, 8]).double() / 9)
        assert float(depth_average(DEPTH, 0.0, 60.0).sum()) == pytest.approx(1.0)

    @pytest.mark.parametrize(("top", "bottom"), [(5.0, 5.0), (-1.0, 3.0), (3.0, math.inf), (math.nan, 3.0)])
    def test_a_range_that_is_none_is_refused(self, top: float, bottom: float) -> None:
        with pytest.raises(InputError, match="must be one that begins at 0 km"):
            depth_average(DEPTH, top, bottom)

    def test_tops_that_do_not_increase_are_refused(self) -> None:
        with pytest.raises(InputError, match="strictly increasing"):
            depth_average([0.0, 2.0, 1.0], 0.0, 1.0)


class TestRequired:
    def test_the_ratio_is_that_of_two_evidences(self) -> None:
        """Fixing w·m is conditioning the prior: the evidence of that prior, by a second inversion."""
        _, data = observe(OP, PRIOR, 0.05, 5, seed=6)
        value = -0.1
        along = PRIOR.covariance @ ZONE
        gain = along / (ZONE @ along)
        # a hair of variance along w keeps the conditioned covariance positive definite
        fixed = GaussianPrior(
            PRIOR.mean + gain * (value - ZONE @ PRIOR.mean),
            PRIOR.covariance - (1.0 - 1e-6) * torch.outer(gain, along),
        )
        free, bound = (gauss_newton(OP, data, 0.05, prior).log_evidence for prior in (PRIOR, fixed))
        ratio = gauss_newton(OP, data, 0.05, PRIOR).average(ZONE).log_ratio(value)
        assert_close(ratio, free - bound, rtol=1e-4, atol=1e-4)

    def test_data_that_say_nothing_require_nothing(self) -> None:
        posterior = gauss_newton(OP, torch.full((9,), torch.nan), 0.05, PRIOR)
        for value in (0.0, 5.0):
            assert float(posterior.average(ZONE).log_ratio(value)) == pytest.approx(0.0, abs=1e-9)
            assert not posterior.requires(ZONE, value)
        assert not posterior.excursion_required.any()

    def test_a_zone_is_required_where_it_is_real_and_seen(self) -> None:
        truth = PRIOR.mean - 0.5 * torch.exp(-((DEPTH - 9.0) / 4.0).square() / 2)
        for sigma, required in ((0.005, True), (0.5, False)):
            posterior = gauss_newton(OP, OP(truth), sigma, PRIOR)
            assert float(posterior.average(ZONE).value) < 0.0
            assert bool(posterior.requires(ZONE)) is required
        assert not gauss_newton(OP, OP(PRIOR.mean), 0.005, PRIOR).requires(ZONE)

    def test_false_alarms_are_as_rare_as_the_odds_promise(self) -> None:
        """Truths in which the contrast is zero: evidence of 20 against it arises with a probability below 1/20."""
        along = PRIOR.covariance @ ZONE
        truth = PRIOR.sample(4000, seed=7)
        truth = truth - torch.outer(truth @ ZONE, along / (ZONE @ along))
        data = OP(truth) + 0.01 * torch.randn(4000, 9, generator=torch.Generator().manual_seed(8)).double()
        share = gauss_newton(OP, data, 0.01, PRIOR).requires(ZONE).double().mean()
        assert float(share) < 0.05

    def test_what_the_prior_carries_is_not_required(self) -> None:
        """The first parameter is observed far off; the second follows it, with its sigma all but whole."""
        prior = GaussianPrior(torch.zeros(3), torch.tensor([[1.0, 0.4, 0], [0.4, 1, 0], [0, 0, 1]]))
        posterior = seen([3.0], 0.01, prior)
        assert float(posterior.mean[1]) == pytest.approx(1.2, abs=0.01)
        assert float(posterior.shrinkage[1]) > 0.9
        assert posterior.excursion_required.tolist() == [True, False, False]

    def test_in_words(self) -> None:
        prior = GaussianPrior(torch.zeros(2), torch.eye(2))
        far, near = seen([1.0, 0.0], 1e-3, prior), seen([0.01, 0.0], 1.0, prior)
        first = torch.tensor([1.0, 0.0])
        assert (
            far.average(first)
            .message()
            .startswith("1 ± 0.001, before the data 0 ± 1. The data require it to differ")
        )
        assert "do not tell it from 0" in near.average(first).message()
        assert "speak for 1: they are 10^-3.2 times" in far.average(first).message(value=1.0)
        with pytest.raises(InputError, match=r"site \(1,\), expected 0 indices"):
            far.average(first).message(1)
