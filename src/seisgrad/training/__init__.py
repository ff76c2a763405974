"""One training loop for every task: losses of values and derivatives, budgets, checkpoints that resume, logs."""

from typing import TYPE_CHECKING

from seisgrad._lazy import attach

if TYPE_CHECKING:
    from seisgrad.training.loop import Progress, Result, fit
    from seisgrad.training.losses import row_loss, selected_rows, value_loss
    from seisgrad.training.settings import Settings
    from seisgrad.training.task import Task

__all__ = [
    "Progress",
    "Result",
    "Settings",
    "Task",
    "fit",
    "row_loss",
    "selected_rows",
    "value_loss",
]

# The loop needs Lightning Fabric, which takes seconds to load; whoever builds a network from a card does not need it.
_HOMES = {"Progress": "loop", "Result": "loop", "fit": "loop", "Settings": "settings", "Task": "task"}
_HOMES |= dict.fromkeys(("row_loss", "selected_rows", "value_loss"), "losses")
__getattr__, __dir__ = attach(__name__, {name: f"seisgrad.training.{home}" for name, home in _HOMES.items()})
