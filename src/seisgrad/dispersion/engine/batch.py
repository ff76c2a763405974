"""From batches of models to arrays of values and derivative rows: one compiled function per chunk, chunks on threads.

The compiled code releases the interpreter lock, so plain threads share the models; their number is torch's (``torch.set_num_threads``).
"""

import hashlib
import math
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from numba import njit
from numpy.typing import NDArray

from .lanes import INNER, OPTIONS
from .modes import OK, solve
from .partials import group, phase

PHASE, GROUP, ELLIPTICITY = 0, 1, 2

#: Largest growth (nepers) that one layer may show before it is cut into equal pieces.
MOST_GROWTH = 150.0
#: Models handed to a thread at a time.
CHUNK = 8


@njit(**INNER)
def _pieces(h, vs, vp, omega, slowest):
    """How many equal pieces each layer is cut into so that none overflows: nearly always one."""
    number = np.ones(len(h), np.int64)
    for i in range(len(h) - 1):
        growth = 2.0 * omega * h[i] / slowest
        number[i] = max(1, int(math.ceil(growth / MOST_GROWTH)))
    return number


@njit(**INNER)
def _cut(values, number, divide):
    total = number.sum()
    out = np.empty(total)
    at = 0
    for i in range(len(values)):
        for _ in range(number[i]):
            out[at] = values[i] / number[i] if divide else values[i]
            at += 1
    return out


@njit(**INNER)
def _join(kernel, number, roots):
    """Derivatives of whole layers from those of their pieces."""
    out = np.zeros((4, roots, len(number)))
    for parameter in range(4):
        for root in range(roots):
            at = 0
            for i in range(len(number)):
                share = 1.0 / number[i] if parameter == 0 else 1.0
                for _ in range(number[i]):
                    out[parameter, root, i] += share * kernel[parameter, root, at]
                    at += 1
    return out


@njit(**INNER)
def one_model(wave, kind, h, vp, vs, rho, omega, modes, want_rows, value, rows, status):
    """Values [mode, period] of one model and, where wanted, rows [4, mode, period, layer]: zero where there is no value."""
    fluids = 0
    while vs[fluids] == 0.0:
        fluids += 1
    slowest = vs[fluids:].min()
    if fluids > 0:
        slowest = min(slowest, vp[:fluids].min())
    slowest *= 0.5
    number = _pieces(h, vs, vp, omega.max(), slowest)
    number[:fluids] = 1
    whole = number.sum() == len(h)
    H, P, S, R = _cut(h, number, True), _cut(vp, number, False), _cut(vs, number, False), _cut(rho, number, False)
    stack = (H[fluids:], 1.0 / P[fluids:] ** 2, 1.0 / S[fluids:] ** 2, R[fluids:] * S[fluids:] ** 2, R[fluids:])
    water = (H[:fluids], 1.0 / P[:fluids] ** 2, R[:fluids])
    velocity = np.empty((len(modes), len(omega)))
    solve(wave, stack, water, omega, modes, slowest, S[-1], velocity, status)
    value[:] = velocity
    rows[:] = 0.0
    if kind == PHASE and not want_rows:
        return
    found = np.nonzero((status.ravel() == OK))[0]
    roots = len(found)
    periods = len(omega)
    at_omega, at_c = np.empty(roots), np.empty(roots)
    for i in range(roots):
        at_omega[i], at_c[i] = omega[found[i] % periods], velocity[found[i] // periods, found[i] % periods]
    slope, result = np.empty(roots), np.empty(roots)
    wide = roots if want_rows else 0
    kernel = np.empty((4, wide, len(H)))
    ellipticity = np.empty(roots if kind == ELLIPTICITY else 0)
    other = np.empty((4, wide if kind == ELLIPTICITY else 0, len(H)))
    rows_of_phase = want_rows and kind != GROUP
    phase(wave, stack, water, at_omega, at_c, roots, rows_of_phase, slope, kernel, ellipticity, other)
    if kind == PHASE:
        result[:] = at_c
    elif kind == GROUP:
        group(wave, stack, water, at_omega, at_c, slope, roots, result, want_rows, kernel)
    else:
        result[:] = ellipticity
        kernel = other
    if want_rows and not whole:
        kernel = _join(kernel, number, roots)
    for i in range(roots):
        m, p = found[i] // periods, found[i] % periods
        value[m, p] = result[i]
        if want_rows:
            for parameter in range(4):
                for layer in range(len(h)):
                    rows[parameter, m, p, layer] = kernel[parameter, i, layer]


def _sources() -> int:
    """A number that changes with any source of the engine."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return int(hashlib.sha256(b"".join(f.read_bytes() for f in files)).hexdigest()[:15], 16)


def _entry(sources: int):
    """The one compiled function that is cached on disk.

    Numba's cache notices a change of this file, not of the functions it calls; it does hash what a function closes over, so the
    sources' digest is closed over.
    """

    @njit(**OPTIONS, cache=True)
    def chunk(first, last, wave, kind, h, vp, vs, rho, omega, modes, want_rows, value, rows, status):
        if sources == 0:
            return
        for b in range(first, last):
            at = b if want_rows else 0
            one_model(wave, kind, h[b], vp[b], vs[b], rho[b], omega, modes, want_rows, value[b], rows[at], status[b])

    return chunk


_chunk = _entry(_sources())


def run(
    wave: int,
    kind: int,
    model: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    periods: NDArray[np.float64],
    modes: NDArray[np.int64],
    want_rows: bool,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Values [model, mode, period], rows [model, 4, mode, period, layer] (or empty) and status [model, mode, period].

    ``model`` holds thickness, vp, vs and rho, each [model, layer], contiguous and valid.
    """
    models, layers = model[0].shape
    omega = 2.0 * np.pi / periods
    shape = (models, len(modes), len(periods))
    value, status = np.empty(shape), np.empty(shape, np.int64)
    rows = np.empty((models if want_rows else 1, 4, *shape[1:], layers if want_rows else 0))
    arguments = (wave, kind, *model, omega, modes, want_rows, value, rows, status)
    threads = min(torch.get_num_threads(), os.cpu_count() or 1)
    spans = [(first, min(first + CHUNK, models)) for first in range(0, models, CHUNK)]
    if threads == 1 or len(spans) == 1:
        _chunk(0, models, *arguments)
    else:
        with ThreadPoolExecutor(threads) as pool:
            for done in [pool.submit(_chunk, first, last, *arguments) for first, last in spans]:
                done.result()
    return value, rows, status
