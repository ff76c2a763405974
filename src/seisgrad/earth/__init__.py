"""The ground: layered models, their grids, scaling relations, references and files. Knows no seismogram."""

from seisgrad.earth import scaling
from seisgrad.earth.formats import read_model, write_model
from seisgrad.earth.grid import resample
from seisgrad.earth.layered import LayeredModel
from seisgrad.earth.random_field import Correlation, Gaussian, Matern, VonKarman, draw_field
from seisgrad.earth.reference import ak135, load_reference, prem
from seisgrad.earth.section import Section
from seisgrad.earth.section_files import read_section, write_section
from seisgrad.earth.solid import SolidSection, read_solid, write_solid
from seisgrad.earth.ties import BrocherTie, Free, ReferenceTie, model_space, vs_space

__all__ = [
    "BrocherTie",
    "Correlation",
    "Free",
    "Gaussian",
    "LayeredModel",
    "Matern",
    "ReferenceTie",
    "Section",
    "SolidSection",
    "VonKarman",
    "ak135",
    "draw_field",
    "load_reference",
    "model_space",
    "prem",
    "read_model",
    "read_section",
    "read_solid",
    "resample",
    "scaling",
    "vs_space",
    "write_model",
    "write_section",
    "write_solid",
]
