"""What a day of correlations is made from, in a few letters, so that a later run sees what has changed since.

Of every station with records on that day: its files by what their headers, sizes and times of change say (none is read
for this), the responses and directions that the stations give for its channels, and its place.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from seisgrad._lazy import extra
from seisgrad.errors import InputError
from seisgrad.noise.correlations import Place
from seisgrad.noise.folder import Archive, Piece, span_of_day
from seisgrad.noise.settings import Settings
from seisgrad.noise.stations import channel_of, instrument_of

if TYPE_CHECKING:
    from obspy import Inventory, UTCDateTime
    from obspy.core.inventory import Channel

Sources = dict[str, dict[str, str]]
"""By station: the fingerprints of its ``records``, its ``instrument`` and its ``place``."""

_WORDS = {
    "records": "new records of {}",
    "instrument": "a new response or direction of {}",
    "place": "a new place of {}",
}


class Fingerprints:
    """Those of the days of an archive.

    Args:
        archive: the records.
        inventory: responses and directions.
        places: the stations that are correlated.
        settings: how; responses do not count where they are not removed.
    """

    def __init__(
        self, archive: Archive, inventory: "Inventory", places: Sequence[Place], settings: Settings
    ) -> None:
        self._archive, self._places, self._settings = archive, places, settings
        self._of_station = {}
        for place in places:  # a search in a few channels for every day instead of in all
            network, _, station = place.name.partition(".")
            self._of_station[place.name] = inventory.select(network=network, station=station)
        self._of_entry: dict[int, str] = {}

    def of(self, day: date) -> Sources:
        """What a day is made from; stations without a record are not there."""
        with extra("records"):
            from obspy import UTCDateTime

        begin = UTCDateTime(day.year, day.month, day.day)
        found: Sources = {}
        for place in self._places:
            channels = self._archive.of_day(place.name, begin, 2 * self._settings.fade)
            if channels:
                found[place.name] = {
                    "records": _digest([_told(pieces) for _, pieces in sorted(channels.items())]),
                    "instrument": self._instrument(place.name, channels, begin),
                    "place": _digest([place.latitude, place.longitude]),
                }
        return found

    def _instrument(self, station: str, channels: Mapping[str, Sequence[Piece]], begin: "UTCDateTime") -> str:
        told: list[str | None] = []
        for _, pieces in sorted(channels.items()):
            try:
                entry = channel_of(self._of_station[station], pieces[0].channel, *span_of_day(pieces, begin))
            except InputError:
                told.append(None)
            else:
                told.append(self._entry(entry))
        return _digest(told)

    def _entry(self, entry: "Channel") -> str:
        if id(entry) not in self._of_entry:
            self._of_entry[id(entry)] = _digest(instrument_of(entry, response=self._settings.response))
        return self._of_entry[id(entry)]


def differences(now: Sources, then: Sources) -> list[str]:
    """What is new since a day was made, in words, one entry for each station and thing."""
    told = []
    for name in sorted({*now, *then}):
        if name not in then:
            told.append(f"a new station {name}")
        elif name not in now:
            told.append(f"no station {name} any more")
        else:
            told += [
                words.format(name) for part, words in _WORDS.items() if now[name][part] != then[name][part]
            ]
    return told


def _told(pieces: Sequence[Piece]) -> list[list[Any]]:
    """Of the pieces of a channel, what changes with their samples; where the files lie does not matter."""
    return sorted([p.channel, p.start.ns, p.end.ns, p.rate, p.size, p.modified] for p in pieces)


def _digest(told: Any) -> str:
    return blake2b(json.dumps(told, sort_keys=True).encode(), digest_size=8).hexdigest()
