"""Pressure in time on a fine grid: the one place that calls Deepwave.

Deepwave advances (1/K) ∂p/∂t = −∇·u + q, ρ ∂u/∂t = −∇p on a staggered grid, leapfrog in time and eighth order in
space; pressure stands on the nodes. Sample n of pressure is at n Δt and sample n of the volume rate q at (n + ½) Δt.
"""

from dataclasses import dataclass

from jaxtyping import Float, Int
from torch import Tensor

from seisgrad._lazy import extra
from seisgrad.errors import InputError

with extra("waves"):
    import deepwave
    from deepwave.checkpointing import run_segments
    from deepwave.discretisation import critical_courant_number

ORDER = 8
"""Of the differences in space."""

CRITICAL_COURANT = critical_courant_number(ORDER, propagator="acoustic")
"""Largest stable v Δt √2 / h of the scheme in a homogeneous earth."""


@dataclass(frozen=True, eq=False)
class Waves:
    """A way to propagate: the grid's spacing, the time step and what happens at the edges.

    Args:
        spacing: of the fine grid, km.
        time_step: s.
        pulse: volume rate in time of a source of weight 1, ``[time]``; its length is the number of steps.
        edge: cells of the absorbing layer.
        frequency: at which the layer absorbs best, Hz.
        free: whether pressure is zero along row 0.
    """

    spacing: float
    time_step: float
    pulse: Float[Tensor, " time"]
    edge: int
    frequency: float
    free: bool

    def record(
        self,
        earth: Float[Tensor, "2 z x"],
        sources: Int[Tensor, "shot node 2"],
        weights: Float[Tensor, "shot node"],
        receivers: Int[Tensor, "receiver 2"],
        segments: int = 1,
    ) -> Float[Tensor, "shot receiver time"]:
        """Traces of pressure at nodes; see :class:`~seisgrad.waves.simulation.Propagator`."""
        settings = self._settings(sources, weights)
        spacing, time_step = settings.pop("grid_spacing"), settings.pop("dt")
        rate = settings.pop("source_amplitudes_volume_rate")
        settings["receiver_locations_p"] = receivers.expand(len(sources), -1, -1)
        try:
            out = run_segments(
                deepwave.acoustic,
                [earth[0], earth[1]],
                spacing,
                time_step,
                {"source_amplitudes_volume_rate": rate},
                segments,
                checkpoint=segments > 1,
                use_reentrant=True,
                **settings,
            )
        except deepwave.DeepwaveValueError as error:
            raise InputError(
                f"the earth is too rough for a time step of {self.time_step:.3g} s, expected one that is stable where "
                f"density jumps; give a smaller time_step ({error})"
            ) from error
        return out.receiver_amplitudes_p

    def scattered(
        self,
        earth: Float[Tensor, "2 z x"],
        change: Float[Tensor, "2 z x"],
        sources: Int[Tensor, "shot node 2"],
        weights: Float[Tensor, "shot node"],
        receivers: Int[Tensor, "receiver 2"],
    ) -> Float[Tensor, "shot receiver time"]:
        """The derivative of :meth:`record` along a change of the earth (the Born approximation is exactly that)."""
        out = deepwave.acoustic_born(
            earth[0],
            earth[1],
            dv=change[0],
            drho=change[1],
            sc_receiver_locations_p=receivers.expand(len(sources), -1, -1),
            **self._settings(sources, weights),
        )
        return out.sc_receiver_amplitudes_p

    def _settings(self, sources: Tensor, weights: Tensor) -> dict:
        layer = [0 if self.free else self.edge, self.edge, self.edge, self.edge]
        return {
            "grid_spacing": self.spacing,
            "dt": self.time_step,
            "source_amplitudes_volume_rate": weights.unsqueeze(-1) * self.pulse,
            "source_locations_volume_rate": sources,
            "accuracy": ORDER,
            "pml_width": layer,
            "boundary": ["free" if self.free else "pml", "pml", "pml", "pml"],
            "pml_freq": self.frequency,
            # The speed at which this time step becomes unstable: Deepwave then never divides the step.
            "max_vel": 0.9999 * CRITICAL_COURANT * self.spacing / (2**0.5 * self.time_step),
            "courant_number": CRITICAL_COURANT,
        }
