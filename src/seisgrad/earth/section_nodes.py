"""The nodes of a section as files hold them: named fields at even steps of depth and distance; and files of them."""

from __future__ import annotations

import contextlib
import csv
import os
import secrets
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from seisgrad.earth.section_units import Array, Ask, Quantity, even, factor, numbers, scaled
from seisgrad.errors import InputError, WorkError

Pair = tuple[float, float]
Fields = Mapping[str, tuple[Array, str]]
"""Values ``[z, x]`` and their unit, by name."""


class Nodes(NamedTuple):
    """Fields ``[z, x]`` by name, the steps of their nodes and the first node, km.

    The fields of a NetCDF file are in km/s and g/cm³; those of others in the unit that was said.
    """

    fields: dict[str, Array]
    spacing: tuple[float, float]
    origin: tuple[float, float] = (0.0, 0.0)


def netcdf_nodes(ask: Ask, known: Mapping[str, Quantity], needed: Sequence[str]) -> Nodes:
    """The nodes of a NetCDF file with variables on ``z`` and ``x``, whose attributes ``units`` count."""
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
    for name in (*needed, "z", "x"):
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
    for name, quantity in known.items():
        if name in data.variables:
            if set(data[name].dims) != {"z", "x"}:
                raise InputError(f"{ask.path}: {name} has the axes {data[name].dims}, expected z and x")
            values = numbers(ask, data[name].transpose("z", "x").values, name)
            fields[name] = values * factor(ask, data[name].attrs, quantity, name)
    return Nodes(fields, (steps[0], steps[1]), (origin[0], origin[1]))


def npz_nodes(ask: Ask, known: Mapping[str, Quantity], needed: Sequence[str]) -> Nodes:
    """The nodes of named arrays, with ``spacing`` where the caller did not give it, and perhaps ``origin``."""
    try:
        with np.load(ask.path) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, AttributeError, TypeError, zipfile.BadZipFile) as error:
        raise InputError(f"{ask.path}: cannot be read ({error}), expected named arrays of numbers") from error
    for name in needed:
        if name not in arrays:
            raise InputError(
                f"{ask.path}: holds {', '.join(sorted(arrays)) or 'nothing'}, expected an array {name}"
            )
    pair = ask.spacing
    if pair is None and "spacing" in arrays:
        given = numbers(ask, arrays["spacing"], "spacing").ravel().tolist()
        if len(given) not in (1, 2):
            raise InputError(f"{ask.path}: spacing is {given}, expected one number, or two along z and x")
        pair = (given[0], given[-1])
    first = numbers(ask, arrays.get("origin", np.zeros(2)), "origin").ravel().tolist()
    if len(first) != 2:
        raise InputError(f"{ask.path}: origin is {first}, expected two numbers, along z and x")
    fields = {name: numbers(ask, arrays[name], name) for name in known if name in arrays}
    turned = {n: v.T if ask.transposed else v for n, v in fields.items()}
    return Nodes(turned, scaled(ask, pair), (first[0] * ask.scale, first[1] * ask.scale))


def csv_nodes(ask: Ask, choices: Sequence[Sequence[str]]) -> Nodes:
    """The nodes of a table ``z,x,…``, one row per node in any order.

    Args:
        ask: the file.
        choices: the names that may follow ``z,x`` in its first line.
    """
    with open(ask.path, encoding="utf-8-sig", newline="", errors="replace") as file:
        rows = list(csv.reader(file))
    header = [word.strip().lower() for word in rows[0]] if rows else []
    expected = [["z", "x", *names] for names in choices]
    if header not in expected:
        raise InputError(
            f"{ask.path}, line 1: {','.join(header)[:60]!r}, expected {' or '.join(map(','.join, expected))}"
        )
    z, x, *fields = _columns(ask, rows)
    (zs, i), (xs, j) = (np.unique(axis, return_inverse=True) for axis in (z, x))
    if len(z) != len(zs) * len(xs) or len({*zip(i.tolist(), j.tolist(), strict=True)}) != len(z):
        raise InputError(
            f"{ask.path}: has {len(z)} rows for {len(zs)} depths and {len(xs)} distances, expected each of the "
            f"{len(zs) * len(xs)} nodes once"
        )
    values = np.empty((len(fields), len(zs), len(xs)))
    values[:, i, j] = fields
    (top, down), (left, along) = (even(ask, axis * ask.scale, name) for axis, name in ((zs, "z"), (xs, "x")))
    return Nodes(dict(zip(header[2:], values, strict=True)), (down, along), (top, left))


