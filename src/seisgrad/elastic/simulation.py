"""The response of one elastic earth: a simulation on a fine grid, under a row of vacuum, over the waves of Deepwave."""

import dataclasses
from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import pad

from seisgrad.elastic.waves import Waves
from seisgrad.errors import WorkError
from seisgrad.waves.simulation import GridSimulation

#: The relative change of an earth between the points of the difference that makes a tangent.
_STEP = 2e-5
#: The part of the time in which waves must have left, and what of the largest motion may be left then.
_TENTH, _SETTLED = 10, 0.5


@dataclass(frozen=True, eq=False)
class Simulation(GridSimulation):
    """A :class:`~seisgrad.waves.simulation.GridSimulation` over :class:`Waves`: receivers are those of the vertical
    component and then those of the horizontal one."""

    waves: Waves  # pyright: ignore[reportIncompatibleVariableOverride]

    output_ndim: ClassVar[int] = 4  # pyright: ignore[reportIncompatibleVariableOverride]
    fields: ClassVar[int] = 5  # the derivatives of two velocities and of three stresses

    def fine(self, earth: Float[Tensor, "3 z x"]) -> Float[Tensor, "3 fine_z fine_x"]:
        """The earth on the fine grid, under a row of vacuum."""
        return pad(super().fine(earth), (0, 0, 1, 0))

    def arrange(self, values: Tensor) -> Tensor:
        """``[shot, frequency, component, receiver, part]``."""
        return values.unflatten(1, (2, -1)).movedim(3, 1)

    def values(self, traces: Float[Tensor, "shot read step"], dtype: torch.dtype) -> Tensor:
        """What the survey asks, of shots, from their traces.

        Raises:
            WorkError: motion that grows instead of dying out.
        """
        late = traces[..., -max(1, traces.shape[-1] // _TENTH) :].detach().abs().amax()
        whole = traces.detach().abs().amax()
        if not bool(late <= _SETTLED * whole):  # NaN too
            raise WorkError(
                "the simulation grows without bound, as absorbing layers may beside an earth of many velocities: its "
                f"last tenth holds {float(late / whole):.2g} of the largest motion; make the edges of the earth "
                "smoother, or use seisgrad.elastic.Harmonic"
            )
        return super().values(traces, dtype)

    def tangent(self, earth: Tensor, change: Tensor, nodes: Tensor, weights: Tensor) -> Tensor:
        """See :class:`~seisgrad.waves.derivatives.Simulator`.

        Deepwave's Born approximation does not know this free surface. The response is smooth in the earth, so that a
        difference of fourth order in double precision has the derivative to ten digits.
        """
        exact = dataclasses.replace(
            self,
            waves=dataclasses.replace(self.waves, pulse=self.waves.pulse.double()),
            matrix=self.matrix.double(),
            weights=self.weights.double(),
            dtype=torch.float64,
        )
        largest = float((change / earth).abs().max())
        if largest == 0.0:
            return torch.zeros_like(self.response(earth, nodes, weights))
        step, earth, change = _STEP / largest, earth.double(), change.double()

        def difference(steps: int) -> Tensor:
            there, back = (exact.response(earth + s * steps * step * change, nodes, weights) for s in (1, -1))
            return (there - back) / (2 * steps * step)

        return ((4.0 * difference(1) - difference(2)) / 3.0).to(weights.dtype)
