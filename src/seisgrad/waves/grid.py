"""Where the ground of a vertical plane is known: the nodes of a regular grid."""

import math
from dataclasses import dataclass
from typing import Self

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.errors import InputError


@dataclass(frozen=True)
class PlaneGrid:
    """A regular grid of nodes, node (i, j) at depth z = i · spacing and distance x = j · spacing.

    Between nodes an earth is bilinear; beyond the edges it goes on as at the edge.

    Args:
        shape: nodes along z and x.
        spacing: km, the same along both.

    Raises:
        InputError: fewer than two nodes along an axis, or a spacing that is not positive.
    """

    shape: tuple[int, int]
    spacing: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", tuple(int(n) for n in self.shape))
        if len(self.shape) != 2 or min(self.shape) < 2:
            raise InputError(
                f"the grid has shape {self.shape}, expected at least 2 nodes along z and along x"
            )
        if not 0 < self.spacing < math.inf:
            raise InputError(f"the grid has spacing {self.spacing!r} km, expected a positive number")

    @property
    def extent(self) -> tuple[float, float]:
        """The last depth and the last distance, km."""
        nz, nx = self.shape
        return (nz - 1) * self.spacing, (nx - 1) * self.spacing

    @property
    def z(self) -> Float[Tensor, " z"]:
        """Depths of the nodes, km."""
        return self.spacing * torch.arange(self.shape[0], dtype=torch.float64)

    @property
    def x(self) -> Float[Tensor, " x"]:
        """Distances of the nodes, km."""
        return self.spacing * torch.arange(self.shape[1], dtype=torch.float64)

    @property
    def nodes(self) -> Float[Tensor, "node 2"]:
        """Positions of all nodes, z then x, km, in the order of a flattened earth."""
        return torch.cartesian_prod(self.z, self.x)

    def finer(self, times: int) -> Self:
        """The grid of the same extent with ``times`` as many cells along each axis."""
        nz, nx = self.shape
        return type(self)(((nz - 1) * times + 1, (nx - 1) * times + 1), self.spacing / times)

    def require_inside(self, positions: Float[Tensor, "place 2"], what: str) -> None:
        """InputError that names the first of ``positions`` outside the grid; ``what`` they are: ``"source"``."""
        limit = torch.tensor(self.extent, dtype=positions.dtype, device=positions.device)
        slack = 1e-6 * self.spacing  # positions may come in float32
        outside = ~((positions >= -slack) & (positions <= limit + slack)).all(-1)
        if outside.any():
            k = int(outside.nonzero()[0, 0])
            z, x = positions[k].tolist()
            raise InputError(
                f"{what} {k + 1} lies at z = {z:g}, x = {x:g} km, expected inside the grid, 0 to {self.extent[0]:g} km "
                f"in z and 0 to {self.extent[1]:g} km in x; move it, or extend the grid"
            )
