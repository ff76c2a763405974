"""Earthquakes that belong together, and a division that never parts them.

Aftershocks have the mechanism, the path and the stations of their main shock. Divided event by event, a network is
tested on what it has learned from, and seems better than it is. Events near each other in place and time are therefore
linked, links make groups, and a group goes into one part whole.
"""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from seisgrad.errors import InputError

_RADIUS = 6371.0  # km
_DAY = 86_400.0  # s


def event_groups(
    time: Float[ndarray, " event"],
    latitude: Float[ndarray, " event"],
    longitude: Float[ndarray, " event"],
    *,
    kilometres: float,
    days: float,
) -> Int[ndarray, " event"]:
    """The number of the group of every event, by single linkage: two events of different groups are further apart than
    so many kilometres, or than so many days.

    Args:
        time: s.
        latitude, longitude: of the epicentre, degrees.
        kilometres: between epicentres, along the surface.
        days: between origin times.

    Raises:
        InputError: a distance or time that is negative or not finite.
    """
    if not (0.0 <= kilometres < np.inf and 0.0 <= days < np.inf):
        raise InputError(
            f"events are linked within {kilometres:g} km and {days:g} days, expected two numbers that are not negative"
        )
    order = np.argsort(time, kind="stable")
    t, phi, lam = time[order], np.deg2rad(latitude[order]), np.deg2rad(longitude[order])
    above = list(range(len(t)))  # a forest: the roots are the groups

    def root(k: int) -> int:
        while above[k] != k:
            above[k] = above[above[k]]
            k = above[k]
        return k

    last = np.searchsorted(t, t + days * _DAY, side="right")
    for k in range(len(t)):
        later = slice(k + 1, last[k])
        half = np.sin(0.5 * (phi[later] - phi[k])) ** 2
        half += np.cos(phi[later]) * np.cos(phi[k]) * np.sin(0.5 * (lam[later] - lam[k])) ** 2
        apart = 2.0 * _RADIUS * np.arcsin(np.sqrt(half.clip(max=1.0)))
        for j in np.flatnonzero(apart <= kilometres):
            above[root(k + 1 + int(j))] = root(k)
    group = np.empty(len(t), np.int64)
    group[order] = np.unique([root(k) for k in range(len(t))], return_inverse=True)[1]
    return group


def divided(
    group: Int[ndarray, " event"], shares: Mapping[str, float], seed: int
) -> dict[str, Int[ndarray, " number"]]:
    """Events by part, each group in one part whole.

    The largest group comes first, and each goes to the part that lacks most; groups of one size come in an order drawn
    at random.

    Args:
        group: of every event.
        shares: of the events that each part should have, by its name; they sum to 1.
        seed: of the order.

    Raises:
        InputError: a part that is left without an event.
    """
    rng = np.random.default_rng([seed, 0x6772])
    names, sizes = np.unique(group, return_counts=True)
    lacks = {part: share * len(group) for part, share in shares.items()}
    chosen: dict[str, list[int]] = {part: [] for part in shares}
    for k in np.lexsort((rng.random(len(names)), -sizes)):
        part = max(lacks, key=lambda name: lacks[name])
        lacks[part] -= float(sizes[k])
        chosen[part].append(int(names[k]))
    empty = [part for part, some in chosen.items() if not some]
    if empty:
        raise InputError(
            f"{len(group)} events make {len(names)} groups, and none is left for {empty[0]}: give events of more "
            "places and times, or link them within fewer kilometres and days"
        )
    return {part: np.flatnonzero(np.isin(group, some)) for part, some in chosen.items()}
