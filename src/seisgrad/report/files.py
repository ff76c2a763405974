"""Result files: CSV for tables, NetCDF for everything with more than one axis."""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from seisgrad.dispersion.invert import Inversion
from seisgrad.dispersion.physics import Status
from seisgrad.dispersion.survey import Survey

if TYPE_CHECKING:
    from xarray import Dataset

PARAMETERS = {"vp": "km/s", "vs": "km/s", "rho": "g/cm3", "thickness": "km"}
STATUS_MEANING = "0 ok, 1 below cutoff, 2 failed"


def table(header: tuple[str, ...], *columns: Sequence | Tensor | np.ndarray) -> str:
    """CSV text: one header line, one line per row; ten significant digits, NaN as an empty cell."""
    lists = [column if isinstance(column, Sequence) else column.tolist() for column in columns]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in zip(*lists, strict=True))
    return buffer.getvalue()


def profile_csv(inversion: Inversion) -> str:
    """``depth,vs,vs_sigma,vp,rho``: tops of the layers, water included, the last line the half-space."""
    model, water = inversion.model, inversion.starting.reference.water
    sigma = torch.cat([torch.zeros(water, dtype=torch.float64), inversion.posterior.sigma])
    header = ("depth", "vs", "vs_sigma", "vp", "rho")
    return table(header, model.depth, model.vs, sigma, model.vp, model.rho)


def fit_csv(inversion: Inversion) -> str:
    """``wave,kind,mode,period,observed,sigma,predicted,residual``, one line per datum; the residual is over
    sigma."""
    rows = []
    for i, branch in enumerate(inversion.survey.branches):
        for j in inversion.observed[i].isfinite().nonzero()[:, 0].tolist():
            values = (inversion.observed, inversion.sigma, inversion.predicted, inversion.residual)
            period = float(inversion.survey.periods[j])
            rows.append((branch.wave, branch.kind, branch.mode, period, *(float(v[i, j]) for v in values)))
    header = ("wave", "kind", "mode", "period", "observed", "sigma", "predicted", "residual")
    return table(header, *zip(*rows, strict=True))


@dataclass(frozen=True)
class Curve:
    """One branch as a command has predicted it.

    Attributes:
        survey: one branch and its periods.
        velocity: km/s, or the ratio itself for ellipticity; NaN where the mode does not exist.
        status: codes of :class:`seisgrad.dispersion.Status`.
        kernels: by parameter, one of :data:`PARAMETERS`.
        depth: tops of the layers, km; needed with kernels.
    """

    survey: Survey
    velocity: Float[Tensor, " period"]
    status: UInt8[Tensor, " period"]
    kernels: Mapping[str, Float[Tensor, "period layer"]] | None = None
    depth: Float[Tensor, " layer"] | None = None


def curve_csv(curve: Curve) -> str:
    """``period,velocity,status`` of a curve; the velocity is empty where the mode does not exist."""
    names = [Status(code).name.lower() for code in curve.status.tolist()]
    return table(("period", "velocity", "status"), curve.survey.periods, curve.velocity, names)


def curve_dataset(curve: Curve) -> "Dataset":
    """One branch as NetCDF variables: ``velocity``, ``status`` and, where given, ``kernel_vp`` and so on.

    A kernel is the derivative to one layer's parameter with the others held fixed, so it grows with the
    layer's thickness; the half-space's thickness kernel is 0.
    """
    import xarray as xr

    survey, depth = curve.survey, curve.depth
    (branch,) = survey.branches
    unit = "1" if branch.kind == "ellipticity" else "km/s"
    variables: dict[str, Any] = {
        "velocity": ("period", curve.velocity.detach().numpy(), {"units": unit, "long_name": str(branch)}),
        "status": ("period", curve.status.numpy(), {"long_name": STATUS_MEANING}),
    }
    coords: dict = {"period": ("period", survey.periods.numpy(), {"units": "s"})}
    for name, rows in (curve.kernels or {}).items():
        words = {
            "units": f"({unit})/({PARAMETERS[name]})",
            "long_name": f"derivative to the {name} of each layer",
        }
        variables[f"kernel_{name}"] = (("period", "layer"), rows.detach().numpy(), words)
    if depth is not None:
        coords["depth"] = ("layer", depth.detach().numpy(), {"units": "km", "long_name": "top of the layer"})
    attributes = {"wave": branch.wave, "kind": branch.kind, "mode": branch.mode, "earth": survey.earth}
    return xr.Dataset(variables, coords=coords, attrs=attributes)


def posterior_dataset(inversion: Inversion) -> "Dataset":
    """Everything the inversion knows: model, covariance, resolution, data, fit and status."""
    import xarray as xr

    posterior, prior = inversion.posterior, inversion.posterior.prior
    per_depth = {
        "vs": (posterior.mean, "km/s", "most probable shear velocity"),
        "vs_sigma": (posterior.sigma, "km/s", "posterior standard deviation"),
        "vs_prior": (prior.mean, "km/s", "prior mean"),
        "vs_prior_sigma": (prior.sigma, "km/s", "prior standard deviation"),
        "shrinkage": (posterior.shrinkage, "1", "posterior over prior standard deviation"),
    }
    square = {
        "covariance": (posterior.covariance, "km2/s2", "posterior covariance"),
        "prior_covariance": (prior.covariance, "km2/s2", "prior covariance"),
        "resolution": (posterior.resolution, "1", "row: how the estimate averages the true model"),
    }
    ratios = any(branch.kind == "ellipticity" for branch in inversion.survey.branches)
    unit = "km/s, or 1 for ellipticity" if ratios else "km/s"
    per_datum = {
        "observed": (inversion.observed, unit, "measured; NaN where there is no pick"),
        "sigma": (inversion.sigma, unit, "standard deviation of the data"),
        "predicted": (inversion.predicted, unit, "by the most probable model"),
        "predicted_prior": (inversion.prior_prediction, unit, "by the prior mean"),
    }
    variables = {}
    for axes, group in (
        (("depth",), per_depth),
        (("depth", "depth_2"), square),
        (("branch", "period"), per_datum),
    ):
        for name, (values, unit, words) in group.items():
            variables[name] = (axes, values.detach().numpy(), {"units": unit, "long_name": words})
    depth = inversion.starting.rock_depth.numpy()
    coords = {
        "depth": ("depth", depth, {"units": "km", "long_name": "top of the layer"}),
        "depth_2": ("depth_2", depth, {"units": "km"}),
        "branch": [str(branch) for branch in inversion.survey.branches],
        "period": ("period", inversion.survey.periods.numpy(), {"units": "s"}),
    }
    attributes = {
        "status": status_name(inversion),
        "message": posterior.message(),
        "chi2_per_datum": float(posterior.chi2),
        "data": int(posterior.count),
        "p_fit": float(posterior.p_fit),
        "p_prior": float(posterior.p_prior),
        "earth": inversion.survey.earth,
        "prior": inversion.starting.words,
    }
    return xr.Dataset(variables, coords=coords, attrs=attributes)


def status_name(inversion: Inversion) -> str:
    """``converged``, ``stalled`` or ``unexplained``."""
    from seisgrad.inversion import Status

    return Status(int(inversion.posterior.status)).name.lower()


def _cell(value: object) -> object:
    if not isinstance(value, float):
        return value
    return "" if math.isnan(value) else f"{value:.10g}"
