"""Observed spectra in a file: NetCDF with the places of sources and receivers; km and Hz once they are read."""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.acoustic.survey import Survey
from seisgrad.waves.spectra_files import (
    Layout,
    frequencies_of,
    place_of,
    read_spectra_file,
    require_values,
    values_of,
    write_spectra_file,
)

if TYPE_CHECKING:
    from xarray import Dataset

DIMENSIONS = ("source", "frequency", "receiver", "part")
_LAYOUT = Layout(
    DIMENSIONS,
    {"source_z": "source", "source_x": "source", "receiver_z": "receiver", "receiver_x": "receiver"},
    "pressure spectra by a unit source",
    "g cm-3",
)


@dataclass(frozen=True, eq=False)
class Spectra:
    """Observed spectra of pressure, by a unit source: what the source itself sent has been divided out.

    Args:
        survey: where and at which frequencies.
        values: ``[source, frequency, receiver, part]``, NaN where there are none.

    Raises:
        InputError: values of another shape, infinite, or none at all.
    """

    survey: Survey
    values: Float[Tensor, "source frequency receiver part"]

    def __post_init__(self) -> None:
        require_values(self.values, self.survey.space.shape, DIMENSIONS)


def write_spectra(spectra: Spectra, path: str | os.PathLike[str]) -> None:
    """A NetCDF file with ``spectrum(source, frequency, receiver, part)``, ``frequency`` in Hz, and ``source_z``,
    ``source_x``, ``receiver_z``, ``receiver_x`` in km.

    Raises:
        InputError: a file that cannot be written.
    """
    survey = spectra.survey
    places = {
        f"{name}_{axis}": values[:, k]
        for name, values in (("source", survey.sources), ("receiver", survey.receivers))
        for k, axis in enumerate("zx")
    }
    write_spectra_file(path, _LAYOUT, spectra.values, survey.frequencies, places)


def read_spectra(path: str | os.PathLike[str]) -> Spectra:
    """Spectra from a file as :func:`write_spectra` makes it, with any order of the dimensions. Places without an
    attribute ``units`` are km and frequencies Hz; ``m`` is converted.

    Raises:
        InputError: no such file, or one that holds something else; the sentence names file, variable and expectation.
    """
    return read_spectra_file(path, _LAYOUT, _spectra)


def _spectra(content: "Dataset") -> Spectra:
    values, frequencies = values_of(content, _LAYOUT), frequencies_of(content)
    sources, receivers = (
        torch.stack([place_of(content, f"{name}_{axis}", name) for axis in "zx"], -1)
        for name in ("source", "receiver")
    )
    return Spectra(Survey(sources, receivers, frequencies), values)
