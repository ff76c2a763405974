"""The quality of Green's functions as a table: a row for every pair, component and period."""

import csv
import math
import os
from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields

import numpy as np
from numpy.typing import NDArray

from seisgrad.noise.correlations import Correlations
from seisgrad.noise.signal import Velocities, quarter_period, signal_quality

Real = NDArray[np.float64]


@dataclass(frozen=True)
class QualityRow:
    """What a period of a component of a pair is worth; NaN where it cannot be told.

    Attributes:
        pair: ``A_B``.
        component: such as ``ZZ``.
        distance: km.
        period: s.
        snr: signal over noise of the mean of both lags.
        snr_positive: of the positive lags, from A to B.
        snr_negative: of the negative lags.
        delay: half of what the positive side is later, s.
        zr_phase: of ZR over ZZ, rad, on rows of ``ZR``: π/2 retrograde, −π/2 prograde.
    """

    pair: str
    component: str
    distance: float
    period: float
    snr: float
    snr_positive: float
    snr_negative: float
    delay: float
    zr_phase: float


def quality_rows(egf: Correlations, periods: Real, velocities: Velocities) -> Iterator[QualityRow]:
    """Rows by pair, component and period.

    Args:
        egf: folded, of kind ``C`` or ``EGF``.
        periods: s, ``[period]``.
        velocities: slowest and fastest group velocity, km/s.

    Raises:
        InputError: as :func:`seisgrad.noise.signal_quality`.
    """
    found = signal_quality(egf, periods, velocities)
    both = {"ZZ", "ZR"} <= set(egf.components)
    turned = quarter_period(egf, periods, velocities) if both else None
    for i, pair in enumerate(egf.pairs):
        for j, component in enumerate(egf.components):
            for k, period in enumerate(periods.tolist()):
                at = (i, j, k)
                plus, minus = (
                    (math.nan, math.nan) if found.sides is None else found.sides[:, i, j, k].tolist()
                )
                delay = math.nan if found.delay is None else float(found.delay[at])
                phase = float(turned[i, k]) if turned is not None and component == "ZR" else math.nan
                worth = (float(found.snr[at]), plus, minus, delay, phase)
                yield QualityRow(pair.name, component, pair.distance, period, *worth)


def write_quality(
    egf: Correlations, periods: Real, velocities: Velocities, path: str | os.PathLike[str]
) -> int:
    """A CSV table of :func:`quality_rows` at periods in s, ``[period]``, empty where NaN; returns its number of rows.

    ``velocities`` are the slowest and the fastest of the wave, km/s.
    """
    rows = list(quality_rows(egf, periods, velocities))
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(field.name for field in fields(QualityRow))
        writer.writerows([_word(value) for value in astuple(row)] for row in rows)
    return len(rows)


def _word(value: str | float) -> str:
    if isinstance(value, str):
        return value
    return f"{value:.5g}" if math.isfinite(value) else ""
