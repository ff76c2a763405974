"""From a record to one waveform: which component carries the wave, and everything that is done to it on the way."""

import logging
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from seisgrad._lazy import extra
from seisgrad.dispersion.components import read_response, remove_response, rotate
from seisgrad.dispersion.geometry import Event, GreatCircle
from seisgrad.dispersion.survey import Wave
from seisgrad.errors import InputError

if TYPE_CHECKING:
    from obspy import Inventory, Stream, Trace
    from obspy.core.inventory import Response

log = logging.getLogger(__name__)

Real = NDArray[np.float64]
Window = tuple[float, float]  # s after the origin

_LONGEST_TAPER = 0.05  # of the record, at either end
_SHORTEST_TAPER = 0.01


@dataclass(frozen=True)
class Waveform:
    """One component, evenly sampled and free of gaps: what the analysis sees.

    Attributes:
        samples: the signal ``[time]``, in counts, or in m/s where the response was removed.
        across: the radial component beside a rotated transverse one, ``[time]``.
        interval: s between samples.
        start: time of the first sample, s after the source's origin time.
        taper: s over which the signal was faded in and out.
        channel: where it came from.
        notes: what was done, one sentence each.
    """

    samples: Real
    across: Real | None
    interval: float
    start: float
    taper: float
    channel: str
    notes: tuple[str, ...]

    @property
    def end(self) -> float:
        """Time of the last sample, s after the origin."""
        return self.start + self.interval * (len(self.samples) - 1)


def read_stream(record: "str | Path | Sequence[str | Path] | Stream | Trace") -> "Stream":
    """Float64 copies of a stream, a trace, or the traces of one or more files in any format that ObsPy reads.

    Raises:
        InputError: a file cannot be read, there is no sample, or a sample is not a finite number.
    """
    with extra("records"):
        from obspy import Stream, Trace

    if isinstance(record, Stream):
        traces = list(record)
    elif isinstance(record, Trace):
        traces = [record]
    else:
        paths = [record] if isinstance(record, str | Path) else list(record)
        traces = [trace for path in paths for trace in _read_file(Path(path))]
    stream = Stream([trace.copy() for trace in traces if trace.stats.npts > 1])
    if not len(stream):
        raise InputError(
            "the record holds no samples: give a stream, a trace or files that hold a seismogram"
        )
    for trace in stream:
        try:
            trace.data = trace.data.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise InputError(
                f"{trace.id} holds samples of type {trace.data.dtype}, expected numbers"
            ) from error
        if not np.isfinite(np.ma.compressed(trace.data)).all():
            raise InputError(
                f"{trace.id} holds samples that are not finite: cut them out, so that they are a gap"
            )
    stations = sorted({f"{trace.stats.network}.{trace.stats.station}" for trace in stream})
    if len(stations) > 1:
        names = ", ".join(stations[:5])
        raise InputError(f"the record holds {len(stations)} stations ({names}), expected one: select it")
    return stream


def _read_file(path: Path) -> "Stream":
    with extra("records"):
        from obspy import read
        from obspy.core.util.obspy_types import ObsPyException

    if not path.is_file():
        raise InputError(f"the record {path} is not a file: check the path")
    try:
        return cast("Stream", read(str(path), check_compression=False))
    # What the readers of some twenty formats raise on a file that is none of theirs or is cut short.
    except (OSError, TypeError, ValueError, LookupError, ArithmeticError, AssertionError, AttributeError,
            EOFError, NotImplementedError, struct.error, ObsPyException) as error:  # fmt: skip
        reason = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise InputError(
            f"ObsPy cannot read the record {path} ({reason}): expected miniSEED, SAC, SEISAN or another of its formats"
        ) from error


@dataclass(frozen=True)
class Request:
    """What the analysis needs of a record: the wave, the time window and the periods."""

    wave: Wave
    event: Event
    path: GreatCircle
    window: Window
    velocities: tuple[float, float]

    @property
    def letters(self) -> tuple[str, ...]:
        """Component letters that carry the wave, the best first."""
        return ("Z",) if self.wave == "rayleigh" else ("T", "NE", "12")

    def covered_by(self, trace: "Trace") -> bool:
        """Whether a trace spans the window."""
        first, last = self.span(trace)
        return first <= self.window[0] and last >= self.window[1]

    def span(self, trace: "Trace") -> Window:
        """First and last sample of a trace, s after the origin."""
        return trace.stats.starttime - self.event.origin, trace.stats.endtime - self.event.origin


def choose(stream: "Stream", request: Request) -> "list[Trace]":
    """The component(s) that carry the wave, of the instrument that spans the window with the finest sampling.

    Returns:
        One trace (vertical or transverse) or two (the horizontals), continuous, cut to the window and one window's
        length on either side.

    Raises:
        InputError: the components are missing, or none of them spans the window without a gap.
    """
    instruments: dict[tuple[str, str], list[Trace]] = {}
    for trace in stream:
        instruments.setdefault((trace.stats.location, trace.stats.channel[:-1]), []).append(trace)
    fitting = [traces for group in instruments.values() if (traces := _carriers(group, request))]
    if not fitting:
        needed = (
            "a vertical component (Z)"
            if request.wave == "rayleigh"
            else "two horizontals (N and E, 1 and 2) or T"
        )
        found = ", ".join(sorted({trace.stats.channel or "unnamed" for trace in stream}))
        raise InputError(
            f"a {request.wave} wave is measured on {needed}, but the record holds {found}: add the component"
        )
    spanning = [traces for group in fitting if (traces := _continuous(group, request))]
    if not spanning:
        raise InputError(_why_uncovered([trace for group in fitting for trace in group], request))
    return max(spanning, key=lambda traces: traces[0].stats.sampling_rate)


