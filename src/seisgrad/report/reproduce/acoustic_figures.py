"""The figures of the acoustic experiment, after those of Yang et al. (2021)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seisgrad.plot.section import CHANGE, COLOURS
from seisgrad.plot.wavefield import PRESSURE, errors_by_case, errors_by_frequency, image, spots, traces
from seisgrad.report.figures import new_figure, styled
from seisgrad.report.reproduce.acoustic_fields import Fields
from seisgrad.report.reproduce.acoustic_fwi import Inversions
from seisgrad.report.reproduce.acoustic_sizes import Sizes
from seisgrad.report.reproduce.acoustic_source import Located
from seisgrad.report.reproduce.acoustic_time import Waveforms

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@styled
def errors_figure(found: Sequence[Fields]) -> "Figure":
    """The error of every operator by frequency on the validation models, and by case."""
    figure = new_figure(8.6, 3.8)
    left, right = figure.subplots(1, 2)
    errors_by_frequency(left, found[0].frequencies, found[0].errors)
    left.set_title("Validation")
    left.legend()
    names = found[0].errors
    errors_by_case(
        right,
        [fields.case.name for fields in found],
        {name: [float(fields.errors[name].mean()) for fields in found] for name in names},
    )
    right.set_title("By kind of model")
    right.tick_params(axis="x", labelrotation=25)
    return figure


@styled
def waveforms_figure(found: Waveforms, operator: str) -> "Figure":
    """The models that the operator does best and worst, each with its source, receivers and traces."""
    order = found.errors[operator].argsort()
    shown = list(dict.fromkeys((int(order[0]), int(order[-1]))))
    figure = new_figure(8.6, 3.6 * len(shown))
    rows = figure.subplots(len(shown), 2, squeeze=False, width_ratios=(1.0, 1.7))
    for (left, right), k in zip(rows, shown, strict=True):
        drawn = image(left, found.grid, found.earths[k, 0])
        figure.colorbar(drawn, ax=left, label="km/s", shrink=0.8)
        spots(left, found.sources[k : k + 1], found.receivers)
        left.set(xlabel="distance (km)", ylabel="depth (km)")
        traces(right, found.times, {name: found.traces[name][k] for name in ("exact", operator)})
        right.set_title(f"{operator}: relative L2 {float(found.errors[operator][k]):.3f}")
    rows[0, 1].legend(ncols=2, loc="upper right")
    return figure


@styled
def fields_figure(found: Sequence[Fields], operator: str) -> "Figure":
    """One model of each case: velocity, the wave of the physics, the operator's, and the difference of the two."""
    figure = new_figure(8.6, 2.3 * len(found))
    rows = figure.subplots(len(found), 4, squeeze=False)
    for axes, fields in zip(rows, found, strict=True):
        example = fields.example
        true, learned = (example.fields[name][-1].real for name in ("exact", operator))
        # the wave near the source would hide all of it
        most = 3.0 * float(true.square().mean().sqrt())
        image(axes[0], example.grid, example.earth[0])
        for panel, values in zip(axes[1:], (true, learned, learned - true), strict=True):
            image(panel, example.grid, values, colours=PRESSURE, limits=(-most, most))
        for panel in axes:
            spots(panel, example.source[None])
            panel.set(xticks=[], yticks=[])
        axes[0].set_ylabel(fields.case.name)
    for panel, title in zip(rows[0], ("velocity", "exact", operator, "difference"), strict=True):
        panel.set_title(title)
    figure.supxlabel(f"real part of the pressure at {found[0].frequencies[-1]:g} Hz", fontsize=10)
    return figure


@styled
def sizes_figure(found: Sizes) -> "Figure":
    """The error on unseen models against the number of models learned from: all frequencies, and each."""
    figure = new_figure(6.4, 3.8)
    axes = figure.subplots()
    for share, (hertz, errors) in enumerate(found.by_frequency.items(), 1):
        shade = str(0.85 - 0.5 * share / len(found.by_frequency))
        axes.plot(found.models, errors, "-", color=shade, lw=1.0)
        axes.annotate(f"{hertz:g} Hz", (found.models[-1], errors[-1]), fontsize=7, color=shade, va="center")
    axes.plot(found.models, found.errors, "o-", color=COLOURS[0], label="all frequencies")
    axes.set_xscale("symlog", linthresh=10.0)
    axes.set_xticks(found.models, [str(number) for number in found.models])
    axes.set_ylim(bottom=0.0)
    axes.set(xlabel="models learned from", ylabel="relative L2 error, unseen models")
    axes.legend()
    return figure


@styled
def fwi_figure(found: Sequence[Inversions]) -> "Figure":
    """True velocity with the sources, and what each way of inverting makes of the data; below, the errors."""
    ways = [way for way in found[0].found if way != "start"]
    figure = new_figure(8.6, 4.6 * len(found))
    rows = figure.subplots(2 * len(found), 1 + len(ways), squeeze=False)
    for above, below, inversions in zip(rows[::2], rows[1::2], found, strict=True):
        truth, grid = inversions.truth, inversions.truth.setting.grid
        true = truth.earth[0]
        limits = float(true.min()), float(true.max())
        most = float((true - true.mean()).abs().max())
        drawn = image(above[0], grid, true, limits=limits)
        spots(above[0], truth.survey.sources)
        above[0].set_title(f"true, {truth.case}")
        below[0].axis("off")
        for top, bottom, way in zip(above[1:], below[1:], ways, strict=True):
            end = inversions.found[way]
            image(top, grid, end.velocity, limits=limits)
            top.set_title(way)
            error = image(bottom, grid, end.velocity - true, colours=CHANGE, limits=(-most, most))
            bottom.set_title(f"error, L2 {end.model_misfit:.4f}", fontsize=9)
        figure.colorbar(drawn, ax=list(above), label="km/s", shrink=0.8)
        figure.colorbar(error, ax=list(below), label="km/s", shrink=0.8)  # pyright: ignore[reportPossiblyUnboundVariable]
        for panel in (*above, *below):
            panel.set(xticks=[], yticks=[])
    return figure


@styled
def source_figure(found: Located) -> "Figure":
    """The way of the source from the first guess to its place."""
    figure = new_figure(4.4, 3.8)
    axes = figure.subplots()
    drawn = image(axes, found.grid, found.earth[0])
    figure.colorbar(drawn, ax=axes, label="km/s")
    spots(axes, found.source[None], found.receivers)
    axes.plot(found.path[:, 1], found.path[:, 0], "o-", ms=3.5, color="#1d2530", label="from guess to end")
    axes.legend(loc="upper right")
    axes.set(xlabel="distance (km)", ylabel="depth (km)")
    return figure
