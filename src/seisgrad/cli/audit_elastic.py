"""``seisgrad audit elastic``: gradients of the misfit of an inversion along a line, through a learned operator and
through the exact one."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seisgrad.cli import audit_gradients
from seisgrad.cli.console import Console

if TYPE_CHECKING:
    from seisgrad.elastic import Grid, Survey
    from seisgrad.operator import Operator

NUMBER = 2
"""Earths of each ensemble, where no number is given."""
PRIOR = "los_angeles"
"""The prior of an operator that does not say which is its own."""
STEPS = 3
"""Of the progress."""

check = partial(audit_gradients.check, "elastic")


def run(
    operator: str, prior: str | None, models: Path | None, number: int, out: Path, console: Console
) -> tuple[dict[str, Any], list[str]]:
    """All of it; the result for scripts, and in lines for people."""
    from seisgrad.elastic.prior import prior as prior_of
    from seisgrad.elastic.surrogate import card_of
    from seisgrad.report.audit import elastic

    with console.step("Load the operator"):
        name = prior or audit_gradients.trained_on(operator, card_of, PRIOR)
        grid = prior_of(name).grid
        survey = elastic.survey_of(grid)
        audited = _by_frequency(operator, grid, survey)
    with console.step(f"Gradients in {number} earths each of {name} and {elastic.BEYOND}") as step:
        found = elastic.compare(audited, survey, name, grid, number, step.at)
    return audit_gradients.write(operator, found, elastic, out, console)


def _by_frequency(name: str, grid: "Grid", survey: "Survey") -> "list[Operator]":
    """The operator of this name, one frequency after the other; on earths of any range: what it makes of them is the
    question."""
    from seisgrad.elastic.surrogate import load
    from seisgrad.report.audit.elastic import parts_of

    if ":" in name:
        return [audit_gradients.own(name, grid, part) for part in parts_of(survey)]
    whole = load(name, grid, survey, outside="allow")
    return [whole.select(frequency=[k]) for k in range(len(survey.frequencies))]
