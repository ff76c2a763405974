"""Named, seeded ensembles of elastic earths with sources on them: what a surrogate is trained on and judged by.

Seeds, splits and rejections are those of :mod:`seisgrad.dataset.ensemble`. Sources come from a stream of their own: the
earth does not depend on them.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor

from seisgrad.dataset.ensemble import Ensemble, by_name, named
from seisgrad.dataset.splits import Split, generator
from seisgrad.elastic.ensembles.basin import basin
from seisgrad.elastic.ensembles.broad import broad
from seisgrad.elastic.ensembles.los_angeles import los_angeles
from seisgrad.elastic.ensembles.parts import CAUSES, Ground, finished
from seisgrad.elastic.grid import Grid

Sampler = Callable[[np.random.Generator, Grid], Ground]

#: The grid of Zou et al. (2025): 128 x 256 nodes at 0.3165 km.
GRID = Grid((128, 256), 0.3165)
#: Sources and receivers keep this distance, km, from both ends of the line.
MARGIN = 1.0

#: Stream of random numbers that places the sources; 0 draws the earth.
_SOURCE_STREAM = 1


@dataclass(frozen=True, eq=False)
class Draw:
    """Earths of an ensemble, sources on them, and what was held or rejected on the way.

    Attributes:
        earth: vp, vs (km/s) and density (g/cm³), float64.
        sources: distance along the line, km, float64.
        held: in how many nodes of each earth a velocity was held at a bound, by :attr:`Prior.causes`.
        rejected: how often each cause of a rejection came up.
    """

    earth: Float[Tensor, "sample 3 z x"]
    sources: Float[Tensor, "sample source"]
    held: Int[Tensor, "sample cause"]
    rejected: Counter[str]


@dataclass(frozen=True)
class Prior(Ensemble):
    """A named distribution of elastic earths.

    Velocities are held within bounds, and the nodes in which they had to be are counted: vs below 0.5 km/s is that of
    soil, a matter of the uppermost tens of metres and not of a node; a random field of 20 % on a mantle of 4.6 km/s
    would lead to velocities that no rock has; and hardly any has vp below 1.5 vs. An earth somewhere so slow that its
    Rayleigh wave of 0.5 Hz is shorter than six nodes is rejected: it would double the work of the exact operator.

    Attributes:
        name: how the command line calls it.
        sampler: draws the ground from a random generator and a grid; its docstring states the distribution.
        velocity: km/s, the slowest Rayleigh wave of 0.5 Hz and the highest vp: those of
            :class:`~seisgrad.elastic.Physics`.
        grid: the one it is meant for.
    """

    sampler: Sampler
    velocity: tuple[float, float] = (0.95, 10.0)
    grid: Grid = GRID
    causes = CAUSES

    def draw(
        self,
        number: int,
        seed: int,
        first: int = 0,
        split: Split = "train",
        grid: Grid | None = None,
        sources: int = 1,
    ) -> Draw:
        """Earths ``first`` to ``first + number - 1`` of the ensemble with this seed, each with its own sources.

        On a finer grid of the same extent the background, layers, basins and sources of a sample are the same ones,
        while its random fields are other draws of the same statistics; where one of the two is rejected, all differs.

        Args:
            number: of earths.
            seed: not negative; other seeds share no draw with this one.
            first: index of the first earth.
            split: ``"train"``, ``"validation"`` or ``"test"``: earths of one share no draw with those of another.
            grid: its own by default.
            sources: per earth: even along the line, 1 km from its ends. The first ones are the same however many there
                are.

        Returns:
            Earths, sources, and what was held or rejected.

        Raises:
            InputError: a number, seed, index or split that makes no sense, or correlation lengths far beyond the
                grid.
            WorkError: an ensemble that fits a grid so badly that all draws are rejected.
        """
        grid = self.grid if grid is None else grid
        self.require("sources", sources)
        where = (
            f"a grid of {grid.shape} nodes at {grid.spacing:g} km; it is meant for one of {self.grid.shape} at "
            f"{self.grid.spacing:g} km"
        )
        earths, rejected = self.samples(
            lambda rng: finished(self.sampler(rng, grid), grid, self.velocity),
            number,
            seed,
            first,
            split,
            where,
        )
        streams = (generator(seed, split, first + i, _SOURCE_STREAM) for i in range(number))
        return Draw(
            torch.from_numpy(np.stack([earth.values for earth in earths])),
            torch.from_numpy(np.stack([_placed(rng, grid, sources) for rng in streams])),
            torch.from_numpy(np.stack([earth.held for earth in earths])),
            rejected,
        )


def line(grid: Grid, number: int) -> Float[Tensor, " place"]:
    """Places evenly along the surface, from end to end without the margin, km."""
    margin = _margin(grid)
    return torch.linspace(margin, grid.extent[1] - margin, number, dtype=torch.float64)


def _placed(rng: np.random.Generator, grid: Grid, sources: int) -> NDArray[np.float64]:
    margin = _margin(grid)
    return margin + rng.random(sources) * (grid.extent[1] - 2.0 * margin)


def _margin(grid: Grid) -> float:
    return min(MARGIN, 0.25 * grid.extent[1])


PRIORS = by_name(
    Prior("los_angeles", los_angeles),
    Prior("broad", broad),
    Prior("basin", basin, (0.95, 8.5)),
)


def prior(name: str) -> Prior:
    """The ensemble of this name.

    Raises:
        InputError: an unknown name.
    """
    return named(name, PRIORS)
