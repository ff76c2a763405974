"""``seisgrad fwi``: a section of the ground that explains observed spectra."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seisgrad.cli import fwi_acoustic, fwi_elastic
from seisgrad.cli.choices import OutFolder
from seisgrad.cli.console import AsJson, Console, Quiet
from seisgrad.cli.costs import PAGES
from seisgrad.cli.estimate import Estimate, Forecast, in_use
from seisgrad.cli.outputs import check_folder
from seisgrad.errors import InputError

if TYPE_CHECKING:
    from seisgrad.inversion.waveform import Progress

_MODELS = 32
"""Of its size the state, the results and what they are drawn from take: ten pairs of L-BFGS and the ends of stages."""

EXAMPLE = "Example: seisgrad fwi acoustic spectra.nc --start start.nc --out result"

SYSTEMS = {"acoustic": fwi_acoustic, "elastic": fwi_elastic}


def fwi(
    system: Annotated[str, typer.Argument(help=", ".join(SYSTEMS), metavar="SYSTEM", show_default=False)],
    data: Annotated[
        Path, typer.Argument(help="NetCDF with spectra and their places.", metavar="DATA", show_default=False)
    ],
    start: Annotated[
        list[str],
        typer.Option(
            help="Section to begin with: .nc, .npz or .csv on z and x, velocity and perhaps density, or vs and perhaps "
            "vp and rho. Elastic: also a layered model, laid along the line; and several times, to compare.",
            metavar="MODEL",
        ),
    ],
    out: OutFolder = Path("fwi"),
    operator: Annotated[
        str | None,
        typer.Option(
            help="exact, harmonic (elastic, also exact, in the frequency domain), a surrogate by name, a folder that "
            "seisgrad train has written, or module:attribute. By default exact, or harmonic for elastic.",
            metavar="NAME",
            show_default=False,
        ),
    ] = None,
    then_exact: Annotated[
        bool, typer.Option("--then-exact", help="Finish on the physics what another operator began.")
    ] = False,
    config: Annotated[
        Path | None,
        typer.Option(help="YAML or JSON: stages, misfit, bounds and more; see the page.", metavar="FILE"),
    ] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Full-waveform inversion; the same command goes on after a stop."""
    if system not in SYSTEMS:
        raise InputError(f"there is no system {system!r} to invert, expected {' or '.join(SYSTEMS)}")
    chosen = SYSTEMS[system]
    name = operator or chosen.EXACT[0]
    if then_exact and name in chosen.EXACT:
        raise InputError(
            f"--then-exact finishes what another operator began, and --operator {name} is the physics itself: leave it "
            "out"
        )
    check_folder(out)
    with _Bar(out, shown=not quiet and not as_json) as bar:
        try:
            result = chosen.run(data, start, out, name, then_exact=then_exact, config=config, bar=bar)
        except KeyboardInterrupt:
            raise typer.Abort(f"interrupted; the same command goes on with what is in {out}") from None
    with Console(len(start), quiet=quiet, as_json=as_json) as console:
        console.forecast = bar.forecast
        chosen.finish(result, data, start, out, name, console)


class _Bar:
    """Progress with the misfit and the stage, on a terminal alone."""

    def __init__(self, out: Path, *, shown: bool) -> None:
        from rich.console import Console as RichConsole
        from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as RichProgress

        console = RichConsole()
        columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), TaskProgressColumn())
        self._bar = RichProgress(
            *columns,
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not shown or not console.is_terminal,
        )
        self._task = self._bar.add_task("laying out", total=1.0)
        self.of, self.runs = "", 1
        self.out, self.forecast = out, Forecast(shown=shown)

    def __enter__(self) -> "_Bar":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def update(self, at: "Progress") -> None:
        """Show where the inversion stands."""
        text = f"{self.of}stage {at.stage} of {at.stages}  step {at.iteration}  misfit {at.misfit:.4g}"
        self._bar.update(self._task, completed=at.share, description=text)

    def foretell(self, size: int, seconds: float) -> None:
        """Say what the inversion will take: so many bytes has a model, so many seconds a run of those still to come."""
        disk = self.runs * (_MODELS * size / 1e9 + PAGES)
        basis = "steps as long as a gradient that was timed"
        self.forecast.say(Estimate(self.runs * seconds, in_use(), disk, self.out, basis))
