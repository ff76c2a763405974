"""``seisgrad audit``: where the derivative of a learned operator can be trusted."""

import time
from pathlib import Path
from typing import Annotated

import typer

from seisgrad.cli import audit_acoustic, audit_dispersion, audit_elastic
from seisgrad.cli.choices import OutFolder, whole_number
from seisgrad.cli.console import AsJson, Console, Quiet
from seisgrad.cli.outputs import check_folder
from seisgrad.errors import InputError

EXAMPLE = "Example: seisgrad audit dispersion --operator default --out audit, then open audit/audit.html"

SYSTEMS = {"dispersion": audit_dispersion, "acoustic": audit_acoustic, "elastic": audit_elastic}


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
            f"{audit_acoustic.NUMBER} of acoustic; {audit_elastic.NUMBER} of elastic, and as many basins.",
            parser=whole_number,
            metavar="N",
            show_default=False,
        ),
    ] = None,
    prior: Annotated[
        str | None,
        typer.Option(
            help="The prior that the operator was trained on, where its card does not say so; "
            f"{', '.join(system.PRIOR for system in SYSTEMS.values())} by default.",
            metavar="NAME",
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
    number = of_system.NUMBER if number is None else number
    of_system.check(operator, number, models)
    check_folder(out)

    begin = time.perf_counter()
    with Console(of_system.STEPS, quiet=quiet, as_json=as_json) as console:
        found, lines = of_system.run(operator, prior, models, number, out, console)
        summary = {"operator": operator, **found, "seconds": time.perf_counter() - begin}
        console.finish(summary, *lines, f"wrote {out / 'audit.html'}")
