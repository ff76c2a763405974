"""What is asked of acoustic waves: sources, receivers, and the frequencies or times at which pressure is wanted."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.errors import InputError
from seisgrad.operator import Space
from seisgrad.waves.places import Indices, axis_of, positions, some


@dataclass(frozen=True, eq=False)
class Survey:
    """Spectra of pressure: every source at every frequency at every receiver.

    Args:
        sources: km, z then x, ``[source, 2]``.
        receivers: km, z then x, ``[receiver, 2]``; the same for all sources.
        frequencies: Hz, positive, ``[frequency]``.

    Raises:
        InputError: none of one of them, another shape, or a frequency that is not positive.
    """

    sources: Float[Tensor, "source 2"]
    receivers: Float[Tensor, "receiver 2"]
    frequencies: Float[Tensor, " frequency"]

    def __post_init__(self) -> None:
        object.__setattr__(self, "sources", positions(self.sources, "sources"))
        object.__setattr__(self, "receivers", positions(self.receivers, "receivers"))
        object.__setattr__(self, "frequencies", axis_of(self.frequencies, "frequencies", positive=True))

    @property
    def space(self) -> Space:
        """``[source, frequency, receiver, part]``, the parts real and imaginary."""
        sizes = (len(self.sources), len(self.frequencies), len(self.receivers), 2)
        coords = {"frequency": self.frequencies, "part": ("real", "imaginary")}
        return Space("pressure spectrum", ("source", "frequency", "receiver", "part"), sizes, "g/cm3", coords)

    def select(self, source: Indices | None = None, frequency: Indices | None = None) -> "Survey":
        """The survey of some sources and some frequencies, by index; all where None."""
        return Survey(some(self.sources, source), self.receivers, some(self.frequencies, frequency))


@dataclass(frozen=True, eq=False)
class Traces:
    """Traces of pressure: every source at every receiver in time.

    Args:
        sources: km, z then x, ``[source, 2]``.
        receivers: km, z then x, ``[receiver, 2]``.
        times: s, evenly spaced from 0, ``[time]``.
        wavelet: the source time function s(t) at ``times``, ``[time]``.

    Raises:
        InputError: none of one of them, another shape, or times that are not 0, Δt, 2Δt …
    """

    sources: Float[Tensor, "source 2"]
    receivers: Float[Tensor, "receiver 2"]
    times: Float[Tensor, " time"]
    wavelet: Float[Tensor, " time"]

    def __post_init__(self) -> None:
        object.__setattr__(self, "sources", positions(self.sources, "sources"))
        object.__setattr__(self, "receivers", positions(self.receivers, "receivers"))
        times = axis_of(self.times, "times", positive=False)
        object.__setattr__(self, "times", times)
        wavelet = torch.as_tensor(self.wavelet, dtype=torch.float64)
        object.__setattr__(self, "wavelet", wavelet)
        step = float(times[-1]) / max(len(times) - 1, 1)
        even = step * torch.arange(len(times), dtype=times.dtype)
        if len(times) < 2 or not torch.allclose(times, even, rtol=0.0, atol=1e-3 * step):
            raise InputError("times are not 0, Δt, 2Δt …; give at least two, evenly spaced from 0")
        if wavelet.shape != times.shape or not wavelet.isfinite().all():
            raise InputError(
                f"the wavelet has shape {tuple(wavelet.shape)}, expected {tuple(times.shape)} finite values, "
                "one per time"
            )

    @property
    def step(self) -> float:
        """Δt, s."""
        return float(self.times[-1]) / (len(self.times) - 1)

    @property
    def space(self) -> Space:
        """``[source, receiver, time]``."""
        sizes = (len(self.sources), len(self.receivers), len(self.times))
        return Space("pressure", ("source", "receiver", "time"), sizes, "g/cm3/s", {"time": self.times})

    def select(self, source: Indices | None = None) -> "Traces":
        """The survey of some sources, by index; all where None."""
        return Traces(some(self.sources, source), self.receivers, self.times, self.wavelet)
