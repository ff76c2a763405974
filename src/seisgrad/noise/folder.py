"""A plain folder of records: what is there by station, channel and day, seen from the headers alone."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from seisgrad.errors import InputError
from seisgrad.noise.quality import Rejection
from seisgrad.noise.reading import in_words, read_stream
from seisgrad.noise.settings import DAY

if TYPE_CHECKING:
    from obspy import UTCDateTime

_TRACE_NUMBERS = {"3": "Z", "1": "N", "2": "E"}  # letters of components that stand for others
_NOT_RECORDS = {
    ".xml",
    ".stationxml",
    ".dataless",
    ".dless",
    ".resp",
    ".csv",
    ".txt",
    ".json",
    ".yaml",
    ".md",
    ".pdf",
}


@dataclass(frozen=True)
class Piece:
    """One trace of one file: its channel ``NET.STA.LOC.CHA``, first and last sample in UTC, and rate in Hz; the file's
    size in bytes and when it was changed, ns."""

    path: Path
    channel: str
    start: "UTCDateTime"
    end: "UTCDateTime"
    rate: float
    size: int
    modified: int


@dataclass(frozen=True)
class Archive:
    """Records by station.

    Attributes:
        pieces: by station ``NET.STA``, of one instrument each: the channels by the letter that they count as, Z, N or
            E, and their pieces in the order of time.
        rejected: files that cannot be read, or not to their end, and stations without a channel that is wanted.
        longest: s, of any piece.
    """

    pieces: dict[str, dict[str, tuple[Piece, ...]]]
    rejected: tuple[Rejection, ...]
    longest: float

    @property
    def stations(self) -> list[str]:
        """Names, sorted."""
        return sorted(self.pieces)

    def days(self, least: float = 0.0) -> list[date]:
        """Every day in which a piece has more than ``least`` seconds, so that files which end a sample after midnight
        make no day of their own."""
        found: set[date] = set()
        for piece in (p for parts in self.pieces.values() for some in parts.values() for p in some):
            seconds = float(piece.end - piece.start)
            first = piece.start.date
            from_midnight = piece.start.hour * 3600 + piece.start.minute * 60 + piece.start.second
            for number in range(int((from_midnight + seconds) // 86400) + 1):
                inside = min(from_midnight + seconds, 86400 * (number + 1)) - max(
                    from_midnight, 86400 * number
                )
                if inside >= least:
                    found.add(first + timedelta(days=number))
        return sorted(found)

    def during(self, station: str, start: "UTCDateTime", end: "UTCDateTime") -> dict[str, list[Piece]]:
        """The pieces of a station that touch a span of time, by the letter of their channel."""
        touching = {}
        for letter, some in self.pieces.get(station, {}).items():
            first = bisect_left(some, start - self.longest, key=_start)
            last = bisect_right(some, end, key=_start)
            touching[letter] = [piece for piece in some[first:last] if piece.end >= start]
        return {letter: some for letter, some in touching.items() if some}

    def of_day(self, station: str, begin: "UTCDateTime", edge: float) -> dict[str, list[Piece]]:
        """The pieces that a station's day is made from: those that touch it or ``edge`` seconds around it, of the
        letters that touch the day itself."""
        inside = self.during(station, begin, begin + DAY - 1e-6)  # midnight is of the next day
        around = self.during(station, begin - edge, begin + DAY + edge)
        return {letter: around[letter] for letter in inside}


def scan(records: str | Path, letters: str = "ZNE", least_rate: float = 0.0) -> Archive:
    """See what a folder and the folders in it hold; only headers are read.

    Of a station with several instruments (a location and a kind of channel such as ``00.BH``) the one is taken that
    recorded for the longest time, at least as often as ``least_rate``.

    Args:
        records: the folder.
        letters: of the components that are wanted.
        least_rate: Hz.

    Raises:
        InputError: no folder, or nothing in it that can be read.
    """
    records = Path(records)
    if not records.is_dir():
        raise InputError(f"the records {records} are no folder: check the path")
    files = sorted(p for p in records.rglob("*") if p.is_file() and p.suffix.lower() not in _NOT_RECORDS)
    if not files:
        raise InputError(f"the folder {records} is empty, expected files of miniSEED or SAC in it")
    found: list[Piece] = []
    rejected: list[Rejection] = []
    for file in files:
        name = str(file.relative_to(records))
        try:
            pieces, wrong = _pieces_of(file)
        except InputError as error:
            rejected.append(Rejection("", name, str(error)))
        else:
            found += pieces
            rejected += [Rejection("", name, wrong)] if wrong else []
    if not found:
        first = rejected[0].reason if rejected else f"{files[0].name} holds no samples"
        raise InputError(f"none of the {len(files)} files in {records} can be read; the first: {first}")
    chosen = _instruments(found, letters, least_rate)
    if not chosen:
        held = ", ".join(sorted({f"{piece.channel} at {piece.rate:g} Hz" for piece in found})[:4])
        raise InputError(
            f"{records} holds no channel of component {' or '.join(letters)}, sampled at {least_rate:g} Hz or more; it "
            f"has {held}"
        )
    for name in sorted({_station(piece) for piece in found} - set(chosen)):
        have = ", ".join(sorted({f"{p.channel} at {p.rate:g} Hz" for p in found if _station(p) == name})[:4])
        wanted = f"component {' or '.join(letters)}, sampled at {least_rate:g} Hz or more"
        rejected.append(Rejection("", name, f"it has {have}, and none of {wanted}"))
    longest = max(float(piece.end - piece.start) for piece in found)
    return Archive(chosen, tuple(rejected), longest)


def span_of_day(pieces: Sequence[Piece], begin: "UTCDateTime") -> "tuple[UTCDateTime, UTCDateTime]":
    """The first and the last time of some pieces within a day."""
    return max(begin, pieces[0].start), min(begin + DAY, max(piece.end for piece in pieces))


def _pieces_of(file: Path) -> tuple[list[Piece], str]:
    """The traces of a file, and what is wrong with it, in words."""
    lies = file.stat()  # before it is read, so that what is written to it meanwhile counts as new
    stream, wrong = read_stream(file)
    pieces = [
        Piece(
            file,
            trace.id,
            trace.stats.starttime,
            trace.stats.endtime,
            float(trace.stats.sampling_rate),
            lies.st_size,
            lies.st_mtime_ns,
        )
        for trace in stream
        if trace.stats.npts > 1 and trace.stats.channel
    ]
    return pieces, in_words(stream, wrong, lies.st_size)


def _instruments(
    found: Sequence[Piece], letters: str, least_rate: float
) -> dict[str, dict[str, tuple[Piece, ...]]]:
    """The pieces of one instrument of every station."""
    grouped: dict[str, dict[str, dict[str, list[Piece]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    for piece in found:
        location, code = piece.channel.split(".")[2:]
        letter = _TRACE_NUMBERS.get(code[-1], code[-1].upper())
        if letter in letters and piece.rate >= least_rate:
            grouped[_station(piece)][f"{location}.{code[:-1]}"][letter].append(piece)
    return {
        name: {
            letter: tuple(sorted(some, key=_start))
            for letter, some in max(sorted(instruments.items()), key=lambda item: _seconds(item[1]))[
                1
            ].items()
        }
        for name, instruments in grouped.items()
    }


def _start(piece: Piece) -> "UTCDateTime":
    return piece.start


def _station(piece: Piece) -> str:
    return ".".join(piece.channel.split(".")[:2])


def _seconds(parts: dict[str, list[Piece]]) -> float:
    return sum(float(piece.end - piece.start) for some in parts.values() for piece in some)
