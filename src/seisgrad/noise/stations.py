"""Where the stations stand, where their components point and how their instruments respond: StationXML or dataless."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seisgrad._lazy import extra
from seisgrad.dispersion.components import open_inventory
from seisgrad.errors import InputError
from seisgrad.noise.correlations import Place

if TYPE_CHECKING:
    from obspy import Inventory, UTCDateTime
    from obspy.core.inventory import Channel, Response

Real = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]

_SUFFIXES = {".xml", ".stationxml", ".dataless", ".dless", ".seed", ".resp"}
_POINTS = 200  # per decade of frequency, at which a response is evaluated before it is interpolated


def read_stations(path: str | Path) -> "Inventory":
    """All stations of a file or of the files of a folder and the folders in it.

    Raises:
        InputError: nothing is there, or a file cannot be read.
    """
    with extra("records"):
        from obspy import Inventory

    path = Path(path)
    if not path.exists():
        raise InputError(f"the stations {path} are neither a file nor a folder: check the path")
    there = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    files = [file for file in there if file.suffix.lower() in _SUFFIXES] or there
    if not files:
        raise InputError(f"the folder {path} is empty, expected StationXML or dataless SEED in it")
    stations = Inventory(networks=[])
    for file in files:
        stations += open_inventory(file, "stations", "StationXML or dataless SEED")
    return stations


def place_of(stations: "Inventory", name: str) -> Place:
    """Where ``NET.STA`` stands.

    Raises:
        InputError: it is not among the stations, or at places more than 100 m apart.
    """
    with extra("records"):
        from obspy.geodetics import gps2dist_azimuth

    network, _, station = name.partition(".")
    found = [entry for part in stations.select(network=network, station=station) for entry in part]
    if not found:
        raise InputError(f"{name} is not among the stations: give the StationXML that holds it")
    first = found[0]
    for entry in found[1:]:
        moved = gps2dist_azimuth(first.latitude, first.longitude, entry.latitude, entry.longitude)[0]
        if moved > 100:
            raise InputError(f"{name} stands at places {moved:.0f} m apart in the stations: keep one of them")
    return Place(name, float(first.latitude), float(first.longitude))


def channel_of(stations: "Inventory", channel: str, start: "UTCDateTime", end: "UTCDateTime") -> "Channel":
    """The entry of ``NET.STA.LOC.CHA`` between two times.

    Raises:
        InputError: there is none, or the instrument is exchanged for another in between.
    """
    network, station, location, code = channel.split(".")
    chosen = stations.select(
        network=network, station=station, location=location, channel=code, starttime=start, endtime=end
    )
    entries = [entry for part in chosen for found in part for entry in found]
    there = [entry for entry in entries if entry.is_active(time=start)]
    if not there:
        raise InputError(
            f"the stations hold nothing for {channel} on {start.date}: give the StationXML of this channel"
        )
    # at the time when an entry ends the next one begins, and both say that they hold
    entry = max(there, key=lambda entry: entry.start_date.ns if entry.start_date else -np.inf)
    for later in entries:
        if (
            later.start_date
            and start < later.start_date < end
            and instrument_of(later) != instrument_of(entry)
        ):
            raise InputError(
                f"the response or direction of {channel} changes on this day, at {later.start_date}"
            )
    return entry


def instrument_of(entry: "Channel", *, response: bool = True) -> list[Any]:
    """Azimuth, dip and, if asked for, all numbers of the response, in values that JSON can hold."""
    return [_plain(entry.azimuth), _plain(entry.dip), _plain(entry.response) if response else None]


def _plain(value: Any) -> Any:
    """A response of ObsPy, which is objects in objects."""
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float):
        return float(value)
    if isinstance(value, complex):
        return [value.real, value.imag]
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    held = getattr(value, "__dict__", None)
    if held is None:
        return str(value)
    return {name: _plain(each) for name, each in held.items() if each is not None and not _is_words(name)}


def _is_words(name: str) -> bool:
    return name in ("resource_id", "resource_id2", "name", "comments", "extra") or name.endswith(
        "description"
    )


def response_of(entry: "Channel", channel: str, frequency: Real) -> ComplexArray:
    """Counts per m/s at frequencies above 0.

    The response is evaluated at some hundred frequencies and its logarithm interpolated between them, which is exact
    to 1e-6 for what instruments do inside their band.

    Raises:
        InputError: the stations hold no response of this channel, or one that cannot be evaluated.
    """
    with extra("records"):
        from obspy.core.util.obspy_types import ObsPyException
    from scipy.interpolate import CubicSpline

    response: Response | None = entry.response
    missing = f"the response of {channel} is missing in the stations: add it, or leave the responses in"
    if response is None or not (response.response_stages or response.instrument_sensitivity):
        raise InputError(missing)
    low, high = float(np.log(frequency[0])), float(np.log(frequency[-1]))
    number = max(16, int(_POINTS * (high - low) / np.log(10)))
    nodes = np.linspace(low, high, number)
    try:
        values = response.get_evalresp_response_for_frequencies(np.exp(nodes), output="VEL")
    except (ValueError, LookupError, AttributeError, TypeError, NotImplementedError, ObsPyException) as error:
        raise InputError(
            f"the response of {channel} cannot be evaluated ({error}): check its StationXML"
        ) from error
    if not np.isfinite(values).all() or np.abs(values).min() == 0:
        raise InputError(f"the response of {channel} is zero or not finite in the band: check its StationXML")
    logarithm = np.log(np.abs(values)) + 1j * np.unwrap(np.angle(values))
    return np.exp(CubicSpline(nodes, logarithm)(np.log(frequency)))


def to_vertical_north_east(entries: "Sequence[Channel]", codes: Sequence[str]) -> Real:
    """The matrix that turns three components into up, north and east, from the directions in which they point.

    Args:
        entries: of the three channels.
        codes: their names, for what an entry does not say: ``BHZ`` is up, ``BHN`` north, ``BHE`` east.

    Raises:
        InputError: a direction is not known, or the three do not span space.
    """
    pointing = np.array([_direction(entry, code) for entry, code in zip(entries, codes, strict=True)])
    if abs(np.linalg.det(pointing)) < 0.1:
        raise InputError(
            f"{', '.join(codes)} point in directions that lie in one plane: check their azimuth and dip"
        )
    return np.linalg.inv(pointing)


def _direction(entry: "Channel", code: str) -> tuple[float, float, float]:
    """Up, north and east of a unit vector along a component."""
    usual = {"Z": (0.0, -90.0), "N": (0.0, 0.0), "E": (90.0, 0.0)}.get(code[-1].upper(), (None, None))
    azimuth = usual[0] if entry.azimuth is None else float(entry.azimuth)
    dip = usual[1] if entry.dip is None else float(entry.dip)
    if azimuth is None or dip is None:
        raise InputError(f"where {code} points is not known: give azimuth and dip in its StationXML")
    azimuth, dip = np.radians(azimuth), np.radians(dip)
    return -float(np.sin(dip)), float(np.cos(dip) * np.cos(azimuth)), float(np.cos(dip) * np.sin(azimuth))
