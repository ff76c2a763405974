"""Tidy tables of audits and reproductions: a panel a metric, a mark a case, a colour a series."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from seisgrad.cli.contents import Contents
from seisgrad.cli.drawings.reading import netcdf, numbers, rows_of
from seisgrad.errors import InputError
from seisgrad.plot.section import COLOURS
from seisgrad.report.figures import new_figure, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 12
"""Panels that are drawn; more are left out, and the title says so."""


class Point(NamedTuple):
    """One number of a table; the interval and the paper's number are NaN where there is none."""

    metric: str
    case: str
    series: str
    value: float
    low: float = math.nan
    high: float = math.nan
    paper: float = math.nan


def results(contents: Contents) -> "Figure":
    """Ours, and the paper's where it gives one, by operator."""
    return _panels(_points(contents, "case", ("operator",), "ours", paper="paper"))


def distributions(contents: Contents) -> "Figure":
    """Means with the 5th and 95th percentile, by operator."""
    return _panels(_points(contents, "case", ("operator",), "mean", "p05", "p95"))


def summary(contents: Contents) -> "Figure":
    """Means with their interval by band, for each parameter."""
    return _panels(_points(contents, "group", ("parameter",), "mean", "low", "high"))


def quantities(contents: Contents) -> "Figure":
    """What an inversion or a shift of the earths makes of the errors, by group or parameter."""
    case = "group" if "group" in contents.names else "parameter"
    return _panels(_points(contents, case, (), "value", "low", "high", metric="quantity"))


def gradients(contents: Contents) -> "Figure":
    """Every earth's number by band, for each parameter."""
    return _panels(_points(contents, "band", ("parameter",), "value"))


def worst(contents: Contents) -> "Figure":
    """The median over the earths by band, for each parameter, up to the worst."""
    return _panels(_points(contents, "band", ("parameter",), "median", "median", "worst"))


def spectrum(contents: Contents) -> "Figure":
    """The error of kernels by wavelength, a panel for each parameter, a colour for each band."""
    rows = rows_of(contents.path)
    values, low, high = (numbers(rows, name, contents.path).tolist() for name in ("error", "low", "high"))
    points = [
        Point(row["parameter"], f"{row['shortest']}-{row['longest']}", row["group"], v, a, b)
        for row, v, a, b in zip(rows, values, low, high, strict=True)
        if row.get("models", "") == rows[0].get("models", "")
    ]
    return _panels(points, logarithmic=True)


def outputs(contents: Contents) -> "Figure":
    """Means by period or what else the outputs are, a line for each branch and parameter of the first set of models."""
    rows = rows_of(contents.path)
    own = [row for row in rows if row["models"] == rows[0]["models"]]
    values = numbers(own, "mean", contents.path).tolist()
    lines: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for row, value in zip(own, values, strict=True):
        label = " ".join(filter(None, (row["branch"], row["parameter"])))
        lines.setdefault(row["metric"], {}).setdefault(label, []).append((float(row["output"]), value))
    return _lines(lines, f"models of {rows[0]['models']}", "output")


def audit(contents: Contents) -> "Figure":
    """Means of the first set of models by period, a line for each branch and parameter."""
    data = netcdf(contents.path).isel(models=0)
    lines: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for name in data.data_vars:
        metric = str(name)
        if not metric.endswith("_mean"):
            continue
        for branch in data["branch"].values:
            one = data[metric].sel(branch=branch)
            parameters = data["parameter"].values if "parameter" in one.dims else [""]
            for parameter in parameters:
                row = one.sel(parameter=parameter) if parameter else one
                label = f"{branch} {parameter}".strip()
                pairs = zip(data["period"].values.tolist(), row.values.tolist(), strict=True)
                lines.setdefault(metric.removesuffix("_mean"), {})[label] = list(pairs)
    return _lines(lines, f"models of {data['models'].item()}", "period (s)")


