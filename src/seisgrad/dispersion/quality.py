"""What a group time on the ridge is worth: its uncertainty, and the reasons not to trust it."""

import enum
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from seisgrad.dispersion.ftan import Arrivals, Real, relative_width

Flags = NDArray[np.int64]

LOWEST_SNR = 5.0  # envelope over the noise's root mean square; noise alone reaches about 3.5 somewhere in a window
RIVAL = 2**0.5  # amplitude ratio: another arrival carries twice the energy
INTERFERENCE = 0.25  # shift by a rival's tail, in pulse widths
JUMP = 1.2  # pulse widths between filters half a filter width apart
UNSTABLE = 0.3  # standard deviation over filter widths, in pulse widths
EDGE = 1.0  # pulse widths from the end of the window or the record
CYCLES = 3.0  # wavelengths along the path
RIDGE = 0.05  # how well the top of a ridge is defined at best, in its own widths
_NEIGHBOURS = 1.0  # filter widths over which the slope of the ridge is fitted, and over which interference spreads


class Flag(enum.IntFlag):
    """Why a pick is not to be used; 0 is a good pick."""

    OK = 0
    LOW_SNR = 1
    """The envelope is less than five times the noise."""
    MULTIPATH = 2
    """Another arrival carries twice the energy, or interferes in this filter or one twice as narrow."""
    DISCONTINUITY = 4
    """The ridge jumps, ends on no maximum, or is unflagged over less than one filter width."""
    EDGE_OF_WINDOW = 8
    """The maximum is within a pulse width of the end of the velocity window or of the record."""
    FEW_CYCLES = 16
    """The path is shorter than three wavelengths."""
    FILTER_UNSTABLE = 32
    """The group time depends on the width of the filter."""
    OFF_PERIOD = 64
    """The filter holds the energy of another period: the instantaneous one is more than a filter width away."""

    @property
    def reason(self) -> str:
        """``ok``, or what is wrong, such as ``low_snr, multipath``."""
        return ", ".join(str(flag.name).lower() for flag in Flag if flag & self) or "ok"


def raise_flags(where: Mapping[Flag, NDArray[np.bool_]]) -> Flags:
    """One number per filter: the flags that are raised there."""
    return np.sum([int(flag) * raised for flag, raised in where.items()], axis=0, dtype=np.int64)


def slopes(period: Real, alpha: Real, arrivals: Arrivals) -> Real:
    """Slope dt/dlnT of the ridge at every filter, s, from the arrivals within one filter width on either side.

    A straight line is fitted to group time against instantaneous period. Where a hole in the spectrum leaves too little
    spread in the instantaneous period the slope fades to zero rather than blow up.
    """
    slope = np.zeros(len(period))
    position, nominal, width = np.log(arrivals.period), np.log(period), relative_width(alpha)
    for i in range(len(period)):
        near = (np.abs(nominal - nominal[i]) <= _NEIGHBOURS * width[i] * (1 + 1e-9)) & np.isfinite(position)
        if near[i] and near.sum() > 1:
            x, y = position[near] - position[near].mean(), arrivals.time[near] - arrivals.time[near].mean()
            slope[i] = (x @ y) / (x @ x + near.sum() * (0.1 * width[i]) ** 2)
    return slope


def at_nominal(period: Real, arrivals: Arrivals, slope: Real) -> Real:
    """Group times carried along the ridge from the instantaneous periods to the filters' own, s."""
    return arrivals.time + slope * np.log(period / arrivals.period)


def time_sigma(arrivals: Arrivals, noise: Real, times: Real, width: Real, interference: Real) -> Real:
    """Standard deviation of the group time at every filter, s: four independent parts, added in squares.

    * Noise of root mean square n shifts the maximum of a Gaussian pulse of height A and width w by w² (ṅ/A), which is
      w/√2 · n/A for noise that is white over the filter. The width of the ridge is measured, not assumed.
    * The variation over filter widths: the standard deviation of ``times`` [width, filter], which holds what a curved
      dispersion and unresolved paths do to the maximum.
    * A rival's tail, of unknown phase, by its interference · width/√2.
    * The ridge is at best defined to a twentieth of its width.
    """
    from_noise = arrivals.width / np.sqrt(2) * noise / arrivals.amplitude
    from_filters = np.std(times, axis=0, ddof=1)
    from_rivals = interference * width / np.sqrt(2)
    return np.sqrt(from_noise**2 + from_filters**2 + from_rivals**2 + (RIDGE * arrivals.width) ** 2)


def jumps(arrivals: Arrivals, start: Real, width: Real) -> NDArray[np.bool_]:
    """Where the ridge is not continuous: it moved by more than its width, or the maximum is not where the track was."""
    spread = np.fmax(arrivals.width, width)
    step = np.abs(np.diff(arrivals.time)) > JUMP * np.fmax(spread[1:], spread[:-1])
    broken = ~np.isfinite(arrivals.width) | (np.abs(arrivals.time - start) > JUMP * spread)
    broken[1:] |= step
    broken[:-1] |= step
    return broken


def spread(where: NDArray[np.bool_], period: Real, alpha: Real) -> NDArray[np.bool_]:
    """``where``, and every filter whose centre is within one filter width of one of these."""
    distance = np.abs(np.log(period)[:, None] - np.log(period)[where][None, :])
    return (distance <= _NEIGHBOURS * relative_width(alpha)[:, None]).any(axis=1)


def isolated(flags: Flags, period: Real, alpha: Real) -> NDArray[np.bool_]:
    """Good filters whose run of good neighbours is shorter than one filter width."""
    good = np.concatenate(([False], flags == 0, [False])).astype(int)
    lonely = np.zeros(len(flags), dtype=bool)
    for first, end in zip(np.flatnonzero(np.diff(good) == 1), np.flatnonzero(np.diff(good) == -1), strict=True):
        if np.log(period[end - 1] / period[first]) < relative_width(alpha[first]):
            lonely[first:end] = True
    return lonely
