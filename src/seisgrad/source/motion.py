"""From the record of one channel to ground velocity at even times: checked, response removed, resampled."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seisgrad._lazy import extra
from seisgrad.errors import InputError
from seisgrad.source.band import fast_length
from seisgrad.source.gather import HALF_WINDOW, SAMPLING
from seisgrad.source.response import Counts

if TYPE_CHECKING:
    from obspy import Trace, UTCDateTime

Real = NDArray[np.float64]

#: Hz up to which ground motion is whole, and beyond which there is none.
TOP = (3.0, 4.0)
#: Hz from which on ground motion is whole where the sensor and the length of the record allow it.
LOWEST = 0.01
#: Hz, of responses.
RANGE = (0.5 * LOWEST, TOP[1])

_FADE = 5.0  # s at both ends of a record that its tapering spoils
_MARGIN = 60.0  # s of the record around the axis that go through the filter with it
_LANCZOS = 20  # samples on either side from which one between them is made
_LOUD, _FINE = 500, 5000  # counts, below which equal samples at a peak, or equal peaks, are the rule
_FLAT = 4  # equal samples at the very top or bottom
_PLATEAUS = 3  # peaks of one height


class Axis(NamedTuple):
    """Even times at :data:`SAMPLING`: the origin, the first sample in s after it, and how many there are."""

    origin: "UTCDateTime"
    start: float
    samples: int


class WrongTime(InputError):
    """The records of a channel are of another time than the waves."""


def channel_motion(
    traces: "Sequence[Trace]", response: Counts, axis: Axis, arrivals: tuple[float, float]
) -> tuple[Real, float]:
    """Ground velocity, m/s, at the times of an axis, NaN where there is none.

    The run of samples without a gap that holds the waves from P to S loses its trend, is faded at both ends, divided by
    the response within (half of the lowest frequency, the lowest frequency, 3 Hz, 4 Hz), and interpolated to 10 Hz.
    The faded ends are NaN.

    Args:
        traces: of one channel, raw.
        response: of the channel, within :data:`RANGE`.
        axis: times.
        arrivals: of P and S, s after the origin.

    Returns:
        Samples ``[time]`` and the lowest whole frequency, Hz.

    Raises:
        WrongTime: all samples are before or after the waves.
        InputError: anything else that makes the channel useless, in one sentence.
    """
    run = _run_with(traces, axis, arrivals)
    end = axis.start + axis.samples / SAMPLING
    run.trim(axis.origin + (axis.start - _MARGIN), axis.origin + (end + _MARGIN))
    _check_samples(run.data)
    run.detrend("linear").taper(None, max_length=_FADE)
    lowest = max(response.lowest, LOWEST, 2.0 / (len(run) * run.stats.delta))
    run.data = _divided(run.data, float(run.stats.delta), response, (0.5 * lowest, lowest, *TOP))
    return _on_axis(run, axis), lowest


def _divided(
    samples: Real, step: float, response: Counts, corners: tuple[float, float, float, float]
) -> Real:
    """Samples divided by a response between the inner corners, fading to nothing at the outer ones, Hz."""
    length = fast_length(2 * len(samples))
    spectrum = np.fft.rfft(samples, length)
    frequency = np.fft.rfftfreq(length, step).astype(np.float64)
    inside = (frequency > corners[0]) & (frequency < corners[3])
    moved = np.zeros_like(spectrum)
    f = frequency[inside]
    fade = _cosine((f - corners[0]) / (corners[1] - corners[0])) * _cosine(
        (corners[3] - f) / (corners[3] - corners[2])
    )
    moved[inside] = spectrum[inside] * fade / response.at(f)
    return np.fft.irfft(moved, length)[: len(samples)]


def _cosine(place: Real) -> Real:
    """From 0 at 0 to 1 at 1 and beyond, smoothly."""
    return 0.5 - 0.5 * np.cos(np.pi * np.clip(place, 0.0, 1.0))


def _run_with(traces: "Sequence[Trace]", axis: Axis, arrivals: tuple[float, float]) -> "Trace":
    """The run of samples without a gap from well before P to after S."""
    with extra("records"):
        from obspy import Stream

    if len({trace.stats.sampling_rate for trace in traces}) > 1:
        raise InputError("its traces have different sampling rates: keep those of one")
    for trace in traces:
        if np.ma.is_masked(trace.data) or not np.isfinite(trace.data).all():
            raise InputError(
                "it holds samples that are not finite numbers: cut them out, so that they are a gap"
            )
    joined = Stream([trace.copy() for trace in traces])
    for trace in joined:
        trace.data = trace.data.astype(np.float64)
    runs = [run for run in joined.merge(method=1).split() if len(run) > 1]
    begin, end = arrivals[0] - HALF_WINDOW, arrivals[1] + HALF_WINDOW
    spans = [
        (float(run.stats.starttime - axis.origin), float(run.stats.endtime - axis.origin)) for run in runs
    ]
    for run, span in zip(runs, spans, strict=True):
        if span[0] + _FADE <= begin and span[1] - _FADE >= end:
            return run
    if not runs or spans[0][0] > arrivals[0] or spans[-1][1] < arrivals[1]:
        there = f"{spans[0][0]:.1f} to {spans[-1][1]:.1f} s after the origin" if runs else "not there"
        raise WrongTime(
            f"its records are {there}, and P is at {arrivals[0]:.1f} s and S at {arrivals[1]:.1f} s: check the "
            "time and the place of the origin"
        )
    holes = [(a[1], b[0]) for a, b in pairwise(spans) if b[0] > begin and a[1] < end]
    if holes:
        raise InputError(
            f"it has a gap of {holes[0][1] - holes[0][0]:.1f} s at {holes[0][0]:.1f} s after the origin"
        )
    raise InputError(
        f"its records, {spans[0][0]:.1f} to {spans[-1][1]:.1f} s after the origin, do not hold the windows of "
        f"P and S and {_FADE:g} s around them, {begin - _FADE:.1f} to {end + _FADE:.1f} s"
    )


def _check_samples(samples: Real) -> None:
    """InputError where a raw record stands still or is clipped."""
    low, high = float(samples.min()), float(samples.max())
    if np.count_nonzero(np.diff(samples)) < 0.1 * len(samples):
        raise InputError("it stands still at one value: a dead channel")
    if high - low < _LOUD:
        return
    for peak in (low, high):
        top = np.abs(samples - peak) <= 1e-3 * (high - low)
        first = np.flatnonzero(np.diff(top.astype(np.int8), prepend=0) == 1)
        plateaus = high - low >= _FINE and len(first) >= _PLATEAUS
        if plateaus or _longest(samples == peak) >= _FLAT:
            raise InputError(f"it is clipped: its peaks are cut off at {peak:.6g} counts")


def _longest(true: NDArray[np.bool_]) -> int:
    """The length of the longest run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], true, [False])).astype(np.int8)))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def _on_axis(run: "Trace", axis: Axis) -> Real:
    """The samples of an axis, without the faded ends."""
    begin = float(run.stats.starttime - axis.origin) + _FADE - axis.start
    end = float(run.stats.endtime - axis.origin) - _FADE - axis.start
    first, last = max(int(np.ceil(begin * SAMPLING)), 0), min(int(end * SAMPLING), axis.samples - 1)
    motion = np.full(axis.samples, np.nan)
    if last < first:
        return motion
    start = axis.origin + (axis.start + first / SAMPLING)
    run.interpolate(SAMPLING, method="lanczos", starttime=start, npts=last - first + 1, a=_LANCZOS)
    motion[first : last + 1] = run.data
    return motion
