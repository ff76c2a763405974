"""The figures of an audit: by output, by wavelength, inside and outside the ensemble, by distance, and consequences."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from torch import Tensor

from seisgrad.audit.consequences import Consequences
from seisgrad.audit.report import PerOutput, Report, Row
from seisgrad.plot.comparison import kernel_pair
from seisgrad.plot.kernels import shades
from seisgrad.plot.trust import Interval, against_distance, bars, interval_line
from seisgrad.report.audit.explorer import edges
from seisgrad.report.audit.words import Words, band, branch
from seisgrad.report.figures import new_figure, png, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#0072b2", "#d55e00", "#7a5195", "#00785a", "#b8860b", "#5b6675", "#c71585", "#1d2530")
"""Of branches, and of sets of models, in their order."""
INSIDE, OUTSIDE = "#7fb3d5", "#d98c5f"
SHOWN = 4
"""Outputs at which the kernels of an example are drawn."""
REACH = 0.995
"""Share of an exact kernel's magnitude that the depth drawn holds."""


def figures(sets: Mapping[str, Report], words: Words) -> dict[str, bytes]:
    """The figures as PNG by name; one whose numbers are not there is left out.

    Args:
        sets: what was found on each set of models, by its name, the operator's own first.
        words: units and names.
    """
    own = next(iter(sets.values()))
    drawn = {
        "kernels": png(kernels_figure(own, words)),
        "outputs": png(outputs_figure(own, words)),
        "spectrum": png(spectrum_figure(own, words)),
    }
    if own.subspace:
        drawn["subspace"] = png(subspace_figure(own))
    if all(report.shift is not None for report in sets.values()):
        drawn["shift"] = png(shift_figure(sets))
    if own.consequences is not None:
        drawn["consequences"] = png(consequences_figure(own.consequences, own, words))
    return drawn


@styled
def kernels_figure(report: Report, words: Words) -> "Figure":
    """Exact and learned kernels of the middle example at a few outputs: the parameter of the largest kernels."""
    layout, examples = report.layout, report.examples
    example = int((examples.error - examples.error.nanmedian()).abs().nan_to_num(torch.inf).argmin())
    pair = examples.pair
    parameter = int(pair.reference[example].nan_to_num().abs().sum((0, 1, 3)).argmax())
    places = _shown(layout.outputs)
    cut, tops = edges(layout), layout.compared
    figure = new_figure(8.6, 3.6 * len(layout.branches))
    grid = figure.subplots(len(layout.branches), len(places), squeeze=False)
    for b, name in enumerate(layout.branches):
        for axes, o, colour in zip(grid[b], places, shades(len(places)), strict=True):
            both = [k[example, b, o, parameter, layout.inside] for k in (pair.learned, pair.reference)]
            learned, exact = (k / cut.diff() for k in both)
            kernel_pair(axes, tops, learned, exact, bottom=_reach(exact, cut), colour=colour)
            axes.set_title(f"{branch(name, layout.branches)}, {layout.outputs[o]:g} {words.output}")
            axes.locator_params(axis="x", nbins=3)
        grid[b, 0].set_ylabel(f"{layout.position_axis} ({words.position})")
    grid[0, 0].legend(loc="lower right")
    unit = words.kernels.get(layout.parameters[parameter], "per " + words.position)
    figure.supxlabel(f"kernel of {words.parameter(layout.parameters[parameter])} ({unit})", fontsize=10)
    return figure


def _shown(outputs: Sequence[float]) -> list[int]:
    """A few outputs, evenly spaced by ratio where they are positive: their indices."""
    low, high = outputs[0], outputs[-1]
    wanted = np.geomspace(low, high, SHOWN + 1) if low > 0.0 else np.linspace(low, high, SHOWN + 1)
    return list(dict.fromkeys(int(np.abs(np.subtract(outputs, value)).argmin()) for value in wanted[1:]))


def _reach(exact: Tensor, cut: Tensor) -> float:
    share = exact.nan_to_num().abs().cumsum(0)
    if not float(share[-1]) > 0.0:
        return float(cut[-1])
    deepest = float(cut[1 + int((share >= REACH * share[-1]).nonzero()[0, 0])])
    return min(float(cut[-1]), 1.15 * deepest)


