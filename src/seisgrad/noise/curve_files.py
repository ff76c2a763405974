"""Files of measured curves: the table of picks, and beside it that of what was left out; always both of one run."""

import csv
import math
import os
import tempfile
from collections.abc import Iterable
from dataclasses import astuple, fields
from pathlib import Path

from seisgrad.dispersion import write_curves
from seisgrad.errors import InputError
from seisgrad.noise.curves import LeftOut, NoiseCurves


def left_out_file(path: str | os.PathLike[str]) -> Path:
    """Where what was left out stands: ``curves.rejected.csv`` beside ``curves.csv``, else ``X.nc.rejected.csv``."""
    out = Path(path)
    return out.with_name(f"{out.stem if out.suffix == '.csv' else out.name}.rejected.csv")


def write_noise_curves(found: NoiseCurves, path: str | os.PathLike[str]) -> Path:
    """The picks, and :func:`left_out_file`; a file of picks that is there goes if there is no pick now.

    A CSV of picks has the columns of :func:`seisgrad.dispersion.write_curves`, and ``snr``, ``doubt`` and ``zeros`` as
    :class:`NoiseCurves` tells them, empty where NaN; readers of curves pass over these.

    Whatever is interrupted, picks of one run never stand beside what another one left out: the old picks go first, and
    the new ones come last.

    Returns:
        The file of what was left out.

    Raises:
        InputError: the files cannot be written.
    """
    out, table = Path(path), left_out_file(path)
    try:
        with tempfile.TemporaryDirectory(prefix=".seisgrad-", dir=out.parent) as folder:
            picks, rejected = Path(folder) / out.name, Path(folder) / table.name
            if len(found.curves):
                write_curves(found.curves, picks)
                if out.suffix == ".csv":
                    _append(picks, found)
            _write_left_out(found.rejected, rejected)
            out.unlink(missing_ok=True)
            os.replace(rejected, table)
            if len(found.curves):
                os.replace(picks, out)
    except OSError as error:
        raise InputError(
            f"{out} cannot be written ({error.strerror or error}); choose another place"
        ) from error
    return table


def read_left_out(path: str | os.PathLike[str]) -> list[LeftOut]:
    """A table of what was left out."""
    with open(path, newline="", encoding="utf-8") as file:
        return [
            LeftOut(row["pair"], float(row["period"] or "nan"), row["flag"], row["reason"])
            for row in csv.DictReader(file)
        ]


def _append(path: Path, found: NoiseCurves) -> None:
    """Further columns behind those of a CSV file of picks."""
    with path.open(newline="", encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    columns = {"snr": found.snr, "doubt": found.doubt, "zeros": found.zeros}
    values = zip(*(column.tolist() for column in columns.values()), strict=True)
    _write(
        path,
        [*head, *columns],
        ([*row, *map(_number, more)] for row, more in zip(rows, values, strict=True)),
    )


def _write_left_out(rejected: Iterable[LeftOut], path: Path) -> None:
    names = [field.name for field in fields(LeftOut)]
    rows = (astuple(each) for each in rejected)
    _write(path, names, ([pair, _number(period), *words] for pair, period, *words in rows))


def _write(path: Path, head: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(head)
        writer.writerows(rows)


def _number(value: float) -> str:
    return f"{value:.4g}" if math.isfinite(value) else ""
