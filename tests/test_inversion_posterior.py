"""What a posterior tells: resolved depth, spread, samples, words; and input that cannot be inverted."""

import math

import pytest
import torch
from inversion_toys import DEPTH, Average, observe, smooth_prior
from torch.testing import assert_close

from seisgrad.errors import InputError
from seisgrad.inversion import Correlated, GaussianPrior, gauss_newton
from seisgrad.operator import Function, Space

OP = Average()
PRIOR = smooth_prior()
DATA = torch.full((9,), 3.1, dtype=torch.float64)


def seen(function, data: torch.Tensor, sigma: float = 1e-6):
    """An inversion of four independent depths 0, 1, 3, 6 km with unit prior sigma."""
    depth = Space("speed", ("depth",), (4,), "km/s", {"depth": (0.0, 1.0, 3.0, 6.0)})
    op = Function(function, depth, Space("data", ("i",), tuple(data.shape), "km/s"))
    return gauss_newton(op, data, sigma, GaussianPrior(torch.zeros(4), torch.eye(4)))


def test_resolved_depth_ends_where_the_data_end():
    posterior = seen(lambda x: x[:3], torch.zeros(3))
    assert_close(posterior.shrinkage, torch.tensor([0.0, 0, 0, 1]).double(), rtol=0, atol=2e-6)
    assert_close(posterior.resolution_diagonal, torch.tensor([1.0, 1, 1, 0]).double())
    assert float(posterior.resolved_to("depth")) == 3.0
    assert float(seen(lambda x: x[[0, 3]], torch.zeros(2)).resolved_to("depth")) == 0.0  # not across a gap
    assert float(seen(lambda x: x[[0, 3]], torch.zeros(2)).resolved_to("depth", gaps=True)) == 6.0
    assert math.isnan(float(seen(lambda x: 0.0 * x, torch.zeros(4)).resolved_to("depth", gaps=True)))
    assert math.isnan(float(seen(lambda x: x[1:], torch.zeros(3)).resolved_to("depth")))
    assert float(seen(lambda x: x, torch.zeros(4)).resolved_to("depth")) == 6.0


def test_spread_is_the_width_of_the_average():
    """Only the sum of the depths 1 and 3 km is seen: each is estimated by the mean of both, 2 km apart."""
    posterior = seen(lambda x: (x[1] + x[2])[None], torch.zeros(1))
    spread = posterior.spread("depth")
    assert spread[[0, 3]].isnan().all()
    assert_close(spread[1:3], torch.full((2,), math.sqrt(0.25 * 4 / 0.5)).double())
    assert_close(
        seen(lambda x: x, torch.zeros(4)).spread("depth"), torch.zeros(4).double(), rtol=0, atol=1e-9
    )


def test_resolved_depth_of_a_curve_grows_with_precision():
    depths = [
        float(gauss_newton(OP, DATA, sigma, PRIOR).resolved_to("depth", 0.5)) for sigma in (0.3, 0.1, 0.01)
    ]
    assert depths == sorted(depths)
    assert depths[-1] > depths[0] or math.isnan(depths[0])


def test_samples_have_the_posterior_moments():
    _, data = observe(OP, PRIOR, 0.05, 2, 41)
    posterior = gauss_newton(OP, data, 0.05, PRIOR)
    draws = posterior.sample(20_000, seed=5)
    assert draws.shape == (20_000, 2, 12)
    error = (draws.mean(0) - posterior.mean).abs() / posterior.sigma
    assert float(error.max()) < 5 / math.sqrt(20_000)
    spread = draws[:, 0].T.cov() - posterior.covariance[0]
    assert float(spread.abs().max()) < 5 * math.sqrt(2) * float(posterior.sigma.max()) ** 2 / math.sqrt(
        20_000
    )
    assert torch.equal(draws, posterior.sample(20_000, seed=5))


def test_variance_never_grows():
    posterior = gauss_newton(OP, DATA, 0.05, PRIOR)
    assert (posterior.shrinkage <= 1 + 1e-12).all()
    assert float(torch.linalg.eigvalsh(PRIOR.covariance - posterior.covariance).min()) > -1e-12


def test_messages_ask_for_a_site_where_there_are_many():
    posterior = gauss_newton(OP, DATA.expand(2, 9), 0.05, PRIOR)
    assert posterior.message(1).startswith("Converged in 1 steps")
    with pytest.raises(InputError, match=r"received site \(\), expected 1 indices for \(2,\)"):
        posterior.message()
    with pytest.raises(InputError, match="no coordinates along 'latitude'"):
        posterior.resolved_to("latitude")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"data": DATA[:8]}, r"data has shape \(8,\), expected .*9.* curve"),
        ({"data": DATA + torch.inf}, "9 infinite values; mark missing data by NaN"),
        ({"noise": 0.0}, "noise of datum 0 .* is 0, expected a positive standard deviation"),
        ({"noise": torch.tensor([0.1] * 4 + [-0.2] + [0.1] * 4)}, "noise of datum 4 .* is -0.2"),
        ({"noise": torch.full((9,), torch.nan)}, "noise of datum 0 .* is nan"),
        (
            {"noise": torch.ones(8)},
            r"noise has shape \(8,\), expected one that broadcasts to the data's \(9,\)",
        ),
        ({"noise": Correlated(torch.eye(8))}, r"data covariance has shape \(8, 8\) for 9 data"),
        ({"prior": GaussianPrior(torch.zeros(5), torch.eye(5))}, r"shape \(5, 5\), expected \(12, 12\)"),
        ({"prior": GaussianPrior(torch.zeros(3, 4), torch.eye(12))}, r"prior mean has shape \(3, 4\)"),
        ({"start": torch.zeros(11)}, r"start has shape \(11,\)"),
        (
            {"data": DATA.expand(3, 9), "start": torch.ones(2, 12)},
            r"data \(3,\), prior mean \(\), start \(2,\)",
        ),
        (
            {"bounds": (3.2, 4.0)},
            "prior mean has 3 at parameter 0 of site 0, .* between its bounds 3.2 and 4",
        ),
        ({"bounds": (2.0, 4.0), "start": torch.full((12,), 5.0)}, "start has 5 at parameter 0"),
        ({"bounds": (4.0, 2.0)}, "bounds of parameter 0 are 4 and 2, expected lower < upper"),
        ({"bounds": (torch.zeros(5), 4.0)}, r"lower bound has shape \(5,\)"),
        ({"max_iterations": 0}, "max_iterations=0"),
        ({"tolerance": -1.0}, "tolerance=-1.0"),
        ({"significance": 1.5}, "significance=1.5"),
    ],
)
def test_what_cannot_be_inverted_is_named(changed: dict, message: str):
    arguments = {"data": DATA, "noise": 0.05, "prior": PRIOR} | changed
    with pytest.raises(InputError, match=message):
        gauss_newton(OP, arguments.pop("data"), arguments.pop("noise"), arguments.pop("prior"), **arguments)


def test_data_covariance_that_is_none():
    with pytest.raises(InputError, match=r"data covariance is not positive definite: .* -1 "):
        Correlated(torch.diag(torch.tensor([1.0, -1.0])))


def test_depth_labels_reach_the_posterior():
    assert gauss_newton(OP, DATA, 0.05, PRIOR).domain.coords["depth"] == tuple(DEPTH.tolist())
