"""What is done to a gradient before a step is made of it: smoothing, and holding cells."""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.errors import InputError
from seisgrad.inversion.waveform.layout import spacings
from seisgrad.operator import Space


class Preconditioner:
    """F S F, with the Gaussian smoothing S along the last two axes (or the only one) and the diagonal F of ``free``.

    S is symmetric and positive, keeps the sum of what it smooths, and leaves a constant as it is, at the edges too,
    where it folds back what would leave. With F on both sides a held cell neither moves nor lends its gradient to its
    neighbours, and the whole is symmetric and positive still: L-BFGS may take it for the inverse curvature it begins
    with.

    Args:
        space: of the model; coordinates in numbers along its last axes give the unit of ``smoothing``.
        smoothing: standard deviation, in the unit of the coordinates, or in cells where there are none; 0 for none.
        free: weights that broadcast to the model: 1 where a cell is free, 0 where it is held, or something between.

    Raises:
        InputError: a negative width, or weights of another shape, negative or not finite.
    """

    def __init__(
        self, space: Space, smoothing: float = 0.0, free: Float[Tensor, "..."] | None = None
    ) -> None:
        if not 0 <= smoothing < math.inf:
            raise InputError(f"smoothing is {smoothing!r}, expected a number that is not negative")
        self.free = None if free is None else _weights(free, space)
        widths = [smoothing / step for step in spacings(space)]
        lengths = space.shape[-len(widths) :]
        self._rows = [
            gaussian(n, width) if width > 0 else None for n, width in zip(lengths, widths, strict=True)
        ]

    def __call__(self, gradient: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """The preconditioned gradient, of the same shape."""
        held = gradient if self.free is None else gradient * self.free.to(gradient)
        smooth = held
        for axis, rows in zip(range(-len(self._rows), 0), self._rows, strict=True):
            if rows is not None:
                smooth = (smooth.movedim(axis, -1) @ rows.to(gradient)).movedim(-1, axis)
        return smooth if self.free is None else smooth * self.free.to(gradient)


def gaussian(length: int, width: float) -> Float[Tensor, "cell cell"]:
    """The matrix that smooths along one axis: a Gaussian of ``width`` cells, reflected at both edges.

    Cell i receives from cell j what lies within reach of j and of all its mirror images.
    """
    cells = torch.arange(length, dtype=torch.float64)
    rows = torch.zeros((length, length), dtype=torch.float64)
    periods = math.ceil(6 * width / (2 * length)) + 1
    for k in range(-periods, periods + 1):
        for image in (cells + 2 * length * k, -cells - 1 + 2 * length * k):
            rows += (-0.5 * ((cells[:, None] - image[None]) / width).square()).exp()
    return rows / rows.sum(0).mean()


def held_around(
    space: Space, places: Float[Tensor, "place 2"] | Sequence[Sequence[float]], radius: float
) -> Float[Tensor, "row column"]:
    """Weights for ``free``: 0 within a radius of any place, such as the sources, where gradients are singular; else 1.

    Args:
        space: of the model, two axes at least; places are in the unit of its coordinates, or in cells from 0.
        places: along the last two axes, in their order.
        radius: in the same unit.

    Raises:
        InputError: places of another shape, a negative radius, or a space with fewer than two axes.
    """
    at = torch.as_tensor(places, dtype=torch.float64)
    if at.ndim != 2 or at.shape[1] != 2 or space.ndim < 2 or not radius >= 0:
        raise InputError(
            f"held_around received places of shape {tuple(at.shape)} and radius {radius!r} on {space}, expected "
            "(place, 2), a radius that is not negative, and two axes at least"
        )
    axes = []
    for axis, length, step in zip(space.axes[-2:], space.shape[-2:], spacings(space), strict=True):
        first = space.coords[axis][0] if axis in space.coords else 0.0
        first = float(first) if isinstance(first, int | float) else 0.0
        axes.append(first + step * torch.arange(length, dtype=torch.float64))
    cells = torch.cartesian_prod(*axes)
    near = (torch.cdist(cells, at) <= radius).any(1)
    return (~near).to(torch.float64).reshape(space.shape[-2:])


def _weights(free: Tensor, space: Space) -> Tensor:
    values = torch.as_tensor(free, dtype=torch.float64)
    try:
        values = values.expand(space.shape)
    except RuntimeError as error:
        raise InputError(
            f"free has shape {tuple(values.shape)}, expected one that broadcasts to the model's {space.shape}"
        ) from error
    if not values.isfinite().all() or values.min() < 0:
        raise InputError("free holds a weight that is negative or not finite, expected 0 to 1")
    return values
