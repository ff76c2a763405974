"""The stations of an event: where they stand seen from the epicentre, and when P and S arrive there."""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from seisgrad._lazy import extra
from seisgrad.errors import InputError
from seisgrad.source.event_files import Instrument, Pick, Remark
from seisgrad.source.gather import PHASES
from seisgrad.source.layered import Column
from seisgrad.source.origin import Origin
from seisgrad.source.traveltime import first_arrivals

if TYPE_CHECKING:
    from obspy import Inventory

#: Times of P and S, s after the origin, by distances ``[station]`` and a depth, km.
Arrivals = Callable[
    [Float[Tensor, " station"], float], tuple[Float[Tensor, " station"], Float[Tensor, " station"]]
]

_APART = 10.0  # s between a pick and the prediction beyond which it is told


class Site(NamedTuple):
    """A station with a place: longitude, latitude, azimuth from the epicentre and back in degrees, distance in km."""

    name: str
    longitude: float
    latitude: float
    distance: float
    azimuth: float
    back_azimuth: float
    instruments: tuple[Instrument, ...]


def arrivals_in(column: Column) -> Arrivals:
    """The first P and S of a velocity model."""

    def predict(distance: Tensor, depth: float) -> tuple[Tensor, Tensor]:
        p, s = first_arrivals(column, np.array([depth]), distance.numpy())
        return torch.from_numpy(p[0]), torch.from_numpy(s[0])

    return predict


def sites_of(
    instruments: Sequence[Instrument], stations: "Inventory", origin: Origin
) -> tuple[list[Site], list[Remark]]:
    """The stations of instruments sorted by :attr:`Instrument.station`, nearest first; and those without a place."""
    with extra("records"):
        from obspy.geodetics import gps2dist_azimuth

    sites, remarks = [], []
    for name, group in groupby(instruments, key=lambda one: one.station):
        network, _, station = name.partition(".")
        entries = [s for part in stations.select(network=network, station=station) for s in part]
        now = [s for s in entries if s.is_active(time=origin.utc)] or entries
        if not now:
            remarks.append(Remark(name, "no StationXML holds it: add its response and place"))
            continue
        place = now[0].latitude, now[0].longitude
        metres, azimuth, back = gps2dist_azimuth(origin.latitude, origin.longitude, *place)
        sites.append(Site(name, float(place[1]), float(place[0]), metres / 1000, azimuth, back, tuple(group)))
    return sorted(sites, key=lambda site: site.distance), remarks


def arrival_times(
    sites: Sequence[Site], depth: float, arrivals: Arrivals, picks: Mapping[tuple[str, str], Pick]
) -> tuple[Float[Tensor, "station 2"], Bool[Tensor, "station 2"], list[Remark]]:
    """P and S of every site, s after the origin: as picked, else as predicted; which are picked; and what is doubtful.

    Raises:
        InputError: an S that is not after its P.
    """
    distance = torch.tensor([site.distance for site in sites], dtype=torch.float64)
    times = torch.stack(arrivals(distance, depth), -1).to(torch.float64)
    picked = torch.zeros_like(times, dtype=torch.bool)
    remarks = []
    for k, site in enumerate(sites):
        for j, phase in enumerate(PHASES):
            pick, predicted = picks.get((site.name, phase)), times[k, j].item()
            if pick is None:
                continue
            if abs(pick.time - predicted) > _APART:
                both = f"picked {pick.time:.1f} s after the origin and predicted at {predicted:.1f} s"
                remarks.append(Remark(f"{site.name} {phase}", f"{both}: check {pick.where}"))
            times[k, j], picked[k, j] = pick.time, True
        if not times[k, 0] < times[k, 1]:
            p, s = times[k].tolist()
            what = [
                f"picked ({picks[site.name, phase].where})" if one else "predicted"
                for phase, one in zip(PHASES, picked[k].tolist(), strict=True)
            ]
            raise InputError(
                f"{site.name} has P {what[0]} at {p:.1f} s and S {what[1]} at {s:.1f} s after the origin, expected S "
                "after P: check the picks and the origin time"
            )
    names = {site.name for site in sites}
    for name in sorted({name for name, _ in picks} - names):
        remarks.append(Remark(name, "it has picks and no records with a response"))
    return times, picked, remarks
