"""``seisgrad audit acoustic``: gradients of a waveform misfit through a learned operator and through the physics."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from seisgrad.cli.choices import operator_at
from seisgrad.cli.console import Console
from seisgrad.cli.outputs import whole_folder
from seisgrad.errors import InputError

if TYPE_CHECKING:
    from seisgrad.acoustic import Grid, Survey
    from seisgrad.operator import Operator

NUMBER = 5
"""Earths, where no number is given."""
PRIOR = "von_karman"
"""The prior of an operator that does not say which is its own."""
STEPS = 3
"""Of the progress."""


def check(operator: str, number: int, models: Path | None) -> None:
    """InputError for what cannot be audited; before the work begins."""
    if number < 1:
        raise InputError(f"--number {number} is too few, expected at least 1 earth")
    if models is not None:
        raise InputError("--models is for dispersion; earths of the acoustic audit come from --prior")
    if operator == "exact":
        raise InputError("--operator exact is what an audit compares with, expected a learned operator")


def run(
    operator: str, prior: str | None, models: Path | None, number: int, out: Path, console: Console
) -> tuple[dict[str, Any], list[str]]:
    """All of it; the result for scripts, and in lines for people."""
    from seisgrad.acoustic.prior import prior as prior_of
    from seisgrad.report.audit import acoustic

    with console.step("Load the operator"):
        name = prior or _trained_on(operator)
        grid = prior_of(name).grid
        survey = acoustic.survey_of(grid)
        audited = _load(operator, grid, survey)
    with console.step(f"Gradients in {number} earths of {name}") as step:
        found = acoustic.compare(
            audited, survey, name, grid, number, lambda done: step.at(f"{done} of {2 * number} gradients")
        )
    with console.step("Write the figures and the page"), whole_folder(out) as folder:
        drawn = acoustic.figures(found)
        for file, text in acoustic.tables(found).items():
            (folder / file).write_text(text, encoding="utf-8")
        for file, picture in drawn.items():
            (folder / f"{file}.png").write_bytes(picture)
        html = acoustic.page(operator, found, drawn).html()
        (folder / "audit.html").write_text(html, encoding="utf-8")
    verdict = found.gradients.summary()
    files = {"page": "audit.html", "summary": "summary.csv", "numbers": "gradients.csv"}
    summary = {
        "models": {name: number},
        "verdict": verdict,
        "files": {what: out / file for what, file in files.items()},
    }
    return summary, [f"{band}: {text}" for band, text in verdict.items()]


def _trained_on(operator: str) -> str:
    """The prior that the operator's card names."""
    if ":" in operator:
        return PRIOR
    from seisgrad.acoustic.surrogate import card_of

    return card_of(operator).get("data", {}).get("settings", {}).get("prior", PRIOR)


def _load(name: str, grid: "Grid", survey: "Survey") -> "Operator":
    """The operator of this name, on earths of any range: what it makes of them is the question."""
    from seisgrad.acoustic.surrogate import load
    from seisgrad.operator import Function, Operator

    if ":" not in name:
        return load(name, grid, survey, outside="allow")
    found = operator_at(name, grid, survey)
    return found if isinstance(found, Operator) else Function(found, grid.space, survey.space)
