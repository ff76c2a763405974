"""How a network is tuned on labelled events, from a configuration file: sections ``tuning`` and ``training``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seisgrad.config import from_mapping, read_config, require_known, section
from seisgrad.source.earths import named_column
from seisgrad.source.fine_tuning import Tuning, TuningTask
from seisgrad.source.labelled import labelled_events
from seisgrad.source.sites import arrivals_in
from seisgrad.training.config import only_one, with_budget
from seisgrad.training.settings import Settings

USUAL = {
    "epochs": 30,
    "batch_size": 32,
    "learning_rate": 3e-4,
    "weight_decay": 1e-2,
    "warm_up": 0.1,
    "ema": 0.95,
}
"""Settings of a tuning that a file need not write: steps a third as long as those of the first training."""


@dataclass(frozen=True)
class TuningConfig:
    """How to divide and learn from labelled events.

    Attributes:
        tuning: the events.
        settings: of the training.
    """

    tuning: Tuning
    settings: Settings

    def task(self, data: Sequence[Path], before: str | Path) -> TuningTask:
        """The task of learning the events of one folder.

        Args:
            data: the folder, or the file in which its events are kept.
            before: the network that goes on, by name or folder.

        Raises:
            InputError: events that cannot be used, too few groups of them, or an unknown network.
        """
        arrivals = arrivals_in(named_column(self.tuning.model))
        events = labelled_events(only_one(data), arrivals)
        return TuningTask(events, before, self.tuning, seed=self.settings.seed)


def tuning_config(path: Path | None = None, *, training: Mapping[str, Any] | None = None) -> TuningConfig:
    """The configuration of a file, or the default one, with what was asked for beside it.

    Args:
        path: a YAML or JSON file; none for the defaults.
        training: settings in place of the file's; one budget replaces another.

    Raises:
        InputError: a file that cannot be read; an unknown section or key; a value of the wrong kind.
    """
    entries = read_config(path) if path else {}
    where = str(path) if path else "the configuration"
    for key in entries:
        require_known(key, ("tuning", "training"), where)
    settings = with_budget(section(entries, "training", where), training or {}, USUAL)
    return TuningConfig(
        from_mapping(Tuning, section(entries, "tuning", where), f"{where}: tuning"),
        Settings.from_dict(settings, f"{where}: training"),
    )
