"""The figures of the sourcenet experiment."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.plot.section import COLOURS
from seisgrad.report.figures import new_figure, styled
from seisgrad.report.reproduce.sourcenet import CASES, PAPER
from seisgrad.report.reproduce.sourcenet_heart import Course
from seisgrad.report.reproduce.sourcenet_latent import Latent
from seisgrad.report.reproduce.sourcenet_noise import NoiseSpectra
from seisgrad.report.reproduce.sourcenet_probes import TAKEN, Removals
from seisgrad.report.reproduce.sourcenet_tables import MODELS, OURS, Row, chosen, operator_of
from seisgrad.source.judging import Errors

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_STATIONS = ("25-40", "15-24", "10-14", "6-10", "4-5")
_EARTHS = ("training-columns", "15-24", "hadley-kanamori", "ak135", "gil7")
_SHOWN = 60.0  # degrees
_GREY = "#5b6675"


@styled
def errors_figure(found: Mapping[str, Errors]) -> "Figure":
    """The share of events whose error is smaller, by number of stations and by earth."""
    figure = new_figure(8.6, 3.6)
    panels = figure.subplots(1, 2, sharey=True)
    cases = {case.name: case for case in CASES}
    for axes, names, title in zip(
        panels,
        (_STATIONS, _EARTHS),
        ("Held-out columns, by stations", "15 to 24 stations, by earth"),
        strict=True,
    ):
        for k, name in enumerate(names):
            case = cases[name]
            if case.group in found and (of := case.of(found[case.group])).any():
                label = f"{name} stations" if names is _STATIONS else case.group.replace("-columns", "")
                _cumulative(axes, found[case.group].kagan[of], label, COLOURS[k])
        axes.set(title=title, xlabel="Kagan angle (°)", xlim=(0.0, _SHOWN), ylim=(0.0, 1.0))
        axes.legend(loc="lower right")
    panels[0].set_ylabel("share of events below")
    return figure


@styled
def networks_figure(rows: Sequence[Row], names: Sequence[str], case: str = "15-24") -> "Figure":
    """Mean Kagan angles of networks beside ours after as many passes, each training's range, and the paper's."""
    shown = chosen(rows, names, case)
    figure = new_figure(8.6, 1.2 + 0.36 * len(shown))
    axes = figure.subplots()
    for place, row in enumerate(shown):
        colour = COLOURS[0] if row.network == OURS else COLOURS[1]
        axes.barh(place, row.kagan_mean_deg, color=colour, height=0.6)
        axes.plot([row.lowest, row.highest], [place, place], color="#1d2530", lw=1.5)
        if row.network in PAPER:
            axes.plot(PAPER[row.network], place, "D", color="#1d2530", ms=5)
    axes.plot([], [], "D", color="#1d2530", ms=5, label="the paper, its 244 real events")
    axes.axvline(75.1, color=_GREY, ls=":", lw=1.0, label="a random guess")
    axes.set_yticks(range(len(shown)), [operator_of(row, rows) for row in shown])
    axes.invert_yaxis()
    axes.set(xlabel=f"mean Kagan angle (°), case {case}", xlim=(0.0, 80.0))
    axes.legend(loc="best")
    return figure


@styled
def teaching_figure(rows: Sequence[Row]) -> "Figure":
    """Mean Kagan angle against how many velocity models, and how many events, ours was taught."""
    figure = new_figure(8.6, 3.4)
    left, right = figure.subplots(1, 2, sharey=True)
    of_models = [row for row in rows if row.network in MODELS]
    passes = min((row.passes for row in of_models if row.network != OURS), default=0)
    for k, case in enumerate(("15-24", "6-10", "hadley-kanamori", "gil7")):
        in_case = [row for row in of_models if row.case == case]
        spans = sorted((MODELS[row.network], row.kagan_mean_deg) for row in in_case if row.passes == passes)
        taught = sorted((row.passes * 12.8, row.kagan_mean_deg) for row in in_case if row.network == OURS)
        for axes, line in ((left, spans), (right, taught)):
            if line:
                axes.plot(*zip(*line, strict=True), "o-", ms=4, color=COLOURS[k], label=case)
    left.set(xlabel="velocity models taught", ylabel="mean Kagan angle (°)", xscale="log")
    left.set_xticks([1, 3, 7, 14], ["1", "3", "7", "14"])
    left.minorticks_off()
    right.set(xlabel="thousand events taught", xscale="log")
    thousands = sorted({row.passes * 12.8 for row in of_models if row.network == OURS})
    right.set_xticks(thousands, [f"{value:.0f}" for value in thousands])
    right.minorticks_off()
    left.set_ylim(bottom=0.0)
    right.legend()
    return figure


@styled
def attention_figure(found: Removals) -> "Figure":
    """One event: attention and effect of its stations; and errors without the first by attention or nearness."""
    figure = new_figure(8.6, 3.6)
    left = figure.add_subplot(1, 2, 1, projection="polar")
    azimuth, distance, attention, turn = (x.double() for x in found.shown)
    place = torch.deg2rad(azimuth).numpy(), distance.numpy()
    drawn = left.scatter(*place, s=(2500.0 * attention).numpy(), c=turn.numpy(), cmap="viridis", alpha=0.85)
    left.plot(0.0, 0.0, "*", color="#d55e00", ms=12)
    left.set(title="size: attention; distance in km")
    getattr(left, "set_theta_zero_location")("N")  # noqa: B009 - only polar axes have these
    getattr(left, "set_theta_direction")(-1)  # noqa: B009
    figure.colorbar(drawn, ax=left, label="answer turns without it (°)", shrink=0.8)
    right = figure.add_subplot(1, 2, 2)
    for k, (name, values) in enumerate(found.error.items()):
        label = "all stations" if name == "all" else f"without {TAKEN} by {name}"
        _cumulative(right, values, label, COLOURS[k])
    right.set(xlabel="Kagan angle (°)", ylabel="share of events below", xlim=(0.0, _SHOWN), ylim=(0.0, 1.0))
    right.legend(loc="lower right")
    return figure


@styled
def latent_figure(found: Latent) -> "Figure":
    """Every group of events over the first one."""
    first, *others = found.places
    figure = new_figure(8.6, 2.9)
    panels = figure.subplots(1, max(1, len(others)), sharex=True, sharey=True, squeeze=False)[0]
    for k, (axes, name) in enumerate(zip(panels, others, strict=False)):
        axes.plot(*found.places[first].T.numpy(), ".", ms=2.5, color="#b8c2cc", label=first)
        few = len(found.places[name]) < 10
        style = {"marker": "*" if few else ".", "ms": 12 if few else 2.5, "ls": ""}
        axes.plot(*found.places[name].T.numpy(), color=COLOURS[(k + 1) % len(COLOURS)], label=name, **style)
        axes.set_title(name)
        axes.set_xlabel(f"axis 1, {found.axes[0]:.0%}")
    panels[0].set_ylabel(f"axis 2, {found.axes[1]:.0%}")
    return figure


@styled
def noise_figure(found: NoiseSpectra) -> "Figure":
    """Recorded spectra over the range of the drawn ones."""
    figure = new_figure(6.4, 3.6)
    axes = figure.subplots()
    low, middle, high = found.band().numpy()
    frequency = found.frequency.numpy()
    axes.fill_between(frequency, low, high, color="#cfd8e0", label="drawn, 5 to 95 %")
    axes.plot(frequency, middle, color="#1d2530", label="drawn, median")
    for row in found.recorded:
        axes.plot(frequency, row.numpy(), color=COLOURS[1], lw=0.4, alpha=0.6)
    axes.plot(
        frequency,
        found.recorded.quantile(0.5, dim=0).numpy(),
        color=COLOURS[1],
        label="recorded, median and each",
    )
    axes.set(xscale="log", xlabel="frequency (Hz)", ylabel="power over the mean (dB/Hz)")
    axes.legend()
    return figure


@styled
def heart_figure(courses: Mapping[str, Course]) -> "Figure":
    """Kagan angle and loss on the events that are learned by heart."""
    figure = new_figure(8.6, 3.2)
    left, right = figure.subplots(1, 2)
    for k, (name, course) in enumerate(courses.items()):
        left.plot(course.steps, course.kagan, "o-", ms=3, color=COLOURS[k], label=name)
        right.plot(course.steps, course.loss, "o-", ms=3, color=COLOURS[k], label=name)
    left.axhline(5.0, color=_GREY, ls=":", lw=1.0)
    left.set(xlabel="step", ylabel="mean Kagan angle (°)", yscale="log")
    right.set(xlabel="step", ylabel="loss", yscale="log")
    left.legend()
    return figure


def _cumulative(axes: "Axes", values: Float[Tensor, " event"], label: str, colour: str) -> None:
    ordered = values.double().sort().values.numpy()
    axes.plot(ordered, np.arange(1, len(ordered) + 1) / len(ordered), color=colour, label=label)
