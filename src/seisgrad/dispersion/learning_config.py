"""What to train, from a configuration file: sections ``network``, ``arguments``, ``losses`` and ``training``.

Without a file it is the residual network on values and derivatives, for 100 passes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seisgrad.config import from_mapping, read_config, require_known, section
from seisgrad.dispersion.learning import Losses
from seisgrad.dispersion.networks import Arguments, arguments_of
from seisgrad.training.config import with_budget
from seisgrad.training.settings import Settings

SECTIONS = ("network", "arguments", "losses", "training")
USUAL = {"epochs": 100}


@dataclass(frozen=True)
class LearningConfig:
    """What to train and how.

    Attributes:
        network: its name.
        arguments: of the network.
        losses: how it is judged.
        settings: of the training.
    """

    network: str
    arguments: Arguments
    losses: Losses
    settings: Settings


def learning_config(
    path: Path | None = None,
    *,
    network: str | None = None,
    derivatives: bool | None = None,
    training: Mapping[str, Any] | None = None,
) -> LearningConfig:
    """The configuration of a file, or the default one, with what was asked for beside it.

    Args:
        path: a YAML or JSON file; none for the defaults.
        network: in place of the file's; the file's arguments then count only if they are for the same one.
        derivatives: in place of the file's.
        training: settings in place of the file's; one budget replaces another.

    Raises:
        InputError: a file that cannot be read; an unknown section, key or network; a value of the wrong kind.
    """
    entries = read_config(path) if path else {}
    where = str(path) if path else "the configuration"
    for key in entries:
        require_known(key, SECTIONS, where)
    sections = {name: section(entries, name, where) for name in SECTIONS[1:]}
    named = entries.get("network", "residual")
    chosen = network or named
    if chosen != named:
        sections["arguments"] = {}
    if derivatives is not None:
        sections["losses"] = {**sections["losses"], "derivatives": derivatives}
    return LearningConfig(
        chosen,
        arguments_of(chosen, sections["arguments"], f"{where}: arguments"),
        from_mapping(Losses, sections["losses"], f"{where}: losses"),
        Settings.from_dict(with_budget(sections["training"], training or {}, USUAL), f"{where}: training"),
    )
