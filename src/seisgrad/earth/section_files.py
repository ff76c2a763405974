"""Sections to and from files: NumPy, NetCDF, raw numbers, tables; all km, km/s and g/cm³ once they are read."""

from __future__ import annotations

import contextlib
import csv
import os
import secrets
import zipfile
from pathlib import Path
from typing import Literal

import numpy as np

from seisgrad.earth.section import Section
from seisgrad.earth.section_units import TO_KM, Array, Ask, as_section, even, factor, numbers, scaled
from seisgrad.errors import InputError, WorkError


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
            ``density``, and ``spacing``; ``.nc``, variables ``velocity`` and perhaps ``density`` with coordinates
            ``z`` and ``x``, whose attributes ``units`` go before ``unit``; ``.csv``, columns ``z,x,velocity`` and
            perhaps ``density``, one row per node in any order. Where there is no density it is that of Gardner: see
            :class:`Section`.
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
    """Write a section as NetCDF, complete or not at all; :func:`read_section` reads it back.

    Raises:
        InputError: a suffix that is not ``.nc``, or no such folder.
        WorkError: the disk refuses.
    """
    import xarray

    path = Path(path)
    if path.suffix.lower() != ".nc":
        raise InputError(f"{path}: the suffix is {path.suffix!r}, expected .nc")
    if not os.path.isdir(path.parent):
        raise InputError(f"{path}: there is no folder {path.parent}; make it first")
    axes = {
        name: (name, start + step * np.arange(n), {"units": "km"})
        for name, n, step, start in zip("zx", section.shape, section.spacing, section.origin, strict=True)
    }
    velocity, density = section.earth.numpy()
    data = {
        "velocity": (("z", "x"), velocity, {"units": "km/s"}),
        "density": (("z", "x"), density, {"units": "g/cm3"}),
    }
    partial = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.partial")
    try:
        xarray.Dataset(data, axes).to_netcdf(partial, engine="h5netcdf")
        partial.replace(path)
    except OSError as error:
        raise WorkError(f"{path}: could not be written ({error}); check space and permissions") from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def _npy(ask: Ask) -> Section:
    try:
        values = np.load(ask.path)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"{ask.path}: cannot be read ({error}), expected an array of numbers") from error
    return _from_array(ask, numbers(ask, values, "the array"))


def _npz(ask: Ask) -> Section:
    try:
        with np.load(ask.path) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, AttributeError, TypeError, zipfile.BadZipFile) as error:
        raise InputError(f"{ask.path}: cannot be read ({error}), expected named arrays of numbers") from error
    if "velocity" not in arrays:
        raise InputError(
            f"{ask.path}: holds {', '.join(sorted(arrays)) or 'nothing'}, expected an array velocity"
        )
    known = {n: numbers(ask, arrays[n], n) for n in ("velocity", "density", "spacing") if n in arrays}
    pair = ask.spacing
    if pair is None and "spacing" in known:
        given = known["spacing"].ravel().tolist()
        if len(given) not in (1, 2):
            raise InputError(f"{ask.path}: spacing is {given}, expected one number, or two along z and x")
        pair = (given[0], given[-1])
    turned = {n: v.T if ask.transposed else v for n, v in known.items()}
    return as_section(ask, turned["velocity"], turned.get("density"), scaled(ask, pair))


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
    import xarray

    try:
        with xarray.open_dataset(ask.path, engine="h5netcdf") as opened:
            data = opened.load()
    # What HDF5 and the layers above it raise on a damaged file.
    except (
        OSError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        RuntimeError,
        ArithmeticError,
    ) as error:
        raise InputError(f"{ask.path}: cannot be read as NetCDF ({error}); write it anew") from error
    for name in ("velocity", "z", "x"):
        if name not in data.variables:
            found = ", ".join(sorted(map(str, data.variables))) or "none"
            raise InputError(f"{ask.path}: has no variable {name}, found {found}")
    steps, origin = [], []
    for name in "zx":
        axis = numbers(ask, data[name].values, name) * factor(ask, data[name].attrs, "length", name)
        start, step = even(ask, axis, name)
        steps.append(step)
        origin.append(start)
    fields: dict[str, Array] = {}
    for name in ("velocity", "density"):
        if name in data.variables:
            if set(data[name].dims) != {"z", "x"}:
                raise InputError(f"{ask.path}: {name} has the axes {data[name].dims}, expected z and x")
            values = numbers(ask, data[name].transpose("z", "x").values, name)
            fields[name] = values * factor(ask, data[name].attrs, name, name)
    converted = Ask(ask.path, 1.0, None, None, False)
    return as_section(
        converted, fields["velocity"], fields.get("density"), (steps[0], steps[1]), (origin[0], origin[1])
    )


def _csv(ask: Ask) -> Section:
    with open(ask.path, encoding="utf-8-sig", newline="", errors="replace") as file:
        rows = list(csv.reader(file))
    header = [word.strip().lower() for word in rows[0]] if rows else []
    if header not in (["z", "x", "velocity"], ["z", "x", "velocity", "density"]):
        raise InputError(
            f"{ask.path}, line 1: {','.join(header)[:60]!r}, expected z,x,velocity or z,x,velocity,density"
        )
    table = []
    for number, row in enumerate(rows[1:], start=2):
        if not row:
            continue
        try:
            values = [float(word) for word in row]
        except ValueError:
            raise InputError(f"{ask.path}, line {number}: {','.join(row)[:60]!r}, expected numbers") from None
        if len(values) != len(header):
            raise InputError(
                f"{ask.path}, line {number}: {len(values)} values, expected {len(header)} as the header"
            )
        table.append(values)
    if not table:
        raise InputError(f"{ask.path}: has no rows below its header, expected one per node")
    z, x, *fields = np.array(table).T
    (zs, i), (xs, j) = (np.unique(axis, return_inverse=True) for axis in (z, x))
    if len(table) != len(zs) * len(xs) or len({*zip(i.tolist(), j.tolist(), strict=True)}) != len(table):
        raise InputError(
            f"{ask.path}: has {len(table)} rows for {len(zs)} depths and {len(xs)} distances, expected each of the "
            f"{len(zs) * len(xs)} nodes once"
        )
    values = np.empty((len(fields), len(zs), len(xs)))
    values[:, i, j] = fields
    (top, down), (left, along) = (even(ask, axis * ask.scale, name) for axis, name in ((zs, "z"), (xs, "x")))
    return as_section(ask, values[0], values[1] if len(fields) > 1 else None, (down, along), (top, left))
