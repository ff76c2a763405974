"""A quick stand-in for waves along a line: phases delayed by the local velocity that each frequency averages."""

from pathlib import Path

import torch
from torch import Tensor

from seisgrad.earth import SolidSection, write_solid
from seisgrad.elastic import Grid, Survey
from seisgrad.elastic.data import Spectra, write_spectra
from seisgrad.operator import Operator

COMMAND = ["fwi", "elastic", "data.nc", "--start", "start.nc", "--operator", "elastic_line_toys:Line"]
COMMAND += ["--config", "plan.yaml", "--out", "out"]
PLAN = """
offsets: [0.4, 9]
stages:
  - {epochs: 3, optimiser: adam, frequency_batch: 1, rate: 0.2, highest: 0.3}
  - {iterations: 6, smoothing: 0.5, rate: 0.3}
"""

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


def lay_out(folder: Path) -> Tensor:
    """What :data:`COMMAND` takes, in a folder: a layered start, a plan, and data of a basin with a gap, returned."""
    values = Line(GRID, SURVEY)(with_basin().earth)
    values[0, 0, 0, 3] = torch.nan
    write_spectra(Spectra(SURVEY, values), folder / "data.nc")
    write_solid(layered(), folder / "start.nc")
    (folder / "plan.yaml").write_text(PLAN)
    return values