@styled
def outputs_figure(report: Report, words: Words) -> "Figure":
    """Cosine and relative error of the kernels by output, with their intervals: one column per parameter."""
    layout = report.layout
    figure = new_figure(8.6, 5.6)
    grid = figure.subplots(2, len(layout.parameters), sharex=True, squeeze=False)
    rows: tuple[tuple[str, str, Callable[[Axes], None]], ...] = (
        ("cosine", "mean cosine", _no_scale),
        ("relative_l2", "mean relative L2 error", lambda axes: _plain_log(axes, "y")),
    )
    for row, (metric, label, scale) in zip(grid, rows, strict=True):
        for p, axes in enumerate(row):
            for b, name in enumerate(layout.branches):
                values = _interval(report.per_output[metric], p, b)
                if any(map(math.isfinite, values[0])):
                    interval_line(
                        axes, layout.outputs, values, colour=COLOURS[b], label=branch(name, layout.branches)
                    )
            scale(axes)
            axes.grid(axis="y", color="0.92", lw=0.8)
        row[0].set_ylabel(label)
    for axes, name in zip(grid[0], layout.parameters, strict=True):
        axes.set_title(f"Kernel of {words.parameter(name)}")
    for axes in grid[0]:
        if len(axes.lines) == len(layout.branches):
            axes.legend(loc="lower left")
            break
    figure.supxlabel(f"{layout.output_axis} ({words.output})", fontsize=10)
    return figure


def _no_scale(axes: "Axes") -> None:
    axes.set_ylim(top=1.0 + 0.04 * max(1e-3, 1.0 - axes.get_ylim()[0]))


def _plain_log(axes: "Axes", which: Literal["x", "y"]) -> None:
    """A logarithmic axis with plain numbers, and few of them."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    axes.set(**{f"{which}scale": "log"})
    axes.autoscale_view()
    axis = axes.xaxis if which == "x" else axes.yaxis
    low, high = axis.get_view_interval()
    few = high / low > 30.0
    axis.set_major_locator(LogLocator(subs=(1.0,) if few else (1.0, 2.0, 5.0)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_locator(NullLocator())


def _interval(found: PerOutput, parameter: int, b: int) -> Interval:
    return (
        found.mean[parameter, b].tolist(),
        found.low[parameter, b].tolist(),
        found.high[parameter, b].tolist(),
    )


@styled
def spectrum_figure(report: Report, words: Words) -> "Figure":
    """The error by wavelength along the profile, one line per group; dotted the exact kernels themselves."""
    layout = report.layout
    figure = new_figure(8.6, 3.4 * len(layout.parameters))
    grid = figure.subplots(
        len(layout.parameters), len(layout.branches), sharex=True, sharey="row", squeeze=False
    )
    for p, parameter in enumerate(layout.parameters):
        for b, name in enumerate(layout.branches):
            axes, groups = grid[p, b], _groups_of(report, b)
            for group, colour in zip(groups, shades(len(groups)), strict=True):
                rows = [
                    r
                    for r in report.spectrum
                    if (r.group, r.parameter) == (group, parameter) and math.isfinite(r.longest)
                ]
                if not any(r.error > 0.0 for r in rows):
                    continue
                centre = [math.sqrt(r.shortest * r.longest) for r in rows]
                error = ([r.error for r in rows], [r.low for r in rows], [r.high for r in rows])
                interval_line(axes, centre, error, colour=colour, label=band(group))
                axes.plot(centre, [r.exact for r in rows], ":", color=colour, lw=1.0)
            if not axes.lines:
                axes.set_visible(False)
                continue
            _plain_log(axes, "x")
            _plain_log(axes, "y")
            axes.set_title(f"{branch(name, layout.branches)}, {words.parameter(parameter)}")
        grid[p, 0].set_ylabel("amplitude over the kernel's")
    for axes in grid[min(1, len(grid) - 1)]:
        if axes.lines:
            axes.legend(fontsize=8)
    figure.supxlabel(f"wavelength ({words.position})", fontsize=10)
    return figure


def _groups_of(report: Report, b: int) -> list[str]:
    """The groups with outputs of this branch."""
    return [name for name, mask in report.layout.groups.items() if bool(mask[b].any())]


@styled
def subspace_figure(report: Report) -> "Figure":
    """The kernels' error inside and outside the subspace of the ensemble, and of the derivative along it, by group."""
    groups = list(report.layout.groups)
    figure = new_figure(8.6, 1.6 + 0.42 * len(groups))
    left, right = figure.subplots(1, 2, sharey=True)
    names = [band(group) for group in groups]
    pair = {
        "inside": _rows(report, "error_inside", groups),
        "outside": _rows(report, "error_outside", groups),
    }
    bars(left, names, pair, colours=(INSIDE, OUTSIDE))
    left.set(title="Error of the kernels", xlabel="over the norm of the exact kernels")
    left.legend(loc="best")
    bars(right, names, {"along": _rows(report, "along_error", groups)}, colours=(COLOURS[0],))
    right.set(title="Error along the prior", xlabel="relative error of the derivative")
    return figure


