"""Phase velocity from the zero crossings of the spectrum of correlations: no filter, no window around an arrival."""

import numpy as np
import torch
from numpy.typing import NDArray

from seisgrad.errors import InputError
from seisgrad.noise import rules
from seisgrad.noise.bessel import WAVES, oscillation, zeros
from seisgrad.noise.correlations import Correlations
from seisgrad.noise.crossings import Counted, Crossings
from seisgrad.noise.phase import FLOOR, PhaseCurve
from seisgrad.noise.reference import Reference
from seisgrad.noise.signal import Velocities, require_velocities, signal_quality

Real = NDArray[np.float64]

_CYCLES = 0.3  # zeros of one kind that the reference may be off where the curve begins


def zero_crossings(
    egf: Correlations,
    pair: int | str,
    component: str = "ZZ",
    *,
    periods: tuple[float, float],
    reference: Reference,
    velocities: Velocities = (1.0, 5.0),
    lowest_snr: float = 1.0,
    highest_doubt: float = 0.5,
) -> PhaseCurve:
    """Phase velocity of the fundamental mode at the periods where the spectrum crosses zero.

    The longest period is put on the zero that is nearest to the reference, the others one after the other on that
    nearest to the reference scaled to the last picks. The uncertainty is that of noise, with a floor of 0.5 %.
    ``doubt`` is that of a slip on the way, and knows nothing of a whole curve on another branch: the reference must be
    near, within a third of a zero's spacing at the longest period.

    Args:
        egf: of kind ``EGF``.
        pair: its number or name.
        component: ``TT`` for Love waves, the others for Rayleigh waves, which must be retrograde on ``ZR`` and ``RZ``.
        periods: shortest and longest, s.
        reference: what is expected: best the curve of :func:`seisgrad.noise.phase_velocity`, where there is one.
        velocities: slowest and fastest group velocity, km/s; lags behind the slowest arrival are faded out.
        lowest_snr: least signal over noise, where that can be told.
        highest_doubt: probability up to which a crossing is kept that the count slipped on the way to it.

    Raises:
        InputError: another kind; a component without a wave; no values; or no crossing between the periods.
    """
    egf.require("EGF", to="measure velocities")
    require_velocities(velocities)
    one = egf.select([pair], [component])
    path, row = one.pairs[0], one.values[0, 0].double().numpy()
    if not np.isfinite(row).all():
        raise InputError(f"there is no {component} of {path.name}")
    crossings = Crossings.of(row, one.interval, path.distance / velocities[0], periods)
    if not len(crossings.period):
        raise InputError(
            f"the {component} spectrum of {path.name} crosses zero nowhere from {periods[0]:g} to {periods[1]:g} s"
        )
    start = _longest(crossings, path.distance, component, reference)
    count = Counted.along(crossings, path.distance, component, reference, start)
    period, kr, doubt = (column[::-1].copy() for column in (count.period, count.kr, count.doubt))
    snr = signal_quality(one, period, velocities).snr[0, 0].numpy()
    velocity = 2 * np.pi * path.distance / (period * kr)
    reasons, sentences = rules.judged(
        [
            rules.no_zero(kr),
            rules.low_snr(snr, lowest_snr),
            rules.no_wave(snr, len(kr)),
            rules.ambiguous(doubt, highest_doubt),
        ],
        len(kr),
    )
    sigma = velocity * np.hypot(np.nan_to_num(1 / snr) / kr, FLOOR)
    columns = (period, velocity, sigma, snr, doubt, np.full(len(kr), np.nan))
    return PhaseCurve(
        path, WAVES[component], *map(torch.from_numpy, columns), reasons=reasons, sentences=sentences
    )


def _longest(
    crossings: Crossings, distance: float, component: str, reference: Reference
) -> tuple[float, float]:
    """The longest period, s, whose zero the reference tells, and the phase velocity there, km/s; NaN if none."""
    expected = 2 * np.pi * distance / (crossings.period * reference.at(crossings.period))
    every = zeros(component, 4 + int(expected.max()))
    rising = oscillation(every + 1e-3, component) > 0
    for time, up, wanted in zip(crossings.period, crossings.upward, expected, strict=True):
        candidates = every[rising == up]
        nearest = candidates[np.abs(candidates - wanted).argmin()]
        if abs(wanted - nearest) <= 2 * np.pi * _CYCLES:
            return float(time), float(2 * np.pi * distance / (time * nearest))
    return float(crossings.period[0]), np.nan
