"""Fourier layers between grids of different fineness, in the shape of a U (Rahman et al. 2022, arXiv:2204.11127).

On the way down grids become coarser and channels more, on the way up the other way round; every layer of the way up
also sees what the layer at its grid of the way down has made. Grids are shares of that of the input, so that a trained
network takes any.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from seisgrad.nn.fourier import Pointwise, SpectralConvolution

#: Points of the grids on the way down over those of the input.
SHARES = (0.75, 0.5, 0.25, 0.125)


class RegriddingLayer(nn.Module):
    """Channels on one grid to channels on another: a spectral convolution plus a matrix at every point, then GELU.

    Args:
        inputs: channels.
        outputs: channels.
        modes: of each axis.
    """

    def __init__(self, inputs: int, outputs: int, modes: Sequence[int]) -> None:
        super().__init__()
        self.spectral = SpectralConvolution(inputs, outputs, modes)
        self.bypass = Pointwise(inputs, outputs)

    def forward(
        self, x: Float[Tensor, "batch inputs row column"], grid: Sequence[int]
    ) -> Float[Tensor, "batch outputs new_row new_column"]:
        """The new channels on a grid of so many points."""
        return functional.gelu(self.spectral(x, grid) + resample(self.bypass(x), grid))


class UShapedNetwork(nn.Module):
    """Lifted channels down four grids and up again.

    Args:
        inputs: channels.
        width: channels of the first layer; twice as many on every further grid down.
        modes: of the first and the last layer along each axis; the others have two thirds, a third and a sixth.
    """

    def __init__(self, inputs: int, width: int, modes: Sequence[int]) -> None:
        super().__init__()
        channels = [width, 2 * width, 4 * width, 8 * width]
        kept = [[max(1, round(m * share)) for m in modes] for share in (1.0, 2 / 3, 1 / 3, 1 / 6)]
        self.outputs = width + inputs
        self.down = nn.ModuleList(
            RegriddingLayer(before, after, m)
            for before, after, m in zip([inputs, *channels[:-1]], channels, kept, strict=True)
        )
        below = [channels[3], *(2 * n for n in channels[2::-1])]
        self.up = nn.ModuleList(
            RegriddingLayer(before, after, m)
            for before, after, m in zip(below, [*channels[2::-1], width], kept[::-1], strict=True)
        )

    def forward(
        self, x: Float[Tensor, "batch inputs row column"]
    ) -> Float[Tensor, "batch outputs row column"]:
        """``width`` new channels and the lifted ones, on the grid of ``x``."""
        grids = [tuple(max(2, round(share * n)) for n in x.shape[2:]) for share in (1.0, *SHARES)]
        made = [x]
        for layer, grid in zip(self.down, grids[1:], strict=True):
            made.append(layer(made[-1], grid))
        y = made.pop()
        for layer, grid in zip(self.up, grids[-2::-1], strict=True):
            y = torch.cat([layer(y, grid), made.pop()], 1)
        return y


def resample(
    x: Float[Tensor, "batch channel row column"], grid: Sequence[int]
) -> Float[Tensor, "batch channel new_row new_column"]:
    """Channels on a grid of so many points of the same period: linear between points, means where it is coarser."""
    rows, columns = (_weights(n, m).to(x) for n, m in zip(x.shape[2:], grid, strict=True))
    return rows @ x @ columns.mT


def _weights(points: int, new: int) -> Float[Tensor, "new old"]:
    """Weights of old points for every new one; both begin at 0 and share a period."""
    step = points / new
    place = (torch.arange(new, dtype=torch.float64) * step).clamp(max=points - 1)
    near = (1.0 - (place[:, None] - torch.arange(points)).abs() / max(step, 1.0)).clamp(min=0.0)
    return near / near.sum(1, keepdim=True)
