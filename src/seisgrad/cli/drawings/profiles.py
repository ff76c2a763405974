"""Layered models, profiles with their uncertainty, and posteriors."""

from typing import TYPE_CHECKING

import torch

from seisgrad.cli.contents import Contents
from seisgrad.cli.drawings.reading import netcdf, numbers, rows_of, tensor
from seisgrad.earth import read_model
from seisgrad.plot.dispersion import COLOURS
from seisgrad.plot.fit import fit
from seisgrad.plot.profile import PRIOR, profile, profile_band, uncertainty_ratio
from seisgrad.report.figures import new_figure, plain_periods, styled
from seisgrad.report.findings import SPEAKS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from xarray import Dataset

LINES = {"vs": "#0072B2", "vp": "#D55E00", "rho": "#8A93A0"}


@styled
def model(contents: Contents) -> "Figure":
    """vs, vp and density against depth."""
    layers = read_model(contents.path)
    depth = layers.depth
    figure = new_figure(4.6, 6.2)
    axes = figure.add_subplot()
    for name, colour in LINES.items():
        unit = "g/cm³" if name == "rho" else "km/s"
        profile(
            axes, depth, getattr(layers, name), bottom=_bottom(depth), colour=colour, label=f"{name} ({unit})"
        )
    axes.set_title(f"{layers.layers} layers")
    axes.legend()
    return figure


@styled
def profile_table(contents: Contents) -> "Figure":
    """vs with its band of two standard deviations, and vp and density beside it."""
    rows = rows_of(contents.path)
    depth, vs, sigma = (numbers(rows, name, contents.path) for name in ("depth", "vs", "vs_sigma"))
    bottom = _bottom(depth)
    figure = new_figure(7.0, 6.2)
    axes, others = figure.subplots(1, 2, sharey=True)
    profile_band(axes, depth, vs, sigma, bottom=bottom, label="± 2σ")
    profile(axes, depth, vs, bottom=bottom, label="vs")
    axes.set(xlabel="vs (km/s)")
    for name in ("vp", "rho"):
        if name in rows[0]:
            values = numbers(rows, name, contents.path)
            unit = "g/cm³" if name == "rho" else "km/s"
            profile(others, depth, values, bottom=bottom, colour=LINES[name], label=f"{name} ({unit})")
    axes.legend()
    others.legend()
    return figure


@styled
def posterior(contents: Contents) -> "Figure":
    """vs before and after, what the data have added, and how they are explained."""
    data = netcdf(contents.path)
    depth, vs, sigma = (tensor(data, name) for name in ("depth", "vs", "vs_sigma"))
    before, unsure, shrinkage = (tensor(data, name) for name in ("vs_prior", "vs_prior_sigma", "shrinkage"))
    bottom = _bottom(depth)
    figure = new_figure(11.0, 5.4)
    first, second, third = figure.subplots(1, 3, width_ratios=(1.0, 0.7, 1.5))
    profile_band(first, depth, before, unsure, bottom=bottom, colour=PRIOR, label="prior ± 2σ")
    profile_band(first, depth, vs, sigma, bottom=bottom, label="± 2σ")
    profile(first, depth, vs, bottom=bottom, label="most probable")
    first.set(xlabel="vs (km/s)", title=str(data.attrs.get("status", "")))
    first.legend(fontsize=8)
    uncertainty_ratio(second, depth, shrinkage, bottom=bottom, threshold=SPEAKS)
    second.set(xlabel="σ after / σ before", title="what the data add")
    _fits(third, data)
    return figure


def _fits(axes: "Axes", data: "Dataset") -> None:
    period = tensor(data, "period")
    for name in map(str, data["branch"].values):
        one, words = data.sel(branch=name), name.split()
        wave = words[0] if words[0] in COLOURS else "rayleigh"
        values = [tensor(one, key) for key in ("observed", "sigma", "predicted", "predicted_prior")]
        said = {"wave": wave, "kind": words[1], "mode": int(words[2]), "label": name}
        fit(axes, period, *values[:3], prior=values[3], **said)
    chi2 = data.attrs.get("chi2_per_datum")
    axes.set(ylabel="velocity (km/s)", title="" if chi2 is None else f"χ² per datum {float(chi2):.2f}")
    plain_periods(axes)
    axes.legend(fontsize=8)


def _bottom(depth: torch.Tensor) -> float:
    """Depth at which the line of the half-space ends, km."""
    return 1.08 * float(depth[-1]) if float(depth[-1]) > 0 else 1.0
