"""Named, seeded ensembles of layered earths: what a surrogate is trained on, and what an audit draws from.

Seeds, splits and rejections are those of :mod:`seisgrad.dataset.ensemble`.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from seisgrad.dataset.ensemble import Ensemble, by_name, named
from seisgrad.dataset.splits import Split
from seisgrad.dispersion.ensembles.broad import broad
from seisgrad.dispersion.ensembles.near_surface import near_surface
from seisgrad.dispersion.ensembles.parts import Profile
from seisgrad.dispersion.ensembles.tectonic import tectonic, tectonic_low_velocity
from seisgrad.dispersion.ensembles.weak import low_velocity, weak, weak_paper, wild
from seisgrad.earth import LayeredModel
from seisgrad.errors import InputError

Sampler = Callable[[np.random.Generator, NDArray[np.float64]], Profile]

#: The grid of the shipped surrogates: 256 tops at 0.5 km, the last that of the half-space.
DEPTH: Float[Tensor, "256"] = 0.5 * torch.arange(256, dtype=torch.float64)
#: The grid of ``near_surface``: 128 tops at 0.8 m.
SHALLOW_DEPTH: Float[Tensor, "128"] = 0.0008 * torch.arange(128, dtype=torch.float64)


@dataclass(frozen=True)
class Draw:
    """Models of an ensemble, and how many draws were rejected on the way, by cause."""

    model: LayeredModel
    rejected: Counter[str]


@dataclass(frozen=True)
class Prior(Ensemble):
    """A named distribution of layered earths.

    Attributes:
        name: how the command line calls it.
        sampler: one profile from a random generator and a depth grid; its docstring states the distribution.
        depth: km, the grid it is meant for.
    """

    sampler: Sampler
    depth: Float[Tensor, " depth"]

    def draw(
        self,
        number: int,
        seed: int,
        first: int = 0,
        depth: Float[Tensor, " depth"] | None = None,
        split: Split = "train",
    ) -> Draw:
        """Models ``first`` to ``first + number - 1`` of the ensemble with this seed.

        Args:
            number: of models.
            seed: not negative; other seeds share no draw with this one.
            first: index of the first model.
            depth: km, tops of the layers from 0 downwards, the last that of the half-space; its own by default.
            split: ``"train"``, ``"validation"`` or ``"test"``: models of one share no draw with those of another.

        Returns:
            A batch ``[number]`` of layered models in float64, and the rejections.

        Raises:
            InputError: a number, seed, index, split or grid that makes no sense.
        """
        grid = _as_grid(self.depth if depth is None else depth)
        where = f"a grid down to {grid[-1]:g} km; it is meant for one like 0 to {float(self.depth[-1]):g} km"
        profiles, rejected = self.samples(
            lambda rng: np.stack(self.sampler(rng, grid)), number, seed, first, split, where
        )
        vp, vs, rho = torch.from_numpy(np.stack(profiles, 1))
        thickness = torch.from_numpy(np.append(np.diff(grid), 0.0)).expand(number, -1).contiguous()
        return Draw(LayeredModel(thickness, vp, vs, rho), rejected)


def _as_grid(depth: Float[Tensor, " depth"]) -> NDArray[np.float64]:
    grid = depth.detach().numpy().astype(np.float64)
    if len(grid) < 2 or grid[0] != 0.0 or not (np.diff(grid) > 0.0).all():
        raise InputError(
            f"the depth grid has {len(grid)} values from {grid[0] if len(grid) else float('nan'):g} km, expected at "
            "least 2 that start at 0 and increase"
        )
    return grid


PRIORS = by_name(
    Prior("weak", weak, DEPTH),
    Prior("weak_paper", weak_paper, DEPTH),
    Prior("tectonic", tectonic, DEPTH),
    Prior("lvz", low_velocity, DEPTH),
    Prior("tectonic_lvz", tectonic_low_velocity, DEPTH),
    Prior("wild", wild, DEPTH),
    Prior("broad", broad, DEPTH),
    Prior("near_surface", near_surface, SHALLOW_DEPTH),
)


def prior(name: str) -> Prior:
    """The ensemble of this name.

    Raises:
        InputError: an unknown name.
    """
    return named(name, PRIORS)
