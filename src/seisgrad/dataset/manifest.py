"""What a store says of itself: how it was made, by which versions, how far it is, and what was rejected."""

import json
import platform
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from typing import Any, NamedTuple

import seisgrad
from seisgrad.dataset.splits import Split, validation_number

FORMAT = "seisgrad dataset 1"
STORED: tuple[Split, ...] = ("train", "validation")
"""The splits of a store; test samples are drawn by whoever tests, and stored nowhere."""


class Task(NamedTuple):
    """One shard: the samples that are made, sent and written together."""

    split: Split
    shard: int
    first: int
    number: int


@dataclass(frozen=True)
class Manifest:
    """How a dataset was made.

    Attributes:
        system: whose samples they are: ``"dispersion"``.
        settings: all that the samples depend on, as the recipe states it: prior, seed, grid and so on.
        number: of samples, by split.
        shard: samples in one shard, which is one chunk of every array.
        versions: of Python and the packages that made it.
        shards: for each shard of each split, how many draws were rejected, by cause; empty while the dataset is being
            made.
        format: of the store.
    """

    system: str
    settings: Mapping[str, Any]
    number: Mapping[str, int]
    shard: int
    versions: Mapping[str, str]
    shards: Mapping[str, list[dict[str, int]]] = field(default_factory=dict)
    format: str = FORMAT

    @property
    def complete(self) -> bool:
        """Whether every shard has been written."""
        return bool(self.shards)

    @property
    def rejected(self) -> dict[str, Counter[str]]:
        """Rejected draws by split and cause."""
        return {
            split: sum((Counter(counts) for counts in shards), Counter[str]())
            for split, shards in self.shards.items()
        }

    def tasks(self) -> list[Task]:
        """Every shard of every split, in order."""
        return [
            Task(split, shard, first, min(self.shard, self.number[split] - first))
            for split in STORED
            for shard, first in enumerate(range(0, self.number[split], self.shard))
        ]

    def as_json(self) -> dict[str, Any]:
        """The manifest in values that JSON can hold."""
        return asdict(self)


def numbers(number: int, fewest: int) -> dict[str, int]:
    """Samples by split for ``number`` training samples and no fewer than ``fewest`` for validation."""
    return {"train": number, "validation": validation_number(number, fewest)}


def versions() -> dict[str, str]:
    """Of Python, of this package and of those that the numbers depend on."""
    named = {name: version(name) for name in ("numpy", "torch", "zarr")}
    return {"seisgrad": seisgrad.__version__, "python": platform.python_version(), **named}


def difference(asked: Manifest, found: Manifest) -> str | None:
    """The first setting in which two manifests differ, in words, or None; numbers of samples may differ."""
    theirs, ours = _comparable(found), _comparable(asked)
    for name in [*ours, *(name for name in theirs if name not in ours)]:
        if ours.get(name) != theirs.get(name):
            return f"{name} {_brief(theirs.get(name))} and not {_brief(ours.get(name))}"
    return None


def _comparable(manifest: Manifest) -> dict[str, Any]:
    made_by = {"seisgrad version": manifest.versions["seisgrad"], "numpy version": manifest.versions["numpy"]}
    settings = {"system": manifest.system, **manifest.settings, "shard": manifest.shard, **made_by}
    return json.loads(json.dumps(settings))  # where one of two was read back, its tuples have become lists


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
