"""Where things are: the source, the station, and the great circle between them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from seisgrad._lazy import extra
from seisgrad.errors import InputError

if TYPE_CHECKING:
    from obspy import UTCDateTime

EPICENTRE = 1e-3  # km: nearer than this the station stands on the epicentre
ANTIPODE = 179.0  # degrees: beyond this the great circles from the source meet, and no single path exists


def _check_place(name: str, latitude: float, longitude: float) -> None:
    if not -90 <= latitude <= 90:
        raise InputError(
            f"the {name}'s latitude is {latitude!r}, expected -90 to 90 degrees north: check the order"
        )
    if not -180 <= longitude <= 360:
        raise InputError(f"the {name}'s longitude is {longitude!r}, expected -180 to 360 degrees east")


@dataclass(frozen=True)
class Event:
    """A source: latitude and longitude in degrees, depth in km, origin (or centroid) time in UTC.

    The time may be ISO 8601 text, a ``datetime`` or an ObsPy ``UTCDateTime``; :attr:`origin` is the latter.

    Raises:
        InputError: a coordinate outside its range, or a time that cannot be read.
    """

    latitude: float
    longitude: float
    depth_km: float
    time: "str | datetime | UTCDateTime"
    origin: "UTCDateTime" = field(init=False, repr=False)

    def __post_init__(self) -> None:
        with extra("records"):
            from obspy import UTCDateTime

        _check_place("event", self.latitude, self.longitude)
        if not -10 <= self.depth_km <= 800:
            raise InputError(f"the event's depth is {self.depth_km!r}, expected -10 to 800 km: give it in km")
        try:
            if not isinstance(self.time, str | datetime | UTCDateTime):
                raise TypeError(self.time)
            origin = UTCDateTime(self.time)
        except (TypeError, ValueError, OverflowError) as error:
            expected = "UTC such as 2001-01-13T17:33:32.4"
            raise InputError(f"the event's time is {self.time!r}, expected {expected}") from error
        object.__setattr__(self, "origin", origin)


@dataclass(frozen=True)
class Station:
    """A station: latitude and longitude in degrees.

    Raises:
        InputError: a coordinate outside its range.
    """

    latitude: float
    longitude: float

    def __post_init__(self) -> None:
        _check_place("station", self.latitude, self.longitude)


@dataclass(frozen=True)
class GreatCircle:
    """The great circle from source to station: length in km and azimuths in degrees, on the WGS84 ellipsoid."""

    distance_km: float
    azimuth: float
    back_azimuth: float

    @classmethod
    def between(cls, event: Event, station: Station) -> "GreatCircle":
        """The path from an event to a station.

        Raises:
            InputError: the station stands on the epicentre or near its antipode.
        """
        with extra("records"):
            from obspy.geodetics import gps2dist_azimuth, locations2degrees

        ends = (event.latitude, event.longitude, station.latitude, station.longitude)
        degrees = float(locations2degrees(*ends))
        if degrees > ANTIPODE:
            raise InputError(
                f"the station is {degrees:.2f} degrees from the event, where all paths meet, expected at most "
                f"{ANTIPODE:g}: take a station away from the antipode"
            )
        metres, azimuth, back_azimuth = gps2dist_azimuth(*ends)
        if metres / 1000 < EPICENTRE:
            raise InputError(
                f"the station at {station.latitude:g}, {station.longitude:g} stands on the epicentre (distance "
                f"{metres:.3g} m), where a group velocity has no meaning: check both coordinates"
            )
        return cls(metres / 1000, azimuth, back_azimuth)
