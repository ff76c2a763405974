"""Several maxima: all are found, weighed by their evidence as integration weighs them, and told where they matter."""

import pytest
import torch
from inversion_toys import Average, observe, smooth_prior
from torch.testing import assert_close

from seisgrad.errors import InputError
from seisgrad.inversion import Correlated, GaussianPrior, Independent, Status, gauss_newton, search
from seisgrad.operator import Function, Space

PLANE = Space("model", ("i",), (2,), "")
LINE = Space("data", ("j",), (1,), "")
BOTH = Space("data", ("j",), (2,), "")
# the square of the first unknown and the second: two maxima, at a root and at its negative
SQUARE = Function(lambda x: torch.stack([x[0].square(), x[1]]), PLANE, BOTH)
PRIOR = GaussianPrior(torch.tensor([0.3, 0.0]), torch.eye(2))
OP_DATA = torch.full((9,), 3.1, dtype=torch.float64)
DATA = torch.tensor([[1.0, 0.5], [4.0, 0.0]], dtype=torch.float64)


def test_both_roots_are_found_and_weigh_what_integration_says():
    found = search(SQUARE, DATA, 0.02, PRIOR)
    assert found.number.tolist() == [2, 2]
    assert_close(found.mean[:2, :, 0], torch.tensor([[1.0, 2.0], [-1.0, -2.0]]).double(), rtol=0, atol=0.01)
    # x² = d ± 0.02 holds prior mass exp(-(x - 0.3)²/2) on either side: their ratio is exp(0.6 x)
    assert_close(found.weight[0] / found.weight[1], (0.6 * DATA[:, 0].sqrt()).exp(), rtol=2e-3, atol=0)
    assert_close(found.weight.sum(0), torch.ones(2).double())
    assert found.walks.sum(0).tolist() == [8, 8]
    assert found.ambiguous.all()


def test_weights_are_those_of_quadrature():
    """Three maxima of different width and height, against the integral of the posterior over a fine grid."""
    line = Space("model", ("i",), (1,), "")
    bent = Function(lambda x: x + 0.8 * torch.sin(2.0 * x), line, LINE)
    prior, sigma = GaussianPrior(torch.zeros(1), 4.0 * torch.eye(1)), 0.01
    data = torch.tensor([[1.5], [1.65], [-1.6]], dtype=torch.float64)
    found = search(bent, data, sigma, prior, starts=30)
    assert (found.status == Status.CONVERGED).sum(0).tolist() == [
        3,
        3,
        3,
    ]  # others fit nothing and weigh nothing
    x = torch.linspace(-6.0, 6.0, 100_001, dtype=torch.float64)
    for site in range(3):
        misfit = ((x + 0.8 * torch.sin(2.0 * x) - data[site]) / sigma).square() / 2
        nearest = (x[:, None] - found.mean[:3, site, 0]).abs().argmin(-1)
        mass = torch.exp(-misfit - x.square() / 8)
        mass = torch.stack([mass[nearest == k].sum() for k in range(3)])
        assert_close(found.weight[:3, site], mass / mass.sum(), rtol=0, atol=0.01)


def test_evidence_is_that_of_a_gaussian():
    """In a linear problem it is the density of the data, N(G m0, G C_m Gᵀ + C_d), against that of the noise alone."""
    op, prior = Average(), smooth_prior()
    _, data = observe(op, prior, 0.05, 4, seed=3)
    apart = torch.arange(9.0)
    noise = 0.05**2 * torch.exp(-(apart[:, None] - apart).abs() / 3.0).double()
    posterior = gauss_newton(op, data, Correlated(noise), prior)
    spread = op.weights @ prior.covariance @ op.weights.mT + noise
    law = torch.distributions.MultivariateNormal(op.weights @ prior.mean, spread)
    constant = torch.distributions.MultivariateNormal(torch.zeros(9).double(), noise).log_prob(
        torch.zeros(9).double()
    )
    assert_close(posterior.log_evidence, law.log_prob(data) - constant)


def test_a_linear_problem_has_one_maximum():
    op, prior = Average(), smooth_prior()
    _, data = observe(op, prior, 0.05, 5, seed=4)
    data[1, 3] = torch.nan
    data[2] = torch.nan
    found, alone = search(op, data, 0.05, prior), gauss_newton(op, data, 0.05, prior)
    assert found.number.eq(1).all()
    assert found.walks[0].eq(8).all()
    assert not found.ambiguous.any()
    assert_close(found.best.mean, alone.mean)
    assert found.mean[1:].isnan().all()


def test_a_site_does_not_see_its_neighbours():
    shape = (2, 3)
    data = (
        torch.tensor([1.0, 0.2]).double()
        * torch.rand(*shape, 2, generator=torch.Generator().manual_seed(1)).double()
    )
    sigmas = torch.tensor([0.02, 0.1]).double().expand(*shape, 2)
    found = search(SQUARE, data, sigmas, PRIOR, seed=4)
    assert found.best.batch_shape == shape
    assert found.mean.shape == (8, *shape, 2)
    alone = search(SQUARE, data[1, 2], sigmas[1, 2], PRIOR, seed=4)
    assert_close(found.mean[:, 1, 2], alone.mean, equal_nan=True)
    assert_close(found.weight[:, 1, 2], alone.weight)
    flat = search(SQUARE, data, Independent(sigmas.reshape(-1, 2)), PRIOR, seed=4)
    assert_close(flat.best.mean, found.best.mean)


