"""Figures: functions that take an Axes and return the artists they drew."""

from seisgrad.plot.dispersion import curves, time_frequency

__all__ = ["curves", "time_frequency"]
