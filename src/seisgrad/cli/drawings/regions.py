"""Regions: maps of what many sites say."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from seisgrad.cli.contents import Contents
from seisgrad.cli.drawings.reading import netcdf, numbers, rows_of
from seisgrad.errors import InputError
from seisgrad.plot.maps import UNCERTAINTY, VELOCITY, site_map
from seisgrad.report.figures import new_figure, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEVELS = 4
"""Depths whose maps are drawn."""


@styled
def region(contents: Contents) -> "Figure":
    """vs at a few depths, evenly chosen among those that most sites resolve (of all, where none does), above its
    standard deviation."""
    data = netcdf(contents.path)
    if "site" not in data.dims:
        data = data.stack(site=("latitude", "longitude"))
    data = data.transpose("depth", "site", ...)
    east, north = (torch.tensor(data[name].values, dtype=torch.float64) for name in ("longitude", "latitude"))
    if not bool((east.isfinite() & north.isfinite()).all()):
        raise InputError(f"{contents.path} holds sites without a place, so there is no map to draw")
    depth = torch.tensor(data["depth"].values, dtype=torch.float64)
    deepest = torch.tensor(data["resolved_depth"].values, dtype=torch.float64).nanmedian()
    shown = depth <= deepest.clamp(min=depth[1]) if bool(deepest.isfinite()) else depth.isfinite()
    last = int(shown.sum()) - 1
    levels = sorted({round(k * last / LEVELS) for k in range(1, LEVELS + 1)})
    figure = new_figure(3.4 * len(levels) + 0.6, 6.2)
    panels = figure.subplots(2, len(levels), squeeze=False)
    for column, level in enumerate(levels):
        for row, (name, colours) in enumerate((("vs", VELOCITY), ("vs_sigma", UNCERTAINTY))):
            values = torch.tensor(data[name].values[level], dtype=torch.float64)
            said = f"{name.replace('_', ' ')} below {float(depth[level]):.3g} km"
            _map(figure, panels[row, column], east, north, values, said, "km/s", colours)
    return figure


@styled
def sites(contents: Contents) -> "Figure":
    """How well each site fits, and how deep it sees."""
    rows = rows_of(contents.path)
    names = ("longitude", "latitude", "chi2", "resolved_depth")
    east, north, chi2, depth = (numbers(rows, name, contents.path) for name in names)
    figure = new_figure(9.0, 4.4)
    fits, sees = figure.subplots(1, 2)
    _map(figure, fits, east, north, chi2, "χ² per datum", "", UNCERTAINTY)
    _map(figure, sees, east, north, depth, "resolved down to", "km", UNCERTAINTY)
    return figure


def _map(
    figure: "Figure",
    axes: "Axes",
    east: Tensor,
    north: Tensor,
    values: Tensor,
    title: str,
    unit: str,
    colours: str,
) -> None:
    drawn = site_map(axes, east, north, values, colours=colours)
    axes.set_title(title, fontsize=9)
    figure.colorbar(drawn, ax=axes, label=unit, shrink=0.8)  # type: ignore[arg-type]
