"""Named, seeded ensembles of layered earths: what a surrogate is trained on, and what an audit draws from.

Model ``i`` of an ensemble depends on the seed, the split and ``i`` alone, so that it is the same whether it is drawn
alone, in a batch, in another order or on another machine; no seed of one split ever meets one of another. A draw that
is no earth is rejected and made again; the rejections are counted by cause.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from seisgrad.dataset.splits import Split, generator
from seisgrad.dispersion.ensembles.broad import broad
from seisgrad.dispersion.ensembles.near_surface import near_surface
from seisgrad.dispersion.ensembles.parts import Profile, Rejected
from seisgrad.dispersion.ensembles.tectonic import tectonic, tectonic_low_velocity
from seisgrad.dispersion.ensembles.weak import low_velocity, weak, weak_paper, wild
from seisgrad.earth import LayeredModel
from seisgrad.errors import InputError, WorkError

Sampler = Callable[[np.random.Generator, NDArray[np.float64]], Profile]

#: The grid of the shipped surrogates: 256 tops at 0.5 km, the last that of the half-space.
DEPTH: Float[Tensor, "256"] = 0.5 * torch.arange(256, dtype=torch.float64)
#: The grid of ``near_surface``: 128 tops at 0.8 m.
SHALLOW_DEPTH: Float[Tensor, "128"] = 0.0008 * torch.arange(128, dtype=torch.float64)

#: Draws in a row that may be rejected before something must be wrong with the grid.
_PATIENCE = 1000


@dataclass(frozen=True)
class Draw:
    """Models of an ensemble, and how many draws were rejected on the way, by cause."""

    model: LayeredModel
    rejected: Counter[str]


@dataclass(frozen=True)
class Prior:
    """A named distribution of layered earths.

    Attributes:
        name: how the command line calls it.
        sampler: one profile from a random generator and a depth grid; its docstring states the distribution.
        depth: km, the grid it is meant for.
    """

    name: str
    sampler: Sampler
    depth: Float[Tensor, " depth"]

    @property
    def description(self) -> str:
        """The distribution in words."""
        return " ".join((self.sampler.__doc__ or "").split())

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
        if number < 1:
            raise InputError(f"number {number} of prior {self.name!r} is too small, expected at least 1")
        rejected: Counter[str] = Counter()
        profiles = np.empty((3, number, len(grid)))
        for i in range(number):
            profiles[:, i] = self._one(generator(seed, split, first + i), grid, rejected)
        vp, vs, rho = (torch.from_numpy(p) for p in profiles)
        thickness = torch.from_numpy(np.append(np.diff(grid), 0.0)).expand(number, -1).contiguous()
        return Draw(LayeredModel(thickness, vp, vs, rho), rejected)

    def _one(
        self, rng: np.random.Generator, grid: NDArray[np.float64], rejected: Counter[str]
    ) -> NDArray[np.float64]:
        for _ in range(_PATIENCE):
            try:
                return np.stack(self.sampler(rng, grid))
            except Rejected as cause:
                rejected[str(cause)] += 1
        raise WorkError(
            f"prior {self.name!r} rejected {_PATIENCE} draws in a row on a grid down to {grid[-1]:g} km; "
            f"it is meant for one like 0 to {float(self.depth[-1]):g} km"
        )


def _as_grid(depth: Float[Tensor, " depth"]) -> NDArray[np.float64]:
    grid = depth.detach().numpy().astype(np.float64)
    if len(grid) < 2 or grid[0] != 0.0 or not (np.diff(grid) > 0.0).all():
        raise InputError(
            f"the depth grid has {len(grid)} values from {grid[0] if len(grid) else float('nan'):g} km, expected at "
            "least 2 that start at 0 and increase"
        )
    return grid


PRIORS: dict[str, Prior] = {
    prior.name: prior
    for prior in (
        Prior("weak", weak, DEPTH),
        Prior("weak_paper", weak_paper, DEPTH),
        Prior("tectonic", tectonic, DEPTH),
        Prior("lvz", low_velocity, DEPTH),
        Prior("tectonic_lvz", tectonic_low_velocity, DEPTH),
        Prior("wild", wild, DEPTH),
        Prior("broad", broad, DEPTH),
        Prior("near_surface", near_surface, SHALLOW_DEPTH),
    )
}


def prior(name: str) -> Prior:
    """The ensemble of this name.

    Raises:
        InputError: an unknown name.
    """
    if name not in PRIORS:
        raise InputError(f"there is no prior {name!r}, expected one of {', '.join(PRIORS)}")
    return PRIORS[name]
