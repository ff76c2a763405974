"""The figures of a source inversion: mechanism and depth, waveforms, stations."""

from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.plot.mechanism import beachball
from seisgrad.report.figures import styled
from seisgrad.source.gather import COMPONENTS
from seisgrad.source.refine import Refinement

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_RECORD, _FIT, _ACCENT = "#1d2530", "#d55e00", "#0072b2"
_LINES = 60  # nodal lines of resampled solutions that are drawn


@styled
def mechanism_figure(found: Refinement, learned: Float[Tensor, " 6"] | None = None) -> "Figure":
    """The mechanism with those of resampled stations, the fit at every depth, and where the stations are."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11.0, 3.8), layout="constrained")
    ball, depths, stations = figure.subplots(1, 3, width_ratios=(1.0, 1.3, 1.0))
    beachball(ball, found.moment, others=found.ensemble[:_LINES], colour=_ACCENT)
    ball.set_title(f"Mw {found.mw:.2f} at {found.depth:g} km", loc="center")
    if learned is not None:
        inset = ball.inset_axes((0.74, -0.08, 0.34, 0.34))
        beachball(inset, learned, colour=_FIT)
        inset.set_title("network", fontsize=8, loc="center", fontweight="normal", pad=1)
    _depths(depths, found)
    _stations(stations, found)
    return figure


@styled
def waveform_figure(found: Refinement) -> "Figure":
    """Records and what the best solution predicts, a row per station, each over the largest of its three components."""
    from matplotlib.figure import Figure

    number = len(found.stations)
    figure = Figure(figsize=(11.0, 0.8 + 0.62 * number), layout="constrained")
    panels: Any = figure.subplots(number, len(COMPONENTS), sharex="row", squeeze=False)
    for row in range(number):
        shown = (found.records[row] != 0).any(0).nonzero().flatten()
        span = slice(int(shown[0]), int(shown[-1]) + 1)
        largest = torch.maximum(found.records[row].abs().max(), found.predicted[row].abs().max())
        for column, panel in enumerate(panels[row]):
            _trace(panel, found, row, column, span, float(largest))
        reduction = 100.0 * float(found.station_reduction[row])
        panels[row, 0].set_ylabel(
            f"{found.stations[row]}\n{_distance(found, row):.0f} km  {found.shifts[row]:+.1f} s",
            rotation=0, ha="right", va="center", fontsize=8,
        )  # fmt: skip
        panels[row, -1].text(1.01, 0.5, f"{reduction:.0f} %", transform=panels[row, -1].transAxes, fontsize=8)
    for panel, title in zip(panels[0], ("Vertical", "Radial", "Transverse"), strict=True):
        panel.set_title(title)
    for panel in panels[-1]:
        panel.set_xlabel("Time after the origin (s)")
    return figure


def _trace(panel: "Axes", found: Refinement, row: int, column: int, span: slice, largest: float) -> None:
    time, record = found.time[span].tolist(), found.records[row, column, span]
    if bool((record != 0).any()):
        panel.plot(time, (record / largest).tolist(), color=_RECORD, linewidth=1.0)
        panel.plot(time, (found.predicted[row, column, span] / largest).tolist(), color=_FIT, linewidth=1.0)
    else:
        panel.text(0.5, 0.5, "not recorded", transform=panel.transAxes, ha="center", va="center", fontsize=8)
    panel.set(ylim=(-1.1, 1.1), yticks=[], xlim=(time[0], time[-1]))
    panel.spines["left"].set_visible(False)
    panel.tick_params(labelsize=7)


def _depths(axes: "Axes", found: Refinement) -> None:
    depths, reductions = found.depths.tolist(), (100.0 * found.depth_reductions).tolist()
    axes.plot(depths, reductions, color=_ACCENT, marker="o", markersize=3)
    drawn = torch.quantile(found.ensemble_depths, torch.tensor([0.16, 0.84], dtype=torch.float64)).tolist()
    axes.axvspan(*drawn, color=_ACCENT, alpha=0.12, linewidth=0)
    axes.axvline(found.event.origin.depth, color="0.5", linestyle="--", linewidth=1.0)
    axes.set(xlabel="Depth (km)", ylabel="Variance reduction (%)", title="Fit at every depth")


def _stations(axes: "Axes", found: Refinement) -> None:
    """Stations seen from the epicentre, by how well they fit."""
    places = [found.event.stations.index(name) for name in found.stations]
    bearing = torch.deg2rad(found.event.azimuth[places])
    distance = found.event.distance[places]
    east, north = (distance * bearing.sin()).tolist(), (distance * bearing.cos()).tolist()
    axes.scatter(
        east, north, c=found.station_reduction.tolist(), cmap="viridis", vmin=0.0, vmax=1.0, marker="v", s=46
    )
    for name, x, y in zip(found.stations, east, north, strict=True):
        axes.annotate(name.split(".")[-1], (x, y), xytext=(4, 3), textcoords="offset points", fontsize=7)
    axes.scatter([0.0], [0.0], color=_FIT, marker="*", s=110)
    axes.set(xlabel="East (km)", ylabel="North (km)", title="Stations", aspect="equal")
    axes.margins(0.18)


def _distance(found: Refinement, row: int) -> float:
    return float(found.event.distance[found.event.stations.index(found.stations[row])])
