"""What a file holds, as far as its first bytes, its header and the names in it tell: by content, not by name."""

import csv
import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from seisgrad._lazy import extra
from seisgrad.errors import InputError

Form = Literal["table", "text", "netcdf", "arrays", "array", "raw", "zarr", "json", "xml", "folder"]


@dataclass(frozen=True)
class Contents:
    """A first look into a file.

    Attributes:
        path: of the file or the folder.
        form: ``table`` is text whose first line names its columns; ``arrays`` is a file of named NumPy arrays and
            ``array`` one of a single one; ``raw`` is bytes that say nothing of themselves.
        names: of columns in lower case, variables, arrays, groups or entries; the root of XML; the files in a folder.
        axes: the axes of each variable of NetCDF.
        attributes: of NetCDF or Zarr.
        first: the first line of text that is neither blank nor a comment.
    """

    path: Path
    form: Form
    names: tuple[str, ...] = ()
    axes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)
    first: str = ""

    def has(self, *names: str) -> bool:
        """Whether all of these names are there."""
        return set(names) <= set(self.names)


def look(path: Path) -> Contents:
    """A first look.

    Raises:
        InputError: nothing is there, or it cannot be read.
    """
    if not path.exists():
        raise InputError(f"{path}: there is no such file; check the path")
    try:
        return _look_in_folder(path) if path.is_dir() else _look_in_file(path)
    except (OSError, zipfile.BadZipFile, json.JSONDecodeError) as error:  # not there, or cut short
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{path}: cannot be read ({reason}); check the file") from error


def _look_in_folder(path: Path) -> Contents:
    if not any((path / name).exists() for name in ("zarr.json", ".zgroup", ".zattrs")):
        return Contents(path, "folder", tuple(sorted(file.name for file in path.iterdir())))
    with extra("datasets"):
        import zarr

    group = zarr.open_group(path, mode="r")
    return Contents(path, "zarr", tuple(group.keys()), attributes=dict(group.attrs))


def _look_in_file(path: Path) -> Contents:
    with path.open("rb") as file:
        begin = file.read(64)
    if begin.startswith(b"\x89HDF"):
        return _look_in_netcdf(path)
    if begin.startswith(b"CDF"):
        raise InputError(
            f"{path} is NetCDF of the classic format, expected NetCDF-4; convert it (nccopy -k nc4)"
        )
    if begin.startswith(b"\x93NUMPY"):
        return Contents(path, "array")
    if begin.startswith(b"PK\x03\x04"):
        import numpy as np

        with np.load(path) as archive:
            return Contents(path, "arrays", tuple(archive.files))
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return Contents(path, "raw")
    return _look_in_text(path, text)


def _look_in_netcdf(path: Path) -> Contents:
    import h5netcdf

    with h5netcdf.File(path, "r") as file:
        axes = {str(name): tuple(map(str, variable.dimensions)) for name, variable in file.variables.items()}
        return Contents(path, "netcdf", tuple(axes), axes, dict(file.attrs))


def _look_in_text(path: Path, text: str) -> Contents:
    lines = (line.strip() for line in text.splitlines())
    first = next((line for line in lines if line and not line.startswith("#")), "")
    if first.startswith("<"):
        root = re.search(r"<(?![?!])(?:[\w.-]+:)?([\w.-]+)", text)
        return Contents(path, "xml", (root[1],) if root else (), first=first)
    if first.startswith("{"):
        try:
            return Contents(path, "json", tuple(json.loads(text)), first=first)
        except ValueError as error:
            raise InputError(f"{path} begins as JSON and is none ({error}); write it anew") from error
    delimiter = next((mark for mark in ",;\t" if mark in first), ",")
    words = [word.strip().lower() for word in next(csv.reader([first], delimiter=delimiter), [])]
    if len(words) > 1 and not any(_is_number(word) for word in words):
        return Contents(path, "table", tuple(words), first=first)
    return Contents(path, "text", first=first)


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
