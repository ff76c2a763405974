"""``seisgrad noise curves``: phase or group velocities of many pairs as one table of picks, ready to invert."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from seisgrad._lazy import require
from seisgrad.cli.choices import Wave, number
from seisgrad.cli.console import AsJson, Console, Quiet
from seisgrad.cli.options_file import Config
from seisgrad.cli.outputs import check_file
from seisgrad.cli.periods import parse_periods
from seisgrad.cli.progress import SampleBar
from seisgrad.errors import InputError, WorkError

if TYPE_CHECKING:
    from seisgrad.noise import Correlations, NoiseCurves, Reference

EXAMPLE = (
    "Example: seisgrad noise curves egf.zarr --wave rayleigh --kind phase --periods 1:8:0.5 --reference ak135 "
    "--out curves.csv"
)
_ROW = 2e-7
"""GB of the row of a pick, or of a rejection with its reason."""


def curves(
    egf: Annotated[Path, typer.Argument(help="Green's functions of kind EGF.", metavar="egf.zarr")],
    out: Annotated[
        Path,
        typer.Option(
            help="Picks to write, .csv or .nc, a site for each pair; beside it X.rejected.csv says what was left out; "
            "those of an earlier run go.",
            metavar="FILE",
        ),
    ],
    wave: Annotated[Wave, typer.Option(help="Rayleigh from ZZ, Love from TT.")] = "rayleigh",
    kind: Annotated[Literal["phase", "group"], typer.Option(help="Which velocity.")] = "phase",
    periods: Annotated[
        str, typer.Option(help="first:last:step or a,b,c, in s.", metavar="PERIODS")
    ] = "1:20:0.5",
    reference: Annotated[
        str | None,
        typer.Option(
            help="What phase velocity is expected, which tells the number of waves: a model (file, prem or ak135), or "
            "curves of the region (CSV).  [default: ak135]",
            metavar="MODEL|CURVES",
            show_default=False,
        ),
    ] = None,
    band: Annotated[
        float, typer.Option(help="Relative deviation expected from it.", parser=number, metavar="SHARE")
    ] = 0.15,
    component: Annotated[
        str | None, typer.Option(help="Another than ZZ or TT: ZR, RZ or RR.", metavar="NAME")
    ] = None,
    method: Annotated[
        Literal["phase", "zeros"],
        typer.Option(help="Of phase velocities: the phase from A to B, or zero crossings of the spectrum."),
    ] = "phase",
    velocities: Annotated[
        str, typer.Option(help="Slowest and fastest group velocity, km/s.", metavar="SLOW,FAST")
    ] = "1,5",
    wavelengths: Annotated[
        float, typer.Option(help="Least distance of phase velocities.", parser=number, metavar="N")
    ] = 1.5,
    snr: Annotated[
        float,
        typer.Option(
            help="Least signal over noise of phase velocities; sigma grows as it falls.",
            parser=number,
            metavar="N",
        ),
    ] = 1.0,
    doubt: Annotated[
        float,
        typer.Option(help="Highest probability of another number of waves.", parser=number, metavar="SHARE"),
    ] = 0.5,
    alpha: Annotated[
        float | None,
        typer.Option(
            help="Of the filters of group velocities; small ones are wide.  [default: 8 to 100 as the path is long]",
            parser=number,
            metavar="A",
            show_default=False,
        ),
    ] = None,
    config: Config = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Measure phase or group velocities between all pairs of stations."""
    seconds, window = parse_periods(periods), two_numbers(velocities)
    check_file(out, (".csv", ".nc"))

    require("datasets", "records")
    import numpy as np

    from seisgrad.noise import measure_curves, write_noise_curves

    if kind == "group" and (reference is not None or method == "zeros"):
        raise InputError("--reference and --method are for phase velocities, not for --kind group")
    expected = (
        None
        if kind == "group"
        else read_reference(reference or "ak135", wave, (seconds[0], seconds[-1]), band)
    )
    green = read_kinds(egf, "EGF")
    pairs, console = len(green.pairs), Console(quiet=quiet, as_json=as_json)
    with SampleBar(shown=not quiet and not as_json, unit="pairs") as bar:

        def seen(done: int) -> None:
            bar.update(0, done, pairs)
            console.forecast.shared(done / pairs, pairs * len(seconds) * _ROW, out)

        found = measure_curves(
            green,
            kind,
            periods=np.array(seconds),
            component=component,
            wave=wave,
            reference=expected,
            method=method,
            velocities=window,
            wavelengths=wavelengths,
            lowest_snr=snr,
            highest_doubt=doubt,
            alpha=alpha,
            seen=seen,
        )
    table = write_noise_curves(found, out)
    if not len(found.curves):
        raise WorkError(f"no pair gave a {kind} velocity that can be trusted; {table} says why")
    _tell(found, pairs, out, table, console)


def read_kinds(path: Path, *kinds: str) -> "Correlations":
    """Green's functions of one of some kinds; the complaint says which command makes them."""
    from seisgrad.noise import read_correlations

    found = read_correlations(path)
    if found.kind not in kinds:
        option = "" if "EGF" in kinds else " --two-dimensional"
        raise InputError(
            f"{path} holds kind {found.kind}, expected {' or '.join(kinds)}: seisgrad noise egf{option} makes it of "
            "kind C"
        )
    return found


def read_reference(text: str, wave: Wave, periods: tuple[float, float], band: float) -> "Reference":
    """What is expected, from a model by file or name, or from a table of curves; around periods in s."""
    from seisgrad.dispersion import read_curves
    from seisgrad.earth import read_model
    from seisgrad.noise import Reference

    path = Path(text)
    if path.is_file() and path.suffix == ".csv":
        with path.open(encoding="utf-8") as file:
            if "velocity" in next((line for line in file if not line.startswith("#")), "").lower():
                return Reference.of_curves(read_curves(path, sigma=0.1), wave, band)
    return Reference.of_model(read_model(text), wave, (periods[0] / 1.5, 1.5 * periods[1]), band)


def two_numbers(text: str) -> tuple[float, float]:
    """The two group velocities of --velocities, km/s."""
    try:
        slow, fast = map(float, text.split(","))
    except ValueError as error:
        raise InputError(f"--velocities {text} is no two numbers, expected km/s such as 1,5") from error
    if not 0 < slow < fast <= 20:
        raise InputError(
            f"--velocities {text}: expected the slower first, above 0 and up to 20 km/s, such as 1,5"
        )
    return slow, fast


def _tell(found: "NoiseCurves", pairs: int, out: Path, table: Path, console: Console) -> None:
    curves = found.curves
    summary = {
        "picks": len(curves),
        "pairs": pairs,
        "measured": len(curves.sites),
        "rejected": len(found.rejected),
        "files": {"curves": out, "rejected": table},
    }
    console.finish(
        summary,
        f"{len(curves)} picks of {len(curves.sites)} of {pairs} pairs, {float(curves.period.min()):.3g} to "
        f"{float(curves.period.max()):.3g} s",
        f"{len(found.rejected)} rejections, see {table}",
        f"wrote {out}",
    )
