"""``seisgrad fwi``: a section of the ground that explains observed spectra."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seisgrad.cli.choices import OperatorName, OutFolder, operator_at
from seisgrad.cli.console import AsJson, Console, Quiet
from seisgrad.cli.outputs import check_folder, whole_folder
from seisgrad.errors import InputError

if TYPE_CHECKING:
    from seisgrad.acoustic.grid import Grid
    from seisgrad.acoustic.inversion import Inversion
    from seisgrad.acoustic.survey import Survey
    from seisgrad.inversion.waveform import Progress
    from seisgrad.operator import Operator

EXAMPLE = "Example: seisgrad fwi acoustic spectra.nc --start start.nc --out result"

SYSTEMS = ("acoustic",)


def fwi(
    system: Annotated[str, typer.Argument(help=", ".join(SYSTEMS), metavar="SYSTEM", show_default=False)],
    data: Annotated[
        Path, typer.Argument(help="NetCDF with spectra and their places.", metavar="DATA", show_default=False)
    ],
    start: Annotated[
        Path,
        typer.Option(
            help="Section to begin with: .nc, .npz or .csv, velocity and perhaps density on z and x.",
            metavar="MODEL",
        ),
    ],
    out: OutFolder = Path("fwi"),
    operator: OperatorName = "exact",
    then_exact: Annotated[
        bool, typer.Option("--then-exact", help="Finish on the physics what another operator began.")
    ] = False,
    config: Annotated[
        Path | None,
        typer.Option(help="YAML or JSON: stages, misfit, bounds, density; see the page.", metavar="FILE"),
    ] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Full-waveform inversion; the same command goes on after a stop."""
    if system not in SYSTEMS:
        raise InputError(f"there is no system {system!r} to invert, expected {' or '.join(SYSTEMS)}")
    if then_exact and operator == "exact":
        raise InputError(
            "--then-exact finishes what another operator began, and --operator exact is the physics itself: leave it "
            "out"
        )
    check_folder(out)

    from seisgrad.acoustic.data import read_spectra
    from seisgrad.acoustic.inversion import Plan, invert
    from seisgrad.earth import read_section

    spectra, section = read_spectra(data), read_section(start)
    plan = Plan.read(config, spectra.survey.frequencies.tolist(), float(section.velocity.mean()))

    def make(grid: "Grid", survey: "Survey", bounds: tuple[float, float]) -> "Operator":
        return _operator(operator, grid, survey, bounds)

    with _Bar(shown=not quiet and not as_json) as bar:
        try:
            result = invert(
                spectra,
                section,
                plan,
                make,
                _exact if then_exact else None,
                folder=out / "state" / _file_name(operator),
                progress=bar.update,
            )
        except KeyboardInterrupt:
            raise typer.Abort(f"interrupted; the same command goes on with what is in {out}") from None
    with Console(1, quiet=quiet, as_json=as_json) as console:
        _finish(result, data, out, operator, console)


def _finish(result: "Inversion", data: Path, out: Path, operator: str, console: Console) -> None:
    """Write the results and say what came out."""
    from seisgrad.report.fwi import fit_of, fwi_figures, fwi_page, write_fwi

    with console.step("Draw the figures and write the report"):
        fit, notes = fit_of(result), _notes(result)
        drawn = fwi_figures(result, fit)
        page = fwi_page(result, data.name, operator, fit, drawn, notes)
        with whole_folder(out) as folder:
            write_fwi(result, folder)
            for name, png in drawn.items():
                (folder / f"{name}.png").write_bytes(png)
            (folder / "report.html").write_text(page.html(), encoding="utf-8")
    found = result.result
    summary: dict[str, Any] = {
        "status": found.status,
        "message": found.message(),
        "stages": list(found.endings),
        "simulations": found.solves,
        "was_finished": found.was_finished,
        "frequency": result.spectra.survey.frequencies,
        "relative_error_start": fit.before,
        "relative_error": fit.after,
        "notes": notes,
        "files": {name: out / f for name, f in (("model", "model.nc"), ("report", "report.html"))},
    }
    lines = [f"{out} held the end of this inversion; nothing was left to do"] if found.was_finished else []
    console.finish(summary, *lines, found.message(), *notes, f"wrote {out / 'report.html'}")


def _notes(result: "Inversion") -> list[str]:
    """What a reader should know before believing the section."""
    velocity, (low, high) = result.section.velocity, result.bounds
    at = ((velocity <= low * (1 + 1e-9)) | (velocity >= high * (1 - 1e-9))).double().mean()
    notes = [f"Velocity was kept within {low:.3g} and {high:.3g} km/s."]
    if float(at) > 0:
        notes[0] += f" {float(at):.1%} of the cells ended at these bounds."
    skipped = result.result.history[-1].misfit > 0.5 * result.result.history[0].misfit
    if skipped:
        notes.append(
            "The misfit did not halve: the start may be too far from the truth, so that cycles are skipped; begin with "
            "lower frequencies, a better start, or misfit: envelope."
        )
    return notes


def _exact(grid: "Grid", survey: "Survey", bounds: tuple[float, float]) -> "Operator":
    from seisgrad.acoustic import Physics

    return Physics(grid, survey, velocity=bounds)


def _operator(name: str, grid: "Grid", survey: "Survey", bounds: tuple[float, float]) -> "Operator":
    """The operator of this name; ``module:attribute`` is one, or makes one from ``(grid, survey)``."""
    from seisgrad.operator import Operator

    if name == "exact":
        return _exact(grid, survey, bounds)
    if ":" in name:
        found = operator_at(name, grid, survey)
        if not isinstance(found, Operator):
            raise InputError(
                f"--operator {name} is a {type(found).__name__}, expected a seisgrad.Operator from {grid.space} to "
                f"{survey.space}; wrap it in seisgrad.operator.Function"
            )
        return found
    from seisgrad import acoustic

    return acoustic.load(name, grid, survey)


def _file_name(operator: str) -> str:
    """Each operator has a state of its own."""
    return "".join(letter if letter.isalnum() else "-" for letter in operator).strip("-")


class _Bar:
    """Progress with the misfit and the stage, on a terminal alone."""

    def __init__(self, *, shown: bool) -> None:
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

    def __enter__(self) -> "_Bar":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def update(self, at: "Progress") -> None:
        """Show where the inversion stands."""
        text = f"stage {at.stage} of {at.stages}  step {at.iteration}  misfit {at.misfit:.4g}"
        self._bar.update(self._task, completed=at.share, description=text)
