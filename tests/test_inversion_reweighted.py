"""Outliers that lose their weight, and errors whose size is inferred."""

import pytest
import torch
from inversion_toys import Average, observe, smooth_prior
from torch.testing import assert_close

from seisgrad.errors import InputError
from seisgrad.inversion import coverage, estimate_noise, gauss_newton, robust

OP = Average()
PRIOR = smooth_prior()


class TestRobust:
    def test_good_data_are_hardly_touched(self) -> None:
        _, data = observe(OP, PRIOR, 0.05, 20, seed=1)
        found = robust(OP, data, 0.05, PRIOR)
        plain = gauss_newton(OP, data, 0.05, PRIOR)
        assert float(((found.posterior.mean - plain.mean) / plain.sigma).abs().max()) < 0.5
        assert float(found.weight.mean()) > 0.97

    def test_an_outlier_is_found_and_its_pull_is_bounded(self) -> None:
        truth, data = observe(OP, PRIOR, 0.05, 1, seed=2)
        pulled = []
        for size in (1.0, 4.0):
            spoilt = data.clone()
            spoilt[0, 4] += size
            found = robust(OP, spoilt, 0.05, PRIOR)
            assert int(found.weight[0].argmin()) == 4
            assert float(found.weight[0, 4]) < 0.15
            pulled.append(found.posterior.mean[0])
            plain = gauss_newton(OP, spoilt, 0.05, PRIOR)
            assert (pulled[-1] - truth[0]).norm() < 0.5 * (plain.mean[0] - truth[0]).norm()
        # the influence of a datum beyond the threshold does not depend on how far beyond it is
        assert_close(pulled[0], pulled[1], rtol=0.0, atol=5e-3)

    def test_the_model_is_where_hubers_misfit_is_stationary(self) -> None:
        _, data = observe(OP, PRIOR, 0.05, 1, seed=3)
        data[0, 2] -= 0.6
        x = robust(OP, data, 0.05, PRIOR).posterior.mean[0].clone().requires_grad_()
        residual = (data[0] - OP(x)) / 0.05
        size = residual.abs()
        misfit = torch.where(size < 1.345, 0.5 * size**2, 1.345 * (size - 0.5 * 1.345)).sum()
        away = torch.linalg.solve_triangular(PRIOR.cholesky, (x - PRIOR.mean)[:, None], upper=False)
        (gradient,) = torch.autograd.grad(misfit + 0.5 * away.square().sum(), x)
        whitened = PRIOR.cholesky.mT @ gradient
        assert float(whitened.abs().max()) < 0.05  # sigmas of the prior

    def test_a_threshold_has_to_be_positive(self) -> None:
        with pytest.raises(InputError, match=r"expected a positive number of sigmas, such as 1\.345"):
            robust(OP, torch.zeros(9).double(), 0.05, PRIOR, threshold=0.0)


class TestEstimatedNoise:
    @pytest.mark.parametrize("wrong", [0.25, 4.0])
    def test_the_factor_is_found(self, wrong: float) -> None:
        _, data = observe(OP, PRIOR, 0.05, 400, seed=4)
        found = estimate_noise(OP, data, 0.05 * wrong, PRIOR, confidence=0.0)
        assert float((found.factor * wrong).square().mean()) == pytest.approx(1.0, abs=0.1)
        scatter = (found.factor * wrong).log().std()
        assert float(scatter / found.factor_sigma.mean()) == pytest.approx(1.0, abs=0.25)

    def test_it_calibrates_a_sigma_that_is_four_times_too_small(self) -> None:
        def inferring(op, data, noise, prior):
            return estimate_noise(op, data, 0.25 * noise, prior).posterior

        def believing(op, data, noise, prior):
            return gauss_newton(op, data, 0.25 * noise, prior, significance=1e-300)

        better, worse = (
            coverage(OP, 0.05, PRIOR, 500, 5, invert=invert) for invert in (inferring, believing)
        )
        # nine data determine the size of their errors to a quarter, so that one sigma holds a little too little
        assert float((better.inside[0] - 0.68).abs().max()) < 0.10
        assert float((worse.inside[0] - 0.68).min()) < -0.25

    def test_imagined_data_hold_the_factor_where_there_are_few(self) -> None:
        _, data = observe(OP, PRIOR, 0.05, 1, seed=6)
        data[0, 2:] = torch.nan
        found = estimate_noise(OP, data, 0.05, PRIOR, confidence=100.0)
        assert float(found.factor) == pytest.approx(1.0, abs=0.05)

    def test_no_data_leave_the_prior(self) -> None:
        found = estimate_noise(OP, torch.full((9,), torch.nan).double(), 0.05, PRIOR)
        assert float(found.factor) == 1.0
        assert_close(found.posterior.mean, PRIOR.mean)

    def test_a_negative_confidence_is_refused(self) -> None:
        with pytest.raises(InputError, match="not negative"):
            estimate_noise(OP, torch.zeros(9).double(), 0.05, PRIOR, confidence=-1.0)


def test_sigmas_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match="broadcasts to the data's"):
        robust(OP, torch.zeros(9).double(), torch.ones(4).double(), PRIOR)
