"""The dataset in time: earths of an ensemble, a source in each, and snapshots of the exact wavefield at all nodes.

The source sends a Ricker wavelet, low-passed to what the interval of the snapshots can hold: of 8 Hz and at 0.04 s,
as in Yang et al. (2021), half of it is kept at 8.5 Hz and nothing beyond 12 Hz, and its largest frequency is 6.7 Hz.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.acoustic.grid import Grid
from seisgrad.acoustic.physics import Physics
from seisgrad.acoustic.survey import Traces
from seisgrad.acoustic.wavefields import Wavefields
from seisgrad.dataset.recipe import Field
from seisgrad.errors import InputError
from seisgrad.operator import Space

#: Snapshots of Yang et al. (2021), s, and the peak frequency of their Ricker wavelet, Hz.
TIMES: tuple[float, ...] = tuple(round(0.04 * i, 2) for i in range(101))
PEAK = 8.0
#: Where the low-pass keeps half, and its spread, over the sampling frequency; when the wavelet peaks, in intervals.
_HALF, _SPREAD, _DELAY = 0.34, 0.044, 12.5


@dataclass(frozen=True)
class SnapshotRecipe(Wavefields):
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

    def __post_init__(self) -> None:
        object.__setattr__(self, "times", tuple(float(t) for t in self.times))
        step = self.times[-1] / max(len(self.times) - 1, 1) if self.times else 0.0
        if step <= 0 or not np.allclose(
            self.times, step * np.arange(len(self.times)), rtol=0, atol=1e-6 * step
        ):
            raise InputError(
                "times of snapshots are not 0, Δt, 2Δt …; give at least two, evenly spaced from 0"
            )
        self.settle()

    def survey(self, sources: Float[Tensor, "source 2"], grid: Grid) -> Traces:
        """Pressure at all nodes, at all times."""
        times = torch.tensor(self.times, dtype=torch.float64)
        return Traces(sources, grid.nodes, times, low_passed_ricker(times, self.times[1]))

    def asked(self, physics: Physics) -> dict[str, Any]:
        """The times, and the wavelet."""
        return {
            "times": list(self.times),
            "peak": PEAK,
            "half_kept_at": _HALF / self.times[1],
            "delay": _DELAY * self.times[1],
        }

    def pressure(self, physics: Physics) -> Field:
        """``[z, x, time]``."""
        grid = physics.grid
        times = torch.tensor(self.times, dtype=torch.float64)
        axes = {"z": grid.z, "x": grid.x, "time": times}
        shape = (*grid.shape, len(times))
        space = Space("pressure", ("z", "x", "time"), shape, physics.codomain.unit, axes)
        return Field(space, "float32", "pressure of a low-passed Ricker wavelet on the nodes")


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
