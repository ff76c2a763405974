"""The records of one earthquake, read from a folder and made ground motion, with a remark on all that was left out."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from seisgrad.errors import InputError
from seisgrad.source.event_files import (
    Remark,
    files_below,
    find_instruments,
    read_inventory,
    read_picks,
)
from seisgrad.source.gather import COMPONENTS, SAMPLING, Gather
from seisgrad.source.instrument import Motion, instrument_motion
from seisgrad.source.motion import Axis, WrongTime
from seisgrad.source.origin import Origin, read_origin
from seisgrad.source.sites import Arrivals, Site, arrival_times, sites_of
from seisgrad.source.windows import cut_windows

if TYPE_CHECKING:
    from obspy import Inventory

_FARTHEST = 1000.0  # km from the epicentre, of the nearest station
_BEFORE = 120.0  # s before the origin at which motion begins
_SLOWEST, _AFTER = 2.0, 120.0  # km/s, and s after such waves at which it ends
_HEARD = 1.5  # times the motion before P that waves must reach
_ROOM, _NOISE = 3.0, 40.0  # s around the arrivals that count as waves, and before P as noise


@dataclass(frozen=True)
class Event:
    """Ground motion of one earthquake.

    Attributes:
        origin: when and where it is believed to have begun.
        stations: names, ``NET.STA``, by distance.
        place: longitude and latitude, degrees.
        distance: from the epicentre, km.
        azimuth: from the epicentre to the station, degrees clockwise from north.
        motion: velocity of Z, R and T in m/s at 10 Hz, NaN where there is none.
        start: time of the first sample, s after the origin.
        picks: of P and S, s after the origin.
        picked: which of these were read; the others are predictions.
        lowest: Hz from which on the motion of a station is whole.
        remarks: what was left out or is doubtful, and why.
    """

    origin: Origin
    stations: tuple[str, ...]
    place: Float[Tensor, "station 2"]
    distance: Float[Tensor, " station"]
    azimuth: Float[Tensor, " station"]
    motion: Float[Tensor, "station 3 time"]
    start: float
    picks: Float[Tensor, "station 2"]
    picked: Bool[Tensor, "station 2"]
    lowest: Float[Tensor, " station"]
    remarks: tuple[Remark, ...]

    def gather(self, picks: Float[Tensor, "station 2"] | None = None) -> Gather:
        """The windows that a network reads, cut around these picks, or around those of the event."""
        start = torch.full_like(self.distance, self.start)
        windows, recorded = cut_windows(self.motion, start, self.picks if picks is None else picks)
        depth = self.distance.new_tensor(self.origin.depth)
        return Gather(windows, recorded, self.distance, self.azimuth, self.place, depth)


def read_event(folder: str | os.PathLike[str], arrivals: Arrivals) -> Event:
    """Read a folder with the records of one earthquake.

    In the folder are ``event.xml`` (QuakeML) or ``origin.json`` (``time,latitude,longitude,depth``, depth in km) and,
    where there are picks, ``picks.csv`` (``network,station,phase,time``); below it StationXML with responses, and
    records in counts, miniSEED or SAC. Of a station with several instruments the first that has three components is
    taken, seismometers before accelerometers.

    Args:
        folder: with all of it.
        arrivals: predicts P and S where there are no picks.

    Raises:
        InputError: something of it is missing or malformed, or no station can be used.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder: check the path")
    origin = read_origin(folder)
    records, inventories = files_below(folder)
    stations, unread = read_inventory(inventories, folder)
    instruments, unusable = find_instruments(records, folder)
    sites, homeless = sites_of(instruments, stations, origin)
    remarks = [*unread, *unusable, *homeless]
    if not sites:
        raise _nothing_left(folder, remarks)
    if sites[0].distance > _FARTHEST:
        raise InputError(
            f"the epicentre in {folder}, {origin.latitude:g} degrees north and {origin.longitude:g} degrees east, is "
            f"{sites[0].distance:.0f} km from the nearest station, {sites[0].name}, expected at most {_FARTHEST:g} km: "
            "check latitude and longitude and their signs"
        )
    picks = read_picks(folder / "picks.csv", origin)
    times, picked, doubtful = arrival_times(sites, origin.depth, arrivals, picks)
    last = max(float(times.max()), max(site.distance for site in sites) / _SLOWEST) + _AFTER
    axis = Axis(origin.utc, -_BEFORE, round((_BEFORE + last) * SAMPLING))
    read = [_read(site, stations, axis, (p, s)) for site, (p, s) in zip(sites, times.tolist(), strict=True)]
    kept = [k for k, one in enumerate(read) if one.motion.components]
    if not kept and all(one.wrong_time for one in read):
        raise InputError(
            f"all records in {folder} begin after P or end before S of {origin.time}: check the time and the place "
            "of the origin"
        )
    remarks += [remark for one in read for remark in one.remarks]
    if not kept:
        raise _nothing_left(folder, remarks)
    motion = torch.from_numpy(np.stack([read[k].motion.velocity for k in kept]))
    loud = _loudness(motion, axis.start, times[kept])
    if (loud < _HEARD).all():
        raise InputError(
            f"no station in {folder} has more motion at P and S of {origin.time} than before: check the time "
            "and the place of the origin"
        )
    for k, ratio in zip(kept, loud.tolist(), strict=True):
        if ratio < _HEARD:
            remarks.append(Remark(sites[k].name, "P and S do not stand out of the noise before them"))
    places = torch.tensor(
        [[sites[k].longitude, sites[k].latitude, sites[k].distance, sites[k].azimuth] for k in kept],
        dtype=torch.float64,
    )
    return Event(
        origin=origin,
        stations=tuple(sites[k].name for k in kept),
        place=places[:, :2],
        distance=places[:, 2],
        azimuth=places[:, 3],
        motion=motion,
        start=axis.start,
        picks=times[kept],
        picked=picked[kept],
        lowest=torch.tensor([read[k].motion.lowest for k in kept], dtype=torch.float64),
        remarks=tuple(remarks + doubtful),
    )


