"""Laws that a right operator obeys and a wrong one breaks: dot test, Taylor test, reciprocity, convergence order.

Every check returns a small result with ``passed`` and a ``message`` in words, so that tests assert on it and people
read it. A check that saw nothing (a zero derivative, no finite output) does not pass: silence is no evidence.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.errors import InputError
from seisgrad.operator import Map, jvp, vjp

Place = TypeVar("Place")

_LINEAR_MARGIN = (
    1e3  # a remainder at round-off shows a linear map only if the change itself stands this far above it
)
_REFINEMENT = 4.0  # ratio of one Taylor step to the next


@dataclass(frozen=True)
class DotTest:
    """Outcome of :func:`dot_test`: ``forward`` is <J dx, dy>, ``adjoint`` is <dx, J^T dy>, ``error`` is relative."""

    passed: bool
    message: str
    forward: float
    adjoint: float
    error: float


@dataclass(frozen=True)
class TaylorTest:
    """Outcome of :func:`taylor_test`.

    ``order`` is the slope of the remainder between the two finest usable steps: about 2 where the derivative is right,
    1 where it is wrong, infinite where the map is linear to round-off. ``remainders`` belong to ``steps``, ``orders``
    to consecutive pairs of those above round-off.
    """

    passed: bool
    message: str
    order: float
    steps: tuple[float, ...]
    remainders: tuple[float, ...]
    orders: tuple[float, ...]


@dataclass(frozen=True)
class Reciprocity:
    """Outcome of :func:`reciprocity`: ``error`` is the largest difference relative to the largest response."""

    passed: bool
    message: str
    error: float


@dataclass(frozen=True)
class ConvergenceOrder:
    """Outcome of :func:`convergence_order`: the fitted ``order`` and those between consecutive steps."""

    passed: bool
    message: str
    order: float
    orders: tuple[float, ...]


def dot_test(op: Map, x: Float[Tensor, "..."], seed: int = 0, *, tolerance: float | None = None) -> DotTest:
    """Do forward and reverse mode belong to one and the same matrix: <J dx, dy> = <dx, J^T dy>?

    It says that the two derivatives agree, not that they are right; :func:`taylor_test` says the latter.

    Args:
        op: an operator or any differentiable callable.
        x: where, ``[*batch, *domain.shape]``.
        seed: of the random directions dx and dy.
        tolerance: on the difference relative to |J dx| |dy|; the machine epsilon to the power 2/3 by default
            (4e-11 in float64).

    Returns:
        A :class:`DotTest`. A derivative that vanishes along dx does not pass.
    """
    generator = torch.Generator().manual_seed(seed)
    dx = _normal(x, generator)
    jdx = jvp(op, x, dx)
    dy = _normal(jdx, generator)
    missing = jdx.isnan()
    adjoint = float((dx * vjp(op, x, dy)).sum())
    jdx, dy = jdx.masked_fill(missing, 0.0), dy.masked_fill(missing, 0.0)
    forward = float((jdx * dy).sum())
    scale = float(jdx.norm() * dy.norm())
    limit = tolerance if tolerance is not None else torch.finfo(x.dtype).eps ** (2 / 3)
    error = abs(forward - adjoint) / scale if scale > 0 else math.nan
    passed = error <= limit
    verdict = (
        "agree"
        if passed
        else "differ"
        if scale > 0
        else "are zero along the direction tried, which shows nothing"
    )
    message = (
        f"dot test: <J dx, dy> = {forward:.12g} and <dx, J^T dy> = {adjoint:.12g} {verdict} "
        f"(relative {error:.1e}, tolerance {limit:.1e}; {int(missing.sum())} missing outputs left out)"
    )
    return DotTest(passed, message, forward, adjoint, error)


def taylor_test(
    op: Map,
    x: Float[Tensor, "..."],
    seed: int = 0,
    *,
    direction: Float[Tensor, "..."] | None = None,
    step: float = 1e-2,
    levels: int = 7,
    accuracy: float | None = None,
) -> TaylorTest:
    """Is the derivative right: does |F(x + h dx) - F(x) - h J dx| fall as h squared?

    Steps are ``step``, ``step``/4, ``step``/16 …; those whose remainder has sunk into the round-off of F are left out.
    With a derivative that is wrong by a fraction e the order drops to 1 below h of about e, so the default steps,
    down to 2e-6, find relative errors of a few 1e-6.

    Args:
        op: an operator or any differentiable callable.
        x: where, ``[*batch, *domain.shape]``.
        seed: of the random direction.
        direction: dx, shaped like ``x``; by default random with the root-mean-square size of ``x`` (or 1 if x is 0).
        step: the largest h.
        levels: how many steps, at least 2.
        accuracy: relative accuracy of the values of ``op``; 1e4 machine epsilons by default (2e-12 in float64).
            Give it for operators that iterate to a tolerance.

    Returns:
        A :class:`TaylorTest`; it passes with an order of at least 1.8, or if the map is linear to round-off.

    Raises:
        InputError: fewer than two levels.
    """
    if levels < 2:
        raise InputError(
            f"the Taylor test received levels={levels}, expected at least 2 steps to see an order"
        )
    dx = direction if direction is not None else _typical_direction(x, seed)
    value, slope = op(x), jvp(op, x, dx)
    steps = [step * _REFINEMENT**-k for k in range(levels)]
    changes = torch.stack([op(x + h * dx) - value for h in steps])
    tangents = torch.stack([h * slope for h in steps])
    finite = (changes.isfinite() & tangents.isfinite()).all(0)
    change = [float(c[finite].norm()) for c in changes]
    remainder = [float(r[finite].norm()) for r in changes - tangents]
    relative = accuracy if accuracy is not None else 1e4 * torch.finfo(x.dtype).eps
    floor = relative * float(value[finite].norm())
    usable = next((k for k, r in enumerate(remainder) if r <= floor), levels)
    orders = tuple(
        math.log(remainder[k] / remainder[k + 1]) / math.log(_REFINEMENT) for k in range(usable - 1)
    )
    found = f"{int(finite.sum())} of {finite.numel()} outputs finite"
    if usable >= 2:
        order, passed = orders[-1], orders[-1] >= 1.8
        message = f"Taylor test: the remainder falls with order {order:.2f}, expected 2 ({found})"
    elif change[usable] > _LINEAR_MARGIN * floor:
        order, passed = math.inf, True
        message = f"Taylor test: the remainder sinks at once into round-off, the map is linear here ({found})"
    else:
        order, passed = math.nan, False
        message = (
            f"Taylor test: the change at h = {steps[usable]:.1e} is {change[usable]:.1e}, too close to the round-off "
            f"{floor:.1e} to show anything ({found}); try a larger step"
        )
    return TaylorTest(passed, message, order, tuple(steps), tuple(remainder), orders)


def reciprocity(
    response: Callable[[Place, Place], Float[Tensor, "..."]],
    a: Place,
    b: Place,
    *,
    components: tuple[int, int] | None = None,
    tolerance: float = 1e-10,
) -> Reciprocity:
    """Does exchanging source and receiver leave the response as it was: G_ij(a, b) = G_ji(b, a)?

    Args:
        response: ``response(source, receiver)``, any shape. The same amplitude goes in at either place.
        a: one place (a grid index, a tensor of coordinates, a station: whatever ``response`` takes).
        b: another.
        components: for vector fields, the two axes of the response that carry the source's and the receiver's
            component; they are exchanged together with the places. None for scalar fields.
        tolerance: on the largest difference relative to the largest response.

    Returns:
        A :class:`Reciprocity`; a response that is zero or not finite does not pass.

    Raises:
        InputError: responses of different shapes, the component axes exchanged.
    """
    there, back = response(a, b), response(b, a)
    if components is not None:
        back = back.transpose(*components)
    if there.shape != back.shape:
        raise InputError(
            f"the response from a to b has shape {tuple(there.shape)}, from b to a {tuple(back.shape)}: expected "
            "equal shapes after exchanging the component axes"
        )
    scale = float(torch.maximum(there.abs(), back.abs()).max())
    error = float((there - back).abs().max()) / scale if scale > 0 else math.nan
    passed = error <= tolerance
    reason = "" if scale > 0 else "; both responses are zero, which shows nothing"
    message = f"reciprocity: exchanging source and receiver changes the response by {error:.1e}"
    return Reciprocity(passed, f"{message} of its largest value (tolerance {tolerance:.1e}){reason}", error)


def convergence_order(
    errors: Sequence[float] | Tensor,
    steps: Sequence[float] | Tensor,
    *,
    at_least: float = 1.0,
    slack: float = 0.1,
) -> ConvergenceOrder:
    """The order p with which an error shrinks as step^p: the least-squares slope of log error over log step.

    Args:
        errors: positive errors, ``[step]``.
        steps: positive, distinct step sizes (grid spacing, time step, tolerance), ``[step]``.
        at_least: the order that the method promises.
        slack: how much less than promised still passes, as a fraction of ``at_least``.

    Raises:
        InputError: fewer than two pairs, different lengths, values that are not positive, or repeated steps.
    """
    error = torch.as_tensor(errors, dtype=torch.float64)
    size = torch.as_tensor(steps, dtype=torch.float64)
    if error.ndim != 1 or error.shape != size.shape or len(error) < 2:
        raise InputError(
            f"convergence_order received errors of shape {tuple(error.shape)} and steps of shape {tuple(size.shape)}, "
            "expected two equal lists of at least two values"
        )
    for name, values in (("error", error), ("step", size)):
        bad = ~(values.isfinite() & (values > 0))
        if bad.any():
            k = int(bad.nonzero()[0, 0])
            raise InputError(f"{name} {k + 1} is {float(values[k]):g}, expected a positive number")
    if len(size.unique()) < len(size):
        raise InputError(f"steps {size.tolist()} contain a repeated value, expected distinct steps")
    log_error, log_size = error.log(), size.log()
    centred = log_size - log_size.mean()
    order = float((centred * log_error).sum() / centred.square().sum())
    orders = tuple((log_error.diff() / log_size.diff()).tolist())
    passed = order >= at_least * (1 - slack)
    message = f"convergence: observed order {order:.2f}, promised {at_least:g}"
    return ConvergenceOrder(passed, message, order, orders)


def _normal(like: Tensor, generator: torch.Generator) -> Tensor:
    return torch.randn(like.shape, generator=generator, dtype=like.dtype).to(like.device)


def _typical_direction(x: Tensor, seed: int) -> Tensor:
    size = float(x.detach().square().mean().sqrt())
    return _normal(x, torch.Generator().manual_seed(seed)) * (size if size > 0 else 1.0)
