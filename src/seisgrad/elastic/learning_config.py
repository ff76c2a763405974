"""What to train, from a configuration file: sections ``network``, ``arguments``, ``losses`` and ``training``.

Without a file it is the first of :data:`NETWORKS`, in which a new network is a line.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seisgrad.config import from_mapping
from seisgrad.elastic.harmonic.learning import HarmonicTask
from seisgrad.elastic.harmonic.network import HarmonicSize
from seisgrad.elastic.helmholtz import HelmholtzSize
from seisgrad.elastic.learning import Losses, helmholtz_task, surface_samples
from seisgrad.errors import InputError
from seisgrad.training.choice import Kind, choose
from seisgrad.training.config import only_one
from seisgrad.training.settings import Settings
from seisgrad.training.task import Task


@dataclass(frozen=True)
class Network:
    """A network that can be trained.

    Attributes:
        kind: its size and the usual settings of its training.
        task: the task of learning datasets, by their paths, the size, the losses and the seed of the first weights.
    """

    kind: Kind
    task: Callable[[Sequence[Path], Any, Losses, int], Task]


def _helmholtz(data: Sequence[Path], size: HelmholtzSize, losses: Losses, seed: int) -> Task:
    return helmholtz_task(only_one(data), size, losses, seed=seed)


def _harmonic(data: Sequence[Path], size: HarmonicSize, losses: Losses, seed: int) -> Task:
    """Its loss is its own; one that is stated is an error rather than without effect."""
    if losses != Losses():
        raise InputError(
            "losses belong to network 'helmholtz', and 'harmonic' has a relative L2 loss alone; leave them out"
        )
    return HarmonicTask([surface_samples(path) for path in data], size, seed=seed)


NETWORKS = {
    "harmonic": Network(
        Kind(
            HarmonicSize,
            {
                "epochs": 20,
                "batch_size": 1,
                "learning_rate": 3e-3,
                "weight_decay": 0.0,
                "clip": 0.1,
                "ema": 0.99,
                "warm_up": 0.05,
            },
            dict.fromkeys(("slowest", "length", "top", "top_cells", "growth"), 0),
        ),
        _harmonic,
    ),
    # of the paper's training: batches of 32, 100 passes, steps from 1e-3; here a cosine leads them to 0
    "helmholtz": Network(
        Kind(HelmholtzSize, {"epochs": 100, "batch_size": 32, "learning_rate": 1e-3, "ema": 0.99}), _helmholtz
    ),
}


@dataclass(frozen=True)
class LearningConfig:
    """What to train and how.

    Attributes:
        network: its name.
        size: of the network.
        losses: how it is judged.
        settings: of the training.
    """

    network: str
    size: Any
    losses: Losses
    settings: Settings

    def task(self, data: Sequence[Path]) -> Task:
        """The task of learning datasets.

        Raises:
            InputError: no complete dataset of this system, or more of them than the network learns from.
        """
        return NETWORKS[self.network].task(data, self.size, self.losses, self.settings.seed)


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
    kinds = {name: one.kind for name, one in NETWORKS.items()}
    chosen = choose(path, kinds, network=network, training=training, others=("losses",))
    where = str(path) if path else "the configuration"
    losses = from_mapping(Losses, chosen.others["losses"], f"{where}: losses")
    return LearningConfig(chosen.network, chosen.size, losses, chosen.settings)
