"""Earthquake sources: moment tensors, Green's functions of layered earths, and networks that read both from records."""

from typing import TYPE_CHECKING

from seisgrad._lazy import attach

if TYPE_CHECKING:
    from seisgrad.source.gather import Gather

__all__ = ["Gather"]

_HOMES = {"Gather": "gather"}
__getattr__, __dir__ = attach(__name__, {name: f"seisgrad.source.{home}" for name, home in _HOMES.items()})
