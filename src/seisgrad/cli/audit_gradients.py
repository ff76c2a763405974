"""What ``seisgrad audit`` does for every system of waves: bad input, the operator, and the files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from seisgrad.cli.choices import operator_at
from seisgrad.cli.console import Console
from seisgrad.cli.outputs import whole_folder
from seisgrad.errors import InputError

STEPS = 2
"""Of the progress."""


def check(system: str, operator: str, number: int, models: Path | None) -> None:
    """InputError for what cannot be audited; before the work begins."""
    if number < 1:
        raise InputError(f"--number {number} is too few, expected at least 1 earth")
    if models is not None:
        raise InputError(f"--models is for dispersion; earths of the {system} audit come from --prior")
    if operator == "exact":
        raise InputError("--operator exact is what an audit compares with, expected a learned operator")


def run(
    waves: Any,
    surrogate: Any,
    usual: str,
    operator: str,
    prior: str | None,
    number: int,
    out: Path,
    console: Console,
) -> tuple[dict[str, Any], list[str]]:
    """All of it.

    Args:
        waves: the module that compares and tells: ``seisgrad.report.audit.acoustic``, for one.
        surrogate: the module that loads: ``seisgrad.acoustic.surrogate``.
        usual: prior of an operator that does not say which is its own.
        operator, prior, number, out: as the user gave them.
        console: for progress.

    Returns:
        The result for scripts, and in lines for people.
    """
    name = prior or _trained_on(operator, surrogate.card_of, usual)
    grid = waves.prior(name).grid

    def make(survey: Any) -> Any:
        if ":" in operator:
            return _own(operator, grid, survey)
        # on earths of any range: what the operator makes of them is the question
        return surrogate.load(operator, grid, survey, outside="allow")

    with console.step(f"Gradients in {number} earths of {name}") as step:
        found = waves.compare(make, name, grid, number, step.at)
    return _write(operator, found, waves, out, console)


def _trained_on(operator: str, card_of: Callable[[str], dict[str, Any]], usual: str) -> str:
    """The prior that the operator's card names, or the usual one."""
    if ":" in operator:
        return usual
    return card_of(operator).get("data", {}).get("settings", {}).get("prior", usual)


def _own(name: str, grid: Any, survey: Any) -> Any:
    """What ``module:attribute`` names as an operator from a grid to a survey, whatever callable it is."""
    from seisgrad.operator import Function, Operator

    found = operator_at(name, grid, survey)
    return found if isinstance(found, Operator) else Function(found, grid.space, survey.space)


def _write(
    operator: str, found: Any, waves: Any, out: Path, console: Console
) -> tuple[dict[str, Any], list[str]]:
    """Write tables, figures and the page."""
    with console.step("Write the figures and the page"), whole_folder(out) as folder:
        drawn, texts = waves.figures(found), waves.tables(found)
        for file, text in texts.items():
            (folder / file).write_text(text, encoding="utf-8")
        for file, picture in drawn.items():
            (folder / f"{file}.png").write_bytes(picture)
        (folder / "audit.html").write_text(waves.page(operator, found, drawn).html(), encoding="utf-8")
    verdict = waves.verdict(found)
    files = {"page": "audit.html", "summary": "summary.csv", "numbers": "gradients.csv"}
    files |= {Path(file).stem: file for file in texts if file not in files.values()}
    summary = {
        "models": found.earths,
        "verdict": verdict,
        "files": {what: out / file for what, file in files.items()},
    }
    return summary, [f"{band}: {text}" for band, text in verdict.items()]
