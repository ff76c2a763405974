"""The figures of the kernels experiment: the table as a picture, the kernels themselves, and what a mean hides."""

from typing import TYPE_CHECKING, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.operator import Operator
from seisgrad.plot.comparison import closeness, distributions, kernel_pair, scores
from seisgrad.plot.kernels import per_kilometre, shades
from seisgrad.report.figures import new_figure, styled
from seisgrad.report.reproduce.kernels import (
    BOTTOM,
    PARAMETERS,
    SURVEY,
    WAVES,
    Comparison,
    exact_rows,
    fitted,
    learned_rows,
)
from seisgrad.report.reproduce.table import BANDS, PAPER, PAPER_COLUMNS, periods_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAMES = [f"{first}–{last}" for first, last in BANDS]
SHOWN = (4.0, 12.0, 25.0, 50.0)
"""Periods of the kernels that are drawn, s."""
REACH = 5.0
"""Kilometres of depth shown per second of period: more than a wavelength of the slow and the fast earths."""


class Typical(NamedTuple):
    """The kernels to vs of the model whose mean raw cosine is the median of its ensemble, per km."""

    model: int
    depth: Float[Tensor, " depth"]
    learned: Float[Tensor, "branch period depth"]
    exact: Float[Tensor, "branch period depth"]


def typical(
    operator: Operator,
    comparison: Comparison,
    models: Float[Tensor, "model 3 depth"],
    depth: Float[Tensor, " depth"],
) -> Typical:
    """The kernels of the model that is better than one half of the ensemble and worse than the other."""
    of_model = comparison.values["raw_cosine_vs"].flatten(1).nanmean(dim=1)
    index = int((of_model - of_model.nanmedian()).abs().nan_to_num(torch.inf).argmin())
    x, vs = models[index : index + 1], PARAMETERS.index("vs")
    exact = exact_rows(x, depth)
    learned = learned_rows(fitted(operator, depth), x, exact)
    thickness = torch.cat([depth.diff(), depth.new_zeros(1)])
    a, b = (rows.kernel[0, :, :, vs].flatten(0, 1) for rows in (learned, exact))
    shape = (len(SURVEY.branches), len(SURVEY.periods), -1)
    densities = (per_kilometre(kernel, thickness).reshape(shape) for kernel in (a, b))
    return Typical(index, depth, *densities)


@styled
def table_figure(comparison: Comparison, *, beside_paper: bool) -> "Figure":
    """Velocity error and kernel cosine by band, the paper's beside ours, both waves."""
    figure = new_figure(8.6, 4.0)
    left, right = figure.subplots(1, 2)
    scores(left, NAMES, _means(comparison, "mape_percent"), label=", ours")
    scores(right, NAMES, _means(comparison, "paper_cosine_vs"), label=", smoothed")
    scores(right, NAMES, _means(comparison, "raw_cosine_vs"), style=":", marker="x", label=", raw")
    if beside_paper:
        scores(left, NAMES, _paper("mape_percent"), style="--", filled=False, label=", paper")
        scores(right, NAMES, _paper("paper_cosine_vs"), style="--", filled=False, label=", paper")
    left.set(title="Velocity", ylabel="mean absolute error (%)")
    left.set_ylim(bottom=0.0)
    right.set(title="Kernel of vs", ylabel="mean cosine")
    right.set_ylim(top=1.0 + 0.04 * (1.0 - right.get_ylim()[0]))
    for axes in (left, right):
        axes.legend(loc="best", fontsize=8, handlelength=2.6)
    return figure


@styled
def kernels_figure(shown: Typical, operator: str) -> "Figure":
    """Exact and learned kernels of one model at four periods, Rayleigh above and Love below."""
    figure = new_figure(8.6, 7.0)
    grid = figure.subplots(len(WAVES), len(SHOWN))
    for row, wave in enumerate(WAVES):
        for axes, period, colour in zip(grid[row], SHOWN, shades(len(SHOWN)), strict=True):
            i = int((SURVEY.periods - period).abs().argmin())
            pair = (shown.learned[row, i], shown.exact[row, i])
            bottom = min(BOTTOM, REACH * period)
            kernel_pair(axes, shown.depth, *pair, bottom=bottom, colour=colour, labels=("exact", operator))
            axes.set_title(f"{wave.capitalize()}, {period:g} s")
            axes.locator_params(axis="x", nbins=3)
        grid[row, 0].set_ylabel("depth (km)")
    grid[0, 0].legend(loc="lower right")
    figure.supxlabel("∂c/∂vs per km of depth (1/km)", fontsize=10)
    return figure


@styled
def cosine_figure(comparison: Comparison) -> "Figure":
    """The raw cosine of every model and period, by band: kernels of vs, vp and density."""
    figure = new_figure(8.6, 4.2)
    panels = figure.subplots(1, 3, sharey=True)
    for axes, (parameter, words) in zip(
        panels, (("vs", "vs"), ("vp", "vp"), ("rho", "density")), strict=True
    ):
        values = comparison.values[f"raw_cosine_{parameter}"]
        distributions(axes, NAMES, {w: _by_band(values[:, i]) for i, w in enumerate(WAVES)})
        closeness(axes, (-1.0, 0.0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999))
        axes.grid(axis="y", color="0.9", lw=0.8)
        axes.set_axisbelow(True)
        axes.set_title(f"Kernel of {words}")
        axes.tick_params(axis="x", labelrotation=45)
    panels[0].set_ylabel("raw cosine, per model and period")
    panels[0].legend(loc="lower left")
    return figure


def _by_band(values: Float[Tensor, "model period"]) -> list[Tensor]:
    return [values[:, periods_of(band)].flatten() for band in BANDS]


def _means(comparison: Comparison, metric: str) -> dict[str, list[float]]:
    values = comparison.values[metric]
    return {wave: [float(band.nanmean()) for band in _by_band(values[:, i])] for i, wave in enumerate(WAVES)}


def _paper(metric: str) -> dict[str, list[float]]:
    return {wave: [row[PAPER_COLUMNS[metric]] for row in PAPER[wave]] for wave in WAVES}
