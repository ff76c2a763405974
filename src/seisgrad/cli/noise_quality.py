"""``seisgrad noise quality``: signal over noise, both lags, and the phase between Z and R, by pair and period."""

from pathlib import Path
from typing import Annotated

import typer

from seisgrad.cli.console import AsJson, Console, Quiet
from seisgrad.cli.noise_curves import two_numbers
from seisgrad.cli.options_file import Config
from seisgrad.cli.outputs import check_file, whole_file
from seisgrad.cli.periods import parse_periods
from seisgrad.errors import InputError

EXAMPLE = "Example: seisgrad noise quality egf.zarr --periods 1,2,4,8 --out quality.csv"


def quality(
    egf: Annotated[
        Path, typer.Argument(help="Green's functions as seisgrad noise egf makes them.", metavar="egf.zarr")
    ],
    out: Annotated[
        Path, typer.Option(help="Table to write, .csv, a row per pair, component and period.", metavar="FILE")
    ],
    periods: Annotated[str, typer.Option(help="first:last:step or a,b,c, in s.", metavar="PERIODS")],
    velocities: Annotated[
        str, typer.Option(help="Slowest and fastest group velocity, km/s.", metavar="SLOW,FAST")
    ] = "1,5",
    config: Config = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Tell how good Green's functions are."""
    seconds, window = parse_periods(periods), two_numbers(velocities)
    check_file(out, (".csv",))

    import numpy as np

    from seisgrad.noise import read_correlations, write_quality

    green = read_correlations(egf)
    if not green.folded:
        raise InputError(
            f"{egf} holds correlations that are not folded: seisgrad noise egf makes Green's functions of them"
        )
    with Console(1, quiet=quiet, as_json=as_json) as console:
        with console.step("Measure signal and noise"), whole_file(out) as path:
            rows = write_quality(green, np.array(seconds), window, path)
        console.finish(
            {"pairs": len(green.pairs), "rows": rows, "files": {"quality": out}},
            f"{rows} rows of {len(green.pairs)} pairs",
            f"wrote {out}",
        )
