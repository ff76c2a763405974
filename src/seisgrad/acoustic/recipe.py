"""The dataset of this system: earths of an ensemble, a source in each, and the exact spectra at all nodes."""

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.acoustic.grid import Grid
from seisgrad.acoustic.physics import Physics
from seisgrad.acoustic.survey import Survey
from seisgrad.acoustic.wavefields import Wavefields
from seisgrad.dataset.recipe import Field
from seisgrad.operator import Space

#: Frequencies of the shipped surrogates, Hz.
FREQUENCIES: tuple[float, ...] = tuple(float(f) for f in range(1, 9))
#: Samples made and written together: half a minute of one thread.
SHARD = 32


@dataclass(frozen=True)
class AcousticRecipe(Wavefields):
    """Spectra of pressure at all nodes of the earths of an ensemble, from one unit source at random in each.

    Args:
        prior: name of the ensemble.
        seed: of the dataset, 0 to 2³² - 1.
        frequencies: Hz; by default 1 to 8 Hz by 1 Hz.
        refine: computational cells per cell of the grid; by default the fewest that keep the accuracy rule of
            :class:`Physics`.
        grid: the ensemble's own by default.

    Raises:
        InputError: an unknown ensemble, a seed or frequencies that cannot be, or a refine that is too coarse for them.
    """

    prior: str
    seed: int
    frequencies: tuple[float, ...] = FREQUENCIES
    refine: int | None = None
    grid: Grid | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "frequencies", tuple(float(f) for f in self.frequencies))
        self.settle()

    def survey(self, sources: Float[Tensor, "source 2"], grid: Grid) -> Survey:
        """Spectra at all nodes."""
        return Survey(sources, grid.nodes, torch.tensor(self.frequencies, dtype=torch.float64))

    def asked(self, physics: Physics) -> dict[str, Any]:
        """The frequencies, and for how long the waves were followed."""
        return {"frequencies": list(self.frequencies), "duration": physics.duration}

    def pressure(self, physics: Physics) -> Field:
        """``[frequency, z, x, part]``."""
        spectrum, grid = physics.codomain, physics.grid
        axes = ("frequency", "z", "x", "part")
        shape = (len(self.frequencies), *grid.shape, 2)
        coords = dict(spectrum.coords) | {"z": grid.z, "x": grid.x}
        space = Space(spectrum.name, axes, shape, spectrum.unit, coords)
        return Field(
            space, "float32", "spectrum of the pressure of a unit source on the nodes, kernel e^{-iωt}"
        )
