"""The audit of an acoustic operator: gradients of a waveform misfit beside those of the physics, band by band."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.acoustic import Grid, Physics, Survey, prior
from seisgrad.audit.gradients import METRICS, Gradients, gradients
from seisgrad.earth import Section
from seisgrad.operator import Operator
from seisgrad.plot.section import CHANGE, COLOURS, section_image
from seisgrad.report.figures import new_figure, png, styled
from seisgrad.report.files import table
from seisgrad.report.page import Page

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SEED = 20261
"""Of the test earths; training of a shipped surrogate never saw its test split."""
FREQUENCIES = tuple(float(f) for f in range(1, 9))
BANDS = {"1–2 Hz": (0, 1), "3–4 Hz": (2, 3), "5–8 Hz": (4, 5, 6, 7)}
"""Parts of the data, as indices of frequencies."""
STARTS = ("homogeneous", "halfway")
"""Where a gradient is taken: in an earth of the truth's mean velocity and density, and halfway from there to it."""
CLEAR = 0.5
"""Nearer than this to its source a receiver does not count, km."""
_RECEIVERS = 4  # of so many nodes along each axis, one has a receiver

CAPTIONS = {
    "gradients": "Gradient of the misfit to velocity in one earth, from the homogeneous start: through the physics, "
    "through the learned operator, and the difference of the two on the same colours.",
    "bands": "Every earth by band: cosine of the learned gradient with the exact one, and its relative L2 error. Lines "
    "and diamonds are medians.",
}
"""What each figure shows."""
WORDS = (
    "Data are spectra of the physics in the true earth, of four sources near the edges; every fourth node along each "
    "axis has a receiver, and those nearer than half a kilometre to a source are left out for it. The misfit is "
    "½ Σ |p − d|².",
    "Gradients are raw, [velocity, density] on the nodes: neither smoothed, masked nor scaled. Cosine: a·b/(‖a‖‖b‖), "
    "the shape alone. Relative L2: ‖a − b‖/‖b‖, shape and amplitude. Ratio: ‖a‖/‖b‖.",
    "An inversion from the homogeneous start takes the first kind of gradient; halfway the residuals are smaller, so "
    "that the operator's own error weighs more.",
)
"""How it was done."""


@dataclass(frozen=True)
class Found:
    """An audit and what it was of.

    Attributes:
        prior: name of the ensemble.
        grid: of the earths.
        gradients: of the misfit; models 0 and 1 are the two starts of the first earth, and so on.
    """

    prior: str
    grid: Grid
    gradients: Gradients


def survey_of(grid: Grid) -> Survey:
    """What is observed: a source near each side of the grid, receivers on every fourth node."""
    high, wide = grid.extent
    sources = torch.tensor(
        [
            [0.1 * high, 0.4 * wide],
            [0.4 * high, 0.9 * wide],
            [0.9 * high, 0.6 * wide],
            [0.6 * high, 0.1 * wide],
        ],
        dtype=torch.float64,
    )
    receivers = torch.cartesian_prod(grid.z[::_RECEIVERS], grid.x[::_RECEIVERS])
    return Survey(sources, receivers, torch.tensor(FREQUENCIES))


def compare(
    operator: Operator,
    survey: Survey,
    name: str,
    grid: Grid,
    number: int,
    tell: Callable[[int], None] | None = None,
) -> Found:
    """Audit an operator on unseen earths of an ensemble.

    Args:
        operator: on this survey.
        survey: of :func:`survey_of`.
        name: of the ensemble.
        grid: of the earths.
        number: of earths.
        tell: called with the number of gradients done, two per earth.

    Raises:
        InputError: an unknown ensemble, or an earth that one of the operators refuses.
    """
    physics = Physics(grid, survey, velocity=prior(name).velocity)
    earths = prior(name).draw(number, SEED, split="test", grid=grid).earth
    distance = torch.cdist(survey.sources, survey.receivers)
    weight = (distance > CLEAR)[:, None, :, None]

    def misfit(predicted: Tensor, observed: Tensor) -> Tensor:
        return 0.5 * ((predicted - observed) * weight).square().sum()

    bands = {band: partial(_of_frequencies, indices=list(which)) for band, which in BANDS.items()}
    return Found(name, grid, gradients(physics, operator, _pairs(earths), misfit, bands, tell=tell))


def _of_frequencies(data: Tensor, indices: list[int]) -> Tensor:
    return data[:, indices]


def _pairs(earths: Float[Tensor, "earth 2 z x"]) -> Iterator[tuple[Tensor, Tensor]]:
    """Starts and truths, in the order of :data:`STARTS`."""
    for truth in earths:
        flat = truth.mean((-2, -1), keepdim=True).expand_as(truth)
        yield flat, truth
        yield 0.5 * (flat + truth), truth


