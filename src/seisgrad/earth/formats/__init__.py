"""Models to and from files: CSV, CPS `model96`, TauP `.nd` and `.tvel`. Everything is km, km/s and g/cm3."""

from __future__ import annotations

import os
from pathlib import Path

from seisgrad.earth.formats import model96, table, taup
from seisgrad.earth.formats.text import read_lines, write_whole
from seisgrad.earth.layered import LayeredModel
from seisgrad.earth.profile import STEP, check_step
from seisgrad.earth.reference import REFERENCES, load_reference
from seisgrad.errors import InputError

_WRITERS = {
    ".csv": table.write,
    ".model96": model96.write,
    ".mod": model96.write,
    ".nd": taup.write_nd,
    ".tvel": taup.write_tvel,
}


def read_model(source: str | os.PathLike[str], *, step: float = STEP) -> LayeredModel:
    """A model by the name of a reference earth or from a file.

    Args:
        source: `prem` or `ak135` (with their defaults; a file of that name is `./prem`), or the path of a CSV file
            (`.csv`, header `thickness,vp,vs,rho`), a TauP `.nd` or `.tvel` file, or a CPS `model96` file (any other
            suffix: it is known by its first line).
        step: Greatest thickness, km, of the layers that stand for a gradient in a TauP file.

    Raises:
        InputError: no such file or name, or a malformed file: the sentence names the file, the line, what stands
            there, what was expected and what to do.
    """
    if isinstance(source, str) and source.strip().lower() in REFERENCES:
        return load_reference(source.strip().lower())
    path = Path(source)
    step = check_step(step)
    if not os.path.exists(path):  # unlike Path.exists, False for a name no file can have
        raise InputError(
            f"{path}: there is no such file; check the path, or give one of the names {', '.join(REFERENCES)}."
        )
    lines = read_lines(path)
    match path.suffix.lower():
        case ".csv":
            return table.read(lines)
        case ".nd":
            return taup.read_nd(lines, step)
        case ".tvel":
            return taup.read_tvel(lines, step)
        case suffix if suffix in _WRITERS or model96.recognise(lines):
            return model96.read(lines)
    raise InputError(
        f"{path}: the format is not known, expected {', '.join(_WRITERS)} or a model96 file that begins with MODEL; "
        "rename the file after what it holds."
    )


def write_model(model: LayeredModel, path: str | os.PathLike[str]) -> None:
    """Write one model in the format of the suffix: `.csv`, `.model96` or `.mod`, `.nd`, `.tvel`.

    Numbers are written so that they are read back exactly (TauP files hold depths: thicknesses come back to
    rounding). The file appears complete or not at all.

    Raises:
        InputError: the model is a batch, the suffix is not known, or the folder does not exist.
        WorkError: the disk refuses.
    """
    path = Path(path)
    if model.batch_shape:
        raise InputError(
            f"{path}: received a batch of shape {list(model.batch_shape)}, expected a single model; write model[i]."
        )
    if path.suffix.lower() not in _WRITERS:
        raise InputError(
            f"{path}: the suffix is {path.suffix!r}, expected one of {', '.join(_WRITERS)}; choose one."
        )
    write_whole(path, _WRITERS[path.suffix.lower()](model))
