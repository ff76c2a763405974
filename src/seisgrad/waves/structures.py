"""What earths in a vertical plane are made of: random fields, stacks of layers and bodies on the nodes of a grid.

An ensemble draws the numbers that describe an earth (contrasts, dips, places) before its random field, so that the same
generator on a finer grid of the same extent gives the same layers and bodies, and another field of the same
statistics.
"""

import math

import numpy as np
from numpy.typing import NDArray

from seisgrad.earth.random_field import Correlation, draw_field
from seisgrad.waves.grid import PlaneGrid

Array = NDArray[np.float64]


def field(rng: np.random.Generator, grid: PlaneGrid, correlation: Correlation) -> Array:
    """A random field of unit variance on the nodes, ``[z, x]``."""
    return draw_field(correlation, grid.shape, grid.spacing, rng)


def places(grid: PlaneGrid) -> tuple[Array, Array]:
    """Depth ``[z, 1]`` and distance ``[1, x]`` of the nodes, km."""
    return grid.z.numpy()[:, None], grid.x.numpy()[None, :]


def layers(rng: np.random.Generator, grid: PlaneGrid, interfaces: int, dip: float) -> NDArray[np.int64]:
    """The layer of each node, 0 at the top, below plane ``interfaces`` that dip up to ``dip`` degrees and may cross.

    Depths at mid-distance lie anywhere from 5 to 95 % of the grid; where two interfaces cross, the lower one is cut
    off.
    """
    (depth, length), (z, x) = grid.extent, places(grid)
    middle = np.sort(rng.uniform(0.05, 0.95, interfaces)) * depth
    slope = np.tan(np.radians(rng.uniform(-dip, dip, interfaces)))
    tops = np.maximum.accumulate(middle[:, None, None] + slope[:, None, None] * (x - 0.5 * length), axis=0)
    return (z >= tops).sum(0)


def body(rng: np.random.Generator, grid: PlaneGrid, smallest: float, largest: float) -> NDArray[np.bool_]:
    """Where a turned ellipse or rectangle lies, its diameters ``smallest`` to ``largest`` of the extent."""
    (depth, length), (z, x) = grid.extent, places(grid)
    centre = rng.uniform(0.1, 0.9, 2)
    half = 0.5 * rng.uniform(smallest, largest, 2) * min(depth, length)
    angle, power = float(rng.uniform(0.0, math.pi)), 2.0 if rng.random() < 0.5 else math.inf
    down, along = z - centre[0] * depth, x - centre[1] * length
    u = np.abs(math.cos(angle) * down + math.sin(angle) * along) / half[0]
    v = np.abs(math.cos(angle) * along - math.sin(angle) * down) / half[1]
    return np.maximum(u, v) <= 1.0 if math.isinf(power) else u**power + v**power <= 1.0
