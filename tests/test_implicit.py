"""The derivative of an implicitly defined root, on a tenant whose root and derivatives are known in closed form."""

import pytest
import torch
from torch import Tensor

from seisgrad import checks
from seisgrad.implicit import differentiable, root_derivative


class Cubic:
    """The real root of x³ + p x = q (one exists alone for p > 0), by Newton; missing where p <= 0.

    Two values follow from each root, x and x². Parameters are p and q, each [batch, n]; entry i has its own equation,
    so values are [batch, 2 n]: all roots, then all squares.
    """

    def __init__(self) -> None:
        self.solves, self.rows = 0, 0

    def __call__(self, parameters: tuple[Tensor, ...], want_rows: bool) -> tuple[Tensor, tuple[Tensor, ...]]:
        assert not any(a.requires_grad for a in parameters), "the search must not see the graph"
        assert all(a.ndim == 2 for a in parameters)
        self.solves += 1
        self.rows += want_rows
        p, q = parameters
        there = p > 0
        x = torch.sign(q) * torch.minimum(q.abs() / p.clamp_min(1e-3), q.abs() ** (1 / 3))
        for _ in range(60):
            x = x - (x**3 + p * x - q) / (3 * x**2 + p.clamp_min(1e-3))
        x = x.masked_fill(~there, torch.nan)
        values = torch.cat([x, x**2], -1)
        if not want_rows:
            return values, ()
        by_p = torch.diag_embed(root_derivative(x, 3 * x**2 + p))
        by_q = torch.diag_embed(root_derivative(-torch.ones_like(x), 3 * x**2 + p))
        twice = 2 * x.unsqueeze(-1)
        rows = tuple(torch.cat([by, twice * by], -2).nan_to_num(0.0) for by in (by_p, by_q))
        return values, rows


def cardano(p: Tensor, q: Tensor) -> Tensor:
    """The same two values in closed form (one real root for p > 0), differentiable by torch itself."""
    half, third = q / 2, p / 3
    inner = torch.sqrt(half**2 + third**3)
    big = (half + torch.sign(q) * inner).abs() ** (1 / 3) * torch.sign(q)
    x = big - third / big
    return torch.cat([x, x**2], -1)


P = torch.tensor([[0.7, 2.0, 1.3], [3.1, 0.2, 5.0]], dtype=torch.float64)
Q = torch.tensor([[1.0, -4.0, 0.6], [2.5, 0.9, -7.0]], dtype=torch.float64)


def of_both(x: Tensor) -> Tensor:
    """p and q side by side, [..., 2, n], for the checks that take one argument."""
    return differentiable(Cubic(), *x.unbind(-2))


