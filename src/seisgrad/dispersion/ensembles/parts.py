"""What every ensemble is made of: curves through random knots, correlated roughness, and reasons to reject."""

import numpy as np
import torch
from numpy.typing import NDArray

from seisgrad.dataset.ensemble import Rejected, between
from seisgrad.earth.scaling import density_from_vp

from .interpolation import monotone_cubic, unit_spline

Array = NDArray[np.float64]
Profile = tuple[Array, Array, Array]
"""vp, vs (km/s) and density (g/cm³) of the layers of a depth grid."""


def knot_depths(rng: np.random.Generator, least: int, most: int, bottom: float) -> Array:
    """``least`` to ``most`` depths from 0 to ``bottom``, denser towards the surface, none too close to the next."""
    inner = int(rng.integers(least, most + 1)) - 2
    # strata of equal width in √z, jittered: random and never crowded
    place = (np.arange(1, inner + 1) + rng.uniform(-0.35, 0.35, inner)) / (inner + 1)
    return np.r_[0.0, bottom * place**2, bottom]


def through(knots: Array, values: Array, depth: Array) -> Array:
    """Monotone cubic (PCHIP) curve through the knots."""
    return monotone_cubic(knots, values, depth)


def rough(rng: np.random.Generator, depth: Array, length: Array) -> Array:
    """Unit-variance roughness whose correlation length (km) is ``length`` at each depth.

    White noise at steps of one length, with a random first step, and a cubic spline between.
    """
    steps = np.diff(depth) * 0.5 * (1.0 / length[1:] + 1.0 / length[:-1])
    place = np.r_[0.0, np.cumsum(steps)] + rng.uniform(0.0, 1.0)
    number = int(place[-1]) + 4
    values = unit_spline(rng.standard_normal(number), place + 1.0)
    # a spline through unit white noise has this variance between its knots, on average
    return values / 0.83


def smooth(rng: np.random.Generator, depth: Array, low: float, high: float, most: int = 8) -> Array:
    """A curve that varies slowly between ``low`` and ``high``, with 2 to ``most`` knots."""
    knots = knot_depths(rng, 2, most, float(depth[-1]))
    return through(knots, rng.uniform(low, high, len(knots)), depth)


def brocher_density(vp: Array) -> Array:
    """Density of Brocher (2005), g/cm³, held at its ends outside the range of his data."""
    return density_from_vp(torch.from_numpy(np.clip(vp, 1.5, 8.5))).numpy()


def checked(vp: Array, vs: Array, rho: Array, slowest: float) -> Profile:
    """The profile itself, or the reason why it is none."""
    if vs.min() < slowest:
        raise Rejected(f"vs below {slowest:g} km/s")
    if (vp / vs).min() < 1.3:
        raise Rejected("vp/vs below 1.3")
    # a fundamental mode of long period averages vs over the whole grid; a slower half-space cannot trap it
    if vs[-1] < len(vs) / np.sum(1.0 / vs):
        raise Rejected("half-space slower than the mean above it")
    return vp, vs, rho


def with_low_zone(rng: np.random.Generator, depth: Array, vp: Array, vs: Array, rho: Array) -> Profile:
    """A low-velocity zone near 70 km imposed on an earth.

    Centre 70 ± 10 km (normal), half width 10-30 km (Gaussian shape), 4-15 % slow.
    """
    centre, half = float(rng.normal(70.0, 10.0)), between(rng, 10.0, 30.0)
    slow = 1.0 - between(rng, 0.04, 0.15) * np.exp(-(((depth - centre) / half) ** 2) * np.log(2.0))
    return checked(vp * slow, vs * slow, rho, 0.2)
