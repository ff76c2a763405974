"""The dataset of this system: earths of an ensemble, sources on each, and the exact motion of the surface."""

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.dataset.recipe import Arrays, Field, Recipe
from seisgrad.dataset.splits import Split, generator
from seisgrad.elastic.ensembles.parts import HIGHEST, SLOWEST_VS
from seisgrad.elastic.grid import Grid
from seisgrad.elastic.harmonic.mesh import Resolution
from seisgrad.elastic.harmonic.operator import Harmonic
from seisgrad.elastic.physics import Physics
from seisgrad.elastic.prior import Prior, line, prior
from seisgrad.elastic.survey import Survey
from seisgrad.errors import InputError
from seisgrad.operator import Space

#: Frequencies of Zou et al. (2025), Hz.
FREQUENCIES: tuple[float, ...] = tuple(k / 40.1 for k in range(5, 21))
#: Receivers along the line, as many as theirs.
RECEIVERS = 234
#: Samples made and written together: minutes of one thread.
SHARD = 4

#: A Rayleigh wave runs at no less than this share of the lowest vs.
_SHARE_OF_S = 0.87

SOLVERS = ("harmonic", "time")
#: Of the records made by spectral elements: how fine their meshes are, and for which Rayleigh wave, km/s.
FINE = Resolution(order=(5, 2), top_cells=1.5, growth=0.25)
FINE_FOR = 1.2


@dataclass(frozen=True)
class ElasticRecipe(Recipe):
    """Spectra of the velocity of the surface of the earths of an ensemble, from vertical unit forces at random places.

    By spectral elements (``harmonic``) the work for one source is that for all, and a sample has neither the dispersion
    of a grid nor an end in time; through time, by :class:`Physics`, every source is a simulation.

    Args:
        prior: name of the ensemble.
        seed: of the dataset, 0 to 2³² - 1.
        frequencies: Hz; by default those of Zou et al. (2025), k/40.1 Hz for k = 5 … 20.
        sources: on each earth.
        receivers: evenly along the line, from 1 km to 1 km before its end.
        refine: through time: computational cells per cell of the grid; by default the fewest that keep the accuracy
            rule of :class:`Physics`.
        grid: the ensemble's own by default.
        solver: how the waves are computed.

    Raises:
        InputError: an unknown ensemble or solver, a seed, frequencies or numbers that cannot be, or a refine that is
            too coarse or of no use.
    """

    prior: str
    seed: int
    frequencies: tuple[float, ...] = FREQUENCIES
    sources: int = 1
    receivers: int = RECEIVERS
    refine: int | None = None
    grid: Grid | None = None
    solver: str = "harmonic"

    system = "elastic"
    validation = 16

    def __post_init__(self) -> None:
        object.__setattr__(self, "frequencies", tuple(float(f) for f in self.frequencies))
        usual = prior(self.prior).grid
        object.__setattr__(self, "grid", self.grid or usual)
        generator(self.seed, "train", 0)  # refuses a seed that cannot be
        for name in ("sources", "receivers"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}, expected at least 1")
        if self.solver not in SOLVERS:
            raise InputError(f"solver is {self.solver!r}, expected {' or '.join(SOLVERS)}")
        op = self.operator()
        if isinstance(op, Physics):
            object.__setattr__(self, "refine", op.refine)
        elif self.refine is not None:
            raise InputError(
                f"refine is {self.refine}, but spectral elements have no grid to refine; leave it out"
            )

    def operator(self, sources: Float[Tensor, " source"] | None = None) -> Physics | Harmonic:
        """The exact operator from an earth to what is recorded, by default of sources evenly along the line."""
        grid = self.grid or prior(self.prior).grid
        places = line(grid, self.sources) if sources is None else sources
        frequencies = torch.tensor(self.frequencies, dtype=torch.float64)
        survey = Survey(places, line(grid, self.receivers), frequencies)
        if self.solver == "harmonic":
            return Harmonic(grid, survey, slowest=FINE_FOR, resolution=FINE)
        slowest, fastest = prior(self.prior).velocity
        if (
            max(self.frequencies) > HIGHEST
        ):  # of such waves the ensemble promises no more than its lowest vs does
            slowest = min(slowest, _SHARE_OF_S * SLOWEST_VS)
        return Physics(grid, survey, velocity=(slowest, fastest), refine=self.refine)

    def settings(self) -> dict[str, Any]:
        """Ensemble, seed, grid and survey, and how the waves were computed and how well."""
        op = self.operator()
        if isinstance(op, Physics):
            computed: dict[str, Any] = {
                "velocity": list(op.velocity),
                "refine": op.refine,
                "time_step": op.time_step,
                "duration": op.duration,
                "relative_error": op.error,
            }
        else:
            fine = {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(op.resolution).items()}
            computed = {"slowest": op.slowest, "resolution": fine}
        return {
            "prior": self.prior,
            "distribution": prior(self.prior).description,
            "seed": self.seed,
            "shape": list(op.grid.shape),
            "spacing": op.grid.spacing,
            "frequencies": list(self.frequencies),
            "sources": self.sources,
            "receivers": op.survey.receivers.tolist(),
            "force": op.survey.force,
            "quantity": op.survey.quantity,
            "solver": self.solver,
            **computed,
        }

    def fields(self) -> dict[str, Field]:
        """``earth``, ``source``, ``spectra`` and ``held``."""
        op, causes = self.operator(), Prior.causes
        source = Space("source", ("source",), (self.sources,), "km")
        held = Space("held nodes", ("cause",), (len(causes),), "1", {"cause": causes})
        return {
            "earth": Field(op.domain, "float32", "vp, vs and density on the nodes"),
            "source": Field(source, "float32", "distance of the vertical unit forces along the line"),
            "spectra": Field(
                op.codomain, "float32", "spectrum of the velocity of the surface, kernel e^{-iωt}"
            ),
            "held": Field(held, "int32", "nodes in which a velocity was held at a bound"),
        }

    def make(self, split: Split, first: int, number: int) -> tuple[Arrays, Counter[str]]:
        """Earths of the ensemble, their sources and spectra, one after the other."""
        draw = prior(self.prior).draw(number, self.seed, first, split, self.grid, self.sources)
        # the waves belong to the earth and the sources as they are stored, not to ones that were rounded afterwards
        earth, source = draw.earth.float(), draw.sources.float()
        with torch.no_grad():
            spectra = [self.operator(source[i].double())(earth[i]).numpy() for i in range(number)]
        arrays = {
            "earth": earth.numpy(),
            "source": source.numpy(),
            "spectra": np.stack(spectra),
            "held": draw.held.numpy().astype(np.int32),
        }
        return arrays, draw.rejected
