"""Dispersion curves with their error bars, and the time-frequency image that they were picked from."""

from typing import TYPE_CHECKING

from seisgrad.dispersion.curves import DispersionCurves
from seisgrad.dispersion.measure import Measurement

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes


def curves(axes: "Axes", curves: DispersionCurves) -> "list[Artist]": ...


def time_frequency(axes: "Axes", measurement: Measurement) -> "list[Artist]": ...
