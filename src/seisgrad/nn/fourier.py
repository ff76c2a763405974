"""Fourier layers in any number of dimensions: operators between functions, not between arrays of one size.

A layer multiplies the lowest Fourier components of its channels by learned matrices and adds what a matrix makes of
the channels point by point (Li et al. 2021, arXiv:2010.08895). Components are those of the Fourier series on a unit
period, whatever the number of points, so that a trained layer takes any grid. The factorised form sums one-dimensional
transforms along the axes and has far fewer weights (Tran et al. 2023, arXiv:2111.13802).
"""

from collections.abc import Sequence
from math import prod

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional


class SpectralConvolution(nn.Module):
    """A periodic convolution by learned multipliers of the lowest Fourier components.

    Args:
        inputs: channels.
        outputs: channels.
        modes: of each axis, how many wavenumbers of either sign: 0 to modes − 1, and −modes to −1. A grid that is too
            coarse for all of them takes those that it has.
    """

    def __init__(self, inputs: int, outputs: int, modes: Sequence[int]) -> None:
        super().__init__()
        self.modes = tuple(modes)
        # negative wavenumbers last, as the transform orders them; those of the last axis follow from the positive ones
        kept = (*(2 * m for m in self.modes[:-1]), self.modes[-1])
        self.weight = _multipliers(*kept, inputs, outputs)

    def forward(
        self, x: Float[Tensor, "batch inputs *grid"], grid: Sequence[int] | None = None
    ) -> Float[Tensor, "batch outputs *points"]:
        """The convolved channels on the grid of ``x``, or on another one with as many points as ``grid`` says."""
        grid = tuple(x.shape[2:] if grid is None else grid)
        axes, x = tuple(range(-len(grid), 0)), x.to(self.weight.dtype)  # transforms know no half precision
        waves, weight = torch.fft.rfftn(x, dim=axes, norm="forward"), torch.view_as_complex(self.weight)
        coarsest = [min(pair) for pair in zip(x.shape[2:], grid, strict=True)]
        kept = [(_positive(m, n), _negative(m, n)) for m, n in zip(self.modes, coarsest, strict=True)]
        waves, weight = waves[..., : kept[-1][0]], weight.narrow(len(grid) - 1, 0, kept[-1][0])
        for axis, low in enumerate(kept[:-1]):
            waves, weight = _low(waves, axis + 2, low), _low(weight, axis, low)
        mixed = (waves.movedim((0, 1), (-2, -1)) @ weight).movedim((-2, -1), (0, 1))
        for axis, (low, points) in enumerate(zip(kept[:-1], grid[:-1], strict=True)):
            mixed = _spread(mixed, axis + 2, low, points)
        return torch.fft.irfftn(mixed, s=grid, dim=axes, norm="forward")


class FactorisedConvolution(nn.Module):
    """A sum of periodic convolutions, each along one axis; arguments as for :class:`SpectralConvolution`."""

    def __init__(self, inputs: int, outputs: int, modes: Sequence[int]) -> None:
        super().__init__()
        self.weights = nn.ParameterList([_multipliers(m, inputs, outputs) for m in modes])

    def forward(self, x: Float[Tensor, "batch inputs *grid"]) -> Float[Tensor, "batch outputs *grid"]:
        """The convolved channels on the grid of ``x``."""
        grid, x = x.shape[2:], x.to(self.weights[0].dtype)
        return torch.stack([self._along(x, axis, points) for axis, points in enumerate(grid)]).sum(0)

    def _along(self, x: Tensor, axis: int, points: int) -> Tensor:
        weight = torch.view_as_complex(self.weights[axis])
        last = _positive(len(weight), points)
        waves = torch.fft.rfft(x, dim=axis + 2, norm="forward").narrow(axis + 2, 0, last)
        mixed = waves.movedim((axis + 2, 1), (0, -1)).flatten(1, -2) @ weight[:last]
        others = [n for k, n in enumerate(x.shape) if k not in (1, axis + 2)]
        mixed = mixed.unflatten(1, others).movedim((0, -1), (axis + 2, 1))
        return torch.fft.irfft(mixed, n=points, dim=axis + 2, norm="forward")


