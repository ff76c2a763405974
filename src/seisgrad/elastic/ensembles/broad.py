"""Earths of many regions, with layers and basins: what a surrogate for any of them is trained on."""

import numpy as np

from seisgrad.dataset.ensemble import between, either_sign, evenly_in_log
from seisgrad.dispersion.ensembles.tectonic import tectonic
from seisgrad.elastic.grid import Grid
from seisgrad.waves.structures import places

from .los_angeles import background
from .parts import Array, Ground, varied, with_basin

#: Where the columns of the tectonic ensemble are drawn, so that one does not depend on the grid, km.
_COLUMN = np.linspace(0.0, 60.0, 601)


def broad(rng: np.random.Generator, grid: Grid) -> Ground:
    """Three backgrounds, a third each: vs that rises from 0.8-3.2 km/s at the surface; a column of an ocean, shield,
    craton or belt (the ensemble ``tectonic`` of dispersion); and ``los_angeles`` times 0.85 to 1.15.

    The first reaches 2.8-3.7 km/s at 1-10 km, in a curve of power 0.4-1, and 3.5-4.6 km/s at 40 km. One draw in three
    is without soft ground, vs at least 1.8-3.2 km/s; one in three has two to six flat layers of 3 to 15 % contrast,
    faster or slower, the first of them within 10 km; one in three has one or two basins 8 to 40 km wide and 1 to 6 km
    deep with edges of 45 to 85°. On all lies a Matérn field with ν 1 to 2, σ 10 to 20 %, length along the line 1 to 20
    km, and length downward an eighth to a half of that but at least 0.5 km, all lengths even in their logarithms; vp
    departs from Brocher's by a smoother field of σ 1 to 4 %.
    """
    z, _ = places(grid)
    kind = (_gradient, _tectonic, _los_angeles)[int(rng.integers(3))]
    vs = kind(rng, z)
    hard, layered, basins = rng.random(3) < 1.0 / 3.0
    if hard:
        vs = np.maximum(vs, between(rng, 1.8, 3.2))
    if layered:
        vs = vs * _contrasts(rng, z)
    vs = np.broadcast_to(vs, grid.shape)
    for _ in range(int(rng.integers(1, 3)) if basins else 0):
        vs = with_basin(rng, grid, vs, width=(8.0, 40.0), depth=(1.0, 6.0))
    along = evenly_in_log(rng, 1.0, 20.0)
    down = max(0.5, along * evenly_in_log(rng, 0.125, 0.5))
    nu, deviation, departure = between(rng, 1.0, 2.0), between(rng, 0.1, 0.2), between(rng, 0.01, 0.04)
    return varied(rng, grid, vs, (down, along), nu, deviation, departure)


def _gradient(rng: np.random.Generator, z: Array) -> Array:
    """vs that rises steeply and then gently."""
    top, crust, bottom = evenly_in_log(rng, 0.8, 3.2), between(rng, 2.8, 3.7), between(rng, 3.5, 4.6)
    depth, power = evenly_in_log(rng, 1.0, 10.0), between(rng, 0.4, 1.0)
    rise = np.clip(z / depth, 0.0, 1.0) ** power
    below = np.clip((z - depth) / (40.0 - depth), 0.0, None)
    return top + (max(top, crust) - top) * rise + (max(bottom, crust, top) - max(top, crust)) * below


def _tectonic(rng: np.random.Generator, z: Array) -> Array:
    """vs of a column of the upper 60 km."""
    return np.interp(z, _COLUMN, tectonic(rng, _COLUMN)[1])


def _los_angeles(rng: np.random.Generator, z: Array) -> Array:
    """vs of the basins of Los Angeles, slower or faster throughout."""
    return between(rng, 0.85, 1.15) * background(z)


def _contrasts(rng: np.random.Generator, z: Array) -> Array:
    """The factor of each depth in a stack of flat layers."""
    interfaces = int(rng.integers(1, 6))
    tops = np.sort(np.r_[rng.uniform(0.5, 10.0), rng.uniform(0.5, 35.0, interfaces - 1)])
    factors = np.array([1.0, *(1.0 + either_sign(rng, 0.03, 0.15) for _ in range(interfaces))])
    return factors[np.searchsorted(tops, z, side="right")]
