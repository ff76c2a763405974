"""What every ensemble is made of: random fields, stacks of layers, bodies, and reasons to reject.

The numbers that describe an earth (contrasts, dips, places) are drawn before its random field, so that the same
generator on a finer grid of the same extent gives the same layers and bodies, and another field of the same
statistics.
"""

import math

import numpy as np
from numpy.typing import NDArray

from seisgrad.acoustic.grid import Grid
from seisgrad.earth.random_field import Correlation, draw_field

Array = NDArray[np.float64]

#: Velocity (km/s) and density (g/cm³) that the relative variations of an ensemble refer to.
VELOCITY, DENSITY = 3.0, 2.2
#: The least density of an earth, g/cm³.
LIGHTEST = 1.0


class Rejected(Exception):
    """A draw that is no earth of this ensemble; the message is the cause, counted by the caller."""


def between(rng: np.random.Generator, low: float, high: float) -> float:
    """A uniform draw."""
    return float(rng.uniform(low, high))


def evenly_in_log(rng: np.random.Generator, low: float, high: float) -> float:
    """A draw uniform in its logarithm."""
    return math.exp(between(rng, math.log(low), math.log(high)))


def either_sign(rng: np.random.Generator, low: float, high: float) -> float:
    """A size between ``low`` and ``high``, positive or negative."""
    return between(rng, low, high) * (1.0 if rng.random() < 0.5 else -1.0)


def field(rng: np.random.Generator, grid: Grid, correlation: Correlation) -> Array:
    """A random field of unit variance on the nodes, ``[z, x]``."""
    return draw_field(correlation, grid.shape, grid.spacing, rng)


def places(grid: Grid) -> tuple[Array, Array]:
    """Depth ``[z, 1]`` and distance ``[1, x]`` of the nodes, km."""
    return grid.z.numpy()[:, None], grid.x.numpy()[None, :]


def layers(rng: np.random.Generator, grid: Grid, interfaces: int, dip: float) -> NDArray[np.int64]:
    """The layer of each node, 0 at the top, below plane ``interfaces`` that dip up to ``dip`` degrees and may cross.

    Depths at mid-distance lie anywhere from 5 to 95 % of the grid; where two interfaces cross, the lower one is cut
    off.
    """
    (depth, length), (z, x) = grid.extent, places(grid)
    middle = np.sort(rng.uniform(0.05, 0.95, interfaces)) * depth
    slope = np.tan(np.radians(rng.uniform(-dip, dip, interfaces)))
    tops = np.maximum.accumulate(middle[:, None, None] + slope[:, None, None] * (x - 0.5 * length), axis=0)
    return (z >= tops).sum(0)


def body(rng: np.random.Generator, grid: Grid, smallest: float, largest: float) -> NDArray[np.bool_]:
    """Where a turned ellipse or rectangle lies, its diameters ``smallest`` to ``largest`` of the extent."""
    (depth, length), (z, x) = grid.extent, places(grid)
    centre = rng.uniform(0.1, 0.9, 2)
    half = 0.5 * rng.uniform(smallest, largest, 2) * min(depth, length)
    angle, power = between(rng, 0.0, math.pi), 2.0 if rng.random() < 0.5 else math.inf
    down, along = z - centre[0] * depth, x - centre[1] * length
    u = np.abs(math.cos(angle) * down + math.sin(angle) * along) / half[0]
    v = np.abs(math.cos(angle) * along - math.sin(angle) * down) / half[1]
    return np.maximum(u, v) <= 1.0 if math.isinf(power) else u**power + v**power <= 1.0


def tied(relative: Array) -> Array:
    """The earth ``[2, z, x]`` of 3 km/s and 2.2 g/cm³ in which both vary by the same ``relative`` amount."""
    return np.stack([VELOCITY * (1.0 + relative), DENSITY * (1.0 + relative)])


def checked(earth: Array, velocity: tuple[float, float]) -> Array:
    """The earth itself, or the reason why it is none of an ensemble whose velocities lie in this range, km/s."""
    if earth[0].min() < velocity[0]:
        raise Rejected(f"velocity below {velocity[0]:g} km/s")
    if earth[0].max() > velocity[1]:
        raise Rejected(f"velocity above {velocity[1]:g} km/s")
    if earth[1].min() < LIGHTEST:
        raise Rejected(f"density below {LIGHTEST:g} g/cm3")
    return earth
