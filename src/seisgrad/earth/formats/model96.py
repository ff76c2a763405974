"""Models as CPS `model96` files: twelve lines of header, then one layer a line, the half-space last.

The format is that of Computer Programs in Seismology (R. B. Herrmann, 2013, Seism. Res. Lett. 84, 1081-1088).
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence

from seisgrad.earth.formats.text import Line, Row, model_from_rows, shorten
from seisgrad.earth.layered import LayeredModel

_log = logging.getLogger(__name__)

_FIRST = "MODEL"
_HEADER_LINES = 12
_MOST_VALUES = 10
# Line of the header (from 1), what it must say, what to do about it.
_REQUIRED = (
    (3, ("ISOTROPIC",), "only isotropic models can be used"),
    (4, ("KGS",), "convert the values to km, km/s and g/cm3"),
    (5, ("FLAT EARTH", "SPHERICAL EARTH"), "name the geometry"),
    (6, ("1-D",), "only models that vary with depth alone can be used"),
    (7, ("CONSTANT VELOCITY",), "only layers of constant velocity can be used"),
)
_COLUMNS = ("H(KM)", "VP(KM/S)", "VS(KM/S)", "RHO(GM/CC)", "QP", "QS", "ETAP", "ETAS", "FREFP", "FREFS")


def recognise(lines: Sequence[Line]) -> bool:
    """True if the file begins as a model96 file does."""
    return lines[0].text.strip().upper().startswith(_FIRST)


def read(lines: Sequence[Line]) -> LayeredModel:
    """A model from the lines of a `model96` file.

    It must be isotropic, one-dimensional, of constant layers and in KGS units. Attenuation is not read. The thickness
    of the last layer, the half-space, is not used. SPHERICAL EARTH says how depths are meant: it is logged as a
    warning, for it is the computation that has to be told (`earth="spherical"`).

    Raises:
        InputError: anything else, with the line.
    """
    _check_header(lines)
    body = [line for line in lines[_HEADER_LINES:] if line.text.strip()]
    if not body:
        raise lines[-1].error(
            "the file ends without a layer, expected one line per layer, the half-space last"
        )
    return model_from_rows([_row(line, half_space=line is body[-1]) for line in body])


def write(model: LayeredModel) -> str:
    """The text of a flat-earth `model96` file without attenuation; numbers are read back exactly."""
    head = [
        "MODEL.01",
        f"seisgrad model of {model.layers} layers",
        *("ISOTROPIC", "KGS", "FLAT EARTH", "1-D", "CONSTANT VELOCITY"),
        *(f"LINE{number:02d}" for number in range(8, _HEADER_LINES)),
        " ".join(f"{name:>12}" for name in _COLUMNS),
    ]
    rest = " ".join(f"{value:>12}" for value in ("0.0", "0.0", "0.0", "0.0", "1.0", "1.0"))
    rows = zip(*(field.tolist() for field in model.to_numpy()), strict=True)
    body = (" ".join(f"{value!r:>12}" for value in row) + " " + rest for row in rows)
    # The column names stand on line 12, the last of the header.
    return "\n".join([*head[: _HEADER_LINES - 1], head[-1], *body, ""])


def _check_header(lines: Sequence[Line]) -> None:
    if not recognise(lines):
        raise lines[0].error(
            f"the file begins with {shorten(lines[0].text)}, expected MODEL.01, as model96 files do"
        )
    if len(lines) < _HEADER_LINES or not any(line.text.strip() for line in lines[_HEADER_LINES - 1 :]):
        last = max(line.number for line in lines if line.text.strip())
        raise lines[last - 1].error(
            f"the file ends within the header, expected {_HEADER_LINES} lines of header and then layers"
        )
    for number, words, advice in _REQUIRED:
        line = lines[number - 1]
        if " ".join(line.text.upper().split()) not in words:
            raise line.error(
                f"the header says {shorten(line.text.strip())}, expected {' or '.join(words)}; {advice}"
            )
    names = lines[_HEADER_LINES - 1]
    if names.numeric() or not names.text.strip().upper().startswith("H"):
        raise names.error(
            f"the last line of the header is {shorten(names.text.strip())}, expected the names of the columns, "
            "H VP VS RHO QP QS ETAP ETAS FREFP FREFS; layers start on line 13"
        )
    if lines[4].text.upper().split()[0] == "SPHERICAL":
        _log.warning("%s declares SPHERICAL EARTH: compute with earth='spherical'", lines[0].path)


def _row(line: Line, *, half_space: bool) -> Row:
    fields = line.text.split()
    if not len(Row._fields) - 1 <= len(fields) <= _MOST_VALUES:
        raise line.error(
            f"{len(fields)} values in {shorten(line.text.strip())}, expected H VP VS RHO and at most QP QS ETAP ETAS "
            "FREFP FREFS; correct the line"
        )
    units = ("km", "km/s", "km/s", "g/cm3", *[""] * (_MOST_VALUES - 4))
    names = ("thickness", "vp", "vs", "rho", *(name.lower() for name in _COLUMNS[4:]))
    thickness, *rest = (line.parse(f, n, u) for f, n, u in zip(fields, names, units, strict=False))
    if half_space and not (math.isfinite(thickness) and thickness >= 0.0):
        raise line.error(f"thickness of the last layer, the half-space, is {thickness:g}, expected 0")
    return Row(line, 0.0 if half_space else thickness, *rest[:3])
