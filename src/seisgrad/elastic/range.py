"""What a trained elastic network has seen: frequencies, and velocities by depth; and whether an earth lies outside."""

from collections.abc import Mapping
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from seisgrad.elastic.grid import Grid

#: Share of the nodes of an earth that may hold what training has never held at their depth.
_STRAY = 0.01
#: Share by which a frequency may leave the band.
_SLACK = 0.01


class Range:
    """The range of a training.

    Args:
        entries: of the card: ``frequency``, lowest and highest in Hz, and ``earth``, the histogram of
            :func:`~seisgrad.elastic.histogram.depth_histogram`.
    """

    def __init__(self, entries: Mapping[str, Any]) -> None:
        self.band: tuple[float, float] = tuple(entries["frequency"])
        earth = entries["earth"]
        self._depth, self._velocity = (torch.tensor(earth[name]) for name in ("depth", "velocity"))
        self._seen = torch.stack([_widened(torch.tensor(earth[name]) > 0) for name in ("vp", "vs")])

    def out_of_band(self, frequencies: Float[Tensor, " frequency"]) -> str | None:
        """What is wrong with the first frequency outside the band, or None."""
        low, high = self.band
        for frequency in frequencies.tolist():
            if not low * (1.0 - _SLACK) <= frequency <= high * (1.0 + _SLACK):
                return f"{frequency:.4g} Hz is out of the band of training, {low:.4g} to {high:.4g} Hz"
        return None

    def strays(self, earth: Float[Tensor, "batch 3 z x"], grid: Grid) -> Bool[Tensor, "batch 2 z x"]:
        """Which nodes hold a vp or vs that training has not held at their depth, give or take a bin."""
        medium = earth[:, :2].detach().float().cpu()
        depth = self._bin(grid.z.float(), self._depth)[:, None].expand(grid.shape)
        low, high = float(self._velocity[0]), float(self._velocity[-1])
        velocity = self._bin(medium, self._velocity)
        seen = torch.stack([self._seen[k][depth, velocity[:, k]] for k in range(2)], 1)
        return ~seen | (medium < low) | (medium > high)

    def outside(self, earth: Float[Tensor, "batch 3 z x"], grid: Grid) -> str | None:
        """Why an earth of a batch lies outside, or None."""
        strays = self.strays(earth, grid)
        share = strays.float().mean((-2, -1))
        if bool((share <= _STRAY).all()):
            return None
        which, parameter = divmod(int(share.argmax()), 2)
        at = strays[which, parameter].sum(1)
        row = int(at.argmax())
        name = ("vp", "vs")[parameter]
        column = int(strays[which, parameter, row].nonzero()[0])
        of = f" of earth {which + 1}" if len(earth) > 1 else ""
        return (
            f"{100 * float(share[which, parameter]):.2g} % of the nodes{of} hold a {name} that the training has not "
            f"held at their depth (the most at {float(grid.z[row]):.3g} km, such as "
            f"{float(earth[which, parameter, row, column]):.3g} km/s), expected at most {100 * _STRAY:g} %"
        )

    @staticmethod
    def _bin(values: Tensor, edges: Tensor) -> Tensor:
        """The bin of each value, the first or last one for what lies beyond."""
        return (torch.searchsorted(edges, values.contiguous(), right=True) - 1).clamp(0, len(edges) - 2)


def _widened(seen: Bool[Tensor, "depth velocity"]) -> Bool[Tensor, "depth velocity"]:
    """With the neighbouring bins of velocity."""
    wide = seen.clone()
    wide[:, 1:] |= seen[:, :-1]
    wide[:, :-1] |= seen[:, 1:]
    return wide
