"""A shipped surrogate made again from nothing, by the commands that its card stands for."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seisgrad.errors import WorkError

#: Sections of a training configuration that a card has under the same names.
_SECTIONS = ("network", "arguments", "losses")


def train_again(name: str, folder: Path, *, quiet: bool) -> Path:
    """Simulate and train as the card of a shipped surrogate says; what a killed run has left in ``folder`` is taken up.

    Args:
        name: of the surrogate.
        folder: for its data, configuration and weights.
        quiet: no progress.

    Returns:
        The folder of the new weights.

    Raises:
        WorkError: a command that failed, with its words on stderr above.
    """
    from seisgrad.dispersion import card_of

    card = card_of(name)
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "config.json"
    config.write_text(json.dumps(_configuration(card), indent=1), encoding="utf-8")
    weights = folder / "weights"
    for words in (_simulation(card, folder / "data.zarr"), _training(card, folder, config, weights)):
        done = subprocess.run([sys.executable, "-m", "seisgrad.cli", *words, *(["--quiet"] if quiet else [])])
        if done.returncode:
            raise WorkError(
                f"seisgrad {' '.join(words)} ended with status {done.returncode}; mend what it said, and the same "
                "command goes on"
            )
    return weights


def _configuration(card: Mapping[str, Any]) -> dict[str, Any]:
    """What ``seisgrad train --config`` reads."""
    training = {key: value for key, value in card["settings"].items() if value is not None}
    return {key: card[key] for key in _SECTIONS} | {"training": training}


def _simulation(card: Mapping[str, Any], data: Path) -> list[str]:
    made, settings = card["data"], card["data"]["settings"]
    words = {
        "prior": settings["prior"],
        "number": made["number"]["train"],
        "seed": settings["seed"],
        "rows": settings["rows"],
        "shard": made["shard"],
        "out": data,
    }
    return ["simulate", "dispersion", *_options(words)]


def _training(card: Mapping[str, Any], folder: Path, config: Path, weights: Path) -> list[str]:
    threads = max(1, (os.cpu_count() or 1) // card["settings"]["devices"])
    words = {"data": folder / "data.zarr", "config": config, "threads": threads, "out": weights}
    return ["train", "dispersion", *_options(words | {"test-models": 0})]


def _options(words: Mapping[str, object]) -> list[str]:
    return [part for name, value in words.items() for part in (f"--{name}", str(value))]
