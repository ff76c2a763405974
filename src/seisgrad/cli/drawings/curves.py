"""Dispersion: measured curves, predicted ones with their kernels, and the fit of an inversion."""

from typing import TYPE_CHECKING

import torch

from seisgrad.cli.contents import Contents
from seisgrad.cli.drawings.reading import check_any, netcdf, numbers, rows_of, tensor
from seisgrad.dispersion import read_curves
from seisgrad.plot.dispersion import COLOURS, curves
from seisgrad.plot.fit import fit, residuals
from seisgrad.plot.kernels import kernel_image, per_kilometre
from seisgrad.report.figures import new_figure, plain_periods, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from xarray import Dataset

MOST = 4
"""Branches whose kernels are drawn."""


@styled
def picks(contents: Contents) -> "Figure":
    """Every branch of a table of picks."""
    table = read_curves(contents.path)
    figure = new_figure(7.0, 4.6)
    axes = figure.add_subplot()
    curves(axes, table)
    plain_periods(axes)
    places = len(table.sites)
    axes.set_title(f"{len(table)} picks" + (f" at {places} sites" if places > 1 else ""))
    axes.legend()
    return figure


@styled
def forward_table(contents: Contents) -> "Figure":
    """A predicted curve, empty where the mode does not exist."""
    rows = rows_of(contents.path)
    figure = new_figure(7.0, 4.2)
    axes = figure.add_subplot()
    period, velocity = (numbers(rows, name, contents.path) for name in ("period", "velocity"))
    check_any(velocity.isfinite(), contents.path, "velocity at any period: the mode exists at none")
    axes.plot(period.numpy(), velocity.numpy(), "o-", ms=3, color=COLOURS["rayleigh"])
    _periods(axes)
    return figure


@styled
def forward(contents: Contents) -> "Figure":
    """Predicted curves above; below, where there are any, their kernels to each parameter as density over depth."""
    data = netcdf(contents.path)
    if "branch" not in data.dims:
        data = data.expand_dims(branch=[data["velocity"].attrs.get("long_name", "velocity")])
    names = [str(name) for name in data["branch"].values]
    kinds = [name for name in ("vs", "vp", "rho") if f"kernel_{name}" in data]
    shown = names[:MOST] if kinds else []
    figure = new_figure(10.0 if kinds else 7.0, 3.4 + 2.7 * len(shown))
    grid = figure.add_gridspec(1 + len(shown), max(len(kinds), 1))
    axes = figure.add_subplot(grid[0, :])
    velocity = tensor(data, "velocity", "branch", "period").numpy()
    for number, (name, values) in enumerate(zip(names, velocity, strict=True)):
        wave = "love" if name.startswith("love") else "rayleigh"
        axes.plot(
            data["period"].values,
            values,
            "o-",
            ms=3,
            color=COLOURS[wave],
            alpha=1 / (1 + 0.3 * number),
            label=name,
        )
    axes.legend()
    _periods(axes)
    for row, name in enumerate(shown, 1):
        for column, kind in enumerate(kinds):
            _kernel(figure, figure.add_subplot(grid[row, column]), data.sel(branch=name), kind, name)
    return figure


def _kernel(figure: "Figure", axes: "Axes", data: "Dataset", kind: str, name: str) -> None:
    depth = tensor(data, "depth")
    thickness = torch.cat([depth.diff(), depth.new_zeros(1)])
    density = per_kilometre(tensor(data, f"kernel_{kind}", "period", "layer"), thickness)
    axes.set_title(f"{name}, to {kind}", fontsize=9)
    if not bool((density.nan_to_num() != 0).any()):
        axes.set_axis_off()
        axes.text(0.5, 0.5, "no sensitivity", ha="center", transform=axes.transAxes)
        return
    bottom = _bottom(density.abs().nan_to_num().amax(0), depth)
    periods = tensor(data, "period")
    (image,) = kernel_image(axes, periods, depth, density, bottom=bottom)
    plain_periods(axes)
    figure.colorbar(image, ax=axes, label="per km")


def _bottom(size: torch.Tensor, depth: torch.Tensor) -> float:
    """Below which nothing exceeds a hundredth of the largest density, km."""
    speaks = (size > 0.01 * size.max()).nonzero()
    last = int(speaks.max()) + 1 if len(speaks) else 1
    return float(depth[min(last, len(depth) - 1)])


@styled
def fit_table(contents: Contents) -> "Figure":
    """Data and predictions by branch above; residuals over sigma below."""
    rows = rows_of(contents.path)
    figure = new_figure(8.0, 6.0)
    above, below = figure.subplots(2, 1, height_ratios=(2.2, 1.0), sharex=True)
    for wave, kind, mode in dict.fromkeys((row["wave"], row["kind"], row["mode"]) for row in rows):
        own = [row for row in rows if (row["wave"], row["kind"], row["mode"]) == (wave, kind, mode)]
        names = ("period", "observed", "sigma", "predicted", "residual")
        period, observed, sigma, predicted, residual = (numbers(own, n, contents.path) for n in names)
        said = {"wave": wave, "kind": kind, "mode": int(mode), "label": f"{wave} {kind} {mode}"}
        fit(above, period, observed, sigma, predicted, **said)
        residuals(below, period, residual, **said)
    above.set_ylabel("velocity (km/s)")
    above.legend()
    plain_periods(below)
    return figure


def _periods(axes: "Axes") -> None:
    axes.set(xscale="log", xlabel="period (s)", ylabel="velocity (km/s)")
    plain_periods(axes)
