"""The dataset of this system: earths of an ensemble, a source in each, and the exact wavefield at all nodes."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.acoustic.grid import Grid
from seisgrad.acoustic.physics import Physics
from seisgrad.acoustic.prior import prior
from seisgrad.acoustic.survey import Survey
from seisgrad.dataset.recipe import Arrays, Field, Recipe
from seisgrad.dataset.splits import Split, generator
from seisgrad.operator import Space

#: Frequencies of the shipped surrogates, Hz.
FREQUENCIES: tuple[float, ...] = tuple(float(f) for f in range(1, 9))
#: Samples made and written together: half a minute of one thread.
SHARD = 32


@dataclass(frozen=True)
class AcousticRecipe(Recipe):
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

    system = "acoustic"

    def __post_init__(self) -> None:
        object.__setattr__(self, "frequencies", tuple(float(f) for f in self.frequencies))
        object.__setattr__(self, "grid", self.grid or prior(self.prior).grid)
        generator(self.seed, "train", 0)  # refuses a seed that cannot be
        object.__setattr__(self, "refine", self.physics().refine)

    def physics(self, sources: Float[Tensor, "source 2"] | None = None) -> Physics:
        """The exact operator from an earth to its spectra at all nodes, by default of a source in the middle."""
        grid = self.grid or prior(self.prior).grid
        if sources is None:
            sources = 0.5 * torch.tensor([grid.extent], dtype=torch.float64)
        frequencies = torch.tensor(self.frequencies, dtype=torch.float64)
        survey = Survey(sources, grid.nodes, frequencies)
        return Physics(grid, survey, velocity=prior(self.prior).velocity, refine=self.refine)

    def settings(self) -> dict[str, Any]:
        """Ensemble, seed, grid and frequencies, and how the waves were computed and how well."""
        physics = self.physics()
        return {
            "prior": self.prior,
            "distribution": prior(self.prior).description,
            "velocity": list(physics.velocity),
            "seed": self.seed,
            "shape": list(physics.grid.shape),
            "spacing": physics.grid.spacing,
            "frequencies": list(self.frequencies),
            "top": physics.top,
            "refine": physics.refine,
            "time_step": physics.time_step,
            "duration": physics.duration,
            "relative_error": physics.error,
        }

    def fields(self) -> dict[str, Field]:
        """``earth``, ``source`` and ``pressure``."""
        physics = self.physics()
        spectrum = physics.codomain
        place = Space("source", ("axis",), (2,), "km", {"axis": ("z", "x")})
        axes = {"z": physics.grid.z, "x": physics.grid.x}
        pressure = Space(
            spectrum.name,
            ("frequency", "z", "x", "part"),
            (len(self.frequencies), *physics.grid.shape, 2),
            spectrum.unit,
            dict(spectrum.coords) | axes,
        )
        return {
            "earth": Field(physics.domain, "float32", "velocity and density on the nodes"),
            "source": Field(place, "float32", "position of the unit source"),
            "pressure": Field(pressure, "float32", "spectrum of the pressure on the nodes, kernel e^{-iωt}"),
        }

    def make(self, split: Split, first: int, number: int) -> tuple[Arrays, Counter[str]]:
        """Earths of the ensemble, their sources and spectra, one after the other."""
        draw = prior(self.prior).draw(number, self.seed, first, split, self.grid)
        # the waves belong to the earth and the source as they are stored, not to ones that were rounded afterwards
        earth, source = draw.earth.float(), draw.source.float()
        physics, shape = self.physics(), (len(self.frequencies), *earth.shape[2:], 2)
        pressure = np.empty((number, *shape), np.float32)
        with torch.no_grad():
            for i in range(number):
                pressure[i] = physics.moved(source[i : i + 1].double())(earth[i]).reshape(shape).numpy()
        return {"earth": earth.numpy(), "source": source.numpy(), "pressure": pressure}, draw.rejected