# from 0.3 the walk ends in the shallow valley at 1, which does not explain the datum; the deep one is at -1.5
VALLEY = Function(
    lambda x: torch.stack([torch.where(x[0] > -0.5, 1.0 - (x[0] - 1.0).square() * 0.4, 2.5 + x[0]), x[1]]),
    PLANE,
    BOTH,
)


def test_doubtful_sites_alone_are_searched_and_repaired():
    data = torch.tensor([[2.0, 0.0], [0.9, 0.0], [0.6, 0.0]], dtype=torch.float64)
    once = gauss_newton(VALLEY, data, 0.05, PRIOR)
    assert once.status.tolist() == [Status.UNEXPLAINED, Status.CONVERGED, Status.CONVERGED]
    found = search(VALLEY, data, 0.05, PRIOR, doubtful_only=True)
    assert found.searched.tolist() == [True, False, False]
    assert (found.best.status == Status.CONVERGED).all()
    assert float(found.best.mean[0, 0]) == pytest.approx(-0.5, abs=0.01)
    assert_close(found.best.mean[1:], once.mean[1:])
    assert_close(found.mean[0], found.best.mean)
    assert found.number.tolist()[1:] == [1, 1]
    assert found.weight[:, 1].tolist() == [1.0] + [0.0] * 7
    assert not found.ambiguous.any()  # the shallow valley does not explain the data
    none = search(VALLEY, data[1:], 0.05, PRIOR, doubtful_only=True)
    assert not none.searched.any()


def test_draws_start_inside_the_bounds_and_maxima_stay_there():
    found = search(SQUARE, DATA, 0.02, PRIOR, bounds=(-0.5, 1.5))
    assert float(found.mean[found.mean.isfinite()].min()) >= -0.5 - 1e-6
    assert found.number[0] == 2
    assert not found.ambiguous.any()
    assert float(found.best.mean[0, 0]) == pytest.approx(1.0, abs=0.01)


def test_ends_that_are_no_maximum_are_none():
    """Walks that run out of steps do not count, and where all of them do the best end says so."""
    some = search(SQUARE, DATA, 0.02, PRIOR, max_iterations=4)
    arrived = some.walks.sum(0)
    assert ((arrived > 0) & (arrived < 8)).all()
    assert (some.best.status == Status.CONVERGED).all()
    none = search(SQUARE, DATA, 0.02, PRIOR, max_iterations=1)
    assert (none.best.status == Status.STALLED).all()
    assert none.number.tolist() == [0, 0]
    assert not none.weight.any()
    assert none.mean.isnan().all()
    assert not none.ambiguous.any()


# as VALLEY, but the deep one ends at -1: beyond, the first datum does not exist
EDGE = Function(
    lambda x: VALLEY.function(x).where((x[0] > -1.0) | (torch.arange(2) == 1), torch.nan), PLANE, BOTH
)


def test_a_walk_that_stalled_high_is_not_hidden_by_a_low_maximum():
    data = torch.tensor([1.4, 0.0], dtype=torch.float64)
    assert gauss_newton(EDGE, data, 0.05, PRIOR).status == Status.UNEXPLAINED
    found = search(EDGE, data, 0.05, PRIOR)
    assert found.number == 1  # the shallow valley is the only maximum
    assert found.status[0] == Status.UNEXPLAINED
    assert found.best.status == Status.STALLED
    assert found.best.edge.tolist() == [True, False]
    assert float(found.best.mean[0]) == pytest.approx(-1.0, abs=0.01)


def test_draws_beyond_a_bound_are_scaled_and_keep_their_shape():
    asked = []

    class Asked(Average):
        def apply(self, x):
            asked.append(x.detach().reshape(-1, 12))
            return super().apply(x)

    prior = smooth_prior()
    search(Asked(), OP_DATA, 0.05, prior, seed=3, bounds=(2.6, 3.4))
    begin = next(models for models in asked if len(models) == 7)
    assert float(begin.min()) > 2.6
    assert float(begin.max()) < 3.4
    away = torch.linalg.solve_triangular(prior.cholesky, (begin - prior.mean).mT, upper=False)
    draws = torch.randn(7, 12, generator=torch.Generator().manual_seed(3), dtype=torch.float64).mT
    share = away / draws
    assert_close(share, share[:1].expand_as(share), rtol=1e-4, atol=1e-4)
    assert float(share.min()) < 0.99


def test_draws_that_are_no_earth_are_no_error():
    class Refusing(Average):
        def apply(self, x):
            if (x < 2.5).any():
                raise InputError("too slow")
            return super().apply(x)

    op, prior = Refusing(), smooth_prior()
    _, data = observe(Average(), smooth_prior(sigma=0.05), 0.05, 3, seed=5)
    found = search(op, data, 0.05, prior)
    assert found.best.summary.startswith("3 converged")
    assert found.number.eq(1).all()
    with pytest.raises(InputError, match="too slow"):
        search(op, data, 0.05, smooth_prior(speed=2.0))


def test_one_start_is_no_search():
    with pytest.raises(InputError, match="starts is 1, expected at least 2"):
        search(SQUARE, DATA, 0.02, PRIOR, starts=1)