def tables(found: Found) -> dict[str, str]:
    """``gradients.csv``, a line per number, and ``summary.csv``, over the earths."""
    rows = [
        (row.model // 2, STARTS[row.model % 2], row.band, row.parameter, row.metric, row.value)
        for row in found.gradients.rows()
    ]
    header = ("earth", "start", "band", "parameter", "metric", "value")
    summary = ("start", "band", "parameter", "metric", "median", "worst", "earths")
    return {
        "gradients.csv": table(header, *zip(*rows, strict=True)),
        "summary.csv": table(summary, *zip(*summarised(found.gradients), strict=True)),
    }


def summarised(report: Gradients) -> list[tuple[str, str, str, str, float, float, int]]:
    """Start, band, parameter, metric; median, the worst and the number of earths."""
    rows = []
    for s, start in enumerate(STARTS):
        for metric in METRICS:
            values = report.values[metric][s::2]
            for b, band in enumerate(report.bands):
                for p, parameter in enumerate(report.parameters):
                    of = values[:, b, p]
                    worst = {"cosine": of.min(), "relative_l2": of.max()}.get(
                        metric, of[(of - 1).abs().argmax()]
                    )
                    rows.append(
                        (start, band, parameter, metric, float(of.quantile(0.5)), float(worst), len(of))
                    )
    return rows


def figures(found: Found) -> dict[str, bytes]:
    """The figures by name, as PNG."""
    return {"gradients": png(gradients_figure(found)), "bands": png(bands_figure(found.gradients))}


@styled
def gradients_figure(found: Found) -> "Figure":
    """The first earth from the homogeneous start: lowest band, highest band and all data, below each other."""
    report, grid = found.gradients, found.grid
    shown = (0, len(BANDS) - 1, len(report.bands) - 1)
    section = Section(torch.ones(grid.shape), None, (grid.spacing, grid.spacing))
    figure = new_figure(8.6, 2.9 * len(shown))
    for row, band in zip(figure.subplots(len(shown), 3), shown, strict=True):
        exact, learned = (g[0, band, 0] for g in (report.reference, report.learned))
        most = float(exact.abs().flatten().quantile(0.995)) or 1.0
        parts = {"physics": exact, "learned": learned, "difference": learned - exact}
        images = []
        for axes, (title, values) in zip(row, parts.items(), strict=True):
            images.append(section_image(axes, section, values, colours=CHANGE, limits=(-most, most)))
            axes.set_title(f"{report.bands[band]}, {title}")
            axes.label_outer()
        figure.colorbar(images[0], ax=row, label="misfit per km/s", shrink=0.85)
    return figure


@styled
def bands_figure(report: Gradients) -> "Figure":
    """Cosine and relative error of the gradient to velocity and to density, by band and start."""
    figure = new_figure(8.6, 5.8)
    grid = figure.subplots(2, len(report.parameters), sharex=True, squeeze=False)
    x = torch.arange(len(report.bands), dtype=torch.float64)
    for row, (metric, label) in zip(
        grid, (("cosine", "cosine"), ("relative_l2", "relative L2 error")), strict=True
    ):
        for p, axes in enumerate(row):
            for s, (start, colour) in enumerate(zip(STARTS, COLOURS, strict=False)):
                values = report.values[metric][s::2, :, p]
                axes.plot(x, values.T, "o", ms=3, color=colour, alpha=0.35, mew=0)
                middle = values.quantile(0.5, 0)
                axes.plot(x[:-1], middle[:-1], "-", color=colour, label=f"start: {start}")
                axes.plot(x[-1:], middle[-1:], "D", ms=5, color=colour)
            axes.set_xticks(x, [*report.bands[:-1], "all data"])
            axes.grid(axis="y", color="0.92", lw=0.8)
        row[0].set_ylabel(label)
    for axes, parameter in zip(grid[0], report.parameters, strict=True):
        axes.set_title(f"Gradient to {parameter}")
        axes.set_ylim(top=1.0)
    for axes in grid[1]:
        axes.set_ylim(bottom=0.0)
    grid[0, 0].legend(loc="lower left")
    return figure


def page(operator: str, found: Found, drawn: dict[str, bytes]) -> Page:
    """``audit.html``."""
    report = found.gradients
    made = Page(
        f"Audit of {operator}",
        f"Where its gradients can be trusted: {report.models // 2} unseen earths of {found.prior}, against the "
        "adjoint gradients of the physics.",
    )
    made.cards(*_cards(report))
    made.heading("The verdict, band by band")
    made.definitions(list(report.summary().items()))
    made.image(drawn["bands"], CAPTIONS["bands"])
    made.heading("What the gradients look like")
    made.image(drawn["gradients"], CAPTIONS["gradients"])
    made.heading("The numbers")
    rows = [
        (start, band, parameter, metric.replace("_", " "), f"{middle:.4f}", f"{worst:.4f}")
        for start, band, parameter, metric, middle, worst, _ in summarised(report)
    ]
    made.table(("start", "band", "gradient to", "metric", "median", "worst"), rows)
    made.heading("How it was done")
    made.points(*WORDS)
    return made


def _cards(report: Gradients) -> list[tuple[str, str, str]]:
    cards = []
    for p, parameter in enumerate(report.parameters):
        cosine = report.values["cosine"][..., p].quantile(0.5, 0)
        lowest = int(cosine.argmin())
        value = float(cosine[lowest])
        text = f"lowest median cosine of the gradient to {parameter}, {report.bands[lowest]}"
        cards.append((f"{value:.3f}", text, "good" if value > 0.95 else "warn"))
    error = report.values["relative_l2"][:, -1, 0].quantile(0.5)
    cards.append((f"{float(error):.1%}", "median relative L2 error, velocity, all data", ""))
    return cards
