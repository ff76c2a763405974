"""What appears on disk whole or not at all: it is written beside its place and moved there."""

import contextlib
import glob
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def draft_beside(path: Path) -> Iterator[Path]:
    """Where to write what shall be moved to ``path``; it goes with its folder when the block ends, and so does what a
    kill left of an earlier one."""
    clear_drafts(path)
    own = Path(tempfile.mkdtemp(prefix=_prefix(path), dir=path.absolute().parent))
    try:
        yield own / path.name
    finally:
        _remove(own)


def clear_drafts(path: Path) -> None:
    """Remove what a kill left of a draft of ``path``."""
    for torn in path.absolute().parent.glob(f"{glob.escape(_prefix(path))}*"):
        shutil.rmtree(torn, ignore_errors=True)


def _prefix(path: Path) -> str:
    return f".seisgrad-{path.name}-"


def _remove(folder: Path) -> None:
    """Remove a draft, into which threads of zarr may write for a moment after a Ctrl-C has ended the work."""
    for _ in range(40):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.05)
