"""Picks between stations as the table of curves that every file format, editor and inversion here knows."""

import math

from jaxtyping import Float
from torch import Tensor

from seisgrad.dispersion import DispersionCurves
from seisgrad.dispersion.survey import Kind, Wave
from seisgrad.noise.correlations import Pair, Place


def picks_of(
    pair: Pair,
    wave: Wave,
    kind: Kind,
    period: Float[Tensor, " pick"],
    velocity: Float[Tensor, " pick"],
    sigma: Float[Tensor, " pick"],
) -> DispersionCurves:
    """Picks of the fundamental mode at the site ``A_B``, which stands half-way along the great circle."""
    latitude, longitude = midpoint(pair.a, pair.b)
    return DispersionCurves.from_columns(
        wave=wave, kind=kind, mode=0, period=period, velocity=velocity, sigma=sigma,
        site=pair.name, latitude=latitude, longitude=longitude,
    )  # fmt: skip


def midpoint(a: Place, b: Place) -> tuple[float, float]:
    """Latitude and longitude in degrees half-way between two places on a sphere."""
    ends = [_direction(place) for place in (a, b)]
    x, y, z = (sum(parts) for parts in zip(*ends, strict=True))
    return math.degrees(math.atan2(z, math.hypot(x, y))), math.degrees(math.atan2(y, x))


def _direction(place: Place) -> tuple[float, float, float]:
    latitude, longitude = math.radians(place.latitude), math.radians(place.longitude)
    return (
        math.cos(latitude) * math.cos(longitude),
        math.cos(latitude) * math.sin(longitude),
        math.sin(latitude),
    )
