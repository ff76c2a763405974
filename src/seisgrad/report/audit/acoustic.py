"""The audit of an acoustic operator: gradients of a waveform misfit beside those of the physics, band by band."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.acoustic import Grid, Physics, Survey, prior
from seisgrad.audit.gradients import gradients
from seisgrad.operator import Operator
from seisgrad.report.audit.gradients import (
    METRIC_WORDS,
    SEED,
    Found,
    bands_figure,
    draw_gradients,
    lowest_cosine,
    tables,
    write_numbers,
)
from seisgrad.report.figures import new_figure, png, styled
from seisgrad.report.page import Page

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Found", "compare", "figures", "page", "prior", "survey_of", "tables", "verdict"]

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
    "Gradients are raw, [velocity, density] on the nodes: neither smoothed, masked nor scaled.",
    METRIC_WORDS,
    "An inversion from the homogeneous start takes the first kind of gradient; halfway the residuals are smaller, so "
    "that the operator's own error weighs more.",
)
"""How it was done."""


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
    make: Callable[[Survey], Operator],
    name: str,
    grid: Grid,
    number: int,
    tell: Callable[[str], None] = lambda text: None,
) -> Found:
    """Audit an operator on unseen earths of an ensemble.

    Args:
        make: the operator that is audited, for the survey of :func:`survey_of`.
        name: of the ensemble.
        grid: of the earths.
        number: of earths.
        tell: how far it has come, for a progress bar.

    Raises:
        InputError: an unknown ensemble, or an earth that one of the operators refuses.
    """
    survey = survey_of(grid)
    operator = make(survey)
    physics = Physics(grid, survey, velocity=prior(name).velocity)
    earths = prior(name).draw(number, SEED, split="test", grid=grid).earth
    distance = torch.cdist(survey.sources, survey.receivers)
    weight = (distance > CLEAR)[:, None, :, None]

    def misfit(predicted: Tensor, observed: Tensor) -> Tensor:
        return 0.5 * ((predicted - observed) * weight).square().sum()

    def done(models: int) -> None:
        tell(f"{models} of {len(STARTS) * number} gradients")

    bands = {band: partial(_of_frequencies, indices=list(which)) for band, which in BANDS.items()}
    report = gradients(physics, operator, _pairs(earths), misfit, bands, tell=done)
    numbers = tuple(m // len(STARTS) for m in range(report.models))
    return Found({name: number}, grid, report, "start", STARTS * number, numbers)


def _of_frequencies(data: Tensor, indices: list[int]) -> Tensor:
    return data[:, indices]


def _pairs(earths: Float[Tensor, "earth 2 z x"]) -> Iterator[tuple[Tensor, Tensor]]:
    """Starts and truths, in the order of :data:`STARTS`."""
    for truth in earths:
        flat = truth.mean((-2, -1), keepdim=True).expand_as(truth)
        yield flat, truth
        yield 0.5 * (flat + truth), truth


def verdict(found: Found) -> dict[str, str]:
    """What it means, in words, by band and parameter."""
    return found.gradients.summary()


def figures(found: Found) -> dict[str, bytes]:
    """The figures by name, as PNG."""
    return {"gradients": png(gradients_figure(found)), "bands": png(bands_figure(found))}


@styled
def gradients_figure(found: Found) -> "Figure":
    """The first earth from the homogeneous start: lowest band, highest band and all data, below each other."""
    report = found.gradients
    shown = (0, len(BANDS) - 1, len(report.bands) - 1)
    figure = new_figure(8.6, 2.9 * len(shown))
    for row, band in zip(figure.subplots(len(shown), 3), shown, strict=True):
        exact, learned = (g[0, band, 0] for g in (report.reference, report.learned))
        image = draw_gradients(row, found.grid.spacing, exact, learned, report.bands[band])
        figure.colorbar(image, ax=row, label="misfit per km/s", shrink=0.85)
    return figure


def page(operator: str, found: Found, drawn: dict[str, bytes]) -> Page:
    """``audit.html``."""
    report = found.gradients
    ((name, number),) = found.earths.items()
    made = Page(
        f"Audit of {operator}",
        f"Where its gradients can be trusted: {number} unseen earths of {name}, against the adjoint gradients of the "
        "physics.",
    )
    error = report.values["relative_l2"][:, -1, 0].quantile(0.5)
    made.cards(
        *(
            lowest_cosine(report, range(report.models), p, f"of the gradient to {parameter}")
            for p, parameter in enumerate(report.parameters)
        ),
        (f"{float(error):.1%}", "median relative L2 error, velocity, all data", ""),
    )
    made.heading("The verdict, band by band")
    made.definitions(list(verdict(found).items()))
    made.image(drawn["bands"], CAPTIONS["bands"])
    made.heading("What the gradients look like")
    made.image(drawn["gradients"], CAPTIONS["gradients"])
    made.heading("The numbers")
    write_numbers(made, found)
    made.heading("How it was done")
    made.points(*WORDS)
    return made
