"""First-order methods stand at the maximum that Gauss-Newton finds, by the same rules, and without a Jacobian."""

import pytest
import torch
from inversion_toys import Average, observe, smooth_prior
from torch import Tensor
from torch.testing import assert_close

import seisgrad as sg
from seisgrad.errors import InputError
from seisgrad.inversion import Correlated, GaussianPrior, Posterior, Status, asking, descend, gauss_newton
from seisgrad.operator import Operator, Space

OP = Average(harmonic=True)
METHODS = ("lbfgs", "adam")


def away(found: Posterior, other: Posterior) -> float:
    """The largest difference of two most probable models, in posterior standard deviations."""
    return float(((found.mean - other.mean) / other.sigma).abs().max())


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("harmonic", [False, True])
def test_reaches_the_maximum_of_gauss_newton(method, harmonic):
    op, prior = Average(harmonic), smooth_prior()
    _, data = observe(op, prior, 0.05, 3, 11)
    exact = gauss_newton(op, data, 0.05, prior, tolerance=1e-8)
    found = descend(op, data, 0.05, prior, method=method)
    assert (found.status == Status.CONVERGED).all()
    assert away(found, exact) < 0.01
    near = descend(op, data, 0.05, prior, method=method, start=found.mean, tolerance=1e-4, rate=0.01)
    assert away(near, exact) < 1e-4
    for name in ("covariance", "resolution", "chi2", "p_fit", "p_prior"):
        assert_close(getattr(near, name), getattr(exact, name), rtol=0, atol=1e-3)
    assert_close(near.history[-1], near.chi2)


@pytest.mark.parametrize("method", METHODS)
def test_reaches_it_for_dispersion_curves(method):
    depth = torch.tensor([0.0, 1.0, 3.0, 6.0, 10.0, 16.0, 25.0, 38.0, 60.0], dtype=torch.float64)
    survey = sg.dispersion.Survey(
        (sg.dispersion.Branch("rayleigh"),), torch.tensor([2.0, 4.0, 8.0, 15.0, 30.0])
    )
    op = sg.dispersion.Physics(survey, depth) @ sg.earth.BrocherTie(depth)
    prior = GaussianPrior(3.0 + 0.03 * depth, sg.inversion.depth_covariance(depth, sigma=0.3, length=8.0))
    data = op(prior.sample(1, seed=1))
    data += 0.02 * torch.randn(data.shape, generator=torch.Generator().manual_seed(2)).double()
    bounds = (0.2 * prior.mean, 1.8 * prior.mean)
    found = descend(op, data, 0.02, prior, method=method, bounds=bounds)
    assert (found.status == Status.CONVERGED).all()
    assert away(found, gauss_newton(op, data, 0.02, prior, bounds=bounds, tolerance=1e-6)) < 0.01


@pytest.mark.parametrize("method", METHODS)
def test_bounds_are_kept_exactly(method):
    """Where half of the parameters sit at a bound, they are the right ones, and no model beyond was ever asked for."""

    class Watched(Average):
        lowest, highest = torch.inf, -torch.inf

        def apply(self, x: Tensor) -> Tensor:
            self.lowest = min(self.lowest, float(x.detach().min()))
            self.highest = max(self.highest, float(x.detach().max()))
            return super().apply(x)

    op, prior, bounds = Watched(harmonic=True), smooth_prior(), (2.9, 3.1)
    _, data = observe(OP, prior, 0.05, 2, 11)
    exact = gauss_newton(OP, data, 0.05, prior, bounds=bounds, tolerance=1e-8)
    assert exact.at_bound.sum(1).tolist() == [6, 7]
    found = descend(op, data, 0.05, prior, method=method, bounds=bounds)
    assert not (found.status == Status.STALLED).any()
    assert away(found, exact) < 0.01
    assert op.lowest >= 2.9
    assert op.highest <= 3.1
    if method == "lbfgs":
        near = descend(op, data, 0.05, prior, bounds=bounds, tolerance=1e-5)
        assert torch.equal(near.at_bound, exact.at_bound)
        assert away(near, exact) < 1e-5


def test_takes_one_jacobian_at_the_end(monkeypatch: pytest.MonkeyPatch):
    asked, real = [], asking.with_jacobian
    monkeypatch.setattr(
        asking, "with_jacobian", lambda op, models: asked.append(len(models)) or real(op, models)
    )
    prior = smooth_prior()
    _, data = observe(OP, prior, 0.05, 4, 11)
    found = descend(OP, data, 0.05, prior)
    assert int(found.iterations.min()) > 5
    assert asked == [4]


@pytest.mark.parametrize("method", METHODS)
def test_sites_do_not_see_each_other(method):
    prior = smooth_prior()
    _, data = observe(OP, prior, 0.05, 3, 14)
    data[1] = torch.tensor([2.0, 4, 2, 4, 2, 4, 2, 4, 2])
    together = descend(OP, data, 0.05, prior, method=method)
    assert together.status.tolist() == [0, Status.UNEXPLAINED, 0]
    for k in range(3):
        alone = descend(OP, data[k], 0.05, prior, method=method)
        assert_close(together.mean[k], alone.mean, rtol=0, atol=1e-9)
        assert together.iterations[k] == alone.iterations


