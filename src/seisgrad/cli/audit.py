"""``seisgrad audit``: where the derivative of a learned operator can be trusted."""

import time
from pathlib import Path
from typing import Annotated

import typer

from seisgrad.cli import audit_acoustic, audit_dispersion, audit_elastic, audit_source
from seisgrad.cli.choices import OutFolder, whole_number
from seisgrad.cli.console import AsJson, Console, Quiet
from seisgrad.cli.outputs import check_folder
from seisgrad.errors import InputError

EXAMPLE = "Example: seisgrad audit dispersion --operator default --out audit, then open audit/audit.html"

SYSTEMS = {
    "dispersion": audit_dispersion,
    "acoustic": audit_acoustic,
    "elastic": audit_elastic,
    "source": audit_source,
}


def audit(
    system: Annotated[str, typer.Argument(help=", ".join(SYSTEMS), metavar="SYSTEM", show_default=False)],
    operator: Annotated[
        str,
        typer.Option(
            help="A shipped surrogate, a folder that seisgrad train has written, or module:attribute for a callable of "
            "your own.",
            metavar="NAME",
        ),
    ] = "default",
    models: Annotated[
        Path | None,
        typer.Option(
            help="Dataset whose validation models are audited in place of test models of the operator's prior "
            "(dispersion).",
            metavar="DIR",
        ),
    ] = None,
    number: Annotated[
        int | None,
        typer.Option(
            help=f"Models: {audit_dispersion.NUMBER} of dispersion, and a tenth as many of each shifted set; "
            f"{audit_acoustic.NUMBER} of acoustic; {audit_elastic.NUMBER} of elastic, and as many basins; "
            f"{audit_source.NUMBER} events of source in each group of earths.",
            parser=whole_number,
            metavar="N",
            show_default=False,
        ),
    ] = None,
    prior: Annotated[
        str | None,
        typer.Option(
            help="The prior that the operator was trained on, where its card does not say so; "
            f"{', '.join(system.PRIOR for system in SYSTEMS.values() if system.PRIOR)} by default; source has none.",
            metavar="NAME",
            show_default=False,
        ),
    ] = None,
    bank: Annotated[
        Path | None,
        typer.Option(
            help="source: Green's functions, made where they are missing; greens.zarr beside --out by default.",
            metavar="DIR",
            show_default=False,
        ),
    ] = None,
    out: OutFolder = Path("audit"),
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Audit the derivative of a learned operator against the exact one: tables, figures and a page."""
    if system not in SYSTEMS:
        raise InputError(f"there is no system {system!r} to audit, expected one of {', '.join(SYSTEMS)}")
    of_system = SYSTEMS[system]
    count: int = of_system.NUMBER if number is None else number
    of_system.check(operator, count, models)
    check_folder(out)
    if system == "source":
        bank = check_folder(bank or out.absolute().parent / "greens.zarr")
    elif bank is not None:
        raise InputError(f"--bank is for source, and {system} needs no Green's functions; leave it out")

    from seisgrad.cli.costs import of_audit

    begin = time.perf_counter()
    with Console(of_system.STEPS, quiet=quiet, as_json=as_json) as console:
        console.forecast.say(of_audit(system, count, out))
        more = {} if bank is None else {"bank": bank}
        found, lines = of_system.run(operator, prior, models, count, out, console, **more)
        summary = {"operator": operator, **found, "seconds": time.perf_counter() - begin}
        console.finish(summary, *lines, f"wrote {out / 'audit.html'}")
