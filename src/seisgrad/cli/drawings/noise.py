"""Correlations and Green's functions by distance, and how good they are."""

from typing import TYPE_CHECKING

import numpy as np
import torch

from seisgrad.cli.contents import Contents
from seisgrad.cli.drawings.reading import check_any, numbers, rows_of
from seisgrad.noise import read_correlations
from seisgrad.plot.section import COLOURS
from seisgrad.report.figures import new_figure, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST = 120
"""Pairs that are drawn; of more, some evenly chosen by distance."""
GROUP = (1.0, 3.0, 5.0)
"""Velocities whose arrival is marked, km/s."""
SLOW, LEAST = 2.5, 20.0
"""Lags are shown up to the arrival of the slowness SLOW, s/km, and at least to LEAST, s."""
KINDS = {
    "C": "Correlations",
    "EGF": "Empirical Green's functions",
    "EGF2D": "Green's functions of line sources",
}


@styled
def records(contents: Contents) -> "Figure":
    """A record section of the first component, each trace over its largest value."""
    found = read_correlations(contents.path)
    distance = torch.tensor([pair.distance for pair in found.pairs], dtype=torch.float64)
    order = distance.argsort()
    if len(order) > MOST:
        order = order[torch.linspace(0, len(order) - 1, MOST).round().long()]
    lag, traces = found.lag, found.values[order, 0]
    size = traces.abs().nan_to_num().amax(-1, keepdim=True).clamp(min=torch.finfo(traces.dtype).tiny)
    far = float(distance.max()) or 1.0
    height = 1.6 * far / max(len(order), 16)
    figure = new_figure(8.0, 7.0)
    axes = figure.add_subplot()
    for row, trace in zip(order.tolist(), traces / size, strict=True):
        axes.plot(lag.numpy(), float(distance[row]) + height * trace.numpy(), color="#1d2530", lw=0.6)
    ends = np.array([0.0, far])
    for speed, colour in zip(GROUP, COLOURS, strict=False):
        for side in (1,) if found.folded else (-1, 1):
            label = f"{speed:g} km/s" if side == 1 else None
            axes.plot(side * ends / speed, ends, color=colour, lw=1.0, ls="--", label=label)
    shown = min(float(lag[-1]), max(SLOW * far, LEAST))
    axes.set_xlim(0.0 if found.folded else -shown, shown)
    axes.set_ylim(-1.5 * height, far + 1.5 * height)
    some = f", {len(order)} of {len(found.pairs)} pairs" if len(order) < len(found.pairs) else ""
    axes.set(
        xlabel="lag (s)", ylabel="distance (km)", title=f"{KINDS[found.kind]}, {found.components[0]}{some}"
    )
    axes.legend(fontsize=8, loc="lower right")
    return figure


@styled
def quality(contents: Contents) -> "Figure":
    """The ratio of signal and noise of every pair, and its median, by period and component."""
    rows = rows_of(contents.path)
    period, snr = (numbers(rows, name, contents.path) for name in ("period", "snr"))
    check_any(
        snr > 0.0,
        contents.path,
        "ratio of signal and noise above 0: the lags may end before the noise begins",
    )
    figure = new_figure(7.0, 4.6)
    axes = figure.add_subplot()
    for name, colour in zip(dict.fromkeys(row["component"] for row in rows), COLOURS, strict=False):
        own = torch.tensor([row["component"] == name for row in rows])
        axes.plot(period[own], snr[own], ".", ms=3, color=colour, alpha=0.35)
        shown = period[own].unique()
        medians = [float(snr[own][period[own] == p].nanmedian()) for p in shown]
        axes.plot(shown, medians, "o-", ms=4, color=colour, label=f"{name}, median")
    axes.set(xscale="log", yscale="log", xlabel="period (s)", ylabel="signal over noise")
    axes.legend()
    return figure