@pytest.mark.parametrize("noise", ["independent", "correlated"])
def test_missing_data_and_correlated_errors_are_those_of_gauss_newton(noise):
    prior = smooth_prior()
    _, data = observe(OP, prior, 0.05, 2, 21)
    data[0, [1, 5]] = torch.nan
    data[1, 8] = torch.nan
    lag = (torch.arange(9)[:, None] - torch.arange(9)).abs().double()
    sigma = torch.where(data.isnan(), torch.nan, 0.05)  # no sigma is needed where there is no datum
    errors = Correlated(0.05**2 * 0.7**lag) if noise == "correlated" else sigma
    found = descend(OP, data, errors, prior, tolerance=1e-5)
    exact = gauss_newton(OP, data, errors, prior, tolerance=1e-8)
    assert away(found, exact) < 1e-5
    assert_close(found.chi2, exact.chi2, rtol=0, atol=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_a_model_cannot_improve_by_losing_data(method):
    """Low speeds at all periods pull the model below the cutoff, where no datum would be left to misfit."""
    op = Average(harmonic=True, cutoff=2.5)
    data = torch.full((9,), 2.3, dtype=torch.float64)
    found = descend(op, data, 0.05, smooth_prior(), method=method)
    assert found.lost == 0
    assert found.prediction.isfinite().all()
    assert found.status != Status.CONVERGED
    assert float(found.chi2) > 10


@pytest.mark.parametrize("method", METHODS)
def test_data_beyond_reach_at_the_start_are_won_back(method):
    op, prior = Average(harmonic=True, cutoff=2.5), smooth_prior()
    _, data = observe(op, smooth_prior(3.2, 0.1), 0.05, 1, 22)
    start = torch.full((12,), 2.6, dtype=torch.float64)
    assert op(start).isnan().any()
    found = descend(op, data[0], 0.05, prior, start=start, method=method)
    assert found.status == Status.CONVERGED
    assert found.lost == 0
    assert away(found, gauss_newton(op, data[0], 0.05, prior)) < 0.02


@pytest.mark.parametrize("method", METHODS)
def test_a_trial_model_that_the_operator_refuses_is_a_step_too_far(method):
    class Strict(Operator):
        domain = Space("speed", ("i",), (1,), "km/s")
        codomain = Space("logarithm", ("i",), (1,), "1")

        def apply(self, x: Tensor) -> Tensor:
            if (x < 0.2).any():
                raise InputError("this is no earth")
            return x.log()

    prior = GaussianPrior(torch.tensor([3.0]), torch.tensor([[4.0]]))
    wanted = torch.tensor([[4.0], [0.5], [0.1]], dtype=torch.float64)  # the last one is refused itself
    found = descend(Strict(), wanted.log(), 0.01, prior, method=method)
    assert found.status.tolist()[:2] == [Status.CONVERGED, Status.CONVERGED]
    assert_close(found.mean[:2], wanted[:2], rtol=0, atol=1e-3)
    assert found.status[2] == Status.STALLED
    assert (found.lost == 0).all()
    with pytest.raises(InputError, match="no earth"):
        descend(Strict(), wanted.log(), 0.01, prior, start=torch.full((1,), 0.1).double())


@pytest.mark.parametrize("method", METHODS)
def test_stalls_when_the_steps_run_out(method):
    prior = smooth_prior()
    _, data = observe(OP, prior, 0.01, 1, 12)
    found = descend(OP, data[0], 0.01, prior, max_iterations=3, method=method)
    assert found.status == Status.STALLED
    assert found.iterations == 3
    assert found.summary.startswith("Stalled after 3 steps")


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

    prior = GaussianPrior(torch.zeros(1), torch.tensor([[1e4]]))
    found = descend(Backwards.apply, torch.ones(1), 0.1, prior)
    assert found.status == Status.STALLED
    assert int(found.iterations) < 100
    assert abs(float(found.mean)) < 0.01


def test_an_operator_in_single_precision_ends_in_its_round_off():
    class Coarse(Average):
        def apply(self, x: Tensor) -> Tensor:
            return (1 / (x.float().reciprocal() @ self.weights.float().mT)).to(x.dtype)

    prior = smooth_prior()
    _, data = observe(OP, prior, 0.002, 5, 16)
    found = descend(Coarse(harmonic=True), data, 0.002, prior, tolerance=1e-3)
    assert not (found.status == Status.STALLED).any()
    assert away(found, gauss_newton(OP, data, 0.002, prior)) < 0.1


def test_refuses_what_it_cannot_do():
    prior = smooth_prior()
    _, data = observe(OP, prior, 0.05, 1, 11)
    with pytest.raises((InputError, TypeError), match=r"lbfgs.*adam"):  # the annotation, where it is checked
        descend(OP, data, 0.05, prior, method="newton")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="rate=-1"):
        descend(OP, data, 0.05, prior, method="adam", rate=-1.0)
    with pytest.raises(InputError, match="strictly between"):
        descend(OP, data, 0.05, prior, bounds=(3.2, 4.0))
