"""What audits of waveform gradients have in common, whatever the waves: tables, figures and parts of the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.audit.gradients import METRICS, Gradients
from seisgrad.earth import Section
from seisgrad.plot.section import CHANGE, COLOURS, section_image
from seisgrad.report.figures import new_figure, styled
from seisgrad.report.files import table
from seisgrad.report.page import Page
from seisgrad.waves.grid import PlaneGrid

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh
    from matplotlib.figure import Figure

SEED = 20261
"""Of the test earths; training of a shipped surrogate never saw its test split."""
METRIC_WORDS = (
    "Cosine: a·b/(‖a‖‖b‖), the shape alone. Relative L2: ‖a − b‖/‖b‖, shape and amplitude. Ratio: ‖a‖/‖b‖, with a the "
    "learned gradient and b the exact one."
)
"""What the numbers are."""
_GOOD = 0.95  # a median cosine above this is shown as good


@dataclass(frozen=True)
class Found:
    """An audit and what it was of.

    Attributes:
        earths: how many, by ensemble.
        grid: of the earths.
        gradients: of the misfit.
        sort: what tells models of one kind from those of another: the word at the head of a column.
        sorts: of every model,
        numbers: and the number of its earth, from 0.
    """

    earths: Mapping[str, int]
    grid: PlaneGrid
    gradients: Gradients
    sort: str
    sorts: tuple[str, ...]
    numbers: tuple[int, ...]

    @property
    def groups(self) -> dict[str, list[int]]:
        """Models by sort, in the order in which these first come."""
        return {
            sort: [m for m, s in enumerate(self.sorts) if s == sort] for sort in dict.fromkeys(self.sorts)
        }


def tables(found: Found) -> dict[str, str]:
    """``gradients.csv``, a line per number, and ``summary.csv``, over the earths."""
    rows = [
        (found.numbers[row.model], found.sorts[row.model], row.band, row.parameter, row.metric, row.value)
        for row in found.gradients.rows()
        if row.position is None
    ]
    header = ("earth", found.sort, "band", "parameter", "metric", "value")
    summary = (found.sort, "band", "parameter", "metric", "median", "worst", "earths")
    return {
        "gradients.csv": table(header, *zip(*rows, strict=True)),
        "summary.csv": table(summary, *zip(*summarised(found), strict=True)),
    }


def summarised(found: Found) -> list[tuple[str, str, str, str, float, float, int]]:
    """Sort, band, parameter, metric; median, the worst and the number of earths."""
    rows, report = [], found.gradients
    for sort, models in found.groups.items():
        for metric in METRICS:
            for b, band in enumerate(report.bands):
                for p, parameter in enumerate(report.parameters):
                    of = report.values[metric][models, b, p]
                    worst = {"cosine": of.min(), "relative_l2": of.max()}.get(
                        metric, of[(of - 1).abs().argmax()]
                    )
                    rows.append(
                        (sort, band, parameter, metric, float(of.quantile(0.5)), float(worst), len(of))
                    )
    return rows


def write_numbers(page: Page, found: Found, fold: str = "") -> None:
    """The table of a page with what is in ``summary.csv``."""
    rows = [
        (sort, band, parameter, metric.replace("_", " "), f"{middle:.4f}", f"{worst:.4f}")
        for sort, band, parameter, metric, middle, worst, _ in summarised(found)
    ]
    page.table((found.sort, "band", "gradient to", "metric", "median", "worst"), rows, fold)


def lowest_cosine(report: Gradients, models: Sequence[int], parameter: int, of: str) -> tuple[str, str, str]:
    """The card of a page that tells of the worst band."""
    cosine = report.values["cosine"][list(models), :, parameter].quantile(0.5, 0)
    lowest = int(cosine.argmin())
    value = float(cosine[lowest])
    return f"{value:.3f}", f"lowest median cosine {of}, {report.bands[lowest]}", _mood(value)


def _mood(cosine: float) -> str:
    return "good" if cosine > _GOOD else "warn"


@styled
def bands_figure(found: Found, parameters: Sequence[int] | None = None) -> "Figure":
    """Cosine and relative error of the gradient to some parameters, by index, or to all, by band and sort of model."""
    report = found.gradients
    shown = list(range(len(report.parameters)) if parameters is None else parameters)
    figure = new_figure(max(8.6, 2.1 * len(shown)), 5.8)
    grid = figure.subplots(2, len(shown), sharex=True, squeeze=False)
    x = torch.arange(len(report.bands), dtype=torch.float64)
    for row, (metric, label) in zip(
        grid, (("cosine", "cosine of the gradients"), ("relative_l2", "relative L2 error")), strict=True
    ):
        for p, axes in zip(shown, row, strict=True):
            for (sort, models), colour in zip(found.groups.items(), COLOURS, strict=False):
                values = report.values[metric][models, :, p]
                axes.plot(x, values.T, "o", ms=3, color=colour, alpha=0.35, mew=0)
                middle = values.quantile(0.5, 0)
                axes.plot(x[:-1], middle[:-1], "-", color=colour, label=f"{found.sort}: {sort}")
                axes.plot(x[-1:], middle[-1:], "D", ms=5, color=colour)
            axes.set_xticks(
                x, [*report.bands[:-1], "all data"], rotation=30, ha="right", rotation_mode="anchor"
            )
            axes.grid(axis="y", color="0.92", lw=0.8)
        row[0].set_ylabel(label)
    for p, axes in zip(shown, grid[0], strict=True):
        axes.set_title(f"To {report.parameters[p]}")
        axes.set_ylim(top=1.0)
    for axes in grid[1]:
        axes.set_ylim(bottom=0.0)
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
    return figure


def draw_gradients(
    panels: "Iterable[Axes]",
    spacing: float,
    exact: Float[Tensor, "z x"],
    learned: Float[Tensor, "z x"],
    band: str,
    first: float = 0.0,
) -> "QuadMesh":
    """A gradient through the physics, through the learned operator, and the difference, on the same colours; the first
    node lies at the surface and so far along the line, km."""
    section = Section(torch.ones(exact.shape), None, (spacing, spacing), (0.0, first))
    most = float(exact.abs().flatten().quantile(0.995)) or 1.0
    parts = {"physics": exact, "learned": learned, "difference": learned - exact}
    images = []
    for axes, (title, values) in zip(panels, parts.items(), strict=True):
        images.append(section_image(axes, section, values, colours=CHANGE, limits=(-most, most)))
        axes.set_title(f"{band}, {title}")
        axes.label_outer()
    return images[0]
