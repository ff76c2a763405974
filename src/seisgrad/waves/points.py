"""Points between the nodes of a computational grid: the weights of the nodes around them.

A point source off the nodes excites, and a receiver reads, several nodes with the weights of a sinc function in a
Kaiser window (Hicks 2002, Geophysics 67, 156–165, doi:10.1190/1.1451454). At a node the weights are 1 there and 0
elsewhere. They are smooth functions of the position, so that the derivative with respect to a position is theirs.
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

#: Cells on either side of a point that its window covers.
HALF_WIDTH = 6
#: Shape of the window: with it the spectrum of the weights is flat to 1e-4 up to 4 nodes per wavelength.
_SHAPE = 9.0
_TERMS = 30


def weights(
    positions: Float[Tensor, "point 2"], shape: tuple[int, int], *, mirror: bool
) -> tuple[Int[Tensor, "point node 2"], Float[Tensor, "point node"]]:
    """The nodes around each point and their weights.

    Args:
        positions: in cells from node (0, 0) of the grid, z then x.
        shape: nodes along z and x.
        mirror: whether pressure is odd about the row z = 0, as at a free surface; the part of a window above it is
            folded down with the opposite sign.

    Returns:
        Indices of the nodes, ``[point, node, 2]``, and weights, ``[point, node]``, differentiable in ``positions``.
    """
    index, weight = _window(positions, torch.tensor(shape, device=positions.device))
    if mirror:
        image = _kernel(positions[:, :1] + index[:, 0])
        weight = torch.stack([weight[:, 0] - image, weight[:, 1]], 1)
    both = (weight[:, 0, :, None] * weight[:, 1, None, :]).flatten(1)
    z, x = torch.broadcast_tensors(index[:, 0, :, None], index[:, 1, None, :])
    return torch.stack([z, x], -1).flatten(1, 2), both


def along(
    positions: Float[Tensor, " point"], nodes: int
) -> tuple[Int[Tensor, "point node"], Float[Tensor, "point node"]]:
    """The same along one axis: the nodes of a row around points at ``positions``, in cells from its first node."""
    return _window(positions, torch.tensor(nodes, device=positions.device))


def _window(positions: Float[Tensor, "..."], count: Tensor) -> tuple[Tensor, Tensor]:
    """Indices and weights of the nodes around coordinates along axes of ``count`` nodes, on a new last axis."""
    first = positions.detach().floor().to(torch.int64) - (HALF_WIDTH - 1)
    first = torch.minimum(first.clamp(min=0), count - 2 * HALF_WIDTH)
    index = first.unsqueeze(-1) + torch.arange(2 * HALF_WIDTH, device=positions.device)
    return index, _kernel(positions.unsqueeze(-1) - index)


def _kernel(distance: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """sinc(x) I0(b sqrt(u)) / I0(b) with u = 1 − (x/r)²; I0 as its power series in u, smooth at the window's edge."""
    u = (1.0 - (distance / HALF_WIDTH).square()).clamp(min=0.0)
    window = torch.zeros_like(u)
    for k in reversed(range(_TERMS)):
        window = window * u + (_SHAPE**2 / 4) ** k / math.factorial(k) ** 2
    whole = sum((_SHAPE**2 / 4) ** k / math.factorial(k) ** 2 for k in range(_TERMS))
    inside = distance.detach().abs() <= HALF_WIDTH
    return torch.where(inside, torch.sinc(distance) * window / whole, 0.0)
