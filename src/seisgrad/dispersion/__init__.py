"""Surface-wave dispersion of a layered earth: curves, their measurement, the exact operator and its derivatives."""

# Imported at once, not when first used: `measure`, `kernels` and `eigenfunctions` are functions that live in files of
# their own names, and must take those names after the files have been loaded.
from seisgrad.dispersion.curves import DispersionCurves, read_curves, write_curves
from seisgrad.dispersion.masking import partial_mask
from seisgrad.dispersion.measure import Event, Flag, GreatCircle, Measurement, Station, measure
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
from seisgrad.dispersion.prior import Prior, prior
from seisgrad.dispersion.simulation import DispersionRecipe
from seisgrad.dispersion.surrogate import DispersionNet, card_of, load, shipped
from seisgrad.dispersion.survey import Branch, Survey

__all__ = [
    "Branch",
    "DispersionCurves",
    "DispersionNet",
    "DispersionRecipe",
    "Eigenfunctions",
    "Event",
    "Flag",
    "GreatCircle",
    "Kernels",
    "Measurement",
    "Physics",
    "Prior",
    "Solution",
    "Station",
    "Status",
    "Survey",
    "card_of",
    "eigenfunctions",
    "ellipticity",
    "kernels",
    "load",
    "measure",
    "partial_mask",
    "prior",
    "read_curves",
    "shipped",
    "solve",
    "velocity",
    "write_curves",
]
