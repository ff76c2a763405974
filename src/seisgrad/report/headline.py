"""The figure of the demonstration: from the record on the left to the earth on the right."""

from typing import TYPE_CHECKING

import numpy as np
import torch

from seisgrad import plot
from seisgrad.dispersion.measure import Measurement
from seisgrad.plot.fit import COLOURS
from seisgrad.report.figures import draw_fit, draw_profile, draw_ratio, draw_residuals, new_figure, plain_periods, styled
from seisgrad.report.kono import Demonstration, motion

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.gridspec import GridSpec


@styled
def headline_figure(demo: Demonstration, bottom: float) -> "Figure":
    """Record, time-frequency images with picks, fit with residuals, profile and who speaks where."""
    figure = new_figure(14.0, 9.2)
    grid: GridSpec = figure.add_gridspec(
        4, 4, width_ratios=(1.0, 1.0, 0.95, 0.42), height_ratios=(0.95, 1.45, 1.25, 0.55)
    )
    draw_record(figure.add_subplot(grid[0, :2]), demo)
    for column, measurement in enumerate(demo.measurements):
        axes = figure.add_subplot(grid[1, column])
        draw_image(axes, measurement)
        if column:
            axes.set_ylabel("")
    fit = figure.add_subplot(grid[2, :2])
    draw_fit(fit, demo.joint)
    fit.set_ylabel("group velocity (km/s)")
    fit.tick_params(labelbottom=False)
    fit.set_xlabel("")
    rest = figure.add_subplot(grid[3, :2], sharex=fit)
    draw_residuals(rest, demo.joint)
    profile = figure.add_subplot(grid[:, 2])
    draw_profile(profile, demo.joint, bottom)
    ratio = figure.add_subplot(grid[:, 3], sharey=profile)
    draw_ratio(ratio, demo.joint, bottom)
    ratio.set_ylabel("")
    ratio.tick_params(labelleft=False)
    return figure


@styled
def record_figure(demo: Demonstration) -> "Figure":
    """The record above, the two time-frequency images below."""
    figure = new_figure(8.6, 6.8)
    grid = figure.add_gridspec(2, 2, height_ratios=(1.0, 1.5))
    draw_record(figure.add_subplot(grid[0, :]), demo)
    for column, measurement in enumerate(demo.measurements):
        axes = figure.add_subplot(grid[1, column])
        draw_image(axes, measurement)
        if column:
            axes.set_ylabel("")
    return figure


def draw_record(axes: "Axes", demo: Demonstration) -> None:
    """Vertical and transverse motion against time, with group velocity written along the top."""
    for offset, measurement, name in ((1.0, demo.rayleigh, "vertical"), (-1.0, demo.love, "transverse")):
        seconds, samples = motion(measurement)
        axes.plot(
            seconds, offset + 0.9 * samples / np.abs(samples).max(), color=COLOURS[measurement.wave], lw=0.6
        )
        axes.text(0.004, offset + 0.25, name, transform=axes.get_yaxis_transform(), color=COLOURS[measurement.wave])
    distance = demo.rayleigh.distance_km
    axes.set(title="Record", xlabel="time after the centroid (s)", yticks=[], ylim=(-2.1, 2.1))
    axes.set_xlim(distance / 6.4, distance / 2.75)
    axes.spines["left"].set_visible(False)
    for velocity in (5.0, 4.5, 4.0, 3.5, 3.0):
        axes.axvline(distance / velocity, color="0.85", lw=0.8, zorder=0)
        axes.text(distance / velocity, 2.12, f"{velocity:g} km/s", ha="center", va="bottom", fontsize=8.5, color="#5b6675")


def draw_image(axes: "Axes", measurement: Measurement) -> None:
    """The time-frequency image of one wave with its picks."""
    plot.time_frequency(axes, measurement)
    axes.set_title(f"{measurement.wave.capitalize()}: group velocity")
    plain_periods(axes)


def good_range(measurement: Measurement) -> tuple[float, float]:
    """The shortest and the longest period with a good pick, s."""
    period = measurement.period[measurement.good]
    return float(torch.min(period)), float(torch.max(period))
