"""Compares an engine's phase velocities with the scan, mode by mode: wrong, missing, extra.

Mode n is the (n+1)-th real root. A disagreement counts only after the scan, repeated at eight times the
density, stands by its roots. Roots within a rounding of the half-space's vs are left out: whether they are
trapped is not decidable.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from . import scan
from .families import Case

DENSITY = 8.0
EDGE = 1e-11

Engine = Callable[[Case, str, list[int]], np.ndarray]


class Disagreement(NamedTuple):
    """One value on which engine and scan differ."""

    kind: str
    wave: str
    mode: int
    index: int
    period: float
    engine: float
    reference: float


def expected(case, wave, modes, density=DENSITY, periods=None):
    """Roots [mode, period] by the scan, NaN where there is none."""
    code = scan.RAYLEIGH if wave == "rayleigh" else scan.LOVE
    periods = case.periods if periods is None else periods
    out = np.full(
        (modes + 1, len(periods)), np.nan
    )  # one more: the neighbour above tells how close a pair is
    for i, period in enumerate(periods):
        roots, _, _ = scan.scan(code, 2.0 * np.pi / period, *case[:4], modes + 1, density)
        out[: roots.size, i] = roots
    return out


def tolerances(roots):
    """Allowed relative difference of each root: rounding, amplified where two roots nearly touch."""
    gap = np.nan_to_num(np.diff(roots, axis=0) / roots[:-1], nan=np.inf)
    near = np.minimum(np.vstack([np.full_like(gap[:1], np.inf), gap[:-1]]), gap)
    return np.minimum(1e-9 + 1e-12 / np.maximum(near, 1e-30), 1e-5)


def compare(got, roots, vs_last):
    """How engine values [mode, period] differ from roots [mode + 1, period]; '' where they agree."""
    want = roots[:-1]
    out = np.full(want.shape, "", dtype="U7")
    with np.errstate(invalid="ignore"):
        out[np.abs(got / want - 1.0) > tolerances(roots)] = "wrong"
        out[np.isnan(got) & ~np.isnan(want) & (want < vs_last * (1.0 - EDGE))] = "missing"
        out[~np.isnan(got) & np.isnan(want) & (got < vs_last * (1.0 - EDGE))] = "extra"
    return out


def judge(case, engine, modes=4, waves=("rayleigh", "love")):
    """All disagreements of an engine with the scan on one case; the engine returns [mode, period]."""
    found = []
    for wave in waves:
        got = engine(case, wave, list(range(modes)))
        roots = expected(case, wave, modes)
        verdict = compare(got, roots, case.vs[-1])
        doubtful = np.nonzero((verdict != "").any(axis=0))[0]
        if doubtful.size:
            roots[:, doubtful] = expected(case, wave, modes, 8.0 * DENSITY, case.periods[doubtful])
            verdict = compare(got, roots, case.vs[-1])
        for mode, i in zip(*np.nonzero(verdict != ""), strict=True):
            values = float(case.periods[i]), float(got[mode, i]), float(roots[mode, i])
            found.append(Disagreement(str(verdict[mode, i]), wave, int(mode), int(i), *values))
    return found
