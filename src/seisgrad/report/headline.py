"""The figure of the demonstration: from the record on the left to the earth on the right."""

from typing import TYPE_CHECKING, cast

import numpy as np

from seisgrad import plot
from seisgrad.dispersion.measure import Measurement
from seisgrad.plot.dispersion import COLOURS
from seisgrad.report.figures import draw_earth, draw_fit_and_residuals, new_figure, plain_periods, styled
from seisgrad.report.kono import Demonstration, motion

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@styled
def headline_figure(demo: Demonstration, bottom: float) -> "Figure":
    """Record, time-frequency images with picks, fit with residuals, profile and who speaks where."""
    figure = new_figure(14.0, 9.0)
    parts = figure.subfigures(1, 2, width_ratios=(1.75, 1.0), wspace=0.02, squeeze=False)
    left, right = cast("np.ndarray", parts)[0]
    grid = left.add_gridspec(3, 2, height_ratios=(0.7, 1.15, 1.75))
    draw_record(left.add_subplot(grid[0, :]), demo)
    for column, measurement in enumerate(demo.measurements):
        axes = left.add_subplot(grid[1, column])
        draw_image(axes, measurement)
        if column:
            axes.set_ylabel("")
    draw_fit_and_residuals(left, demo.joint, grid[2, :])
    draw_earth(right, demo.joint, bottom)
    distance = f"{demo.rayleigh.distance_km:.0f} km"
    figure.suptitle(
        f"El Salvador, 13 January 2001, Mw 7.7, recorded at KONO, Norway: {distance} of path, one "
        f"shear-velocity profile",
        x=0.01, ha="left", fontsize=13,
    )  # fmt: skip
    return figure


def draw_record(axes: "Axes", demo: Demonstration) -> None:
    """Vertical and transverse motion against time, with group velocity written along the top."""
    for offset, measurement, name in ((1.0, demo.rayleigh, "vertical"), (-1.0, demo.love, "transverse")):
        seconds, samples = motion(measurement)
        axes.plot(
            seconds, offset + 0.9 * samples / np.abs(samples).max(), color=COLOURS[measurement.wave], lw=0.6
        )
        axes.text(
            0.004, offset + 0.25, name, transform=axes.get_yaxis_transform(), color=COLOURS[measurement.wave]
        )
    distance = demo.rayleigh.distance_km
    axes.set(title="Record", xlabel="time after the centroid (s)", yticks=[], ylim=(-2.1, 2.1))
    axes.set_xlim(distance / 6.4, distance / 2.75)
    axes.spines["left"].set_visible(False)
    for velocity in (5.0, 4.5, 4.0, 3.5, 3.0):
        axes.axvline(distance / velocity, color="0.85", lw=0.8, zorder=0)
        axes.text(
            distance / velocity,
            2.12,
            f"{velocity:g} km/s",
            ha="center",
            va="bottom",
            fontsize=8.5,
            color="#5b6675",
        )


def draw_image(axes: "Axes", measurement: Measurement) -> None:
    """The time-frequency image of one wave with its picks."""
    plot.time_frequency(axes, measurement)
    axes.set_title(f"{measurement.wave.capitalize()}: group velocity")
    plain_periods(axes)
