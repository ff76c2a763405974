"""Figures of result files: one small reader for each kind of file, chosen by what the file holds."""

from seisgrad.cli.drawings.registry import DRAWINGS, Drawing, drawing_of

__all__ = ["DRAWINGS", "Drawing", "drawing_of"]
