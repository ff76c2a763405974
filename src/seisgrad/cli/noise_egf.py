"""``seisgrad noise egf``: from correlations to empirical Green's functions, of a point or of a line source."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from seisgrad._lazy import require
from seisgrad.cli.console import AsJson, Console, Quiet
from seisgrad.cli.options_file import Config
from seisgrad.cli.outputs import check_folder
from seisgrad.errors import InputError

if TYPE_CHECKING:
    from seisgrad.noise import Correlations

EXAMPLE = "Example: seisgrad noise egf cc.zarr --two-dimensional --out egf.zarr"


def egf(
    correlations: Annotated[
        Path,
        typer.Argument(
            help="Correlations as seisgrad noise correlate leaves them, or Green's functions to make two-dimensional; "
            "or a folder of text files A_B.dat of lag and both sides.",
            metavar="cc.zarr",
        ),
    ],
    out: Annotated[Path, typer.Option(help="Green's functions to write, as Zarr.", metavar="egf.zarr")],
    two_dimensional: Annotated[
        bool,
        typer.Option(
            "--two-dimensional",
            help="Those of a line source, e^{-iπ/4} later, which elastic inversion needs.",
        ),
    ] = False,
    text_kind: Annotated[
        Literal["C", "EGF"],
        typer.Option(help="What text files hold: correlations, or -dC/dt of them already."),
    ] = "C",
    config: Config = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Fold correlations and take -dC/dt; each conversion happens once, in this order."""
    if out.suffix != ".zarr":
        raise InputError(f"--out {out} ends in {out.suffix or 'nothing'}, expected .zarr")
    check_folder(out)

    require("datasets", "records")
    from seisgrad.noise import fold, to_egf, to_two_dimensional, write_correlations

    with Console(2, quiet=quiet, as_json=as_json) as console:
        with console.step("Read the correlations"):
            found = _read(correlations, text_kind)
        if found.kind == "EGF2D" or (found.kind == "EGF" and not two_dimensional and text_kind == "C"):
            raise InputError(f"{correlations} holds Green's functions of kind {found.kind} already")
        with console.step("Make Green's functions"):
            if found.kind == "C":
                found = to_egf(found if found.folded else fold(found))
            if two_dimensional:
                found = to_two_dimensional(found)
            write_correlations(found, out)
        summary = {
            "kind": found.kind,
            "pairs": len(found.pairs),
            "components": list(found.components),
            "lag": float(found.lag[-1]),
            "files": {"egf": out},
        }
        console.finish(
            summary,
            f"{len(found.pairs)} pairs, {', '.join(found.components)}, of kind {found.kind}, lags to "
            f"{found.lag[-1]:g} s",
            f"wrote {out}",
        )


def _read(path: Path, text_kind: Literal["C", "EGF"]) -> "Correlations":
    from seisgrad.noise import read_correlations, read_folded_text

    texts = sorted(path.glob("*.dat")) if path.is_dir() else []
    return read_folded_text(texts, text_kind) if texts else read_correlations(path)
