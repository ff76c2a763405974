"""Phase velocity on empirical Green's functions: the phase from A to B, and the branch 2πn that it leaves open.

The wave is compressed along its group times, as behind a phase-matched filter (Herrin & Goforth 1977), so that what is
left of its phase changes little with period and is followed without a jump. It is read behind a narrow filter, the
compression is added again, and kr follows from the exact phase of the Hankel function of the component, whose far-field
form, c = ωr/(−π/4 − φ + 2πn) on ZZ, errs by 1.2 % at half a wavelength. One whole number n is left for the whole curve:
the one whose velocities lie best in the reference's band, and whose ratio to the measured group velocity is best that
of the reference.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from numpy.typing import NDArray
from torch import Tensor

from seisgrad.dispersion import DispersionCurves
from seisgrad.dispersion.ftan import GroupTimes
from seisgrad.dispersion.survey import Wave
from seisgrad.errors import InputError
from seisgrad.noise import rules
from seisgrad.noise.bessel import WAVES
from seisgrad.noise.correlations import Correlations, Pair
from seisgrad.noise.crossings import Counted, Crossings, beside_a_curve
from seisgrad.noise.doubt import HALF, mean_around
from seisgrad.noise.following import Compressed, close_periods, group_times, on_branch
from seisgrad.noise.group import group_velocity
from seisgrad.noise.picks import picks_of
from seisgrad.noise.reference import Reference
from seisgrad.noise.signal import Velocities, signal_quality

Real = NDArray[np.float64]

FLOOR = 0.005
"""Least uncertainty as a share of the velocity: what moves the whole curve, such as the places of the stations."""
_AROUND = 3  # periods to either side over which the difference of both lags is averaged


@dataclass(frozen=True, eq=False)
class PhaseCurve:
    """Phase velocity between two stations with what is needed to judge it, ``[period]`` each.

    Attributes:
        pair: the stations.
        wave: ``rayleigh`` or ``love``.
        period: s.
        velocity: km/s, rejected ones too; NaN where there is none.
        sigma: one standard deviation, km/s.
        snr: signal over noise; NaN where the lags behind the arrival are too short to tell.
        doubt: probability that another number of waves is the right one, of which ``sigma`` knows nothing.
        zeros: by how many waves the zero crossings of the spectrum differ, NaN where they tell nothing.
        reasons: ``ok``, or why a pick is not to be used: ``too_near`` to count waves, ``low_snr``, ``no_wave`` at any
            period, ``unsteady`` where the phase cannot be followed, ``off_band`` where it is far from the reference,
            ``no_branch`` where it tells no number of waves, ``ambiguous`` where another number is too likely,
            ``zeros_differ`` where zero crossings do and are counted more surely.
        sentences: the same in words and numbers, empty where ``ok``.
    """

    pair: Pair
    wave: Wave
    period: Float[Tensor, " period"]
    velocity: Float[Tensor, " period"]
    sigma: Float[Tensor, " period"]
    snr: Float[Tensor, " period"]
    doubt: Float[Tensor, " period"]
    zeros: Float[Tensor, " period"]
    reasons: tuple[str, ...]
    sentences: tuple[str, ...]

    @property
    def good(self) -> Bool[Tensor, " period"]:
        """Where there is no reason against a pick."""
        return torch.tensor([reason == "ok" for reason in self.reasons])

    @property
    def curves(self) -> DispersionCurves:
        """The good picks, at the site ``A_B`` half-way between the stations; empty if there are none."""
        good = self.good
        return picks_of(
            self.pair, self.wave, "phase", self.period[good], self.velocity[good], self.sigma[good]
        )


def phase_velocity(
    egf: Correlations,
    pair: int | str,
    component: str = "ZZ",
    *,
    periods: Real,
    reference: Reference,
    velocities: Velocities = (1.0, 5.0),
    wavelengths: float = 1.5,
    lowest_snr: float = 1.0,
    highest_doubt: float = 0.5,
) -> PhaseCurve:
    """Phase velocity of the fundamental mode between two stations.

    Its uncertainty is the largest of three: what the noise behind the arrival does to the phase, half of what both lags
    differ, and the bootstrap over days where there is one; and a floor of 0.5 % beside it. It is that on the branch
    chosen; ``doubt`` is about the branch.

    Args:
        egf: of kind ``EGF``.
        pair: its number or name.
        component: ``TT`` for Love waves, the others for Rayleigh waves, which must be retrograde on ``ZR`` and ``RZ``.
        periods: s, increasing, ``[period]``.
        reference: what is expected; only the branch depends on it.
        velocities: slowest and fastest group velocity, km/s; the lags must span their arrivals.
        wavelengths: least distance of the stations.
        lowest_snr: least signal over noise, where that can be told: where it is 1 the phase is known to 1 rad. At one
            period at least the pair must reach 5.
        highest_doubt: probability of another number of waves up to which a pick is kept.

    Raises:
        InputError: another kind; a component without a wave; no values; lags that are too short, or hold no
            arrival; or periods that cannot be measured at this sampling.
    """
    if periods.ndim != 1 or len(periods) < 2 or not (np.diff(periods) > 0).all():
        raise InputError(f"periods are {periods.tolist()}, expected at least two in s, increasing")
    period = close_periods(periods)
    group = group_velocity(egf, pair, component, periods=period, velocities=velocities)
    one, times = egf.select([pair], [component]), group_times(group)
    path, row = one.pairs[0], one.values[0, 0].double().numpy()
    wave = Compressed.of(row, one.interval, times, period)
    phase, held = wave.followed()
    phase = np.where(held, phase + np.pi / 2, np.nan)  # of C, where the Green's function is −iωC
    slow = np.clip(path.distance / times.at(period), *velocities)
    velocity, elsewhere = on_branch(phase, period, slow, path.distance, component, reference, wavelengths)
    doubt = 1 - (1 - elsewhere) * (1 - wave.slips(period, held))
    snr = signal_quality(one, period, velocities).snr[0, 0].numpy()
    cycles = path.distance / (velocity * period)
    error = _phase_error(one, times, period, wave, snr) / (2 * np.pi)  # in waves
    count = _zeros(one, component, reference, velocities, (period, velocity), wave.steadiest(held))
    at = np.searchsorted(period, periods)
    differ, scatter, unsure = beside_a_curve(count, period, 2 * np.pi * cycles, periods)
    apart = np.hypot(scatter, np.hypot(error, FLOOR * cycles)[at])
    found = (period, velocity, velocity * np.hypot(error / cycles, FLOOR), snr, doubt)
    columns = (*(column[at] for column in found), np.where(unsure < HALF, differ, np.nan))
    reasons, sentences = rules.judged(
        [
            rules.unsteady(held[at], wave.steady[at]),
            rules.too_near(cycles[at], wavelengths),
            rules.low_snr(snr[at], lowest_snr),
            rules.no_wave(snr, len(at)),
            rules.off_band(velocity[at], reference.at(periods), reference.band),
            rules.no_branch(doubt[at], wavelengths),
            rules.ambiguous(doubt[at], highest_doubt),
            rules.zeros_differ(differ, apart, unsure < np.fmin(doubt[at], HALF)),
        ],
        len(at),
    )
    return PhaseCurve(
        path, WAVES[component], *map(torch.from_numpy, columns), reasons=reasons, sentences=sentences
    )


def _zeros(
    one: Correlations,
    component: str,
    reference: Reference,
    velocities: Velocities,
    curve: tuple[Real, Real],
    start: int,
) -> Counted:
    """Zero crossings counted from one point of a curve of periods, s, and velocities, km/s."""
    (period, velocity), path = curve, one.pairs[0]
    row = one.values[0, 0].double().numpy()
    ends = (float(period[0]), float(period[-1]))
    crossings = Crossings.of(row, one.interval, path.distance / velocities[0], ends)
    return Counted.along(
        crossings, path.distance, component, reference, (float(period[start]), float(velocity[start]))
    )


def _phase_error(one: Correlations, times: GroupTimes, period: Real, wave: Compressed, snr: Real) -> Real:
    """Standard deviation of the phase, rad, ``[period]``: the largest of noise, both lags, and bootstrap."""

    def turned(values: Tensor) -> Real:
        """Phase of others over that of the mean, ``[other, period]``."""
        rows = values[:, 0, 0].double().numpy()
        others = np.stack([Compressed.of(row, one.interval, times, period).value for row in rows])
        return np.angle(others * wave.value.conj())

    errors = [np.nan_to_num(1 / snr)]  # the noise in quadrature to the signal
    if one.sides is not None:
        first, second = turned(one.sides)
        half = 0.5 * np.angle(np.exp(1j * (first - second)))
        errors.append(np.sqrt(mean_around(half**2, _AROUND)))
    if one.replicates is not None:
        errors.append(np.sqrt(np.nanmean(turned(one.replicates) ** 2, axis=0)))
    return np.max(errors, axis=0)
