"""Differentiable maps between named, unit-bearing spaces, and their derivatives.

An :class:`Operator` carries an earth to its data, a velocity profile to a layered model, an image to an image; whoever
audits or inverts it needs to know nothing else. A new operator declares two spaces and writes one method, ``apply``.
Its derivatives (:func:`jacobian`, :func:`jvp`, :func:`vjp`) are plain functions that take any differentiable callable.
"""

import abc
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.errors import InputError

Map = Callable[[Tensor], Tensor]
"""An :class:`Operator`, a ``torch.nn.Module`` or any other differentiable function of one tensor."""


@dataclass(frozen=True)
class Space:
    """A named space of arrays with named axes and stated units.

    Args:
        name: what the arrays are, for people: ``"layered earth"``, ``"velocity"``.
        axes: the name of each axis, in order: ``("parameter", "depth")``.
        shape: the length of each axis.
        unit: one unit for all values, or a tuple with one unit per entry of the first axis.
        coords: values or labels along some of the axes, by axis name: ``{"depth": (0.0, 0.5), "parameter": ("vs",)}``;
            any sequence goes in and a tuple is kept.

    Raises:
        InputError: axes, shape, unit and coordinates that do not fit each other.
    """

    name: str
    axes: tuple[str, ...]
    shape: tuple[int, ...]
    unit: str | tuple[str, ...]
    coords: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "axes", tuple(self.axes))
        object.__setattr__(self, "shape", tuple(int(n) for n in self.shape))
        object.__setattr__(self, "coords", {axis: _as_tuple(values) for axis, values in self.coords.items()})
        if len(self.axes) != len(self.shape):
            raise InputError(
                f"space {self.name!r} has axes {self.axes} but shape {self.shape}: one length per axis"
            )
        if not isinstance(self.unit, str):
            object.__setattr__(self, "unit", tuple(self.unit))
            if self.shape[:1] != (len(self.unit),):
                raise InputError(
                    f"space {self.name!r} has {len(self.unit)} units {self.unit} for shape {self.shape}: "
                    "give one unit, or one per entry of the first axis"
                )
        for axis, values in self.coords.items():
            if axis not in self.axes:
                raise InputError(
                    f"space {self.name!r} has coordinates for {axis!r}, expected one of {self.axes}"
                )
            if len(values) != self.length(axis):
                raise InputError(
                    f"space {self.name!r} has {len(values)} coordinates along {axis!r}, expected {self.length(axis)}"
                )

    def __str__(self) -> str:
        axes = ", ".join(f"{axis}={length}" for axis, length in zip(self.axes, self.shape, strict=True))
        unit = self.unit if isinstance(self.unit, str) else ", ".join(self.unit)
        return f"{self.name} [{axes}] in {unit}"

    @property
    def size(self) -> int:
        """The number of values in one array of this space."""
        return prod(self.shape)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    def length(self, axis: str) -> int:
        """The length of a named axis."""
        return self.shape[self.axes.index(axis)]

    def mismatch(self, other: "Space") -> str | None:
        """Why an array of this space is none of ``other``, or None where it is one.

        Names of spaces are for people and may differ; axes, lengths and units may not, nor coordinates that both
        spaces state.
        """
        for what in ("axes", "shape", "unit"):
            if getattr(self, what) != getattr(other, what):
                return f"{what} {getattr(self, what)} against {getattr(other, what)}"
        for axis in self.coords.keys() & other.coords.keys():
            if self.coords[axis] != other.coords[axis]:
                return f"different coordinates along {axis!r}"
        return None


