"""Two operators at the same models, a batch at a time: nothing of a batch outlives it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Self

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.audit.layout import Layout
from seisgrad.errors import InputError
from seisgrad.operator import Function, Map, Operator, linearise

BATCH = 10
"""Models linearised at a time by default."""


@dataclass(frozen=True, eq=False)
class Linearised:
    """An operator that has a faster way to its value and Jacobian than one backward pass per output.

    Attributes:
        operator: gives values.
        both: ``x [model, *domain.shape]`` to the value ``[model, *codomain.shape]`` and the Jacobian ``[model,
            *codomain.shape, *domain.shape]``, as :func:`seisgrad.operator.linearise` does.
    """

    operator: Operator
    both: Callable[[Tensor], tuple[Tensor, Tensor]]


@dataclass(frozen=True, eq=False)
class Pair:
    """A batch of models and what both operators make of it; NaN where an operator has no value.

    Attributes:
        models: the models.
        reference_value: exact values.
        learned_value: the learned operator's.
        reference: exact kernels, the rows of the Jacobian.
        learned: the learned operator's.
    """

    models: Float[Tensor, "model parameter position"]
    reference_value: Float[Tensor, "model branch output"]
    learned_value: Float[Tensor, "model branch output"]
    reference: Float[Tensor, "model branch output parameter position"]
    learned: Float[Tensor, "model branch output parameter position"]

    def take(self, which: Tensor | slice) -> Self:
        """The models ``which``: indices or a mask ``[model]``, or a slice."""
        parts = (self.models, self.reference_value, self.learned_value, self.reference, self.learned)
        return type(self)(*(part[which] for part in parts))


def side(op: Map | Linearised, like: Operator | None = None, *, rows: int | None = None) -> Linearised:
    """Any of the ways to give an operator, in the one form that the audit works with.

    Args:
        op: an operator, one with a faster way to its Jacobian, a ``torch.nn.Module`` or any differentiable function
            of one array without batch.
        like: the operator whose spaces a plain function gets, and that an operator must share.
        rows: rows of a Jacobian computed at a time, to bound memory; all by default.

    Raises:
        InputError: a plain function with nothing to take its spaces from, or spaces that are not those of ``like``.
    """
    if isinstance(op, Linearised):
        _require_spaces(op.operator, like)
        return op
    if not isinstance(op, Operator):
        if like is None:
            raise InputError(
                f"the reference is a {type(op).__name__}, expected an Operator: only its spaces say what is compared"
            )
        op = Function(_in_own_dtype(op), like.domain, like.codomain)
    _require_spaces(op, like)
    return Linearised(op, lambda x: linearise(op, x, chunk_size=rows))


def pairs(
    reference: Map | Linearised,
    learned: Map | Linearised,
    models: Float[Tensor, "..."] | Iterable[Tensor],
    layout: Layout,
    *,
    batch: int = BATCH,
    rows: int | None = None,
) -> Iterator[Pair]:
    """Both operators linearised at every model, batch by batch.

    Args:
        reference: the exact operator.
        learned: the other one, or a plain function that gets its spaces.
        models: ``[model, *domain.shape]``, or an iterable of such tensors where they do not fit in memory.
        layout: the axes.
        batch: models at a time.
        rows: rows of a Jacobian computed at a time.

    Raises:
        InputError: spaces that differ, models that do not fit them.
    """
    exact = side(reference, rows=rows)
    other = side(learned, exact.operator, rows=rows)
    for part in [models] if isinstance(models, Tensor) else models:
        if part.ndim != exact.operator.domain.ndim + 1:
            raise InputError(
                f"the models have shape {tuple(part.shape)}, expected [model, *{exact.operator.domain.shape}]"
            )
        for x in part.split(batch):
            yield linearise_pair(exact, other, x, layout)


def linearise_pair(exact: Linearised, other: Linearised, x: Float[Tensor, "..."], layout: Layout) -> Pair:
    """Both operators at one batch ``[model, *domain.shape]``."""
    exact.operator.batch_shape(x)
    with torch.no_grad():
        (reference_value, reference), (learned_value, learned) = exact.both(x), other.both(x)
    return Pair(
        layout.profiles(x),
        layout.values(reference_value),
        layout.values(learned_value),
        layout.kernels(reference),
        layout.kernels(learned),
    )


def _require_spaces(op: Operator, like: Operator | None) -> None:
    if like is None:
        return
    for name in ("domain", "codomain"):
        have, need = getattr(op, name), getattr(like, name)
        reason = have.mismatch(need)
        if reason:
            raise InputError(
                f"the learned operator has the {name} {have}, but the reference {need}: {reason}"
            )


def _in_own_dtype(function: Map) -> Map:
    """A network with its input in the dtype and on the device of its weights, and its output in those of the input."""
    weight = next(function.parameters(), None) if isinstance(function, torch.nn.Module) else None
    if weight is None:
        return function
    return lambda x: function(x.to(weight)).to(x)
