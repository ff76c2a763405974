"""The laws that every operator obeys, as a test class to inherit.

A new operator supplies two small methods and gets all the tests::

    class TestPhysics(OperatorSuite):
        def operator(self) -> Operator:
            return Physics(survey, depth)

        def point(self, generator: torch.Generator) -> Tensor:
            return a_random_model(generator)  # one input, shaped like the domain

Where some outputs may not exist (NaN), override ``point_with_missing`` too. Attributes of the class set the tolerances.
"""

import abc

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from seisgrad import checks
from seisgrad.errors import InputError
from seisgrad.operator import Operator, Space, jacobian, jvp, linearise, vjp


class OperatorSuite(abc.ABC):
    """Inherit under a name that starts with ``Test``."""

    seed = 2
    dtype = torch.float64
    tolerance = 1e-10
    """Relative, between two ways to compute the same value or derivative, against the largest entry."""
    accuracy: float | None = None
    """Relative accuracy of the values, for the Taylor test; see :func:`seisgrad.checks.taylor_test`."""
    step = 1e-2
    """The largest step of the Taylor test, relative to the size of the point."""

    @abc.abstractmethod
    def operator(self) -> Operator:
        """The operator under test, small."""

    @abc.abstractmethod
    def point(self, generator: torch.Generator) -> Tensor:
        """One random input shaped like the domain, at which the operator is smooth."""

    def point_with_missing(self, generator: torch.Generator) -> Tensor | None:
        """An input for which some, not all, outputs are NaN; None where all outputs of the operator always exist."""
        return None

    @pytest.fixture
    def op(self) -> Operator:
        """The operator."""
        return self.operator()

    @pytest.fixture
    def points(self) -> Tensor:
        """A batch of inputs, [2, 2, *domain]."""
        generator = torch.Generator().manual_seed(self.seed)
        four = torch.stack([self.point(generator).to(self.dtype) for _ in range(4)])
        return four.reshape(2, 2, *four.shape[1:])

    @pytest.fixture
    def x(self, points: Tensor) -> Tensor:
        """One input."""
        return points[0, 0]

    def close(self, actual: Tensor, expected: Tensor) -> None:
        """Equal up to ``tolerance`` of the largest entry; NaN only meets NaN."""
        scale = float(expected[expected.isfinite()].abs().max()) if expected.isfinite().any() else 0.0
        assert_close(actual, expected, rtol=0.0, atol=self.tolerance * scale, equal_nan=True)

    def test_spaces_are_named_and_have_units(self, op: Operator) -> None:
        for space in (op.domain, op.codomain):
            assert isinstance(space, Space)
            assert space.name
            assert all(space.axes)
            units = [space.unit] if isinstance(space.unit, str) else space.unit
            assert all(units), f"{space.name} has an empty unit; dimensionless is '1'"

    def test_maps_domain_to_codomain(self, op: Operator, x: Tensor) -> None:
        assert x.shape == op.domain.shape
        y = op(x)
        assert y.shape == op.codomain.shape
        assert y.isfinite().any()

    def test_keeps_dtype_and_input(self, op: Operator, x: Tensor) -> None:
        before = x.clone()
        assert op(x).dtype == self.dtype
        assert torch.equal(x, before), "the operator wrote into its input"

    def test_batch_equals_loop(self, op: Operator, points: Tensor) -> None:
        flat = points.flatten(0, 1)
        self.close(op(points).flatten(0, 1), torch.stack([op(x) for x in flat]))
        self.close(jacobian(op, points).flatten(0, 1), torch.stack([jacobian(op, x) for x in flat]))

    def test_wrong_shape_is_named(self, op: Operator, x: Tensor) -> None:
        wrong = torch.cat([x, x[..., :1]], -1)
        with pytest.raises(InputError) as caught:
            op(wrong)
        assert str(tuple(wrong.shape)) in str(caught.value)
        assert all(str(n) in str(caught.value).split("expected")[1] for n in op.domain.shape)

    def test_dot(self, op: Operator, points: Tensor) -> None:
        result = checks.dot_test(op, points, self.seed, tolerance=self.tolerance)
        assert result.passed, result.message

    def test_taylor(self, op: Operator, points: Tensor) -> None:
        result = checks.taylor_test(op, points, self.seed, step=self.step, accuracy=self.accuracy)
        assert result.passed, result.message

    def test_jacobian_holds_the_products(self, op: Operator, points: Tensor) -> None:
        generator = torch.Generator().manual_seed(self.seed)
        y, matrix = linearise(op, points)
        self.close(y, op(points))
        flat = matrix.reshape(*points.shape[:2], op.codomain.size, op.domain.size).nan_to_num(0.0)
        dx = torch.randn(points.shape, generator=generator, dtype=points.dtype)
        dy = torch.randn(y.shape, generator=generator, dtype=y.dtype)
        along = (flat @ dx.reshape(*points.shape[:2], -1, 1)).reshape(y.shape)
        self.close(jvp(op, points, dx), along.masked_fill(y.isnan(), torch.nan))
        back = (flat.mT @ dy.masked_fill(y.isnan(), 0.0).reshape(*points.shape[:2], -1, 1)).reshape(
            points.shape
        )
        self.close(vjp(op, points, dy), back)

    def test_backward(self, op: Operator, points: Tensor) -> None:
        x = points.clone().requires_grad_()
        y = op(x)
        there = ~y.isnan()
        (gradient,) = torch.autograd.grad(y[there].sum(), x)
        self.close(gradient, vjp(op, points, there.to(y.dtype)))

    def test_vmap(self, op: Operator, points: Tensor) -> None:
        self.close(torch.func.vmap(torch.func.vmap(op))(points), op(points))
        self.close(torch.func.vmap(op, in_dims=1, out_dims=1)(points), op(points))

    @pytest.mark.parametrize("transform", [torch.func.jacrev, torch.func.jacfwd])
    def test_jacrev_and_jacfwd(self, op: Operator, x: Tensor, transform) -> None:
        y, matrix = linearise(op, x)
        there = ~y.isnan()
        self.close(transform(op)(x)[there], matrix[there])

    def test_missing_outputs_are_silent(self, op: Operator) -> None:
        x = self.point_with_missing(torch.Generator().manual_seed(self.seed))
        if x is None:
            pytest.skip("all outputs of this operator always exist")
        y, matrix = linearise(op, x.to(self.dtype))
        there = ~y.isnan()
        assert there.any()
        assert not there.all()
        assert matrix[there].isfinite().all(), "a missing output spoils the derivatives of the others"
        assert matrix[~there].isnan().all()
        x = x.to(self.dtype).clone().requires_grad_()
        (gradient,) = torch.autograd.grad(op(x)[there].sum(), x)
        assert gradient.isfinite().all(), "a zero gradient into a missing output comes back as NaN"
