"""How often each velocity occurs at each depth in an ensemble: the range that a surrogate has learned from.

The figure of Zou et al. (2025, Figure 12) that tells whether an earth lies within what a network has seen.
"""

from typing import Any

import numpy as np
from jaxtyping import Float
from torch import Tensor

from seisgrad.elastic.grid import Grid

#: Widths of the bins: km and km/s.
DEPTH_STEP, VELOCITY_STEP = 1.0, 0.1


def depth_histogram(*earths: tuple[Float[Tensor, "sample 3 z x"], Grid]) -> dict[str, Any]:
    """Nodes by depth and velocity, in values that JSON can hold.

    Args:
        earths: vp and vs in km/s, and density, and the grid they are on; all ensembles are counted together.

    Returns:
        ``depth`` and ``velocity``, the edges of the bins in km and km/s, each bin holding its lower edge; ``vp`` and
        ``vs``, counts ``[depth, velocity]``.
    """
    deepest = max(grid.extent[0] for _, grid in earths)
    fastest = max(float(earth[:, :2].max()) for earth, _ in earths)
    depth = DEPTH_STEP * np.arange(int(deepest / DEPTH_STEP) + 2)
    velocity = np.round(VELOCITY_STEP * np.arange(int(fastest / VELOCITY_STEP) + 2), 10)
    told = {"depth": depth.tolist(), "velocity": velocity.tolist()}
    for k, name in enumerate(("vp", "vs")):
        counts = np.zeros((len(depth) - 1, len(velocity) - 1), int)
        for earth, grid in earths:
            values = earth[:, k].detach().numpy()
            rows = np.broadcast_to(grid.z.numpy()[:, None], values.shape)
            counts += np.histogram2d(rows.ravel(), values.ravel(), [depth, velocity])[0].astype(int)
        told[name] = counts.tolist()
    return told
