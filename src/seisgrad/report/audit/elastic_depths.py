"""Gradients below a line by depth: numbers in ranges, lateral averages, and their figures."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.audit.gradients import METRICS
from seisgrad.plot.section import COLOURS
from seisgrad.report.audit.gradients import Found, draw_gradients
from seisgrad.report.figures import new_figure, styled
from seisgrad.report.files import table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RANGES = ((0.0, 2.0), (2.0, 5.0), (5.0, 10.0), (10.0, 20.0))
"""Depths, km, the lower end left out."""
_DEEPEST = 20.0  # of the figures, km: below there is hardly any sensitivity


def by_range(found: Found) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Header and rows of a table of medians over earths, of the gradient to the first parameter."""
    header = (found.sort, "band", "metric", *(_name(between) for between in _ranges(found)))
    values, rows = _in_ranges(found), []
    for sort, models in found.groups.items():
        for b, band in enumerate(found.gradients.bands):
            for metric in ("cosine", "relative_l2"):
                middle = values[metric][models, b, 0].quantile(0.5, 0)
                rows.append(
                    (sort, band, metric.replace("_", " "), *(f"{value:.3f}" for value in middle.tolist()))
                )
    return header, rows


def depth_tables(found: Found) -> dict[str, str]:
    """``depths.csv``, the metrics by range of depth, and ``profiles.csv``, lateral averages of the gradients."""
    header = ("earth", found.sort, "band", "parameter", "from", "to", "metric", "value")
    averages = ("earth", found.sort, "band", "parameter", "depth", "exact", "learned")
    return {
        "depths.csv": table(header, *zip(*_range_rows(found), strict=True)),
        "profiles.csv": table(averages, *zip(*_profile_rows(found), strict=True)),
    }


def _range_rows(found: Found) -> Iterator[tuple]:
    values, report = _in_ranges(found), found.gradients
    for m, (number, sort) in enumerate(zip(found.numbers, found.sorts, strict=True)):
        for b, band in enumerate(report.bands):
            for p, parameter in enumerate(report.parameters):
                for r, between in enumerate(_ranges(found)):
                    for metric in METRICS:
                        yield (
                            number,
                            sort,
                            band,
                            parameter,
                            *between,
                            metric,
                            float(values[metric][m, b, p, r]),
                        )


def _profile_rows(found: Found) -> Iterator[tuple]:
    report = found.gradients
    exact, learned = (g.mean(-1).tolist() for g in (report.reference, report.learned))
    for m, (number, sort) in enumerate(zip(found.numbers, found.sorts, strict=True)):
        for b, band in enumerate(report.bands):
            for p, parameter in enumerate(report.parameters):
                for depth, *both in zip(report.positions, exact[m][b][p], learned[m][b][p], strict=True):
                    yield number, sort, band, parameter, depth, *both


def _in_ranges(found: Found) -> dict[str, Float[Tensor, "model band parameter range"]]:
    """The metrics of the part of the gradients in each range of depth."""
    report = found.gradients
    depth = torch.tensor(report.positions)
    parts = []
    for low, high in _ranges(found):
        rows = (depth >= low) & (depth < high)
        parts.append([g[..., rows, :].flatten(3) for g in (report.learned, report.reference)])
    return {
        metric: torch.stack([measure(*both) for both in parts], -1) for metric, measure in METRICS.items()
    }


def _ranges(found: Found) -> list[tuple[float, float]]:
    """Those that hold nodes."""
    depths = found.gradients.positions
    return [(low, high) for low, high in RANGES if any(low <= depth < high for depth in depths)]


def _name(between: tuple[float, float]) -> str:
    return f"{between[0]:g}–{between[1]:g} km"


@styled
def depth_figure(found: Found) -> "Figure":
    """The gradient to the first parameter by depth and band: cosines above, sizes of gradient and error below."""
    report = found.gradients
    depth = torch.tensor(report.positions)
    figure = new_figure(8.6, 6.4)
    panels = figure.subplots(2, len(report.bands), sharey=True, sharex="row", squeeze=False)
    errors = (report.learned - report.reference)[:, :, 0].norm(dim=-1)
    sizes = report.reference[:, :, 0].norm(dim=-1)
    for b, (above, below) in enumerate(panels.T):
        for (sort, models), colour in zip(found.groups.items(), COLOURS, strict=False):
            cosines = report.by_position["cosine"][models, b, 0]
            above.plot(cosines.T, depth, color=colour, alpha=0.3, lw=0.8)
            above.plot(cosines.nanquantile(0.5, 0), depth, color=colour, label=sort)
            most = sizes[models, b].amax(-1, keepdim=True)
            for values, style in ((sizes, "-"), (errors, "--")):
                below.plot((values[models, b] / most).mean(0), depth, style, color=colour)
        above.set_title("All data" if b == len(report.bands) - 1 else report.bands[b])
        above.set_xlabel("cosine")
        below.set_xlabel("size")
        for axes in (above, below):
            axes.grid(axis="x", color="0.92", lw=0.8)
    panels[0, 0].set_ylim(min(_DEEPEST, float(depth[-1])), 0.0)
    panels[0, 0].set_xlim(right=1.02)
    panels[1, 0].set_xlim(left=0.0)
    for axes in panels[:, 0]:
        axes.set_ylabel("depth (km)")
    panels[0, 0].legend(loc="lower left")
    return figure


@styled
def profiles_figure(found: Found, columns: int) -> "Figure":
    """Lateral averages of both gradients in the first earth of every sort: a row each, and so many parameters."""
    report = found.gradients
    depth = torch.tensor(report.positions)
    figure = new_figure(8.6, 0.6 + 3.2 * len(found.groups))
    panels = figure.subplots(len(found.groups), columns, sharex=True, sharey=True, squeeze=False)
    for row, (sort, models) in zip(panels, found.groups.items(), strict=True):
        for p, axes in enumerate(row):
            for b, colour in zip(range(len(report.bands) - 1), COLOURS, strict=False):
                exact, learned = (g[models[0], b, p].mean(-1) for g in (report.reference, report.learned))
                most = exact.abs().max()
                axes.plot(exact / most, depth, color=colour, lw=1.4, label=report.bands[b])
                axes.plot(learned / most, depth, "--", color=colour, lw=1.4)
            axes.axvline(0.0, color="0.8", lw=0.8, zorder=0)
        row[0].set_ylabel(f"{sort}: depth (km)")
    for axes, parameter in zip(panels[0], report.parameters, strict=False):
        axes.set_title(parameter)
    for axes in panels[-1]:
        axes.set_xlabel("average")
    panels[0, 0].set_ylim(min(_DEEPEST, float(depth[-1])), 0.0)
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
    return figure


@styled
def gradients_figure(found: Found) -> "Figure":
    """Of the first earth to the first parameter: lowest and highest band, below each other."""
    report = found.gradients
    rows = sum(depth <= _DEEPEST for depth in report.positions)
    shown = (0, len(report.bands) - 2)
    figure = new_figure(8.6, 0.6 + 1.9 * 3 * len(shown))
    panels = figure.subplots(3 * len(shown), 1, sharex=True)
    for k, band in enumerate(shown):
        mine = panels[3 * k : 3 * k + 3]
        exact, learned = (g[0, band, 0, :rows] for g in (report.reference, report.learned))
        h = found.grid.spacing
        image = draw_gradients(mine, h, exact, learned, report.bands[band], first=h)
        figure.colorbar(image, ax=list(mine), label="misfit per km/s", shrink=0.6)
    return figure
