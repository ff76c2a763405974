"""The uppermost hundred metres: soils over rock, and the water table."""

import numpy as np

from seisgrad.dataset.ensemble import between

from .parts import Array, Profile, checked, knot_depths, rough, through

#: Speed of P waves in water-filled soil is at least this, km/s.
SATURATED = 1.45


def near_surface(rng: np.random.Generator, depth: Array) -> Profile:
    """Soils and weathered rock of 0-100 m.

    vs: 3-8 knots, log-uniform between 0.08-0.5 km/s at the surface and 0.4-1.8 km/s at 100 m, one draw in three with a
    soft layer (10-40 % slow) inside, and 4 % of roughness of 2-10 m. A water table at 0-60 m: above it vp/vs 1.5-2.2,
    below it vp is at least 1.45 km/s. Density 1.6-2.3 g/cm³ rising with vs, ± 5 %.
    """
    knots = knot_depths(rng, 3, 8, float(depth[-1]))
    part = knots / knots[-1]
    low, high = np.log(0.08) + part * np.log(0.4 / 0.08), np.log(0.5) + part * np.log(1.8 / 0.5)
    vs = np.exp(through(knots, rng.uniform(low, high), depth))
    if rng.random() < 1.0 / 3.0:
        centre, half = between(rng, 0.1, 0.6) * depth[-1], between(rng, 0.03, 0.15) * depth[-1]
        vs = vs * (1.0 - between(rng, 0.1, 0.4) * (np.abs(depth - centre) < half))
    vs = vs * (1.0 + 0.04 * rough(rng, depth, np.full_like(depth, between(rng, 0.002, 0.01))))
    vp = vs * between(rng, 1.5, 2.2)
    wet = depth >= between(rng, 0.0, 0.06)
    vp = np.where(wet, np.maximum(vp, SATURATED + 0.8 * vs), vp)
    rho = (1.6 + 0.7 * np.clip((vs - 0.08) / 1.7, 0.0, 1.0)) * between(rng, 0.95, 1.05)
    return checked(vp, vs, rho, 0.05)
