"""Where the spectrum of a correlation is zero, and the waves that are counted from zero to zero.

The spectrum is J(kr) S with S > 0 (Aki 1957; Ekström et al. 2009), so that it is zero where kr is a zero of the
component's Bessel function, whatever S: J0 for ZZ, J1 for ZR and RZ (Haney et al. 2012), J1′ for RR and TT. Crossings
downward and upward are told apart; which one of their kind a crossing is stays open by a whole number.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seisgrad.noise.bessel import oscillation, zeros
from seisgrad.noise.doubt import circular_deviation, mean_around, slipped
from seisgrad.noise.reference import Reference

Real = NDArray[np.float64]
Mask = NDArray[np.bool_]

_PADDING = 4  # lags of zeros, so that crossings lie close to a frequency that is known
_FADING = 0.3  # of the time of the slowest arrival, over which what comes after it is faded out
_GATE = 0.25  # waves between a crossing and the zero it is taken for: chance alone has half of them nearer
_LAST = 3  # crossings whose velocities tell where the next one is expected
_NEAR = 0.15  # of the period: crossings that have a say there
_AROUND = 5  # crossings to either side that tell how much they scatter


@dataclass(frozen=True, eq=False)
class Crossings:
    """Zeros of the spectrum, ``[crossing]`` each.

    Attributes:
        period: s, descending.
        upward: whether the spectrum rises there with frequency.
    """

    period: Real
    upward: Mask

    @classmethod
    def of(cls, row: Real, interval: float, slowest: float, periods: tuple[float, float]) -> "Crossings":
        """Of a Green's function −dC/dt on lags from 0 on; C is even, so this is a sine transform over ω.

        Args:
            row: ``[lag]``.
            interval: s between lags.
            slowest: time of the slowest arrival, s; what comes later is faded out.
            periods: shortest and longest, s.
        """
        time = interval * np.arange(len(row))
        fading = 0.5 * (1 + np.cos(np.pi * np.clip((time / slowest - 1) / _FADING, 0, 1)))
        spectrum = -np.fft.rfft(row * fading, (1 + _PADDING) * len(row)).imag
        frequency = np.fft.rfftfreq((1 + _PADDING) * len(row), interval)
        at = np.flatnonzero(spectrum[1:-1] * spectrum[2:] < 0) + 1
        share = spectrum[at] / (spectrum[at] - spectrum[at + 1])
        place = frequency[at] + share * (frequency[at + 1] - frequency[at])
        inside = (place >= 1 / periods[1]) & (place <= 1 / periods[0])
        return cls(1 / place[inside], (spectrum[at + 1] > 0)[inside])


@dataclass(frozen=True, eq=False)
class Counted:
    """Crossings put on the zeros of a Bessel function one after the other, ``[crossing]`` each.

    Attributes:
        period: s, descending.
        kr: the zero that a crossing is; NaN where it is none.
        scatter: standard deviation of a crossing, rad of kr, from those around it.
        doubt: probability that the count slipped between the first crossing counted and this one.
    """

    period: Real
    kr: Real
    scatter: Real
    doubt: Real

    @classmethod
    def along(
        cls,
        crossings: Crossings,
        distance: float,
        component: str,
        reference: Reference,
        start: tuple[float, float],
    ) -> "Counted":
        """Counted from a start to either side, each nearest to where the reference, scaled to the last ones, has it.

        Args:
            crossings: of the spectrum.
            distance: km.
            component: whose function of kr holds.
            reference: whose shape tells how the velocity goes on.
            start: a period, s, and the phase velocity there, km/s.
        """
        period, expected = crossings.period, reference.at(crossings.period)
        if not len(period) or not np.isfinite(start[1]):
            nothing = np.full(len(period), np.nan)
            return cls(period, nothing, nothing, nothing)
        every = zeros(component, 4 + int(4 * distance / (period * expected).min()))
        rising = oscillation(every + 1e-3, component) > 0
        kr, left = np.full(len(period), np.nan), np.zeros(len(period))
        first = int(np.abs(np.log(period / start[0])).argmin())
        begin = start[1] / reference.at(np.array([start[0]]))[0]
        for run in (range(first, len(period)), range(first - 1, -1, -1)):
            scales = [begin] * _LAST
            for i in run:
                candidates = every[rising == crossings.upward[i]]
                scale = np.median(scales[-_LAST:])
                wanted = 2 * np.pi * distance / (period[i] * expected[i] * scale)
                nearest = candidates[np.abs(candidates - wanted).argmin()]
                left[i] = wanted - nearest
                if abs(left[i]) <= 2 * np.pi * _GATE:
                    kr[i] = nearest
                    scales.append(scale * wanted / nearest)
        together = np.abs(mean_around(np.exp(1j * left), _AROUND))
        scatter = circular_deviation(together)
        return cls(period, kr, scatter, slipped(scatter[1:], first))


def beside_a_curve(counted: Counted, period: Real, kr: Real, at: Real) -> tuple[Real, Real, Real]:
    """By how much the zero crossings differ from a curve, over those within 15 % of each period.

    Args:
        counted: from a point of the curve on.
        period: of the curve, s, increasing, ``[point]``.
        kr: on the curve, rad, ``[point]``.
        at: where to compare, s, ``[period]``.

    Returns:
        The difference and the scatter of one crossing, in waves, and the doubt of the count, ``[period]`` each; NaN
        where there is no crossing.
    """
    found = np.full((3, len(at)), np.nan)
    off = (counted.kr - np.interp(counted.period, period, kr, left=np.nan, right=np.nan)) / (2 * np.pi)
    for i, time in enumerate(at):
        near = np.isfinite(off) & (np.abs(np.log(counted.period / time)) < _NEAR)
        if near.any():
            columns = (off[near], counted.scatter[near] / (2 * np.pi), counted.doubt[near])
            found[:, i] = [np.median(column) for column in columns]
    return found[0], found[1], found[2]
