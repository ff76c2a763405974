"""Parameterisations: exact means, the laws of operators, inverses, and an inversion through them."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from inversion_toys import DEPTH, Average
from operator_suite import OperatorSuite
from torch.testing import assert_close

from seisgrad.errors import InputError
from seisgrad.inversion import (
    Bounded,
    FreeLayers,
    GaussianPrior,
    Profile,
    depth_covariance,
    gauss_newton,
    paper_control_points,
)
from seisgrad.operator import Space

POINTS = (0.0, 1.5, 4.0, 12.0, 30.0)
ONES = torch.ones(12, dtype=torch.float64)


class TestControlPoints(OperatorSuite):
    def operator(self) -> Profile:
        return Profile.control_points(POINTS, DEPTH)

    def point(self, generator: torch.Generator) -> torch.Tensor:
        return 3.0 + torch.rand(5, generator=generator, dtype=torch.float64)

    def test_a_constant_and_a_straight_line_are_themselves(self) -> None:
        op = self.operator()
        assert_close(op(torch.full((5,), 3.2).double()), 3.2 * ONES)
        line = op(2.0 + 0.1 * torch.tensor(POINTS).double())
        middle = 0.5 * (DEPTH[:-1] + DEPTH[1:])
        inside = DEPTH[1:] <= POINTS[-1]
        assert_close(line[:-1][inside], (2.0 + 0.1 * middle)[inside])
        assert_close(line[-1], torch.tensor(5.0).double())  # constant below the last point

    def test_layers_take_the_mean_of_the_line(self) -> None:
        op = self.operator()
        x = torch.tensor([2.0, 3.0, 2.5, 4.0, 4.4]).double()
        z = torch.linspace(0.0, 35.0, 350_001).double()
        fine = torch.from_numpy(np.interp(z.numpy(), POINTS, x.numpy()))
        means = [fine[(z >= a) & (z <= b)].mean() for a, b in pairwise(DEPTH)]
        assert_close(op(x)[:-1], torch.stack(means), atol=2e-5, rtol=0.0)


class TestSplines(OperatorSuite):
    def operator(self) -> Profile:
        return Profile.splines(7, DEPTH)

    def point(self, generator: torch.Generator) -> torch.Tensor:
        return 3.0 + torch.rand(7, generator=generator, dtype=torch.float64)

    def test_they_are_a_partition_of_unity_and_not_negative(self) -> None:
        matrix = self.operator().matrix
        assert_close(matrix.sum(1), ONES)
        assert float(matrix.min()) >= 0.0

    def test_straight_lines_are_among_them(self) -> None:
        op = self.operator()
        line = op(2.0 + 0.1 * torch.tensor(op.domain.coords["depth"]).double())
        assert_close(line[:-1], 2.0 + 0.05 * (DEPTH[:-1] + DEPTH[1:]))
        assert_close(line[-1], 2.0 + 0.1 * DEPTH[-1])


class TestFreeLayers(OperatorSuite):
    step = 1e-3

    def operator(self) -> FreeLayers:
        return FreeLayers(3, DEPTH)

    def point(self, generator: torch.Generator) -> torch.Tensor:
        value = 3.0 + torch.rand(3, generator=generator, dtype=torch.float64)
        return torch.cat([value, torch.tensor([math.log(4.1), math.log(11.3)], dtype=torch.float64)])

    def test_interfaces_on_the_grid_give_the_layers_themselves(self) -> None:
        x = torch.tensor([2.0, 3.0, 4.0, math.log(5.0), math.log(12.0)]).double()
        expected = torch.where(DEPTH < 5.0, 2.0, torch.where(DEPTH < 17.0, 3.0, 4.0)).double()
        assert_close(self.operator()(x), expected)

    def test_the_travel_of_an_interface_moves_what_it_passes(self) -> None:
        x = torch.tensor([2.0, 3.0, 4.0, math.log(6.0), math.log(30.0)]).double()
        profile = self.operator()(x)
        assert_close(profile[4], torch.tensor(2.5).double())  # half of the layer from 5 to 7 km
        widths = torch.diff(torch.cat([DEPTH, 2 * DEPTH[-1:] - DEPTH[-2:-1]]))
        assert_close((profile * widths).sum(), torch.tensor(2.0 * 6.0 + 3.0 * 30.0 + 4.0 * 6.0).double())


class TestBounded(OperatorSuite):
    def operator(self) -> Bounded:
        return Bounded(Space("speed", ("depth",), (12,), "km/s"), 1.0, 5.0 * ONES)

    def point(self, generator: torch.Generator) -> torch.Tensor:
        return torch.randn(12, generator=generator, dtype=torch.float64)

    def test_the_inverse_leads_back_and_refuses_what_is_outside(self) -> None:
        op, x = self.operator(), torch.linspace(-3.0, 3.0, 12).double()
        assert_close(op.inverse(op(x)), x)
        assert float(op(1e3 * ONES).max()) <= 5.0
        with pytest.raises(InputError, match="strictly between"):
            op.inverse(5.0 * ONES)
        with pytest.raises(InputError, match="lower below the upper"):
            Bounded(op.codomain, 2.0, 1.0)


def test_control_points_are_inverted_like_anything_else() -> None:
    op = Average(harmonic=True) @ Profile.control_points(POINTS, DEPTH)
    at = torch.tensor(POINTS).double()
    prior = GaussianPrior(torch.full((5,), 3.0).double(), depth_covariance(at, 0.4, 8.0))
    truth = prior.sample(1, seed=2)[0]
    posterior = gauss_newton(op, op(truth), 1e-3, prior)
    assert float(((posterior.mean - truth) / posterior.sigma).abs().max()) < 3.0
    assert float(posterior.resolved_to("depth")) >= 4.0


def test_the_control_points_of_the_paper() -> None:
    points = paper_control_points()
    assert points[:3] == (0.0, 0.5, 1.0)
    assert {5.0, 6.0, 10.0, 15.0, 50.0, 70.0, 150.0} <= set(points)
    assert len(points) == len(set(points)) == 29
    assert list(points) == sorted(points)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Profile.control_points((1.0, 2.0), DEPTH), "begin at 0 and increase"),
        (lambda: Profile.control_points((0.0, 2.0, 2.0), DEPTH), "begin at 0 and increase"),
        (lambda: Profile.splines(3, DEPTH), "more splines than the degree"),
        (lambda: FreeLayers(1, DEPTH), "expected at least 2"),
    ],
)
def test_what_makes_no_sense_is_refused(make, words) -> None:
    with pytest.raises(InputError, match=words):
        make()
