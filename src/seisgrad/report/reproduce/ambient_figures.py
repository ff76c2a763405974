"""The figures of the ambient-noise experiment, after those of Zou et al. (2025)."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.elastic import Spectra
from seisgrad.plot.section import CHANGE, COLOURS
from seisgrad.plot.wavefield import EXACT, PRESSURE, image
from seisgrad.report.figures import new_figure, styled
from seisgrad.report.reproduce.ambient import Truth
from seisgrad.report.reproduce.ambient_fwi import PEAK, SAMPLES, End, noisy
from seisgrad.report.reproduce.ambient_kernels import PARAMETERS, Kernels
from seisgrad.report.reproduce.ambient_tuning import Tuning
from seisgrad.report.reproduce.ambient_waves import Waves
from seisgrad.waves.places import as_complex

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SHOWN = 12.0
"""Sections are drawn to this depth, km."""
_STEP = 0.1
"""Of the traces, s."""


@styled
def correlation_figure(found: Sequence[Waves]) -> "Figure":
    """Correlation by frequency of every operator, one panel for each case."""
    figure = new_figure(8.6, 3.2)
    panels = figure.subplots(1, len(found), sharey=True, squeeze=False)[0]
    for axes, waves in zip(panels, found, strict=True):
        for k, (name, values) in enumerate(waves.correlation.items()):
            mean = values.mean((0, 1))
            axes.plot(
                waves.setting.frequencies, mean, "o-", ms=3, color=COLOURS[k % len(COLOURS)], label=name
            )
        axes.set_title(waves.case.name)
        axes.set_xlabel("frequency (Hz)")
    panels[0].set_ylabel("correlation of the spectra")
    panels[0].legend()
    return figure


@styled
def records_figure(found: Waves, operator: str) -> "Figure":
    """The earth of a case, and along the line the vertical motion by a source in the middle, one frequency a band."""
    bands = {name: inside[-1] for name, inside in found.setting.bands.items()}
    figure = new_figure(8.6, 2.0 + 1.5 * len(bands))
    rows = figure.subplots(len(bands) + 1, 1, sharex=True)
    truth = found.truth
    _section(rows[0], truth, truth.earth[1], "vs")
    at, source = truth.survey.receivers, float(truth.survey.sources[found.source])
    far = (at - source).abs() > 1.0
    for axes, k in zip(rows[1:], bands.values(), strict=True):
        for name, style in (
            ("exact truth", {"color": EXACT, "lw": 1.6}),
            (operator, {"color": COLOURS[0], "lw": 1.0}),
            ("background", {"color": COLOURS[4], "lw": 0.8, "ls": "--"}),
        ):
            if name in found.records:
                values = found.records[name][k, 0, :, 0].masked_fill(~far, torch.nan)
                axes.plot(at, values, label=name, **style)
        axes.set_ylabel(f"{found.setting.frequencies[k]:.2f} Hz")
        axes.set_yticks([])
    rows[1].legend(ncols=3, loc="upper right", fontsize=7)
    rows[-1].set_xlabel("distance (km)")
    return figure


@styled
def kernels_figure(found: Kernels) -> "Figure":
    """Averages of the gradient along the line by depth, and the gradient by vs over all frequencies."""
    names, bands = list(found.gradient), list(found.setting.bands)
    figure = new_figure(8.6, 7.4)
    top, below = figure.subfigures(2, 1, height_ratios=(1.2, 1.0))  # pyright: ignore[reportGeneralTypeIssues]
    panels = top.subplots(len(PARAMETERS), len(bands), sharey=True, squeeze=False)
    for k, row in enumerate(panels):
        for axes, band in zip(row, bands, strict=True):
            for number, name in enumerate(reversed(names)):
                style = {"color": EXACT, "lw": 2.0} if number == 0 else {"color": COLOURS[number - 1]}
                axes.plot(found.by_depth(name, band)[k], found.truth.grid.z, label=name, **style)
            axes.set_ylim(_SHOWN, 0.0)
            axes.ticklabel_format(axis="x", style="sci", scilimits=(0, 0))
            axes.set_title(f"{PARAMETERS[k]}, {band} Hz", fontsize=8)
            axes.tick_params(labelsize=7)
        row[0].set_ylabel("depth (km)")
    panels[0, 0].legend(fontsize=7)
    maps = below.subplots(len(names), 1, sharex=True, squeeze=False)[:, 0]
    sums = {name: found.gradient[name].sum(0)[1] for name in names}
    most = float(torch.quantile(sums[names[-1]].abs().flatten(), 0.995))
    for axes, (name, values) in zip(maps, sums.items(), strict=True):
        _section(
            axes,
            found.truth,
            values,
            f"gradient by vs, {name}",
            colours=CHANGE,
            limits=(-most, most),
            unit="",
        )
    maps[-1].set_xlabel("distance (km)")
    return figure


@styled
def course_figure(ends: Sequence[End]) -> "Figure":
    """The misfit of every step, and the error of vs after each stage."""
    figure = new_figure(8.6, 3.4)
    left, right = figure.subplots(1, 2)
    for k, end in enumerate(ends):
        colour = COLOURS[k % len(COLOURS)]
        history = [row.misfit for row in end.inversion.result.history]
        left.plot(range(1, len(history) + 1), history, color=colour, lw=0.8, label=end.operator)
        right.plot(range(len(end.errors)), end.errors, "o-", color=colour, label=end.operator)
    left.set(yscale="log", xlabel="step", ylabel="misfit of the batch")
    right.set(xlabel="stages done", ylabel="error of vs, upper 5 km (km/s)")
    right.set_ylim(bottom=0.0)
    right.legend()
    return figure


@styled
def noise_figure(truth: Truth, times: Sequence[float], seed: int) -> "Figure":
    """Traces of one shot without noise and with it, each over the deviation of the one without."""
    figure = new_figure(8.6, 3.4)
    panels = figure.subplots(1, len(times), sharey=True)
    source = len(truth.survey.sources) // 3
    clean = Spectra(truth.survey, truth.records)
    size = _traces(clean, source).std(1, keepdim=True)
    for axes, factor in zip(panels, times, strict=True):
        spectra = noisy(clean, factor, seed) if factor else clean
        traces = _traces(spectra, source) / size
        axes.pcolormesh(
            truth.survey.receivers.numpy(),
            (_STEP * torch.arange(SAMPLES)).numpy(),
            traces.T.numpy(),
            cmap=PRESSURE,
            vmin=-3.0,
            vmax=3.0,
            rasterized=True,
        )
        axes.set_title(f"noise {factor:g} times the record" if factor else "no noise")
        axes.set_xlabel("distance (km)")
    panels[0].set_ylabel("time (s)")
    panels[0].invert_yaxis()
    return figure


@styled
def sections_figure(truth: Truth, ends: Sequence[End]) -> "Figure":
    """The truth, the start, and what every inversion of it finds."""
    figure = new_figure(8.6, 1.35 * (len(ends) + 2))
    panels = figure.subplots(len(ends) + 2, 1, sharex=True)
    start = ends[0].inversion.start.vs
    shown = [("true vs", truth.earth[1]), (f"start, error {ends[0].errors[0]:.3f} km/s", start)]
    for end in ends:
        name = f"{end.operator}, {end.trial.name}: {end.errors[-1]:.3f} km/s, {100 * end.ratio:.0f} %"
        shown.append((name, end.inversion.section.vs))
    limits = _limits(truth)
    for axes, (title, values) in zip(panels, shown, strict=True):
        _section(axes, truth, values, title, limits=limits)
    panels[-1].set_xlabel("distance (km)")
    return figure


@styled
def others_figure(truths: Mapping[str, Truth], ends: Sequence[End]) -> "Figure":
    """Other earths and shorter lines: the truth above what was found."""
    figure = new_figure(8.6, 2.7 * len(ends))
    panels = figure.subplots(2 * len(ends), 1)
    for true, found, end in zip(panels[::2], panels[1::2], ends, strict=True):
        truth, limits = truths[end.trial.name], _limits(truths[end.trial.name])
        _section(true, truth, truth.earth[1], f"true vs, {end.trial.name}", limits=limits)
        title = f"{end.operator}: {end.errors[0]:.3f} to {end.errors[-1]:.3f} km/s, {100 * end.ratio:.0f} %"
        _section(found, truth, end.inversion.section.vs, title, limits=limits)
    panels[-1].set_xlabel("distance (km)")
    return figure


@styled
def tuning_figure(found: Tuning) -> "Figure":
    """Error on unseen earths of a new region against the steps taken there."""
    figure = new_figure(6.4, 3.4)
    axes = figure.subplots()
    for k, (name, errors) in enumerate(found.errors.items()):
        style = "o-" if "before" in name else "s--"
        axes.plot(found.steps, errors, style, ms=3.5, color=COLOURS[(k // 2) % len(COLOURS)], label=name)
    axes.set(xlabel="steps in the new region", ylabel="relative L2 error, unseen earths")
    axes.set_xscale("symlog", linthresh=10.0)
    axes.set_yscale("log")
    axes.legend()
    return figure


def _section(
    axes: "Axes",
    truth: Truth,
    values: Float[Tensor, "z x"],
    title: str,
    *,
    colours: str = "RdYlBu",
    limits: tuple[float, float] | None = None,
    unit: str = "km/s",
) -> None:
    drawn = image(axes, truth.grid, values, colours=colours, limits=limits or _limits(truth))
    axes.set_ylim(_SHOWN, 0.0)
    axes.set_aspect("auto")
    axes.set_title(title, fontsize=8)
    axes.set_ylabel("km")
    axes.figure.colorbar(drawn, ax=axes, label=unit)


def _limits(truth: Truth) -> tuple[float, float]:
    """Of vs in the depths that are drawn."""
    shown = truth.earth[1][truth.grid.z <= _SHOWN]
    return float(shown.min()), float(shown.max())


def _traces(spectra: Spectra, source: int) -> Float[Tensor, "receiver time"]:
    """Vertical motion of one shot through time, of a Ricker wavelet, of the frequencies that there are."""
    hertz = spectra.survey.frequencies
    share = (hertz / PEAK).square()
    wavelet = share * torch.exp(1.0 - share)
    values = as_complex(spectra.values)[source, :, 0] * wavelet[:, None]
    time = _STEP * torch.arange(SAMPLES, dtype=torch.float64)
    turn = torch.exp(2j * torch.pi * hertz[:, None] * time)
    return (values.T @ turn).real
