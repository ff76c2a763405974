"""Whether one can bet on a profile: shared errors as unknowns, planted faults found, a straight posterior let alone."""

import math
from dataclasses import replace

import pytest
import torch
from operator_suite import OperatorSuite
from torch import Tensor
from torch.testing import assert_close

from seisgrad.dispersion import Branch, DispersionCurves
from seisgrad.dispersion.invert import Inversion, invert, operator_of
from seisgrad.dispersion.starting_model import from_data
from seisgrad.inversion import gauss_newton
from seisgrad.operator import Function, Operator, Space
from seisgrad.report import kono
from seisgrad.report.findings import resolved, title
from seisgrad.report.trust import MEMBERS, Trust, WithShared, examine, say_trust

PERIODS = torch.tensor([0.1, 0.15, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0], dtype=torch.float64)
SIGMA, DRIFT = 0.01, 0.006


def bent(vs: Tensor) -> Tensor:
    """Two branches at three periods of a three-layer toy earth."""
    mix = torch.tensor([[0.6, 0.3, 0.1], [0.3, 0.4, 0.3], [0.1, 0.3, 0.6]], dtype=vs.dtype)
    return torch.stack([mix @ vs, torch.log1p(mix @ vs.square())])


class TestWithShared(OperatorSuite):
    def operator(self) -> Operator:
        earth = Space("vs", ("depth",), (3,), "km/s", {"depth": (0.0, 1.0, 3.0)})
        data = Space("curves", ("branch", "period"), (2, 3), "km/s")
        generator = torch.Generator().manual_seed(self.seed)
        patterns = torch.randn(2, 2, 3, generator=generator, dtype=torch.float64)
        patterns[0, 1, 2] = torch.nan  # a datum that is missing
        return WithShared(Function(bent, earth, data), patterns)

    def point(self, generator: torch.Generator) -> Tensor:
        return torch.cat(
            [3.0 + torch.rand(3, generator=generator), torch.randn(2, generator=generator)]
        ).double()


def curves(wrong: float = 0.0, size: float = 1.0) -> DispersionCurves:
    """Rayleigh phase and group velocities of soft ground with errors of a size, the fifth group velocity off by a
    number of sigmas."""
    kinds = ("phase", "group")
    velocity = torch.stack([0.35 + 0.25 * PERIODS, 0.30 + 0.18 * PERIODS])
    generator = torch.Generator().manual_seed(7)
    velocity += size * SIGMA * torch.randn(velocity.shape, generator=generator, dtype=torch.float64)
    velocity[1, 4] += wrong * SIGMA
    return DispersionCurves.concatenate(
        DispersionCurves.from_columns(wave="rayleigh", kind=kind, period=PERIODS, velocity=row, sigma=SIGMA)
        for kind, row in zip(kinds, velocity, strict=True)
    )


def inversion(wrong: float = 0.0, size: float = 1.0) -> tuple[Inversion, Tensor]:
    """The inversion of such curves, and the one error that they share."""
    table = curves(wrong, size)
    shared = torch.full((1, 2, len(PERIODS)), DRIFT, dtype=torch.float64)
    return invert(table, from_data(curves(), 0.2), shared=shared), shared


@pytest.fixture(scope="module")
def examined() -> Trust:
    return examine(*inversion())


def test_an_error_that_is_an_unknown_is_one_that_all_data_share(examined: Trust) -> None:
    """The marginal of the augmented problem against the same error in the covariance of the data."""
    found, shared = inversion()
    forward = operator_of(None, found.survey, found.starting) @ found.starting.tie
    op = WithShared(forward, shared)
    wide = gauss_newton(op, found.observed, found.sigma, op.prior(found.starting.prior), tolerance=1e-6)
    tight = invert(curves(), found.starting, shared=shared)
    rock = len(tight.posterior.mean)
    assert_close(
        wide.mean[:rock], tight.posterior.mean, rtol=0, atol=2e-3 * float(tight.posterior.sigma.min())
    )
    assert_close(wide.covariance[:rock, :rock], tight.posterior.covariance, rtol=2e-2, atol=1e-6)
    alone = invert(curves(), found.starting)
    assert (alone.posterior.sigma < tight.posterior.sigma).all()  # or the shared error would say nothing


def test_a_planted_outlier_is_found_and_named() -> None:
    found = examine(*inversion(wrong=12.0))
    expected = torch.zeros_like(found.light)
    expected[1, 4] = True
    assert torch.equal(found.light, expected)
    assert "1 datum loses more than half of its weight, Rayleigh group at 0.45 s" in say_trust(found)[1]
    assert found.moved(found.weighed.posterior) > 0.3


def test_the_size_of_the_errors_is_found_and_said(examined: Trust) -> None:
    for found, size in ((examined, 1.0), (examine(*inversion(size=4.0)), 4.0)):
        assert abs(math.log(float(found.size.factor) / size)) < 3 * float(found.size.factor_sigma)
        assert ("not what was assumed" in say_trust(found)[0]) == (size > 1)
    assert not examined.light.any()


def test_the_ensemble_is_the_posterior_where_the_operator_hardly_bends(examined: Trust) -> None:
    heard = resolved(examined.inversion)
    assert len(examined.members) == MEMBERS
    assert float(examined.shift[heard].abs().max()) < 4 / MEMBERS**0.5
    assert float((examined.widening[heard] - 1).abs().max()) < 4 / (2 * MEMBERS) ** 0.5
    wide = replace(
        examined, members=examined.members.mean(0) + 2 * (examined.members - examined.members.mean(0))
    )
    assert_close(wide.widening, 2 * examined.widening)
    assert f"{float(wide.widening[heard].min()):.2f}" in say_trust(wide)[3]


def test_the_data_that_carry_most_are_named_first(examined: Trust) -> None:
    importance = examined.inversion.posterior.importance
    largest = int(importance.argmax())
    branch = Branch("rayleigh", ("phase", "group")[largest // len(PERIODS)])
    words = f"{title(branch)} at {float(PERIODS[largest % len(PERIODS)]):g} s"
    assert f"rest on {words} ({float(importance.max()):.2f})" in say_trust(examined)[2]


def test_a_low_velocity_zone_is_the_lid_minus_the_zone() -> None:
    """0 in an earth of one velocity; the difference of two means where each has one."""
    tops = torch.tensor([3.0, kono.MOHO, 60.0, 80.0, 150.0, 220.0, 400.0], dtype=torch.float64)
    weights = kono.low_velocity_zone(tops)
    assert float(weights.sum()) == pytest.approx(0, abs=1e-12)
    vs = torch.tensor([3.5, 4.6, 4.6, 4.3, 4.3, 4.7, 5.0], dtype=torch.float64)
    assert float(weights @ vs) == pytest.approx(0.3, abs=1e-12)
