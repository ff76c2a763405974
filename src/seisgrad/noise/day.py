"""One day of all stations: prepared one by one, held by blocks, correlated block by block, and put in the store.

This is the unit of work: a pure function of the records, the stations, the settings and the day, so that processes,
clusters and interrupted runs agree to the bit.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from seisgrad.noise.correlations import Pair, Place
from seisgrad.noise.daily_store import writing_day
from seisgrad.noise.fingerprints import Fingerprints
from seisgrad.noise.folder import Archive
from seisgrad.noise.layout import Layout
from seisgrad.noise.products import correlate_blocks
from seisgrad.noise.quality import Rejection, duplicates
from seisgrad.noise.segments import StationBlock, block_of
from seisgrad.noise.settings import Settings
from seisgrad.noise.station_day import StationDay, prepare_station

if TYPE_CHECKING:
    from obspy import Inventory

_THINNED = 16  # of so many samples one is kept to find channels that hold the same record


@dataclass(frozen=True)
class Job:
    """All that a day's work depends on.

    Attributes:
        archive: the records.
        inventory: responses and directions.
        places: the stations that are correlated, in the order of their numbers.
        settings: how.
        block: stations in a block.
        store: where the days go.
        device: where torch works.
    """

    archive: Archive
    inventory: "Inventory"
    places: tuple[Place, ...]
    settings: Settings
    block: int
    store: Path
    device: str = "cpu"

    @property
    def layout(self) -> Layout:
        """Which pairs of the stations lie where."""
        return Layout(len(self.places), self.block)

    def pairs(self, numbers: Sequence[tuple[int, int]]) -> list[Pair]:
        """The pairs of stations of these numbers."""
        return [Pair.between(self.places[i], self.places[j]) for i, j in numbers]

    def fingerprints(self) -> Fingerprints:
        """Of what the days are made from."""
        return Fingerprints(self.archive, self.inventory, self.places, self.settings)


def make_day(job: Job, day: date) -> date:
    """Correlate the stations that recorded on a day, and put it in the store."""
    sources = job.fingerprints().of(day)
    job = replace(job, places=tuple(place for place in job.places if place.name in sources))
    with writing_day(job.store, day) as draft:
        held, rejected = _held_blocks(job, day, draft.scratch)
        for block in job.layout.blocks():
            first, second = (held.block(number) for number in block)
            numbers = job.layout.numbers(block)
            chosen = [(i - first.numbers[0], j - second.numbers[0]) for i, j in numbers]
            values, seconds = correlate_blocks(first, second, chosen, job.pairs(numbers), job.settings)
            draft.put(block, values, seconds)
        draft.finish(sources, rejected)
    return day


@dataclass
class _Held:
    """Blocks of spectra, in memory where there are at most two and on disk otherwise."""

    inside: list[StationBlock | Path]
    absent: set[int]

    def block(self, number: int) -> StationBlock:
        """A block without the stations that turned out to be of no use."""
        kept = self.inside[number]
        block: StationBlock = torch.load(kept, weights_only=False) if isinstance(kept, Path) else kept
        for row, station in enumerate(block.numbers):
            if station in self.absent:
                block.presence[row] = 0.0
        return block


def _held_blocks(job: Job, day: date, scratch: Path) -> tuple[_Held, list[Rejection]]:
    """The spectra of all stations, and what was left out."""
    rejected: list[Rejection] = []
    thinned: list[tuple[str, NDArray[np.float32]]] = []
    held = _Held([], set())
    groups = job.layout.groups
    for group in groups:
        records: list[StationDay | None] = []
        for number in group:
            name = job.places[number].name
            record, why = prepare_station(job.archive, job.inventory, name, day, job.settings)
            rejected += why
            records.append(record)
            if record is None:
                held.absent.add(number)
            else:
                thinned += list(_signatures(record))
        block, loud = block_of(records, group, job.settings, job.device)
        rejected += _told_loud(job, day, group, loud)
        if len(groups) > 2:
            path = scratch / f"{len(held.inside)}.pt"
            torch.save(block, path)
            held.inside.append(path)
        else:
            held.inside.append(block)
    for one, other in duplicates(thinned):
        for name, twin in ((one, other), (other, one)):
            reason = f"it holds the same record as {twin}: one of them is not what it says"
            rejected.append(Rejection(day.isoformat(), name, reason))
            held.absent |= {n for n, place in enumerate(job.places) if place.name == name.split()[0]}
    return held, rejected


def _signatures(record: StationDay) -> Iterator[tuple[str, NDArray[np.float32]]]:
    for letter, samples in zip("ZNE", record.samples, strict=False):
        yield f"{record.station} {letter}", samples[::_THINNED].astype(np.float32)


def _told_loud(job: Job, day: date, group: Sequence[int], loud: Sequence[int]) -> list[Rejection]:
    return [
        Rejection(
            day.isoformat(),
            job.places[number].name,
            f"{count} segments are louder than {job.settings.loudest:g} medians of the day and left out: an earthquake "
            "or a disturbance",
        )
        for number, count in zip(group, loud, strict=True)
        if count
    ]
