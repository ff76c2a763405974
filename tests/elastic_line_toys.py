"""A quick stand-in for waves along a line: phases delayed by the local velocity that each frequency averages."""

import torch
from torch import Tensor

from seisgrad.earth import SolidSection
from seisgrad.elastic import Grid, Survey
from seisgrad.operator import Operator

GRID = Grid((8, 16), 0.5)
SURVEY = Survey(
    torch.tensor([0.5, 3.0, 5.5], dtype=torch.float64),
    torch.linspace(0.5, 7.0, 8, dtype=torch.float64),
    torch.tensor([0.2, 0.3, 0.4, 0.5], dtype=torch.float64),
)


class Line(Operator):
    """exp(-iω ∫ dx/c) on the vertical, and 0.6i of that on the horizontal; c averages vs down to a wavelength or so."""

    def __init__(self, grid: Grid, survey: Survey) -> None:
        self.grid, self.survey, self.domain, self.codomain = grid, survey, grid.space, survey.space
        depth = torch.exp(-grid.z * survey.frequencies[:, None])
        self.depth = depth / depth.sum(1, keepdim=True)
        ends = [survey.sources[:, None], survey.receivers[None]]
        low, high = torch.minimum(*ends)[..., None], torch.maximum(*ends)[..., None]
        half = 0.5 * grid.spacing
        inside = torch.minimum(grid.x + half, high) - torch.maximum(grid.x - half, low)
        self.length = inside.clamp(min=0.0)

    def select(self, source=None, frequency=None) -> "Line":
        return Line(self.grid, self.survey.select(source, frequency))

    def apply(self, x: Tensor) -> Tensor:
        c = torch.einsum("fz,...zx->...fx", self.depth.to(x), x[..., 1, :, :])
        delay = torch.einsum("srx,...fx->...sfr", self.length.to(x), 1 / c)
        phase = -2 * torch.pi * self.survey.frequencies.to(x)[:, None] * delay
        vertical = torch.stack([phase.cos(), phase.sin()], -1)
        horizontal = 0.6 * torch.stack([-phase.sin(), phase.cos()], -1)
        return torch.stack([vertical, horizontal], -3)


def layered(grid: Grid = GRID) -> SolidSection:
    """vs that grows with depth."""
    vs = (1.6 + 0.3 * grid.z[:, None]).clamp(max=3.2).expand(grid.shape)
    return SolidSection(vs, spacing=(grid.spacing, grid.spacing))


def with_basin(grid: Grid = GRID) -> SolidSection:
    """The same with a slow basin in the middle of the line."""
    z, x = grid.z[:, None], grid.x - 0.5 * grid.extent[1]
    slower = 0.5 * ((z < 1.7) & (x.abs() < 2.2 - 0.5 * z)).double() * (1 - 0.3 * z)
    return SolidSection(layered(grid).vs - slower, spacing=(grid.spacing, grid.spacing))
