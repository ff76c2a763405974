"""A mixture of the ensembles of the upper 130 km: what a surrogate for any of them is trained on."""

import numpy as np

from .parts import Array, Profile
from .tectonic import tectonic
from .weak import wild, wild_low_velocity

#: What is mixed, and in which shares.
SAMPLERS = (wild, tectonic, wild_low_velocity)
SHARES = (0.6, 0.2, 0.2)


def broad(rng: np.random.Generator, depth: Array) -> Profile:
    """A mixture: three draws in five of ``wild``, one of ``tectonic``, one of ``wild`` with the zone of ``lvz``."""
    return SAMPLERS[int(rng.choice(len(SAMPLERS), p=SHARES))](rng, depth)
