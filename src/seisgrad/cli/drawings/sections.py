"""Sections of the ground, other values on their nodes, and spectra along a line of receivers."""

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from seisgrad.cli.contents import Contents
from seisgrad.cli.drawings.reading import netcdf, tensor
from seisgrad.earth import Section, read_section, read_solid
from seisgrad.plot.kernels import shades
from seisgrad.plot.maps import UNCERTAINTY
from seisgrad.plot.section import VELOCITY, section_image
from seisgrad.report.figures import new_figure, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

UNITS = {"vp": "km/s", "vs": "km/s", "rho": "g/cm³", "velocity": "km/s", "density": "g/cm³"}


def solid(contents: Contents) -> "Figure":
    """vs, vp and density."""
    found = read_solid(contents.path)
    vp, vs, rho = found.earth
    return _images(found.spacing, found.origin, {"vs": vs, "vp": vp, "rho": rho})


def velocity(contents: Contents) -> "Figure":
    """Velocity and density."""
    found = read_section(contents.path)
    speed, density = found.earth
    return _images(found.spacing, found.origin, {"velocity": speed, "density": density})


def nodes(contents: Contents) -> "Figure":
    """Whatever stands on z and x."""
    data = netcdf(contents.path)
    z, x = tensor(data, "z"), tensor(data, "x")
    spacing = float(z[1] - z[0]), float(x[1] - x[0])
    names = [str(name) for name in data.data_vars if set(data[name].dims) == {"z", "x"}]
    fields = {name: tensor(data, name, "z", "x") for name in names}
    units = {name: str(data[name].attrs.get("units", "")) for name in names}
    return _images(spacing, (float(z[0]), float(x[0])), fields, units)


@styled
def _images(
    spacing: tuple[float, float],
    origin: tuple[float, float],
    fields: dict[str, Tensor],
    units: dict[str, str] | None = None,
) -> "Figure":
    first = next(iter(fields.values()))
    frame = Section(torch.ones_like(first), torch.ones_like(first), spacing, origin)
    tall, wide = ((n - 1) * step for n, step in zip(frame.shape, spacing, strict=True))
    figure = new_figure(9.0, len(fields) * (0.9 + min(max(7.2 * tall / wide, 0.8), 6.0)))
    for axes, (name, values) in zip(
        figure.subplots(len(fields), squeeze=False)[:, 0], fields.items(), strict=True
    ):
        doubt = any(word in name for word in ("sigma", "deviation"))
        image = section_image(axes, frame, values, colours=UNCERTAINTY if doubt else VELOCITY)
        axes.set_title(name.replace("_", " "))
        if 8 * tall < wide:  # a long line would be a strip
            axes.set_aspect("auto")
        figure.colorbar(image, ax=axes, label=(units or UNITS).get(name, ""))
    return figure


@styled
def spectra(contents: Contents) -> "Figure":
    """Amplitude at every receiver, and phase, of the middle source: a line for each of a few frequencies."""
    data = netcdf(contents.path)
    if "component" in data.dims:
        data = data.isel(component=0)
    source = data.sizes["source"] // 2
    values = tensor(data.isel(source=source), "spectrum", "frequency", "receiver", "part")
    frequencies, x = tensor(data, "frequency"), tensor(data, "receiver_x")
    along = len(x.unique()) == len(x)  # receivers in boreholes or on two lines are numbered instead
    if not along:
        x = torch.arange(1, len(x) + 1, dtype=torch.float64)
    order = x.argsort()
    figure = new_figure(9.0, 6.0)
    above, below = figure.subplots(2, 1, sharex=True)
    chosen = sorted({round(k) for k in np.linspace(0, len(frequencies) - 1, 5)})
    for row, colour in zip(chosen, shades(len(chosen)), strict=True):
        real, imaginary = values[row, order].unbind(-1)
        said = {
            "color": colour,
            "lw": 1.2,
            "marker": "o",
            "ms": 2.5,
            "label": f"{float(frequencies[row]):.3g} Hz",
        }
        above.plot(x[order], torch.hypot(real, imaginary), **said)
        below.plot(x[order], torch.atan2(imaginary, real), **said)
    for axes in (above, below) if along else ():
        axes.axvline(float(tensor(data, "source_x")[source]), color="0.6", ls=":", lw=1.0)
    above.set(yscale="log", ylabel="amplitude", title=f"source {source + 1} of {data.sizes['source']}")
    below.set(xlabel="receiver (km)" if along else "receiver", ylabel="phase (rad)")
    above.legend(fontsize=8)
    return figure
