"""Batches of a long work on disk, each whole or not there, so that a run that was stopped goes on where it was."""

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seisgrad.cli.outputs import whole_file
from seisgrad.errors import InputError

if TYPE_CHECKING:
    from seisgrad.dispersion.region import Done


class Kept:
    """Batches of a region in a folder, under the settings that they belong to.

    Args:
        folder: of the batches.
        settings: JSON-able; parts under other ones are refused.

    Raises:
        InputError: parts of another work.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any]) -> None:
        self.folder, self._settings = folder, folder / "settings.json"
        if self._settings.is_file():
            found = json.loads(self._settings.read_text(encoding="utf-8"))
            other = [name for name, value in settings.items() if found.get(name) != value]
            if other:
                raise InputError(
                    f"{folder} holds parts of an inversion with another choice of {', '.join(other)}; repeat that one "
                    "to go on with it, or give another --out"
                )
            return
        folder.mkdir(parents=True, exist_ok=True)
        with whole_file(self._settings) as file:
            file.write_text(json.dumps(settings, indent=1), encoding="utf-8")

    def write(self, part: "Done") -> None:
        """Keep a batch."""
        outcome = part.outcome
        arrays = {name: getattr(outcome, name) for name in outcome.__dataclass_fields__}
        plain: dict[str, Any] = {
            name: np.array(v) if name == "message" else v.numpy() for name, v in arrays.items()
        }
        with whole_file(self.folder / f"{part.name}.npz") as file, file.open("wb") as stream:
            np.savez_compressed(stream, site=part.site.numpy(), **plain)

    def read(self, name: str) -> "Done | None":
        """A batch that is there, or None."""
        import torch

        from seisgrad.dispersion.outcome import Outcome
        from seisgrad.dispersion.region import Done

        path = self.folder / f"{name}.npz"
        if not path.is_file():
            return None
        with np.load(path) as data:
            fields: dict[str, Any] = {key: torch.from_numpy(data[key]) for key in data if key != "message"}
            site = fields.pop("site")
            return Done(name, site, Outcome(message=tuple(data["message"].tolist()), **fields))

    def clear(self) -> None:
        """Forget the batches: the region is written."""
        shutil.rmtree(self.folder, ignore_errors=True)


def fingerprint(*parts: Any) -> str:
    """A digest of tensors and sequences of names."""
    digest = hashlib.sha256()
    for part in parts:
        words = (
            part.contiguous().numpy().tobytes()
            if hasattr(part, "numpy")
            else "\n".join(map(str, part)).encode()
        )
        digest.update(words)
    return digest.hexdigest()
