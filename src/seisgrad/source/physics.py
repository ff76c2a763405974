"""The exact operator of an earthquake: a moment tensor in layered ground to the motion of stations on its surface.

The motion is linear in the moment, d = G m, and G depends on where the source is. It is exact at the nodes of a fine
lattice of depths and distances; between them it is a cubic through the four nearest nodes, computed when first asked
for. No stencil reaches across an interface, where the strain of a wave jumps.
"""

import copy
import math
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.errors import InputError
from seisgrad.operator import Operator, Space
from seisgrad.source.gather import COMPONENTS
from seisgrad.source.layered import Band, Column, elementary
from seisgrad.source.layered.ground import Array, checked
from seisgrad.source.layered.solver import BAND, SHALLOWEST
from seisgrad.source.radiation import coefficients, components
from seisgrad.source.traveltime import first_arrivals

#: Entries of a moment tensor.
MOMENT = ("nn", "ee", "dd", "ne", "nd", "ed")
#: Seconds of a trace before the first P.
_BEFORE_P = 10.0
#: Nodes of the lattice in a wavelength of S at the highest frequency that is kept whole.
_NODES = 24.0
_STENCIL = 4
#: Cells of the lattice that are remembered for each station.
_KEPT = 8


def greens_matrix(
    traces: Float[Tensor, "*batch station 10 time"], azimuth: Float[Tensor, "*batch station"]
) -> Float[Tensor, "*batch station 3 time 6"]:
    """What each entry of a moment tensor does on Z, R and T; azimuths in degrees."""
    units = torch.eye(6, dtype=traces.dtype, device=traces.device)
    columns = []
    for unit in units:
        moment = unit.expand(*azimuth.shape[:-1], 6)
        columns.append(components(coefficients(moment, azimuth.to(traces.dtype)), traces))
    return torch.stack(columns, -1)


