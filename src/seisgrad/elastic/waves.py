"""Ground motion in time under a free surface, on a fine grid: the one place that calls Deepwave.

Deepwave advances ρ ∂v/∂t = ∇·σ + f, ∂σ/∂t = C : ∇v on a staggered grid, leapfrog in time and second order in space.
Row 0 of the grid is vacuum and row 1 is the surface, z = 0: there the parameters are modified so that the traction
vanishes (Cao & Chen 2018, doi:10.1190/geo2018-0098.1). With cells of size h, normal stresses stand at the nodes of
rows 1, 2, …, z = 0, h, …, and so do the parameters of the earth; horizontal velocity in the same rows, half a cell
further along x; vertical velocity half a cell below them. Sample n of velocity is at (n − ½) Δt and sample n of a force
at n Δt.
"""

import warnings
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seisgrad._lazy import extra
from seisgrad.elastic.survey import Direction
from seisgrad.errors import InputError

with extra("waves"):
    import deepwave
    from deepwave.checkpointing import run_segments
    from deepwave.discretisation import critical_courant_number

ORDER = 2
"""Of the differences in space: higher ones reach across the surface and lose more there than they gain below."""

CRITICAL_COURANT = critical_courant_number(ORDER, propagator="elastic")
"""Largest stable v Δt √2 / h of the scheme in a homogeneous earth."""

VERTICAL, HORIZONTAL = 0, 1
"""The first entry of what is read: the component."""


@dataclass(frozen=True, eq=False)
class Waves:
    """A way to propagate: the grid's spacing, the time step and what happens at the edges.

    Args:
        spacing: of the fine grid, km.
        time_step: s.
        pulse: force in time of a source of weight 1, ``[time]``; its length is the number of steps.
        edge: cells of the absorbing layer to the left, to the right and below.
        frequency: at which the layer absorbs best, Hz.
        fastest: the highest P velocity, km/s, for which the layer is made.
        force: direction of the sources.
    """

    spacing: float
    time_step: float
    pulse: Float[Tensor, " time"]
    edge: int
    frequency: float
    fastest: float
    force: Direction

    def record(
        self,
        earth: Float[Tensor, "3 z x"],
        sources: Int[Tensor, "shot node 2"],
        weights: Float[Tensor, "shot node"],
        receivers: Int[Tensor, "read 3"],
        segments: int = 1,
    ) -> Float[Tensor, "shot read time"]:
        """Traces of upward or rightward velocity; see :class:`~seisgrad.waves.simulation.Propagator`.

        Args:
            earth: vp, vs and density, row 0 vacuum.
            sources: nodes at which each force acts, those of the velocity in its direction.
            weights: of these nodes; upward and rightward are positive.
            receivers: component, row and column of what is read, vertical before horizontal.
            segments: as in the protocol.

        Raises:
            InputError: a surface that is rigid, because no vacuum lies above it; an earth that is no solid; or one too
                rough for the time step.
        """
        spacing, time_step, forces, settings = self._settings(sources, weights, receivers)
        try:
            with (
                warnings.catch_warnings()
            ):  # that a face without a layer is rigid: here vacuum lies before it
                warnings.simplefilter("ignore", deepwave.ZeroWidthFaceWarning)
                out = run_segments(
                    deepwave.elastic,
                    _moduli(earth),
                    spacing,
                    time_step,
                    forces,
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
        return torch.cat([-out.receiver_amplitudes_y, out.receiver_amplitudes_x], 1)

    def _settings(
        self, sources: Tensor, weights: Tensor, receivers: Tensor
    ) -> tuple[float, float, dict, dict]:
        axis, sign = ("y", -1.0) if self.force == "vertical" else ("x", 1.0)
        forces = {f"source_amplitudes_{axis}": (sign * weights).unsqueeze(-1) * self.pulse}
        courant = 2**0.5 * self.fastest * self.time_step / self.spacing
        of = {component: receivers[receivers[:, 0] == component, 1:] for component in (VERTICAL, HORIZONTAL)}
        settings = {
            f"source_locations_{axis}": sources,
            "receiver_locations_y": of[VERTICAL].expand(len(sources), -1, -1),
            "receiver_locations_x": of[HORIZONTAL].expand(len(sources), -1, -1),
            "accuracy": ORDER,
            "pml_width": [0, self.edge, self.edge, self.edge],
            "pml_freq": self.frequency,
            "surface_method": "pm",
            "max_vel": self.fastest,
            # That of this time step, so that Deepwave never divides it.
            "courant_number": min(1.0001 * courant, CRITICAL_COURANT),
        }
        return self.spacing, self.time_step, forces, settings


def _moduli(earth: Float[Tensor, "3 z x"]) -> list[Tensor]:
    """λ, μ and 1/ρ, zero in the vacuum; InputError where the surface would be rigid or the earth is no solid."""
    if bool((earth.detach()[:, 0] != 0).any()):
        raise InputError(
            "row 0 of the fine earth is not vacuum, expected vp = vs = density = 0 above the surface: without it the "
            "top would be a rigid wall, on which no Rayleigh wave exists"
        )
    vp, vs, rho = earth[:, 1:]
    if not bool(((vs > 0) & (rho > 0) & (vp > vs)).detach().all()):
        raise InputError(
            "the fine earth holds a node that is no solid, expected vp > vs > 0 and positive density under the surface"
        )
    stiff = rho * vs.square()
    solid = rho * vp.square() - 2.0 * stiff, stiff, 1.0 / rho
    return [torch.nn.functional.pad(m, (0, 0, 1, 0)) for m in solid]
