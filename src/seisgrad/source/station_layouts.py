"""Where stations stand around an epicentre: all around, in clusters, or on one side."""

import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float64]

_CLUSTERS = 4  # at most
_CLUSTER_SIZE = 15.0  # km, standard deviation of a cluster along north and east
_SECTOR = (60.0, 180.0)  # degrees that stations on one side fill
_REACH = 0.35  # of the largest distance: the least reach of a network


def layouts(
    number: int,
    stations: int,
    distance: tuple[float, float],
    chances: tuple[float, float],
    rng: np.random.Generator,
) -> tuple[Real, Real]:
    """Distance (km) and azimuth (degrees) of the stations of networks, ``[network, station]`` each.

    Networks reach to a distance of their own. Distances are even, not the density per area: near stations are worth
    having.

    Args:
        number: of networks.
        stations: of each.
        distance: the least and the largest, km.
        chances: of clusters, and of stations on one side.
        rng: draws them.
    """
    least, most = distance
    many = (number, stations)
    reach = least + (most - least) * rng.uniform(_REACH, 1.0, (number, 1))
    far = least + (reach - least) * rng.random(many)
    kind = rng.random((number, 1))
    around = 360.0 * rng.random(many)
    sector = rng.uniform(*_SECTOR, (number, 1))
    one_side = 360.0 * rng.random((number, 1)) + (rng.random(many) - 0.5) * sector
    in_clusters = _clusters(number, stations, least, reach, rng)
    clustered, sided = kind < chances[0], kind > 1.0 - chances[1]
    azimuth = np.where(clustered, in_clusters[1], np.where(sided, one_side, around))
    return np.where(clustered, in_clusters[0], far).clip(least, most), azimuth % 360.0


def _clusters(
    number: int, stations: int, least: float, reach: Real, rng: np.random.Generator
) -> tuple[Real, Real]:
    """Stations scattered about one of a few places."""
    far = least + (reach - least) * rng.random((number, _CLUSTERS))
    azimuth = 2.0 * np.pi * rng.random((number, _CLUSTERS))
    which = (rng.random((number, stations)) * rng.integers(1, _CLUSTERS + 1, (number, 1))).astype(int)
    far, azimuth = (np.take_along_axis(a, which, 1) for a in (far, azimuth))
    north, east = (
        far * turn(azimuth) + _CLUSTER_SIZE * rng.standard_normal(far.shape) for turn in (np.cos, np.sin)
    )
    return np.hypot(north, east), np.rad2deg(np.arctan2(east, north))