class Operator(abc.ABC):
    """A differentiable map from arrays of one space to arrays of another. Leading dimensions are batch.

    A subclass sets ``domain`` and ``codomain`` and writes :meth:`apply`; it is final, and is varied by composing
    (``physics @ tie``), not by overriding. A network is held by an operator, not turned into one: ``torch.nn.Module``
    uses the name ``apply`` for something else.

    The contract, checked by the inherited test suite ``tests/operator_suite.py``:

    - batch entries do not see each other;
    - the output has the dtype and device of ``x``, whatever the operator works in inside;
    - ``apply`` can be differentiated by ``torch.func`` in reverse and forward mode and runs under ``torch.vmap``;
    - an output that does not exist is NaN **and its gradient is silent**: what flows back into it reaches no input.
      A backward that multiplies a zero gradient by a NaN derivative breaks this (0 x NaN is NaN, and the sum over
      outputs then spoils the derivatives of all the others): store zeros for the derivatives of a missing output.
      :func:`jacobian` and :func:`jvp` put NaN back into exactly its rows.
    """

    domain: Space
    codomain: Space

    @abc.abstractmethod
    def apply(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """Map ``[*batch, *domain.shape]`` to ``[*batch, *codomain.shape]``; the shape of ``x`` has been checked."""

    def __call__(self, x: Tensor) -> Float[Tensor, "..."]:
        """The image of ``x``, ``[*batch, *domain.shape]`` to ``[*batch, *codomain.shape]``.

        Raises:
            InputError: trailing dimensions other than the domain's, or values that are not floating-point.
        """
        batch = self.batch_shape(x)
        y = self.apply(x)
        if y.shape != (*batch, *self.codomain.shape):
            raise InputError(
                f"{type(self).__name__} returned shape {tuple(y.shape)} for input shape {tuple(x.shape)}, "
                f"expected {(*batch, *self.codomain.shape)}: its apply does not fit its codomain {self.codomain}"
            )
        return y

    def batch_shape(self, x: Tensor) -> tuple[int, ...]:
        """The leading dimensions of ``x`` ``[*batch, *domain.shape]``; raises InputError where ``x`` does not fit."""
        if not isinstance(x, Tensor) or not x.is_floating_point():
            received = x.dtype if isinstance(x, Tensor) else type(x).__name__
            raise InputError(
                f"{type(self).__name__} received {received}, expected a floating-point torch tensor"
            )
        split = x.ndim - self.domain.ndim
        if split < 0 or x.shape[split:] != self.domain.shape:
            raise InputError(
                f"{type(self).__name__} received shape {tuple(x.shape)}, expected (..., "
                f"{', '.join(map(str, self.domain.shape))}): its domain is {self.domain}"
            )
        return tuple(x.shape[:split])

    def __matmul__(self, inner: "Operator") -> "Operator":
        """The composition ``self(inner(x))``; raises InputError where ``inner`` does not end where this one begins."""
        return Composition(self, inner)


class Composition(Operator):
    """``outer(inner(x))``, as an operator from the inner domain to the outer codomain.

    Raises:
        InputError: the inner codomain is not the outer domain.
    """

    def __init__(self, outer: Operator, inner: Operator) -> None:
        reason = inner.codomain.mismatch(outer.domain)
        if reason:
            raise InputError(
                f"{type(outer).__name__} expects {outer.domain}, but {type(inner).__name__} gives "
                f"{inner.codomain}: {reason}"
            )
        self.outer, self.inner = outer, inner
        self.domain, self.codomain = inner.domain, outer.codomain

    def apply(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """The outer operator applied to the image under the inner one."""
        return self.outer(self.inner(x))


class Function(Operator):
    """A plain differentiable function of one unbatched array, as an operator; batches go through ``torch.vmap``.

    Args:
        function: maps ``[*domain.shape]`` to ``[*codomain.shape]``; a ``torch.nn.Module`` will do.
        domain: the space of its argument.
        codomain: the space of its value.
    """

    def __init__(self, function: Map, domain: Space, codomain: Space) -> None:
        self.function, self.domain, self.codomain = function, domain, codomain

    def apply(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """The function, mapped over the leading dimensions."""
        mapped = self.function
        for _ in range(x.ndim - self.domain.ndim):
            mapped = torch.vmap(mapped)
        return mapped(x)


def linearise(
    op: Map, x: Float[Tensor, "..."], *, chunk_size: int | None = None
) -> tuple[Float[Tensor, "..."], Float[Tensor, "..."]]:
    """The value and the Jacobian of ``op`` at ``x`` from one forward evaluation.

    Reverse mode: one forward pass, then one vectorised backward pass with a unit cotangent per output, each for the
    whole batch at once. An operator whose backward reads saved rows therefore solves its equations once.

    Args:
        op: an operator (the leading dimensions of ``x`` are batch) or any differentiable callable (no batch).
        x: where to linearise, ``[*batch, *domain.shape]``.
        chunk_size: rows computed at a time, to bound memory; all by default.

    Returns:
        ``op(x)`` of shape ``[*batch, *codomain.shape]`` and the Jacobian ``[*batch, *codomain.shape, *domain.shape]``
        in units of the codomain per unit of the domain; rows of NaN outputs are NaN.

    Raises:
        InputError: ``x`` does not fit the domain.
    """
    lead = _batch_ndim(op, x)
    y, pullback = torch.func.vjp(op, x)[:2]
    batch, outputs = tuple(y.shape[:lead]), tuple(y.shape[lead:])
    size = prod(outputs)
    basis = torch.eye(size, dtype=y.dtype, device=y.device).reshape(size, *(1 for _ in batch), *outputs)
    (rows,) = torch.func.vmap(pullback, chunk_size=chunk_size)(basis.expand(size, *batch, *outputs))
    rows = rows.movedim(0, lead).reshape(*y.shape, *x.shape[lead:])
    missing = y.isnan().reshape(*y.shape, *(1 for _ in x.shape[lead:]))
    return y, rows.masked_fill(missing, torch.nan)


def jacobian(op: Map, x: Float[Tensor, "..."], *, chunk_size: int | None = None) -> Float[Tensor, "..."]:
    """The Jacobian alone of :func:`linearise`: ``[*batch, *codomain.shape, *domain.shape]``."""
    return linearise(op, x, chunk_size=chunk_size)[1]


def jvp(op: Map, x: Float[Tensor, "..."], dx: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """The derivative of ``op`` at ``x`` along ``dx``, by forward mode.

    Args:
        op: an operator (leading dimensions are batch) or any differentiable callable.
        x: where, ``[*batch, *domain.shape]``.
        dx: the direction, shaped like ``x``.

    Returns:
        ``[*batch, *codomain.shape]``; NaN where the output is NaN.

    Raises:
        InputError: ``x`` does not fit the domain, or ``dx`` is not shaped like ``x``.
    """
    _batch_ndim(op, x)
    _same_shape("the direction dx", dx, x.shape)
    y, dy = torch.func.jvp(op, (x,), (dx,))[:2]
    return dy.masked_fill(y.isnan(), torch.nan)


def vjp(op: Map, x: Float[Tensor, "..."], dy: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """The adjoint derivative of ``op`` at ``x`` applied to ``dy``, by reverse mode.

    Args:
        op: an operator (leading dimensions are batch) or any differentiable callable.
        x: where, ``[*batch, *domain.shape]``.
        dy: the cotangent, ``[*batch, *codomain.shape]``; its entries at NaN outputs, even NaN ones, are ignored.

    Returns:
        ``[*batch, *domain.shape]``.

    Raises:
        InputError: ``x`` does not fit the domain, or ``dy`` is not shaped like ``op(x)``.
    """
    _batch_ndim(op, x)
    y, pullback = torch.func.vjp(op, x)[:2]
    _same_shape("the cotangent dy", dy, y.shape)
    return pullback(dy.masked_fill(y.isnan(), 0.0))[0]


def _batch_ndim(op: Map, x: Tensor) -> int:
    return len(op.batch_shape(x)) if isinstance(op, Operator) else 0


def _same_shape(name: str, value: Tensor, shape: torch.Size) -> None:
    if value.shape != shape:
        raise InputError(f"{name} has shape {tuple(value.shape)}, expected {tuple(shape)}")


def _as_tuple(values: object) -> tuple:
    listed = values.tolist() if hasattr(values, "tolist") else values  # type: ignore[union-attr]
    return tuple(listed)  # type: ignore[arg-type]
