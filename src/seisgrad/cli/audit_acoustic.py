"""``seisgrad audit acoustic``: gradients of a waveform misfit through a learned operator and through the physics."""

from functools import partial
from pathlib import Path
from typing import Any

from seisgrad.cli import audit_gradients
from seisgrad.cli.console import Console

NUMBER = 5
"""Earths, where no number is given."""
PRIOR = "von_karman"
"""The prior of an operator that does not say which is its own."""
STEPS = 3
"""Of the progress."""

check = partial(audit_gradients.check, "acoustic")


def run(
    operator: str, prior: str | None, models: Path | None, number: int, out: Path, console: Console
) -> tuple[dict[str, Any], list[str]]:
    """All of it; the result for scripts, and in lines for people."""
    from seisgrad.acoustic.prior import prior as prior_of
    from seisgrad.acoustic.surrogate import card_of, load
    from seisgrad.report.audit import acoustic

    with console.step("Load the operator"):
        name = prior or audit_gradients.trained_on(operator, card_of, PRIOR)
        grid = prior_of(name).grid
        survey = acoustic.survey_of(grid)
        # on earths of any range: what the operator makes of them is the question
        audited = (
            audit_gradients.own(operator, grid, survey)
            if ":" in operator
            else load(operator, grid, survey, outside="allow")
        )
    with console.step(f"Gradients in {number} earths of {name}") as step:
        found = acoustic.compare(audited, survey, name, grid, number, step.at)
    return audit_gradients.write(operator, found, acoustic, out, console)
