"""Compile the engine ahead of its first use, on two cores side by side; afterwards it comes from disk.

Numba compiles one function at a time per process, and the search for modes takes about as long as all derivatives
together: a process each. Whoever starts them can do something else meanwhile.
"""

import subprocess
import sys

import numpy as np

from .batch import _group_rows_of, _modes_of, _slopes_of
from .secular import RAYLEIGH

#: Two layers over a half-space: thickness, vp, vs, rho.
_MODEL = (
    np.array([[2.0, 3.0, 0.0]]),
    np.array([[3.0, 4.0, 6.0]]),
    np.array([[1.5, 2.2, 3.5]]),
    np.array([[2.1, 2.3, 2.7]]),
)
_OMEGA = 2.0 * np.pi / np.array([2.0, 4.0])


def start() -> tuple[subprocess.Popen, ...]:
    """Begin to compile every entry point that is not on disk yet, in processes of their own; see :func:`finish`.

    A Ctrl-C reaches them too, and ends them without a word.
    """
    quiet = "import signal; signal.signal(signal.SIGINT, signal.SIG_DFL); "
    return tuple(
        subprocess.Popen([sys.executable, "-c", f"{quiet}from {__name__} import {part}; {part}()"])
        for part in ("modes", "derivatives")
    )


def finish(processes: tuple[subprocess.Popen, ...]) -> None:
    """Wait for them. One that failed is no harm: what it would have left on disk is compiled at its first use."""
    for process in processes:
        process.wait()


def modes() -> None:
    """Compile the search for modes."""
    velocity, status = np.empty((1, 1, 2)), np.empty((1, 1, 2), np.int64)
    _modes_of(0, 1, RAYLEIGH, *_MODEL, _OMEGA, np.zeros(1, np.int64), velocity, status)


def derivatives() -> None:
    """Compile the derivatives of phase velocity, ellipticity and group velocity."""
    velocity, slope = np.full((1, 1, 2), 1.6), np.full((1, 1, 2), -0.1)
    rows, none = np.empty((1, 4, 1, 2, 3)), np.empty((1, 0, 0))
    _slopes_of(0, 1, RAYLEIGH, *_MODEL, _OMEGA, velocity, slope, none, True, False, rows)
    _group_rows_of(0, 1, RAYLEIGH, *_MODEL, _OMEGA, velocity, slope, rows)
