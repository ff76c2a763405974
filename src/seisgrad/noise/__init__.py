"""Ambient noise: records become correlations, empirical Green's functions, and curves or spectra to invert."""

from typing import TYPE_CHECKING

from seisgrad._lazy import attach

if TYPE_CHECKING:
    pass

__all__: list[str] = []

_HOMES: dict[str, str] = {}
__getattr__, __dir__ = attach(__name__, {name: f"seisgrad.noise.{home}" for name, home in _HOMES.items()})
