"""Compile the engine ahead of its first use, on two cores side by side; afterwards it comes from disk.

Numba compiles one function at a time per process: two processes share the entry points. Whoever starts them can do
something else meanwhile.
"""

import subprocess
import sys

import numpy as np

from .batch import complete_of, group_rows_of, make_ready, modes_of, slopes_of
from .modes import PENDING, schedule
from .secular import LOVE, RAYLEIGH

#: Two layers over a half-space: thickness, vp, vs, rho.
_MODEL = (
    np.array([[2.0, 3.0, 0.0]]),
    np.array([[3.0, 4.0, 6.0]]),
    np.array([[1.5, 2.2, 3.5]]),
    np.array([[2.1, 2.3, 2.7]]),
)
_OMEGA = 2.0 * np.pi / np.array([2.0, 4.0])
_FUNDAMENTAL = np.zeros(1, np.int64)


def start() -> tuple[subprocess.Popen, ...]:
    """Begin to compile every entry point that is not on disk yet, in processes of their own; see :func:`finish`.

    A Ctrl-C reaches them too, and ends them without a word.
    """
    quiet = "import signal; signal.signal(signal.SIGINT, signal.SIG_DFL); "
    return tuple(
        subprocess.Popen([sys.executable, "-c", f"{quiet}from {__name__} import share; share({which})"])
        for which in range(2)
    )


def finish(processes: tuple[subprocess.Popen, ...]) -> None:
    """Wait for them. One that failed is no harm: what it would have left on disk is compiled at its first use."""
    for process in processes:
        process.wait()


def share(which: int) -> None:
    """Compile every other entry point, from the first or the second on; so ordered that both take about as long."""
    found = _FUNDAMENTAL, np.full((1, 1, 2), np.nan), np.full((1, 1, 2), PENDING)
    velocity, slope = np.full((1, 1, 2), 1.6), np.full((1, 1, 2), -0.1)
    rows, none = np.empty((1, 4, 1, 2, 3)), np.empty((1, 0, 0))
    search = *schedule(_OMEGA, 1), *found
    slopes, group = (velocity, slope, none, True, False, rows), (velocity, slope, rows)
    points = [
        (group_rows_of[RAYLEIGH], group),
        (slopes_of[RAYLEIGH], slopes),
        (group_rows_of[LOVE], group),
        (modes_of[RAYLEIGH], search),
        (slopes_of[LOVE], slopes),
        (complete_of, found),
        (modes_of[LOVE], search),
    ]
    for point, arguments in points[which::2]:
        make_ready(point, *_MODEL, _OMEGA, *arguments)
