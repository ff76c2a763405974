"""``seisgrad invert``: shear velocity with uncertainty from dispersion curves."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from seisgrad.cli.choices import (
    EarthShape,
    OperatorName,
    OutFolder,
    check_operator,
    check_scheduler,
    load_operator,
    number,
)
from seisgrad.cli.console import AsJson, Console, Quiet
from seisgrad.cli.outputs import check_folder, whole_folder, write_page
from seisgrad.errors import InputError

if TYPE_CHECKING:
    from seisgrad.dispersion import DispersionCurves
    from seisgrad.dispersion.invert import Inversion
    from seisgrad.dispersion.starting_model import StartingModel

EXAMPLE = "Example: seisgrad invert curves.csv --earth spherical --reference prem --out result"

# The same words as in dispersion.invert, which is not imported here because it needs torch.
FinishName = Literal["steps", "weights", "none"]

DEEP = 60.0
"""Half of the longest wavelength, km, from which on the default prior is a reference earth and not the
data's rule of thumb."""
SIGMA_REFERENCE, SIGMA_DATA = 0.05, 0.3
"""Default prior sigma, as a fraction of vs, around a reference earth and around the rule of thumb."""


def invert(
    curves: Annotated[
        Path,
        typer.Argument(
            help="CSV with the header wave,kind,mode,period,velocity,sigma; CPS surf96 lines; or NetCDF.",
            metavar="CURVES",
            show_default=False,
        ),
    ],
    out: OutFolder = Path("inversion"),
    earth: EarthShape = "flat",
    reference: Annotated[
        str,
        typer.Option(
            help="Prior mean: prem, ak135, a model file, data (from the curves by a rule of thumb), or auto (ak135 "
            "for the mantle, else data).",
            metavar="NAME|FILE",
        ),
    ] = "auto",
    sigma: Annotated[
        float | None,
        typer.Option(
            help=f"Prior sigma as a fraction of vs; by default {SIGMA_REFERENCE:g} around a reference and "
            f"{SIGMA_DATA:g} around data.",
            show_default=False,
            parser=number,
            metavar="FRACTION",
        ),
    ] = None,
    floor: Annotated[
        float,
        typer.Option(
            help="Error of the theory as a fraction of the velocity, added to each sigma.",
            parser=number,
            metavar="FRACTION",
        ),
    ] = 0.0,
    site: Annotated[
        str, typer.Option(help="One site of several; without it all are inverted, for a region.")
    ] = "",
    operator: OperatorName = "exact",
    finish: Annotated[
        FinishName | None,
        typer.Option(
            help="What physics does for the inversion of another operator: exact steps from its model (the default), "
            "weights of its samples, or none.",
            show_default=False,
        ),
    ] = None,
    scheduler: Annotated[
        str, typer.Option(help="Many sites: work on the Dask cluster of this scheduler.", metavar="tcp://…")
    ] = "",
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Invert dispersion curves for shear velocity against depth, with uncertainty; of many sites, for a region."""
    check_operator(operator)
    check_scheduler(scheduler)
    check_folder(out)
    _check_fraction("--sigma", sigma, 0.5)
    _check_fraction("--floor", floor or None, 0.5)
    if operator == "exact" and finish not in (None, "none"):
        raise InputError(
            f"--finish {finish} is for surrogates, and --operator exact is the physics itself: leave one of them out"
        )

    from seisgrad.cli.results import kernels_to_vs, summary
    from seisgrad.dispersion import read_curves
    from seisgrad.dispersion.invert import invert as invert_curves
    from seisgrad.report.inversion import inversion_figures, inversion_page, write_results
    from seisgrad.report.surrogate import surrogate_notes, surrogate_summary

    picks = _chosen(read_curves(curves), site, curves)
    starting = _starting(picks, reference, sigma)
    if len(picks.sites) > 1:
        if finish == "weights":
            raise InputError(
                f"--finish weights is for one site, and {curves} holds {len(picks.sites)}: choose one with --site, or "
                "take --finish steps"
            )
        from seisgrad.cli.region import invert_region

        settings = {"earth": earth, "floor": floor, "operator": operator, "quiet": quiet, "as_json": as_json}
        exact_end = operator != "exact" and finish != "none"
        invert_region(picks, starting, curves, out, exact_end=exact_end, scheduler=scheduler, **settings)
        return
    if scheduler:
        raise InputError("--scheduler is for many sites, and there is one: leave it out")
    with Console(2, quiet=quiet, as_json=as_json) as console:
        with console.step("Invert") as step:
            result = invert_curves(
                picks,
                starting,
                earth=earth,
                floor=floor,
                operator=None if operator == "exact" else partial(load_operator, operator),
                finish=finish or "steps",
            )
            step.say(f"{int(result.posterior.count)} data, {len(starting.rock_depth)} layers")
        notes = [*surrogate_notes(result, operator), *_notes(result, floor)]
        with console.step("Draw the figures and write the report"):
            exact = result.surrogate is None or result.finished is not None
            kernels, periods = kernels_to_vs(result) if exact else (None, None)
            drawn = inversion_figures(result, kernels, periods)
            page = inversion_page(result, curves.name, drawn, notes)
            with whole_folder(out) as folder:
                write_results(result, folder)
                write_page(folder, page, drawn)
        told = [result.posterior.message(), *([result.finished.message()] if result.finished else [])]
        lines = [*told, *notes, f"wrote {out / 'report.html'}"]
        console.finish(summary(result, out) | surrogate_summary(result) | {"notes": notes}, *lines)


def _check_fraction(option: str, value: float | None, largest: float) -> None:
    if value is not None and not 0 < value <= largest:
        raise InputError(
            f"{option} is {value:g}, expected a fraction above 0 and at most {largest:g}, such as 0.05"
        )


def _chosen(picks: "DispersionCurves", site: str, path: Path) -> "DispersionCurves":
    """The picks of the site that was asked for, or all."""
    if site and picks.sites == ("",):
        raise InputError(f"{path} names no sites: leave --site {site} out")
    if site and site not in picks.sites:
        raise InputError(
            f"{path} holds no site {site!r}, expected one of {', '.join(map(repr, picks.sites[:8]))}"
        )
    return picks.select(site=site) if site else picks


def _starting(picks: "DispersionCurves", reference: str, sigma: float | None) -> "StartingModel":
    from seisgrad.dispersion.starting_model import from_data, from_reference, wavelengths
    from seisgrad.earth import read_model

    if reference == "auto":
        reference = "ak135" if wavelengths(picks)[1] / 2 > DEEP else "data"
    if reference == "data":
        return from_data(picks, SIGMA_DATA if sigma is None else sigma)
    return from_reference(
        picks, read_model(reference), Path(reference).name, SIGMA_REFERENCE if sigma is None else sigma
    )


def _notes(result: "Inversion", floor: float) -> list[str]:
    from seisgrad.inversion import Status

    notes = []
    deepest = float(result.starting.depth[-1])
    if result.survey.earth == "flat" and deepest > DEEP:
        notes.append(
            f"The waves reach {deepest:.0f} km, where the curvature of the earth matters, and the earth was "
            f"taken as flat: "
            "invert with --earth spherical unless the curves are already corrected."
        )
    status, unlikely = (
        int(result.posterior.status),
        float(result.posterior.p_fit) < result.posterior.significance,
    )
    if status == Status.STALLED and unlikely:
        notes.append(
            "No profile was found that explains the data: check that periods are in s and velocities in km/s, and that "
            "each curve is of the wave, the kind and the mode that the file names."
        )
    if status == Status.UNEXPLAINED and not floor:
        notes.append(
            "If the sigmas of the data hold the reading error only, add what a one-dimensional earth cannot "
            "explain with "
            "--floor, such as 0.01."
        )
    if floor:
        notes.append(f"{100 * floor:g} % of each velocity was added in quadrature to its sigma.")
    return notes
