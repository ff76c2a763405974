"""Observed spectra in a file: NetCDF with the places of sources and receivers; km and Hz once they are read."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.acoustic.survey import Survey
from seisgrad.errors import InputError

if TYPE_CHECKING:
    from xarray import Dataset

DIMENSIONS = ("source", "frequency", "receiver", "part")
_PLACES = {"source_z": "source", "source_x": "source", "receiver_z": "receiver", "receiver_x": "receiver"}
_TO_KM = {"km": 1.0, "m": 1e-3}


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
        shape = self.survey.space.shape
        if tuple(self.values.shape) != shape:
            raise InputError(
                f"spectra have shape {tuple(self.values.shape)}, expected {shape}: {', '.join(DIMENSIONS)}"
            )
        if bool(self.values.isinf().any()):
            raise InputError("spectra hold an infinite value; put NaN where there are no data")
        if bool(self.values.isnan().all()):
            raise InputError("spectra are all NaN: there are no data")


def write_spectra(spectra: Spectra, path: str | os.PathLike[str]) -> None:
    """A NetCDF file with ``spectrum(source, frequency, receiver, part)``, ``frequency`` in Hz, and ``source_z``,
    ``source_x``, ``receiver_z``, ``receiver_x`` in km.

    Raises:
        InputError: a file that cannot be written.
    """
    from xarray import Dataset

    survey, path = spectra.survey, Path(path)
    places = {
        f"{name}_{axis}": (name, values[:, k].numpy(), {"units": "km"})
        for name, values in (("source", survey.sources), ("receiver", survey.receivers))
        for k, axis in enumerate("zx")
    }
    content = Dataset(
        {"spectrum": (DIMENSIONS, spectra.values.detach().numpy(), {"units": "g cm-3"}), **places},
        coords={
            "frequency": ("frequency", survey.frequencies.numpy(), {"units": "Hz"}),
            "part": ["real", "imaginary"],
        },
        attrs={
            "title": "pressure spectra by a unit source; phase convention exp(-iωt), outgoing waves exp(-ikr)"
        },
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


def read_spectra(path: str | os.PathLike[str]) -> Spectra:
    """Spectra from a file as :func:`write_spectra` makes it, with any order of the dimensions. Places without an
    attribute ``units`` are km and frequencies Hz; ``m`` is converted.

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
        return _spectra(content)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _spectra(content: "Dataset") -> Spectra:
    missing = [name for name in ("spectrum", "frequency", *_PLACES) if name not in content.variables]
    if missing:
        raise InputError(
            f"there is no variable {missing[0]!r}, expected spectrum({', '.join(DIMENSIONS)}), frequency, "
            f"{', '.join(_PLACES)}"
        )
    spectrum = content["spectrum"]
    if set(spectrum.dims) != set(DIMENSIONS) or spectrum.sizes.get("part") != 2:
        sizes = ", ".join(f"{axis}={n}" for axis, n in spectrum.sizes.items())
        raise InputError(
            f"spectrum has dimensions {sizes}, expected {', '.join(DIMENSIONS)} with two parts, real and imaginary"
        )
    parts = content["part"].values.tolist() if "part" in content.coords else ["real", "imaginary"]
    if sorted(parts) != ["imaginary", "real"]:
        raise InputError(f"the coordinate part is {parts}, expected 'real' and 'imaginary'")
    if content["frequency"].attrs.get("units", "Hz") != "Hz":
        raise InputError(f"frequency is in {content['frequency'].attrs['units']!r}, expected Hz")
    values = np.array(spectrum.transpose(*DIMENSIONS).values, dtype=np.float64)
    if parts[0] == "imaginary":
        values = values[..., ::-1].copy()
    sources, receivers = (
        np.stack([_place(content[f"{name}_{axis}"], name) for axis in "zx"], -1)
        for name in ("source", "receiver")
    )
    frequencies = torch.from_numpy(np.array(content["frequency"].values, dtype=np.float64))
    survey = Survey(torch.from_numpy(sources), torch.from_numpy(receivers), frequencies)
    return Spectra(survey, torch.from_numpy(values))


def _place(variable: Any, along: str) -> np.ndarray:
    """Coordinates in km of one kind of place."""
    unit = variable.attrs.get("units", "km")
    if unit not in _TO_KM:
        raise InputError(f"{variable.name} is in {unit!r}, expected km or m")
    if variable.dims != (along,):
        raise InputError(f"{variable.name} has dimensions {variable.dims}, expected ({along!r},)")
    return _TO_KM[unit] * np.array(variable.values, dtype=np.float64)