def _carriers(group: "list[Trace]", request: Request) -> "list[Trace]":
    """The traces of one instrument that carry the wave; none if a component is missing."""
    letters = {trace.stats.channel[-1:].upper() for trace in group}
    wanted = next((set(names) for names in request.letters if set(names) <= letters), set())
    return sorted(
        (trace for trace in group if trace.stats.channel[-1:].upper() in wanted),
        key=lambda trace: trace.stats.channel,
    )


def _continuous(traces: "list[Trace]", request: Request) -> "list[Trace]":
    """The pieces of each channel joined, and of each the one that spans the window; none if one channel has none."""
    with extra("records"):
        from obspy import Stream

    rates = {trace.stats.sampling_rate for trace in traces}
    if len(rates) > 1:
        raise InputError(
            f"{traces[0].id[:-1]}* is sampled at {sorted(rates)} Hz, expected one rate: resample it first"
        )
    joined = Stream([trace.copy() for trace in traces])
    for trace in joined:
        trace.stats.calib = 1.0  # pieces that differ here do not join, and a constant moves no arrival
    pieces = joined.merge(method=1).split()
    chosen = [piece for piece in pieces if request.covered_by(piece)]
    if len(chosen) < len({trace.id for trace in traces}):
        return []
    length = request.window[1] - request.window[0]
    first = max(
        max(piece.stats.starttime for piece in chosen), request.event.origin + request.window[0] - length
    )
    last = min(
        min(piece.stats.endtime for piece in chosen), request.event.origin + request.window[1] + length
    )
    return [piece.trim(first, last, nearest_sample=True) for piece in chosen]


def _why_uncovered(traces: "list[Trace]", request: Request) -> str:
    spans = [request.span(trace) for trace in traces]
    first, last = min(span[0] for span in spans), max(span[1] for span in spans)
    slow, fast = request.velocities
    needed = (
        f"group velocities of {slow:g} to {fast:g} km/s over {request.path.distance_km:.1f} km arrive from "
        f"{request.window[0]:.0f} to {request.window[1]:.0f} s after the origin"
    )
    if last < 0:
        return (
            f"the event's time {request.event.origin} is {-last:.0f} s after the record ends, expected before the "
            f"arrivals: {needed}, so check the event's time"
        )
    if first <= request.window[0] and last >= request.window[1]:
        return f"{needed}, and the record has a gap there: give one that is continuous or other velocities=(…, …)"
    return f"{needed}, but the record spans {first:.0f} to {last:.0f} s: give a longer one or other velocities=(…, …)"


def prepare(
    traces: "list[Trace]",
    request: Request,
    response: "str | Path | Inventory | Response | None",
    periods: Window,
) -> Waveform:
    """The waveform of the wave: detrended, tapered, the response removed where given, rotated where needed.

    Args:
        traces: from :func:`choose`.
        request: what is asked.
        response: StationXML (or what else ObsPy reads) as a path or an ``Inventory``, or one ``Response`` that holds
            for every component; None leaves the record as it is.
        periods: the shortest and the longest period that will be analysed, s.

    Raises:
        InputError: a component is dead, the horizontals do not fit together, or the response does not.
    """
    from scipy.signal import detrend

    first = traces[0]
    inventory = read_response(response)
    notes = [f"{len(first)} samples at {first.stats.sampling_rate:g} Hz of {', '.join(t.id for t in traces)}"]
    taper = _taper_length(request, first)
    for trace in traces:
        if np.ptp(trace.data) == 0:
            raise InputError(
                f"{trace.id} is the same value throughout, expected a seismogram: take another channel"
            )
        trace.data = detrend(trace.data) * _taper(len(trace), taper / trace.stats.delta)
    notes.append(f"mean and linear trend removed, {taper:.0f} s faded at either end")
    notes.append(remove_response(traces, inventory, periods))
    samples, across = first.data, None
    if len(traces) == 2:
        samples, across, note = rotate(traces, inventory, request.path.back_azimuth)
        notes.append(note)
    for note in notes:
        log.info("%s", note)
    start = first.stats.starttime - request.event.origin
    return Waveform(
        np.asarray(samples), across, first.stats.delta, start, taper, first.stats.channel, tuple(notes)
    )


def _taper_length(request: Request, trace: "Trace") -> float:
    """As long as fits outside the window on both sides, between a hundredth and a twentieth of the record."""
    first, last = request.span(trace)
    outside = min(request.window[0] - first, last - request.window[1])
    return (last - first) * float(np.clip(outside / (last - first), _SHORTEST_TAPER, _LONGEST_TAPER))


def _taper(number: int, edge: float) -> Real:
    """One, with half a cosine from zero over ``edge`` samples at either end."""
    place = np.arange(number)
    return np.sin(0.5 * np.pi * np.clip(np.minimum(place, place[::-1]) / max(edge, 1.0), 0, 1)) ** 2
