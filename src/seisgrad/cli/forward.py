"""``seisgrad forward``: the dispersion of a model, with its kernels where they are asked for."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seisgrad.cli.choices import EarthShape, Kind, OperatorName, Wave, check_operator, whole_number
from seisgrad.cli.console import AsJson, Console, Quiet
from seisgrad.cli.outputs import check_file, whole_file
from seisgrad.cli.periods import parse_periods
from seisgrad.errors import InputError

if TYPE_CHECKING:
    from seisgrad.report.files import Curve

EXAMPLE = (
    "Example: seisgrad forward prem --wave love --kind group --periods 20:200:5 --earth spherical --kernels "
    "--out love.nc"
)


def forward(
    model: Annotated[
        str,
        typer.Argument(
            help="CSV with the header thickness,vp,vs,rho; CPS model96; TauP .nd or .tvel; or prem, ak135.",
            metavar="MODEL",
            show_default=False,
        ),
    ],
    periods: Annotated[str, typer.Option(help="first:last:step or a,b,c, in s.", metavar="PERIODS")],
    out: Annotated[Path, typer.Option(help="X.nc (NetCDF) or X.csv.", metavar="FILE")],
    wave: Annotated[Wave, typer.Option(help="Which surface wave.")] = "rayleigh",
    kind: Annotated[Kind, typer.Option(help="Which velocity, or the ellipticity.")] = "phase",
    mode: Annotated[
        int, typer.Option(help="0 is the fundamental mode.", parser=whole_number, metavar="N")
    ] = 0,
    earth: EarthShape = "flat",
    kernels: Annotated[
        bool,
        typer.Option("--kernels", help="Also the derivatives to vp, vs, rho and thickness of each layer."),
    ] = False,
    operator: OperatorName = "exact",
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Predict a dispersion curve of a layered model, with its kernels where asked for."""
    seconds = parse_periods(periods)
    check_operator(operator)
    check_file(out, (".nc", ".csv"))
    if kernels and out.suffix.lower() != ".nc":
        raise InputError(f"--out {out} cannot hold kernels, expected a name that ends in .nc")

    import torch

    from seisgrad.cli.curve import predict
    from seisgrad.dispersion.survey import Branch, Survey
    from seisgrad.earth import read_model
    from seisgrad.report.files import curve_csv, curve_dataset

    layers = read_model(model)
    survey = Survey((Branch(wave, kind, mode),), torch.tensor(seconds, dtype=torch.float64), earth)
    with Console(1, quiet=quiet, as_json=as_json) as console:
        with console.step("Calculate the curve" + (" and its kernels" if kernels else "")):
            curve = predict(layers, survey, operator, kernels=kernels)
        with whole_file(out) as path:
            if out.suffix.lower() == ".nc":
                curve_dataset(curve).to_netcdf(path, engine="h5netcdf")
            else:
                path.write_text(curve_csv(curve), encoding="utf-8")
        _tell(curve, model, out, console)


def _tell(curve: "Curve", model: str, out: Path, console: Console) -> None:
    (branch,) = curve.survey.branches
    from seisgrad.dispersion import Status

    line = f"{branch} of {model} at {len(curve.status)} periods"
    reasons = (
        (Status.BELOW_CUTOFF, "below cutoff: the mode does not exist there"),
        (Status.FAILED, "failed"),
    )
    counted = ((int((curve.status == code).sum()), words) for code, words in reasons)
    if told := ", ".join(f"{number} {words}" for number, words in counted if number):
        line += f"; NaN: {told}"
    summary = {
        "model": model,
        "curve": str(branch),
        "period": curve.survey.periods,
        "velocity": curve.velocity,
        "status": curve.status,
        "files": {"curve": out},
    }
    console.finish(summary, line, f"wrote {out}")
