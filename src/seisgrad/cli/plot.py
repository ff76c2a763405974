"""``seisgrad plot``: a picture of any result file."""

from pathlib import Path
from typing import Annotated

import typer

from seisgrad.cli.console import AsJson, Console, Quiet
from seisgrad.cli.contents import look
from seisgrad.cli.outputs import check_file, whole_file
from seisgrad.errors import InputError

EXAMPLE = "Example: seisgrad plot inversion/posterior.nc --out posterior.png"


def plot(
    file: Annotated[
        Path,
        typer.Argument(
            help="A file or a Zarr store that a command has written, or one that a command reads: models, curves, "
            "kernels, posteriors, sections, spectra, correlations, datasets, mechanisms, tables.",
            metavar="FILE",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            help="Picture to write, .png, .pdf or .svg; by default the name of FILE with .png, here.",
            show_default=False,
            metavar="FILE",
        ),
    ] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Draw a result file; what it is, is told from what it holds, not from its name."""
    contents = look(file)
    target = check_file(Path(f"{file.stem}.png") if out is None else out, (".png", ".pdf", ".svg"))
    if target.exists() and target.samefile(file):
        raise InputError(f"{target} is the file to draw itself; give another --out")

    from seisgrad.cli.drawings import drawing_of

    drawing = drawing_of(contents)
    with Console(1, quiet=quiet, as_json=as_json) as console:
        with console.step(f"Draw {drawing.name}"), whole_file(target) as path:
            drawing.draw(contents).savefig(path, dpi=150, facecolor="white")
        summary = {"kind": drawing.name, "files": {"figure": target}}
        console.finish(summary, f"{file}: {drawing.name}", f"wrote {target}")
