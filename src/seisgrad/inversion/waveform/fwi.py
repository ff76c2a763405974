"""Full-waveform inversion: a model that explains wavefields, by gradient steps in stages, with any operator."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.errors import InputError
from seisgrad.inversion.waveform.course import Leg, Problem
from seisgrad.inversion.waveform.misfits import Misfit
from seisgrad.inversion.waveform.regularisation import Penalty
from seisgrad.inversion.waveform.result import Progress, Result
from seisgrad.inversion.waveform.run import Run
from seisgrad.inversion.waveform.stages import Stage
from seisgrad.operator import Operator

_log = logging.getLogger(__name__)


def fwi(
    op: Operator,
    data: Float[Tensor, "..."],
    start: Float[Tensor, "..."],
    *,
    stages: Sequence[Stage],
    misfit: str | Misfit = "relative_l2",
    weight: Float[Tensor, "..."] | None = None,
    parameterisation: Operator | None = None,
    scale: float | Float[Tensor, "..."] = 1.0,
    bounds: tuple[object, object] | None = None,
    free: Float[Tensor, "..."] | None = None,
    regularisation: Penalty | None = None,
    then: tuple[Operator, Sequence[Stage]] | None = None,
    allowed: Callable[[Tensor], Tensor] | None = None,
    at_once: int = 8,
    frequencies_at_once: int | None = None,
    seed: int = 0,
    folder: Path | None = None,
    progress: Callable[[Progress], None] | None = None,
    foretell: Callable[[float], None] | None = None,
) -> Result:
    """Fit a model to observed wavefields.

    Data are taken apart along the axes ``"source"`` and ``"frequency"`` of the codomain by ``op.select(source=[...],
    frequency=[...])``, where the operator has it: for bands, for batches, and for groups of sources whose simulations
    share the memory. An operator without ``select`` is used whole.

    Args:
        op: the operator.
        data: ``[*codomain.shape]``, NaN where there are none.
        start: the model to begin with, ``[*domain.shape]`` of the parameterisation where one is given, else of ``op``;
            its dtype is that of the work.
        stages: one after the other, each from where the last one ended.
        misfit: of stages that name none: a name, or an object such as :class:`~seisgrad.inversion.waveform.Envelope`.
        weight: of the data, broadcasts to them: both sides are multiplied by it first.
        parameterisation: an operator in front: from the unknowns to the domain of ``op``, such as a tie of density to
            velocity. Everything below is then about the unknowns.
        scale: the size of one step of ``rate`` 1, broadcasts to the model: how unlike units are made comparable.
        bounds: ``(lower, upper)``, each broadcasting to the model; kept by projection.
        free: weights of the cells, broadcasts to the model: 0 holds a cell at its start. See :func:`held_around`.
        regularisation: a further term of the objective beside those of the stages, from the model to a scalar.
        then: a second operator with the same domain and codomain, and stages of its own that go on from the end of the
            first: start on a surrogate, finish on the physics.
        allowed: a map of models onto those that may be, beside the bounds, such as a range of vp/vs; it leaves those
            as they are and keeps the bounds.
        at_once: sources simulated together.
        frequencies_at_once: frequencies worked out together; by default all, as one simulation in time gives them.
        seed: of the batches.
        folder: for the state of the run, ``state.npz``. The same call takes up what an interrupted one left there, with
            the same result to the last bit, and returns the result at once where it had ended.
        progress: called after every step.
        foretell: called once before the first step with the seconds that the steps still to be taken may take at
            least, by a timed gradient of each operator for a part of the data; nothing is timed where it is None.

    Returns:
        The :class:`~seisgrad.inversion.waveform.Result`.

    Raises:
        InputError: arrays that do not fit, a stage that does not fit the data, or the state of another inversion in
            ``folder``.
        WorkError: a prediction that is not finite; the message says of which shot. The state stays as it was.
    """
    legs = [Leg(op, number + 1, 1, stage) for number, stage in enumerate(stages)]
    if then is not None:
        legs += [Leg(then[0], len(stages) + number + 1, 2, stage) for number, stage in enumerate(then[1])]
    if not legs or not stages:
        raise InputError("fwi received no stages, expected at least one, such as Stage(iterations=20)")
    _check_operators(op, then, parameterisation)
    space = op.domain if parameterisation is None else parameterisation.domain
    _check_shape("data", data, op.codomain.shape)
    _check_shape("start", start, space.shape)
    if not bool(start.isfinite().all()):
        raise InputError("start holds a value that is not finite; give a model without gaps")
    for name, number in (("at_once", at_once), ("frequencies_at_once", frequencies_at_once)):
        if number is not None and number < 1:
            raise InputError(f"{name} is {number}, expected at least 1")
    lower, upper = _bounds(bounds, start)
    if allowed is not None and not torch.equal(allowed(start), start):
        moved = int((allowed(start) != start).sum())
        raise InputError(f"{moved} of {start.numel()} values of the start are not allowed; move the start")
    problem = Problem(
        data=data,
        weight=None if weight is None else _spread("weight", weight, data),
        start=start.detach(),
        scale=_scale(scale, start),
        lower=lower,
        upper=upper,
        free=None if free is None else torch.as_tensor(free),
        space=space,
        tie=parameterisation,
        misfit=misfit,
        regularisation=regularisation,
        at_once={"source": at_once, "frequency": frequencies_at_once},
        seed=seed,
        allowed=allowed,
    )
    result = Run(problem, legs, progress, foretell).go(folder)
    _log.debug("fwi: %s", result.message())
    return result


def _check_operators(
    op: Operator, then: tuple[Operator, Sequence[Stage]] | None, tie: Operator | None
) -> None:
    if tie is not None and (reason := tie.codomain.mismatch(op.domain)):
        raise InputError(f"the parameterisation gives {tie.codomain}, expected {op.domain}: {reason}")
    if then is None:
        return
    if not then[1]:
        raise InputError("then holds no stages, expected an operator and at least one stage")
    for mine, its in ((op.domain, then[0].domain), (op.codomain, then[0].codomain)):
        if reason := its.mismatch(mine):
            raise InputError(f"the second operator has {its}, expected the first one's {mine}: {reason}")


def _check_shape(name: str, values: Tensor, shape: tuple[int, ...]) -> None:
    if not isinstance(values, Tensor) or not values.is_floating_point():
        received = values.dtype if isinstance(values, Tensor) else type(values).__name__
        raise InputError(f"{name} is {received}, expected a floating-point torch tensor")
    if tuple(values.shape) != shape:
        raise InputError(f"{name} has shape {tuple(values.shape)}, expected {shape}")


def _bounds(bounds: tuple[object, object] | None, start: Tensor) -> tuple[Tensor, Tensor]:
    """Lower and upper bounds shaped like the start, which lies within them."""
    low, high = (-torch.inf, torch.inf) if bounds is None else bounds
    lower, upper = _spread("the lower bound", low, start), _spread("the upper bound", high, start)
    outside = ~((lower <= start) & (start <= upper))
    if bool(outside.any()):
        where = tuple(outside.nonzero()[0].tolist())
        raise InputError(
            f"start is {float(start[where]):g} at {where}, outside the bounds {float(lower[where]):g} to "
            f"{float(upper[where]):g}; move the start or the bounds"
        )
    return lower, upper


def _scale(scale: object, start: Tensor) -> Tensor:
    values = _spread("scale", scale, start)
    if not bool((values > 0).all()) or not bool(values.isfinite().all()):
        raise InputError(f"scale holds {float(values.min()):g}, expected positive finite numbers")
    return values


def _spread(name: str, values: object, like: Tensor) -> Tensor:
    """Values in the shape, type and place of another tensor."""
    given = torch.as_tensor(values, dtype=like.dtype, device=like.device)
    try:
        return given.expand(like.shape).clone()
    except RuntimeError as error:
        raise InputError(
            f"{name} has shape {tuple(given.shape)}, expected one that broadcasts to {tuple(like.shape)}"
        ) from error
