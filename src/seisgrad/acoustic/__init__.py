"""Acoustic waves in two dimensions: the exact operator, its learned twin, and ensembles of earths for both."""

from typing import TYPE_CHECKING

from seisgrad._lazy import attach

# Not when first used: a function that lives in a file of its own name must take that name after the file was loaded.
from seisgrad.acoustic.prior import Draw, Prior, prior

if TYPE_CHECKING:
    from seisgrad.acoustic.data import Spectra, read_spectra, write_spectra
    from seisgrad.acoustic.grid import Grid
    from seisgrad.acoustic.physics import Physics
    from seisgrad.acoustic.recipe import AcousticRecipe
    from seisgrad.acoustic.snapshots import SnapshotRecipe
    from seisgrad.acoustic.surrogate import AcousticNet, card_of, load, shipped
    from seisgrad.acoustic.survey import Survey, Traces
    from seisgrad.waves.places import as_complex, as_parts

__all__ = [
    "AcousticNet",
    "AcousticRecipe",
    "Draw",
    "Grid",
    "Physics",
    "Prior",
    "SnapshotRecipe",
    "Spectra",
    "Survey",
    "Traces",
    "as_complex",
    "as_parts",
    "card_of",
    "load",
    "prior",
    "read_spectra",
    "shipped",
    "write_spectra",
]

# Loaded when first used: an ensemble of earths needs no wave solver, and a trained network no store.
_HOMES = {
    "AcousticNet": "surrogate",
    "AcousticRecipe": "recipe",
    "Grid": "grid",
    "Physics": "physics",
    "SnapshotRecipe": "snapshots",
    "Spectra": "data",
    "Survey": "survey",
    "Traces": "survey",
    "card_of": "surrogate",
    "load": "surrogate",
    "read_spectra": "data",
    "shipped": "surrogate",
    "write_spectra": "data",
}
_SHARED = {"as_complex": "seisgrad.waves.places", "as_parts": "seisgrad.waves.places"}
__getattr__, __dir__ = attach(
    __name__, {name: f"seisgrad.acoustic.{home}" for name, home in _HOMES.items()} | _SHARED
)
