"""What every ensemble is made of: ground that is drawn, the ties and bounds that make an earth of it, and basins.

The numbers that describe an earth are drawn before its random fields (:mod:`seisgrad.waves.structures`).
"""

import math
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from seisgrad.dataset.ensemble import Rejected, between
from seisgrad.earth.random_field import Matern
from seisgrad.earth.scaling import DENSITY_FROM_VP_RANGE, density_from_vp
from seisgrad.earth.ties import brocher_vp
from seisgrad.elastic.grid import Grid
from seisgrad.elastic.rayleigh import local_phase_velocity
from seisgrad.waves.structures import field, places

Array = NDArray[np.float64]

#: No ground is slower or faster in S, km/s, and no vp/vs less.
SLOWEST_VS, FASTEST_VS, LEAST_RATIO = 0.5, 5.5, 1.5
#: The frequency, Hz, at which the Rayleigh wave of an earth may not be too slow: the end of the band of the paper.
HIGHEST = 0.5
#: Why the velocity of a node is held: the order of the last axis of ``held``.
CAUSES = ("vs raised", "vs lowered", "vp raised", "vp lowered")
#: A draw stays away from the slowest Rayleigh wave by this share, so that rounding makes no other earth of it.
_SHY = 0.01


class Ground(NamedTuple):
    """What a sampler draws: vs, km/s, and the relative departure of vp from Brocher's relation, each ``[z, x]``."""

    vs: Array
    departure: Array


class Earth(NamedTuple):
    """vp, vs (km/s) and density (g/cm³) on the nodes, ``[3, z, x]``, and how many nodes were held, by cause."""

    values: Array
    held: NDArray[np.int64]


def finished(ground: Ground, grid: Grid, velocity: tuple[float, float]) -> Earth:
    """The earth of a ground: vs within bounds, vp = Brocher(vs) (1 + departure) within bounds, density = Brocher(vp).

    Brocher's relation of vp holds up to vs 4.5 km/s and goes on as :class:`seisgrad.earth.BrocherTie` says; that of
    density holds up to vp 8.5 km/s, and density is constant beyond. vs is held between 0.5 and 5.5 km/s, vp between
    1.5 vs and the second of ``velocity``; :data:`CAUSES` are counted.

    Raises:
        Rejected: the Rayleigh wave of 0.5 Hz is somewhere slower than the first of ``velocity``.
    """
    slowest, fastest = velocity
    vs = np.clip(ground.vs, SLOWEST_VS, FASTEST_VS)
    wanted = brocher_vp(torch.from_numpy(vs)).numpy() * (1.0 + ground.departure)
    vp = np.clip(wanted, LEAST_RATIO * vs, fastest)
    held = np.stack([vs > ground.vs, vs < ground.vs, vp > wanted, vp < wanted])
    rho = density_from_vp(torch.from_numpy(vp.clip(max=DENSITY_FROM_VP_RANGE.high))).numpy()
    values = np.stack([vp, vs, rho])
    speed = local_phase_velocity(torch.from_numpy(values), grid.spacing, HIGHEST)
    if bool((speed < (1.0 + _SHY) * slowest).any()):
        raise Rejected(f"Rayleigh wave of {HIGHEST:g} Hz slower than {slowest:g} km/s")
    return Earth(values, held.sum((1, 2)))


def varied(
    rng: np.random.Generator,
    grid: Grid,
    vs: Array,
    lengths: tuple[float, float],
    nu: float = 1.5,
    deviation: float = 0.2,
    departure: float = 0.02,
) -> Ground:
    """Ground of background ``vs`` (broadcast to ``[z, x]``) with a Matérn field in vs and a smoother one in vp.

    Args:
        rng: the only source of randomness.
        grid: where.
        vs: km/s.
        lengths: of both fields along z and x, km.
        nu: ν of the field of vs; that of vp has one more.
        deviation: σ of vs, relative.
        departure: σ of vp from Brocher's relation, relative.
    """
    change = deviation * field(rng, grid, Matern(lengths, nu=nu))
    return Ground(vs * (1.0 + change), departure * field(rng, grid, Matern(lengths, nu=nu + 1.0)))


def with_basin(
    rng: np.random.Generator,
    grid: Grid,
    rock: Array,
    width: tuple[float, float],
    depth: tuple[float, float],
    steepest: tuple[float, float] = (45.0, 85.0),
) -> Array:
    """vs ``[z, x]`` of ``rock`` with one sedimentary basin in it, which is slower and ends sharply.

    Centre anywhere in the middle half of the line; width and depth (km) within the ranges; both edges dip by an angle
    within ``steepest`` degrees, and the floor between them rises and falls by up to 40 % in one or two waves. The fill
    has 0.8 to 1.4 km/s at the surface and 1.8 to 2.6 at the deepest point, and rises with the square root of depth.
    """
    (z, x), length = places(grid), grid.extent[1]
    centre, half = between(rng, 0.25, 0.75) * length, 0.5 * between(rng, *width)
    deepest, relief = between(rng, *depth), between(rng, 0.0, 0.4)
    slopes = np.tan(np.radians(rng.uniform(*steepest, 2)))
    waves, phase = between(rng, 1.0, 2.0), between(rng, 0.0, 2.0 * math.pi)
    top, bottom = between(rng, 0.8, 1.4), between(rng, 1.8, 2.6)
    floor = deepest * (1.0 - relief * (0.5 + 0.5 * np.cos(math.pi * waves * (x - centre) / half + phase)))
    edges = np.minimum(slopes[0] * (x - centre + half), slopes[1] * (centre + half - x))
    fill = top + (bottom - top) * np.sqrt(np.minimum(z / deepest, 1.0))
    return np.where(z < np.minimum(floor, edges), np.minimum(rock, fill), rock)
