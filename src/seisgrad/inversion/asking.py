"""What an operator says of flat models: values, with the Jacobian or one pulled-back vector, or nothing at all.

A model that an operator refuses (InputError: no earth at all) may be one of many asked about together, and must not
take the others along.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.errors import InputError
from seisgrad.operator import Operator, linearise

Answer = tuple[Tensor, Tensor]
"""Values ``[model, datum]`` and a derivative ``[model, …]``."""


def with_jacobian(op: Operator, models: Float[Tensor, "model parameter"]) -> Answer:
    """Values, and the Jacobian ``[model, datum, parameter]``."""
    with torch.no_grad():
        value, slope = linearise(op, _shaped(op, models))
    return value.reshape(len(models), -1).clone(), slope.reshape(len(models), -1, models.shape[1])


def with_pull(
    op: Operator, models: Float[Tensor, "model parameter"], cotangent: Callable[[Tensor], Tensor]
) -> Answer:
    """Values v ``[model, datum]``, and Jᵀ w ``[model, parameter]`` where ``cotangent`` makes w of v."""
    with torch.no_grad():
        value, pullback = torch.func.vjp(op, _shaped(op, models))[:2]
        flat = value.reshape(len(models), -1).clone()
        (pulled,) = pullback(cotangent(flat).reshape(value.shape))
    return flat, pulled.reshape(models.shape)


def with_nothing(op: Operator, models: Float[Tensor, "model parameter"]) -> Answer:
    """Values alone; the derivative is ``[model, 0]``."""
    with torch.no_grad():
        value = op(_shaped(op, models))
    return value.reshape(len(models), -1), models[:, :0]


def or_lose(
    ask: Callable[[Tensor, Tensor], Answer], models: Tensor, sites: Tensor, refused: Answer
) -> Answer:
    """The answer of ``ask``, in which each refused model has that of ``refused``.

    Args:
        ask: gives the answer for models and the sites that they belong to.
        models: ``[model, parameter]``.
        sites: ``[model]``.
        refused: the answer for one model that is refused, first axis of length 1.
    """
    try:
        return ask(models, sites)
    except InputError:
        if len(models) == 1:
            return refused
    half = (len(models) + 1) // 2
    parts = [
        or_lose(ask, some, here, refused)
        for some, here in zip(models.split(half), sites.split(half), strict=True)
    ]
    return torch.cat([value for value, _ in parts]), torch.cat([derivative for _, derivative in parts])


def _shaped(op: Operator, models: Tensor) -> Tensor:
    return models.reshape(-1, *op.domain.shape)
