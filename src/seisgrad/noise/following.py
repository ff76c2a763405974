"""The phase of a Green's function over period: compressed along its group times, followed, and put on its branch."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from seisgrad.dispersion import Flag, Measurement
from seisgrad.dispersion.ftan import GroupTimes, Spectrum, relative_width
from seisgrad.errors import InputError
from seisgrad.noise.bessel import argument
from seisgrad.noise.doubt import circular_deviation, other_branch, slipped
from seisgrad.noise.reference import Reference
from seisgrad.noise.signal import ALPHA

Real = NDArray[np.float64]
Complex = NDArray[np.complex128]
Mask = NDArray[np.bool_]

_FINE = 0.5  # filter widths between the periods at which the phase is followed
_JUMP = 2.0  # rad between two of these: what lies beyond is on a branch of its own
_RATIO = 0.1  # standard deviation of the ratio of phase to group velocity around that of the reference
_BRANCHES = 400  # whole numbers that are tried
_UNUSABLE = Flag.LOW_SNR | Flag.DISCONTINUITY | Flag.EDGE_OF_WINDOW | Flag.OFF_PERIOD
_SMOOTHING = 12.0  # alpha of the filters over which group times are smoothed


def close_periods(asked: Real) -> Real:
    """The periods asked and so many between them that the phase can be followed, s, increasing, ``[period]``."""
    step = _FINE * float(relative_width(np.array([ALPHA]))[0])
    between = [
        np.geomspace(low, high, 1 + int(np.ceil(np.log(high / low) / step))) for low, high in pairwise(asked)
    ]
    return np.unique(np.concatenate([asked, *(inner[1:-1] for inner in between)]))


def group_times(group: Measurement) -> GroupTimes:
    """Group times in s through the picks that are on the ridge; through all where these are too few.

    Raises:
        InputError: there are none.
    """
    period, velocity = group.period.numpy(), group.velocity.numpy()
    there = np.isfinite(velocity)
    usable = there & ((group.flags.numpy() & int(_UNUSABLE)) == 0)
    use = usable if usable.sum() > 2 else there
    if use.sum() < 2:
        raise InputError(
            "no arrival stands out at any two of the periods, expected a wave between both stations"
        )
    return GroupTimes.smooth(
        period[use], group.distance_km / velocity[use], np.full(int(use.sum()), _SMOOTHING)
    )


@dataclass(frozen=True)
class Compressed:
    """The wave moved to time 0 at every period, read there behind a narrow filter.

    Attributes:
        value: its phase is what the group times leave, ``[period]``.
        moved: phase that the compression added, rad, ``[period]``.
        steady: how much of the amplitude behind the filter is in phase at time 0, from 0 to 1, ``[period]``.
    """

    value: Complex
    moved: Real
    steady: Real

    @classmethod
    def of(cls, row: Real, interval: float, times: GroupTimes, period: Real) -> "Compressed":
        """Of lags from 0 on, ``[lag]``."""
        spectrum = Spectrum.of(row, interval, 0.0, len(row) * interval)
        passed = spectrum.compressed(times).filtered(period, np.full(len(period), ALPHA))
        turn = Spectrum(spectrum.omega, np.ones(len(spectrum.omega), complex)).compressed(times).values
        moved = np.interp(2 * np.pi / period, spectrum.omega, np.unwrap(np.angle(turn)))
        value = passed.sum(-1)
        return cls(value, moved, np.abs(value) / np.abs(passed).sum(-1))

    def followed(self) -> tuple[Real, Mask]:
        """The phase without jumps of 2π, rad, and the stretch of periods over which it was followed, ``[period]`` each.

        Where it moves by more than 2 rad between two filters it is lost; of the stretches between such places the one
        that is steadiest in sum is taken.
        """
        left = np.angle(self.value)
        lost = np.abs(np.angle(np.exp(1j * np.diff(left)))) > _JUMP
        stretch = np.concatenate([[0], np.cumsum(lost)])
        longest = int(np.bincount(stretch, self.steady).argmax())
        return np.unwrap(left[::-1])[::-1] - self.moved, stretch == longest

    def slips(self, period: Real, held: Mask) -> Real:
        """Probability that the count of waves slipped between the steadiest period held and every other."""
        least = np.minimum(self.steady[1:], self.steady[:-1])
        widths = np.diff(np.log(period)) / float(relative_width(np.array([ALPHA]))[0])
        return slipped(circular_deviation(least), self.steadiest(held), widths)

    def steadiest(self, held: Mask) -> int:
        """Which of the periods held is steadiest."""
        return int(np.where(held, self.steady, 0.0).argmax())


def on_branch(
    phase: Real, period: Real, group: Real, distance: float, component: str, reference: Reference, near: float
) -> tuple[Real, float]:
    """Phase velocity on the likeliest branch, km/s, ``[period]``, and the probability that another one is right; NaN
    where there is none, as at no period the stations should be far enough apart.

    The misfit χ² of a branch is the mean, since its periods are not independent, over those at which the stations
    should be ``near`` wavelengths apart, of

        (ln(c/c_ref)/band)² + (ln((c/U) / (c/U)_ref)/0.1)²

    The first says where the curve lies, the second, with the measured group velocity U, how it bends.

    Args:
        phase: of the correlation from A to B, rad, NaN where it was lost, ``[period]``.
        period: s, ``[period]``.
        group: group velocity, km/s, ``[period]``.
        distance: km.
        component: whose function of kr holds.
        reference: what is expected.
        near: wavelengths.
    """
    omega = 2 * np.pi / period
    expected, ratio = reference.at(period), reference.over_group(period)
    # by the reference and not by the branch, which would else escape where it has too few waves
    far = np.isfinite(phase) & (distance >= near * expected * period)
    misfits, velocities = [], []
    for n in range(-_BRANCHES, _BRANCHES + 1):
        velocity = omega * distance / argument(phase + 2 * np.pi * n, component)
        if not far.any() or not np.isfinite(velocity[far]).all():
            continue
        place = np.log(velocity / expected)[far] / reference.band
        bend = np.log(velocity / group / ratio)[far] / _RATIO
        misfits.append(float(np.mean(place**2 + bend**2)))
        velocities.append(velocity)
    if not misfits:
        return np.full(len(period), np.nan), np.nan
    return velocities[int(np.argmin(misfits))], other_branch(misfits)
