"""What to train, from a configuration file: sections ``network``, ``arguments`` and ``training``.

Without a file it is the network of series with the settings of the shipped ones. A new network is a line in
:data:`NETWORKS`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seisgrad.acoustic.learning import FieldTask, field_task
from seisgrad.acoustic.series.network import SeriesSize
from seisgrad.acoustic.space_time import SpaceTimeSize, SpaceTimeTask, space_time_task
from seisgrad.training.choice import Kind, choose
from seisgrad.training.config import only_one
from seisgrad.training.settings import Settings

_SERIES = {
    "epochs": 30,
    "batch_size": 8,
    "learning_rate": 4e-3,
    "weight_decay": 0.0,
    "clip": 0.3,
    "ema": 0.99,
    "warm_up": 0.05,
}
NETWORKS = {
    "series": Kind(SeriesSize, _SERIES, {"knots": 2}),
    # the settings of its training are what is known of the paper's
    "space_time": Kind(SpaceTimeSize, {"epochs": 300, "batch_size": 30, "ema": 0.0}),
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
    chosen = choose(path, NETWORKS, network=network, training=training)
    return LearningConfig(chosen.network, chosen.size, chosen.settings)
