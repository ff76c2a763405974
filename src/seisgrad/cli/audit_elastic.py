"""``seisgrad audit elastic``: gradients of the misfit of an inversion along a line, through a learned operator and
through the exact one."""

from functools import partial
from pathlib import Path
from typing import Any

from seisgrad.cli import audit_gradients
from seisgrad.cli.console import Console

NUMBER = 2
"""Earths of each ensemble, where no number is given."""
PRIOR = "los_angeles"
"""The prior of an operator that does not say which is its own."""
STEPS = audit_gradients.STEPS

check = partial(audit_gradients.check, "elastic")


def run(
    operator: str, prior: str | None, models: Path | None, number: int, out: Path, console: Console
) -> tuple[dict[str, Any], list[str]]:
    """All of it; the result for scripts, and in lines for people."""
    from seisgrad.elastic import surrogate
    from seisgrad.report.audit import elastic

    return audit_gradients.run(elastic, surrogate, PRIOR, operator, prior, number, out, console)
