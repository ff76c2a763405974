"""The dataset in time: earths of an ensemble, a source in each, and snapshots of the exact wavefield at all nodes.

The source sends a Ricker wavelet, low-passed to what the interval of the snapshots can hold: of 8 Hz and at 0.04 s,
as in Yang et al. (2021), half of it is kept at 8.5 Hz and nothing beyond 12 Hz, and its largest frequency is 6.7 Hz.
"""

import math
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
from seisgrad.acoustic.survey import Traces
from seisgrad.dataset.recipe import Arrays, Field, Recipe
from seisgrad.dataset.splits import Split, generator
from seisgrad.errors import InputError
from seisgrad.operator import Space

#: Snapshots of Yang et al. (2021), s, and the peak frequency of their Ricker wavelet, Hz.
TIMES: tuple[float, ...] = tuple(round(0.04 * i, 2) for i in range(101))
PEAK = 8.0
#: Where the low-pass keeps half, and its spread, over the sampling frequency; when the wavelet peaks, in intervals.
_HALF, _SPREAD, _DELAY = 0.34, 0.044, 12.5


@dataclass(frozen=True)
class SnapshotRecipe(Recipe):
    """Pressure at all nodes and times of the earths of an ensemble, from one source at random in each.

    Args:
        prior: name of the ensemble.
        seed: of the dataset, 0 to 2³² - 1; earths and sources are those of :class:`AcousticRecipe` with the same.
        times: s, 0, Δt, 2Δt …; by default 0 to 4 s at 0.04 s.
        refine: computational cells per cell of the grid; by default the fewest that keep the accuracy rule of
            :class:`Physics`.
        grid: the ensemble's own by default.

    Raises:
        InputError: an unknown ensemble, or a seed, times or a refine that cannot be.
    """

    prior: str
    seed: int
    times: tuple[float, ...] = TIMES
    refine: int | None = None
    grid: Grid | None = None

    system = "acoustic"

    def __post_init__(self) -> None:
        object.__setattr__(self, "times", tuple(float(t) for t in self.times))
        object.__setattr__(self, "grid", self.grid or prior(self.prior).grid)
        generator(self.seed, "train", 0)  # refuses a seed that cannot be
        step = self.times[-1] / max(len(self.times) - 1, 1) if self.times else 0.0
        if step <= 0 or not np.allclose(
            self.times, step * np.arange(len(self.times)), rtol=0, atol=1e-6 * step
        ):
            raise InputError(
                "times of snapshots are not 0, Δt, 2Δt …; give at least two, evenly spaced from 0"
            )
        object.__setattr__(self, "refine", self.physics().refine)

    def physics(self, sources: Float[Tensor, "source 2"] | None = None) -> Physics:
        """The exact operator to pressure at all nodes, at all times; by default of a source in the middle."""
        grid = self.grid or prior(self.prior).grid
        if sources is None:
            sources = 0.5 * torch.tensor([grid.extent], dtype=torch.float64)
        times = torch.tensor(self.times, dtype=torch.float64)
        wavelet = low_passed_ricker(times, self.times[1])
        survey = Traces(sources, grid.nodes, times, wavelet)
        return Physics(grid, survey, velocity=prior(self.prior).velocity, refine=self.refine)

    def settings(self) -> dict[str, Any]:
        """Ensemble, seed, grid, times and wavelet, and how the waves were computed and how well."""
        physics = self.physics()
        return {
            "prior": self.prior,
            "distribution": prior(self.prior).description,
            "velocity": list(physics.velocity),
            "seed": self.seed,
            "shape": list(physics.grid.shape),
            "spacing": physics.grid.spacing,
            "times": list(self.times),
            "peak": PEAK,
            "half_kept_at": _HALF / self.times[1],
            "delay": _DELAY * self.times[1],
            "top": physics.top,
            "refine": physics.refine,
            "time_step": physics.time_step,
            "relative_error": physics.error,
        }

    def fields(self) -> dict[str, Field]:
        """``earth``, ``source`` and ``pressure``."""
        physics = self.physics()
        place = Space("source", ("axis",), (2,), "km", {"axis": ("z", "x")})
        shape = (*physics.grid.shape, len(self.times))
        axes = {
            "z": physics.grid.z,
            "x": physics.grid.x,
            "time": torch.tensor(self.times, dtype=torch.float64),
        }
        pressure = Space("pressure", ("z", "x", "time"), shape, physics.codomain.unit, axes)
        return {
            "earth": Field(physics.domain, "float32", "velocity and density on the nodes"),
            "source": Field(place, "float32", "position of the source"),
            "pressure": Field(pressure, "float32", "pressure of a low-passed Ricker wavelet on the nodes"),
        }

    def make(self, split: Split, first: int, number: int) -> tuple[Arrays, Counter[str]]:
        """Earths of the ensemble, their sources and snapshots, one after the other."""
        draw = prior(self.prior).draw(number, self.seed, first, split, self.grid)
        earth, source = draw.earth.float(), draw.source.float()  # as they are stored
        physics, shape = self.physics(), (*earth.shape[2:], len(self.times))
        pressure = np.empty((number, *shape), np.float32)
        with torch.no_grad():
            for i in range(number):
                pressure[i] = physics.moved(source[i : i + 1].double())(earth[i]).reshape(shape).numpy()
        return {"earth": earth.numpy(), "source": source.numpy(), "pressure": pressure}, draw.rejected


def low_passed_ricker(
    times: Float[Tensor, " time"], interval: float, peak: float = PEAK
) -> Float[Tensor, " time"]:
    """A Ricker wavelet without what snapshots at ``interval`` cannot hold, 1 at its peak.

    Args:
        times: s.
        interval: s, of the snapshots.
        peak: frequency of the Ricker wavelet, Hz.
    """
    sampling = 1.0 / interval
    frequency = torch.linspace(0.0, 0.5 * sampling, 2001, dtype=times.dtype)
    share = (frequency / peak).square()
    kept = 0.5 * torch.erfc((frequency / sampling - _HALF) / (_SPREAD * math.sqrt(2.0)))
    phase = 2.0 * math.pi * frequency[:, None] * (times - _DELAY * interval)
    spectrum = share * torch.exp(-share) * kept
    return (spectrum / spectrum.sum()) @ torch.cos(phase)
