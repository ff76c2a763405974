"""``seisgrad fwi acoustic``: velocity and density of a section from spectra of pressure."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seisgrad.cli.choices import own_operator
from seisgrad.cli.console import Console
from seisgrad.cli.outputs import file_name, whole_folder, write_page
from seisgrad.errors import InputError

if TYPE_CHECKING:
    from seisgrad.acoustic.grid import Grid
    from seisgrad.acoustic.inversion import Inversion
    from seisgrad.acoustic.survey import Survey
    from seisgrad.operator import Operator

EXACT = ("exact",)
"""Names of the physics itself, the default first."""


def run(
    data: Path,
    start: Sequence[str],
    out: Path,
    operator: str,
    *,
    then_exact: bool,
    config: Path | None,
    bar: Any,
) -> "Inversion":
    """Invert, with progress on a bar."""
    if len(start) != 1:
        raise InputError(f"--start was given {len(start)} times, expected one section")

    from seisgrad.acoustic.data import read_spectra
    from seisgrad.acoustic.inversion import Plan, invert
    from seisgrad.earth import read_section

    spectra, section = read_spectra(data), read_section(start[0])
    plan = Plan.read(config, spectra.survey.frequencies.tolist(), float(section.velocity.mean()))

    def make(grid: "Grid", survey: "Survey", bounds: tuple[float, float]) -> "Operator":
        return _operator(operator, grid, survey, bounds)

    return invert(
        spectra,
        section,
        plan,
        make,
        _exact if then_exact else None,
        folder=out / "state" / file_name(operator),
        progress=bar.update,
        foretell=partial(bar.foretell, section.earth.nbytes),
    )


def finish(
    result: "Inversion", data: Path, start: Sequence[str], out: Path, operator: str, console: Console
) -> None:
    """Write the results and say what came out."""
    from seisgrad.report.fwi import fit_of, fwi_figures, fwi_page, write_fwi

    with console.step("Draw the figures and write the report"):
        fit, notes = fit_of(result), _notes(result)
        drawn = fwi_figures(result, fit)
        page = fwi_page(result, data.name, operator, fit, drawn, notes)
        with whole_folder(out) as folder:
            write_fwi(result, folder)
            write_page(folder, page, drawn)
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
    if name == "exact":
        return _exact(grid, survey, bounds)
    if ":" in name:
        return own_operator(name, grid, survey)
    from seisgrad import acoustic

    return acoustic.load(name, grid, survey)
