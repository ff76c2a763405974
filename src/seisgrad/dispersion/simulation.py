"""The dataset of this system: earths of an ensemble, their exact curves, and exact kernel rows of a few values."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from seisgrad.dataset.recipe import Arrays, Field, Recipe
from seisgrad.dataset.splits import Split, generator
from seisgrad.dispersion.physics import Physics
from seisgrad.dispersion.prior import SHALLOW_DEPTH, prior
from seisgrad.dispersion.sensitivity import kernels
from seisgrad.dispersion.survey import Branch, Survey
from seisgrad.earth import LayeredModel
from seisgrad.errors import InputError
from seisgrad.operator import Space

BRANCHES = (Branch("rayleigh", "phase", 0), Branch("love", "phase", 0))
#: Periods of the shipped surrogates, s.
PERIODS: tuple[float, ...] = tuple(float(t) for t in range(2, 61))
#: Periods for the uppermost hundred metres, s.
SHALLOW_PERIODS: tuple[float, ...] = tuple(np.geomspace(0.02, 0.5, 48).tolist())
ROWS = 8

#: Models whose kernels are held in memory at a time.
_BLOCK = 32
#: Stream of random numbers that chooses the rows; 0 draws the earth.
_ROW_STREAM = 1
#: What puts a value that does not exist behind all that do.
_LAST = 1e3


@dataclass(frozen=True)
class DispersionRecipe(Recipe):
    """Fundamental Rayleigh and Love phase velocities of the earths of an ensemble, on a flat earth.

    Of every sample a few rows of the Jacobian are kept: the exact kernels of (branch, period) pairs chosen at random,
    without repeats and evenly in ln T, among those whose velocity exists.

    Args:
        prior: name of the ensemble.
        seed: of the dataset, 0 to 2³² - 1.
        periods: s, increasing; by default 2 to 60 s by 1 s, or 0.02 to 0.5 s for ensembles of the uppermost 100 m.
        rows: kernel rows per sample; 0 for none.
        depth: tops of the layers, km; the ensemble's own grid by default.

    Raises:
        InputError: an unknown ensemble, or a seed or number of rows that cannot be.
    """

    prior: str
    seed: int
    periods: tuple[float, ...] = ()
    rows: int = ROWS
    depth: tuple[float, ...] = ()

    system = "dispersion"

    def __post_init__(self) -> None:
        own = prior(self.prior).depth
        shallow = float(own[-1]) <= float(SHALLOW_DEPTH[-1])
        object.__setattr__(self, "periods", tuple(self.periods) or (SHALLOW_PERIODS if shallow else PERIODS))
        object.__setattr__(self, "depth", tuple(self.depth) or tuple(own.tolist()))
        generator(self.seed, "train", 0)  # refuses a seed that cannot be
        most = len(BRANCHES) * len(self.periods)
        if not 0 <= self.rows <= most:
            raise InputError(f"rows is {self.rows}, expected 0 to {most}, one for each value of a sample")

    @property
    def physics(self) -> Physics:
        """The exact operator from ``earth`` to ``velocity``."""
        return Physics(Survey(BRANCHES, torch.tensor(self.periods, dtype=torch.float64)), self.depth)

    def settings(self) -> dict[str, Any]:
        """Ensemble, seed, curves, grid and rows."""
        return {
            "prior": self.prior,
            "distribution": prior(self.prior).description,
            "seed": self.seed,
            "branches": [str(branch) for branch in BRANCHES],
            "periods": list(self.periods),
            "depth": list(self.depth),
            "earth": "flat",
            "rows": self.rows,
        }

    def fields(self) -> dict[str, Field]:
        """``earth`` and ``velocity``, and the kernel rows where there are any."""
        physics = self.physics
        earth, velocity = physics.domain, physics.codomain
        stated = {
            "earth": Field(earth, "float32", "vp, vs and density of each layer, the last one the half-space"),
            "velocity": Field(velocity, "float32", "phase velocity; NaN where the mode does not exist"),
        }
        if not self.rows:
            return stated
        index = Space("index", ("row",), (self.rows,), "1")
        shape = (self.rows, *earth.shape)
        units = "km/s per unit of the parameter"
        rows = Space("kernel rows", ("row", "parameter", "depth"), shape, units, earth.coords)
        return stated | {
            "row_branch": Field(index, "uint8", "branch of each kernel row"),
            "row_period": Field(index, "int16", "index of the period of each kernel row"),
            "rows": Field(rows, "float32", "derivative of one velocity to vp, vs and density of each layer"),
        }

    def make(self, split: Split, first: int, number: int) -> tuple[Arrays, Counter[str]]:
        """Earths of the ensemble, their curves and rows, in blocks that fit into memory."""
        rejected: Counter[str] = Counter()
        blocks = []
        for start in range(first, first + number, _BLOCK):
            count = min(_BLOCK, first + number - start)
            grid = torch.tensor(self.depth, dtype=torch.float64)
            draw = prior(self.prior).draw(count, self.seed, start, grid, split)
            rejected += draw.rejected
            # the curves belong to the earth as it is stored, not to one that was rounded afterwards
            blocks.append(self._of(draw.model.stack().float(), split, start))
        return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}, rejected

    def _of(self, earth: Float[Tensor, "sample 3 depth"], split: Split, first: int) -> Arrays:
        physics = self.physics
        if not self.rows:
            velocity = physics(earth.double()).float()
            return {"earth": earth.numpy(), "velocity": velocity.numpy()}
        vp, vs, rho = earth.double().unbind(-2)
        model = LayeredModel(physics.thickness, vp, vs, rho)
        found = [kernels(model, physics.survey.periods, b.wave, b.kind, b.mode) for b in BRANCHES]
        velocity = torch.stack([one.velocity for one in found], -2).float()  # [sample, branch, period]
        branch, period = self._chosen(velocity.isfinite().numpy(), split, first)
        every = torch.stack([torch.stack([k.vp, k.vs, k.rho], -2) for k in found], 1)
        sample = torch.arange(len(earth))[:, None]
        rows = every[sample, torch.from_numpy(branch), torch.from_numpy(period)].float()
        return {
            "earth": earth.numpy(),
            "velocity": velocity.numpy(),
            "row_branch": branch.astype(np.uint8),
            "row_period": period.astype(np.int16),
            "rows": rows.numpy(),
        }

    def _chosen(
        self, exists: NDArray[np.bool_], split: Split, first: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Branch and period ``[sample, row]`` of the rows: existing values first, in random order.

        A period comes up in proportion to its share of the band in ln T: a curve changes as much from 2 to 4 s as from
        30 to 60 s.
        """
        flat = exists.reshape(len(exists), -1)
        share = np.tile(np.log(np.gradient(np.log(self.periods))), len(BRANCHES))
        chosen = np.empty((len(exists), self.rows), np.int64)
        for i, there in enumerate(flat):
            # drawing without replacement by weight: the largest of ln(weight) + Gumbel noise
            noise = generator(self.seed, split, first + i, _ROW_STREAM).gumbel(size=len(there))
            chosen[i] = np.argsort(-np.where(there, share + noise, share + noise - _LAST), kind="stable")[
                : self.rows
            ]
        branch, period = np.divmod(chosen, exists.shape[-1])
        return branch, period
