"""How good Green's functions are: signal over noise by period, what both lags say, and the phase between Z and R."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from seisgrad.dispersion.ftan import Spectrum, pulse_width
from seisgrad.errors import InputError
from seisgrad.noise.correlations import Correlations

Real = NDArray[np.float64]
Velocities = tuple[float, float]

ALPHA = 50.0
"""Of the filters exp(-α((ω-ω₀)/ω₀)²): a tenth of the frequency wide, 1.6 periods long."""
_QUIET = 3.0  # pulse widths behind the slowest arrival, where the noise begins
_LEAST = 3.0  # pulse widths of noise, at least


@dataclass(frozen=True, eq=False)
class SignalQuality:
    """What the lags of Green's functions are worth, ``[pair, component, period]`` each; NaN where it cannot be told.

    Attributes:
        snr: peak of the envelope between the fastest and the slowest arrival, over the root mean square of the noise
            behind (Bensen et al. 2007).
        sides: the same of the positive and the negative lags alone, ``[side, pair, component, period]``; None where
            they are not known.
        delay: half of what the arrival on the positive lags is later than that on the negative ones, s; a clock that
            is wrong makes it the same at all periods, noise from one side does not. None where sides are not known.
    """

    snr: Float[Tensor, "pair component period"]
    sides: Float[Tensor, "2 pair component period"] | None
    delay: Float[Tensor, "pair component period"] | None


def signal_quality(egf: Correlations, periods: Real, velocities: Velocities) -> SignalQuality:
    """Signal over noise of all pairs, components and lags.

    Args:
        egf: of kind ``EGF``, or folded ones of kind ``C``.
        periods: s, ``[period]``.
        velocities: slowest and fastest group velocity, km/s.

    Raises:
        InputError: not folded; velocities that are not positive and increasing; or periods below two samples.
    """
    if not egf.folded:
        raise InputError("signal and noise are told apart on folded correlations: fold first")
    require_velocities(velocities)
    if len(periods) and not periods.min() > 2 * egf.interval * (1 - 1e-9):
        raise InputError(
            f"the shortest period is {periods.min():g} s, expected {2 * egf.interval:g} s, two samples, or more: take "
            "longer ones, or correlate at a higher --band"
        )

    def each(values: Tensor) -> tuple[Tensor, Tensor]:
        found = np.full((2, *values.shape[:2], len(periods)), np.nan)
        for i, pair in enumerate(egf.pairs):
            for j, row in enumerate(values[i].double().numpy()):
                found[:, i, j] = _peaks(row, egf.interval, pair.distance, periods, velocities)
        snr, time = torch.from_numpy(found)
        return snr, time

    snr, _ = each(egf.values)
    if egf.sides is None:
        return SignalQuality(snr, None, None)
    (first, early), (second, late) = (each(side) for side in egf.sides)
    return SignalQuality(snr, torch.stack([first, second]), 0.5 * (early - late))


def quarter_period(egf: Correlations, periods: Real, velocities: Velocities) -> Float[Tensor, "pair period"]:
    """Phase of ZR over that of ZZ, rad: π/2 for retrograde and −π/2 for prograde Rayleigh waves, far from the source.

    Anything else means that the components are not what they are taken for, or that the wave is no single mode.

    Args:
        egf: Green's functions of both components.
        periods: s, ``[period]``.
        velocities: slowest and fastest of the wave, km/s.

    Raises:
        InputError: one of both components is missing.
    """
    found = np.full((len(egf.pairs), len(periods)), np.nan)
    both = torch.stack([egf.of("ZZ"), egf.of("ZR")], 1).double().numpy()
    for i, pair in enumerate(egf.pairs):
        vertical, radial = (_filtered(row, egf.interval, periods) for row in both[i])
        inside = _window(vertical[0], pair.distance, velocities)
        found[i] = np.angle((radial[1] * vertical[1].conj())[:, inside].sum(-1))
    return torch.from_numpy(found)


def require_velocities(velocities: Velocities) -> None:
    """InputError unless they are the slowest and the fastest group velocity."""
    slow, fast = velocities
    if not 0 < slow < fast <= 20:
        raise InputError(
            f"velocities are {slow!r}, {fast!r}, expected the slowest and the fastest group velocity in km/s, below 20"
        )


def _peaks(
    row: Real, interval: float, distance: float, periods: Real, velocities: Velocities
) -> tuple[Real, Real]:
    """Signal over noise, and the time of the peak in s, ``[period]`` each."""
    nothing = np.full(len(periods), np.nan)
    if not np.isfinite(row).all() or not row.any():
        return nothing, nothing.copy()
    time, signal = _filtered(row, interval, periods)
    envelope = np.abs(signal)
    inside = _window(time, distance, velocities)
    if not inside.any():
        return nothing, nothing.copy()
    where = envelope[:, inside].argmax(-1)
    peak, at = envelope[:, inside].max(-1), time[inside][where]
    width = pulse_width(periods, np.full(len(periods), ALPHA))
    begin = distance / velocities[0] + _QUIET * width
    noise = np.array([
        np.sqrt(0.5 * np.mean(line[time >= start] ** 2)) if time[-1] - start > _LEAST * wide else np.nan
        for line, start, wide in zip(envelope, begin, width, strict=True)
    ])  # fmt: skip
    return peak / noise, at


def _window(time: Real, distance: float, velocities: Velocities) -> NDArray[np.bool_]:
    return (time >= distance / velocities[1]) & (time <= distance / velocities[0])


def _filtered(row: Real, interval: float, periods: Real) -> tuple[Real, NDArray[np.complex128]]:
    """Lags, and the analytic signal behind the filter of every period, ``[period, lag]``."""
    spectrum = Spectrum.of(row, interval, 0.0, len(row) * interval)
    passed = spectrum.filtered(periods, np.full(len(periods), ALPHA))
    number = 2 * (len(spectrum.omega) - 1)
    signal = np.fft.ifft(passed, number, axis=-1)[:, : len(row)] * number
    return np.asarray(interval * np.arange(len(row)), dtype=np.float64), signal