def equal(actual: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(actual, expected, rtol=1e-11, atol=1e-12)


def test_root_derivative_is_minus_the_ratio() -> None:
    # x² - p = 0 at p = 9: dx/dp = 1/(2·3)
    assert root_derivative(-1.0, 6.0) == pytest.approx(1 / 6)


def test_values_and_shapes_for_any_batch() -> None:
    solver = Cubic()
    for shape in ((3,), (2, 3), (1, 2, 3), (2, 1, 1, 3)):
        p, q = P[0].expand(shape), Q[0].expand(shape)
        found = differentiable(solver, p, q)
        assert found.shape == (*shape[:-1], 6)
        equal(found, cardano(p, q))
    assert (solver.solves, solver.rows) == (4, 0), "rows are computed although nobody differentiates"


def test_batch_dimensions_broadcast() -> None:
    p, q = P.unsqueeze(1).requires_grad_(), Q.unsqueeze(0).clone().requires_grad_()
    found = differentiable(Cubic(), p, q)
    assert found.shape == (2, 2, 6)
    weight = torch.linspace(-1.0, 2.0, 24, dtype=torch.float64).reshape(2, 2, 6)
    got = torch.autograd.grad((found * weight).sum(), (p, q))
    wanted = torch.autograd.grad((cardano(*torch.broadcast_tensors(p, q)) * weight).sum(), (p, q))
    for a, b in zip(got, wanted, strict=True):
        equal(a, b)


def test_backward() -> None:
    p, q = P.clone().requires_grad_(), Q.clone().requires_grad_()
    weight = torch.linspace(-1.0, 2.0, 12, dtype=torch.float64).reshape(2, 6)
    got = torch.autograd.grad((differentiable(Cubic(), p, q) * weight).sum(), (p, q))
    wanted = torch.autograd.grad((cardano(p, q) * weight).sum(), (p, q))
    for a, b in zip(got, wanted, strict=True):
        equal(a, b)


@pytest.mark.parametrize("which", [0, 1])
def test_a_parameter_that_needs_no_gradient_may_be_left_out(which: int) -> None:
    inputs = [P.clone(), Q.clone()]
    inputs[which].requires_grad_()
    (got,) = torch.autograd.grad(differentiable(Cubic(), *inputs).sum(), inputs[which])
    (wanted,) = torch.autograd.grad(cardano(*inputs).sum(), inputs[which])
    equal(got, wanted)


def test_no_graph_under_no_grad() -> None:
    solver = Cubic()
    with torch.no_grad():
        assert not differentiable(solver, P.clone().requires_grad_(), Q).requires_grad
    assert solver.rows == 0


def test_jvp() -> None:
    tangents = (torch.full_like(P, 0.3), torch.linspace(-1, 1, 6, dtype=torch.float64).reshape(2, 3))
    value, got = torch.func.jvp(lambda p, q: differentiable(Cubic(), p, q), (P, Q), tangents)
    same, wanted = torch.func.jvp(cardano, (P, Q), tangents)
    equal(value, same)
    equal(got, wanted)


def test_jvp_along_one_parameter() -> None:
    got = torch.func.jvp(lambda q: differentiable(Cubic(), P, q), (Q,), (torch.ones_like(Q),))[1]
    equal(got, torch.func.jvp(lambda q: cardano(P, q), (Q,), (torch.ones_like(Q),))[1])


@pytest.mark.parametrize("in_dims", [(0, 0), (0, None), (None, 0), (1, 0), (-1, 1)])
def test_vmap_over_any_axis(in_dims: tuple[int | None, int | None]) -> None:
    many = torch.stack([P, 1.1 * P, 0.6 * P]), torch.stack([Q, 0.5 * Q, -2.0 * Q])
    one = (P, Q)
    arguments = tuple(o if d is None else m.movedim(0, d) for m, o, d in zip(many, one, in_dims, strict=True))
    got = torch.func.vmap(lambda p, q: differentiable(Cubic(), p, q), in_dims=in_dims)(*arguments)
    rows = [
        cardano(*(o if d is None else m[i] for m, o, d in zip(many, one, in_dims, strict=True)))
        for i in range(3)
    ]
    equal(got, torch.stack(rows))


def test_vmap_twice_is_one_solve() -> None:
    solver = Cubic()
    p, q = P.expand(4, 2, 3), Q.expand(4, 2, 3)
    got = torch.func.vmap(torch.func.vmap(lambda p, q: differentiable(solver, p, q)))(p, q)
    equal(got, cardano(p, q))
    assert solver.solves == 1


@pytest.mark.parametrize("transform", [torch.func.jacrev, torch.func.jacfwd])
@pytest.mark.parametrize("which", [0, 1])
def test_a_jacobian_is_exact_and_costs_one_solve(transform, which: int) -> None:
    solver = Cubic()
    got = transform(lambda p, q: differentiable(solver, p, q), argnums=which)(P, Q)
    wanted = torch.func.jacrev(cardano, argnums=which)(P, Q)
    assert got.shape == (2, 6, 2, 3)
    equal(got, wanted)
    assert (solver.solves, solver.rows) == (1, 1)


@pytest.mark.parametrize("transform", [torch.func.jacrev, torch.func.jacfwd])
def test_jacobians_of_a_batch_by_vmap_cost_one_solve(transform) -> None:
    solver = Cubic()
    both = torch.stack([P, Q], -2)
    got = torch.func.vmap(transform(lambda x: differentiable(solver, *x.unbind(-2))))(both)
    wanted = torch.stack([torch.func.jacrev(lambda x: cardano(*x.unbind(-2)))(x) for x in both])
    equal(got, wanted)
    assert (solver.solves, solver.rows) == (1, 1)


def test_a_chain_before_and_after() -> None:
    def through(t: Tensor) -> Tensor:
        return differentiable(Cubic(), torch.exp(t), Q * t).square().sum()

    def closed(t: Tensor) -> Tensor:
        return cardano(torch.exp(t), Q * t).square().sum()

    equal(torch.func.grad(through)(0.1 * P), torch.func.grad(closed)(0.1 * P))


def test_missing_values_pass_no_gradient() -> None:
    solver = Cubic()
    p = P.clone()
    p[0, 1] = -1.0
    q = Q.clone()
    p, q = p.requires_grad_(), q.requires_grad_()
    found = differentiable(solver, p, q)
    missing = torch.isnan(found)
    assert missing.nonzero().tolist() == [[0, 1], [0, 4]]
    by_p, by_q = torch.autograd.grad(found[~missing].sum(), (p, q))
    assert by_p[0, 1] == 0
    assert by_q[0, 1] == 0
    wanted_p, wanted_q = torch.func.grad(lambda p, q: cardano(p, q).sum(), argnums=(0, 1))(P, Q)
    rest = torch.ones_like(P, dtype=torch.bool)
    rest[0, 1] = False
    equal(by_p[rest], wanted_p[rest])
    equal(by_q[rest], wanted_q[rest])
    tangent = torch.func.jvp(
        lambda p: differentiable(solver, p, q.detach()), (p.detach(),), (torch.ones_like(p),)
    )[1]
    assert tangent.isfinite().all()


def test_dot_and_taylor() -> None:
    both = torch.stack([P, Q], -2)[0]
    for result in (checks.dot_test(of_both, both), checks.taylor_test(of_both, both)):
        assert result.passed, result.message


def test_the_dtype_of_the_solver_is_kept() -> None:
    p = P.float().requires_grad_()
    found = differentiable(Cubic(), p, Q.float())
    assert found.dtype == torch.float32
    (gradient,) = torch.autograd.grad(found.sum(), p)
    assert gradient.dtype == torch.float32
