"""Ambient noise: records become correlations, empirical Green's functions, and curves or spectra to invert."""

from typing import TYPE_CHECKING

from seisgrad._lazy import attach

if TYPE_CHECKING:
    from seisgrad.noise.correlation_files import read_correlations, read_folded_text, write_correlations
    from seisgrad.noise.correlations import Correlations, Pair, Place
    from seisgrad.noise.curve_files import read_left_out, write_noise_curves
    from seisgrad.noise.curves import LeftOut, NoiseCurves, measure_curves
    from seisgrad.noise.egf import fold, to_egf, to_two_dimensional
    from seisgrad.noise.group import group_velocity
    from seisgrad.noise.line import Line
    from seisgrad.noise.orientation import Orientation, orientations
    from seisgrad.noise.phase import PhaseCurve, phase_velocity
    from seisgrad.noise.quality import Rejection, read_rejections, write_rejections
    from seisgrad.noise.reference import Reference
    from seisgrad.noise.run import Correlated, correlate, correlate_motion, usual_lag
    from seisgrad.noise.settings import Settings
    from seisgrad.noise.signal import SignalQuality, quarter_period, signal_quality
    from seisgrad.noise.signal_table import QualityRow, quality_rows, write_quality
    from seisgrad.noise.spectra import LineSpectra, spectra_along
    from seisgrad.noise.stacking import stack
    from seisgrad.noise.stations import read_stations
    from seisgrad.noise.zeros import zero_crossings

__all__ = [
    "Correlated",
    "Correlations",
    "LeftOut",
    "Line",
    "LineSpectra",
    "NoiseCurves",
    "Orientation",
    "Pair",
    "PhaseCurve",
    "Place",
    "QualityRow",
    "Reference",
    "Rejection",
    "Settings",
    "SignalQuality",
    "correlate",
    "correlate_motion",
    "fold",
    "group_velocity",
    "measure_curves",
    "orientations",
    "phase_velocity",
    "quality_rows",
    "quarter_period",
    "read_correlations",
    "read_folded_text",
    "read_left_out",
    "read_rejections",
    "read_stations",
    "signal_quality",
    "spectra_along",
    "stack",
    "to_egf",
    "to_two_dimensional",
    "usual_lag",
    "write_correlations",
    "write_noise_curves",
    "write_quality",
    "write_rejections",
    "zero_crossings",
]

_HOMES = {
    "Correlated": "run",
    "Correlations": "correlations",
    "LeftOut": "curves",
    "Line": "line",
    "LineSpectra": "spectra",
    "NoiseCurves": "curves",
    "Orientation": "orientation",
    "Pair": "correlations",
    "PhaseCurve": "phase",
    "Place": "correlations",
    "QualityRow": "signal_table",
    "Reference": "reference",
    "Rejection": "quality",
    "Settings": "settings",
    "SignalQuality": "signal",
    "correlate": "run",
    "correlate_motion": "run",
    "fold": "egf",
    "group_velocity": "group",
    "measure_curves": "curves",
    "orientations": "orientation",
    "phase_velocity": "phase",
    "quality_rows": "signal_table",
    "quarter_period": "signal",
    "read_correlations": "correlation_files",
    "read_folded_text": "correlation_files",
    "read_left_out": "curve_files",
    "read_rejections": "quality",
    "read_stations": "stations",
    "signal_quality": "signal",
    "spectra_along": "spectra",
    "stack": "stacking",
    "to_egf": "egf",
    "to_two_dimensional": "egf",
    "usual_lag": "run",
    "write_correlations": "correlation_files",
    "write_noise_curves": "curve_files",
    "write_quality": "signal_table",
    "write_rejections": "quality",
    "zero_crossings": "zeros",
}
__getattr__, __dir__ = attach(__name__, {name: f"seisgrad.noise.{home}" for name, home in _HOMES.items()})
