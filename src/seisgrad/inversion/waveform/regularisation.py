"""What is asked of a model beside the data: to stay near its start, to be smooth, or to be made of few pieces.

Every term is a mean over cells, so that its weight does not depend on the size of the grid, and lengths are in the unit
of the model's coordinates (km on a grid of the earth; cells where there are none).
"""

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.errors import InputError
from seisgrad.inversion.waveform.layout import spacings
from seisgrad.operator import Space

Penalty = Callable[[Float[Tensor, "..."]], Float[Tensor, ""]]


class Tikhonov:
    """½ weight · mean |Dᵏ (m − reference)|², D⁰ the difference itself, D¹ its gradient, D² its Laplacian.

    Derivatives are along the last two axes (or the only one). Nothing is said about the slope across an edge.

    Args:
        space: of the model.
        weight: of the term, not negative.
        order: 0, 1 or 2.
        reference: broadcasts to the model; 0 by default.

    Raises:
        InputError: another order, or a negative weight.
    """

    def __init__(
        self, space: Space, weight: float, order: int, reference: float | Float[Tensor, "..."] = 0.0
    ) -> None:
        if order not in (0, 1, 2):
            raise InputError(f"the order of a Tikhonov term is {order!r}, expected 0, 1 or 2")
        self.weight, self.order, self.reference = _weight(weight), order, reference
        self.spacings = spacings(space)

    def __call__(self, model: Float[Tensor, "..."]) -> Float[Tensor, ""]:
        """The value of the term."""
        away = model - self.reference
        if self.order == 0:
            squared = away.square().sum()
        elif self.order == 1:
            squared = sum((s.square().sum() for s in _slopes(away, self.spacings)), away.new_zeros(()))
        else:
            squared = _laplacian(away, self.spacings).square().sum()
        return 0.5 * self.weight * squared / away.numel()


class TotalVariation:
    """weight · mean √(|∇m|² + s²) − s: the mean length of the gradient, to which a sharp edge costs no more than a
    smooth rise of the same height (Rudin, Osher & Fatemi 1992, Physica D 60, 259).

    Args:
        space: of the model.
        weight: of the term, not negative.
        smooth: s, below which a gradient counts by its square, in units of the model per unit of length.

    Raises:
        InputError: a negative weight, or ``smooth`` that is not positive.
    """

    def __init__(self, space: Space, weight: float, smooth: float = 1e-2) -> None:
        if not smooth > 0:
            raise InputError(f"smooth is {smooth!r}, expected a positive gradient")
        self.weight, self.smooth, self.spacings = _weight(weight), smooth, spacings(space)

    def __call__(self, model: Float[Tensor, "..."]) -> Float[Tensor, ""]:
        """The value of the term."""
        squared = torch.zeros_like(model)
        for axis, slope in zip(range(-len(self.spacings), 0), _slopes(model, self.spacings), strict=True):
            # forward differences, 0 across the far edge
            squared = squared + torch.cat([slope, torch.zeros_like(model.narrow(axis, 0, 1))], axis).square()
        return self.weight * ((squared + self.smooth**2).sqrt() - self.smooth).mean()


class Sum:
    """Several terms as one."""

    def __init__(self, terms: Sequence[Penalty]) -> None:
        self.terms = tuple(terms)

    def __call__(self, model: Float[Tensor, "..."]) -> Float[Tensor, ""]:
        """The sum of the terms; 0 where there are none."""
        return sum((term(model) for term in self.terms), model.new_zeros(()))


def _slopes(model: Tensor, steps: Sequence[float]) -> list[Tensor]:
    """First differences along each of the last axes, per unit of length."""
    return [model.diff(dim=axis) / step for axis, step in zip(range(-len(steps), 0), steps, strict=True)]


def _laplacian(model: Tensor, steps: Sequence[float]) -> Tensor:
    """Second differences added over the last axes; along an axis, an edge has none."""
    total = torch.zeros_like(model)
    for axis, step in zip(range(-len(steps), 0), steps, strict=True):
        edge = torch.zeros_like(model.narrow(axis, 0, 1))
        inner = model.diff(n=2, dim=axis) / step**2
        if model.shape[axis] > 2:
            total = total + torch.cat([edge, inner, edge], axis)
    return total


def _weight(weight: float) -> float:
    if not weight >= 0:
        raise InputError(f"the weight of a term is {weight!r}, expected a number that is not negative")
    return float(weight)
