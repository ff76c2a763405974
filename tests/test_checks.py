"""The checks find what is wrong and pass what is right; each is tried on an error it must catch."""

import math

import pytest
import torch
from torch import Tensor

from seisgrad.checks import convergence_order, dot_test, reciprocity, taylor_test
from seisgrad.errors import InputError


class Spoiled(torch.autograd.Function):
    """x³ with a derivative wrong by a fraction, in reverse, forward or both modes."""

    @staticmethod
    def forward(x: Tensor, reverse: float, forward: float) -> Tensor:
        return x**3

    @staticmethod
    def setup_context(ctx, inputs, output) -> None:
        x, ctx.reverse, ctx.along = inputs
        ctx.save_for_backward(x)
        ctx.save_for_forward(x)

    @staticmethod
    def backward(ctx, dy: Tensor) -> tuple[Tensor, None, None]:
        return 3 * ctx.saved_tensors[0] ** 2 * dy * (1 + ctx.reverse), None, None

    @staticmethod
    def jvp(ctx, dx: Tensor, *_) -> Tensor:
        return 3 * ctx.saved_tensors[0] ** 2 * dx * (1 + ctx.along)


def spoiled(reverse: float, forward: float):
    return lambda x: Spoiled.apply(x, reverse, forward)


@pytest.fixture
def x() -> Tensor:
    return 1 + torch.rand(5, generator=torch.Generator().manual_seed(3), dtype=torch.float64)


def test_dot_test_sees_modes_that_disagree(x: Tensor):
    assert dot_test(spoiled(0, 0), x).passed
    result = dot_test(spoiled(1e-8, 0), x)
    assert not result.passed
    assert result.error == pytest.approx(1e-8, rel=1.0)
    assert "differ" in result.message


def test_dot_test_cannot_see_a_common_error_but_the_taylor_test_does(x: Tensor):
    both = spoiled(1e-3, 1e-3)
    assert dot_test(both, x).passed
    assert not taylor_test(both, x).passed


@pytest.mark.parametrize("error", [1.0, 1e-2, 1e-4, 1e-5])
def test_taylor_test_falls_to_order_one_with_a_wrong_derivative(x: Tensor, error: float):
    result = taylor_test(spoiled(error, error), x)
    assert not result.passed
    assert result.order < 1.8
    if error >= 1e-2:
        assert result.order == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(
    ("function", "order"),
    [(torch.sin, 2.0), (lambda x: x**2, 2.0), (lambda x: (x - x.detach()) ** 3 + x, 3.0)],
)
def test_taylor_order_is_that_of_the_first_term_left_out(x: Tensor, function, order: float):
    frozen = x.clone()
    bent = (lambda x: (x - frozen) ** 3 + x) if order == 3 else function
    result = taylor_test(bent, x, seed=4)
    assert result.passed
    assert result.order == pytest.approx(order, abs=0.02)


def test_taylor_test_on_a_linear_map_and_on_a_wrong_linear_map(x: Tensor):
    result = taylor_test(lambda x: 3 * x, x)
    assert result.passed
    assert math.isinf(result.order)
    assert not taylor_test(lambda x: 3 * x + 1e-3 * (x - x.detach()) - 1e-3 * (x.detach() - 1), x).passed


def test_taylor_test_in_single_precision(x: Tensor):
    assert taylor_test(torch.exp, x.float(), step=0.3).passed
    assert not taylor_test(spoiled(0.1, 0.1), x.float(), step=0.3, levels=4).passed


def test_checks_leave_missing_outputs_out(x: Tensor):
    def op(x: Tensor) -> Tensor:
        return torch.where(torch.arange(5) < 3, x**3, torch.nan)

    assert dot_test(op, x).passed
    result = taylor_test(op, x)
    assert result.passed
    assert "3 of 5 outputs finite" in result.message


def test_silence_is_no_evidence(x: Tensor):
    constant = lambda x: 0 * x + 1  # noqa: E731
    nothing = lambda x: x * torch.nan  # noqa: E731
    for op in (constant, nothing):
        assert not dot_test(op, x).passed
        assert not taylor_test(op, x).passed
    assert not reciprocity(lambda a, b: torch.zeros(3), 0, 1).passed
    assert not reciprocity(lambda a, b: torch.full((3,), torch.nan), 0, 1).passed


def test_reciprocity_of_a_symmetric_and_a_streaming_medium():
    """Diffusion on a chain is reciprocal for any conductivity; a wind along the chain breaks it."""

    def green(wind: float):
        generator = torch.Generator().manual_seed(5)
        link = 0.5 + torch.rand(7, generator=generator, dtype=torch.float64)
        matrix = torch.diag_embed(link, 1) * (1 + wind) + torch.diag_embed(link, -1) * (1 - wind)
        matrix = matrix - torch.diag(matrix.sum(1) + 0.1)
        return lambda source, receiver: torch.linalg.inv(matrix)[receiver, source]

    assert reciprocity(green(0.0), 1, 6).passed
    result = reciprocity(green(0.01), 1, 6)
    assert not result.passed
    assert result.error > 1e-3


def test_reciprocity_of_vector_fields_exchanges_components():
    """The static Green's tensor of a full space (Kelvin), with a made-up anisotropic factor."""

    def kelvin(a: Tensor, b: Tensor) -> Tensor:
        away = b - a
        r = away.norm()
        twist = torch.tensor([[0.0, 0.3, 0.0], [-0.3, 0.0, 0.0], [0.0, 0.0, 0.0]], dtype=a.dtype) * away[2]
        return (torch.eye(3, dtype=a.dtype) * 2 + torch.outer(away, away) / r**2 + twist) / r

    a, b = (
        torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64),
        torch.tensor([3.0, 1.0, 2.0], dtype=torch.float64),
    )
    assert reciprocity(kelvin, a, b, components=(0, 1)).passed
    assert not reciprocity(kelvin, a, b).passed
    with pytest.raises(InputError, match=r"shape \(3, 2\), from b to a \(2, 3\)"):
        reciprocity(lambda a, b: torch.ones(3, 2), 0, 1, components=(0, 1))


def test_convergence_order_of_the_trapezoidal_rule():
    steps = [0.1 / 2**k for k in range(5)]
    errors = []
    for h in steps:
        z = torch.linspace(0, 1, round(1 / h) + 1, dtype=torch.float64)
        errors.append(abs(float(torch.trapezoid(z.exp(), z)) - (math.e - 1)))
    result = convergence_order(errors, steps, at_least=2.0)
    assert result.passed
    assert result.order == pytest.approx(2, abs=0.01)
    assert all(order == pytest.approx(2, abs=0.01) for order in result.orders)
    assert not convergence_order(errors, steps, at_least=3.0).passed
    assert not convergence_order([1.0, 1.0, 1.0], [0.1, 0.05, 0.025]).passed


@pytest.mark.parametrize(
    ("errors", "steps", "message"),
    [
        ([1.0], [0.1], r"errors of shape \(1,\)"),
        ([1.0, 0.5], [0.1], r"steps of shape \(1,\)"),
        ([1.0, 0.0], [0.1, 0.05], "error 2 is 0, expected a positive number"),
        ([1.0, 0.5], [0.1, -0.05], "step 2 is -0.05"),
        ([1.0, 0.5], [0.1, 0.1], "repeated value"),
    ],
)
def test_convergence_order_names_bad_input(errors: list, steps: list, message: str):
    with pytest.raises(InputError, match=message):
        convergence_order(errors, steps)


def test_taylor_test_needs_two_steps(x: Tensor):
    with pytest.raises(InputError, match="levels=1"):
        taylor_test(torch.sin, x, levels=1)
