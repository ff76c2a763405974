"""Data that are missing cost nothing; data that the model says cannot exist cost dearly, and are never given up."""

import pytest
import torch
from inversion_toys import PERIODS, Average, observe, smooth_prior
from torch import Tensor
from torch.testing import assert_close

from seisgrad.errors import InputError
from seisgrad.inversion import GaussianPrior, Status, gauss_newton
from seisgrad.inversion.posterior import LOST_RESIDUAL
from seisgrad.operator import Function, Operator, Space

OP = Average(harmonic=True)


def test_missing_data_equal_dropped_rows():
    prior = smooth_prior()
    _, data = observe(OP, prior, 0.05, 1, 21)
    kept = [0, 2, 3, 7]
    few = Function(
        lambda x: OP(x)[kept], OP.domain, Space("curve", ("period",), (4,), "km/s", {"period": PERIODS[kept]})
    )
    holes = torch.full((9,), torch.nan, dtype=torch.float64)
    holes[kept] = data[0, kept]
    sigma = torch.where(holes.isnan(), torch.nan, 0.05)  # no sigma is needed where there is no datum
    thinned, dropped = gauss_newton(OP, holes, sigma, prior), gauss_newton(few, data[0, kept], 0.05, prior)
    for name in ("mean", "covariance", "resolution", "chi2", "p_fit", "count"):
        assert_close(getattr(thinned, name), getattr(dropped, name))
    assert_close(thinned.prediction, OP(thinned.mean))  # predictions are there all the same
    assert torch.equal(thinned.residual.isnan(), holes.isnan())


def test_a_model_cannot_improve_by_losing_data():
    """Low speeds at all periods pull the model below the cutoff, where no datum would be left to misfit."""
    op = Average(harmonic=True, cutoff=2.5)
    prior = smooth_prior()
    data = torch.full((9,), 2.3, dtype=torch.float64)
    free = gauss_newton(OP, data, 0.05, prior)
    assert free.status == Status.CONVERGED
    assert op(free.mean).isnan().all()  # the trap: the best model without a cutoff loses all data

    found = gauss_newton(op, data, 0.05, prior)
    assert found.lost == 0
    assert found.prediction.isfinite().all()
    assert found.status != Status.CONVERGED
    assert float(found.chi2) > 10
    assert "lose data" in found.message()


def test_a_maximum_at_the_edge_of_a_datum_is_told_and_found_without_it():
    """The longest period exists in the truth by a hair; the most probable model without a cutoff has it no more."""
    prior = smooth_prior(3.6)
    _, data = observe(OP, smooth_prior(3.2, 0.1), 0.02, 1, 22)
    free = gauss_newton(OP, data[0], 0.02, prior)
    op = Average(
        harmonic=True, cutoff=float(free.prediction[-1]) - 0.19
    )  # T/100 more: 0.01 above the maximum
    found = gauss_newton(op, data[0], 0.02, prior)
    assert found.status == Status.STALLED
    assert found.edge.nonzero().tolist() == [[8]]
    assert "sits where 1 of them cease to exist" in found.message()
    again = gauss_newton(op, data[0].masked_fill(found.edge, torch.nan), 0.02, prior, start=found.mean)
    assert again.status == Status.CONVERGED
    assert float(((again.mean - found.mean) / again.sigma).abs().max()) < 1.0
    assert not free.edge.any()


def test_data_beyond_reach_at_the_start_are_won_back():
    op = Average(harmonic=True, cutoff=2.5)
    prior = smooth_prior()
    _, data = observe(op, smooth_prior(3.2, 0.1), 0.02, 1, 22)
    start = torch.full((12,), 2.6, dtype=torch.float64)
    assert op(start).isnan().any()
    assert op(start).isfinite().any()
    found = gauss_newton(op, data[0], 0.02, prior, start=start, tolerance=1e-6)
    direct = gauss_newton(op, data[0], 0.02, prior, tolerance=1e-6)
    assert found.status == direct.status == Status.CONVERGED
    assert found.lost == 0
    assert_close(found.mean, direct.mean, rtol=0, atol=1e-6)


def test_data_that_cannot_exist_in_the_model_count_and_say_so():
    """Short periods ask for a slow top; the longest period, observed, stays below cutoff."""
    op = Average(harmonic=True, cutoff=2.9)
    prior = smooth_prior(3.0, 0.05)  # c = 3.0: periods up to 9 s exist, longer ones do not
    data = torch.full((9,), 3.0, dtype=torch.float64)
    found = gauss_newton(op, data, 0.05, prior)
    lost = int((found.prediction.isnan()).sum())
    assert lost > 0
    assert found.lost == lost
    assert found.status == Status.UNEXPLAINED
    assert float(found.chi2) >= LOST_RESIDUAL**2 * lost / 9
    assert f"{lost} of 9 data do not exist in the model" in found.message()
    only = torch.where(found.prediction.isnan(), torch.nan, data)
    kept = gauss_newton(op, only, 0.05, prior)
    assert kept.status == Status.CONVERGED
    assert_close(kept.mean, found.mean)


def test_nothing_predicted_at_all():
    op = Average(harmonic=True, cutoff=9.0)
    found = gauss_newton(op, torch.full((9,), 3.0), 0.05, smooth_prior())
    assert found.status == Status.UNEXPLAINED
    assert found.lost == 9
    assert_close(found.chi2, torch.tensor(LOST_RESIDUAL**2).double())
    assert_close(found.mean, smooth_prior().mean)
    assert_close(found.covariance, smooth_prior().covariance)
    assert "9 of 9 data do not exist" in found.message()


def test_a_trial_model_that_the_operator_refuses_is_a_step_too_far():
    """The refusal of one site's model neither ends the inversion nor disturbs the other sites."""

    class Strict(Operator):
        domain = Space("speed", ("i",), (1,), "km/s")
        codomain = Space("logarithm", ("i",), (1,), "1")
        refused = 0

        def apply(self, x: Tensor) -> Tensor:
            if (x < 0.2).any():
                self.refused += 1
                raise InputError("this is no earth")
            return x.log()

    op, prior = Strict(), GaussianPrior(torch.tensor([3.0]), torch.tensor([[100.0]]))
    wanted = torch.tensor([[4.0], [0.5], [0.1]], dtype=torch.float64)  # the last one is refused itself
    found = gauss_newton(op, wanted.log(), 0.01, prior)
    assert op.refused > 2  # from 3 the first step to 0.5 leads to -2.4
    assert found.status.tolist() == [Status.CONVERGED, Status.CONVERGED, Status.STALLED]
    assert_close(found.mean[:2], wanted[:2], rtol=0, atol=1e-3)
    assert (found.lost == 0).all()
    assert found.blocked.tolist() == [False, False, True]
    with pytest.raises(InputError, match="no earth"):
        gauss_newton(op, wanted.log(), 0.01, prior, start=torch.full((1,), 0.1).double())


def test_a_derivative_that_is_not_finite_does_not_poison_the_model():
    """The square root at 0 has a value and an infinite slope, and 0 x ∞ spoils its neighbour's derivative too."""
    op = Function(
        lambda x: torch.stack([(x[0] - x[0].detach()).sqrt(), x[1]]),
        Space("x", ("i",), (2,), "1"),
        Space("y", ("i",), (2,), "1"),
    )
    found = gauss_newton(op, torch.tensor([0.0, 2.0]), 0.1, GaussianPrior(torch.zeros(2), torch.eye(2)))
    assert found.lost == 2
    assert found.status == Status.UNEXPLAINED
    assert_close(found.mean, torch.zeros(2, dtype=torch.float64))
