"""The state of a waveform inversion on disk: one file, replaced whole, of plain arrays and a readable record."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import torch
from torch import Tensor

from seisgrad.errors import InputError

NAME = "state.npz"


class Checkpoint:
    """The file ``state.npz`` of a folder.

    Args:
        folder: made where it is missing.
        origin: digests of everything that the result depends on, by name.

    Raises:
        InputError: a folder that cannot be made.
    """

    def __init__(self, folder: Path, origin: Mapping[str, str]) -> None:
        self.path, self.origin = Path(folder) / NAME, dict(origin)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"the folder {folder} cannot be made ({error.strerror}); choose another"
            ) from error

    def read(self) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
        """The arrays and the record, or None where there is no state.

        Raises:
            InputError: the state of another inversion, or a file that is none.
        """
        if not self.path.is_file():
            return None
        try:
            with np.load(self.path, allow_pickle=False) as found:
                record = json.loads(str(found["record"]))
                arrays = {name: torch.from_numpy(found[name]) for name in found.files if name != "record"}
        except (OSError, ValueError, KeyError, BadZipFile) as error:
            raise InputError(
                f"{self.path} is no state of a waveform inversion ({error}); give another folder"
            ) from error
        other = [name for name, value in self.origin.items() if record["origin"].get(name) != value]
        if other:
            raise InputError(
                f"{self.path.parent} holds the state of an inversion with other {', '.join(other)}; repeat that one to "
                "go on with it, or give another folder"
            )
        return arrays, record

    def write(self, arrays: Mapping[str, Tensor], record: Mapping[str, Any]) -> None:
        """Replace the state; a kill leaves the old or the new."""
        text = json.dumps({"origin": self.origin, **record})
        plain = {name: values.detach().cpu().numpy() for name, values in arrays.items()}
        draft = self.path.with_name(f".{NAME}.draft")
        with draft.open("wb") as file:
            np.savez(file, record=np.array(text), **plain)  # type: ignore[arg-type]
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, self.path)


def digest(*parts: object) -> str:
    """A digest of tensors, None and whatever else says all of itself in words."""
    found = hashlib.sha256()
    for part in parts:
        if isinstance(part, Tensor):
            found.update(f"{part.dtype}{tuple(part.shape)}".encode())
            found.update(part.detach().cpu().contiguous().numpy().tobytes())
        else:
            found.update(repr(part).encode())
    return found.hexdigest()[:16]
