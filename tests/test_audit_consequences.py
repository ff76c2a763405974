"""Consequences for an inversion: none of the exact derivative, closed forms of a linear problem for wrong ones."""

import pytest
import torch
from inversion_toys import DEPTH, PERIODS, Average, smooth_prior
from torch import Tensor

from seisgrad.audit.consequences import RESOLVED, Consequences, consequences, ensemble_prior
from seisgrad.audit.layout import Layout
from seisgrad.errors import InputError
from seisgrad.operator import Operator, jacobian

PRIOR = smooth_prior()
MODELS = PRIOR.sample(20, seed=1)
LINEAR = Average()
LAYOUT = Layout.of(LINEAR.domain, LINEAR.codomain)
SIGMA = 0.02


class Times(Operator):
    """An operator whose derivative, and value, are those of another times a number."""

    def __init__(self, op: Operator, factor: float | Tensor) -> None:
        self.op, self.factor, self.domain, self.codomain = op, factor, op.domain, op.codomain

    def apply(self, x: Tensor) -> Tensor:
        return self.factor * self.op(x)


class Strict(Average):
    """Refuses speeds that no rock has."""

    def apply(self, x: Tensor) -> Tensor:
        if (x < 1.5).any():
            raise InputError("a speed below 1.5 km/s")
        return super().apply(x)


def outcome(learned: object, exact: Operator = LINEAR, models: Tensor = MODELS, **more) -> Consequences:
    """With the prior and noise that made the models."""
    return consequences(exact, learned, models, LAYOUT, **{"prior": PRIOR, "noise": SIGMA} | more)  # type: ignore[arg-type]


@pytest.mark.parametrize("exact", [LINEAR, Average(harmonic=True), Average(cutoff=2.6)])
def test_the_exact_derivative_has_none(exact: Operator) -> None:
    found = outcome(exact, exact)
    one, zero = torch.ones(20, dtype=torch.float64), torch.zeros(20, dtype=torch.float64)
    for name in ("length_ratio", "trace_ratio", "falls", "gain", "descent_falls", "descent_gain"):
        torch.testing.assert_close(getattr(found, name), one)
    for name in ("angle", "plain_angle"):
        torch.testing.assert_close(getattr(found, name), zero, atol=1e-5, rtol=0)
    torch.testing.assert_close(found.resolved_learned, found.resolved_exact, equal_nan=True)
    torch.testing.assert_close(found.chi2_learned, found.chi2_exact, equal_nan=True)


def test_the_exact_step_of_a_linear_problem_explains_its_data() -> None:
    found = outcome(Times(LINEAR, 1.1))
    assert (found.chi2_start > 5).all()
    assert 0.1 < found.chi2_exact.mean() < 1.5
    assert (found.chi2_learned >= 0.9 * found.chi2_exact).all()
    assert (found.gain <= 1 + 1e-9).all()  # nothing is lower than the minimum
    assert (found.gain > 0.9).all()
    assert (found.falls == 1).all()


def _covariance(slope: Tensor) -> Tensor:
    return torch.linalg.inv(slope.mT @ slope / SIGMA**2 + torch.linalg.inv(PRIOR.covariance))


@pytest.mark.parametrize("factor", [0.3, 2.0])
def test_steps_and_variances_against_the_textbook(factor: float) -> None:
    """(JᵀC_d⁻¹J + C_m⁻¹)⁻¹ and (JᵀC_d⁻¹J + C_m⁻¹)⁻¹ (JᵀC_d⁻¹(d - F) - C_m⁻¹(m - m0)), by inverses."""
    found = outcome(Times(LINEAR, factor), models=MODELS[:2], noise=SIGMA, seed=3)
    slope = jacobian(LINEAR, MODELS[0])
    exact, learned = _covariance(slope), _covariance(factor * slope)
    variance = PRIOR.sigma.square()
    trace = (learned.diagonal() / variance).sum() / (exact.diagonal() / variance).sum()
    torch.testing.assert_close(found.trace_ratio, trace.expand(2))
    generator = torch.Generator().manual_seed(3)
    truth = torch.randperm(2, generator=generator)
    noise = torch.randn(2, len(PERIODS), generator=generator, dtype=torch.float64)
    start, data = MODELS[found.start[0]], LINEAR(MODELS[truth[0]]) + SIGMA * noise[0]
    back = torch.linalg.solve(PRIOR.covariance, start - PRIOR.mean)
    steps = [
        covariance @ (k * slope.mT @ (data - LINEAR(start)) / SIGMA**2 - back)
        for covariance, k in ((exact, 1.0), (learned, factor))
    ]
    metric = [(step @ torch.linalg.solve(exact, step)).sqrt() for step in steps]
    cosine = steps[0] @ torch.linalg.solve(exact, steps[1]) / (metric[0] * metric[1])
    assert found.length_ratio[0].item() == pytest.approx((metric[1] / metric[0]).item(), rel=1e-4)
    assert found.angle[0].item() == pytest.approx(torch.rad2deg(cosine.acos()).item(), rel=1e-4)


