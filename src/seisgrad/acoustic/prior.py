"""Named, seeded ensembles of acoustic earths with sources in them: what a surrogate is trained on and judged by.

Seeds, splits and rejections are those of :mod:`seisgrad.dataset.ensemble`. Sources come from a stream of their own: the
earth does not depend on them.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from seisgrad.acoustic.ensembles.broad import broad
from seisgrad.acoustic.ensembles.heterogeneous import smooth, von_karman
from seisgrad.acoustic.ensembles.parts import checked
from seisgrad.acoustic.ensembles.sharp import layered, sharp, square
from seisgrad.acoustic.grid import Grid
from seisgrad.dataset.ensemble import Ensemble, by_name, named
from seisgrad.dataset.splits import Split, generator

Sampler = Callable[[np.random.Generator, Grid], NDArray[np.float64]]

#: The grid of Yang et al. (2021): 64 x 64 nodes at 0.16 km.
GRID = Grid((64, 64), 0.16)

#: Stream of random numbers that places the sources; 0 draws the earth.
_SOURCE_STREAM = 1


@dataclass(frozen=True, eq=False)
class Draw:
    """Earths of an ensemble, sources in them, and how many draws were rejected on the way, by cause.

    Attributes:
        earth: velocity (km/s) and density (g/cm³), float64.
        sources: z then x, km, float64.
        rejected: how often each cause came up.
    """

    earth: Float[Tensor, "sample 2 z x"]
    sources: Float[Tensor, "sample source 2"]
    rejected: Counter[str]

    @property
    def source(self) -> Float[Tensor, "sample 2"]:
        """The first source of each earth."""
        return self.sources[:, 0]


@dataclass(frozen=True)
class Prior(Ensemble):
    """A named distribution of acoustic earths.

    Attributes:
        name: how the command line calls it.
        sampler: one earth ``[2, z, x]`` from a random generator and a grid; its docstring states the distribution.
        velocity: km/s, the lowest and the highest; draws that leave it are rejected.
        grid: the one it is meant for.
    """

    sampler: Sampler
    velocity: tuple[float, float] = (2.0, 4.5)
    grid: Grid = GRID

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

        On a finer grid of the same extent the layers, bodies and sources of a sample are the same ones, while its
        random field is another draw of the same statistics; every other node of it is a draw on the coarser grid.

        Args:
            number: of earths.
            seed: not negative; other seeds share no draw with this one.
            first: index of the first earth.
            split: ``"train"``, ``"validation"`` or ``"test"``: earths of one share no draw with those of another.
            grid: its own by default.
            sources: per earth: even over the grid without a margin as wide as one cell of its own grid. The first
                ones are the same however many there are.

        Returns:
            Earths, sources and the rejections.

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
        earth, rejected = self.samples(
            lambda rng: checked(self.sampler(rng, grid), self.velocity), number, seed, first, split, where
        )
        streams = (generator(seed, split, first + i, _SOURCE_STREAM) for i in range(number))
        place = np.stack([self._placed(rng, grid, sources) for rng in streams])
        return Draw(torch.from_numpy(np.stack(earth)), torch.from_numpy(place), rejected)

    def _placed(self, rng: np.random.Generator, grid: Grid, sources: int) -> NDArray[np.float64]:
        extent = np.array(grid.extent)
        margin = min(self.grid.spacing, 0.25 * float(extent.min()))
        return margin + rng.random((sources, 2)) * (extent - 2.0 * margin)


PRIORS = by_name(
    Prior("von_karman", von_karman, (2.0, 4.0)),
    Prior("broad", broad),
    Prior("layered", layered),
    Prior("square", square, (2.0, 4.0)),
    Prior("smooth", smooth, (2.0, 4.0)),
    Prior("sharp", sharp),
)


def prior(name: str) -> Prior:
    """The ensemble of this name.

    Raises:
        InputError: an unknown name.
    """
    return named(name, PRIORS)
