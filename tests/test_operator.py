"""Spaces, composition and derivatives of operators, on toys whose derivatives are known in closed form."""

import pytest
import torch
from operator_suite import OperatorSuite
from torch import Tensor
from torch.testing import assert_close

from seisgrad.errors import InputError
from seisgrad.operator import Function, Operator, Space, jacobian, jvp, linearise, vjp

SLOWNESS = Space("slowness", ("layer",), (4,), "s/km")
TIMES = Space("travel time", ("receiver", "path"), (2, 3), "s")


class Times(Operator):
    """Travel times through layers of given thickness: linear."""

    def __init__(self) -> None:
        self.domain, self.codomain = SLOWNESS, TIMES
        self.paths = torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)

    def apply(self, x: Tensor) -> Tensor:
        return torch.einsum("rpl,...l->...rp", self.paths, x)


class Trapped(Operator):
    """x_i², where x_i is positive: otherwise it does not exist. Its derivative is written by hand, as a solver's is."""

    def __init__(self, careless: bool = False) -> None:
        self.domain = Space("stiffness", ("layer",), (4,), "GPa")
        self.codomain = Space("speed", ("layer",), (4,), "km/s")
        self.rows = CarelessRows if careless else Rows

    def apply(self, x: Tensor) -> Tensor:
        return self.rows.apply(x)[0]


class Rows(torch.autograd.Function):
    """Saves its own Jacobian rows, so that every backward pass only reads them."""

    generate_vmap_rule = True
    forwards = 0

    @staticmethod
    def rows(x: Tensor, y: Tensor) -> Tensor:
        return torch.diag_embed(torch.where(y.isnan(), 0.0, 2 * x))

    @classmethod
    def forward(cls, x: Tensor) -> tuple[Tensor, Tensor]:
        Rows.forwards += 1
        y = torch.where(x > 0, x.square(), torch.nan)
        return y, cls.rows(x, y)

    @staticmethod
    def setup_context(ctx, inputs, output) -> None:
        ctx.mark_non_differentiable(output[1])
        ctx.save_for_backward(output[1])
        ctx.save_for_forward(output[1])

    @staticmethod
    def backward(ctx, dy: Tensor, _) -> Tensor:
        return (dy[..., None, :] @ ctx.saved_tensors[0])[..., 0, :]

    @staticmethod
    def jvp(ctx, dx: Tensor) -> tuple[Tensor, None]:
        return (ctx.saved_tensors[0] @ dx[..., None])[..., 0], None


class CarelessRows(Rows):
    """Breaks the contract: the derivative of what does not exist is NaN, and 0 x NaN is NaN."""

    @staticmethod
    def rows(x: Tensor, y: Tensor) -> Tensor:
        return torch.diag_embed(torch.where(y.isnan(), torch.nan, 2 * x))


class TestLinear(OperatorSuite):
    def operator(self) -> Operator:
        return Times()

    def point(self, generator: torch.Generator) -> Tensor:
        return 0.2 + torch.rand(4, generator=generator)


class TestHandwritten(OperatorSuite):
    def operator(self) -> Operator:
        return Trapped()

    def point(self, generator: torch.Generator) -> Tensor:
        return 0.5 + torch.rand(4, generator=generator)

    def point_with_missing(self, generator: torch.Generator) -> Tensor:
        return self.point(generator) * torch.tensor([1.0, -1.0, 1.0, -1.0])


class TestComposed(OperatorSuite):
    def operator(self) -> Operator:
        return Times() @ Function(torch.reciprocal, Space("speed", ("layer",), (4,), "km/s"), SLOWNESS)

    def point(self, generator: torch.Generator) -> Tensor:
        return 1 + torch.rand(4, generator=generator)


def test_jacobian_of_a_linear_operator_is_its_matrix():
    op = Times()
    x = torch.rand(5, 4, dtype=torch.float64)
    assert_close(jacobian(op, x), op.paths.expand(5, 2, 3, 4))
    assert_close(jacobian(op, x, chunk_size=2), jacobian(op, x))


def test_jacobian_costs_one_forward_solve():
    x = torch.rand(7, 4, dtype=torch.float64)
    before = Rows.forwards
    linearise(Trapped(), x)
    assert Rows.forwards == before + 1


def test_rows_of_missing_outputs_are_nan_and_others_exact():
    x = torch.tensor([[1.0, -2.0, 3.0, 0.5], [1.0, 2.0, -3.0, -0.5]], dtype=torch.float64)
    op = Trapped()
    y, matrix = linearise(op, x)
    there = x > 0
    assert_close(matrix[there], torch.diag_embed(2 * x)[there])
    assert torch.equal(matrix.isnan().all(-1), ~there)
    assert torch.equal(jvp(op, x, torch.ones_like(x)).isnan(), ~there)
    assert_close(vjp(op, x, y), torch.where(there, 2 * x.pow(3), 0.0))


def test_suite_catches_a_careless_backward():
    class Careless(TestHandwritten):
        def operator(self) -> Operator:
            return Trapped(careless=True)

    with pytest.raises(AssertionError, match="spoils the derivatives"):
        Careless().test_missing_outputs_are_silent(Trapped(careless=True))


