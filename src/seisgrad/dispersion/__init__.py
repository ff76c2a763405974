"""Surface-wave dispersion of a layered earth: curves, their measurement, the exact operator and its derivatives."""

from typing import TYPE_CHECKING

from seisgrad._lazy import attach

if TYPE_CHECKING:
    from seisgrad.dispersion.curves import DispersionCurves, read_curves, write_curves
    from seisgrad.dispersion.measure import Event, Measurement, Station, measure
    from seisgrad.dispersion.physics import (
        Eigenfunctions,
        Kernels,
        Physics,
        Solution,
        Status,
        eigenfunctions,
        ellipticity,
        kernels,
        solve,
        velocity,
    )
    from seisgrad.dispersion.survey import Branch, Survey

__all__ = [
    "Branch",
    "DispersionCurves",
    "Eigenfunctions",
    "Event",
    "Kernels",
    "Measurement",
    "Physics",
    "Solution",
    "Station",
    "Status",
    "Survey",
    "eigenfunctions",
    "ellipticity",
    "kernels",
    "measure",
    "read_curves",
    "solve",
    "velocity",
    "write_curves",
]

_HOMES = {
    "curves": ("DispersionCurves", "read_curves", "write_curves"),
    "measure": ("Event", "Measurement", "Station", "measure"),
    "physics": (
        "Eigenfunctions",
        "Kernels",
        "Physics",
        "Solution",
        "Status",
        "eigenfunctions",
        "ellipticity",
        "kernels",
        "solve",
        "velocity",
    ),
    "survey": ("Branch", "Survey"),
}
__getattr__, __dir__ = attach(
    __name__, {name: f"seisgrad.dispersion.{home}" for home, names in _HOMES.items() for name in names}
)
