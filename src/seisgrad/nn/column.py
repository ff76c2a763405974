"""A kernel layer from a plane to its upper edge: every column is integrated with a learned kernel (Li et al. 2020,
arXiv:2003.03485)."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn

from seisgrad.nn.fourier import Pointwise


class ColumnIntegral(nn.Module):
    """∫ κ(p, f(p)) f(p) dz over the points p of each column, with unit depth; κ is a network of the channels.

    Args:
        channels: of f, and of the result.
        coordinates: numbers that say where a point lies.
        hidden: widths of κ between.
    """

    def __init__(self, channels: int, coordinates: int, hidden: Sequence[int]) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in pairwise((channels + coordinates, *hidden, channels)):
            layers += [Pointwise(before, after), nn.GELU()]
        self.kernel = nn.Sequential(*layers[:-1])

    def forward(
        self,
        f: Float[Tensor, "batch channel row column"],
        places: Float[Tensor, "coordinate row column"],
    ) -> Float[Tensor, "batch channel column"]:
        """The integrals, by the trapezoidal rule."""
        kernel = self.kernel(torch.cat([f, places.expand(len(f), -1, -1, -1)], 1))
        weight = f.new_ones(f.shape[2])
        weight[[0, -1]] = 0.5
        return torch.einsum("bczx,bczx,z->bcx", kernel, f, weight / weight.sum())
