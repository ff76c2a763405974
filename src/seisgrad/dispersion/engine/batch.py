"""From batches of models to arrays of values and derivative rows: one compiled function per chunk, chunks on threads.

The compiled code releases the interpreter lock, so plain threads share the models; their number is torch's
(``torch.set_num_threads``).
"""

import gc
import hashlib
import math
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numba import njit
from numpy.typing import NDArray

from .lanes import LANES, MAKING, MERGED, OPTIONS, compiled
from .modes import PENDING, schedule, search_love, search_rayleigh, search_wet, solve
from .pairs import complete, contrasted
from .partials import buffers, group_love, group_rayleigh, phase_love, phase_rayleigh
from .secular import LOVE, RAYLEIGH, WET

PHASE, GROUP, ELLIPTICITY = 0, 1, 2

#: Largest growth (nepers) that one layer may show before it is cut into equal pieces.
MOST_GROWTH = 150.0
#: Models handed to a thread at a time.
CHUNK = 8


@compiled(**MAKING)
def _roots(velocity):
    """Flat places of the modes that exist in ``velocity`` [mode, period]."""
    periods = velocity.shape[1]
    found = np.empty(velocity.size, np.int64)
    count = 0
    for at in range(velocity.size):
        if not math.isnan(velocity[at // periods, at % periods]):
            found[count] = at
            count += 1
    return found[:count]


@compiled(**MERGED)
def _prepare(h, vp, vs, rho, omega):
    """The solid stack, the water on it, and into how many pieces each layer was cut."""
    fluids = 0
    while vs[fluids] == 0.0:
        fluids += 1
    slowest = np.inf
    for i in range(len(h)):
        slowest = min(slowest, vs[i] if i >= fluids else vp[i])
    slowest *= 0.5
    number = np.empty(len(h), np.int64)
    fastest_omega = max(omega[0], omega[-1])
    total = 0
    for i in range(len(h)):
        number[i] = 1
        if fluids <= i < len(h) - 1:
            # growth of both potentials over the layer at the slowest trial velocity
            number[i] = max(1, int(math.ceil(2.0 * fastest_omega * h[i] / slowest / MOST_GROWTH)))
        total += number[i]
    values = np.empty((5, total))
    at = 0
    for i in range(len(h)):
        for _ in range(number[i]):
            values[0, at], values[4, at] = h[i] / number[i], rho[i]
            values[1, at], values[2, at] = (
                1.0 / (vp[i] * vp[i]),
                (1.0 / (vs[i] * vs[i]) if i >= fluids else 0.0),
            )
            values[3, at] = rho[i] * vs[i] * vs[i]
            at += 1
    stack = (
        values[0, fluids:],
        values[1, fluids:],
        values[2, fluids:],
        values[3, fluids:],
        values[4, fluids:],
    )
    water = (values[0, :fluids], values[1, :fluids], values[4, :fluids])
    return stack, water, number, slowest


def _sources() -> int:
    """A number that changes with any source of the engine."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return int(hashlib.sha256(b"".join(f.read_bytes() for f in files)).hexdigest()[:15], 16)


def _compile_search(wave: int, sources: int):
    """The search for modes of a wave, cached on disk and compiled at its first use.

    Numba's cache notices a change of this file, not of the functions it calls; it does hash what a function
    closes over, so the sources' digest is closed over. The wave is too: the branches of others are never compiled.
    """

    @njit(**OPTIONS, cache=True)
    def modes_of(first, last, h, vp, vs, rho, omega, log_omega, coarsest, order, modes, velocity, status):
        evaluations = 0
        if sources == 0:
            return evaluations
        search = search_love if wave == LOVE else search_wet if wave == WET else search_rayleigh
        for b in range(first, last):
            stack, water, _, slowest = _prepare(h[b], vp[b], vs[b], rho[b], omega)
            # Love waves are faster than the slowest S wave, of which ``slowest`` is half
            slowest *= 2.0 if wave == LOVE else 1.0
            evaluations += solve(
                search, stack, water, omega, log_omega, coarsest, order,
                modes, slowest, vs[b, -1], velocity[b], status[b],
            )  # fmt: skip
        return evaluations

    return modes_of


def _compile_partials(wave: int, sources: int):
    """The derivatives of phase velocity or ellipticity of a wave, and those of group velocity, in the same way."""

    @njit(**OPTIONS, cache=True)
    def slopes_of(first, last, h, vp, vs, rho, omega, velocity, slope, ratio, want_rows, want_ratio, rows):
        if sources == 0:
            return
        phase = phase_love if wave == LOVE else phase_rayleigh
        for b in range(first, last):
            stack, water, pieces, _ = _prepare(h[b], vp[b], vs[b], rho[b], omega)
            found = _roots(velocity[b])
            pair = np.empty(LANES), np.empty(LANES)
            work = buffers(len(stack[0]), len(water[0]), omega)
            if want_rows and len(found) < velocity[b].size:
                rows[b] = 0.0
            phase(
                stack, water, omega, velocity[b], found, pieces,
                want_rows, want_ratio, slope[b], ratio[b], rows[b], pair, work,
            )  # fmt: skip

    @njit(**OPTIONS, cache=True)
    def group_rows_of(first, last, h, vp, vs, rho, omega, velocity, slope, rows):
        if sources == 0:
            return
        group = group_love if wave == LOVE else group_rayleigh
        for b in range(first, last):
            stack, water, pieces, _ = _prepare(h[b], vp[b], vs[b], rho[b], omega)
            found = _roots(velocity[b])
            pair = np.empty(LANES), np.empty(LANES)
            along = np.empty(LANES, np.complex128), np.empty(LANES, np.complex128)
            work = buffers(len(stack[0]), len(water[0]), along[0])
            values = np.empty(len(work[4]))
            if len(found) < velocity[b].size:
                rows[b] = 0.0
            group(
                stack, water, omega, velocity[b], slope[b],
                found, pieces, rows[b], pair, along, values, work,
            )  # fmt: skip

    return slopes_of, group_rows_of


def _compile_complete(sources: int):
    """The search for pairs of roots that the count cannot see, an entry point of its own: few models ask for it."""

    @njit(**OPTIONS, cache=True)
    def complete_of(first, last, h, vp, vs, rho, omega, modes, velocity, status):
        if sources == 0:
            return
        for b in range(first, last):
            stack, water, _, slowest = _prepare(h[b], vp[b], vs[b], rho[b], omega)
            complete(stack, water, omega, modes, slowest, vs[b, -1], velocity[b], status[b])

    return complete_of


_SOURCES = _sources()
#: By wave, on land and under water: modes.
modes_of = [_compile_search(wave, _SOURCES) for wave in (LOVE, RAYLEIGH, WET)]
#: By wave: derivatives of phase velocity or ellipticity, and derivatives of group velocity.
slopes_of, group_rows_of = zip(*(_compile_partials(wave, _SOURCES) for wave in (LOVE, RAYLEIGH)), strict=True)
complete_of = _compile_complete(_SOURCES)


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
    velocity, status = np.full(shape, np.nan), np.full(shape, PENDING)
    under_water = wave == RAYLEIGH and bool((model[2] == 0.0).any())
    search = modes_of[WET if under_water else wave]
    _spread(search, models, *model, omega, *schedule(omega, len(modes)), modes, velocity, status)
    if wave == RAYLEIGH and contrasted(model[2]):
        _spread(complete_of, models, *model, omega, modes, velocity, status)
    if kind == PHASE and not want_rows:
        return velocity, np.empty(0), status
    want_ratio, phase_rows = kind == ELLIPTICITY, want_rows and kind != GROUP
    slope, ratio = np.full(shape, np.nan), np.full(shape if want_ratio else (models, 0, 0), np.nan)
    rows = np.empty((models, 4, *shape[1:], layers) if want_rows else (models, 0, 0, 0, 0))
    _spread(slopes_of[wave], models, *model, omega, velocity, slope, ratio, phase_rows, want_ratio, rows)
    if kind == PHASE:
        return velocity, rows, status
    if kind == ELLIPTICITY:
        return ratio, rows, status
    if want_rows:
        _spread(group_rows_of[wave], models, *model, omega, velocity, slope, rows)
    # U = dω/dk
    return velocity / (1.0 - omega / velocity * slope), rows, status


def _spread(work: Any, models: int, *arguments: object) -> None:
    """Run ``work`` on all models, in chunks on threads where there is more than one."""
    if not work.signatures:
        make_ready(work, *arguments)
    threads = min(torch.get_num_threads(), os.cpu_count() or 1)
    if threads == 1 or models <= CHUNK:
        work(0, models, *arguments)
        return
    firsts = iter(range(0, models, CHUNK))

    def share() -> None:
        # Compiled code started by the pool itself, without a Python function between, took half as long again for
        # Love waves (measured; it depends on where the stack comes to lie).
        for first in firsts:
            work(first, min(first + CHUNK, models), *arguments)

    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(share) for _ in range(threads)]:
            done.result()


def make_ready(work: Any, *arguments: object) -> None:
    """Compile ``work``, or load it, by a call for no model.

    Python's garbage collector rests meanwhile: its walks over the compiler's objects took a fifth of the time.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        work(0, 0, *arguments)
    finally:
        if collecting:
            gc.enable()
