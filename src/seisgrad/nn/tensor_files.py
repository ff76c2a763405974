"""Tensors in one safetensors file beside a readable JSON record: no pickle, and whole whenever the process is killed.

Two files cannot be replaced at one instant. The tensors are therefore written under a pending name first; replacing
the record, which holds their SHA-256, is the moment at which the new pair counts; then the pending file takes its
final name. A reader, or the next writer, that comes after a kill in between still finds the tensors that the
record means.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

from seisgrad.errors import InputError

_ATTEMPTS = 3
"""Readings of a pair that is perhaps being replaced just now."""


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file by new content: after a kill or a power cut it holds the old or the new, never a part."""
    draft = path.with_name(f".{path.name}.draft")
    with open(draft, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@dataclass(frozen=True)
class TensorFiles:
    """A JSON record and the safetensors file that it vouches for.

    Args:
        record: path of the JSON file.
        tensors: path of the safetensors file, in the same folder.
    """

    record: Path
    tensors: Path

    @property
    def pending(self) -> Path:
        """The tensors that a record already means and that have not got their final name yet."""
        return self.tensors.with_name(f".{self.tensors.name}.pending")

    def write(self, tensors: Mapping[str, Tensor], record: Mapping[str, Any]) -> None:
        """Replace both files; the record gains the entry ``sha256``."""
        self._settle()
        content = safetensors.torch.save({name: t.detach().cpu().contiguous() for name, t in tensors.items()})
        write_whole(self.pending, content)
        self.annotate({**record, "sha256": hashlib.sha256(content).hexdigest()})
        os.replace(self.pending, self.tensors)

    def annotate(self, record: Mapping[str, Any]) -> None:
        """Replace the record alone; it must hold the ``sha256`` of the tensors that are there."""
        text = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False)
        write_whole(self.record, (text + "\n").encode())

    def read(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """The tensors and their record.

        Raises:
            InputError: a file that is missing, no JSON, no safetensors or cut short, or tensors other than those
                the record was written for.
        """
        for _ in range(_ATTEMPTS):
            record = self.read_record()
            content = self._content(record["sha256"])
            if content is not None:
                break
        else:
            raise InputError(
                f"{self.tensors} does not have the SHA-256 that {self.record.name} states: one of the two was edited, "
                "cut short or exchanged; get both again from where they came"
            )
        try:
            return safetensors.torch.load(content), record
        except SafetensorError as error:
            raise InputError(f"{self.tensors} is no safetensors file ({error}); write it anew") from error

    def read_record(self) -> dict[str, Any]:
        """The record alone.

        Raises:
            InputError: a record that is missing, no JSON object, or without a SHA-256.
        """
        try:
            record = json.loads(self.record.read_text(encoding="utf-8"))
        except OSError as error:
            raise InputError(
                f"{self.record} cannot be read ({error.strerror}); expected a folder with {self.record.name} and "
                f"{self.tensors.name}, as training writes it"
            ) from error
        except ValueError as error:
            raise InputError(
                f"{self.record} is no JSON ({error}); expected the file that training wrote"
            ) from error
        if not isinstance(record, dict) or not isinstance(record.get("sha256"), str):
            raise InputError(
                f"{self.record} states no sha256 of {self.tensors.name}, expected the file that training wrote"
            )
        return record

    def _content(self, digest: str) -> bytes | None:
        """The bytes with this digest, or None where neither file has it."""
        found = None
        for path in (self.tensors, self.pending):
            try:
                found = path.read_bytes()
            except FileNotFoundError:
                continue
            except OSError as error:
                raise InputError(
                    f"{path} cannot be read ({error.strerror}); check its permissions"
                ) from error
            if hashlib.sha256(found).hexdigest() == digest:
                return found
        if found is None:
            raise InputError(f"{self.tensors} is missing beside {self.record.name}; keep the two together")
        return None

    def _settle(self) -> None:
        """Finish what a killed writer had begun, before its pending file is overwritten."""
        if self.pending.exists() and self.record.exists():
            digest = hashlib.sha256(self.pending.read_bytes()).hexdigest()
            if digest == self.read_record()["sha256"]:
                os.replace(self.pending, self.tensors)
