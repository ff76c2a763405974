"""From a folder of records to correlations: the days that are missing are made, then all are stacked."""

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad._lazy import extra
from seisgrad.dataset.workers import cluster, cores, on_cluster, on_this_machine
from seisgrad.errors import InputError
from seisgrad.noise.assembly import stack_days
from seisgrad.noise.correlations import Correlations, Pair, Place
from seisgrad.noise.daily_store import DailyStore
from seisgrad.noise.day import Job, make_day
from seisgrad.noise.folder import Archive, scan
from seisgrad.noise.products import correlate_blocks, lags
from seisgrad.noise.quality import Rejection
from seisgrad.noise.segments import Band, block_of, starts
from seisgrad.noise.settings import Settings
from seisgrad.noise.stacking import resampled_days
from seisgrad.noise.station_checks import wrong_always, wrong_days
from seisgrad.noise.station_day import StationDay
from seisgrad.noise.stations import place_of, read_stations

if TYPE_CHECKING:
    from obspy import Inventory

MEMORY = 1.0
"""GB that the spectra of two blocks of stations and their products may take, unless told otherwise."""

Progress = Callable[[int, int, int], None]
"""Called with the days that were there at the start, those that are there now, and those wanted."""

_KM_PER_DEGREE = 111.2


@dataclass(frozen=True)
class Correlated:
    """What came out of a folder of records.

    Attributes:
        correlations: of the pairs that have any.
        days: those that were recorded.
        remade: days that were there and were made again, and what is new about them.
        rejected: files, stations, days and pairs that were left out, and why.
    """

    correlations: Correlations
    days: tuple[date, ...]
    remade: dict[date, tuple[str, ...]]
    rejected: tuple[Rejection, ...]


def correlate(
    records: str | Path,
    stations: "str | Path | Inventory",
    store: str | Path,
    settings: Settings,
    *,
    method: str = "linear",
    replicates: int = 0,
    seed: int = 0,
    memory: float = MEMORY,
    workers: int | None = 1,
    scheduler: str | None = None,
    device: str = "cpu",
    progress: Progress | None = None,
) -> Correlated:
    """Correlate all pairs of stations of a folder of records, or go on where this stopped.

    Args:
        records: a folder of miniSEED, SAC or what else ObsPy reads, in any order and depth.
        stations: StationXML or dataless SEED, a file or a folder of them, or an ``Inventory``.
        store: a Zarr store of correlations by day, made or gone on with; a day that is there is made again only where
            its records, a response, a direction or a place have changed.
        settings: what is done with the records.
        method: of the stack over days.
        replicates: stacks of days drawn with replacement.
        seed: of those draws.
        memory: GB that two blocks of stations may take, more or less; a store that is there keeps its blocks.
        workers: processes, each on days of its own; None for one per core.
        scheduler: address of a Dask scheduler to work there instead; its workers see the same files.
        device: where torch multiplies and transforms: ``cpu`` or ``cuda``.
        progress: told after every day.

    Raises:
        InputError: records, stations or a store that cannot be used, fewer than two stations, or no pair with data.
    """
    inventory = read_stations(stations) if isinstance(stations, str | Path) else stations
    archive = scan(records, settings.letters, 2 * settings.pass_band[3])
    if settings.letters != "Z" and "ZZ" not in settings.components:
        _check_horizontals(archive, settings)
    places, rejected = _places(archive, inventory)
    days = archive.days(4 * settings.fade)
    if not days:
        raise InputError(
            f"no record in {records} is longer than {4 * settings.fade:g} s, which the band asks for: give longer ones "
            "or a band of higher frequencies"
        )
    held = DailyStore(Path(store), settings, _block(settings, memory))
    job = Job(archive, inventory, tuple(places), settings, held.block, Path(store), device)
    missing = held.missing(days, job.fingerprints())
    done = len(days) - len(missing)
    tell = progress or (lambda *_: None)
    tell(done, done, len(days))
    with closing(_made(job, list(missing), workers or cores(), scheduler)) as made:
        for number, _ in enumerate(made, done + 1):
            tell(done, number, len(days))
    for day in days:
        rejected += held.rejected(day)
    left_out, wrong = wrong_days(job, held, days)
    drawn = resampled_days(len(days), replicates, seed)
    found, apart = stack_days(job, held, days, method, drawn, left_out)
    rejected += wrong + apart
    if found is None:
        first = min((r for r in rejected if r.day), default=min(rejected))
        reason = f"{first.day} {first.what}: {first.reason}".lstrip()
        wanted = " or ".join(settings.components)
        raise InputError(f"no pair of stations has {wanted} at the same time; the first reason: {reason}")
    rejected += wrong_always(found, settings)
    remade = {day: new for day, new in missing.items() if new}
    return Correlated(found, tuple(days), remade, tuple(sorted(rejected)))


