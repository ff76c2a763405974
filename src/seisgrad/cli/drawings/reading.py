"""Result files as columns and arrays, for those who draw them."""

import csv
import math
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from seisgrad.errors import InputError

if TYPE_CHECKING:
    from xarray import Dataset


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a table by the names of its columns.

    Raises:
        InputError: a table without a row.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(line for line in file if line.strip() and not line.startswith("#")))
    if not rows:
        raise InputError(f"{path} has a header and no row below it, so there is nothing to draw")
    return rows


def numbers(rows: list[dict[str, str]], name: str, path: Path) -> Float[Tensor, " row"]:
    """A column as numbers, NaN where a cell is empty.

    Raises:
        InputError: a cell that is no number; it is named.
    """
    found = []
    for number, row in enumerate(rows, start=2):
        cell = (row.get(name) or "").strip()
        try:
            found.append(float(cell) if cell else math.nan)
        except ValueError:
            raise InputError(f"{path}, row {number}: {name} is {cell[:40]!r}, expected a number") from None
    return torch.tensor(found, dtype=torch.float64)


def check_any(found: Bool[Tensor, "..."], path: Path, what: str) -> None:
    """Refuse an empty figure.

    Raises:
        InputError: nothing is found of what would be drawn.
    """
    if not bool(found.any()):
        raise InputError(f"{path} holds no {what}, so there is nothing to draw")


def netcdf(path: Path) -> "Dataset":
    """A NetCDF file, all of it.

    Raises:
        InputError: a damaged file.
    """
    import xarray

    try:
        return xarray.load_dataset(path, engine="h5netcdf")
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise InputError(f"{path} cannot be read as NetCDF ({error}); make it again") from error


def tensor(data: "Dataset", name: str, *axes: str) -> Tensor:
    """A variable with its axes in this order, in double precision."""
    variable = data[name].transpose(*axes) if axes else data[name]
    return torch.tensor(variable.values, dtype=torch.float64)
