"""Datasets: what a few of their samples look like; and banks of Green's functions."""

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from seisgrad._lazy import extra
from seisgrad.cli.contents import Contents
from seisgrad.dataset import open_dataset
from seisgrad.plot.kernels import shades
from seisgrad.plot.profile import staircase
from seisgrad.plot.section import COLOURS, VELOCITY
from seisgrad.report.figures import new_figure, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from xarray import Dataset

FEW = 4


@styled
def dataset(contents: Contents) -> "Figure":
    """A few earths, and what is measured on them: curves of layers, fields of sections, records of earthquakes."""
    found = open_dataset(contents.path, "train")
    few = min(FEW, len(found))
    data = found.as_xarray().isel(sample=slice(0, few)).load()
    draw = {"dispersion": _layers, "source": _events}.get(found.manifest.system, _sections)
    figure = draw(data, few)
    settings = found.manifest.settings
    prior = f", prior {settings['prior']}" if "prior" in settings else ""
    figure.suptitle(f"{found.manifest.system}{prior}: {few} of {len(found)} samples", fontsize=11)
    return figure


def _layers(data: "Dataset", few: int) -> "Figure":
    figure = new_figure(10.0, 5.0)
    earth, *panels = figure.subplots(1, 1 + data.sizes["branch"])
    depth = torch.tensor(data["depth"].values, dtype=torch.float64)
    for sample, colour in enumerate(shades(few)):
        vs = torch.tensor(data["earth"].isel(sample=sample).values[1], dtype=torch.float64)
        z, v = staircase(depth, vs, float(depth[-1]) * 1.02)
        earth.plot(v, z, color=colour)
        for row, axes in enumerate(panels):
            axes.plot(data["period"], data["velocity"].isel(sample=sample, branch=row), color=colour)
    earth.set(ylim=(float(depth[-1]), 0.0), xlabel="vs (km/s)", ylabel="depth (km)")
    for name, axes in zip(data["branch"].values, panels, strict=True):
        axes.set(xlabel="period (s)", ylabel="km/s", title=str(name))
    return figure


def _sections(data: "Dataset", few: int) -> "Figure":
    """The earths above; below each the largest array that lies on the same nodes or along the surface."""
    figure = new_figure(3.2 * few, 5.6)
    panels: Any = figure.subplots(2, few, squeeze=False)
    x, z = (data[axis].values if axis in data.coords else None for axis in "xz")
    below = _field_of(data)
    for sample in range(few):
        one = data.isel(sample=sample)
        shown = one["earth"].values[1 if one["earth"].shape[0] == 3 else 0]
        image = panels[0, sample].pcolormesh(
            np.arange(shown.shape[1]) if x is None else x,
            np.arange(shown.shape[0]) if z is None else z,
            shown, cmap=VELOCITY, shading="nearest", rasterized=True,
        )  # fmt: skip
        panels[0, sample].invert_yaxis()
        figure.colorbar(image, ax=panels[0, sample], label="km/s", shrink=0.7)
        values = one[below].values.astype(float)
        _field(panels[1, sample], values, one[below].dims)
        panels[1, sample].set_title(below, fontsize=9)
    panels[0, 0].set(xlabel="distance (km)", ylabel="depth (km)")
    return figure


def _field_of(data: "Dataset") -> str:
    """The largest array but the earth."""
    names = [str(name) for name in data.data_vars if name != "earth"]
    return max(names, key=lambda name: data[name].size)


def _field(axes: Any, values: np.ndarray, dims: tuple) -> None:
    """The last two axes of a spatial field as an image, else a line: of all other axes the middle entry."""
    keep = [k for k, name in enumerate(dims) if name in ("z", "x", "receiver")][-2:]
    for axis in reversed(range(values.ndim)):
        if axis not in keep and values.ndim > 1:
            first = dims[axis] in ("part", "component", "parameter")
            values = values.take(0 if first else values.shape[axis] // 2, axis)
    if values.ndim == 2:
        top = float(np.nanpercentile(np.abs(values), 99)) or 1.0
        axes.imshow(values, cmap="PuOr", vmin=-top, vmax=top, aspect="auto")
    else:
        axes.plot(np.atleast_1d(values), color="#1d2530", lw=1.0)


def _events(data: "Dataset", few: int) -> "Figure":
    """Vertical windows around P of the nearest stations, and the mechanism."""
    from seisgrad.plot.mechanism import beachball

    figure = new_figure(3.2 * few, 6.4)
    panels: Any = figure.subplots(2, few, squeeze=False, height_ratios=(1.0, 2.4))
    time = data["time"].values
    for sample in range(few):
        one = data.isel(sample=sample)
        beachball(panels[0, sample], torch.tensor(one["moment"].values, dtype=torch.float64))
        panels[0, sample].set_title(
            f"Mw {float(one['magnitude']):.1f}, {float(one['true_depth']):.0f} km", loc="center"
        )
        there = np.flatnonzero(one["recorded"].values[:, 0])
        for row, station in enumerate(there[np.argsort(one["distance"].values[there])][:12]):
            trace = one["windows"].values[station, 0, 0]
            panels[1, sample].plot(
                time, row - 0.5 * trace / (np.abs(trace).max() or 1.0), color="#1d2530", lw=0.7
            )
        panels[1, sample].set(xlabel="time after P (s)", yticks=[])
        panels[1, sample].invert_yaxis()
    panels[1, 0].set_ylabel("vertical, nearest station first")
    return figure


@styled
def bank(contents: Contents) -> "Figure":
    """Vertical Green's functions of the first model by distance, of its middle depth, in reduced time."""
    with extra("datasets"):
        import zarr

    root: Any = zarr.open_group(contents.path, mode="r")
    said = root.attrs["seisgrad"]
    names = [name for name in said["models"] if name in root]
    depths, distances = said["depths"], np.array(said["distances"])
    step = _time_step(said["band"])
    level = len(depths) // 2
    rows = np.unique(np.linspace(0, len(distances) - 1, 40).round().astype(int))
    traces, start = root[names[0]]["traces"][level][:, 0], root[names[0]]["start"][level]
    figure = new_figure(8.0, 6.6)
    axes = figure.add_subplot()
    height = 1.4 * (distances[-1] - distances[0]) / max(len(rows), 8)
    for row in rows:
        trace = traces[row]
        time = start[row] + step * np.arange(len(trace)) - distances[row] / 6.0
        axes.plot(
            time, distances[row] + height * trace / (np.abs(trace).max() or 1.0), color=COLOURS[0], lw=0.6
        )
    axes.set(xlabel="time - distance / (6 km/s) (s)", ylabel="distance (km)")
    axes.set_title(f"{names[0]}, 1 of {len(names)}, at {depths[level]:g} km, first elementary function")
    return figure


def _time_step(band: dict[str, Any]) -> float:
    from seisgrad.source.layered import Band

    return float(Band(**band).time_step)
