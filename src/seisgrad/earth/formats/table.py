"""Models as CSV: a header `thickness,vp,vs,rho` (or `depth` for thickness), one row per layer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from seisgrad.earth.formats.text import Line, Row, content, model_from_rows, shorten
from seisgrad.earth.layered import LayeredModel
from seisgrad.errors import InputError

_PROPERTIES = {"vp": "km/s", "vs": "km/s", "rho": "g/cm3"}


def read(lines: Sequence[Line]) -> LayeredModel:
    """A model from comma-separated lines in km, km/s and g/cm3; `#` starts a comment.

    The header names the columns `thickness` (or `depth`, the tops of the layers), `vp`, `vs` and `rho` in any order;
    other columns are not read. The last row is the half-space: its thickness is 0, empty or any number, and not used.

    Raises:
        InputError: anything else, with the line.
    """
    body = list(content(lines))
    if not body:
        raise InputError(
            f"{lines[0].path}: the file is empty, expected the header thickness,vp,vs,rho and layers."
        )
    header, *rows = body
    columns = _columns(header)
    if not rows:
        raise header.error("no layer follows the header, expected one row per layer, the half-space last")
    layers = [_row(line, columns, half_space=line is rows[-1]) for line in rows]
    return model_from_rows(layers if "thickness" in columns else _from_tops(layers))


def write(model: LayeredModel) -> str:
    """The text of a CSV file; numbers are read back exactly."""
    rows = zip(*(field.tolist() for field in model.to_numpy()), strict=True)
    return "\n".join(["thickness,vp,vs,rho", *(",".join(map(repr, row)) for row in rows), ""])


def _columns(header: Line) -> list[str]:
    """The names of the columns, lower case, if all that is needed is there once."""
    expected = "expected the header thickness,vp,vs,rho with commas between (km, km/s, km/s, g/cm3)"
    if header.numeric():
        raise header.error(f"the first row is {shorten(header.text)}, {expected}; add it")
    names = [name.strip().strip('"').strip().lower() for name in header.text.split(",")]
    missing = [name for name in _PROPERTIES if name not in names]
    if "thickness" not in names and "depth" not in names:
        missing.insert(0, "thickness")
    if missing:
        raise header.error(
            f"there is no column {' and no column '.join(missing)} in {shorten(header.text)}, {expected}"
        )
    for name in ("thickness", "depth", *_PROPERTIES):
        if names.count(name) > 1:
            raise header.error(f"the column {name} is there {names.count(name)} times, {expected}; keep one")
    return names


def _row(line: Line, columns: list[str], *, half_space: bool) -> Row:
    """The values of one row; the first is the depth of the top where the file gives no thickness."""
    fields = [field.strip() for field in line.text.split(",")]
    if len(fields) != len(columns):
        raise line.error(
            f"{len(fields)} values in {shorten(line.text)}, expected {len(columns)}: {','.join(columns)}"
        )
    named = dict(zip(columns, fields, strict=True))
    properties = (line.parse(named[name], name, unit) for name, unit in _PROPERTIES.items())
    if "thickness" not in named:
        return Row(line, line.parse(named["depth"], "depth", "km"), *properties)
    return Row(line, _thickness(line, named["thickness"], half_space), *properties)


def _thickness(line: Line, field: str, half_space: bool) -> float:
    if not half_space:
        return line.parse(field, "thickness", "km")
    value = line.parse(field, "thickness", "km") if field else 0.0
    if not (math.isfinite(value) and value >= 0.0):
        raise line.error(f"thickness of the last row, the half-space, is {field}, expected 0 or nothing")
    return 0.0


def _from_tops(rows: list[Row]) -> list[Row]:
    """The same rows with thicknesses where they hold the depths of their tops."""
    if rows[0].thickness != 0.0:
        raise rows[0].line.error(f"depth is {rows[0].thickness:g} km, expected 0: the top of the first layer")
    for upper, lower in pairwise(rows):
        if not lower.thickness > upper.thickness:
            raise lower.line.error(
                f"depth is {lower.thickness:g} km after {upper.thickness:g} km, expected tops of layers that increase; "
                "sort the rows"
            )
    tops = [row.thickness for row in rows]
    thickness = [*(b - a for a, b in pairwise(tops)), 0.0]
    return [row._replace(thickness=h) for row, h in zip(rows, thickness, strict=True)]
