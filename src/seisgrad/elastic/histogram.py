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


def depth_histogram(earth: Float[Tensor, "sample 3 z x"], grid: Grid) -> dict[str, Any]:
    """Nodes by depth and velocity, in values that JSON can hold.

    Args:
        earth: vp and vs in km/s, and density.
        grid: where.

    Returns:
        ``depth`` and ``velocity``, the edges of the bins in km and km/s, each bin holding its lower edge; ``vp`` and
        ``vs``, counts ``[depth, velocity]``.
    """
    depth = DEPTH_STEP * np.arange(int(grid.extent[0] / DEPTH_STEP) + 2)
    fastest = float(earth[:, :2].max())
    velocity = np.round(VELOCITY_STEP * np.arange(int(fastest / VELOCITY_STEP) + 2), 10)
    rows = np.broadcast_to(grid.z.numpy()[:, None], grid.shape)
    counts = {
        name: np.histogram2d(
            np.broadcast_to(rows, values.shape).ravel(), values.detach().numpy().ravel(), [depth, velocity]
        )[0].astype(int)
        for name, values in (("vp", earth[:, 0]), ("vs", earth[:, 1]))
    }
    return {"depth": depth.tolist(), "velocity": velocity.tolist()} | {
        k: c.tolist() for k, c in counts.items()
    }