def test_resolved_depth_is_the_deepest_with_half_the_variance_gone() -> None:
    found = outcome(Times(LINEAR, 0.2))
    for depths, factor in ((found.resolved_exact, 1.0), (found.resolved_learned, 0.2)):
        left = _covariance(factor * jacobian(LINEAR, MODELS[0])).diagonal() / PRIOR.covariance.diagonal()
        torch.testing.assert_close(depths, DEPTH[1 - left >= RESOLVED].max().expand(20, 1))
    assert (found.resolved_learned < found.resolved_exact).all()


def test_a_derivative_of_the_wrong_sign_leads_nowhere() -> None:
    found = outcome(Times(LINEAR, -1.0))
    for name in ("falls", "gain", "descent_falls", "descent_gain"):
        assert (getattr(found, name) == 0).all(), name
    torch.testing.assert_close(found.chi2_learned, found.chi2_start)
    assert (found.angle > 90).all()


def test_a_derivative_without_deep_sensitivity_overstates_what_is_left() -> None:
    """Long periods are ignored: the posterior keeps more variance and the step gains less."""
    blind = torch.where(PERIODS < 6, 1.0, 0.0).double()
    found = outcome(Times(LINEAR, blind))
    assert (found.trace_ratio > 1.05).all()
    assert (found.gain < 1).all()
    assert (found.falls == 1).all()


def test_a_missing_value_and_a_refused_model_are_survived() -> None:
    for exact in (Average(harmonic=True, cutoff=2.6), Strict()):
        found = outcome(Times(exact, 0.7), exact)
        assert found.gain.isfinite().all()
        observed = found.chi2_start.isfinite()  # NaN where the start predicts none of the data
        assert observed.sum() >= 15
        assert (found.chi2_exact <= found.chi2_start)[observed].all()


def test_the_choice_is_seeded_and_the_start_is_another_model() -> None:
    found, again, other = (outcome(LINEAR, number=8, seed=seed) for seed in (5, 5, 6))
    assert found.truth.tolist() == again.truth.tolist() != other.truth.tolist()
    torch.testing.assert_close(found.chi2_start, again.chi2_start)
    assert len(set(found.truth.tolist())) == 8
    assert all(a != b for a, b in zip(found.truth.tolist(), found.start.tolist(), strict=True))
    alone = outcome(LINEAR, models=MODELS[:1])
    assert alone.start.tolist() == [-1]
    assert alone.gain.item() == pytest.approx(1)


def test_a_prior_is_made_from_an_ensemble() -> None:
    made = ensemble_prior(PRIOR.sample(20000, seed=2), LAYOUT)
    torch.testing.assert_close(made.mean, PRIOR.mean, atol=0.01, rtol=0)
    torch.testing.assert_close(made.sigma, PRIOR.sigma, atol=0.01, rtol=0)
    few = consequences(
        LINEAR, Times(LINEAR, 1.2), MODELS[:5], LAYOUT
    )  # fewer models than depths, nothing else given
    assert few.gain.isfinite().all()


def test_there_must_be_something_to_invert() -> None:
    with pytest.raises(InputError, match="0 models"):
        outcome(LINEAR, models=MODELS[:0])
    with pytest.raises(InputError, match="0 inversions"):
        outcome(LINEAR, number=0)
