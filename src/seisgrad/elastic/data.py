"""Observed spectra of the motion of the surface in a file: NetCDF with places along the line, km and Hz."""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.elastic.survey import Direction, Quantity, Survey
from seisgrad.errors import InputError
from seisgrad.waves.spectra_files import (
    Layout,
    frequencies_of,
    in_order,
    place_of,
    read_spectra_file,
    require_values,
    values_of,
    write_spectra_file,
)

if TYPE_CHECKING:
    from xarray import Dataset

DIMENSIONS = ("source", "frequency", "component", "receiver", "part")
_LAYOUT = Layout(
    DIMENSIONS,
    {"source_x": "source", "receiver_x": "receiver"},
    "spectra of the motion of the surface by a line force",
    "1",
)


@dataclass(frozen=True, eq=False)
class Spectra:
    """Observed spectra of the motion of the surface, by a unit force, or in any unit where a misfit sees none.

    Args:
        survey: where, at which frequencies, by which force, and what was recorded.
        values: ``[source, frequency, component, receiver, part]``, NaN where there are none.
        deviation: standard deviation of the error of each part, ``[source, frequency, component, receiver]``; NaN
            where it is not known; or None.

    Raises:
        InputError: values of another shape, infinite, or none at all; a deviation that is negative.
    """

    survey: Survey
    values: Float[Tensor, "source frequency component receiver part"]
    deviation: Float[Tensor, "source frequency component receiver"] | None = None

    def __post_init__(self) -> None:
        shape = self.survey.space.shape
        require_values(self.values, shape, DIMENSIONS)
        if self.deviation is None:
            return
        if tuple(self.deviation.shape) != shape[:-1]:
            raise InputError(
                f"deviation has shape {tuple(self.deviation.shape)}, expected {shape[:-1]}: "
                f"{', '.join(DIMENSIONS[:-1])}"
            )
        low = float(self.deviation.nan_to_num(0.0).min())
        if low < 0 or bool(self.deviation.isinf().any()):
            raise InputError(f"deviation holds {low:g}, expected standard deviations, 0 or more")

    @property
    def gaps(self) -> int:
        """Records, of a source at a receiver in a component at a frequency, that are missing."""
        return int(self.values.isnan().any(-1).sum())


def write_spectra(spectra: Spectra, path: str | os.PathLike[str]) -> None:
    """A NetCDF file with ``spectrum(source, frequency, component, receiver, part)`` and its attributes ``force`` and
    ``quantity``, ``frequency`` in Hz, ``source_x`` and ``receiver_x`` in km, and perhaps ``deviation``.

    Raises:
        InputError: a file that cannot be written.
    """
    survey, further = spectra.survey, {}
    if spectra.deviation is not None:
        further["deviation"] = (DIMENSIONS[:-1], spectra.deviation.detach().numpy())
    layout = Layout(
        DIMENSIONS,
        _LAYOUT.places,
        _LAYOUT.title,
        str(survey.space.unit),
        {"force": survey.force, "quantity": survey.quantity},
    )
    places = {"source_x": survey.sources, "receiver_x": survey.receivers}
    write_spectra_file(path, layout, spectra.values, survey.frequencies, places, further)


def read_spectra(path: str | os.PathLike[str]) -> Spectra:
    """Spectra from a file as :func:`write_spectra` makes it, with any order of the dimensions.

    Places without an attribute ``units`` are km and frequencies Hz; ``m`` is converted. Without the attributes
    ``force`` and ``quantity`` the force is vertical and velocity was recorded. Where the file has one component, the
    other is missing.

    Raises:
        InputError: no such file, or one that holds something else; the sentence names file, variable and expectation.
    """
    return read_spectra_file(path, _LAYOUT, _spectra)


def _spectra(content: "Dataset") -> Spectra:
    for name in ("source_z", "receiver_z"):
        if name in content.variables and bool((content[name] != 0).any()):
            raise InputError(f"{name} holds a depth, expected sources and receivers on the surface")
    for name in ("source_y", "receiver_y"):
        if name in content.variables and bool((content[name] != 0).any()):
            raise InputError(
                f"{name} holds a distance from the line, expected sources and receivers on it; project them onto the "
                f"line and leave {name} out"
            )
    said: dict[str, Any] = {}
    for name, known in (("force", get_args(Direction)), ("quantity", get_args(Quantity))):
        word = content["spectrum"].attrs.get(name, known[0])
        if word not in known:
            raise InputError(f"the attribute {name} of spectrum is {word!r}, expected {' or '.join(known)}")
        said[name] = word
    content = _both_components(content)
    values = values_of(content, _LAYOUT)
    survey = Survey(
        place_of(content, "source_x", "source"),
        place_of(content, "receiver_x", "receiver"),
        frequencies_of(content),
        **said,
    )
    return Spectra(survey, values, _deviation(content, values))


def _both_components(content: "Dataset") -> "Dataset":
    """The file with NaN for a component that it does not have."""
    if content["spectrum"].sizes.get("component") != 1:
        return content
    if "component" not in content.coords:
        raise InputError("spectrum has one component and no coordinate component that names it")
    return content.reindex(component=["vertical", "horizontal"])


def _deviation(content: "Dataset", values: Tensor) -> Tensor | None:
    """The deviation spread over the dimensions that it does not have."""
    if "deviation" not in content.variables:
        return None
    found = content["deviation"]
    if not set(found.dims) <= set(DIMENSIONS[:-1]):
        raise InputError(
            f"deviation has dimensions {found.dims}, expected some of {', '.join(DIMENSIONS[:-1])}"
        )
    kept = [name for name in DIMENSIONS[:-1] if name in found.dims]
    array = np.array(in_order(content, found).transpose(*kept).values, dtype=np.float64)
    index = tuple(slice(None) if name in kept else None for name in DIMENSIONS[:-1])
    return torch.from_numpy(array)[index].expand(values.shape[:-1]).clone()
