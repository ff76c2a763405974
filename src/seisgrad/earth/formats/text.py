"""What every reader and writer of models shares: lines that know their place, numbers, rows, whole-file writing."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch

from seisgrad.earth.layered import LayeredModel
from seisgrad.earth.validation import find_fault
from seisgrad.errors import InputError, WorkError

# Decimal numbers as C and Fortran print them. Python's own float() takes more: underscores, digits of other scripts.
_NUMBER = re.compile(
    r"[+-]?(\d+\.?\d*|\.\d+)([eEdD][+-]?\d+)?|[+-]?(nan|inf|infinity)", re.ASCII | re.IGNORECASE
)


@dataclass(frozen=True)
class Line:
    """One line of a file, with its number (from 1), so that whatever is wrong with it can be found."""

    path: Path
    number: int
    text: str

    def error(self, said: str) -> InputError:
        """What is wrong with this line, as one sentence; the caller raises it."""
        return InputError(f"{self.path}, line {self.number}: {said}.")

    def parse(self, text: str, quantity: str, unit: str) -> float:
        """A number, which may be NaN or infinite: the rules for layers judge that."""
        if not _NUMBER.fullmatch(text):
            wanted = f"a number in {unit}" if unit else "a number"
            raise self.error(f"{quantity} is {shorten(text)}, expected {wanted}; correct it")
        return float(text.lower().replace("d", "e"))

    def numeric(self) -> bool:
        """True for a line of at least three numbers: a row of data where words may be expected."""
        fields = self.text.replace(",", " ").split()
        return len(fields) >= 3 and all(_NUMBER.fullmatch(field) for field in fields)


class Row(NamedTuple):
    """One layer of a file and the line it stands on."""

    line: Line
    thickness: float
    vp: float
    vs: float
    rho: float


def shorten(text: str) -> str:
    """Text in quotes, short enough for a sentence, control characters escaped."""
    return repr(text if len(text) <= 40 else text[:37] + "...")


def read_lines(path: Path) -> list[Line]:
    """All lines of a text file.

    Raises:
        InputError: there is no such file, or it is not text.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such file; check the path.") from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}: byte {error.start} is no text, expected a model as a UTF-8 text file."
        ) from error
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read ({error}), expected a text file.") from error
    return [Line(path, number, text) for number, text in enumerate(re.split(r"\r\n|\r|\n", text), start=1)]


def content(lines: Sequence[Line], comments: Sequence[str] = ("#",)) -> Iterator[Line]:
    """The lines that hold something once comments and blanks are taken away."""
    for line in lines:
        text = line.text
        for mark in comments:
            text = text.partition(mark)[0]
        if text.strip():
            yield Line(line.path, line.number, text.strip())


def model_from_rows(rows: Sequence[Row]) -> LayeredModel:
    """The model of a file, the last row its half-space.

    Raises:
        InputError: a layer is no possible earth; the sentence names its line.
    """
    _, *columns = zip(*rows, strict=True)
    fault = find_fault(*(torch.tensor(column, dtype=torch.float64) for column in columns))
    if fault:
        raise rows[fault.layer].line.error(f"layer {fault.layer + 1} of {len(rows)}: {fault.text}")
    return LayeredModel(*columns)


def write_whole(path: Path, text: str) -> None:
    """Write a file in one step: complete under its name or not at all, an older one untouched until then.

    Raises:
        InputError: the folder does not exist or the path is a folder.
        WorkError: the disk refuses.
    """
    if not os.path.isdir(path.parent):
        raise InputError(f"{path}: there is no folder {path.parent}; make it first.")
    if os.path.isdir(path):
        raise InputError(f"{path}: this is a folder, expected the path of a file to write.")
    partial = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.partial")
    try:
        partial.write_text(text, encoding="utf-8", newline="\n")
        partial.replace(path)
    except (OSError, ValueError) as error:
        raise WorkError(f"{path}: could not be written ({error}); check space and permissions.") from error
    finally:
        with suppress(OSError, ValueError):
            partial.unlink(missing_ok=True)