def correlate_motion(
    motion: Float[Tensor, "station component time"], places: list[Place], settings: Settings
) -> Correlations:
    """Correlate motion that is in memory, evenly sampled at ``settings.sampling`` and free of gaps.

    Args:
        motion: up alone, or up, north and east.
        places: of the stations.
        settings: nothing is filtered or resampled, the rest is as for a folder.

    Raises:
        InputError: shapes that do not fit, or motion that is shorter than a segment or not finite.
    """
    count = len(settings.letters)
    if motion.shape[:2] != (len(places), count) or len(places) < 2:
        raise InputError(
            f"motion has shape {tuple(motion.shape)}, expected at least 2 places ({len(places)} are given), "
            f"{count} components ({settings.letters}), and time"
        )
    if not starts(settings, motion.shape[-1]) or not bool(motion.isfinite().all()):
        raise InputError(
            f"motion holds {motion.shape[-1]} samples, expected finite ones, at least a segment ({settings.samples})"
        )
    whole = torch.ones(motion.shape[-1], dtype=torch.float64).numpy()
    records = [
        StationDay(place.name, samples.double().numpy(), whole)
        for place, samples in zip(places, motion, strict=True)
    ]
    numbers = list(range(len(places)))
    block, _ = block_of(records, numbers, settings)
    chosen = [(i, j) for i in numbers for j in numbers if i < j]
    pairs = [Pair.between(places[i], places[j]) for i, j in chosen]
    values, _ = correlate_blocks(block, block, chosen, pairs, settings)
    return Correlations("C", lags(settings), False, settings.components, tuple(pairs), values)


def usual_lag(inventory: "Inventory", settings: Settings) -> float:
    """A largest lag in s that a wave of 1 km/s needs between the stations farthest apart, and five of its longest
    periods; whole samples, at most half a segment."""
    with extra("records"):
        from obspy.geodetics import locations2degrees

    spots = np.array([(s.latitude, s.longitude) for network in inventory for s in network])
    farthest = max(
        (float(np.max(locations2degrees(a, b, spots[:, 0], spots[:, 1]))) for a, b in spots), default=0.0
    )
    wanted = farthest * _KM_PER_DEGREE + 5 / settings.band[0]
    return min(float(np.ceil(wanted)), settings.segment / 2)


def _check_horizontals(archive: Archive, settings: Settings) -> None:
    """InputError where no station can have a horizontal component, before all days are made in vain."""
    if not any(parts.keys() >= {"N", "E"} for parts in archive.pieces.values()):
        raise InputError(
            f"no station has both horizontals (N and E, or 1 and 2), which {', '.join(settings.components)} need: add "
            "their records, or ask for ZZ"
        )


def _places(archive: Archive, inventory: "Inventory") -> tuple[list[Place], list[Rejection]]:
    """The stations of which the place is known."""
    places: list[Place] = []
    rejected = list(archive.rejected)
    for name in archive.stations:
        try:
            places.append(place_of(inventory, name))
        except InputError as error:
            rejected.append(Rejection("", name, str(error)))
    if len(places) < 2:
        why = f"; the first reason: {rejected[0].what}: {rejected[0].reason}" if rejected else ""
        raise InputError(f"{len(places)} stations can be used, expected at least 2{why}")
    return places, rejected


def _block(settings: Settings, memory: float) -> int:
    """How many stations make two blocks and their products as large as ``memory`` GB."""
    number = 16 if settings.precision == "double" else 8
    frequencies, components = len(Band.of(settings).taper), len(settings.letters)
    segments = len(starts(settings, round(86400 * settings.sampling)))
    available = (
        memory * 1e9 / (frequencies * components * number)
    )  # rows and columns of the products, and segments
    # components * block² + 2 * segments * block = available, and as much again for what is turned
    linear, square = 4.0 * segments, 2.0 * components
    return max(1, int((-linear + (linear**2 + 4 * square * available) ** 0.5) / (2 * square)))


def _made(job: Job, days: list[date], workers: int, scheduler: str | None) -> Generator[date, None, None]:
    """The days, each when it is in the store."""
    work = partial(make_day, job)
    if not days:
        return
    if scheduler:
        with cluster(scheduler) as client:
            yield from on_cluster(work, days, client)
    elif workers == 1:
        yield from map(work, days)
    else:
        with closing(on_this_machine(work, days, workers)) as made:
            yield from made