def _points(
    contents: Contents,
    case: str,
    series: Sequence[str],
    value: str,
    low: str = "",
    high: str = "",
    paper: str = "",
    metric: str = "metric",
) -> list[Point]:
    """The numbers of a table; of several sets of models those of the first one, which are the operator's own."""
    rows = rows_of(contents.path)
    rows = [row for row in rows if row.get("models") == rows[0].get("models")]

    def column(name: str) -> list[float]:
        there = name and name in rows[0]
        return numbers(rows, name, contents.path).tolist() if there else [math.nan] * len(rows)

    columns = zip(rows, *(column(name) for name in (value, low, high, paper)), strict=True)
    return [
        Point(row[metric], row[case], " ".join(filter(None, (row.get(name, "") for name in series))), *found)
        for row, *found in columns
    ]


@styled
def _panels(points: list[Point], *, logarithmic: bool = False) -> "Figure":
    there = [point for point in points if math.isfinite(point.value)]
    if not there:
        raise InputError("the table holds no number, so there is nothing to draw")
    metrics = list(dict.fromkeys(point.metric for point in there))
    series = list(dict.fromkeys(point.series for point in there))
    figure, axes = _grid(metrics)
    for panel, metric in zip(axes, metrics, strict=False):
        own = [point for point in there if point.metric == metric]
        _panel(panel, own, series)
        panel.set_title(metric.replace("_", " "), fontsize=9)
        if logarithmic and min(point.value for point in own) > 0:
            panel.set_yscale("log")
    if len(series) > 1 or series[0]:
        handles = [_dot(axes[0], name, k) for k, name in enumerate(series)]
        figure.legend(handles=handles, loc="outside lower center", ncols=min(len(series), 5), fontsize=8)
    return figure


def _panel(axes: "Axes", points: list[Point], series: Sequence[str]) -> None:
    cases = list(dict.fromkeys(point.case for point in points))
    for k, name in enumerate(series):
        own = [point for point in points if point.series == name]
        x = [cases.index(point.case) + 0.6 * ((k + 0.5) / len(series) - 0.5) for point in own]
        colour = COLOURS[k % len(COLOURS)]
        axes.vlines(x, [p.low for p in own], [p.high for p in own], color=colour, lw=1.0, alpha=0.6)
        axes.plot(x, [point.value for point in own], "o", ms=3.5, color=colour)
        axes.plot(x, [point.paper for point in own], "x", ms=6, color="#1d2530")
    axes.set_xticks(range(len(cases)), cases, rotation=90 if len(cases) > 4 else 0, fontsize=7)


@styled
def _lines(lines: dict[str, dict[str, list[tuple[float, float]]]], title: str, axis: str) -> "Figure":
    figure, axes = _grid(list(lines))
    labels = list(dict.fromkeys(label for metric in lines.values() for label in metric))
    styles: dict[str, dict[str, Any]] = {
        label: {"color": COLOURS[k % len(COLOURS)], "ls": ("-", "--", ":")[k // len(COLOURS) % 3]}
        for k, label in enumerate(labels)
    }
    for panel, (metric, own) in zip(axes, lines.items(), strict=False):
        for label, pairs in own.items():
            panel.plot(*zip(*sorted(pairs), strict=True), lw=1.0, **styles[label])
        panel.set_title(metric.replace("_", " "), fontsize=9)
        panel.set_xlabel(axis, fontsize=8)
    handles: list[Any] = [axes[0].plot([], [], label=label, **styles[label])[0] for label in labels]
    figure.legend(handles=handles, loc="outside lower center", ncols=4, fontsize=8)
    figure.suptitle(title, fontsize=11)
    return figure


def _grid(metrics: Sequence[str]) -> "tuple[Figure, list[Axes]]":
    """A figure with a panel for each metric, at most :data:`MOST`."""
    number = min(len(metrics), MOST)
    columns = min(number, 3)
    rows = -(-number // columns)
    figure = new_figure(max(4.0 * columns, 6.0), 2.9 * rows + 0.6)
    panels: Any = figure.subplots(rows, columns, squeeze=False).ravel()
    for spare in panels[number:]:
        spare.set_axis_off()
    if len(metrics) > MOST:
        figure.suptitle(f"{MOST} of {len(metrics)} metrics", fontsize=11)
    return figure, list(panels[:number])


def _dot(axes: "Axes", label: str, number: int) -> Any:
    return axes.plot([], [], "o", ms=4, color=COLOURS[number % len(COLOURS)], label=label or "all")[0]