def test_plain_callable_has_no_batch():
    x = torch.rand(3, 2, dtype=torch.float64)
    assert_close(jacobian(torch.sin, x), torch.diag_embed(x.cos().flatten()).reshape(3, 2, 3, 2))
    net = torch.nn.Linear(2, 5, dtype=torch.float64)
    assert_close(jacobian(net, x[0]), net.weight)


def test_jacobian_can_be_differentiated_again():
    x = torch.tensor([0.3, 0.7], dtype=torch.float64, requires_grad=True)
    (third,) = torch.autograd.grad(jacobian(torch.sin, x).sum(), x)
    assert_close(third, -x.detach().sin())


def test_function_batches_what_knows_no_batch():
    rotate = Function(
        torch.trace, Space("tensor", ("row", "column"), (3, 3), "N·m"), Space("trace", (), (), "N·m")
    )
    x = torch.randn(2, 5, 3, 3, dtype=torch.float64)
    assert_close(rotate(x), x.diagonal(dim1=-2, dim2=-1).sum(-1))
    assert_close(jacobian(rotate, x), torch.eye(3, dtype=torch.float64).expand(2, 5, 3, 3))


def test_composition_is_the_chain_rule():
    speed = Space("speed", ("layer",), (4,), "km/s")
    op = Times() @ Function(torch.reciprocal, speed, SLOWNESS)
    assert (op.domain, op.codomain) == (speed, TIMES)
    v = torch.tensor([1.0, 2.0, 4.0, 5.0], dtype=torch.float64)
    assert_close(jacobian(op, v), -Times().paths / v**2)


@pytest.mark.parametrize(
    ("codomain", "reason"),
    [
        (Space("slowness", ("layer",), (4,), "s/m"), r"unit s/m against s/km"),
        (Space("slowness", ("layer",), (5,), "s/km"), r"shape \(5,\) against \(4,\)"),
        (Space("slowness", ("depth",), (4,), "s/km"), r"axes \('depth',\) against \('layer',\)"),
    ],
)
def test_composition_refuses_spaces_that_do_not_fit(codomain: Space, reason: str):
    inner = Function(torch.reciprocal, codomain, codomain)
    with pytest.raises(InputError, match=reason):
        Times() @ inner


def test_coordinates_must_agree_only_where_both_state_them():
    here = Space("speed", ("depth",), (2,), "km/s", {"depth": (0.0, 1.0)})
    there = Space("velocity", ("depth",), (2,), "km/s", {"depth": torch.tensor([0.0, 2.0])})
    silent = Space("speed", ("depth",), (2,), "km/s")
    assert here.mismatch(silent) is None
    assert silent.mismatch(there) is None
    assert here.mismatch(there) == "different coordinates along 'depth'"


def test_space_reads_well():
    space = Space("earth", ("parameter", "depth"), (3, 256), ("km/s", "km/s", "g/cm³"))
    assert str(space) == "earth [parameter=3, depth=256] in km/s, km/s, g/cm³"
    assert (space.size, space.ndim, space.length("depth")) == (768, 2, 256)
    assert len({space, space}) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((("depth",), (3, 4), "km"), "one length per axis"),
        ((("parameter", "depth"), (3, 4), ("km/s", "g/cm³")), r"2 units .* for shape \(3, 4\)"),
        ((("depth",), (3,), "km", {"period": (1, 2, 3)}), "coordinates for 'period', expected one of"),
        ((("depth",), (3,), "km", {"depth": (1, 2)}), "2 coordinates along 'depth', expected 3"),
    ],
)
def test_space_refuses_what_does_not_fit(arguments: tuple, message: str):
    with pytest.raises(InputError, match=message):
        Space("model", *arguments)


def test_errors_name_what_was_received_and_expected():
    op, x = Times(), torch.zeros(2, 4, dtype=torch.float64)
    with pytest.raises(InputError, match=r"received torch.int64, expected a floating-point"):
        op(x.long())
    with pytest.raises(InputError, match=r"received shape \(\), expected \(\.\.\., 4\).*s/km"):
        op(torch.tensor(1.0))
    with pytest.raises(InputError, match=r"direction dx has shape \(4,\), expected \(2, 4\)"):
        jvp(op, x, x[0])
    with pytest.raises(InputError, match=r"cotangent dy has shape \(2, 3\), expected \(2, 2, 3\)"):
        vjp(op, x, torch.zeros(2, 3, dtype=torch.float64))
    wrong = Function(torch.sin, SLOWNESS, TIMES)
    with pytest.raises(InputError, match=r"returned shape \(4,\).*expected \(2, 3\)"):
        wrong(x[0])


def test_missing_output_does_not_leak_into_a_gradient():
    """A loss over the outputs that exist, as users write it, has a finite and right gradient."""
    x = torch.tensor([2.0, -1.0, 3.0, 1.0], dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(Trapped()(x).nansum(), x)
    assert_close(gradient, torch.tensor([4.0, 0.0, 6.0, 2.0], dtype=torch.float64))
