"""Where and when an earthquake began: checked, and read from QuakeML or from a few words of JSON."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seisgrad._lazy import extra
from seisgrad.config import from_mapping, read_config
from seisgrad.errors import InputError

if TYPE_CHECKING:
    from obspy import UTCDateTime
    from obspy.core.event import Catalog
    from obspy.core.event import Event as ObspyEvent

_EXAMPLE = "UTC such as 2019-07-16T20:11:01.47"


@dataclass(frozen=True)
class Origin:
    """Origin time in UTC as ISO 8601 text, latitude and longitude in degrees, depth in km.

    Raises:
        InputError: a time that cannot be read, or a number outside its range.
    """

    time: str
    latitude: float
    longitude: float
    depth: float

    def __post_init__(self) -> None:
        with extra("records"):
            from obspy import UTCDateTime

        try:
            UTCDateTime(self.time)
        except (TypeError, ValueError, OverflowError) as error:
            raise InputError(f"the origin time is {self.time!r}, expected {_EXAMPLE}") from error
        _check("latitude", self.latitude, (-90, 90), "degrees north: is it the longitude?")
        _check("longitude", self.longitude, (-180, 360), "degrees east")
        _check("depth", self.depth, (0, 800), "km: is it in metres?")

    @property
    def utc(self) -> "UTCDateTime":
        """The origin time."""
        with extra("records"):
            from obspy import UTCDateTime

        return UTCDateTime(self.time)


def read_origin(folder: Path) -> Origin:
    """The origin in ``event.xml`` (QuakeML) or ``origin.json`` (``time,latitude,longitude,depth``, depth in km).

    Raises:
        InputError: neither or both are there, or the one cannot be used.
    """
    quakeml, few_words = folder / "event.xml", folder / "origin.json"
    there = [path for path in (quakeml, few_words) if path.is_file()]
    if len(there) != 1:
        found = "neither event.xml nor origin.json" if not there else "both event.xml and origin.json"
        raise InputError(
            f"{folder} holds {found}, expected one of them with time, latitude, longitude and depth"
        )
    if there == [few_words]:
        entries = read_config(few_words)
        for name in ("time", "latitude", "longitude", "depth"):
            if name not in entries:
                raise InputError(
                    f"{few_words} has no {name}, expected time, latitude, longitude and depth in km"
                )
        return from_mapping(Origin, entries, str(few_words))
    return origin_of(only_event(read_catalogue(quakeml), quakeml), str(quakeml))


def read_catalogue(path: Path) -> "Catalog":
    """The events of a file of QuakeML, or of another format that ObsPy knows.

    Raises:
        InputError: it cannot be read.
    """
    with extra("records"):
        from obspy import read_events
        from obspy.core.util.obspy_types import ObsPyException

    try:
        return read_events(str(path))
    except (
        OSError,
        TypeError,
        ValueError,
        LookupError,
        AttributeError,
        SyntaxError,
        ObsPyException,
    ) as error:
        reason = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise InputError(f"ObsPy cannot read the event {path} ({reason}): expected QuakeML") from error


def only_event(events: "Sequence[ObspyEvent] | Catalog", path: Path) -> "ObspyEvent":
    """The one event of a catalogue.

    Raises:
        InputError: none, or several.
    """
    if len(events) != 1:
        raise InputError(f"{path} holds {len(events)} events, expected one: cut out the one that is meant")
    return events[0]


def origin_of(event: "ObspyEvent", where: str) -> Origin:
    """The preferred origin of an event, else the last one, with its depth from metres to km.

    Raises:
        InputError: no origin, or one without a time, a place or a depth.
    """
    found: Any = event.preferred_origin() or (event.origins[-1] if event.origins else None)
    if found is None:
        raise InputError(f"{where} holds no origin: add one with time, latitude, longitude and depth")
    for name in ("time", "latitude", "longitude", "depth"):
        if getattr(found, name) is None:
            raise InputError(f"the origin in {where} has no {name}: add it")
    try:
        return Origin(
            str(found.time), float(found.latitude), float(found.longitude), float(found.depth) / 1000
        )
    except InputError as error:
        raise InputError(f"{where}: {error}") from error


def _check(name: str, value: float, limits: tuple[float, float], unit: str) -> None:
    if not (math.isfinite(value) and limits[0] <= value <= limits[1]):
        raise InputError(f"the origin's {name} is {value!r}, expected {limits[0]} to {limits[1]} {unit}")
