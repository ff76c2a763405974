"""Networks that map an earth on one grid to curves at fixed periods, made to serve any grid and any period between."""

import math
from contextlib import suppress

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from seisgrad.dispersion.modal.solver import check_solid
from seisgrad.dispersion.networks import Layout
from seisgrad.earth import LayeredModel
from seisgrad.earth.grid import resample
from seisgrad.errors import InputError
from seisgrad.nn.normalised import Normalised

#: Inputs further than this from the mean of training, in its standard deviations, are outside: ensembles are bounded.
_MOST_DEVIATIONS = 6.0


class CurveSolver:
    """One wave of such a network: resampling, network, interpolation in ln T; differentiable throughout.

    Args:
        network: ``[batch, 3, depth]`` to ``[batch, branch, period]``, both of ``layout``.
        layout: its axes.
        wave: ``"rayleigh"`` or ``"love"``.
        tops: of the layers that will be given, km.
        periods: wanted, s.
        strict: raise InputError on earths outside the range of training; otherwise their values are NaN.
    """

    def __init__(
        self,
        network: Normalised,
        layout: Layout,
        wave: str,
        tops: Float[Tensor, " layer"],
        periods: Float[Tensor, " period"],
        strict: bool,
    ) -> None:
        from scipy.interpolate import CubicSpline

        self.network, self.wave, self.periods, self.strict = network, wave, periods, strict
        self.branch = next(i for i, name in enumerate(layout.branches) if name.split()[0] == wave)
        self.tops, self.grid = tops, torch.tensor(layout.depth, dtype=torch.float64)
        self.same_grid = len(tops) == len(self.grid) and bool(torch.allclose(tops, self.grid))
        if float(tops[-1]) < 0.5 * float(self.grid[-1]):
            raise InputError(
                f"the layers end at {float(tops[-1]):g} km, expected at least half the {float(self.grid[-1]):g} km of "
                "the surrogate's grid"
            )
        spline = CubicSpline(np.log(layout.periods), np.eye(len(layout.periods)))
        self.table = torch.from_numpy(spline(np.log(periods.numpy())))
        known = [int(np.argmin(np.abs(np.array(layout.periods) - t))) for t in periods.tolist()]
        same = [math.isclose(layout.periods[i], t) for i, t in zip(known, periods.tolist(), strict=True)]
        self.known = known if all(same) else None

    def __call__(self, vp: Tensor, vs: Tensor, rho: Tensor) -> Float[Tensor, "*batch period"]:
        """Phase velocity, km/s, of layers ``[..., layer]``."""
        if not self.same_grid:
            thickness = torch.cat([self.tops.diff(), self.tops.new_zeros(1)]).to(vp.device).expand(vp.shape)
            model = resample(LayeredModel._unchecked(thickness, vp, vs, rho), self.grid.to(vp.device))
            vp, vs, rho = model.vp, model.vs, model.rho
        x = torch.stack([vp, vs, rho], -2)
        outside = self._outside(x)
        batch = x.shape[:-2]
        curves = self.network(x.float().reshape(math.prod(batch), *x.shape[-2:]))[:, self.branch].to(x.dtype)
        curves = curves.reshape(*batch, curves.shape[-1])
        if self.known is not None:
            found = curves[..., self.known]
        else:
            found = curves @ self.table.to(device=x.device, dtype=x.dtype).T
        missing = outside[..., None] | ~(found < vs[..., -1:])
        return found.masked_fill(missing, torch.nan)

    def _outside(self, x: Float[Tensor, "*batch 3 depth"]) -> Bool[Tensor, "*batch"]:
        """Which earths lie outside the range of training; InputError where that is not allowed, or for no earth."""
        if not x.numel():
            return torch.zeros(x.shape[:-2], dtype=torch.bool, device=x.device)
        deviation = (x - self.network.input_mean) / self.network.input_scale
        excess = deviation.detach().abs().amax((-2, -1))
        with suppress(RuntimeError):  # inside torch.func transforms values cannot be read
            check_solid(*x.detach().reshape(-1, *x.shape[-2:]).unbind(-2))
            if self.strict and bool((excess > _MOST_DEVIATIONS).any()):
                model = int(excess.flatten().argmax())
                raise InputError(
                    f"model [{model}] is {float(excess.max()):.1f} standard deviations off the mean of what the "
                    "surrogate was trained on; use the exact operator there, or load the surrogate with outside='nan'"
                )
        return (excess > _MOST_DEVIATIONS) | (x[..., 1, :] <= 0.0).any(-1)