class Physics(Operator):
    """A moment tensor to the ground motion at stations: exact, linear, differentiable in the place of the source too.

    Domain ``[6]``: nn, ee, dd, ne, nd, ed, N·m, released as a step at the origin time. Codomain
    ``[station, component, time]``: up, away from the source, clockwise; m/s for a velocity, m for a displacement.

    Args:
        column: the ground.
        distances: of the stations from the epicentre, km, ``[station]``.
        azimuths: of the stations from the epicentre, degrees clockwise from north, ``[station]``.
        depth: of the source, km.
        band: samples and frequencies.
        quantity: of the motion.
        start: of each trace after the origin time, s, ``[station]``; 10 s before the first P where None. It stays when
            the source is moved.
        spacing: of the lattice, km; a 24th of a wavelength of S at the source where None.
        threads: frequencies are shared among so many.

    Attributes:
        place: of the source: north and east of where it was, and depth, km.

    Raises:
        InputError: an impossible column, distance or depth.
    """

    def __init__(
        self,
        column: Column,
        distances: Float[Tensor, " station"],
        azimuths: Float[Tensor, " station"],
        depth: float,
        *,
        band: Band = BAND,
        quantity: Literal["displacement", "velocity"] = "velocity",
        start: Float[Tensor, " station"] | None = None,
        spacing: float | None = None,
        threads: int = 1,
    ) -> None:
        self.column, self.band = checked(column), band
        self.quantity: Literal["displacement", "velocity"] = quantity
        distances, azimuths = distances.to(torch.float64), azimuths.to(torch.float64)
        bearing = torch.deg2rad(azimuths)
        self._north, self._east = distances * bearing.cos(), distances * bearing.sin()
        self.place = torch.tensor([0.0, 0.0, depth], dtype=torch.float64)
        self._threads = threads
        self._nodes: dict[tuple[tuple[float, ...], int, int], Array] = {}
        layer = int(np.searchsorted(self.column.tops, depth, side="right")) - 1
        self.spacing = spacing or float(self.column.vs[layer]) / band.flat / _NODES
        if start is None:
            p = first_arrivals(self.column, np.array([depth]), distances.numpy()).p[0]
            start = torch.from_numpy(np.floor((p - _BEFORE_P) / band.time_step) * band.time_step)
        self.start = start.to(torch.float64)
        self._start = self.start.numpy()
        self._check()
        self.domain = Space("moment tensor", ("entry",), (6,), "N m", {"entry": MOMENT})
        self.codomain = Space(
            quantity,
            ("station", "component", "time"),
            (len(distances), len(COMPONENTS), band.samples),
            "m/s" if quantity == "velocity" else "m",
            {"component": COMPONENTS},
        )

    def apply(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """Motion ``[*batch, station, component, time]`` of moment tensors ``[*batch, 6]``."""
        return torch.einsum("sctm,...m->...sct", self.matrix.to(x), x)

    @property
    def matrix(self) -> Float[Tensor, "station component time 6"]:
        """G: the motion that each entry of the moment makes, m or m/s per N·m."""
        distance, azimuth = self._rays()
        depths = self._depths()
        # under a transform of torch.func only single numbers can be read
        first = [max(1, math.floor(float(r.detach()) / self.spacing) - 1) for r in distance]
        nodes = self.spacing * (torch.tensor(first, dtype=torch.float64)[:, None] + torch.arange(_STENCIL))
        across = _lagrange(distance, nodes)
        down = _lagrange(self.place[2], torch.tensor(depths, dtype=torch.float64))
        around = torch.einsum("szngt,z,sn->sgt", self._around(depths, first), down, across)
        return greens_matrix(around, azimuth)

    def moved(self, place: Float[Tensor, "3"]) -> "Physics":
        """The same operator with its source elsewhere; what it gives is differentiable in the place.

        ``torch.func.jacrev(lambda p: physics.moved(p)(moment))(physics.place)`` is the derivative. A move within a
        cell of the lattice computes nothing anew.

        Args:
            place: north and east of the epicentre that the operator was made with, and depth, km.

        Raises:
            InputError: above the shallowest depth, or at a station.
        """
        other = copy.copy(self)
        other.place = place
        other._check()
        return other

    def _rays(self) -> tuple[Float[Tensor, " station"], Float[Tensor, " station"]]:
        """Distance (km) and azimuth (degrees) of the stations from where the source is now."""
        north, east = self._north - self.place[0], self._east - self.place[1]
        return torch.hypot(north, east), torch.rad2deg(torch.atan2(east, north))

    def _depths(self) -> tuple[float, ...]:
        """The four depths around the source that lie in its own layer."""
        tops, depth = self.column.tops, float(self.place[2].detach())
        layer = int(np.searchsorted(tops, depth, side="right")) - 1
        top = max(float(tops[layer]), SHALLOWEST)
        if layer == len(tops) - 1:
            step, last = self.spacing, math.inf
        else:
            # the lowest node is just above the interface, which belongs to the layer below
            height = float(self.column.thickness[layer]) * (1.0 - 1e-9) - (top - float(tops[layer]))
            last = max(_STENCIL - 1, math.ceil(height / self.spacing))
            step = height / last
        first = min(max(math.floor((depth - top) / step) - 1, 0), last - _STENCIL + 1)
        return tuple(top + step * (first + n) for n in range(_STENCIL))

    def _around(
        self, depths: tuple[float, ...], first: list[int]
    ) -> Float[Tensor, "station depth node 10 time"]:
        """Elementary Green's functions at the nodes around each station; those not known yet are computed together."""
        keys = [(depths, station, node) for station, node in enumerate(first)]
        missing = [key for key in keys if key not in self._nodes]
        if missing:
            nodes = self.spacing * np.array([[node + n for n in range(_STENCIL)] for *_, node in missing])
            start = self._start[[station for _, station, _ in missing]].repeat(_STENCIL)
            made = elementary(
                self.column,
                np.array(depths),
                nodes.ravel(),
                np.broadcast_to(start, (_STENCIL, len(start))),
                self.band,
                quantity=self.quantity,
                threads=self._threads,
            )
            shape = (_STENCIL, len(missing), _STENCIL, *made.shape[2:])
            # arrays are kept, not tensors: those made under a transform of torch.func end with it
            self._nodes.update(zip(missing, np.moveaxis(made.reshape(shape), 1, 0), strict=True))
            for key in list(self._nodes)[: -_KEPT * len(first)]:
                del self._nodes[key]
        return torch.from_numpy(np.stack([self._nodes[key] for key in keys]))

    def _check(self) -> None:
        depth = float(self.place[2].detach())
        if not (depth >= SHALLOWEST and math.isfinite(depth)):
            raise InputError(f"the depth of the source is {depth:g} km, expected at least {SHALLOWEST:g} km")
        nearest = min(float(r.detach()) for r in self._rays()[0])
        if not nearest > self.spacing:
            raise InputError(
                f"a station is {nearest:g} km from the epicentre, expected more than {self.spacing:g} km"
            )


def _lagrange(at: Float[Tensor, "*batch"], nodes: Float[Tensor, "*batch 4"]) -> Float[Tensor, "*batch 4"]:
    """Weights of the cubic through four nodes."""
    weights = []
    for n in range(_STENCIL):
        others = [m for m in range(_STENCIL) if m != n]
        parts = [(at - nodes[..., m]) / (nodes[..., n] - nodes[..., m]) for m in others]
        weights.append(parts[0] * parts[1] * parts[2])
    return torch.stack(weights, -1)
