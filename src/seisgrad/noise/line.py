"""Stations along a line: where they lie on it, how far off it, and what that costs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad._lazy import extra
from seisgrad.errors import InputError
from seisgrad.noise.correlations import Correlations, Pair, Place


@dataclass(frozen=True, eq=False)
class Line:
    """Stations in the order of their distance along a straight line on the surface.

    Attributes:
        places: the stations.
        x: distance along the line, km, increasing, ``[station]``.
        off: distance off the line, km, positive to the right of its direction, ``[station]``.
        azimuth: direction in which x increases, degrees from north.
    """

    places: tuple[Place, ...]
    x: Float[Tensor, " station"]
    off: Float[Tensor, " station"]
    azimuth: float

    @classmethod
    def through(
        cls, places: Sequence[Place], *, tolerance: float, first: float = 0.0, azimuth: float | None = None
    ) -> "Line":
        """The line from which the squared distances of all stations are least.

        Args:
            places: the stations, each once.
            tolerance: farthest that one may stand off the line, km.
            first: distance of the first station along the line, km: what a section has before it.
            azimuth: of the line, degrees from north; by default the best one, towards the east.

        Raises:
            InputError: fewer than two stations, or one that stands too far off the line; it is named.
        """
        if len(places) < 2:
            raise InputError(f"{len(places)} station makes no line, expected at least two")
        flat = _on_plane(places)
        towards = _best_azimuth(flat) if azimuth is None else azimuth
        angle = math.radians(towards)
        along = flat @ torch.tensor([math.sin(angle), math.cos(angle)], dtype=torch.float64)
        off = flat @ torch.tensor([math.cos(angle), -math.sin(angle)], dtype=torch.float64)
        worst = int(off.abs().argmax())
        if float(off.abs()[worst]) > tolerance:
            raise InputError(
                f"{places[worst].name} stands {float(off.abs()[worst]):.3g} km off the line of azimuth {towards:.1f}, "
                f"expected at most {tolerance:g}; leave it out, or allow more"
            )
        order = along.argsort()
        x = along[order] - along[order[0]] + first
        return cls(tuple(places[i] for i in order.tolist()), x, off[order], towards)

    @classmethod
    def of(
        cls, correlations: Correlations, *, tolerance: float, first: float = 0.0, azimuth: float | None = None
    ) -> "Line":
        """That of the stations of all pairs; arguments and errors as in :meth:`through`."""
        ends = {place.name: place for pair in correlations.pairs for place in (pair.a, pair.b)}
        return cls.through(list(ends.values()), tolerance=tolerance, first=first, azimuth=azimuth)

    def between(self, pair: Pair) -> tuple[int, int]:
        """Which stations a pair has.

        Raises:
            InputError: one is not on the line.
        """
        names = [place.name for place in self.places]
        for place in (pair.a, pair.b):
            if place.name not in names:
                raise InputError(
                    f"{place.name} is not on the line, expected one of {', '.join(names[:5])}, …"
                )
        return names.index(pair.a.name), names.index(pair.b.name)


def _on_plane(places: Sequence[Place]) -> Float[Tensor, "station 2"]:
    """East and north of the mean place, km, at their true distance and direction from it."""
    with extra("records"):
        from obspy.geodetics import gps2dist_azimuth

    turns = [math.remainder(place.longitude - places[0].longitude, 360.0) for place in places]
    latitude = sum(place.latitude for place in places) / len(places)
    longitude = places[0].longitude + sum(turns) / len(places)
    rows = []
    for place in places:
        metres, azimuth, _ = gps2dist_azimuth(latitude, longitude, place.latitude, place.longitude)
        angle = math.radians(azimuth)
        rows.append([1e-3 * metres * math.sin(angle), 1e-3 * metres * math.cos(angle)])
    flat = torch.tensor(rows, dtype=torch.float64)
    return flat - flat.mean(0)


def _best_azimuth(flat: Float[Tensor, "station 2"]) -> float:
    """Of the principal axis, from above 0 to 180 degrees."""
    axis = torch.linalg.svd(flat, full_matrices=False).Vh[0]
    return math.degrees(math.atan2(float(axis[0]), float(axis[1]))) % 180.0 or 180.0
