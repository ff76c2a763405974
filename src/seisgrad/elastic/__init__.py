"""Elastic waves under a free surface: the exact operator, its learned twin, and ensembles of earths for both."""

from typing import TYPE_CHECKING

from seisgrad._lazy import attach

# Not when first used: a function that lives in a file of its own name must take that name after the file was loaded.
from seisgrad.elastic.prior import Draw, Prior, prior

if TYPE_CHECKING:
    from seisgrad.elastic.background import Background
    from seisgrad.elastic.grid import Grid
    from seisgrad.elastic.physics import Physics
    from seisgrad.elastic.survey import Survey

__all__ = ["Background", "Draw", "Grid", "Physics", "Prior", "Survey", "prior"]

_HOMES = {"Background": "background", "Grid": "grid", "Physics": "physics", "Survey": "survey"}
__getattr__, __dir__ = attach(__name__, {name: f"seisgrad.elastic.{home}" for name, home in _HOMES.items()})
