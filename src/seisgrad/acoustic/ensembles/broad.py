"""Earths of many kinds, of which the other ensembles are corners: what a surrogate for any of them is trained on."""

import numpy as np

from seisgrad.acoustic.grid import Grid
from seisgrad.dataset.ensemble import between, either_sign, evenly_in_log
from seisgrad.earth.random_field import VonKarman
from seisgrad.waves.structures import body, field, layers, places

from .parts import Array
from .sharp import contrasts


def broad(rng: np.random.Generator, grid: Grid) -> Array:
    """Von Karman variations, κ 0.3 to 1, length 0.5 to 4 km, σ 1 to 10 %, of 2.5 to 3.5 km/s, often with structure.

    Length and σ are even in their logarithms. One draw in three has a gradient that changes velocity by up to ±20 %
    across the grid, in any direction; one in three has two to six layers of 2 to 10 % contrast that dip up to 15°;
    one in three has one to three bodies, faster or slower by 2 to 10 %. Density has a mean of 2 to 2.5 g/cm³ and a
    field that correlates with that of velocity by c, where c is 1 in one draw of three and else even from 0 to 1;
    gradient, layers and bodies are in density as in velocity. Draws that leave 2 to 4.5 km/s are rejected.
    """
    kappa, length = between(rng, 0.3, 1.0), evenly_in_log(rng, 0.5, 4.0)
    deviation = evenly_in_log(rng, 0.01, 0.1)
    mean, density = between(rng, 2.5, 3.5), between(rng, 2.0, 2.5)
    alike = 1.0 if rng.random() < 1.0 / 3.0 else between(rng, 0.0, 1.0)
    structure = _structure(rng, grid)
    correlation = VonKarman((length, length), kappa=kappa)
    first, second = field(rng, grid, correlation), field(rng, grid, correlation)
    other = alike * first + np.sqrt(1.0 - alike**2) * second
    return structure * np.stack([mean * (1.0 + deviation * first), density * (1.0 + deviation * other)])


def _structure(rng: np.random.Generator, grid: Grid) -> Array:
    """Gradient, layers and bodies as a factor, ``[z, x]``."""
    with_gradient, with_layers, with_bodies = rng.random(3) < 1.0 / 3.0
    factor = np.ones(grid.shape)
    if with_gradient:
        (depth, length), (z, x) = grid.extent, places(grid)
        angle, change = between(rng, 0.0, np.pi), either_sign(rng, 0.0, 0.2)
        down, along = np.cos(angle), np.sin(angle)
        across = (down * (z / depth - 0.5) + along * (x / length - 0.5)) / (abs(down) + abs(along))
        factor = factor * (1.0 + change * across)
    if with_layers:
        interfaces = int(rng.integers(1, 6))
        factor = (
            factor
            * (1.0 + contrasts(rng, interfaces, 0.0, 0.02, 0.1))[layers(rng, grid, interfaces, dip=15.0)]
        )
    if with_bodies:
        for _ in range(int(rng.integers(1, 4))):
            factor = factor * (1.0 + either_sign(rng, 0.02, 0.1) * body(rng, grid, 0.1, 0.5))
    return factor
