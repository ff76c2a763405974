"""Observed spectra as NetCDF: what the files of all systems have in common; km and Hz once they are read."""

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from seisgrad.errors import InputError

if TYPE_CHECKING:
    from xarray import DataArray, Dataset

T = TypeVar("T")

_TO_KM = {"km": 1.0, "m": 1e-3}
_LABELS = {"part": ("real", "imaginary"), "component": ("vertical", "horizontal")}


@dataclass(frozen=True)
class Layout:
    """How a system lays out its file.

    Args:
        dimensions: of the variable ``spectrum``; among them ``source``, ``frequency``, ``receiver`` and ``part``.
        places: the coordinates of sources and receivers, with the dimension that each runs along.
        title: of the file.
        unit: of the spectrum.
    """

    dimensions: tuple[str, ...]
    places: Mapping[str, str]
    title: str
    unit: str
    attributes: Mapping[str, str] = field(default_factory=dict)


def write_spectra_file(
    path: str | os.PathLike[str],
    layout: Layout,
    values: Float[Tensor, "..."],
    frequencies: Float[Tensor, " frequency"],
    places: Mapping[str, Float[Tensor, " place"]],
    further: Mapping[str, tuple[tuple[str, ...], NDArray]] | None = None,
) -> None:
    """A NetCDF file with ``spectrum`` and its coordinates, complete or not at all.

    Args:
        path: of the file.
        layout: its variables.
        values: of ``spectrum``.
        frequencies: Hz.
        places: km, by the names of the layout.
        further: variables in the unit of the spectrum, each with its dimensions.

    Raises:
        InputError: a file that cannot be written.
    """
    from xarray import Dataset

    path = Path(path)
    variables: dict[str, Any] = {
        "spectrum": (
            layout.dimensions,
            values.detach().numpy(),
            {"units": layout.unit, **layout.attributes},
        )
    }
    for name, (dimensions, array) in (further or {}).items():
        variables[name] = (dimensions, array, {"units": layout.unit})
    for name, along in layout.places.items():
        variables[name] = (along, places[name].numpy(), {"units": "km"})
    labels = {name: list(words) for name, words in _LABELS.items() if name in layout.dimensions}
    content = Dataset(
        variables,
        coords={"frequency": ("frequency", frequencies.numpy(), {"units": "Hz"}), **labels},
        attrs={"title": f"{layout.title}; phase convention exp(-iωt), outgoing waves exp(-ikr)"},
    )
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        content.to_netcdf(draft, engine="h5netcdf")
        os.replace(draft, path)
    except OSError as error:
        raise InputError(
            f"{path} cannot be written ({error.strerror or error}); choose another place"
        ) from error
    finally:
        draft.unlink(missing_ok=True)


def read_spectra_file(path: str | os.PathLike[str], layout: Layout, build: Callable[["Dataset"], T]) -> T:
    """What ``build`` makes of a file with the variables of a layout; its complaints are said with the file's name.

    Raises:
        InputError: no such file, or one that holds something else; the sentence names file, variable and expectation.
    """
    from xarray import open_dataset

    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: there is no such file; check the path")
    try:
        with open_dataset(path, engine="h5netcdf") as content:
            content.load()
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path} is no NetCDF-4 file ({error}); expected spectra, see docs/command-line"
        ) from error
    try:
        _require_variables(content, layout)
        return build(content)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def values_of(content: "Dataset", layout: Layout) -> Float[Tensor, "..."]:
    """The spectrum with its dimensions, parts and components in the order of the layout; raises InputError where it has
    other ones."""
    spectrum = content["spectrum"]
    if set(spectrum.dims) != set(layout.dimensions) or spectrum.sizes.get("part") != 2:
        sizes = ", ".join(f"{axis}={n}" for axis, n in spectrum.sizes.items())
        raise InputError(
            f"spectrum has dimensions {sizes}, expected {', '.join(layout.dimensions)} with two parts, real and "
            "imaginary"
        )
    ordered = in_order(content, spectrum).transpose(*layout.dimensions)
    return torch.from_numpy(np.array(ordered.values, dtype=np.float64))


def in_order(content: "Dataset", variable: "DataArray") -> "DataArray":
    """A variable with its parts and components in the usual order; without labels they are taken to be. Raises
    InputError for other labels."""
    for name, words in _LABELS.items():
        if name not in variable.dims or name not in content.coords:
            continue
        found = [str(word) for word in content[name].values.tolist()]
        if sorted(found) != sorted(words):
            raise InputError(f"the coordinate {name} is {found}, expected {' and '.join(map(repr, words))}")
        variable = variable.isel({name: [found.index(word) for word in words]})
    return variable


def frequencies_of(content: "Dataset") -> Float[Tensor, " frequency"]:
    """Hz; raises InputError for another unit."""
    if content["frequency"].attrs.get("units", "Hz") != "Hz":
        raise InputError(f"frequency is in {content['frequency'].attrs['units']!r}, expected Hz")
    return torch.from_numpy(np.array(content["frequency"].values, dtype=np.float64))


def place_of(content: "Dataset", name: str, along: str) -> Float[Tensor, " place"]:
    """Coordinates in km of one kind of place; raises InputError for another unit than km and m, or other dimensions."""
    variable = content[name]
    unit = variable.attrs.get("units", "km")
    if unit not in _TO_KM:
        raise InputError(f"{variable.name} is in {unit!r}, expected km or m")
    if variable.dims != (along,):
        raise InputError(f"{variable.name} has dimensions {variable.dims}, expected ({along!r},)")
    return torch.from_numpy(_TO_KM[unit] * np.array(variable.values, dtype=np.float64))


def require_values(values: Float[Tensor, "..."], shape: tuple[int, ...], axes: tuple[str, ...]) -> None:
    """InputError where spectra have another shape, are infinite, or are none at all."""
    if tuple(values.shape) != shape:
        raise InputError(f"spectra have shape {tuple(values.shape)}, expected {shape}: {', '.join(axes)}")
    if bool(values.isinf().any()):
        raise InputError("spectra hold an infinite value; put NaN where there are no data")
    if bool(values.isnan().all()):
        raise InputError("spectra are all NaN: there are no data")


def _require_variables(content: "Dataset", layout: Layout) -> None:
    missing = [name for name in ("spectrum", "frequency", *layout.places) if name not in content.variables]
    if missing:
        raise InputError(
            f"there is no variable {missing[0]!r}, expected spectrum({', '.join(layout.dimensions)}), frequency, "
            f"{', '.join(layout.places)}"
        )
