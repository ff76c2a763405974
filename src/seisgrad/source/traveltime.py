"""When the first P and the first S wave arrive at the surface of a layered half-space."""

from typing import NamedTuple

import numpy as np

from seisgrad.source.layered.ground import Array, Column, checked

#: Halvings that bring the slope of a ray to rounding.
_HALVINGS = 100


class Arrivals(NamedTuple):
    """First arrivals, s after the origin time, ``[depth, distance]``."""

    p: Array
    s: Array


def first_arrivals(column: Column, depths: Array, distances: Array) -> Arrivals:
    """First P and S from sources at depths (km, ``[depth]``) to receivers at distances (km, ``[distance]``) on the
    surface.

    They are the first of the ray that goes straight up through the layers and of the head waves along the tops of the
    layers below the source; a reflection comes later than one of these. S stands for S all the way.

    Raises:
        InputError: an impossible column.
    """
    column = checked(column)
    depths, distances = np.asarray(depths, float), np.asarray(distances, float)
    p, s = (
        np.stack([_first(column.thickness, v, float(depth), distances) for depth in depths])
        for v in (column.vp, column.vs)
    )
    return Arrivals(p, s)


def _first(thickness: Array, velocity: Array, depth: float, distances: Array) -> Array:
    tops = np.concatenate([[0.0], np.cumsum(thickness[:-1])])
    bottoms = np.append(tops[1:], np.inf)
    above = np.clip(depth - tops, 0.0, bottoms - tops)  # of each layer, between source and surface
    crossed = above > 0.0
    # a source at the surface crosses nothing
    first = _direct(above[crossed], velocity[crossed], distances) if depth > 0.0 else distances / velocity[0]
    for n in range(1, len(velocity)):
        if tops[n] < depth or velocity[n] <= velocity[:n].max():
            continue
        # once down from the source and once up to the surface
        legs = 2.0 * thickness[:n] - above[:n]
        slope = np.sqrt(1.0 / velocity[:n] ** 2 - 1.0 / velocity[n] ** 2)
        reach = float((legs / velocity[n] / slope).sum())
        head = distances / velocity[n] + float((legs * slope).sum())
        first = np.where(distances >= reach, np.minimum(first, head), first)
    return first


def _direct(heights: Array, velocity: Array, distances: Array) -> Array:
    """Time of the ray through layers of these heights: its slope in the fastest of them is found by halving."""
    fastest = velocity.max()
    low, high = np.zeros_like(distances), distances / heights[velocity == fastest].sum()

    def ray(tangent: Array) -> tuple[Array, Array]:
        sine = tangent / np.hypot(1.0, tangent)
        sines = sine[:, None] * (velocity / fastest)
        # in the fastest layer the tangent itself: its cosine may be lost to rounding
        cosines = np.where(
            velocity == fastest, 1.0 / np.hypot(1.0, tangent)[:, None], np.sqrt(1.0 - sines**2)
        )
        return (heights * sines / cosines).sum(-1), (heights / velocity / cosines).sum(-1)

    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        short = ray(middle)[0] < distances
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    return ray(0.5 * (low + high))[1]
