"""Noise as a network of stations recorded it, in place of the noise of Peterson's models."""

import zlib
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad._lazy import extra
from seisgrad.errors import InputError
from seisgrad.source.band import MEMORY, fast_length, frequencies, response
from seisgrad.source.event_files import read_records
from seisgrad.source.gather import SAMPLING

if TYPE_CHECKING:
    from obspy import Stream

_LANCZOS = 20  # samples on either side from which one between them is made
_PASS = 4.0  # Hz, what is left before the sampling is lowered to 10 Hz
_PADDED = 60.0  # s of zeros behind a record, so that its end does not come round to its beginning


class RecordedNoise:
    """Pieces of records of noise, each scaled to a root mean square of 1.

    What is drawn depends on the generator alone; but two generators draw from the same records. Who wants records of
    the training and of the test to differ gives each a folder of its own.

    Args:
        records: of three components each, filtered, at 10 Hz.
        length: samples of a piece.

    Raises:
        InputError: no records, or one that is shorter than a piece.
    """

    def __init__(self, records: list[Float[Tensor, "3 _"]], length: int = 1024) -> None:
        lengths = [record.shape[-1] for record in records]
        if not records or min(lengths) < length:
            raise InputError(
                f"there are {len(records)} records of noise, the shortest of {min(lengths, default=0) / SAMPLING:g} s, "
                f"expected at least one and {length / SAMPLING:g} s"
            )
        self.length = length
        self._records = [record.float() for record in records]
        choices = np.array(lengths) - length + 1
        self._ends = np.cumsum(choices)

    @property
    def checksum(self) -> int:
        """Of all records."""
        total = 0
        for record in self._records:
            total = zlib.crc32(record.numpy().tobytes(), total)
        return total

    def draw(self, number: int, rng: np.random.Generator) -> Float[Tensor, "number 3 time"]:
        """Pieces that begin anywhere, all beginnings with the same chance."""
        places = rng.integers(self._ends[-1], size=number)
        which = np.searchsorted(self._ends, places, side="right")
        first = places - np.concatenate(([0], self._ends))[which]
        pieces = [self._records[k][:, i : i + self.length] for k, i in zip(which, first, strict=True)]
        noise = torch.stack(pieces)
        return noise / noise.square().mean((1, 2), keepdim=True).sqrt().clamp(min=1e-30)


def read_noise(folder: str | Path, length: int = 1024) -> RecordedNoise:
    """Noise from a folder of records of three components, in any format that ObsPy reads.

    Instruments should be flat in velocity from 0.1 to 2 Hz, as broadband seismometers are: of the records only the
    spectrum and what three components share counts, and no response is removed. Stretches in which all three components
    are there are used where they last 20 s longer than a piece. Earthquakes in them are not looked for.

    Args:
        folder: with the files, at any depth.
        length: samples of a piece at 10 Hz; S may come 10 s less than it lasts after P.

    Raises:
        InputError: no folder, or no stretch that is long enough.
    """
    with extra("records"):
        import obspy

    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder, expected one with records of noise")
    stations: defaultdict[str, Stream] = defaultdict(obspy.Stream)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        try:
            traces = read_records(path)
        except InputError:  # lists of stations, notes and the like lie beside records
            continue
        for trace in traces:
            stations[trace.id[:-1]].append(trace)
    records = [record for _, stream in sorted(stations.items()) for record in _stretches(stream, length)]
    if not records:
        raise InputError(
            f"{folder} has no stretch of {length / SAMPLING + MEMORY:g} s in which three components of a station are "
            "recorded"
        )
    return RecordedNoise(records, length)


def _stretches(stream: "Stream", length: int) -> list[Float[Tensor, "3 _"]]:
    """Of one instrument: the stretches that all of its three components have, at 10 Hz, in the band."""
    with extra("records"):
        import obspy

    stream = stream.copy().merge(method=0)
    if len(stream) != 3:
        return []
    begin, end = max(t.stats.starttime for t in stream), min(t.stats.endtime for t in stream)
    if end - begin < length / SAMPLING + MEMORY:
        return []
    found = []
    for part in obspy.Stream(stream[:1]).slice(begin, end).split():
        first, last = part.stats.starttime, part.stats.endtime
        cut = stream.slice(first, last).split()
        if last - first < length / SAMPLING + MEMORY + 1.0 or len(cut) != 3:
            continue
        found.append(_in_band(cut))
    return found


def _in_band(stream: "Stream") -> Float[Tensor, "3 _"]:
    """At 10 Hz, through the filter of the windows, without the seconds that it needs to settle."""
    rows = []
    for trace in stream.sort():
        trace = trace.copy().detrend("linear")
        if trace.stats.sampling_rate > 2.0 * _PASS:
            trace.filter("lowpass", freq=_PASS, corners=8, zerophase=False)
        if abs(trace.stats.sampling_rate - SAMPLING) > 1e-6:
            trace.interpolate(SAMPLING, method="lanczos", a=_LANCZOS)
        rows.append(np.asarray(trace.data, np.float64))
    samples = min(len(row) for row in rows)
    raw = torch.from_numpy(np.stack([row[:samples] for row in rows]))
    padded = fast_length(samples + round(_PADDED * SAMPLING))
    filtered = torch.fft.irfft(torch.fft.rfft(raw, padded) * response(frequencies(padded)), padded)
    return filtered[:, round(MEMORY * SAMPLING) : samples]
