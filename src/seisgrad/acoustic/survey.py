"""What is asked of acoustic waves: sources, receivers, and the frequencies or times at which pressure is wanted."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Complex, Float
from torch import Tensor

from seisgrad.errors import InputError
from seisgrad.operator import Space

Indices = Sequence[int] | Tensor


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
        object.__setattr__(self, "sources", _positions(self.sources, "sources"))
        object.__setattr__(self, "receivers", _positions(self.receivers, "receivers"))
        object.__setattr__(self, "frequencies", _increasing(self.frequencies, "frequencies", positive=True))

    @property
    def space(self) -> Space:
        """``[source, frequency, receiver, part]``, the parts real and imaginary."""
        sizes = (len(self.sources), len(self.frequencies), len(self.receivers), 2)
        coords = {"frequency": self.frequencies, "part": ("real", "imaginary")}
        return Space("pressure spectrum", ("source", "frequency", "receiver", "part"), sizes, "g/cm3", coords)

    def select(self, source: Indices | None = None, frequency: Indices | None = None) -> "Survey":
        """The survey of some sources and some frequencies, by index; all where None."""
        return Survey(_some(self.sources, source), self.receivers, _some(self.frequencies, frequency))


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
        object.__setattr__(self, "sources", _positions(self.sources, "sources"))
        object.__setattr__(self, "receivers", _positions(self.receivers, "receivers"))
        times = _increasing(self.times, "times", positive=False)
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
        return Traces(_some(self.sources, source), self.receivers, self.times, self.wavelet)


def as_complex(spectrum: Float[Tensor, "*batch 2"]) -> Complex[Tensor, "*batch"]:
    """Spectra with their real and imaginary parts on the last axis, as complex numbers."""
    return torch.view_as_complex(spectrum.contiguous())


def as_parts(spectrum: Complex[Tensor, "*batch"]) -> Float[Tensor, "*batch 2"]:
    """Complex spectra with real and imaginary parts on a last axis."""
    return torch.view_as_real(spectrum)


def _some(values: Tensor, indices: Indices | None) -> Tensor:
    return values if indices is None else values[torch.as_tensor(indices, dtype=torch.int64)]


def _positions(values: object, name: str) -> Tensor:
    positions = torch.as_tensor(values, dtype=torch.float64)
    if positions.ndim != 2 or positions.shape[1] != 2 or not len(positions):
        raise InputError(
            f"{name} have shape {tuple(positions.shape)}, expected ({name[:-1]}, 2): z and x in km of at least one"
        )
    if not positions.detach().isfinite().all():
        raise InputError(f"{name} hold a position that is not finite, expected z and x in km")
    return positions


def _increasing(values: object, name: str, *, positive: bool) -> Tensor:
    axis = torch.as_tensor(values, dtype=torch.float64)
    if axis.ndim != 1 or not len(axis):
        raise InputError(f"{name} have shape {tuple(axis.shape)}, expected a list of at least one")
    low = float(axis.min())
    if not axis.isfinite().all() or low < 0 or (positive and low == 0):
        raise InputError(f"{name} hold {low:g}, expected {'positive' if positive else 'finite'} numbers")
    return axis
