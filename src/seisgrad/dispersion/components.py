"""What the instrument did to the ground's motion, undone: its response removed, its horizontals turned transverse."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seisgrad._lazy import extra
from seisgrad.errors import InputError

if TYPE_CHECKING:
    from obspy import Inventory, Trace
    from obspy.core.inventory import Channel, Response

Real = NDArray[np.float64]

_PASS = 2.5  # the response is removed in full this factor beyond the shortest and the longest period


def read_response(response: "str | Path | Inventory | Response | None") -> "Inventory | Response | None":
    """The response itself where a path is given.

    Raises:
        InputError: the file is missing or is none of ObsPy's formats.
    """
    if not isinstance(response, str | Path):
        return response
    if not Path(response).is_file():
        raise InputError(f"the response {response} is not a file: check the path")
    return open_inventory(Path(response), "response", "StationXML or RESP")


def open_inventory(file: Path, what: str, expected: str) -> "Inventory":
    """What ObsPy makes of a file of stations or responses.

    Args:
        file: to read.
        what: it is called in an error, with the formats
        expected: of it.

    Raises:
        InputError: the file is none of ObsPy's formats.
    """
    with extra("records"):
        from obspy import read_inventory
        from obspy.core.util.obspy_types import ObsPyException

    try:
        return read_inventory(str(file))
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
        raise InputError(
            f"ObsPy cannot read the {what} {file} ({reason}): expected {expected}, so check the file"
        ) from error


def remove_response(
    traces: "list[Trace]", inventory: "Inventory | Response | None", periods: tuple[float, float]
) -> str:
    """Divide the response out of the traces in place, to ground velocity in m/s; returns what was done in words.

    The division is full from 2.5 times beyond the shortest to 2.5 times beyond the longest period and fades out,
    without a phase, over the next octave; there is no water level, which would leave part of the response's delay in.

    Raises:
        InputError: the inventory does not hold a channel, or its response cannot be evaluated.
    """
    with extra("records"):
        from obspy.core.inventory import Response
        from obspy.core.util.obspy_types import ObsPyException

    if inventory is None:
        return (
            "instrument response not removed: a sensor that is flat up to the period T0 delays the period T by about "
            "0.23 T²/T0, which remains in the group times"
        )
    low, high, nyquist = 1 / (_PASS * periods[1]), _PASS / periods[0], 0.5 / traces[0].stats.delta
    corners = (0.5 * low, low, min(high, 0.8 * nyquist), min(2 * high, 0.95 * nyquist))
    for trace in traces:
        shared = isinstance(inventory, Response)
        trace.stats.response = inventory if shared else _channel(trace, inventory).response
        try:
            trace.remove_response(
                output="VEL", pre_filt=corners, water_level=None, zero_mean=False, taper=False
            )
        except (ValueError, LookupError, AttributeError, ObsPyException) as error:
            raise InputError(
                f"the response of {trace.id} on {trace.stats.starttime.date} cannot be removed ({error}): check that "
                "the file holds this channel at this time"
            ) from error
    return f"instrument response removed to ground velocity between {1 / corners[2]:.3g} and {1 / low:.3g} s"


def rotate(
    traces: "list[Trace]", inventory: "Inventory | Response | None", back_azimuth: float
) -> tuple[Real, Real, str]:
    """The transverse and the radial component from two horizontals, and what was done as a sentence.

    Each horizontal points where the inventory says, or else where its name says.

    Raises:
        InputError: their samples are not at the same times, or where they point is not known or the same.
    """
    first, second = traces
    shift = abs(first.stats.starttime - second.stats.starttime)
    if len(first) != len(second) or shift > 0.5 * first.stats.delta:
        raise InputError(
            f"{first.id} and {second.id} differ in time ({len(first)} and {len(second)} samples, {shift:g} s apart), "
            "expected the same samples: align them"
        )
    azimuths = np.radians([_pointing(trace, inventory) for trace in traces])
    east_north = np.stack((np.sin(azimuths), np.cos(azimuths)), axis=1)
    if abs(np.linalg.det(east_north)) < 0.1:
        raise InputError(
            f"{first.id} and {second.id} point the same way ({np.degrees(azimuths)} degrees): check them"
        )
    east, north = np.linalg.solve(east_north, np.stack((first.data, second.data)))
    angle = np.radians(back_azimuth)
    note = (
        f"transverse component from {first.stats.channel} ({np.degrees(azimuths[0]):.1f}°) and "
        f"{second.stats.channel} ({np.degrees(azimuths[1]):.1f}°), back-azimuth {back_azimuth:.2f}°"
    )
    if inventory is None:
        note += ", taken to have equal gains"
    transverse = north * np.sin(angle) - east * np.cos(angle)
    return transverse, -north * np.cos(angle) - east * np.sin(angle), note


def _channel(trace: "Trace", inventory: "Inventory") -> "Channel":
    """The entry of an inventory for a trace."""
    codes = {name: trace.stats[name] for name in ("network", "station", "location", "channel")}
    for network in inventory.select(**codes, time=trace.stats.starttime):
        for station in network:
            for channel in station:
                return channel
    held = ", ".join(sorted(set(inventory.get_contents()["channels"]))[:5]) or "no channel"
    raise InputError(
        f"the response file holds nothing for {trace.id} on {trace.stats.starttime.date}, found {held}: give the "
        "StationXML of this channel and time"
    )


def _pointing(trace: "Trace", inventory: "Inventory | Response | None") -> float:
    """Azimuth of a horizontal component in degrees from north."""
    with extra("records"):
        from obspy import Inventory

    if isinstance(inventory, Inventory):
        azimuth = _channel(trace, inventory).azimuth
        if azimuth is not None:
            return float(azimuth)
    azimuth = {"N": 0.0, "E": 90.0}.get(trace.stats.channel[-1].upper())
    if azimuth is None:
        raise InputError(
            f"where {trace.id} points is not known: give response=StationXML, which holds its azimuth"
        )
    return azimuth
