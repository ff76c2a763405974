"""From a line along the surface to nodes of the fine grid, and from traces of a pulse to spectra of a unit force.

Horizontal velocity stands on the surface itself. Vertical velocity stands ½, 1½ and 2½ cells below it and is
extrapolated by the parabola through the three, (15 v₁ − 10 v₂ + 3 v₃)/8. A force acts with the same weights, so that
source and receiver may be exchanged.
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seisgrad.elastic.survey import Direction, Quantity
from seisgrad.elastic.waves import HORIZONTAL, VERTICAL
from seisgrad.waves import leapfrog, points
from seisgrad.waves.places import as_parts

#: Of the rows 1, 2, 3 of vertical velocity.
_EXTRAPOLATION = (15 / 8, -10 / 8, 3 / 8)


def around(
    positions: Float[Tensor, " point"], columns: int, component: Direction
) -> tuple[Int[Tensor, "point node 3"], Float[Tensor, "point node"]]:
    """The nodes that stand for points on the surface, and their weights.

    Args:
        positions: in cells from column 0 of the fine grid.
        columns: of the fine grid.
        component: of the motion or the force.

    Returns:
        Component, row and column of each node, and weights, differentiable in ``positions``.
    """
    if component == "horizontal":
        column, weight = points.along(positions - 0.5, columns)
        return _place(HORIZONTAL, torch.ones_like(column), column), weight
    column, weight = points.along(positions, columns)
    depth = torch.tensor(_EXTRAPOLATION, dtype=weight.dtype, device=weight.device)
    row = torch.arange(1, 4, device=column.device)[:, None].expand(len(column), 3, column.shape[1])
    columns_of_rows = column[:, None].expand_as(row)
    return _place(VERTICAL, row, columns_of_rows).flatten(1, 2), (depth[:, None] * weight[:, None]).flatten(1)


def force_weight(component: Direction) -> float:
    """By how much a force's weights grow: on the surface, where horizontal velocity stands, it moves half a cell."""
    return 2.0 if component == "horizontal" else 1.0


def spectra(
    pulse: Float[Tensor, " step"],
    time_step: float,
    frequencies: Float[Tensor, " frequency"],
    spacing: float,
    fade: float,
    quantity: Quantity,
) -> Float[Tensor, "step frequency 2"]:
    """The matrix from traces of velocity to real and imaginary parts of the response to a unit force."""
    omega = (2.0 * math.pi * frequencies).to(torch.complex128)
    matrix = leapfrog.response(pulse, time_step, omega, spacing, fade)
    return as_parts(matrix if quantity == "velocity" else matrix / (1j * omega))


def _place(component: int, row: Tensor, column: Tensor) -> Tensor:
    return torch.stack([torch.full_like(row, component), row, column], -1)
