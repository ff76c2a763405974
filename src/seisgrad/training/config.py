"""Budgets and datasets of a training as a configuration and a command line name them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from seisgrad.errors import InputError

BUDGETS = ("epochs", "minutes")
"""Settings of which a training has exactly one."""


def only_one(data: Sequence[Path]) -> Path:
    """The dataset, where a network learns from one.

    Raises:
        InputError: none, or several.
    """
    if len(data) != 1:
        raise InputError(
            f"{len(data)} datasets were given ({', '.join(map(str, data))}), and this network learns from one; give one"
        )
    return data[0]


def with_budget(
    written: Mapping[str, Any], asked: Mapping[str, Any], usual: Mapping[str, Any]
) -> dict[str, Any]:
    """Settings of a training: those asked for above the written ones above the usual ones; one budget replaces another.

    Args:
        written: in the file.
        asked: beside it; None is not asked.
        usual: for what neither says; holds one budget.
    """
    merged = dict(usual)
    for above in (written, {name: value for name, value in asked.items() if value is not None}):
        if any(name in above for name in BUDGETS):
            merged = {name: value for name, value in merged.items() if name not in BUDGETS}
        merged |= above
    return merged
