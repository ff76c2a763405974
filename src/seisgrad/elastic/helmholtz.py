"""The Helmholtz neural operator of Zou et al. (2025, doi:10.1029/2025JB031624): motion of the surface, by frequency.

U-shaped Fourier layers take vp, vs, the source and the frequency to channels at every node, and a kernel layer
integrates every column below a point of the surface. Widths, modes, grids and the kernel are as in the paper. Two
things are not: the inputs are scaled by one mean and spread per parameter, so that nothing is tied to a number of
nodes, and the positional code runs from 0 to 1 along the line and tells its ends apart.

Its Fourier series knows no other length than that of the line it was trained on: a shorter line is continued to that
length, as its earth goes on beyond its edges.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Complex, Float
from torch import Tensor, nn

from seisgrad.elastic.grid import Grid
from seisgrad.elastic.survey import Survey
from seisgrad.errors import InputError
from seisgrad.nn.column import ColumnIntegral
from seisgrad.nn.fourier import Pointwise
from seisgrad.nn.sampling import sample
from seisgrad.nn.ushape import UShapedNetwork

#: Standard deviation of the Gaussian that shows the source, km.
_BLOB = 0.16
#: Points of an interpolating polynomial between nodes of the surface.
_POINTS = 6
#: Pairs of source and frequency that are worked on together.
_TOGETHER = 16


@dataclass(frozen=True, kw_only=True)
class HelmholtzSize:
    """The size of a :class:`HelmholtzNet`; by default the paper's, with 726 million weights.

    Args:
        lift: channels of the lifted inputs.
        width: channels of the first layer; 2, 4 and 8 times as many further down.
        modes_z: wavenumbers of either sign along z of the first and the last layer.
        modes_x: the same along x, which are half of a spectrum.
        hidden: width of the kernel's two hidden layers and of the projection's.
    """

    lift: int = 32
    width: int = 64
    modes_z: int = 48
    modes_x: int = 96
    hidden: int = 96


class HelmholtzNet(nn.Module):
    """vp, vs, a source and a frequency to vertical and horizontal motion at the nodes of the surface.

    Args:
        size: how many channels and modes.
        grid: that of the training.
    """

    def __init__(self, size: HelmholtzSize, grid: Grid) -> None:
        super().__init__()
        self.size, self.grid = size, grid
        self.lift = Pointwise(6, size.lift)
        self.core = UShapedNetwork(size.lift, size.width, (size.modes_z, size.modes_x))
        channels = self.core.outputs
        self.integral = ColumnIntegral(channels, 2, (size.hidden, size.hidden))
        self.project = nn.Sequential(Pointwise(channels, size.hidden), nn.GELU(), Pointwise(size.hidden, 4))
        self.mean = nn.Buffer(torch.zeros(2))
        self.spread = nn.Buffer(torch.ones(2))
        self.band = nn.Buffer(torch.tensor([0.0, 1.0]))
        self.amplitude = nn.Buffer(torch.ones(2))
        self.power = nn.Buffer(torch.zeros(2))

    def adapt(
        self,
        earth: Float[Tensor, "sample 3 z x"],
        frequencies: Float[Tensor, " frequency"],
        spectra: Float[Tensor, "sample source frequency component receiver 2"],
    ) -> None:
        """Take mean and spread of vp and vs (km/s), the band (Hz), and the size of the motion, a power of the
        frequency, from a training set."""
        medium = earth[:, :2]
        self.mean.copy_(medium.mean((0, 2, 3)))
        self.spread.copy_(medium.std((0, 2, 3), correction=0).clamp(min=1e-3))
        self.band.copy_(torch.stack([frequencies.min(), frequencies.max()]))
        size = torch.view_as_complex(spectra).abs().mean((0, 1, 4)).log()  # [frequency, component]
        pitch = frequencies.to(size).log()
        centred = (pitch - pitch.mean())[:, None]
        self.power.copy_((centred * size).sum(0) / centred.square().sum().clamp(min=1e-6))
        self.amplitude.copy_((size.mean(0) - self.power * pitch.mean()).exp())

    def forward(
        self,
        earth: Float[Tensor, "batch 3 z x"],
        source: Float[Tensor, " batch"],
        frequency: Float[Tensor, " batch"],
    ) -> Complex[Tensor, "batch 2 x"]:
        """Vertical and horizontal motion at the nodes of the surface.

        Args:
            earth: vp and vs, km/s, and density, which it does not see, on the nodes of ``grid`` or on more or fewer
                nodes of the same extent.
            source: km along the line.
            frequency: Hz.
        """
        medium = (earth[:, :2] - self.mean[:, None, None]) / self.spread[:, None, None]
        z, x = (torch.linspace(0.0, 1.0, n, device=earth.device).to(earth) for n in earth.shape[2:])
        depth, length = self.grid.extent
        away = (depth * z).square()[:, None] + (length * x - source[:, None]).square()[:, None]
        blob = torch.exp(-0.5 * away / _BLOB**2)
        pitch = (2.0 * frequency - self.band.sum()) / (self.band[1] - self.band[0]).clamp(min=1e-3)
        places = torch.stack(torch.meshgrid(z, x, indexing="ij"))
        still = torch.stack([blob, pitch[:, None, None].expand_as(blob)], 1)
        lifted = self.lift(torch.cat([medium, still, places.expand(len(earth), -1, -1, -1)], 1))
        parts = self.project(self.integral(self.core(lifted), places)).unflatten(1, (2, 2))
        size = self.amplitude * frequency[:, None] ** self.power
        return size[..., None] * torch.complex(parts[:, :, 0], parts[:, :, 1])

    def require(self, grid: Grid) -> None:
        """InputError where the grid is longer or deeper than that of the training."""
        (depth, length), (deepest, longest), slack = grid.extent, self.grid.extent, 0.5 * self.grid.spacing
        if length > longest + slack:
            raise InputError(
                f"the line is {length:g} km long, expected at most the {longest:g} km of the training; shorten it, or "
                "use the exact operator"
            )
        if depth > deepest + slack:
            raise InputError(
                f"the grid is {depth:g} km deep, expected at most the {deepest:g} km of the training; cut it there"
            )

    def motion(
        self, earth: Float[Tensor, "batch 3 z x"], grid: Grid, survey: Survey
    ) -> Complex[Tensor, "batch source frequency component receiver"]:
        """Motion at the receivers of a survey by its sources, in earths on a grid that may be shorter."""
        earth, start = self._continued(earth, grid)
        read = lagrange(survey.receivers + start, self.grid).to(earth)
        pairs = torch.cartesian_prod(survey.sources + start, survey.frequencies).to(earth)
        found = []
        for source, frequency in (some.unbind(1) for some in pairs.split(max(1, _TOGETHER // len(earth)))):
            each = [values.repeat_interleave(len(earth)) for values in (source, frequency)]
            surface = self(earth.repeat(len(source), 1, 1, 1), *each)
            found.append((surface @ read.mT.to(surface)).unflatten(0, (len(source), -1)))
        return torch.cat(found).unflatten(0, (len(survey.sources), -1)).movedim(2, 0)

    def _continued(self, earth: Tensor, grid: Grid) -> tuple[Tensor, float]:
        """Earths on the grid of the training, and where on it the line begins, km."""
        if grid == self.grid:
            return earth, 0.0
        start = 0.5 * max(self.grid.extent[1] - grid.extent[1], 0.0)
        rows, columns = torch.meshgrid(self.grid.z, self.grid.x - start, indexing="ij")
        batch = (len(earth), -1, -1)
        rows, columns = ((at.to(earth) / grid.spacing).expand(batch) for at in (rows, columns))
        return sample(earth, rows, columns), start


def lagrange(places: Float[Tensor, " place"], grid: Grid) -> Float[Tensor, "place x"]:
    """Weights of the nodes along x for values at places, km, by polynomials through the six nodes around each."""
    points = min(_POINTS, grid.shape[1])
    at = places.detach().double().cpu() / grid.spacing
    first = (at.floor().long() - points // 2 + 1).clamp(0, grid.shape[1] - points)
    away = (at - first)[:, None] - torch.arange(points)
    weights = at.new_zeros(len(at), grid.shape[1])
    for k in range(points):
        others = [j for j in range(points) if j != k]
        scale = math.prod(k - j for j in others)
        weights.scatter_(1, first[:, None] + k, away[:, others].prod(1, keepdim=True) / scale)
    return weights
