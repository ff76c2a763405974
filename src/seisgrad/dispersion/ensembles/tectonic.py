"""Earths of tectonic classes: sediments, a layered crust, a Moho, and the mantle that belongs to the class."""

from typing import NamedTuple

import numpy as np

from seisgrad.dataset.ensemble import between

from .parts import Array, Profile, brocher_density, checked, rough, through, with_low_zone


class Region(NamedTuple):
    """Ranges of one class: (low, high)."""

    share: float
    sediment: tuple[float, float]  # km
    moho: tuple[float, float]  # km
    upper: tuple[float, float]  # vs at the top of the crystalline crust, km/s
    lower: tuple[float, float]  # vs at the Moho, above
    lid: tuple[float, float]  # vs below the Moho
    low: tuple[float, float]  # how much slower the asthenosphere is, km/s
    centre: tuple[float, float]  # its depth, km


REGIONS = {
    "ocean": Region(
        0.25, (0.0, 2.0), (6.0, 12.0), (2.6, 3.4), (3.7, 4.0), (4.4, 4.75), (0.1, 0.6), (50.0, 110.0)
    ),
    "shield": Region(
        0.25, (0.0, 2.0), (32.0, 48.0), (3.3, 3.6), (3.7, 4.0), (4.5, 4.8), (0.0, 0.15), (100.0, 150.0)
    ),
    "craton": Region(
        0.25, (0.0, 4.0), (38.0, 55.0), (3.3, 3.6), (3.75, 4.1), (4.6, 4.9), (0.0, 0.05), (120.0, 180.0)
    ),
    "belt": Region(
        0.25, (0.0, 8.0), (25.0, 70.0), (3.0, 3.5), (3.5, 3.9), (4.1, 4.6), (0.05, 0.5), (50.0, 120.0)
    ),
}


def tectonic(rng: np.random.Generator, depth: Array) -> Profile:
    """Ocean, shield, craton or active belt, a quarter each, with sediments and a Moho.

    Sediments: vs 0.4-1.8 km/s at the top rising to 1.8-2.8 at the bottom, vp/vs 1.85-2.4. Crystalline crust: three
    knots rising from the class's upper to its lower value, one draw in four with a slow middle crust (up to 8 %).
    Mantle: lid, and an asthenosphere of Gaussian shape; 0-0.35 km/s faster over 100 km of depth. vp/vs 1.67-1.86 in
    the crust, 1.72-1.86 in the mantle; density of Brocher (2005) times 0.97-1.03. vs and density get 1.5 % and 1 %
    of roughness of 2-12 km.
    """
    names = list(REGIONS)
    region = REGIONS[names[int(rng.choice(len(names), p=[REGIONS[n].share for n in names]))]]
    sediment, moho = between(rng, *region.sediment), between(rng, *region.moho)
    top, bottom = between(rng, *region.upper), between(rng, *region.lower)
    knots = sediment + (moho - sediment) * np.array(
        [0.0, between(rng, 0.25, 0.45), between(rng, 0.55, 0.8), 1.0]
    )
    crust = top + (bottom - top) * np.sort(np.r_[0.0, rng.uniform(0.0, 1.0, 2), 1.0])
    if rng.random() < 0.25:
        crust[2] *= 1.0 - between(rng, 0.0, 0.08)
    vs = through(knots, crust, np.clip(depth, knots[0], knots[-1]))
    ratio = np.full_like(depth, between(rng, 1.67, 1.86))
    mantle = depth >= moho
    slow = between(rng, *region.low)
    shape = np.exp(-(((depth - between(rng, *region.centre)) / between(rng, 20.0, 50.0)) ** 2))
    vs[mantle] = (between(rng, *region.lid) - slow * shape + between(rng, 0.0, 0.0035) * (depth - moho))[
        mantle
    ]
    ratio[mantle] = between(rng, 1.72, 1.86)
    soft = depth < sediment
    rise = np.sqrt(np.clip(depth / max(sediment, 1e-9), 0.0, 1.0))
    slowest = between(rng, 0.4, 1.8)
    vs[soft] = (slowest + (between(rng, 1.8, 2.8) - slowest) * rise)[soft]
    ratio[soft] = between(rng, 1.85, 2.4)
    grain = np.full_like(depth, between(rng, 2.0, 12.0))
    vs = vs * (1.0 + 0.015 * rough(rng, depth, grain))
    vp = vs * ratio
    rho = brocher_density(vp) * between(rng, 0.97, 1.03) * (1.0 + 0.01 * rough(rng, depth, grain))
    return checked(vp, vs, rho, 0.3)


def tectonic_low_velocity(rng: np.random.Generator, depth: Array) -> Profile:
    """The zone of ``lvz`` imposed on ``tectonic``, as in the strong prior of Yu, Cai & Liu (2026).

    Centre 70 ± 10 km (normal), half width 10-30 km (Gaussian shape), 4-15 % slow.
    """
    return with_low_zone(rng, depth, *tectonic(rng, depth))
