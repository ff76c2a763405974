"""Sections to and from files: NumPy, NetCDF, raw numbers, tables; all km, km/s and g/cm³ once they are read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import numpy as np

from seisgrad.earth.section import Section
from seisgrad.earth.section_nodes import csv_nodes, netcdf_nodes, npz_nodes, write_nodes
from seisgrad.earth.section_units import TO_KM, Array, Ask, Quantity, as_section, numbers, scaled
from seisgrad.errors import InputError

_FIELDS: dict[str, Quantity] = {"velocity": "velocity", "density": "density"}


def read_section(
    path: str | os.PathLike[str],
    *,
    unit: Literal["km", "m"] = "km",
    spacing: float | tuple[float, float] | None = None,
    shape: tuple[int, int] | None = None,
    transposed: bool = False,
) -> Section:
    """A section from a file, by its suffix.

    Args:
        path: ``.npy``, velocity ``[z, x]`` or velocity and density ``[2, z, x]``, and ``.bin``, the same as raw
            32-bit numbers, little end first: both need ``spacing``; ``.npz``, arrays ``velocity``, perhaps
            ``density``, ``spacing`` and perhaps ``origin``; ``.nc``, variables ``velocity`` and perhaps ``density``
            with coordinates ``z`` and ``x``, whose attributes ``units`` go before ``unit``; ``.csv``, columns
            ``z,x,velocity`` and perhaps ``density``, one row per node in any order. Where there is no density it is
            that of Gardner: see :class:`Section`.
        unit: of the numbers in the file and of ``spacing``: ``"km"`` with km/s and g/cm³, or ``"m"`` with m/s and
            kg/m³.
        spacing: of the nodes, the same along both axes or along z and x.
        shape: nodes along z and x of a ``.bin`` file.
        transposed: arrays in ``.npy``, ``.npz`` and ``.bin`` run down one column after the other, ``[x, z]``.

    Raises:
        InputError: no such file, or one that holds something else; the sentence names file, value and expectation.
    """
    path = Path(path)
    if unit not in TO_KM:
        raise InputError(f"unit is {unit!r}, expected 'km' or 'm'")
    if not os.path.isfile(path):
        raise InputError(f"{path}: there is no such file; check the path")
    readers = {".npy": _npy, ".npz": _npz, ".bin": _bin, ".nc": _netcdf, ".csv": _csv}
    if path.suffix.lower() not in readers:
        raise InputError(f"{path}: the suffix is {path.suffix!r}, expected one of {', '.join(readers)}")
    pair = (spacing, spacing) if isinstance(spacing, int | float) else spacing
    ask = Ask(path, TO_KM[unit], pair, shape, transposed)
    try:
        return readers[path.suffix.lower()](ask)
    except InputError as error:
        raise error if str(path) in str(error) else InputError(f"{path}: {error}") from None


def write_section(section: Section, path: str | os.PathLike[str]) -> None:
    """Write a section as ``.nc``, ``.csv`` or ``.npz``, complete or not at all; :func:`read_section` reads it back.

    Raises:
        InputError: another suffix, or no such folder.
        WorkError: the disk refuses.
    """

    velocity, density = section.earth.numpy()
    fields = {"velocity": (velocity, "km/s"), "density": (density, "g/cm3")}
    write_nodes(fields, section.spacing, section.origin, Path(path))


def _npy(ask: Ask) -> Section:
    try:
        values = np.load(ask.path)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"{ask.path}: cannot be read ({error}), expected an array of numbers") from error
    return _from_array(ask, numbers(ask, values, "the array"))


def _npz(ask: Ask) -> Section:
    found = npz_nodes(ask, _FIELDS, ("velocity",))
    return as_section(ask, found.fields["velocity"], found.fields.get("density"), found.spacing, found.origin)


def _bin(ask: Ask) -> Section:
    if ask.shape is None:
        raise InputError(f"{ask.path}: give the shape of raw numbers, nodes along z and x")
    values = np.fromfile(ask.path, "<f4").astype(np.float64)
    count = ask.shape[0] * ask.shape[1]
    if os.path.getsize(ask.path) not in (4 * count, 8 * count):
        raise InputError(
            f"{ask.path}: has {os.path.getsize(ask.path)} bytes, expected {4 * count} for {ask.shape[0]} x "
            f"{ask.shape[1]} 32-bit velocities, or twice as many with densities; correct the shape"
        )
    shape = ask.shape[::-1] if ask.transposed else ask.shape
    return _from_array(ask, values.reshape(-1, *shape) if len(values) > count else values.reshape(shape))


def _from_array(ask: Ask, values: Array) -> Section:
    if ask.transposed:
        values = np.swapaxes(values, -1, -2)
    if values.ndim == 3 and len(values) == 2:
        return as_section(ask, values[0], values[1], scaled(ask, ask.spacing))
    if values.ndim != 2:
        raise InputError(f"{ask.path}: the array has shape {values.shape}, expected (z, x) or (2, z, x)")
    return as_section(ask, values, None, scaled(ask, ask.spacing))


def _netcdf(ask: Ask) -> Section:
    found = netcdf_nodes(ask, _FIELDS, ("velocity",))
    converted = Ask(ask.path, 1.0, None, None, False)
    fields = found.fields
    return as_section(converted, fields["velocity"], fields.get("density"), found.spacing, found.origin)


def _csv(ask: Ask) -> Section:
    found = csv_nodes(ask, (("velocity",), ("velocity", "density")))
    return as_section(ask, found.fields["velocity"], found.fields.get("density"), found.spacing, found.origin)
