"""One station on one day: its components read, checked, prepared and turned to up, north and east."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seisgrad._lazy import extra
from seisgrad.errors import InputError
from seisgrad.noise.folder import Archive, Piece, span_of_day
from seisgrad.noise.preparation import Response, prepare, read_channel
from seisgrad.noise.quality import Rejection, dead
from seisgrad.noise.settings import Settings
from seisgrad.noise.stations import channel_of, response_of, to_vertical_north_east

if TYPE_CHECKING:
    from obspy import Inventory, UTCDateTime
    from obspy.core.inventory import Channel

Real = NDArray[np.float64]


@dataclass(frozen=True)
class StationDay:
    """Ground motion of a station over a day.

    Attributes:
        station: ``NET.STA``.
        samples: up alone, or up, north and east; zero where there are no data, ``[component, time]``.
        weight: shared by the components: 0 in the gaps of any of them, 1 in data, ``[time]``.
    """

    station: str
    samples: Real
    weight: Real


@dataclass(frozen=True)
class _Component:
    piece: Piece
    entry: "Channel"
    samples: Real
    weight: Real


def prepare_station(
    archive: Archive, stations: "Inventory", station: str, day: date, settings: Settings
) -> tuple[StationDay | None, list[Rejection]]:
    """The motion of a station, None where it has none, and what was left out.

    A component that cannot be used is left out with a reason. Without one of the horizontals the other is of no use,
    and the vertical goes on alone; without the vertical nothing does.
    """
    with extra("records"):
        from obspy import UTCDateTime

    begin = UTCDateTime(day.year, day.month, day.day)
    edge = 2 * settings.fade
    found: dict[str, _Component] = {}
    rejected: list[Rejection] = []
    for letter, pieces in archive.of_day(station, begin, edge).items():
        try:
            found[letter] = _component(pieces, stations, begin, edge, settings)
        except InputError as error:
            rejected.append(Rejection(day.isoformat(), pieces[0].channel, str(error)))
    wanted = [letter for letter in settings.letters if letter in found]
    if "Z" not in wanted:
        if not rejected:
            rejected.append(Rejection(day.isoformat(), station, "it has no vertical component on this day"))
        return None, rejected
    if len(wanted) < len(settings.letters):
        missing = " and ".join(letter for letter in settings.letters if letter not in found)
        rejected.append(
            Rejection(day.isoformat(), station, f"component {missing} is missing: only Z is used")
        )
        wanted = ["Z"]
    try:
        return _turned(station, [found[letter] for letter in wanted]), rejected
    except InputError as error:
        return None, [*rejected, Rejection(day.isoformat(), station, str(error))]


def _component(
    pieces: Sequence[Piece], stations: "Inventory", begin: "UTCDateTime", edge: float, settings: Settings
) -> _Component:
    """One channel; InputError where it cannot be used."""
    first = pieces[0]
    others = {piece.channel for piece in pieces} - {first.channel}
    if others:
        raise InputError(
            f"{others.pop()} is there beside it, expected one channel of a kind: keep one of them"
        )
    entry = channel_of(stations, first.channel, *span_of_day(pieces, begin))
    runs = read_channel(pieces, begin, edge)
    if not runs:
        raise InputError("it holds no samples on this day")
    if why := dead(np.concatenate([run.samples for run in runs])):
        raise InputError(why)
    response: Response | None = partial(response_of, entry, first.channel) if settings.response else None
    samples, weight = prepare(runs, response, settings)
    if not weight.any():
        raise InputError(
            f"it holds no stretch longer than {4 * settings.fade:g} s without a gap, which the band asks for"
        )
    return _Component(first, entry, samples, weight)


def _turned(station: str, components: Sequence[_Component]) -> StationDay:
    """Components in the directions of a station as up, or as up, north and east."""
    weight = np.minimum.reduce([component.weight for component in components])
    if len(components) == 1:
        only = components[0]
        sign = (
            -1.0 if only.entry.dip is not None and only.entry.dip > 0 else 1.0
        )  # SEED: a dip of +90 points down
        return StationDay(station, sign * only.samples[None], weight)
    matrix = to_vertical_north_east(
        [component.entry for component in components],
        [component.piece.channel for component in components],
    )
    # where one component has a gap and another does not, none counts: divide each by its own fading, take the shared
    samples = np.stack(
        [
            component.samples
            * np.divide(weight, component.weight, where=component.weight > 0, out=np.zeros_like(weight))
            for component in components
        ]
    )
    return StationDay(station, matrix @ samples, weight)