def _loudness(
    motion: Float[Tensor, "station 3 time"], start: float, picks: Float[Tensor, "station 2"]
) -> Float[Tensor, " station"]:
    """Acceleration from P to after S, against that before P; NaN where nothing was recorded before."""
    acceleration = motion.diff(dim=-1)
    time = start + torch.arange(acceleration.shape[-1]) / SAMPLING
    there = ~acceleration.isnan()
    power = torch.where(there, acceleration, 0.0).square()

    def mean(inside: Bool[Tensor, "station time"]) -> Float[Tensor, " station"]:
        used = there & inside[:, None]
        return torch.where(used, power, 0.0).sum((1, 2)) / used.sum((1, 2))

    waves = (time >= picks[:, :1] - _ROOM) & (time <= picks[:, 1:] + 2 * _ROOM)
    before = (time >= picks[:, :1] - _NOISE) & (time <= picks[:, :1] - 2 * _ROOM)
    return (mean(waves) / mean(before)).sqrt()


class _Reading(NamedTuple):
    """What was read of one station."""

    motion: Motion
    remarks: list[Remark]
    wrong_time: bool


def _read(site: Site, stations: "Inventory", axis: Axis, arrivals: tuple[float, float]) -> _Reading:
    """The first instrument with three components, else the one with most of them."""
    best: Motion | None = None
    remarks: list[Remark] = []
    wrong_time = True
    for instrument in site.instruments:
        motion = instrument_motion(instrument, stations, axis, arrivals, site.back_azimuth)
        remarks += _grouped({channel: str(error) for channel, error in motion.faults.items()})
        remarks += _grouped(motion.doubts)
        wrong_time &= bool(motion.faults) and all(isinstance(e, WrongTime) for e in motion.faults.values())
        if best is None or motion.components > best.components:
            best = motion
        if motion.components == len(COMPONENTS):
            break
    assert best is not None, "a site has at least one instrument"
    if not best.components:
        remarks.append(Remark(site.name, "it is left out: none of its channels can be used"))
    elif best.components < len(COMPONENTS):
        missing = [name for name, one in zip(COMPONENTS, best.velocity, strict=True) if np.isnan(one).all()]
        remarks.append(Remark(site.name, f"it has no component {' and '.join(missing)}"))
    return _Reading(best, remarks, wrong_time)


def _grouped(reasons: dict[str, str]) -> list[Remark]:
    """One remark for all channels of an instrument of which the same is said."""
    channels: dict[str, list[str]] = {}
    for channel, reason in reasons.items():
        channels.setdefault(reason, []).append(channel)
    return [
        Remark(", ".join((some[0], *(c.rpartition(".")[2] for c in some[1:]))), reason)
        for reason, some in channels.items()
    ]


def _nothing_left(folder: Path, remarks: list[Remark]) -> InputError:
    first = f"; the first remark: {remarks[0].what}: {remarks[0].reason}" if remarks else ""
    return InputError(f"no station in {folder} can be used{first}")