class FourierLayer(nn.Module):
    """Channels to channels: a spectral convolution plus a matrix at every point, then GELU.

    Args:
        width: channels.
        modes: of each axis.
        factorised: sum over the axes instead of all wavenumbers together.
        active: whether GELU follows.
    """

    def __init__(
        self, width: int, modes: Sequence[int], *, factorised: bool = False, active: bool = True
    ) -> None:
        super().__init__()
        kind = FactorisedConvolution if factorised else SpectralConvolution
        self.spectral = kind(width, width, modes)
        self.bypass = Pointwise(width, width)
        self.active = active

    def forward(self, x: Float[Tensor, "batch width *grid"]) -> Float[Tensor, "batch width *grid"]:
        """The new channels."""
        y = self.spectral(x) + self.bypass(x)
        return functional.gelu(y) if self.active else y


class FourierNetwork(nn.Module):
    """A Fourier neural operator: channels are lifted, pass through the layers, and are projected, on any grid.

    Args:
        inputs: channels.
        outputs: channels.
        modes: of each axis.
        width: channels between.
        layers: how many; GELU follows all but the last.
        hidden: channels within the projection.
        factorised: as for :class:`FourierLayer`.
        padding: of each axis, zeros behind its end over its length, for what is not periodic; none by default.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        modes: Sequence[int],
        *,
        width: int,
        layers: int,
        hidden: int = 128,
        factorised: bool = False,
        padding: Sequence[float] | None = None,
    ) -> None:
        super().__init__()
        self.padding = tuple(padding or (0.0,) * len(modes))
        self.lift = Pointwise(inputs, width)
        self.layers = nn.Sequential(
            *(FourierLayer(width, modes, factorised=factorised, active=k < layers - 1) for k in range(layers))
        )
        self.project = nn.Sequential(Pointwise(width, hidden), nn.GELU(), Pointwise(hidden, outputs))

    def forward(self, x: Float[Tensor, "batch inputs *grid"]) -> Float[Tensor, "batch outputs *grid"]:
        """The output channels on the grid of ``x``."""
        grid = x.shape[2:]
        behind = [round(share * n) for share, n in zip(self.padding, grid, strict=True)]
        y = functional.pad(self.lift(x), [n for more in reversed(behind) for n in (0, more)])
        y = self.layers(y)
        for axis, points in enumerate(grid):
            y = y.narrow(axis + 2, 0, points)
        return self.project(y)


class Pointwise(nn.Module):
    """The same affine map of the channels at every point of a grid."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.matrix = nn.Conv1d(inputs, outputs, 1)

    def forward(self, x: Float[Tensor, "batch inputs *grid"]) -> Float[Tensor, "batch outputs *grid"]:
        """The new channels."""
        return self.matrix(x.flatten(2)).unflatten(2, x.shape[2:])


def _multipliers(*shape: int) -> nn.Parameter:
    """Complex numbers as pairs on a last axis, even between 0 and 1/(inputs · outputs) as in Li et al. (2021)."""
    return nn.Parameter(torch.rand(*shape, 2) / prod(shape[-2:]))


def _positive(modes: int, points: int) -> int:
    """How many of the wavenumbers 0, 1, … a grid has, below the one whose sign it cannot tell."""
    return min(modes, (points + 1) // 2)


def _negative(modes: int, points: int) -> int:
    """The same of −1, −2, …"""
    return min(modes, (points - 1) // 2)


def _low(values: Tensor, axis: int, kept: tuple[int, int]) -> Tensor:
    """So many wavenumbers of an axis from 0 on, and so many negative ones, positive ones first."""
    positive, negative = kept
    first = values.narrow(axis, 0, positive)
    return torch.cat([first, values.narrow(axis, values.shape[axis] - negative, negative)], axis)


def _spread(values: Tensor, axis: int, kept: tuple[int, int], points: int) -> Tensor:
    """The inverse of :func:`_low` on a grid of so many points, zero where there was nothing."""
    shape = list(values.shape)
    shape[axis] = points - sum(kept)
    first, last = values.split(kept, axis)
    return torch.cat([first, values.new_zeros(shape), last], axis)
