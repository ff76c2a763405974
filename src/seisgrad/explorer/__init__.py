"""The explorer: one page that opens from disk, on which a profile is dragged and its curves and kernels follow."""

from seisgrad.explorer.build import page

__all__ = ["page"]
