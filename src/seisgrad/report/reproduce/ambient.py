"""What the ambient-noise experiment is about: the line of Zou et al. (2025), earths below it, their exact records."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.elastic import Grid, Harmonic, Resolution, Survey, prior
from seisgrad.elastic.prior import GRID, MARGIN, line
from seisgrad.elastic.recipe import FINE, FINE_FOR, FREQUENCIES, RECEIVERS
from seisgrad.operator import Operator

EXPERIMENT = "ambient-noise"
SEED = 31624
"""Of every earth that is drawn; the ``test`` split of a prior shares no draw with its other splits."""
BANDS = ((0.12, 0.20), (0.20, 0.30), (0.30, 0.40), (0.40, 0.50))
"""Hz, the lower end within."""
SLOWEST = 1.5
"""The slowest Rayleigh wave that the meshes of the exact operator are made for, km/s."""

Maker = Callable[[Grid, Survey], Operator]
"""What makes an operator for a grid and a survey; it has ``select``."""
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Setting:
    """Grid, frequencies (Hz) and number of nodes along the line, and what is exact; the tests take a smaller one.

    Attributes:
        grid: of the earths.
        frequencies: of the records.
        nodes: each a source and a receiver.
        resolution: of the meshes of the truth,
        slowest: and the Rayleigh wave they are made for, km/s.
        top: depth to which models are judged, km.
        shorter: lengths of the two shorter lines, km.
    """

    grid: Grid = GRID
    frequencies: tuple[float, ...] = FREQUENCIES
    nodes: int = RECEIVERS
    resolution: Resolution = FINE
    slowest: float = FINE_FOR
    top: float = 5.0
    shorter: tuple[float, float] = (40.0, 20.0)

    def survey(self, grid: Grid) -> Survey:
        """Nodes as far apart as on the whole line, as many as keep a kilometre from the ends of this grid."""
        spacing, length = float(line(self.grid, self.nodes).diff()[0]), grid.extent[1]
        number = 1 + int((length - 2.0 * MARGIN) / spacing + 1e-6)
        at = 0.5 * length + spacing * (torch.arange(number, dtype=torch.float64) - 0.5 * (number - 1))
        return Survey(at, at, torch.tensor(self.frequencies, dtype=torch.float64))

    def band(self, low: float, high: float) -> list[int]:
        """Indices of the frequencies of a band."""
        return [k for k, f in enumerate(self.frequencies) if low <= f < high]

    @property
    def bands(self) -> dict[str, list[int]]:
        """Indices of the frequencies by the name of the band, of bands that hold any."""
        found = {f"{low:.2f}-{high:.2f}": self.band(low, high) for low, high in BANDS}
        return {name: inside for name, inside in found.items() if inside}


@dataclass(frozen=True)
class Case:
    """Earths that operators are judged on.

    Attributes:
        name: of the case in the results.
        prior: they are drawn from.
        words: for the reader.
        first: index of the first draw.
        shorter: which of the two shorter lines, or None for the whole.
        many: as many as were asked for; else one.
    """

    name: str
    prior: str
    words: str
    first: int = 0
    shorter: int | None = None
    many: bool = False


IN_ENSEMBLE = Case(
    "in-ensemble", "los_angeles", "unseen earths of the training ensemble of the paper", many=True
)
BASIN = Case("basin", "basin", "a crust with one sharp-edged basin, of no training ensemble")
SECOND = Case("basin-2", "basin", "another such crust", first=1)
LONGER = Case("short-1", "basin", "the middle half of the first basin's line", shorter=0)
SHORTER = Case("short-2", "basin", "the middle quarter of it", shorter=1)
CASES = (IN_ENSEMBLE, BASIN, SECOND, LONGER, SHORTER)


@dataclass(frozen=True)
class Truth:
    """One earth, its line of nodes, and its exact records.

    Args:
        case: which.
        setting: of the experiment.
        index: of the earth within the case.
    """

    case: Case
    setting: Setting
    index: int = 0

    @cached_property
    def _cut(self) -> tuple[Grid, Float[Tensor, "3 z x"]]:
        whole = self.setting.grid
        earth = prior(self.case.prior).draw(1, SEED, self.case.first + self.index, "test", whole).earth[0]
        if self.case.shorter is None:
            return whole, earth
        columns = 1 + round(self.setting.shorter[self.case.shorter] / whole.spacing)
        first = (whole.shape[1] - columns) // 2
        grid = Grid((whole.shape[0], columns), whole.spacing)
        return grid, earth[..., first : first + columns].contiguous()

    @property
    def grid(self) -> Grid:
        """The nodes of the earth."""
        return self._cut[0]

    @property
    def earth(self) -> Float[Tensor, "3 z x"]:
        """vp, vs and density."""
        return self._cut[1]

    @property
    def survey(self) -> Survey:
        """All nodes of the line, at all frequencies."""
        return self.setting.survey(self.grid)

    @cached_property
    def records(self) -> Float[Tensor, "source frequency component receiver part"]:
        """Exact spectra, by meshes finer than those of any operator that is judged."""
        setting = self.setting
        exact = Harmonic(self.grid, self.survey, slowest=setting.slowest, resolution=setting.resolution)
        return predict(exact, self.earth)

    def vs_error(self, vs: Float[Tensor, "z x"]) -> float:
        """Root-mean-square error of vs to the depth that counts, under the nodes, km/s."""
        grid, at = self.grid, self.survey.receivers
        slack = 1e-6 * grid.spacing
        rows = grid.z <= self.setting.top + slack
        columns = (grid.x >= at[0] - slack) & (grid.x <= at[-1] + slack)
        return float((vs - self.earth[1])[rows][:, columns].square().mean().sqrt())


def exact(grid: Grid, survey: Survey) -> Harmonic:
    """The exact operator that learned ones are compared with, its meshes for the slow ground of the basins."""
    return Harmonic(grid, survey, slowest=SLOWEST)


def predict(
    op: Operator, earth: Float[Tensor, "3 z x"]
) -> Float[Tensor, "source frequency component receiver part"]:
    """All spectra, one frequency after the other."""
    with torch.no_grad():
        number = op.codomain.shape[1]
        return torch.cat([op.select(frequency=[k])(earth) for k in range(number)], 1)  # type: ignore[attr-defined]


def per_hundred(value: float) -> str:
    """0.53 as ``53 %``; a dash where there is none."""
    return "—" if math.isnan(value) else f"{100 * value:.0f} %"
