"""What the acoustic datasets share: earths of an ensemble, a source in each, and the exact wavefield at all nodes."""

import abc
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.acoustic.grid import Grid
from seisgrad.acoustic.physics import Physics
from seisgrad.acoustic.prior import prior
from seisgrad.acoustic.survey import Survey, Traces
from seisgrad.dataset.recipe import Arrays, Field, Recipe
from seisgrad.dataset.splits import Split, generator
from seisgrad.operator import Space


class Wavefields(Recipe):
    """Pressure at all nodes of the earths of an ensemble, from one source at random in each.

    Attributes:
        prior: name of the ensemble.
        seed: of the dataset.
        refine: computational cells per cell of the grid.
        grid: of the earths.
    """

    system = "acoustic"
    prior: str
    seed: int
    refine: int | None
    grid: Grid | None

    @abc.abstractmethod
    def survey(self, sources: Float[Tensor, "source 2"], grid: Grid) -> Survey | Traces:
        """What is asked at all nodes of the grid."""

    @abc.abstractmethod
    def asked(self, physics: Physics) -> Mapping[str, Any]:
        """The settings of the survey."""

    @abc.abstractmethod
    def pressure(self, physics: Physics) -> Field:
        """The field of one sample."""

    def settle(self) -> None:
        """Check the seed, and choose grid and refinement where they were left open."""
        object.__setattr__(self, "grid", self.grid or prior(self.prior).grid)
        generator(self.seed, "train", 0)  # refuses a seed that cannot be
        object.__setattr__(self, "refine", self.physics().refine)

    def physics(self, sources: Float[Tensor, "source 2"] | None = None) -> Physics:
        """The exact operator from an earth to its pressure at all nodes, by default of a source in the middle."""
        grid = self.grid or prior(self.prior).grid
        if sources is None:
            sources = 0.5 * torch.tensor([grid.extent], dtype=torch.float64)
        survey = self.survey(sources, grid)
        return Physics(grid, survey, velocity=prior(self.prior).velocity, refine=self.refine)

    def settings(self) -> dict[str, Any]:
        """Ensemble, seed, grid and survey, and how the waves were computed and how well."""
        physics = self.physics()
        return {
            "prior": self.prior,
            "distribution": prior(self.prior).description,
            "velocity": list(physics.velocity),
            "seed": self.seed,
            "shape": list(physics.grid.shape),
            "spacing": physics.grid.spacing,
            **self.asked(physics),
            "top": physics.top,
            "refine": physics.refine,
            "time_step": physics.time_step,
            "relative_error": physics.error,
        }

    def fields(self) -> dict[str, Field]:
        """``earth``, ``source`` and ``pressure``."""
        physics = self.physics()
        place = Space("source", ("axis",), (2,), "km", {"axis": ("z", "x")})
        return {
            "earth": Field(physics.domain, "float32", "velocity and density on the nodes"),
            "source": Field(place, "float32", "position of the source"),
            "pressure": self.pressure(physics),
        }

    def make(self, split: Split, first: int, number: int) -> tuple[Arrays, Counter[str]]:
        """Earths of the ensemble, their sources and wavefields, one after the other."""
        draw = prior(self.prior).draw(number, self.seed, first, split, self.grid)
        # the waves belong to the earth and the source as they are stored, not to ones that were rounded afterwards
        earth, source = draw.earth.float(), draw.source.float()
        physics = self.physics()
        shape = self.pressure(physics).space.shape
        pressure = np.empty((number, *shape), np.float32)
        with torch.no_grad():
            for i in range(number):
                pressure[i] = physics.moved(source[i : i + 1].double())(earth[i]).reshape(shape).numpy()
        return {"earth": earth.numpy(), "source": source.numpy(), "pressure": pressure}, draw.rejected
