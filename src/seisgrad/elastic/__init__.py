"""Elastic waves under a free surface: the exact operator, its learned twin, and ensembles of earths for both."""

from typing import TYPE_CHECKING

from seisgrad._lazy import attach

# Not when first used: a function that lives in a file of its own name must take that name after the file was loaded.
from seisgrad.elastic.prior import Draw, Prior, prior

if TYPE_CHECKING:
    from seisgrad.elastic.background import Background
    from seisgrad.elastic.data import Spectra, read_spectra, write_spectra
    from seisgrad.elastic.grid import Grid
    from seisgrad.elastic.harmonic.mesh import Resolution
    from seisgrad.elastic.harmonic.operator import Harmonic
    from seisgrad.elastic.physics import Physics
    from seisgrad.elastic.recipe import ElasticRecipe
    from seisgrad.elastic.surrogate import ElasticNet, card_of, load, shipped
    from seisgrad.elastic.survey import Survey

__all__ = [
    "Background",
    "Draw",
    "ElasticNet",
    "ElasticRecipe",
    "Grid",
    "Harmonic",
    "Physics",
    "Prior",
    "Resolution",
    "Spectra",
    "Survey",
    "card_of",
    "load",
    "prior",
    "read_spectra",
    "shipped",
    "write_spectra",
]

_HOMES = {
    "Background": "background",
    "ElasticNet": "surrogate",
    "ElasticRecipe": "recipe",
    "Grid": "grid",
    "Harmonic": "harmonic.operator",
    "Physics": "physics",
    "Resolution": "harmonic.mesh",
    "Spectra": "data",
    "Survey": "survey",
    "card_of": "surrogate",
    "load": "surrogate",
    "read_spectra": "data",
    "shipped": "surrogate",
    "write_spectra": "data",
}
__getattr__, __dir__ = attach(__name__, {name: f"seisgrad.elastic.{home}" for name, home in _HOMES.items()})
