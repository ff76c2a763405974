"""Broad ensembles that assume next to nothing: random knots between wide bounds, and roughness upon them."""

import numpy as np

from seisgrad.dataset.ensemble import Rejected, between

from .parts import (
    Array,
    Profile,
    brocher_density,
    checked,
    knot_depths,
    rough,
    smooth,
    through,
    with_low_zone,
)

#: Bounds of vs (km/s) at these depths (km).
DEPTHS = np.array([0.0, 2.0, 5.0, 10.0, 20.0, 40.0, 80.0, 150.0])
LOWEST = np.array([0.3, 0.6, 0.9, 1.2, 1.7, 2.4, 3.2, 3.8])
HIGHEST = np.array([4.0, 4.1, 4.3, 4.5, 4.8, 5.1, 5.4, 5.6])
#: The paper starts lower at the surface.
PAPER_LOWEST = np.array([0.15, 0.5, 0.9, 1.2, 1.7, 2.4, 3.2, 3.8])
#: 0.7 times the shortest period that is asked for, 2 s; and the share of earths with a hidden mode that stays.
_STRETCH, _KEPT = 1.4, 0.125


def _vs(rng: np.random.Generator, depth: Array, lowest: Array) -> Array:
    knots = knot_depths(rng, 6, 12, max(150.0, float(depth[-1])))
    low, high = np.interp(knots, DEPTHS, lowest), np.interp(knots, DEPTHS, HIGHEST)
    return through(knots, rng.uniform(low, high), depth)


def wild(rng: np.random.Generator, depth: Array) -> Profile:
    """vp, vs and density that vary on their own, at every scale that a kernel should tell apart.

    vs: 6-12 knots uniform between bounds (0.3-4 km/s at the surface, 3.8-5.6 at 150 km), times 1 + up to 6 %
    roughness (standard deviation) of correlation length 0.8-4 km at the surface and one to four times that at the
    bottom. vp/vs: 2-8 knots in 1.55-2.05, with up to 2 % roughness of its own. Density: Brocher (2005) times 2-8
    knots in 0.92-1.08, with up to 2 % roughness of its own.
    """
    vs = _vs(rng, depth, LOWEST)
    length = between(rng, np.log(0.8), np.log(4.0))
    grain = np.exp(length) * (1.0 + between(rng, 0.0, 3.0) * depth / depth[-1])
    vs = vs * (1.0 + between(rng, 0.0, 0.06) * rough(rng, depth, grain))
    ratio = smooth(rng, depth, 1.55, 2.05) * (1.0 + between(rng, 0.0, 0.02) * rough(rng, depth, grain))
    vp = vs * ratio
    factor = smooth(rng, depth, 0.92, 1.08) * (1.0 + between(rng, 0.0, 0.02) * rough(rng, depth, grain))
    return checked(vp, vs, brocher_density(vp) * factor, 0.2)


def weak(rng: np.random.Generator, depth: Array) -> Profile:
    """As ``wild``, with fewer earths whose shortest waves run unseen below the surface.

    vs: 6-12 knots uniform between bounds (0.3-4 km/s at the surface, 3.8-5.6 at 150 km), times 1 + up to 6 %
    roughness (standard deviation) of correlation length 0.8-4 km at the surface and one to four times that at the
    bottom. vp/vs: 2-8 knots in 1.55-2.05, with up to 2 % roughness of its own. Density: Brocher (2005) times 2-8
    knots in 0.92-1.08, with up to 2 % roughness of its own. Where the slowest 1.4 s of vertical S travel time lie
    below the surface by more than 5 %, the fundamental mode of 2 s runs in that channel and no station records it: of
    these one in eight is kept.
    """
    vp, vs, rho = wild(rng, depth)
    if _hidden(vs, depth) and rng.random() > _KEPT:
        raise Rejected("fundamental mode of 2 s in a channel below the surface")
    return vp, vs, rho


def _hidden(vs: Array, depth: Array) -> bool:
    """Whether the slowest stretch of 0.7 periods of vertical S travel time does not begin at the surface."""
    to_top = np.append(0.0, np.cumsum(np.diff(depth) / vs[:-1]))
    inside = to_top < to_top[-1] - _STRETCH
    length = np.interp(to_top[inside] + _STRETCH, to_top, depth) - depth[inside]
    return bool(length.min() < 0.95 * length[0])


def weak_paper(rng: np.random.Generator, depth: Array) -> Profile:
    """As the weak prior of Yu, Cai & Liu (2026): density tied to vp, vp/vs smooth.

    vs: 6-12 knots uniform between bounds (0.15-4 km/s at the surface, 3.8-5.6 at 150 km) plus roughness of
    0.2 (surface) to 0.1 km/s (bottom) and correlation length 2 to 18 km. vp/vs: 2-8 knots in 1.6-1.95.
    """
    vs = _vs(rng, depth, PAPER_LOWEST)
    part = depth / depth[-1]
    vs = vs + (0.2 - 0.1 * part) * rough(rng, depth, 2.0 + 16.0 * part)
    vp = vs * smooth(rng, depth, 1.6, 1.95)
    return checked(vp, vs, brocher_density(vp), 0.1)


def low_velocity(rng: np.random.Generator, depth: Array) -> Profile:
    """A low-velocity zone near 70 km imposed on the vs of ``weak``.

    Centre 70 ± 10 km (normal), half width 10-30 km (Gaussian shape), 4-15 % slow.
    """
    return with_low_zone(rng, depth, *weak(rng, depth))


def wild_low_velocity(rng: np.random.Generator, depth: Array) -> Profile:
    """The same zone imposed on ``wild``."""
    return with_low_zone(rng, depth, *wild(rng, depth))
