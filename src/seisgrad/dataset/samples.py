"""Arrays of a dataset as training takes them: opened, told of in the card, and checked in memory."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from seisgrad.dataset.reading import open_dataset
from seisgrad.errors import InputError


@runtime_checkable
class Samples(Protocol):
    """Arrays by name, the first axis of each the sample."""

    def __getitem__(self, name: str, /) -> Any:
        """The array of this name."""
        ...


def opened(path: Path, system: str) -> tuple[Samples, Samples, Mapping[str, Any], dict[str, Any]]:
    """Training and validation samples of a dataset of a system, its settings, and what a card tells of it.

    Raises:
        InputError: no complete dataset of the system.
    """
    train, validation = (open_dataset(path, split) for split in ("train", "validation"))
    manifest = train.manifest
    if manifest.system != system:
        raise InputError(f"{path} is a dataset of {manifest.system!r}, expected one of {system!r}")
    told = manifest.as_json()
    told.pop("shards")  # hundreds of counts; their sum says enough
    told["rejected"] = {split: dict(counts) for split, counts in manifest.rejected.items()}
    return train, validation, manifest.settings, told


def arrays_of(samples: Samples, shapes: Mapping[str, tuple[int, ...]], split: str) -> dict[str, NDArray]:
    """The arrays in memory.

    Raises:
        InputError: samples of another shape than that of their name, or that are not finite.
    """
    arrays = {name: np.asarray(samples[name]) for name in shapes}
    for name, shape in shapes.items():
        if arrays[name].shape[1:] != shape:
            raise InputError(
                f"{name} of the {split} samples has shape {arrays[name].shape}, expected (sample, "
                f"{', '.join(map(str, shape))})"
            )
        if not np.isfinite(arrays[name]).all():
            raise InputError(f"{name} of the {split} samples is not finite; simulate them anew")
    return arrays
