"""What the acoustic ensembles share: the mean that variations refer to, and reasons to reject.

The numbers that describe an earth are drawn before its random field (:mod:`seisgrad.waves.structures`).
"""

import numpy as np
from numpy.typing import NDArray

from seisgrad.dataset.ensemble import Rejected

Array = NDArray[np.float64]

#: Velocity (km/s) and density (g/cm³) that the relative variations of an ensemble refer to.
VELOCITY, DENSITY = 3.0, 2.2
#: The least density of an earth, g/cm³.
LIGHTEST = 1.0


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
