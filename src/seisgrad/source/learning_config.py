"""What to train, from a configuration file: ``network``, ``arguments``, ``losses``, ``draws``, ``randomisation`` and
``training``.

Without a file it is the first of :data:`NETWORKS`, learned from the columns of Southern California.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from seisgrad.config import from_mapping
from seisgrad.source.earths import names_in
from seisgrad.source.greens import GreensBank
from seisgrad.source.harmonic import HarmonicSize
from seisgrad.source.prior import Prior
from seisgrad.source.randomisation import Randomisation
from seisgrad.source.sourcenet import PaperSize
from seisgrad.source.task import Losses, SourceTask
from seisgrad.training.choice import Kind, choose
from seisgrad.training.config import only_one
from seisgrad.training.settings import Settings

T = TypeVar("T")

_USUAL = {"epochs": 80, "batch_size": 64, "weight_decay": 1e-2}

NETWORKS = {
    "harmonic": Kind(HarmonicSize, {**_USUAL, "learning_rate": 1e-3}),
    # the step size of the paper, in the smaller batches that a CPU can afford
    "sourcenet": Kind(PaperSize, {**_USUAL, "learning_rate": 2e-4}, {"layers": 0}),
}


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """Which events are drawn.

    Args:
        models: ``train``, ``held_out``, ``other`` or names of velocity models of the bank, separated by commas.
        events: of a pass.
        validation: events that decide which weights are kept.
    """

    models: str = "train"
    events: int = 12_800
    validation: int = 1024

    @property
    def names(self) -> tuple[str, ...]:
        """Of the velocity models."""
        return names_in(self.models)


@dataclass(frozen=True)
class LearningConfig:
    """What to train and how.

    Attributes:
        network: its name.
        size: of the network.
        losses: how it is judged.
        drawing: which events, and
        randomisation: what varies in them.
        settings: of the training.
    """

    network: str
    size: Any
    losses: Losses
    drawing: Drawing
    randomisation: Randomisation
    settings: Settings

    def task(self, data: Sequence[Path]) -> SourceTask:
        """The task of learning events through the Green's functions of a bank, the one path of ``data``.

        Raises:
            InputError: no bank, one without a model asked for, or several.
        """
        bank = GreensBank.open(only_one(data), self.drawing.names)
        return SourceTask(
            Prior(bank, self.randomisation),
            self.network,
            self.size,
            self.losses,
            events=self.drawing.events,
            validation=self.drawing.validation,
            seed=self.settings.seed,
        )


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
    others = ("losses", "draws", "randomisation")
    chosen = choose(path, NETWORKS, network=network, training=training, others=others)
    where = str(path) if path else "the configuration"

    def read(kind: type[T], name: str) -> T:
        return from_mapping(kind, chosen.others[name], f"{where}: {name}")

    losses, drawing = read(Losses, "losses"), read(Drawing, "draws")
    randomisation = read(Randomisation, "randomisation")
    return LearningConfig(chosen.network, chosen.size, losses, drawing, randomisation, chosen.settings)
