"""Numba compilation with a cache on disk that knows all files of this package.

Numba's own cache forgets that a cached function calls functions of other files; here every cached function is
dropped when any source file of the package is newer.
"""

from pathlib import Path

from numba import njit

HERE = Path(__file__).parent


def drop_stale_cache():
    """Remove cached machine code older than the newest source file beside this one."""
    newest = max(path.stat().st_mtime for path in HERE.glob("*.py"))
    for path in (HERE / "__pycache__").glob("*.nb[ci]"):
        if path.stat().st_mtime < newest:
            path.unlink(missing_ok=True)


drop_stale_cache()
compiled = njit(cache=True)
