"""Seeded datasets of any system: generation that survives a kill, the Zarr store, and reading it back."""

from typing import TYPE_CHECKING

from seisgrad._lazy import attach

if TYPE_CHECKING:
    from seisgrad.dataset.manifest import Manifest
    from seisgrad.dataset.reading import Dataset, open_dataset
    from seisgrad.dataset.recipe import Field, Recipe
    from seisgrad.dataset.simulation import simulate
    from seisgrad.dataset.splits import Split, generator

__all__ = ["Dataset", "Field", "Manifest", "Recipe", "Split", "generator", "open_dataset", "simulate"]

# Loaded when first used: an ensemble of earths needs the seeds of this room and not its store.
__getattr__, __dir__ = attach(
    __name__,
    {
        "Dataset": "seisgrad.dataset.reading",
        "Field": "seisgrad.dataset.recipe",
        "Manifest": "seisgrad.dataset.manifest",
        "Recipe": "seisgrad.dataset.recipe",
        "Split": "seisgrad.dataset.splits",
        "generator": "seisgrad.dataset.splits",
        "open_dataset": "seisgrad.dataset.reading",
        "simulate": "seisgrad.dataset.simulation",
    },
)
