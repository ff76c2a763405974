"""``seisgrad noise line``: from Green's functions along a line to the spectra that an elastic inversion takes."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seisgrad._lazy import require
from seisgrad.cli.choices import number
from seisgrad.cli.console import AsJson, Console, Quiet
from seisgrad.cli.noise_curves import read_kinds, read_reference, two_numbers
from seisgrad.cli.options_file import Config
from seisgrad.cli.outputs import check_file
from seisgrad.cli.periods import parse_frequencies

if TYPE_CHECKING:
    from seisgrad.noise import Line, LineSpectra

EXAMPLE = (
    "Example: seisgrad noise line egf.zarr --frequencies 0.1:0.5:0.05 --reference start.csv --out spectra.nc"
)


def line(
    egf: Annotated[
        Path,
        typer.Argument(
            help="Green's functions of kind EGF2D: seisgrad noise egf --two-dimensional.", metavar="egf.zarr"
        ),
    ],
    frequencies: Annotated[str, typer.Option(help="first:last:step or a,b,c, in Hz.", metavar="FREQUENCIES")],
    out: Annotated[Path, typer.Option(help="Spectra for seisgrad fwi elastic, .nc.", metavar="FILE")],
    reference: Annotated[
        str,
        typer.Option(
            help="Model or curves whose phase velocity tells the wavelength.", metavar="MODEL|CURVES"
        ),
    ],
    first: Annotated[
        float,
        typer.Option(help="Where the first station stands on the section, km.", parser=number, metavar="KM"),
    ] = 0.0,
    tolerance: Annotated[
        float,
        typer.Option(help="Farthest that a station may stand off the line, km.", parser=number, metavar="KM"),
    ] = 1.0,
    azimuth: Annotated[
        float | None,
        typer.Option(
            help="Of the line, degrees from north.  [default: the best one, eastward]",
            parser=number,
            metavar="DEGREES",
            show_default=False,
        ),
    ] = None,
    velocities: Annotated[
        str, typer.Option(help="Slowest and fastest group velocity, km/s.", metavar="SLOW,FAST")
    ] = "1,5",
    wavelengths: Annotated[float, typer.Option(help="Least distance.", parser=number, metavar="N")] = 1.5,
    snr: Annotated[float, typer.Option(help="Least signal over noise.", parser=number, metavar="N")] = 3.0,
    config: Config = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Project stations on a line and make unit-amplitude spectra of their Green's functions."""
    hertz, window = parse_frequencies(frequencies), two_numbers(velocities)
    check_file(out, (".nc",))

    require("datasets", "records")
    import torch

    from seisgrad.elastic import write_spectra
    from seisgrad.noise import Line, spectra_along

    with Console(1, quiet=quiet, as_json=as_json) as console:
        with console.step("Make spectra along the line"):
            green = read_kinds(egf, "EGF2D")
            section = Line.of(green, tolerance=tolerance, first=first, azimuth=azimuth)
            found = spectra_along(
                green,
                section,
                torch.tensor(hertz, dtype=torch.float64),
                reference=read_reference(reference, "rayleigh", (1 / hertz[-1], 1 / hertz[0]), 0.15),
                velocities=window,
                wavelengths=wavelengths,
                lowest_snr=snr,
            )
            write_spectra(found.spectra, out)
        _tell(section, found, out, console)


def _tell(section: "Line", found: "LineSpectra", out: Path, console: Console) -> None:
    values = found.spectra.values[..., 0]
    records = int((~values.isnan()).sum())
    summary = {
        "stations": len(section.places),
        "length": float(section.x[-1] - section.x[0]),
        "azimuth": section.azimuth,
        "off": {place.name: off for place, off in zip(section.places, section.off.tolist(), strict=True)},
        "records": records,
        "left_out": found.left_out,
        "files": {"spectra": out},
    }
    told = ", ".join(f"{name.replace('_', ' ')} {number}" for name, number in found.left_out.items())
    console.finish(
        summary,
        f"{len(section.places)} stations over {summary['length']:.3g} km towards {section.azimuth:.0f} degrees, at "
        f"most {float(section.off.abs().max()):.2g} km off the line",
        f"{records} records; left out: {told}",
        f"wrote {out}",
    )
