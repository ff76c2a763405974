"""``seisgrad source``: earthquake sources, simulated and inverted for."""

import typer

from seisgrad.cli import source_invert, source_simulate

HELP = "Earthquake sources: find the mechanism of an event, and simulate events as networks of stations record them."

app = typer.Typer(help=HELP, epilog=source_invert.EXAMPLE, no_args_is_help=True)


@app.callback()
def _group() -> None:
    """One word per piece of work."""


app.command("simulate", epilog=source_simulate.EXAMPLE)(source_simulate.simulate)
app.command("invert", epilog=source_invert.EXAMPLE)(source_invert.invert)
