"""The ground: layered models, their grids, scaling relations, references and files. Knows no seismogram."""

from seisgrad.earth import scaling
from seisgrad.earth.formats import read_model, write_model
from seisgrad.earth.grid import resample
from seisgrad.earth.layered import LayeredModel
from seisgrad.earth.random_field import Correlation, Gaussian, Matern, VonKarman, draw_field
from seisgrad.earth.reference import ak135, load_reference, prem
from seisgrad.earth.ties import BrocherTie, Free, ReferenceTie, model_space, vs_space

__all__ = [
    "BrocherTie",
    "Correlation",
    "Free",
    "Gaussian",
    "LayeredModel",
    "Matern",
    "ReferenceTie",
    "VonKarman",
    "ak135",
    "draw_field",
    "load_reference",
    "model_space",
    "prem",
    "read_model",
    "resample",
    "scaling",
    "vs_space",
    "write_model",
]
