"""Small elastic earths, and datasets of surface waves by local modes in place of simulated ones."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seisgrad.dataset.recipe import Arrays, Field, Recipe
from seisgrad.dataset.splits import Split, generator
from seisgrad.elastic import Background, Grid, Survey
from seisgrad.elastic.learning import SurfaceSamples
from seisgrad.operator import Space

GRID = Grid((12, 24), 0.35)
FREQUENCIES = (0.3, 0.45)
RECEIVERS = tuple(np.linspace(0.5, 7.5, 12).tolist())


def earths(number: int, grid: Grid = GRID, seed: int = 1) -> Tensor:
    """Velocities that grow with depth, each with a tilt and a strength of its own, ``[earth, 3, z, x]``, float32."""
    generator = torch.Generator().manual_seed(seed)
    draw = torch.rand(3, number, 1, 1, generator=generator, dtype=torch.float64)
    z, x = grid.z[:, None], grid.x / grid.extent[1] - 0.5
    vs = 1.6 + 0.4 * draw[0] + 0.2 * z + 0.4 * (draw[1] - 0.5) * x
    return torch.stack([(1.7 + 0.1 * draw[2]) * vs, vs, 2.0 + 0.1 * vs], 1).float()


def waves(earth: Tensor, source: np.ndarray) -> np.ndarray:
    """Spectra of sources in an earth, ``[source, frequency, component, receiver, part]``."""
    return Background(GRID, survey(source), modes=1)(earth).numpy()


def survey(source: np.ndarray) -> Survey:
    """From some sources to all receivers."""
    return Survey(*(torch.as_tensor(v, dtype=torch.float64) for v in (source, RECEIVERS, FREQUENCIES)))


def samples(train: int = 12, validation: int = 4) -> SurfaceSamples:
    """Two sources in every earth."""
    rng = np.random.default_rng(3)
    made = []
    for number, seed in ((train, 1), (validation, 2)):
        earth, source = earths(number, seed=seed), rng.uniform(0.5, 7.5, (number, 2)).astype(np.float32)
        spectra = np.stack([waves(e, s) for e, s in zip(earth, source, strict=True)])
        made.append({"earth": earth.numpy(), "source": source, "spectra": spectra})
    return SurfaceSamples(*made, GRID, RECEIVERS, FREQUENCIES)


@dataclass(frozen=True)
class ToyRecipe(Recipe):
    """A dataset like that of the simulated waves."""

    seed: int

    system = "elastic"

    def settings(self) -> Mapping[str, Any]:
        return {
            "prior": "toy",
            "seed": self.seed,
            "shape": list(GRID.shape),
            "spacing": GRID.spacing,
            "receivers": list(RECEIVERS),
            "frequencies": list(FREQUENCIES),
            "force": "vertical",
            "quantity": "velocity",
        }

    def fields(self) -> Mapping[str, Field]:
        asked = survey(np.array([1.0, 2.0]))
        return {
            "earth": Field(GRID.space, "float32", "velocities and density"),
            "source": Field(Space("sources", ("source",), (2,), "km"), "float32", "along the line"),
            "spectra": Field(asked.space, "float32", "of the motion of the surface"),
        }

    def make(self, split: Split, first: int, number: int) -> tuple[Arrays, Counter[str]]:
        seeds = [generator(self.seed, split, first + i).integers(2**31) for i in range(number)]
        earth = torch.cat([earths(1, seed=int(seed)) for seed in seeds])
        source = np.stack([np.random.default_rng(s).uniform(0.5, 7.5, 2).astype(np.float32) for s in seeds])
        spectra = np.stack([waves(e, s) for e, s in zip(earth, source, strict=True)])
        return {"earth": earth.numpy(), "source": source, "spectra": spectra}, Counter()
