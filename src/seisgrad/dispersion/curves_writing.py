"""Writing files of dispersion picks: CSV, CPS surf96 lines and NetCDF, each whole or not at all."""

import csv
import math
import uuid
from collections.abc import Callable
from pathlib import Path

import numpy as np

from seisgrad.dispersion.curves_reading import HEADER, KINDS, PLACE, WAVES
from seisgrad.dispersion.picks import Pick
from seisgrad.errors import InputError


def write_picks(picks: list[Pick], path: Path) -> None:
    """Write picks to a file, whole or not at all; see :func:`seisgrad.dispersion.write_curves`."""
    writers: dict[str, Callable[[list[Pick], Path], None]] = {
        ".csv": _write_csv,
        ".nc": _write_netcdf,
        ".dsp": _write_surf96,
        ".disp": _write_surf96,
        ".surf96": _write_surf96,
    }
    write = writers.get(path.suffix.lower())
    if write is None:
        raise InputError(
            f"cannot tell the format of {path.name!r} from its suffix, expected {', '.join(writers)}"
        )
    if not picks:
        raise InputError(f"there is no dispersion pick to write to {path}: measure or read some first")
    if not path.parent.is_dir():
        raise InputError(f"cannot write {path}: the folder {path.parent} does not exist, so make it first")
    scratch = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    try:
        write(picks, scratch)
        scratch.replace(path)
    except OSError as error:
        raise InputError(
            f"cannot write {path}: {error.strerror or error}; check the folder's permissions"
        ) from error
    finally:
        scratch.unlink(missing_ok=True)


def _places(picks: list[Pick]) -> bool:
    return any(p.site or not math.isnan(p.latitude) or not math.isnan(p.longitude) for p in picks)


def _write_csv(picks: list[Pick], path: Path) -> None:
    names = HEADER + PLACE if _places(picks) else HEADER
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        for pick in picks:
            values = (getattr(pick, name) for name in names)
            writer.writerow("" if value != value else value for value in values)  # NaN differs from itself


def _write_surf96(picks: list[Pick], path: Path) -> None:
    waves = {name: letter for letter, name in WAVES.items()}
    kinds = {name: letter for letter, name in KINDS.items()}
    if _places(picks):
        raise InputError(
            "surf96 lines have no room for site, latitude and longitude: write .csv or .nc instead"
        )
    for pick in picks:
        if pick.kind not in kinds:
            raise InputError(
                f"surf96 lines cannot hold {pick.kind}, only phase and group: write .csv or .nc instead"
            )
    lines = (
        f"SURF96 {waves[p.wave]} {kinds[p.kind]} X {p.mode} {p.period:.10g} {p.velocity:.10g} {p.sigma:.10g}\n"
        for p in picks
    )
    path.write_text("".join(lines), encoding="utf-8")


def _write_netcdf(picks: list[Pick], path: Path) -> None:
    import xarray

    units = {"period": "s", "velocity": "km/s", "sigma": "km/s"}
    units |= {"latitude": "degrees_north", "longitude": "degrees_east"}
    names = HEADER + PLACE if _places(picks) else HEADER
    columns = {name: ("pick", np.array([getattr(p, name) for p in picks])) for name in names}
    dataset = xarray.Dataset(columns)
    for name in names:
        dataset[name].attrs["units"] = units.get(name, "1")
    dataset["velocity"].attrs["comment"] = "the ratio itself where kind is ellipticity"
    dataset.to_netcdf(path, engine="h5netcdf")
