"""``seisgrad noise``: ambient noise, from records to correlations, to Green's functions, to curves."""

import typer

from seisgrad.cli import noise_correlate, noise_curves, noise_egf, noise_line, noise_quality

HELP = (
    "Ambient noise: correlate records, make empirical Green's functions of them, and measure curves on those."
)

app = typer.Typer(help=HELP, epilog=noise_correlate.EXAMPLE, no_args_is_help=True)


@app.callback()
def _group() -> None:
    """One step of the chain per word; each can be used alone."""


app.command("correlate", epilog=noise_correlate.EXAMPLE)(noise_correlate.correlate)
app.command("egf", epilog=noise_egf.EXAMPLE)(noise_egf.egf)
app.command("curves", epilog=noise_curves.EXAMPLE)(noise_curves.curves)
app.command("line", epilog=noise_line.EXAMPLE)(noise_line.line)
app.command("quality", epilog=noise_quality.EXAMPLE)(noise_quality.quality)
