"""The derivative of an implicitly defined root, written once.

A solver that searches for x with F(x, p) = 0 must not be differentiated through its search. At the root, whatever
found it,

    dx/dp = -(∂F/∂p)/(∂F/∂x)        (implicit function theorem),

and what follows from the root, v = v(x, p), changes by ∂v/∂p + (∂v/∂x) dx/dp. :func:`root_derivative` is that
formula; every solver calls it (compiled loops included). :func:`differentiable` turns a solver that returns
values with their derivative rows into a differentiable torch function: ``backward``, ``jvp``, ``vmap``, ``jacrev``
and ``jacfwd`` then work, and cost one solve.
"""

from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch._C._functorch import is_functorch_wrapped_tensor

#: A tenant: takes the parameters, each [batch, n_i], and whether rows are wanted; returns values [batch, m] and
#: rows, one [batch, m, n_i] per parameter (an empty tuple where none are wanted).
RowSolver = Callable[[tuple[Tensor, ...], bool], tuple[Tensor, tuple[Tensor, ...]]]


def root_derivative(residual_by_parameter, residual_by_root):
    """dx/dp of the root x of F(x, p) = 0, from ∂F/∂p and ∂F/∂x.

    Pure arithmetic and without types, so that compiled code can use it too.
    """
    return -residual_by_parameter / residual_by_root


def differentiable(solver: RowSolver, *parameters: Tensor) -> Tensor:
    """Values of ``solver`` at ``parameters``, differentiable with respect to each of them.

    Args:
        solver: called with detached parameters ``[batch, n_i]``; see :data:`RowSolver`. It must treat batch
            entries independently.
        parameters: tensors ``[*batch, n_i]`` with the same leading dimensions.

    Returns:
        values ``[*batch, m]``. Rows of a value that does not exist (NaN) should be zero: it then passes no gradient on.
    """
    rows_wanted = torch.is_grad_enabled() and any(p.requires_grad for p in parameters)
    rows_wanted = rows_wanted or any(_is_transformed(p) for p in parameters)
    # not torch's own, which imports a symbolic algebra: half a second of every first answer
    batch = np.broadcast_shapes(*(p.shape[:-1] for p in parameters))
    flat = tuple(p.expand(*batch, p.shape[-1]).reshape(-1, p.shape[-1]) for p in parameters)
    values = _ValueWithRows.apply(solver, rows_wanted, *flat)[0]
    return values.reshape(*batch, values.shape[-1])


def _is_transformed(tensor: Tensor) -> bool:
    """Whether a torch.func transform (vmap, jvp, grad) or forward-mode differentiation is watching ``tensor``."""
    if is_functorch_wrapped_tensor(tensor):
        return True
    return torch.autograd.forward_ad.unpack_dual(tensor).tangent is not None


class _ValueWithRows(torch.autograd.Function):
    """Values of a solver; the rows travel beside them as outputs that are not differentiated further."""

    @staticmethod
    def forward(solver: RowSolver, rows_wanted: bool, *parameters: Tensor) -> tuple[Tensor, ...]:
        values, rows = solver(tuple(p.detach() for p in parameters), rows_wanted)
        return (values, *rows)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple, output: tuple[Tensor, ...]) -> None:
        ctx.mark_non_differentiable(*output[1:])
        ctx.save_for_backward(*output[1:])
        ctx.save_for_forward(*output[1:])
        ctx.set_materialize_grads(False)

    @staticmethod
    def backward(ctx: Any, *cotangents: Tensor | None) -> tuple[Tensor | None, ...]:
        seed = cotangents[0]
        if seed is None:
            return (None, None, *(None for _ in ctx.saved_tensors))
        return (None, None, *(_SeedTimesRows.apply(seed, row) for row in ctx.saved_tensors))

    @staticmethod
    def jvp(  # pyright: ignore[reportIncompatibleMethodOverride]
        ctx: Any, _solver: None, _wanted: None, *tangents: Tensor | None
    ) -> tuple[Tensor | None, ...]:
        rows = ctx.saved_tensors
        pairs = [
            (row @ t.unsqueeze(-1)).squeeze(-1)
            for row, t in zip(rows, tangents, strict=True)
            if t is not None
        ]
        return (reduce(torch.add, pairs) if pairs else None, *(None for _ in rows))

    @staticmethod
    def vmap(  # pyright: ignore[reportIncompatibleMethodOverride]
        info: Any, in_dims: tuple, solver: RowSolver, rows_wanted: bool, *parameters: Tensor
    ) -> tuple:
        size = info.batch_size
        moved = []
        for p, dim in zip(parameters, in_dims[2:], strict=True):
            front = p.movedim(dim, 0) if dim is not None else p.unsqueeze(0).expand(size, *p.shape)
            moved.append(front.reshape(-1, p.shape[-1] if dim is None else front.shape[-1]))
        outputs = _ValueWithRows.apply(solver, rows_wanted, *moved)
        outputs = tuple(o.reshape(size, -1, *o.shape[1:]) for o in outputs)
        return outputs, tuple(0 for _ in outputs)


class _SeedTimesRows(torch.autograd.Function):
    """A cotangent [batch, m] times rows [batch, m, n].

    Under vmap over cotangents alone the rows are shared, not copied. A Jacobian is such a vmap with one cotangent per
    output: copying would make it slower than the solve.
    """

    @staticmethod
    def forward(seed: Tensor, rows: Tensor) -> Tensor:
        return (seed.unsqueeze(-2) @ rows).squeeze(-2)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor], output: Tensor) -> None:
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride]
        ctx: Any, cotangent: Tensor
    ) -> tuple[Tensor, Tensor]:
        seed, rows = ctx.saved_tensors
        by_seed = (rows @ cotangent.unsqueeze(-1)).squeeze(-1)
        return by_seed, seed.unsqueeze(-1) * cotangent.unsqueeze(-2)

    @staticmethod
    def vmap(  # pyright: ignore[reportIncompatibleMethodOverride]
        info: Any, in_dims: tuple[int | None, int | None], seed: Tensor, rows: Tensor
    ) -> tuple[Tensor, int]:
        if in_dims[1] is None and in_dims[0] is not None:
            return (seed.movedim(in_dims[0], -2) @ rows).movedim(-2, 0), 0
        size = info.batch_size
        seed = seed.expand(size, *seed.shape) if in_dims[0] is None else seed.movedim(in_dims[0], 0)
        rows = rows.expand(size, *rows.shape) if in_dims[1] is None else rows.movedim(in_dims[1], 0)
        out = _SeedTimesRows.apply(seed.flatten(0, 1), rows.flatten(0, 1))
        return out.reshape(size, -1, out.shape[-1]), 0
