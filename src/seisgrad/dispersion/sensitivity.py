"""Sensitivity kernels: how one velocity answers to every parameter of every layer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from seisgrad.dispersion.flattening import check_depth
from seisgrad.dispersion.roots import Parameters, RootSolver, curves
from seisgrad.dispersion.survey import Branch, Earth, Kind, Wave, as_earth, as_periods
from seisgrad.earth import LayeredModel
from seisgrad.errors import InputError

Form = Literal["layer", "per km", "logarithmic"]


@dataclass(frozen=True, eq=False)
class Kernels:
    """Derivatives of a dispersion curve with respect to each layer, the others held fixed.

    Attributes:
        vp, vs, rho, thickness: ``[..., period, layer]`` in the units of ``form``; NaN where the value does not
            exist. The thickness kernel of the half-space is 0.
        velocity: the curve itself, km/s (a ratio for ellipticity), ``[..., period]``.
        status: :class:`~seisgrad.dispersion.physics.Status`, ``[..., period]``.
        periods: s, ``[period]``.
        model: the earth they belong to.
        form: ``"layer"``: d(value)/d(parameter of layer i), layer-integrated; ``"per km"``: that over the
            layer's thickness; ``"logarithmic"``: d ln(value)/d ln(parameter).
    """

    vp: Float[Tensor, "*batch period layer"]
    vs: Float[Tensor, "*batch period layer"]
    rho: Float[Tensor, "*batch period layer"]
    thickness: Float[Tensor, "*batch period layer"]
    velocity: Float[Tensor, "*batch period"]
    status: UInt8[Tensor, "*batch period"]
    periods: Float[Tensor, " period"]
    model: LayeredModel
    form: Form = "layer"

    def per_km(self) -> "Kernels":
        """The same per kilometre of depth; the half-space, which has no thickness, becomes NaN."""
        self._expect_layer_form()
        width = torch.where(self.model.thickness > 0, self.model.thickness, torch.nan).unsqueeze(-2)
        scaled = {name: getattr(self, name) / width for name in ("vp", "vs", "rho", "thickness")}
        return replace(self, **scaled, form="per km")

    def logarithmic(self) -> "Kernels":
        """d ln(value)/d ln(parameter): the relative change for a relative change of one layer."""
        self._expect_layer_form()
        value = self.velocity.unsqueeze(-1)
        names = ("vp", "vs", "rho", "thickness")
        scaled = {n: getattr(self, n) * getattr(self.model, n).unsqueeze(-2) / value for n in names}
        return replace(self, **scaled, form="logarithmic")

    def _expect_layer_form(self) -> None:
        if self.form != "layer":
            raise InputError(
                f"these kernels are already in {self.form!r} form; convert from the 'layer' form"
            )


def kernels(
    model: LayeredModel,
    periods: Sequence[float] | Float[Tensor, " period"],
    wave: Wave = "rayleigh",
    kind: Kind = "phase",
    mode: int = 0,
    earth: Earth = "flat",
) -> Kernels:
    """Exact kernels of one curve for vp, vs, rho and thickness of every layer, at all periods.

    One sweep up and one down through the layers give all derivatives of a root (implicit function theorem);
    group velocity needs the mixed second derivatives, taken by a complex step along the branch.

    Args:
        model: the earth, ``[..., layer]``; treated as a constant.
        periods: s, positive and increasing, ``[period]``.
        wave: ``"rayleigh"`` or ``"love"``.
        kind: ``"phase"``, ``"group"`` or ``"ellipticity"``.
        mode: 0 is the fundamental.
        earth: ``"flat"`` or ``"spherical"`` (then with respect to the spherical layers).

    Raises:
        InputError: periods, wave, kind, mode or earth that make no sense.
    """
    Branch(wave, kind, mode)
    solver = RootSolver(wave, kind, [mode], as_periods(periods))
    given: Parameters = (model.thickness.detach(), model.vp.detach(), model.vs.detach(), model.rho.detach())
    batch = model.batch_shape
    if as_earth(earth) == "flat":
        value, rows = solver(tuple(p.reshape(-1, p.shape[-1]) for p in given), True)
    else:
        check_depth(model.thickness)
        value, rows = _through_flattening(tuple(p.reshape(-1, p.shape[-1]) for p in given), solver)
    velocity = value.reshape(*batch, len(solver.periods))
    missing = torch.isnan(velocity)
    shaped = [r.reshape(*batch, *r.shape[-2:]) for r in rows]
    if missing.any():
        shaped = [r.masked_fill(missing.unsqueeze(-1), np.nan) for r in shaped]
    status = solver.status.reshape(velocity.shape)
    thickness, vp, vs, rho = shaped
    return Kernels(vp, vs, rho, thickness, velocity, status, solver.periods, model)


def _through_flattening(
    parameters: tuple[Tensor, ...], solver: RootSolver
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Values and rows on the sphere: one vector-Jacobian product per period through the flattening."""

    def curve(*layers: Tensor) -> Tensor:
        return curves(layers, solver, "spherical").squeeze(-2)  # type: ignore[arg-type]

    value, pullback = torch.func.vjp(curve, *parameters)[:2]
    status = solver.status
    basis = torch.eye(value.shape[-1], dtype=value.dtype).unsqueeze(1).expand(-1, *value.shape)
    rows = torch.func.vmap(pullback)(basis)
    solver.status = status
    return value, tuple(r.movedim(0, -2) for r in rows)
