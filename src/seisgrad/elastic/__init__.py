"""Elastic waves under a free surface: the exact operator, its learned twin, and ensembles of earths for both."""

from typing import TYPE_CHECKING

from seisgrad._lazy import attach

if TYPE_CHECKING:
    from seisgrad.elastic.background import Background
    from seisgrad.elastic.grid import Grid
    from seisgrad.elastic.survey import Survey

__all__ = ["Background", "Grid", "Survey"]

_HOMES = {"Background": "background", "Grid": "grid", "Survey": "survey"}
__getattr__, __dir__ = attach(__name__, {name: f"seisgrad.elastic.{home}" for name, home in _HOMES.items()})
