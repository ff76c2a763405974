"""What to train, from a configuration file: sections ``network``, ``arguments`` and ``training``.

Without a file it is the network of series with the settings of the shipped ones. A new network is a line in
:data:`NETWORKS` and one in :data:`USUAL`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from seisgrad.acoustic.learning import FieldTask, field_task
from seisgrad.acoustic.series.network import SeriesSize
from seisgrad.acoustic.space_time import SpaceTimeSize, SpaceTimeTask, space_time_task
from seisgrad.errors import InputError
from seisgrad.training.config import from_mapping, only_one, read_config, require_known, section, with_budget
from seisgrad.training.settings import Settings

SECTIONS = ("network", "arguments", "training")
NETWORKS: dict[str, type[SeriesSize] | type[SpaceTimeSize]] = {
    "series": SeriesSize,
    "space_time": SpaceTimeSize,
}
#: Settings of the training that a file need not write, by network; of the second what is known of the paper's.
USUAL: dict[str, dict[str, Any]] = {
    "series": {
        "epochs": 30,
        "batch_size": 8,
        "learning_rate": 4e-3,
        "weight_decay": 0.0,
        "clip": 0.3,
        "ema": 0.99,
        "warm_up": 0.05,
    },
    "space_time": {"epochs": 300, "batch_size": 30, "ema": 0.0},
}


@dataclass(frozen=True)
class LearningConfig:
    """What to train and how.

    Attributes:
        network: its name.
        size: of the network.
        settings: of the training.
    """

    network: str
    size: SeriesSize | SpaceTimeSize
    settings: Settings

    def task(self, data: Sequence[Path]) -> FieldTask | SpaceTimeTask:
        """The task of learning datasets, which may differ in ensemble, grid and frequencies.

        Raises:
            InputError: no complete dataset of this system, one for another network, or several for ``space_time``.
        """
        if isinstance(self.size, SpaceTimeSize):
            return space_time_task(only_one(data), self.size, seed=self.settings.seed)
        return field_task(data, self.size)


def learning_config(
    path: Path | None = None, *, network: str | None = None, training: Mapping[str, Any] | None = None
) -> LearningConfig:
    """The configuration of a file, or the default one, with what was asked for beside it.

    Args:
        path: a YAML or JSON file; none for the defaults.
        network: in place of the file's; the file's arguments then count only if they are for the same one.
        training: settings in place of the file's; one budget replaces another.

    Raises:
        InputError: a file that cannot be read; an unknown section, key or network; a value of the wrong kind.
    """
    entries = read_config(path) if path else {}
    where = str(path) if path else "the configuration"
    for key in entries:
        require_known(key, SECTIONS, where)
    named = entries.get("network", "series")
    chosen = network or named
    if not isinstance(chosen, str) or chosen not in NETWORKS:
        raise InputError(f"{where}: there is no network {chosen!r}, expected one of {', '.join(NETWORKS)}")
    arguments = section(entries, "arguments", where) if chosen == named else {}
    size = from_mapping(NETWORKS[chosen], arguments, f"{where}: arguments")
    for key, value in asdict(size).items():
        least = 2 if key == "knots" else 0 if isinstance(value, bool) else 1
        if value < least:
            raise InputError(f"{where}: arguments: {key} is {value}, expected at least {least}")
    settings = with_budget(section(entries, "training", where), training or {}, USUAL[chosen])
    return LearningConfig(chosen, size, Settings.from_dict(settings, f"{where}: training"))
