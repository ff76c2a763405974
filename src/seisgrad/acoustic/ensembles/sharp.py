"""Earths with discontinuities: a square anomaly, layers, and layers broken by a fault and pierced by bodies."""

import numpy as np

from seisgrad.acoustic.grid import Grid
from seisgrad.dataset.ensemble import between, either_sign
from seisgrad.earth.random_field import VonKarman
from seisgrad.waves.structures import body, field, layers, places

from .parts import Array, tied


def square(rng: np.random.Generator, grid: Grid) -> Array:
    """3 km/s and 2.2 g/cm³ with one square 5 % faster or slower and denser or lighter, its side 10 to 40 % of the
    grid.

    The square lies anywhere inside the grid. Yang et al. (2021) test on one such model.
    """
    (depth, length), (z, x) = grid.extent, places(grid)
    side, sign = between(rng, 0.1, 0.4) * min(depth, length), either_sign(rng, 1.0, 1.0)
    top, left = between(rng, 0.0, depth - side), between(rng, 0.0, length - side)
    inside = (z >= top) & (z <= top + side) & (x >= left) & (x <= left + side)
    return tied(np.where(inside, 0.05 * sign, 0.0))


def layered(rng: np.random.Generator, grid: Grid) -> Array:
    """Two to eight sharp layers of 5 to 10 % contrast that dip up to 10°, and von Karman variations of 1 % in all.

    The top has 2.4 to 3 km/s; two contrasts in three are upward; the variations have κ 0.5 and length 1.6 km. Density
    varies as velocity does, relative to 2.2 g/cm³. Draws that leave 2 to 4.5 km/s are rejected.
    """
    interfaces = int(rng.integers(1, 8))
    stack = contrasts(rng, interfaces, between(rng, -0.2, 0.0), 0.05, 0.1)[
        layers(rng, grid, interfaces, dip=10.0)
    ]
    return tied((1.0 + stack) * (1.0 + 0.01 * field(rng, grid, VonKarman((1.6, 1.6), kappa=0.5))) - 1.0)


def sharp(rng: np.random.Generator, grid: Grid) -> Array:
    """Two to five uniform layers of 5 to 10 % contrast, cut by one fault, with one to three bodies of 5 to 10 %.

    The fault dips 45 to 80° either way and its far side is thrown 5 to 20 % of the depth down; layers dip up to 10°;
    bodies are turned ellipses or rectangles, 10 to 40 % of the extent wide. Otherwise as ``layered``, without random
    field. The discontinuous kind of model to test a full-waveform inversion on.
    """
    interfaces = int(rng.integers(1, 5))
    levels = contrasts(rng, interfaces, between(rng, -0.2, 0.0), 0.05, 0.1)
    near = levels[layers(rng, grid, interfaces, dip=10.0)]
    (depth, length), (z, x) = grid.extent, places(grid)
    # the far side is the same stack further down; the levels of its shifted nodes are those above them
    throw = max(1, round(between(rng, 0.05, 0.2) * (grid.shape[0] - 1)))
    thrown = np.concatenate([np.repeat(near[:1], throw, 0), near])[: grid.shape[0]]
    angle, foot = np.radians(either_sign(rng, 45.0, 80.0)), between(rng, 0.25, 0.75) * length
    relative = np.where(x - foot >= (z - 0.5 * depth) / np.tan(angle), thrown, near)
    for _ in range(int(rng.integers(1, 4))):
        relative = (1.0 + relative) * (1.0 + either_sign(rng, 0.05, 0.1) * body(rng, grid, 0.1, 0.4)) - 1.0
    return tied(relative)


def contrasts(rng: np.random.Generator, interfaces: int, top: float, least: float, most: float) -> Array:
    """Relative velocities of ``interfaces + 1`` layers from ``top`` down, two steps in three upward."""
    steps = rng.uniform(least, most, interfaces) * np.where(rng.random(interfaces) < 2.0 / 3.0, 1.0, -1.0)
    return (1.0 + top) * np.cumprod(np.r_[1.0, 1.0 + steps]) - 1.0
