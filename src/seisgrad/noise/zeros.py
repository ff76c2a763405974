"""Phase velocity from the zero crossings of the spectrum of correlations: no filter, no window around an arrival.

The spectrum of a correlation is J(kr) S with S > 0 (Aki 1957; Ekström et al. 2009), so that it is zero where kr is a
zero of the component's Bessel function, whatever S: J0 for ZZ, J1 for ZR and RZ (Haney et al. 2012), J1′ for RR and TT.
Crossings downward and upward are told apart; which one of their kind a crossing is stays open by a whole number.
"""

import numpy as np
import torch
from numpy.typing import NDArray

from seisgrad.errors import InputError
from seisgrad.noise.bessel import WAVES, oscillation, zeros
from seisgrad.noise.correlations import Correlations
from seisgrad.noise.phase import FLOOR, PhaseCurve
from seisgrad.noise.reference import Reference
from seisgrad.noise.signal import Velocities, require_velocities, signal_quality

Real = NDArray[np.float64]

_PADDING = 4  # lags of zeros, so that crossings lie close to a frequency that is known
_FADING = 0.3  # of the time of the slowest arrival, over which what comes after it is faded out
_STEP = 0.12  # relative change of the velocity from one crossing to the next that is still one curve
_CYCLES = 0.3  # zeros of one kind that the reference may be off where the curve begins


def zero_crossings(
    egf: Correlations,
    pair: int | str,
    component: str = "ZZ",
    *,
    periods: tuple[float, float],
    reference: Reference,
    velocities: Velocities = (1.0, 5.0),
    lowest_snr: float = 3.0,
) -> PhaseCurve:
    """Phase velocity of the fundamental mode at the periods where the spectrum crosses zero.

    The longest period is put on the branch that is nearest to the reference, the others one after the other on that
    nearest to the reference scaled to the last pick. The uncertainty is that of noise, with a floor of 0.5 %.

    Args:
        egf: of kind ``EGF``.
        pair: its number or name.
        component: ``TT`` for Love waves, the others for Rayleigh waves, which must be retrograde on ``ZR`` and ``RZ``.
        periods: shortest and longest, s.
        reference: what is expected: best the curve of :func:`seisgrad.noise.phase_velocity`, where there is one.
        velocities: slowest and fastest group velocity, km/s; lags behind the slowest arrival are faded out.
        lowest_snr: least signal over noise, where that can be told.

    Raises:
        InputError: another kind; a component without a wave; no values; or no crossing between the periods.
    """
    egf.require("EGF", to="measure velocities")
    require_velocities(velocities)
    one = egf.select([pair], [component])
    path, row = one.pairs[0], one.values[0, 0].double().numpy()
    if not np.isfinite(row).all():
        raise InputError(f"there is no {component} of {path.name}")
    frequency, upward = _crossings(row, one.interval, path.distance / velocities[0])
    inside = (frequency >= 1 / periods[1]) & (frequency <= 1 / periods[0])
    if not inside.any():
        raise InputError(
            f"the {component} spectrum of {path.name} crosses zero nowhere from {periods[0]:g} to {periods[1]:g} s"
        )
    period, upward = 1 / frequency[inside], upward[inside]
    velocity, cycles = _follow(period, upward, path.distance, component, reference)
    order = np.argsort(period)
    period, velocity, cycles = period[order], velocity[order], cycles[order]
    snr = signal_quality(one, period, velocities).snr[0, 0].numpy()
    error = np.nan_to_num(1 / snr) / (2 * np.pi * cycles)
    reasons = tuple(
        "unsteady" if not np.isfinite(c) else "low_snr" if s < lowest_snr else "ok"
        for c, s in zip(velocity, snr, strict=True)
    )
    columns = (period, velocity, velocity * np.hypot(error, FLOOR), snr)
    return PhaseCurve(path, WAVES[component], *map(torch.from_numpy, columns), reasons=reasons, ambiguity=0.0)


def _crossings(row: Real, interval: float, slowest: float) -> tuple[Real, NDArray[np.bool_]]:
    """Frequencies, Hz, ascending, at which the spectrum of C is zero, and whether it rises there.

    Of −dC/dt on lags from 0 on it is the sine transform over ω, because C is even.
    """
    time = interval * np.arange(len(row))
    fading = 0.5 * (1 + np.cos(np.pi * np.clip((time / slowest - 1) / _FADING, 0, 1)))
    spectrum = -np.fft.rfft(row * fading, (1 + _PADDING) * len(row)).imag
    frequency = np.fft.rfftfreq((1 + _PADDING) * len(row), interval)
    at = np.flatnonzero(spectrum[1:-1] * spectrum[2:] < 0) + 1
    share = spectrum[at] / (spectrum[at] - spectrum[at + 1])
    return frequency[at] + share * (frequency[at + 1] - frequency[at]), spectrum[at + 1] > 0


def _follow(
    period: Real, upward: NDArray[np.bool_], distance: float, component: str, reference: Reference
) -> tuple[Real, Real]:
    """Velocities, km/s, NaN where a crossing is on no branch, and kr/2π there; periods descend, ``[crossing]``."""
    every = zeros(component, 4 + int(4 * distance / (period.min() * reference.at(period).min())))
    rising = oscillation(every + 1e-3, component) > 0
    velocity, cycles = np.full(len(period), np.nan), np.full(len(period), np.nan)
    expected, scale = reference.at(period), 1.0
    started = False
    for i, (time, up) in enumerate(zip(period, upward, strict=True)):
        candidates = every[rising == up]
        wanted = 2 * np.pi * distance / (time * expected[i] * scale)
        nearest = candidates[np.abs(candidates - wanted).argmin()]
        change = abs(wanted / nearest - 1)
        if change > _STEP if started else abs(wanted - nearest) > 2 * np.pi * _CYCLES:
            continue
        started, velocity[i] = True, 2 * np.pi * distance / (time * nearest)
        cycles[i], scale = nearest / (2 * np.pi), velocity[i] / expected[i]
    return velocity, cycles
