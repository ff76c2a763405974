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
STEPS = audit_gradients.STEPS

check = partial(audit_gradients.check, "acoustic")


def run(
    operator: str, prior: str | None, models: Path | None, number: int, out: Path, console: Console
) -> tuple[dict[str, Any], list[str]]:
    """All of it; the result for scripts, and in lines for people."""
    from seisgrad.acoustic import surrogate
    from seisgrad.report.audit import acoustic

    return audit_gradients.run(acoustic, surrogate, PRIOR, operator, prior, number, out, console)
