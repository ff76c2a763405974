"""What the commands that invert have in common: kernels of the result, and its summary for scripts."""

from pathlib import Path
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.dispersion.invert import Inversion
from seisgrad.dispersion.physics import kernels
from seisgrad.dispersion.survey import Branch, Survey
from seisgrad.report.files import PARAMETERS, Curve, curve_dataset, status_name
from seisgrad.report.findings import intervals, resolved

if TYPE_CHECKING:
    from xarray import Dataset


SMOOTH = 48
"""Periods of a kernel image, evenly spaced on a logarithmic scale."""


def kernels_to_vs(
    inversion: Inversion,
) -> tuple[dict[Branch, Float[Tensor, "period layer"]], Float[Tensor, " period"]]:
    """The exact kernels to vs of every branch at the most probable earth, and the periods that they are
    shown at."""
    survey, model = inversion.survey, inversion.model
    first, last = (float(survey.periods[i].log()) for i in (0, -1))
    periods = torch.linspace(first, last, SMOOTH if last > first else 1, dtype=torch.float64).exp()
    found = {
        branch: kernels(model, periods, branch.wave, branch.kind, branch.mode, survey.earth).vs
        for branch in survey.branches
    }
    return found, periods


def kernels_by_branch(inversion: Inversion) -> "Dataset":
    """All four kernels of every branch at the most probable earth, ``(branch, period, layer)``."""
    import xarray as xr

    survey, model = inversion.survey, inversion.model
    parts = []
    for branch in survey.branches:
        found = kernels(model, survey.periods, branch.wave, branch.kind, branch.mode, survey.earth)
        rows = {name: getattr(found, name) for name in PARAMETERS}
        one = Survey((branch,), survey.periods, survey.earth)
        parts.append(curve_dataset(Curve(one, found.velocity, found.status, rows, model.depth)))
    names = xr.DataArray([str(branch) for branch in survey.branches], dims="branch", name="branch")
    together = xr.concat([part.drop_attrs(deep=False) for part in parts], dim=names)
    together["velocity"].attrs["long_name"] = "velocity"
    return together.assign_attrs(earth=survey.earth)


def summary(inversion: Inversion, out: Path) -> dict:
    """The result for scripts."""
    posterior = inversion.posterior
    return {
        "status": status_name(inversion),
        "message": posterior.message(),
        "data": int(posterior.count),
        "chi2_per_datum": float(posterior.chi2),
        "p_fit": float(posterior.p_fit),
        "determined": float(posterior.information),
        "resolved_km": intervals(inversion, resolved(inversion)),
        "prior": inversion.starting.words,
        "files": {
            "profile": out / "profile.csv",
            "fit": out / "fit.csv",
            "posterior": out / "posterior.nc",
            "report": out / "report.html",
        },
    }
