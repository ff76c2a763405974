"""The response of one acoustic earth: a simulation on a fine grid over the waves of Deepwave."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from seisgrad.acoustic.waves import Waves
from seisgrad.waves.simulation import GridSimulation


@dataclass(frozen=True, eq=False)
class Simulation(GridSimulation):
    """A :class:`~seisgrad.waves.simulation.GridSimulation` over :class:`Waves`.

    Args:
        spectra: whether values come before receivers, ``[frequency, receiver, part]``, or after, ``[receiver, time]``.
    """

    waves: Waves  # pyright: ignore[reportIncompatibleVariableOverride]
    spectra: bool

    fields: ClassVar[int] = 3  # pressure and the two particle velocities

    @property
    def output_ndim(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Of one source: the values and the receivers."""
        return self.matrix.ndim

    def arrange(self, values: Tensor) -> Tensor:
        """``[shot, frequency, receiver, part]`` or ``[shot, receiver, time]``."""
        return values.movedim(1, 2) if self.spectra else values

    def tangent(self, earth: Tensor, change: Tensor, nodes: Tensor, weights: Tensor) -> Tensor:
        """See :class:`~seisgrad.waves.derivatives.Simulator`."""
        fine, weights, change = self.fine(earth), weights.to(self.dtype), self.fine(change)
        return torch.cat(
            [
                self.values(self.waves.scattered(fine, change, nodes[s], weights[s], self.read), earth.dtype)
                for s in self.shots(len(nodes))
            ]
        )
