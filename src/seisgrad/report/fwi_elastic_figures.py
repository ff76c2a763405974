"""The figures of an inversion of spectra along a line, of one start and of several."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.earth import Section, SolidSection
from seisgrad.elastic.inversion import Inversion
from seisgrad.elastic.spread import Spread
from seisgrad.elastic.survey import COMPONENTS
from seisgrad.elastic.uncertainty import Uncertainty
from seisgrad.plot.section import (
    CHANGE,
    VELOCITY,
    misfit_by_frequency,
    misfit_course,
    places,
    section_image,
    sensitivity_by_depth,
    spectrum_fit,
)
from seisgrad.report.figures import new_figure, png, styled
from seisgrad.report.fwi_course import highest_fitted, some_shots
from seisgrad.report.fwi_elastic import Fit, counts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SPREAD = "YlOrRd"
"""Colour map of standard deviations."""
_SHOTS = 3  # of which the fit is drawn


def fwi_figures(
    inversion: Inversion, fit: Fit, seen: Float[Tensor, "2 frequency z"], unsure: Uncertainty | None = None
) -> dict[str, bytes]:
    """The figures by name, as PNG: model, misfit, fit, sensitivity from what
    :func:`~seisgrad.report.fwi_elastic.sensitivity` gives, and uncertainty where there is one."""
    drawn = {
        "model": png(model_figure(inversion)),
        "misfit": png(misfit_figure(inversion, fit)),
        "fit": png(fit_figure(inversion, fit)),
        "sensitivity": png(sensitivity_figure(inversion, seen)),
    }
    return drawn if unsure is None else drawn | {"uncertainty": png(uncertainty_figure(inversion, unsure))}


@styled
def model_figure(inversion: Inversion) -> "Figure":
    """Start, model and change, one below the other."""
    start, found = inversion.start, inversion.section
    figure = _panels(start, 3)
    panels = figure.subplots(3, 1, sharex=True)
    both = torch.stack([start.vs, found.vs])
    limits = float(both.min()), float(both.max())
    change = found.vs - start.vs
    most = max(float(change.abs().max()), 1e-9)
    for axes, title, values, span, colours in (
        (panels[0], "Start", start.vs, limits, VELOCITY),
        (panels[1], "Model", found.vs, limits, VELOCITY),
        (panels[2], "Change", change, (-most, most), CHANGE),
    ):
        _image(axes, start, values, title, span, colours)
        _surface(axes, inversion)
        axes.label_outer()
    return figure


@styled
def misfit_figure(inversion: Inversion, fit: Fit) -> "Figure":
    """The course of the misfit, and the misfit at every frequency."""
    figure = new_figure(8.6, 3.6)
    left, right = figure.subplots(1, 2)
    misfit_course(left, inversion.result.history, "steps")
    left.set_title("Course")
    left.legend()
    misfit_by_frequency(right, inversion.spectra.survey.frequencies, fit.misfit[0], fit.misfit[1], "misfit")
    right.set_title("By frequency")
    right.legend()
    return figure


@styled
def fit_figure(inversion: Inversion, fit: Fit) -> "Figure":
    """Some sources at the highest frequency that was fitted, the components that count side by side."""
    spectra, there = inversion.spectra, counts(inversion)
    stages = (*inversion.plan.stages, *inversion.plan.then)
    frequency = highest_fitted(inversion.result, stages, spectra.survey.frequencies.tolist())
    shots = some_shots(len(spectra.survey.sources), _SHOTS)
    columns = [k for k in range(len(COMPONENTS)) if bool(there[:, frequency, k].any())] or [0]
    figure = new_figure(8.6, 1.3 + 1.6 * len(shots))
    hertz = float(spectra.survey.frequencies[frequency])
    lines = []
    rows = figure.subplots(len(shots), len(columns), sharex=True, squeeze=False)
    order = spectra.survey.receivers.argsort()
    for row, shot in zip(rows, shots, strict=True):
        for axes, component in zip(row, columns, strict=True):
            shown = [
                _unit(values[shot, frequency, component], there[shot, frequency, component])[order]
                for values in (spectra.values, fit.model, fit.start)
            ]
            lines = spectrum_fit(axes, *shown)
            place = float(spectra.survey.sources[shot])
            axes.set_title(f"{COMPONENTS[component]}, {hertz:.3g} Hz, from x = {place:.3g} km")
            axes.label_outer()
    figure.legend(handles=lines, loc="outside upper right", ncols=3)
    return figure


@styled
def sensitivity_figure(inversion: Inversion, seen: Float[Tensor, "2 frequency z"]) -> "Figure":
    """By depth and frequency, of vp and of vs."""
    figure = new_figure(8.6, 4.0)
    frequencies = inversion.spectra.survey.frequencies
    order = frequencies.argsort() if seen.shape[1] == len(frequencies) else torch.tensor([0])
    labels = [f"{f:.3g} Hz" for f in frequencies[order].tolist()] if len(order) > 1 else ["all"]
    depth = inversion.grid.z
    panels = figure.subplots(1, 2, sharex=True, sharey=True)
    for axes, name, values in zip(panels, ("vp", "vs"), seen, strict=True):
        sensitivity_by_depth(axes, depth, values[order], labels)
        axes.set_title(name)
        axes.set_xlabel("size of the gradient, per km/s")
        axes.label_outer()
    panels[1].legend(fontsize=7)
    panels[0].set_xlim(0.0, 1.05 * float(seen.max()))
    return figure


@styled
def uncertainty_figure(inversion: Inversion, unsure: Uncertainty) -> "Figure":
    """The standard deviation of vs, and what share it is of that before the data."""
    figure = _panels(inversion.start, 2)
    panels = figure.subplots(2, 1, sharex=True)
    share, most = unsure.sigma / unsure.prior, float(unsure.sigma.max())
    _image(panels[0], inversion.start, unsure.sigma, "Standard deviation of vs", (0.0, most), SPREAD)
    _image(panels[1], inversion.start, share, "Share of that before the data", (0.0, 1.0), SPREAD, "")
    for axes in panels:
        axes.label_outer()
    return figure


@styled
def spread_figure(spread: Spread, names: Sequence[str]) -> "Figure":
    """The models from several starts, their mean, and how far they lie apart."""
    sections = spread.sections
    figure = _panels(sections[0], len(sections) + 2)
    panels = figure.subplots(len(sections) + 2, 1, sharex=True)
    every = torch.stack([section.vs for section in sections])
    limits = float(every.min()), float(every.max())
    for axes, name, values in zip(panels, names, every, strict=False):
        _image(axes, sections[0], values, f"From {name}", limits)
    _image(panels[-2], sections[0], spread.mean, "Mean", limits)
    most = max(float(spread.deviation.max()), 1e-9)
    _image(panels[-1], sections[0], spread.deviation, "Standard deviation", (0.0, most), SPREAD)
    for axes in panels:
        axes.label_outer()
    return figure


def _panels(section: SolidSection, number: int) -> "Figure":
    """A figure for so many sections one below the other."""
    nz, nx = section.shape
    return new_figure(8.6, min(2.6 * number, number * (0.5 + 7.0 * nz / nx)) + 0.4)


def _image(
    axes: "Axes",
    section: SolidSection,
    values: Tensor,
    title: str,
    span: tuple[float, float],
    colours: str = VELOCITY,
    unit: str = "km/s",
) -> None:
    shown = Section(section.vs, section.rho, section.spacing, section.origin)
    image = section_image(axes, shown, values, limits=span, colours=colours)
    axes.set_title(title)
    axes.figure.colorbar(image, ax=axes, label=unit, shrink=0.9)


def _surface(axes: "Axes", inversion: Inversion) -> None:
    survey = inversion.spectra.survey
    places(axes, *(torch.stack([0 * at, at], 1) for at in (survey.sources, survey.receivers)))


def _unit(values: Float[Tensor, "receiver part"], there: Tensor) -> Float[Tensor, "receiver part"]:
    """Divided by the amplitude; NaN where a record does not count."""
    return (values / values.norm(dim=-1, keepdim=True)).masked_fill(~there[:, None], torch.nan)