def _columns(ask: Ask, rows: list[list[str]]) -> Array:
    """The columns of a table below its header."""
    table = []
    for number, row in enumerate(rows[1:], start=2):
        if not row:
            continue
        try:
            values = [float(word) for word in row]
        except ValueError:
            raise InputError(f"{ask.path}, line {number}: {','.join(row)[:60]!r}, expected numbers") from None
        if len(values) != len(rows[0]):
            raise InputError(
                f"{ask.path}, line {number}: {len(values)} values, expected {len(rows[0])} as the header"
            )
        table.append(values)
    if not table:
        raise InputError(f"{ask.path}: has no rows below its header, expected one per node")
    return np.array(table).T


def write_nodes(
    fields: Fields,
    spacing: Pair,
    origin: Pair,
    path: Path,
) -> None:
    """Fields with their units as NetCDF, a table or named arrays, by the suffix; complete or not at all.

    Raises:
        InputError: a suffix that is not ``.nc``, ``.csv`` or ``.npz``, or no such folder.
        WorkError: the disk refuses.
    """
    writers = {".nc": _write_netcdf, ".csv": _write_csv, ".npz": _write_npz}
    if path.suffix.lower() not in writers:
        raise InputError(f"{path}: the suffix is {path.suffix!r}, expected one of {', '.join(writers)}")
    if not os.path.isdir(path.parent):
        raise InputError(f"{path}: there is no folder {path.parent}; make it first")
    partial = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.partial")
    try:
        writers[path.suffix.lower()](fields, spacing, origin, partial)
        partial.replace(path)
    except OSError as error:
        raise WorkError(f"{path}: could not be written ({error}); check space and permissions") from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def _axes(fields: Fields, spacing: Pair, origin: Pair) -> list[Array]:
    """Depths and distances of the nodes, km."""
    shape = next(iter(fields.values()))[0].shape
    return [start + step * np.arange(n) for n, step, start in zip(shape, spacing, origin, strict=True)]


def _write_netcdf(fields: Fields, spacing: Pair, origin: Pair, path: Path) -> None:
    import xarray

    nodes = zip("zx", _axes(fields, spacing, origin), strict=True)
    axes = {name: (name, values, {"units": "km"}) for name, values in nodes}
    data = {name: (("z", "x"), values, {"units": unit}) for name, (values, unit) in fields.items()}
    xarray.Dataset(data, axes).to_netcdf(path, engine="h5netcdf")


def _write_csv(fields: Fields, spacing: Pair, origin: Pair, path: Path) -> None:
    """Rows ``z,x,…`` depth by depth; the fields to every digit, the coordinates to a micrometre."""
    z, x = (np.round(axis, 9) for axis in _axes(fields, spacing, origin))
    columns = [*(axis.ravel() for axis in np.meshgrid(z, x, indexing="ij"))]
    columns += [values.ravel() for values, _ in fields.values()]
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["z", "x", *fields])
        writer.writerows(zip(*(column.tolist() for column in columns), strict=True))


def _write_npz(fields: Fields, spacing: Pair, origin: Pair, path: Path) -> None:
    arrays: dict[str, Any] = {name: values for name, (values, _) in fields.items()}
    with open(path, "wb") as file:
        np.savez_compressed(file, spacing=spacing, origin=origin, **arrays)
