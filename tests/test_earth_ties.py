"""Brocher's polynomials at values worked out by hand, and the ties built on them and on reference models."""

import pytest
import torch
from operator_suite import OperatorSuite
from torch import Tensor
from torch.testing import assert_close

from seisgrad.earth import BrocherTie, Free, LayeredModel, ReferenceTie, prem, resample, scaling
from seisgrad.errors import InputError
from seisgrad.operator import Operator, jacobian

DEPTH = [0.0, 2.0, 5.0, 10.0, 30.0]
OCEAN = LayeredModel.on_grid(
    DEPTH, [1.5, 4.0, 6.0, 6.8, 8.1], [0.0, 2.0, 3.4, 3.9, 4.5], [1.03, 2.3, 2.7, 2.9, 3.35]
)


def tensor(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def test_brocher_equation_9_at_whole_velocities():
    """Sums of the published coefficients 0.9409, 2.0947, -0.8206, 0.2683, -0.0251."""
    assert_close(
        scaling.vp_from_vs(tensor(0.0, 1.0, 2.0, 4.0)),
        tensor(0.9409, 2.4582, 3.5927, 6.9357),
        rtol=1e-12,
        atol=0,
    )


def test_brocher_equation_6_at_whole_velocities():
    """Sums of the published coefficients 0.7858, -1.2344, 0.7949, -0.1238, 0.0064."""
    assert_close(scaling.vs_from_vp(tensor(2.0, 5.0)), tensor(0.6086, 3.0113), rtol=1e-12, atol=0.0)


def test_nafe_drake_curve_at_whole_velocities():
    """Sums of the published coefficients 1.6612, -0.4721, 0.0671, -0.0043, 0.000106."""
    assert_close(scaling.density_from_vp(tensor(2.0, 6.0)), tensor(1.905392, 2.716656), rtol=1e-12, atol=0.0)


def test_slope_is_the_derivative_of_equation_9():
    vs = torch.linspace(0.0, 4.5, 10, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(scaling.vp_from_vs(vs).sum(), vs)
    assert_close(scaling.vp_from_vs_slope(vs.detach()), slope)


def test_equations_6_and_9_undo_each_other_as_well_as_the_docstring_says():
    vs = torch.linspace(0.5, 4.5, 400, dtype=torch.float64)
    error = (scaling.vs_from_vp(scaling.vp_from_vs(vs)) - vs).abs().max()
    assert 0.06 < error < 0.08


def test_values_out_of_range_are_counted_and_placed():
    valid = scaling.VP_FROM_VS_RANGE
    vs = torch.tensor([[1.0, 4.5], [4.6, torch.nan]])
    assert valid.outside(vs).tolist() == [[False, False], [True, True]]
    said = valid.describe(vs)
    assert said is not None
    assert said.startswith("2 of 4 values of vs lie outside the 0 to 4.5 km/s of Brocher (2005), equation 9")
    assert "vs[1, 0] = 4.6 km/s" in said
    assert valid.describe(vs[0]) is None


class TestBrocherTie(OperatorSuite):
    def operator(self) -> Operator:
        return BrocherTie(DEPTH)

    def point(self, generator: torch.Generator) -> Tensor:
        return 0.3 + 5.0 * torch.rand(5, generator=generator, dtype=torch.float64)

    def test_follows_the_equations_inside_their_range(self, op: Operator):
        vs = tensor(0.5, 1.0, 3.0, 4.0, 4.5)
        vp, same, rho = op(vs)
        assert torch.equal(same, vs)
        assert_close(vp, scaling.vp_from_vs(vs), rtol=1e-15, atol=0.0)
        assert_close(rho, scaling.density_from_vp(vp), rtol=1e-15, atol=0.0)

    def test_value_and_slope_are_continuous_at_the_end_of_the_range(self, op: Operator):
        below, above = (torch.full((5,), 4.5 + d, dtype=torch.float64) for d in (-1e-9, 1e-9))
        assert_close(op(below), op(above), rtol=0.0, atol=1e-8)
        assert_close(jacobian(op, below), jacobian(op, above), rtol=0.0, atol=1e-7)

    def test_ratio_levels_off_in_the_mantle(self, op: Operator):
        vp, vs, rho = op(tensor(4.5, 5.0, 5.5, 6.5, 7.3))
        assert_close(vp / vs, tensor(1.757, 1.762, 1.7625, 1.7626, 1.7626), rtol=0.0, atol=6e-4)
        assert (rho.diff() > 0.0).all()

    def test_upper_mantle_comes_within_six_per_cent_of_prem(self):
        reference = prem(1000.0, 5.0)
        mantle = reference.depth >= 24.4
        vp, _, rho = BrocherTie(reference.depth)(reference.vs)
        assert (vp / reference.vp - 1.0)[mantle].abs().max() < 0.06
        assert (rho / reference.rho - 1.0)[mantle].abs().max() < 0.06

    def test_every_profile_is_a_possible_earth(self, op: Operator):
        vs = torch.linspace(0.01, 7.3, 400, dtype=torch.float64)[:, None].expand(-1, 5)
        LayeredModel.on_grid(DEPTH, *op(vs).unbind(-2))

    def test_works_in_the_precision_it_is_given(self, op: Operator):
        assert op(torch.full((2, 5), 5.0, dtype=torch.float32)).dtype == torch.float32


class TestReferenceTie(OperatorSuite):
    def operator(self) -> Operator:
        return ReferenceTie(OCEAN, density_scaling=0.4)

    def point(self, generator: torch.Generator) -> Tensor:
        return OCEAN.vs * (0.9 + 0.2 * torch.rand(5, generator=generator, dtype=torch.float64))

    def test_reference_gives_itself(self, op: Operator):
        assert_close(op(OCEAN.vs), OCEAN.stack(), rtol=1e-15, atol=0.0)

    def test_ratio_of_velocities_is_kept_and_density_scales(self, op: Operator):
        out = op(1.1 * OCEAN.vs)
        assert_close(out[0, 1:], 1.1 * OCEAN.vp[1:])
        assert_close(out[2, 1:], OCEAN.rho[1:] * 1.1**0.4)
        assert_close(ReferenceTie(OCEAN)(1.1 * OCEAN.vs)[2], OCEAN.rho)

    def test_water_is_fixed_whatever_is_asked(self, op: Operator):
        vs = OCEAN.vs + 0.2
        assert_close(op(vs)[:, 0], tensor(1.5, 0.0, 1.03))
        assert jacobian(op, vs)[..., 0].abs().max() == 0.0
        LayeredModel.on_grid(DEPTH, *op(vs))

    def test_only_a_single_reference_and_a_finite_scaling_are_taken(self):
        with pytest.raises(InputError, match=r"batch of shape \[2\]"):
            ReferenceTie(LayeredModel([1.0, 0.0], torch.full((2, 2), 6.0), 3.5, 2.7))
        with pytest.raises(InputError, match="density_scaling is nan"):
            ReferenceTie(OCEAN, float("nan"))


class TestFree(OperatorSuite):
    def operator(self) -> Operator:
        return Free(DEPTH)

    def point(self, generator: torch.Generator) -> Tensor:
        return torch.rand(3, 5, generator=generator, dtype=torch.float64)

    def test_is_the_identity(self, op: Operator):
        assert torch.equal(op(OCEAN.stack()), OCEAN.stack())


def test_ties_end_in_one_space_and_compose_only_on_the_same_tops():
    reference = resample(prem(200.0), [0.0, 3.0, 20.0, 60.0])
    tie = ReferenceTie(reference)
    assert tie.codomain.unit == ("km/s", "km/s", "g/cm3")
    assert (Free([0.0, 3.0, 20.0, 60.0]) @ tie)(reference.vs).shape == (3, 4)
    with pytest.raises(InputError, match="coordinates along 'depth'"):
        Free([0.0, 3.0, 20.0, 61.0]) @ tie


@pytest.mark.parametrize("depth", [[[0.0, 1.0]], [1.0, 2.0], [0.0, 0.0]])
def test_ties_refuse_depths_that_are_no_tops(depth: list):
    with pytest.raises(InputError, match="depth"):
        BrocherTie(depth)
