"""Where results go: checked before the work begins, written beside the target, and put in place only when
whole."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seisgrad.errors import InputError

if TYPE_CHECKING:
    from seisgrad.report.page import Page


def check_file(path: Path, suffixes: Sequence[str] = (), option: str = "--out") -> Path:
    """The path of an output file, or InputError where none can be written there; ``suffixes`` lists known
    endings."""
    if suffixes and path.suffix.lower() not in suffixes:
        raise InputError(
            f"{option} {path} ends in {path.suffix or 'nothing'}, expected {' or '.join(suffixes)}"
        )
    if path.is_dir():
        raise InputError(f"{path} is a folder, expected the name of a file to write")
    _check_writable(path.parent, path)
    return path


def check_folder(path: Path) -> Path:
    """The path of an output folder, or InputError where none can be filled there."""
    if path.exists() and not path.is_dir():
        raise InputError(f"--out {path} is a file, expected a folder, which is made where it is missing")
    standing = next(p for p in (path, *path.absolute().parents) if p.exists())
    _check_writable(standing, path)
    return path


def _check_writable(folder: Path, path: Path) -> None:
    if not folder.is_dir():
        raise InputError(f"{path} cannot be written: {folder} is no existing folder; make it first")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(f"{path} cannot be written: {folder} allows no writing; choose another place")


def file_name(words: str) -> str:
    """Words such as an operator's name or a path as the name of a file."""
    return "".join(letter if letter.isalnum() else "-" for letter in words).strip("-")


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary sibling to write to, renamed to ``path`` when the block ends well and removed when it does
    not."""
    with _writing(path), tempfile.TemporaryDirectory(prefix=".seisgrad-", dir=path.parent) as folder:
        sibling = Path(folder) / path.name
        yield sibling
        os.replace(sibling, path)


@contextlib.contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A temporary sibling folder to fill; its files move into ``path`` when the block ends well."""
    with _writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".seisgrad-", dir=path.parent))
        try:
            yield draft
            path.mkdir(exist_ok=True)
            for file in sorted(draft.iterdir()):
                os.replace(file, path / file.name)
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def write_page(folder: Path, page: "Page", drawn: Mapping[str, bytes]) -> None:
    """``report.html``, and beside it its figures as PNG by their names."""
    for name, png in drawn.items():
        (folder / f"{name}.png").write_bytes(png)
    (folder / "report.html").write_text(page.html(), encoding="utf-8")


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(
            f"{path} cannot be written ({error.strerror or error}); choose another place"
        ) from error