def _rows(report: Report, metric: str, groups: Sequence[str]) -> Interval:
    by_group = {r.group: r for r in report.subspace if r.metric == metric and not r.parameter}
    empty = Row(metric, "", "", math.nan, math.nan, math.nan, math.nan, math.nan, math.nan, 0, 0)
    found = [by_group.get(group, empty) for group in groups]
    return [r.mean for r in found], [r.low for r in found], [r.high for r in found]


@styled
def shift_figure(sets: Mapping[str, Report]) -> "Figure":
    """The kernels' error of every model against its distance from the training ensemble, one panel per branch."""
    own = next(iter(sets.values()))
    layout = own.layout
    figure = new_figure(8.6, 4.2)
    panels = figure.subplots(1, len(layout.branches), sharey=True, squeeze=False)[0]
    colours = [COLOURS[i % len(COLOURS)] for i in range(len(sets))]
    for b, (axes, name) in enumerate(zip(panels, layout.branches, strict=True)):
        columns = [i for i, group in enumerate(layout.groups) if group in _groups_of(own, b)]
        points = {
            words: (report.shift.distance, report.shift.error[:, columns].nanmean(1))
            for words, report in sets.items()
            if report.shift is not None
        }
        against_distance(axes, points, colours)
        _plain_log(axes, "x")
        _plain_log(axes, "y")
        axes.set(title=branch(name, layout.branches), xlabel="distance from the training ensemble")
    panels[0].set_ylabel("relative L2 error of the kernels")
    panels[-1].legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), markerscale=2.0)
    return figure


@styled
def consequences_figure(found: Consequences, report: Report, words: Words) -> "Figure":
    """Steps, uncertainty, resolved depth and the true misfit of the inversions with either Jacobian."""
    figure = new_figure(8.6, 5.6)
    grid = figure.subplots(2, 2)
    _cumulative(grid[0, 0], found.angle, "Angle between the steps", "degrees, posterior metric")
    _cumulative(grid[0, 1], found.gain, "Gain of the learned step", "fraction of the exact step's gain", 1.0)
    _cumulative(grid[1, 0], found.trace_ratio, "Posterior variance", "trace, learned over exact", 1.0)
    axes = grid[1, 1]
    for p, (name, colour) in enumerate(zip(found.parameters, COLOURS, strict=False)):
        axes.scatter(
            found.resolved_exact[:, p], found.resolved_learned[:, p], s=14, alpha=0.5, lw=0, color=colour,
            label=words.parameter(name),
        )  # fmt: skip
    end = float(report.layout.positions.max())
    axes.plot([0, end], [0, end], color="0.7", lw=0.8, zorder=0)
    axes.set(
        title=f"Resolved {report.layout.position_axis}",
        xlabel=f"exact ({words.position})",
        ylabel=f"learned ({words.position})",
    )
    axes.legend(loc="upper left")
    return figure


def _cumulative(axes: "Axes", values: Tensor, title: str, label: str, perfect: float = 0.0) -> None:
    """The share of the inversions with at most this value; where a perfect one would be is marked."""
    there = values[values.isfinite()].sort().values
    if len(there):
        axes.step(there.numpy(), (torch.arange(len(there)) + 1.0).numpy() / len(there), where="post", lw=1.5)
    axes.axvline(perfect, color="0.6", lw=0.8, ls="--", zorder=0)
    axes.set(title=title, xlabel=label, ylabel="share of inversions", ylim=(0.0, 1.02))
