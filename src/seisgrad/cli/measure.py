"""``seisgrad measure``: the group velocity of a surface wave on a record whose source and station are
known."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seisgrad.cli.choices import Wave
from seisgrad.cli.console import AsJson, Console, Quiet
from seisgrad.cli.outputs import check_file, whole_file
from seisgrad.errors import InputError, WorkError

if TYPE_CHECKING:
    from seisgrad.dispersion.measure import Measurement

EXAMPLE = (
    "Example: seisgrad measure kono.mseed --event 13.049,-88.66,60,2001-01-13T17:33:32.4 --station "
    "59.649,9.598 "
    "--wave love --out love.csv --figure love.png"
)


def measure(
    records: Annotated[
        list[Path],
        typer.Argument(
            help="Files in any format that ObsPy reads; Love needs both horizontals.", metavar="RECORD..."
        ),
    ],
    event: Annotated[str, typer.Option(help="Source in degrees, km and UTC.", metavar="LAT,LON,DEPTH,TIME")],
    station: Annotated[str, typer.Option(help="Station in degrees.", metavar="LAT,LON")],
    out: Annotated[
        Path, typer.Option(help="Curves to write: .csv, .dsp (CPS surf96) or .nc.", metavar="FILE")
    ],
    wave: Annotated[
        Wave, typer.Option(help="Rayleigh from the vertical, Love from the transverse.")
    ] = "rayleigh",
    response: Annotated[
        Path | None, typer.Option(help="Instrument response (StationXML, RESP) to remove.", metavar="FILE")
    ] = None,
    figure: Annotated[
        Path | None, typer.Option(help="Also draw the time-frequency image and its picks.", metavar="FILE")
    ] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Measure the group velocity of a Rayleigh or Love wave by multiple-filter analysis."""
    check_file(out, (".csv", ".dsp", ".disp", ".surf96", ".nc"))
    if figure:
        check_file(figure, (".png", ".pdf", ".svg"), option="--figure")
    source, place = _words(event, "--event", 4), _words(station, "--station", 2)

    from seisgrad.dispersion import Event, Station, write_curves
    from seisgrad.dispersion import measure as measure_group

    *numbers, time = source
    origin = Event(*_numbers(numbers, "--event", event), time=time)
    receiver = Station(*_numbers(place, "--station", station))
    with Console(1, quiet=quiet, as_json=as_json) as console:
        with console.step(f"Measure the {wave} wave"):
            result = measure_group(records, origin, receiver, wave, response=response)
            if not bool(result.good.any()):
                raise WorkError(_nothing_picked(result))
        with whole_file(out) as path:
            write_curves(result.curves, path)
        if figure:
            _draw(result, figure)
        summary = _summary(result, out, figure)
        console.finish(summary, *_lines(summary, result))


def _words(text: str, option: str, number: int) -> list[str]:
    words = [word.strip() for word in text.split(",")]
    if len(words) != number:
        expected = {4: "LAT,LON,DEPTH,TIME", 2: "LAT,LON"}[number]
        raise InputError(
            f"{option} {text}: {len(words)} values between commas, expected {number}, {expected}"
        )
    return words


def _numbers(words: list[str], option: str, text: str) -> list[float]:
    try:
        return [float(word) for word in words]
    except ValueError as error:
        wrong = next(word for word in words if not _reads_as_number(word))
        raise InputError(
            f"{option} {text}: {wrong!r} is no number, expected degrees (and km for the depth)"
        ) from error


def _reads_as_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _nothing_picked(result: "Measurement") -> str:
    reasons = sorted({reason for text in result.reasons for reason in text.split(", ")})
    return (
        f"no period of the {result.wave} wave gave a group velocity without a flag ({', '.join(reasons)}); "
        f"look at "
        "the record and at the event's and station's coordinates"
    )


def _draw(result: "Measurement", path: Path) -> None:
    from matplotlib.figure import Figure

    from seisgrad import plot

    figure = Figure(figsize=(7.5, 5.0), layout="constrained")
    plot.time_frequency(figure.add_subplot(), result)
    with whole_file(path) as draft:
        figure.savefig(draft, dpi=160)


def _summary(result: "Measurement", out: Path, figure: Path | None) -> dict:
    flagged = [
        {"period": float(period), "reasons": reason}
        for period, reason, good in zip(result.period, result.reasons, result.good, strict=True)
        if not good
    ]
    files = {"curves": out} | ({"figure": figure} if figure else {})
    return {
        "wave": result.wave,
        "distance_km": result.distance_km,
        "azimuth": result.azimuth,
        "period": result.period[result.good],
        "velocity": result.velocity[result.good],
        "sigma": result.sigma[result.good],
        "flagged": flagged,
        "files": files,
    }


def _lines(summary: dict, result: "Measurement") -> list[str]:
    period = summary["period"]
    picked = (
        f"{len(period)} group velocities of the {result.wave} wave, {float(period.min()):.3g} to "
        f"{float(period.max()):.3g} s, over {result.distance_km:.0f} km"
    )
    left_out = f"{len(summary['flagged'])} periods were flagged and left out" if summary["flagged"] else ""
    return [
        line for line in (picked, left_out, *(f"wrote {file}" for file in summary["files"].values())) if line
    ]
