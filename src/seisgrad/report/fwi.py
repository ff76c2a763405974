"""The report of a waveform inversion: the section found, what changed, how the misfit fell and what fits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.acoustic.inversion import Inversion
from seisgrad.earth import write_section
from seisgrad.plot.section import (
    CHANGE,
    misfit_by_frequency,
    misfit_course,
    places,
    section_image,
    spectrum_fit,
)
from seisgrad.report.figures import new_figure, png, styled
from seisgrad.report.fwi_course import (
    HEADER,
    highest_fitted,
    history_csv,
    predict,
    some_shots,
    stage_rows,
)
from seisgrad.report.page import Page

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CAPTIONS = {
    "model": "Velocity of the start and of the model found, and the change between them. Stars are sources, triangles "
    "receivers.",
    "misfit": "Left: the misfit of every step against the simulations spent, one colour per stage; a stage with more "
    "frequencies may begin higher than the last one ended. Right: relative error of the spectra before and after.",
    "fit": "Real part of the spectra along the receivers for some shots at the highest frequency that was fitted.",
}
"""What each figure shows, by the name of its file."""
_SHOTS = 4  # of which the fit is drawn


@dataclass(frozen=True)
class Fit:
    """Spectra of the start and of the model.

    Attributes:
        start: ``[source, frequency, receiver, part]``.
        model: the same.
        before: relative error of the start, ``[frequency]``.
        after: of the model, ``[frequency]``.
    """

    start: Float[Tensor, "source frequency receiver part"]
    model: Float[Tensor, "source frequency receiver part"]
    before: Float[Tensor, " frequency"]
    after: Float[Tensor, " frequency"]


def fit_of(inversion: Inversion) -> Fit:
    """All spectra of the start and of the model, by the operator of the last stage."""
    at_once = inversion.plan.settings.at_once
    start, model = (
        predict(inversion.operator, earth, at_once)
        for earth in (inversion.start.earth, inversion.result.model)
    )
    observed = inversion.spectra.values
    there = ~observed.isnan()
    scale = observed.masked_fill(~there, 0.0).square().sum((0, 2, 3))
    before, after = (
        ((spectra - observed).masked_fill(~there, 0.0).square().sum((0, 2, 3)) / scale).sqrt()
        for spectra in (start, model)
    )
    return Fit(start, model, before, after)


def fwi_figures(inversion: Inversion, fit: Fit) -> dict[str, bytes]:
    """The figures by name, as PNG: model, misfit and fit."""
    return {
        "model": png(model_figure(inversion)),
        "misfit": png(misfit_figure(inversion, fit)),
        "fit": png(fit_figure(inversion, fit)),
    }


@styled
def model_figure(inversion: Inversion) -> "Figure":
    """Start, model and change, one below the other where the section is long."""
    start, found = inversion.start, inversion.section
    nz, nx = start.shape
    long = nx > 1.6 * nz
    figure = new_figure(8.6, min(11.0, 3 * (8.0 * nz / nx) + 2.4) if long else 2.5 * nz / nx + 1.55)
    panels = figure.subplots(3, 1) if long else figure.subplots(1, 3)
    both = torch.stack([start.velocity, found.velocity])
    limits = float(both.min()), float(both.max())
    change = found.velocity - start.velocity
    most = max(float(change.abs().max()), 1e-9)
    for axes, title, image in (
        (panels[0], "Start", section_image(panels[0], start, limits=limits)),
        (panels[1], "Model", section_image(panels[1], found, limits=limits)),
        (panels[2], "Change", section_image(panels[2], start, change, colours=CHANGE, limits=(-most, most))),
    ):
        axes.set_title(title)
        places(axes, inversion.spectra.survey.sources, inversion.spectra.survey.receivers)
        figure.colorbar(image, ax=axes, label="km/s", shrink=0.9, location="right" if long else "bottom")
    return figure


@styled
def misfit_figure(inversion: Inversion, fit: Fit) -> "Figure":
    """The course of the misfit, and the error at every frequency."""
    figure = new_figure(8.6, 3.6)
    left, right = figure.subplots(1, 2)
    misfit_course(left, inversion.result.history)
    left.set_title("Course")
    left.legend()
    misfit_by_frequency(right, inversion.spectra.survey.frequencies, fit.before, fit.after)
    right.set_title("By frequency")
    right.legend()
    return figure


@styled
def fit_figure(inversion: Inversion, fit: Fit) -> "Figure":
    """Some shots at the highest frequency that was fitted."""
    spectra = inversion.spectra
    stages = (*inversion.plan.stages, *inversion.plan.then)
    frequency = highest_fitted(inversion.result, stages, spectra.survey.frequencies.tolist())
    shots = some_shots(len(spectra.survey.sources), _SHOTS)
    figure = new_figure(8.6, 1.1 + 1.6 * len(shots))
    rows = figure.subplots(len(shots), 1, sharex=True, squeeze=False)[:, 0]
    for axes, shot in zip(rows, shots, strict=True):
        values = (spectra.values[shot, frequency], fit.model[shot, frequency], fit.start[shot, frequency])
        spectrum_fit(axes, *values)
        axes.label_outer()
        axes.set_title(f"Shot {shot + 1} at {float(spectra.survey.frequencies[frequency]):g} Hz")
    rows[0].legend(ncols=3)
    return figure


def write_fwi(inversion: Inversion, folder: Path) -> None:
    """``model.nc`` and ``history.csv``."""
    write_section(inversion.section, folder / "model.nc")
    (folder / "history.csv").write_text(history_csv(inversion.result), encoding="utf-8")


def fwi_page(
    inversion: Inversion, name: str, operator: str, fit: Fit, drawn: Mapping[str, bytes], notes: Sequence[str]
) -> Page:
    """The page, of data from the file ``name``."""
    result = inversion.result
    change = inversion.section.velocity - inversion.start.velocity
    page = Page(f"Waveform inversion of {name}", result.message())
    page.cards(
        (result.status, "how the last stage ended", "good" if result.status != "stalled" else "warn"),
        (
            f"{float(fit.before.mean()):.1%} → {float(fit.after.mean()):.1%}",
            "mean relative error of the spectra",
            "",
        ),
        (f"{float(change.min()):+.3f} to {float(change.max()):+.3f}", "change of velocity, km/s", ""),
        (f"{result.solves}", "simulations of one source", ""),
    )
    page.points(*notes)
    page.heading("The section")
    page.image(drawn["model"], CAPTIONS["model"])
    page.heading("How the misfit fell")
    page.image(drawn["misfit"], CAPTIONS["misfit"])
    stages = (*inversion.plan.stages, *inversion.plan.then)
    page.table(HEADER, stage_rows(result, stages, (operator, "exact")))
    page.heading("What fits")
    page.image(drawn["fit"], CAPTIONS["fit"])
    return page
