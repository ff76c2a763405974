"""Wavefields on a section, traces of several operators beside each other, and errors by case."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float
from torch import Tensor

from seisgrad.plot.section import COLOURS, VELOCITY
from seisgrad.waves.grid import PlaneGrid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh
    from matplotlib.container import BarContainer
    from matplotlib.lines import Line2D

PRESSURE = "PuOr"
"""Colour map of a wave; white is zero."""
EXACT = "#1d2530"


def image(
    axes: "Axes",
    grid: PlaneGrid,
    values: Float[Tensor, "z x"],
    *,
    colours: str = VELOCITY,
    limits: tuple[float, float] | None = None,
) -> "QuadMesh":
    """Values on the nodes of a grid, each cell around its node; the thing to hang a colour bar on."""
    low, high = limits or (float(values.min()), float(values.max()))
    drawn = axes.pcolormesh(
        grid.x.numpy(),
        grid.z.numpy(),
        values.detach().numpy(),
        cmap=colours,
        vmin=low,
        vmax=high,
        shading="nearest",
        rasterized=True,
    )
    axes.set_aspect("equal")
    axes.invert_yaxis()
    return drawn


def spots(
    axes: "Axes", sources: Float[Tensor, "source 2"], receivers: Float[Tensor, "receiver 2"] | None = None
) -> None:
    """Sources as stars and receivers, where there are some, as triangles; z then x, km."""
    if receivers is not None:
        axes.plot(receivers[:, 1], receivers[:, 0], "v", ms=4, color=EXACT, clip_on=False, lw=0)
    axes.plot(sources[:, 1], sources[:, 0], "*", ms=8, color="white", mec=EXACT, mew=0.7, clip_on=False, lw=0)


def traces(
    axes: "Axes", times: Float[Tensor, " time"], records: Mapping[str, Float[Tensor, "receiver time"]]
) -> "list[Line2D]":
    """Traces of several operators over each other, one receiver above the other, all to one scale.

    Args:
        axes: where to draw.
        times: s.
        records: by operator; the first is drawn in black below the others.

    Returns:
        One line per operator, for a legend.
    """
    first = next(iter(records.values()))
    size = float(first.abs().max()) or 1.0
    drawn = []
    for number, (name, record) in enumerate(records.items()):
        style = {"color": EXACT, "lw": 1.6} if number == 0 else {"color": COLOURS[number - 1], "lw": 1.0}
        lines = [axes.plot(times, k - trace / size, **style)[0] for k, trace in enumerate(record)]  # type: ignore[arg-type]
        lines[0].set_label(name)
        drawn.append(lines[0])
    axes.set_ylim(len(first) - 0.3, -1.1)
    axes.set_yticks(range(len(first)), [str(k + 1) for k in range(len(first))])
    axes.set_xlabel("time after the wavelet's peak (s)")
    axes.set_ylabel("receiver")
    return drawn


def errors_by_frequency(
    axes: "Axes", frequencies: Sequence[float], errors: Mapping[str, Float[Tensor, "model frequency"]]
) -> "list[Line2D]":
    """Mean over models at each frequency as a line, and the middle 90 % of the models as a shade."""
    drawn = []
    for number, (name, values) in enumerate(errors.items()):
        colour = COLOURS[number % len(COLOURS)]
        low, high = np.quantile(values.numpy(), (0.05, 0.95), axis=0)
        axes.fill_between(frequencies, low, high, color=colour, alpha=0.18, lw=0)
        drawn += axes.plot(frequencies, values.mean(0), "o-", ms=4, color=colour, label=name)
    axes.set_ylim(bottom=0.0)
    axes.set_xlabel("frequency (Hz)")
    axes.set_ylabel("relative L2 error")
    return drawn


def errors_by_case(
    axes: "Axes", cases: Sequence[str], errors: Mapping[str, Sequence[float]]
) -> "list[BarContainer]":
    """One group of bars per case, one bar per operator."""
    width = 0.8 / max(len(errors), 1)
    drawn = []
    for number, (name, values) in enumerate(errors.items()):
        places = np.arange(len(cases)) + (number - 0.5 * (len(errors) - 1)) * width
        drawn.append(axes.bar(places, values, width, color=COLOURS[number % len(COLOURS)], label=name))
    axes.set_xticks(range(len(cases)), cases)
    axes.set_ylabel("relative L2 error")
    return drawn
