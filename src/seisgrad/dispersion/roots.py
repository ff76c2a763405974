"""Curves of layered earths as differentiable torch functions: the bridge from tensors to the compiled engine."""

from collections.abc import Sequence
from copy import copy
from enum import IntEnum

import numpy as np
import torch
from jaxtyping import Float, UInt8
from numpy.typing import NDArray
from torch import Tensor

from seisgrad.dispersion.engine.batch import ELLIPTICITY, GROUP, PHASE, run
from seisgrad.dispersion.engine.secular import LOVE, RAYLEIGH
from seisgrad.dispersion.flattening import flatten, to_spherical
from seisgrad.dispersion.survey import Earth, Kind, Wave
from seisgrad.earth import LayeredModel
from seisgrad.implicit import differentiable

_WAVES = {"love": LOVE, "rayleigh": RAYLEIGH}
_KINDS = {"phase": PHASE, "group": GROUP, "ellipticity": ELLIPTICITY}

Parameters = tuple[Tensor, Tensor, Tensor, Tensor]
"""Thickness, vp, vs and rho, each [*batch, layer]."""


class Status(IntEnum):
    """Why a value is what it is."""

    OK = 0
    """The value is there."""
    BELOW_CUTOFF = 1
    """NaN: the half-space cannot trap this mode at this period."""
    FAILED = 2
    """NaN: the search did not finish, which no tested model has provoked; please report it."""


class RootSolver:
    """One (wave, kind) at some modes and periods, as a tenant of :func:`seisgrad.implicit.differentiable`.

    ``status`` holds what the last call found, [batch, mode, period].
    """

    def __init__(
        self, wave: Wave, kind: Kind, modes: Sequence[int], periods: Float[Tensor, " period"]
    ) -> None:
        self.wave: Wave = wave
        self.kind: Kind = kind
        self.modes = np.asarray(modes, dtype=np.int64)
        self.periods = periods
        # not periods.numpy(): inside a torch.func transform even a constant has no storage
        self._periods: NDArray[np.float64] = np.array(periods.tolist())
        self.status: UInt8[Tensor, "batch mode period"] = torch.empty(0, 0, 0, dtype=torch.uint8)

    def of_kind(self, kind: Kind) -> "RootSolver":
        """The same roots, asked for something else."""
        other = copy(self)
        other.kind = kind
        return other

    def __call__(self, parameters: tuple[Tensor, ...], want_rows: bool) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Values [batch, mode · period] and rows [batch, mode · period, layer] of each parameter (zero where NaN)."""
        LayeredModel(*parameters)  # refuses what is no earth, naming model and layer
        h, vp, vs, rho = (np.ascontiguousarray(p.numpy(), dtype=np.float64) for p in parameters)
        wave, kind = _WAVES[self.wave], _KINDS[self.kind]
        value, rows, status = run(wave, kind, (h, vp, vs, rho), self._periods, self.modes, want_rows)
        self.status = torch.from_numpy(status.astype(np.uint8))
        values = torch.from_numpy(value).flatten(1)
        if not want_rows:
            return values, ()
        flat = torch.from_numpy(rows).flatten(2, 3)
        return values, tuple(flat[:, i] for i in range(4))


def curves(parameters: Parameters, solver: RootSolver, earth: Earth) -> Float[Tensor, "*batch mode period"]:
    """Values of the solver's modes at its periods, differentiable in all parameters; NaN where none exists."""
    layers = flatten(*parameters, solver.wave) if earth == "spherical" else parameters
    value = _unflat(differentiable(solver, *layers), solver)
    if earth == "flat" or solver.kind == "ellipticity":
        return value
    phase = value
    if solver.wave == "love" and solver.kind == "group":
        other = solver.of_kind("phase")
        phase = _unflat(differentiable(other, *layers), other)
    return to_spherical(value, phase, solver.periods, solver.wave, solver.kind)


def _unflat(value: Tensor, solver: RootSolver) -> Tensor:
    return value.reshape(*value.shape[:-1], len(solver.modes), len(solver.periods))
