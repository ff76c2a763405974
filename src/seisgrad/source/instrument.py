"""The channels of one instrument together: from where they point to up, away from the source and clockwise."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from seisgrad.errors import InputError
from seisgrad.source.event_files import Instrument, read_records
from seisgrad.source.motion import LOWEST, RANGE, Axis, Real, channel_motion
from seisgrad.source.response import counts_per_velocity

if TYPE_CHECKING:
    from obspy import Inventory
    from obspy.core.inventory import Channel

_USUAL = {"Z": (0.0, -90.0), "N": (0.0, 0.0), "E": (90.0, 0.0)}  # azimuth and dip by the letter of a channel
_TOLERANCE = 1e-3  # of a unit vector that the channels do not span
_STEEPNESS = 0.1  # least singular value of the directions, below which channels point the same way


class Motion(NamedTuple):
    """What an instrument says of the ground.

    Attributes:
        velocity: Z, R and T, ``[3, time]`` in m/s, NaN where there is none.
        lowest: Hz from which on all of it is whole.
        faults: by channel, why it could not be used.
        doubts: by channel, what was not taken as it stands.
    """

    velocity: Real
    lowest: float
    faults: dict[str, InputError]
    doubts: dict[str, str]

    @property
    def components(self) -> int:
        """How many of Z, R and T there are."""
        return int(np.isfinite(self.velocity).any(1).sum())


def instrument_motion(
    instrument: Instrument,
    stations: "Inventory",
    axis: Axis,
    arrivals: tuple[float, float],
    back_azimuth: float,
) -> Motion:
    """Ground velocity of an instrument at the times of an axis.

    Args:
        instrument: with the files that hold its records.
        stations: with responses and directions.
        axis: times.
        arrivals: of P and S, s after the origin.
        back_azimuth: from the station to the source, degrees.
    """
    records = [trace for file in instrument.files for trace in read_records(file)]
    directions: list[Real] = []
    motions: list[Real] = []
    lowest, faults, doubts = LOWEST, {}, {}
    for channel in instrument.channels:
        try:
            entry = channel_entry(stations, channel, axis)
            response = counts_per_velocity(entry.response, RANGE)
            direction = _direction(entry, channel)
            traces = [trace for trace in records if trace.id == channel]
            motion, low = channel_motion(traces, response, axis, arrivals)
        except InputError as error:
            faults[channel] = error
            continue
        if response.doubt:
            doubts[channel] = response.doubt
        directions.append(direction)
        motions.append(motion)
        lowest = max(lowest, low)
    velocity = _radial(_up_north_east(directions, motions, axis.samples), back_azimuth)
    return Motion(velocity, lowest, faults, doubts)


def channel_entry(stations: "Inventory", channel: str, axis: Axis) -> "Channel":
    """The entry of ``NET.STA.LOC.CHA`` at the origin time; where its location is not known, the only one of its name.

    Raises:
        InputError: there is none.
    """
    network, station, location, code = channel.split(".")
    codes = {"network": network, "station": station, "channel": code, "time": axis.origin}
    entries = [c for part in stations.select(**codes) for found in part for c in found]
    exact = [entry for entry in entries if entry.location_code == location]
    if exact or len(entries) == 1:
        return (exact or entries)[0]
    held = "another location" if entries else "no such channel at this time"
    raise InputError(f"the StationXML holds {held}: add the one of this channel")


def _direction(entry: "Channel", channel: str) -> Real:
    """Up, north and east of a unit vector along a component."""
    usual = _USUAL.get(channel[-1].upper(), (None, None))
    azimuth = usual[0] if entry.azimuth is None else float(entry.azimuth)
    dip = usual[1] if entry.dip is None else float(entry.dip)
    if azimuth is None or dip is None:
        raise InputError("where it points is not known: give azimuth and dip in its StationXML")
    azimuth, dip = np.radians(azimuth), np.radians(dip)
    return np.array([-np.sin(dip), np.cos(dip) * np.cos(azimuth), np.cos(dip) * np.sin(azimuth)])


def _up_north_east(directions: list[Real], motions: list[Real], samples: int) -> Real:
    """Those of up, north and east, ``[3, time]``, that the channels span; the others are NaN."""
    turned = np.full((3, samples), np.nan)
    if not motions:
        return turned
    pointing = np.stack(directions)
    weights = np.linalg.pinv(pointing, rcond=_STEEPNESS)
    spanned = np.abs(weights @ pointing - np.eye(3)).max(1) < _TOLERANCE
    for row in np.flatnonzero(spanned):
        used = np.flatnonzero(np.abs(weights[row]) > 1e-9)  # a gap in one channel stays out of the others
        turned[row] = sum(weights[row, k] * motions[k] for k in used)
    return turned


def _radial(motion: Real, back_azimuth: float) -> Real:
    """Up, away from the source and clockwise from up, north and east."""
    up, north, east = motion
    away = np.radians(back_azimuth + 180.0)
    return np.stack(
        (up, north * np.cos(away) + east * np.sin(away), east * np.cos(away) - north * np.sin(away))
    )
