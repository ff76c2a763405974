"""A folder with the records of one earthquake: which files are what, what instruments there are, what was picked."""

import csv
import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from seisgrad._lazy import extra
from seisgrad.errors import InputError
from seisgrad.source.gather import PHASES, SAMPLING
from seisgrad.source.origin import Origin

if TYPE_CHECKING:
    from obspy import Inventory, Stream

_STATIONS = {".xml", ".stationxml", ".dataless", ".dless", ".seed", ".resp"}
_NO_RECORDS = {".csv", ".json", ".txt", ".md", ".pdf", ".png", ".html", ".yaml", ".yml"}
_OWN = {"event.xml", "origin.json", "picks.csv"}
_PICKED = {f"{phase.lower()}{branch}" for phase in PHASES for branch in ("", "n", "g", "b")}
_LATEST = 3600.0  # s from the origin at which nobody picks a local or regional wave
_COLUMNS = ("network", "station", "phase", "time")


class Remark(NamedTuple):
    """What was left out or is doubtful, a station, channel or file, and why, in one sentence."""

    what: str
    reason: str


class Pick(NamedTuple):
    """When somebody picked a wave, s after the origin, and where that stands, file and line."""

    time: float
    where: str


@dataclass(frozen=True)
class Instrument:
    """The channels of one instrument of a station, ``NET.STA.LOC.CHA``, and the files that hold them."""

    station: str
    channels: tuple[str, ...]
    files: tuple[Path, ...]
    rate: float

    @property
    def name(self) -> str:
        """``NET.STA.LOC.CH``, without the letter of the component."""
        return self.channels[0][:-1]

    @property
    def rank(self) -> tuple[int, int, float, str]:
        """Seismometers before accelerometers, three components before fewer, slow sampling before fast."""
        kind = "HLNG".find(self.name[-1])
        return (kind if kind >= 0 else 4, -len(self.channels), self.rate, self.name)


def files_below(folder: Path) -> tuple[list[Path], list[Path]]:
    """Files of records and files of stations below a folder, links followed, each sorted."""
    records, stations = [], []
    seen: set[str] = set()
    for where, folders, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(where)
        if real in seen:  # a link back up
            folders.clear()
            continue
        seen.add(real)
        for path in (Path(where) / name for name in names if not name.startswith(".")):
            if path.parent == folder and path.name in _OWN:
                continue
            if path.suffix.lower() in _STATIONS:
                stations.append(path)
            elif path.suffix.lower() not in _NO_RECORDS:
                records.append(path)
    return sorted(records), sorted(stations)


def read_inventory(files: list[Path], folder: Path) -> "tuple[Inventory, list[Remark]]":
    """All stations of some files, and those files that are none of ObsPy's formats.

    Raises:
        InputError: no file can be read.
    """
    with extra("records"):
        from obspy import Inventory
        from obspy import read_inventory as read

    stations, remarks = Inventory(networks=[]), []
    for file in files:
        try:
            stations += read(str(file))
        except Exception as error:  # ObsPy raises this very class for a file of no known format
            reason = f"it cannot be read as StationXML ({_first_line(error)})"
            remarks.append(Remark(str(file.relative_to(folder)), reason))
    if not stations.networks:
        found = f"; the first: {remarks[0].reason}" if remarks else ""
        raise InputError(
            f"{folder} holds no StationXML that can be read, expected the responses of its stations{found}"
        )
    return stations, remarks


def find_instruments(files: list[Path], folder: Path) -> tuple[list[Instrument], list[Remark]]:
    """What the headers of records hold, sorted by station and :attr:`Instrument.rank`; and what cannot be used.

    Raises:
        InputError: no file can be read.
    """
    channels: dict[tuple[str, str, float], dict[str, list[Path]]] = defaultdict(lambda: defaultdict(list))
    remarks: list[Remark] = []
    for file in files:
        try:
            stream = read_records(file, headers=True)
        except InputError as error:
            remarks.append(Remark(str(file.relative_to(folder)), str(error)))
            continue
        for trace in stream:
            if trace.stats.channel and trace.stats.station:
                station = f"{trace.stats.network}.{trace.stats.station}"
                key = (station, trace.id[:-1], float(trace.stats.sampling_rate))
                if file not in channels[key][trace.id]:
                    channels[key][trace.id].append(file)
    if not channels:
        found = f"; the first of {len(files)} files: {remarks[0].reason}" if remarks else ""
        raise InputError(f"{folder} holds no records that can be read, expected miniSEED or SAC{found}")
    found = []
    for (station, _, rate), some in channels.items():
        held = tuple(dict.fromkeys(file for paths in some.values() for file in paths))
        instrument = Instrument(station, tuple(sorted(some)), held, rate)
        if rate < SAMPLING:
            reason = f"it is sampled at {rate:g} Hz, expected {SAMPLING:g} Hz or more"
            remarks.append(Remark(f"{instrument.name}?", reason))
        else:
            found.append(instrument)
    return sorted(found, key=lambda one: (one.station, one.rank)), remarks


def read_records(file: Path, *, headers: bool = False) -> "Stream":
    """The traces of a file, without their samples where only headers are wanted.

    Raises:
        InputError: ObsPy cannot read it.
    """
    with extra("records"):
        from obspy import read

    try:
        return read(str(file), check_compression=False, headonly=headers)
    except Exception as error:  # ObsPy raises this very class where a file of a known format holds no trace
        raise InputError(f"it cannot be read as a record ({_first_line(error)})") from error


def read_picks(file: Path, origin: Origin) -> dict[tuple[str, str], Pick]:
    """Picks by station ``NET.STA`` and phase, of a table with the columns
    ``network,station,phase,time``; of several picks such as Pn and Pg the first in time. No file has no picks.

    Raises:
        InputError: a column is missing, or a line cannot be understood.
    """
    if not file.is_file():
        return {}
    picks: dict[tuple[str, str], Pick] = {}
    for key, pick in _picks(file, origin):
        picks[key] = min(pick, picks.get(key, pick))
    return picks


def _picks(file: Path, origin: Origin) -> Iterator[tuple[tuple[str, str], Pick]]:
    with extra("records"):
        from obspy import UTCDateTime

    with file.open(newline="", encoding="utf-8-sig") as lines:
        table = csv.DictReader(lines, skipinitialspace=True)
        missing = [name for name in _COLUMNS if name not in (table.fieldnames or ())]
        if missing:
            raise InputError(f"{file} has no column {missing[0]!r}, expected {','.join(_COLUMNS)}")
        for row in table:
            network, station, phase, time = ((row[name] or "").strip() for name in _COLUMNS)
            where = f"{file}, line {table.line_num}"
            if phase.lower() not in _PICKED:
                raise InputError(
                    f"{where}: the phase is {phase!r}, expected P or S, also with n, g or b behind"
                )
            try:
                seconds = float(UTCDateTime(time) - origin.utc)
            except (TypeError, ValueError, OverflowError) as error:
                example = "UTC such as 2019-07-16T20:11:15.2"
                raise InputError(f"{where}: the time is {time!r}, expected {example}") from error
            if abs(seconds) > _LATEST:
                raise InputError(f"{where}: the time is {seconds:.0f} s after the origin: is the date right?")
            yield (f"{network}.{station}", phase[0].upper()), Pick(seconds, where)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:120] if str(error) else type(error).__name__
