"""Models as TauP's `.nd` (named discontinuities) and `.tvel` files: nodes in depth, linear in between.

The formats are those of the TauP Toolkit (H. P. Crotwell, T. J. Owens & J. Ritsema, 1999, Seism. Res. Lett. 70,
154-160). Both describe a whole planet; what is read here is the part above its fluid core.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, pairwise

import numpy as np

from seisgrad.earth.formats.text import Line, Row, content, shorten
from seisgrad.earth.layered import LayeredModel
from seisgrad.earth.profile import Nodes, layers_from_nodes
from seisgrad.earth.validation import LayerValues, describe_fault
from seisgrad.errors import InputError

_CORE = ("outer-core", "cmb")
_BELOW_CORE = ("inner-core", "icocb", "iocb")
_NAMES = ("mantle", "moho", *_CORE, *_BELOW_CORE)
_TVEL_HEADER_LINES = 2
# A fluid below rock is the core where it begins deeper than this, km, and a mistake where it does not.
_CORE_DEPTH = 1000.0
# No planet is larger, km; it also bounds the number of layers that a gradient can ask for.
_MAX_DEPTH = 1e5


def read_nd(lines: Sequence[Line], step: float) -> LayeredModel:
    """A model from the lines of a `.nd` file: `depth vp vs rho [qp qs]`, with names of discontinuities in between.

    Velocities and density change linearly between nodes, and two nodes at one depth are a discontinuity. A gradient
    becomes layers at most `step` km thick that keep travel time and mass. The half-space has the properties of the
    last node, or of the bottom of the mantle where the file holds a core: everything from the word `outer-core` or
    `cmb` on is left out, and without it everything from the first fluid under rock that lies below 1000 km.

    Raises:
        InputError: anything else, with the line.
    """
    rows: list[Row] = []
    for line in content(lines, comments=("#", "//")):
        name = line.text.lower().replace(" ", "-")
        if name in _CORE:
            break
        if name not in _NAMES:
            rows.append(_node(line, most=6))
    return _model(lines, rows, step)


def read_tvel(lines: Sequence[Line], step: float) -> LayeredModel:
    """A model from the lines of a `.tvel` file: two lines of any text, then `depth vp vs rho`.

    Everything else is as in :func:`read_nd`.

    Raises:
        InputError: a malformed file, with the line; also a file without its two lines of text.
    """
    for line in lines[:_TVEL_HEADER_LINES]:
        if line.numeric():
            raise line.error(
                f"there are values, {shorten(line.text.strip())}, expected two lines of text; add them"
            )
    return _model(lines, [_node(line, most=4) for line in content(lines[_TVEL_HEADER_LINES:])], step)


def write_nd(model: LayeredModel) -> str:
    """The text of a `.nd` file: each layer a stretch of constant properties."""
    return "\n".join([*_stretches(model), ""])


def write_tvel(model: LayeredModel) -> str:
    """The text of a `.tvel` file: each layer a stretch of constant properties."""
    return "\n".join([f"seisgrad model of {model.layers} layers", "depth vp vs rho", *_stretches(model), ""])


def _stretches(model: LayeredModel) -> list[str]:
    """Two nodes per layer, one for the half-space: depth, km, vp, vs, km/s, rho, g/cm3."""
    depth = model.depth.tolist()
    properties = list(zip(*(field.tolist() for field in model.to_numpy()[1:]), strict=True))
    finite = zip(pairwise(depth), properties, strict=False)
    nodes = chain.from_iterable(((top, *p), (bottom, *p)) for (top, bottom), p in finite)
    return [" ".join(f"{value!r:>12}" for value in node) for node in (*nodes, (depth[-1], *properties[-1]))]


def _node(line: Line, *, most: int) -> Row:
    """One node: its depth stands where a layer has its thickness."""
    fields = line.text.split()
    if not any(character.isdigit() for character in line.text):
        raise line.error(
            f"{shorten(line.text)} is no node and no name of a discontinuity, expected depth vp vs rho or one of "
            f"{', '.join(_NAMES)}"
        )
    if len(fields) == 3:
        raise line.error(
            f"no density in {shorten(line.text)}, expected depth vp vs rho; add the density in g/cm3"
        )
    if not 4 <= len(fields) <= most:
        raise line.error(
            f"{len(fields)} values in {shorten(line.text)}, expected depth vp vs rho; correct the line"
        )
    names = (("depth", "km"), ("vp", "km/s"), ("vs", "km/s"), ("rho", "g/cm3"), ("qp", ""), ("qs", ""))
    values = [line.parse(field, *name) for field, name in zip(fields, names, strict=False)]
    return Row(line, *values[:4])


def _model(lines: Sequence[Line], rows: list[Row], step: float) -> LayeredModel:
    rows = _above_core(rows)
    if not rows:
        raise InputError(f"{lines[0].path}: the file holds no node, expected lines of depth vp vs rho.")
    _check_nodes(rows)
    for upper, lower in pairwise(rows):
        _check_stretch(upper, lower)
    if rows[-1].vs == 0.0:
        raise rows[-1].line.error(
            "the last node, the half-space, has vs 0, expected rock below the water; add it"
        )
    return layers_from_nodes(Nodes(*np.array([row[1:] for row in rows]).T), step)


def _above_core(rows: list[Row]) -> list[Row]:
    """The nodes before the first fluid under rock that lies deep enough to be a core."""
    for place, (upper, lower) in enumerate(pairwise(rows), start=1):
        if lower.vs == 0.0 < upper.vs and lower.thickness > _CORE_DEPTH:
            return rows[:place]
    return rows


def _check_nodes(rows: list[Row]) -> None:
    for row in rows:
        if not 0.0 <= row.thickness <= _MAX_DEPTH:
            raise row.line.error(
                f"depth is {row.thickness:g} km, expected a number from 0 to {_MAX_DEPTH:g} km, inside a planet; "
                "correct it"
            )
        if said := describe_fault(LayerValues(None, *row[2:])):
            raise row.line.error(said)
    if rows[0].thickness != 0.0:
        raise rows[0].line.error(
            f"the first node is at {rows[0].thickness:g} km, expected depth 0; add the surface"
        )


def _check_stretch(upper: Row, lower: Row) -> None:
    """Depth does not decrease, no layer is half fluid, and there is no fluid under rock."""
    if lower.thickness < upper.thickness:
        raise lower.line.error(
            f"depth is {lower.thickness:g} km after {upper.thickness:g} km, expected depths that do not decrease; "
            "sort the nodes"
        )
    if upper.vs == 0.0 < lower.vs and lower.thickness > upper.thickness:
        raise lower.line.error(
            f"vs goes from 0 to {lower.vs:g} km/s over {lower.thickness - upper.thickness:g} km, expected a sea floor; "
            "repeat the depth with the values on both sides"
        )
    if lower.vs == 0.0 < upper.vs:
        raise lower.line.error(
            f"there is fluid (vs 0) under rock at {lower.thickness:g} km, expected water on top only, or a core below "
            f"{_CORE_DEPTH:g} km; give vs a small positive value"
        )
