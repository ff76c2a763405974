"""Records and Green's functions at long periods: one filter for both, on one coarse axis of time, waves in a window."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Complex, Float
from torch import Tensor

from seisgrad.errors import InputError
from seisgrad.source.band import fast_length
from seisgrad.source.event import Event
from seisgrad.source.event_files import Remark
from seisgrad.source.gather import SAMPLING
from seisgrad.source.layered import Band, Column, elementary
from seisgrad.source.layered.solver import SHALLOWEST
from seisgrad.source.moment_tensor import from_basis
from seisgrad.source.pulses import moment_rate
from seisgrad.source.radiation import coefficients, components

#: Depths at which a mechanism is sought, km.
DEPTHS = tuple(float(depth) for depth in range(2, 26))
#: Stations below which nothing is fitted.
_DEEPEST = 700.0  # km
LEAST = 3
#: Step of the shifts in time, s.
SHIFT_STEP = 0.2

_ORDER = 3  # of the Butterworth filter at each end
_EMPTY = 3.0  # times the upper corner, from which there is nothing
_FADE = 10.0  # s over which the beginning of a record is faded in
_RINGING = 20.0  # s of Green's functions before the origin
_LEAD = 3.0  # s of the window before P
_SLOWEST = 2.2  # km/s, of the surface waves that end the window
_MODEL = 0.2  # of the signal, that Green's functions are wrong by
_APART = 15.0  # times the amplitude of the others is no earthquake's doing
_SLOW, _LEAST_SLOW = 0.05, 0.5  # of the time S needs, that velocities are usually wrong by, and s at least


@dataclass(frozen=True)
class LongPeriod:
    """What a linear fit is made of. Only stations that can be used are here.

    Attributes:
        stations: their places in the event, and
        azimuth: from the epicentre, degrees.
        records: displacement at every shift in time, m; zero outside the window and where a component was not recorded.
        greens: displacement for the unit elements of the basis of moment tensors, m per N·m, in the same window.
        weight: one over the variance of a sample.
        independent: how many samples of a station are independent of each other in the band.
        tolerance: standard deviation of the shifts that velocities explain, s: 5 % of the time that S needs.
        depths: of the Green's functions, km.
        shifts: s; a positive one says that the recorded waves are later than the computed ones.
        time: of the samples, s after the origin.
        remarks: why stations were left out.
    """

    stations: tuple[int, ...]
    azimuth: Float[Tensor, " station"]
    records: Float[Tensor, "shift station component time"]
    greens: Float[Tensor, "depth station basis component time"]
    weight: Float[Tensor, "station component"]
    independent: Float[Tensor, " station"]
    tolerance: Float[Tensor, " station"]
    depths: Float[Tensor, " depth"]
    shifts: Float[Tensor, " shift"]
    time: Float[Tensor, " time"]
    remarks: tuple[Remark, ...]


def long_period(
    event: Event,
    column: Column,
    band: tuple[float, float],
    depths: Sequence[float],
    *,
    longest_shift: float,
    basis: int,
    duration: float = 0.0,
) -> LongPeriod:
    """Filter the records of an event, and compute what they would be for each element of the basis.

    Both are displacement and go through the same causal Butterworth filters. The window of a station reaches from 3 s
    before P until surface waves of 2.2 km/s have passed, and a period of the upper corner longer. The error of a sample
    is that of its noise, which is measured before P, and a fifth of the signal, which falls with distance and is not
    known better.

    Args:
        event: ground motion.
        column: velocities around source and stations.
        band: corners, Hz.
        depths: km.
        longest_shift: s.
        basis: 5 elements without a volume change, or 6.
        duration: of the source, s, whose moment rate is a triangle.

    Raises:
        InputError: corners that make no band, a negative shift, or fewer than three stations that can be used.
    """
    check_band(band)
    check_shift(longest_shift, band)
    check_depths(depths)
    low, high = band
    every = max(1, int(SAMPLING / (10 * high)))  # samples of the records to one of the coarse axis
    step = every / SAMPLING
    ends = event.distance / _SLOWEST + 1 / high
    time = torch.arange(0.0, float(ends.max()) + step, step, dtype=torch.float64)
    shifts = SHIFT_STEP * torch.arange(
        -round(longest_shift / SHIFT_STEP), round(longest_shift / SHIFT_STEP) + 1
    )
    shifts = shifts.to(torch.float64)
    window = (time >= event.picks[:, :1] - _LEAD) & (time <= ends[:, None])

    filtered, noise = _filtered(event, band)
    recorded = _recorded(event, window, time, float(shifts.max()))
    moved = _moved(filtered, event.start, time, shifts)
    used = window[:, None] & recorded[..., None]  # [station, component, time]
    moved = torch.where(used, moved, 0.0)
    level = (moved.square().sum((0, 2, 3)) / (len(shifts) * used.sum((1, 2)).clamp(min=1))).sqrt()
    kept, remarks = _choose(event, recorded, level, low)
    if len(kept) < LEAST:
        why = f"; the first remark: {remarks[0].what}: {remarks[0].reason}" if remarks else ""
        raise InputError(
            f"{len(kept)} stations can be used between {low:g} and {high:g} Hz, expected at least {LEAST}{why}"
        )
    typical = (level * event.distance)[kept].median() / event.distance
    weight = 1.0 / (noise.square() + (_MODEL * typical).square()[:, None])
    greens = _greens(event, kept, column, band, np.asarray(depths, float), time, duration)
    return LongPeriod(
        stations=tuple(kept),
        azimuth=event.azimuth[kept],
        records=moved[:, kept],
        greens=torch.where(used[kept][:, None], greens[:, :, :basis], 0.0),
        weight=weight[kept],
        independent=2.0 * (high - low) * step * used[kept].sum((1, 2)).to(torch.float64),
        tolerance=(_SLOW * event.picks[kept, 1]).clamp(min=_LEAST_SLOW),
        depths=torch.as_tensor(np.asarray(depths, float)),
        shifts=shifts,
        time=time,
        remarks=tuple(remarks),
    )


def check_band(band: tuple[float, float]) -> None:
    """InputError where corners, Hz, make no band of long periods."""
    low, high = band
    if not 0 < low < high <= 1:
        raise InputError(f"the band is {low:g} to {high:g} Hz, expected two rising corners, at most 1 Hz")


def longest_shift_in(band: tuple[float, float]) -> float:
    """s: a quarter of the shortest period, beyond which waves begin to fit turned round."""
    return 0.25 / band[1]


def check_shift(longest: float, band: tuple[float, float]) -> None:
    """InputError where stations could be shifted until their waves fit turned round."""
    if not 0 <= longest < 0.5 / band[1]:
        raise InputError(
            f"the longest shift is {longest:g} s, expected 0 or more and less than half of the shortest period, "
            f"{0.5 / band[1]:g} s: beyond, waves fit that are turned round"
        )


def check_depths(depths: Sequence[float]) -> None:
    """InputError where there are no depths to try, km, or impossible ones."""
    wrong = [depth for depth in depths if not SHALLOWEST <= depth <= _DEEPEST]
    if wrong or not len(depths):
        found = f"a depth to try is {wrong[0]:g} km" if wrong else "there is no depth to try"
        raise InputError(f"{found}, expected {SHALLOWEST:g} to {_DEEPEST:g} km")


def _response(
    frequency: Float[Tensor, " frequency"], band: tuple[float, float]
) -> Complex[Tensor, " frequency"]:
    """Causal Butterworth filters, and a cosine to nothing at three times the upper corner."""
    from scipy.signal import butter

    corners = [2 * np.pi * corner for corner in band]
    zeros, poles, gain = butter(_ORDER, corners, "bandpass", analog=True, output="zpk")  # type: ignore[misc]
    s = 2j * torch.pi * frequency[:, None]
    values = gain * (s - torch.as_tensor(zeros)).prod(-1) / (s - torch.as_tensor(poles)).prod(-1)
    over = ((frequency / band[1] - 2.0) / (_EMPTY - 2.0)).clamp(0.0, 1.0)
    return values * (0.5 + 0.5 * torch.cos(torch.pi * over))


def _filtered(
    event: Event, band: tuple[float, float]
) -> tuple[Float[Tensor, "station component time"], Float[Tensor, "station component"]]:
    """Displacement in the band at the rate of the records, and its deviation before P."""
    there = ~event.motion.isnan()
    since = there.cumsum(-1) / (_FADE * SAMPLING)
    fade = torch.sin(0.5 * torch.pi * since.clamp(max=1.0)).square()
    samples = torch.where(there, event.motion, 0.0) * fade
    length = fast_length(samples.shape[-1] + round(4 * SAMPLING / band[0]))
    frequency = torch.fft.rfftfreq(length, 1 / SAMPLING, dtype=torch.float64)
    integral = _response(frequency, band) / (2j * torch.pi * frequency.clamp(min=frequency[1]))
    moved = torch.fft.irfft(torch.fft.rfft(samples, length) * integral, length)[..., : samples.shape[-1]]
    time = event.start + torch.arange(samples.shape[-1], dtype=torch.float64) / SAMPLING
    quiet = there & (since >= 1) & (time < event.picks[:, :1] - _LEAD)[:, None]
    power = torch.where(quiet, moved, 0.0).square().sum(-1) / quiet.sum(-1).clamp(min=1)
    return moved, power.sqrt()


def _recorded(
    event: Event, window: Bool[Tensor, "station time"], time: Float[Tensor, " time"], reach: float
) -> Bool[Tensor, "station component"]:
    """Which components have every sample from the first to the last that the window can be shifted to."""
    first = torch.where(window, time, torch.inf).amin(1) - reach - event.start
    last = torch.where(window, time, -torch.inf).amax(1) + reach - event.start
    index = torch.arange(event.motion.shape[-1]) / SAMPLING
    wanted = (index >= first[:, None] - 1e-6) & (index <= last[:, None] + 1e-6)
    whole = ~(event.motion.isnan() & wanted[:, None]).any(-1)
    return whole & ((first >= 0) & (last <= index[-1] + 1e-6))[:, None]


def _moved(
    filtered: Float[Tensor, "station component sample"],
    start: float,
    time: Float[Tensor, " time"],
    shifts: Float[Tensor, " shift"],
) -> Float[Tensor, "shift station component time"]:
    """The records at the coarse times and each shift later."""
    index = torch.round((time + shifts[:, None] - start) * SAMPLING).long()
    return filtered[..., index.clamp(0, filtered.shape[-1] - 1)].permute(2, 0, 1, 3)


def _choose(
    event: Event, recorded: Bool[Tensor, "station component"], level: Float[Tensor, " station"], low: float
) -> tuple[list[int], list[Remark]]:
    """Stations that can be used, and why others cannot."""
    remarks, kept = [], []
    for k, name in enumerate(event.stations):
        if not recorded[k].any():
            remarks.append(Remark(name, "it is not fitted: its records do not hold the surface waves"))
        elif event.lowest[k] > low:
            reason = f"it is not fitted: its sensor is deaf below {float(event.lowest[k]):.2g} Hz"
            remarks.append(Remark(name, reason))
        else:
            kept.append(k)
    spread = level * event.distance
    middle = spread[kept].median() if kept else spread.new_tensor(torch.nan)
    for k in list(kept):
        ratio = float(spread[k] / middle)
        if not 1 / _APART < ratio < _APART:
            kept.remove(k)
            reason = f"it is not fitted: its amplitude is {ratio:.2g} times that of the others: is its response right?"
            remarks.append(Remark(event.stations[k], reason))
    return kept, remarks


def _greens(
    event: Event,
    kept: list[int],
    column: Column,
    band: tuple[float, float],
    depths: np.ndarray,
    time: Float[Tensor, " time"],
    duration: float,
) -> Float[Tensor, "depth station 6 3 time"]:
    """Displacement at the stations for a ramp of moment along each element of the basis."""
    step = float(time[1] - time[0])
    before = round(_RINGING / step)
    wide = Band(before + len(time), step, _EMPTY * band[1], 4.0 * band[1])
    distance = event.distance[kept].numpy()
    start = np.full((len(depths), len(kept)), -before * step)
    traces = torch.from_numpy(elementary(column, depths, distance, start, wide))
    length = fast_length(traces.shape[-1] + round(4 / band[0] / step))
    frequency = torch.fft.rfftfreq(length, step, dtype=torch.float64)
    whole, triangle = torch.tensor(duration, dtype=torch.float64), torch.tensor(False)
    source = moment_rate(frequency, whole, triangle) * _response(frequency, band)
    filtered = torch.fft.irfft(torch.fft.rfft(traces, length) * source, length)
    filtered = filtered[..., before : before + len(time)]
    unit = from_basis(torch.eye(6, dtype=torch.float64))
    weights = coefficients(unit, event.azimuth[kept].expand(6, -1)).transpose(0, 1)  # [station, basis, 10]
    weights = weights.expand(len(depths), -1, -1, -1)
    return components(weights, filtered[:, :, None].expand(-1, -1, 6, -1, -1))
