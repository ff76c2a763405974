"""What a group time on the ridge is worth: its uncertainty, and the reasons not to trust it."""

import enum
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from seisgrad.dispersion.ftan import Arrivals, Real, pulse_width, relative_width

Flags = NDArray[np.int64]

LOWEST_SNR = (
    6.0  # envelope over the noise's root mean square; noise alone reaches about 3.5 somewhere in a window
)
RIVAL = 0.8  # amplitude ratio: another arrival is as strong to within 2 dB, or stronger
NARROWEST, WIDEST = 0.65, 1.4  # width of a single arrival behind a narrow filter, over that of the filter
INTERFERENCE = 0.25  # shift by a rival's tail, in pulse widths
JUMP = 1.2  # pulse widths between filters half a filter width apart
_BRIDGE = 4  # filters over which the ridge may be unseen and still go on
_WANDER = 0.5  # pulse widths per filter that the ridge may move where it cannot be seen
UNSTABLE = 0.3  # standard deviation over filter widths, in pulse widths
EDGE = 1.0  # pulse widths from the end of the window or the record
SHARE = 0.5  # of the transverse component in the horizontal energy on the ridge
CYCLES = 3.0  # wavelengths along the path
RIDGE = 0.05  # how well the top of a ridge is defined at best, in its own widths
_SLOPE = 1.0  # filter widths over which the slope of the ridge is fitted
_SPREAD = 0.5  # filter widths over which interference spreads


class Flag(enum.IntFlag):
    """Why a pick is not to be used; 0 is a good pick."""

    OK = 0
    LOW_SNR = 1
    """The envelope is less than six times the noise."""
    MULTIPATH = 2
    """Another arrival in the window is as strong, or one interferes with this or is merged with it into one pulse."""
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

    POLARISATION = 128
    """The horizontal motion on the ridge of a Love wave is not mainly transverse: a Rayleigh wave off its path."""

    @property
    def reason(self) -> str:
        """``ok``, or what is wrong, such as ``low_snr, multipath``."""
        return ", ".join(str(flag.name).lower() for flag in Flag if flag & self) or "ok"


def raise_flags(where: Mapping[Flag, NDArray[np.bool_]]) -> Flags:
    """One number per filter: the flags that are raised there."""
    return np.stack([int(flag) * raised for flag, raised in where.items()]).sum(axis=0, dtype=np.int64)


def slopes(period: Real, alpha: Real, arrivals: Arrivals) -> Real:
    """Slope dt/dlnT of the ridge at every filter, s, from the arrivals within one filter width on either side.

    A straight line is fitted to group time against instantaneous period. Where a hole in the spectrum leaves too little
    spread in the instantaneous period the slope fades to zero rather than blow up.
    """
    slope = np.zeros(len(period))
    position, nominal, width = np.log(arrivals.period), np.log(period), relative_width(alpha)
    for i in range(len(period)):
        near = (np.abs(nominal - nominal[i]) <= _SLOPE * width[i] * (1 + 1e-9)) & np.isfinite(position)
        if near[i] and near.sum() > 1:
            x, y = position[near] - position[near].mean(), arrivals.time[near] - arrivals.time[near].mean()
            slope[i] = (x @ y) / (x @ x + near.sum() * (0.1 * width[i]) ** 2)
    return slope


def at_nominal(period: Real, arrivals: Arrivals, slope: Real) -> Real:
    """Group times carried along the ridge from the instantaneous periods to the filters' own, s."""
    return arrivals.time + slope * np.log(period / arrivals.period)


def time_sigma(
    period: Real, alpha: Real, arrivals: Arrivals, noise: Real, times: Real, interference: Real
) -> Real:
    """Standard deviation of the group time at every filter, s: four independent parts, added in squares.

    * Noise of root mean square n shifts the maximum of a Gaussian pulse of height A and width w by w² (ṅ/A), where ṅ is
      its rate of change in the frame of the pulse's frequency ω. Behind a filter of width s (rad/s) around ω₀, white
      noise has ṅ = n √(s²/2 + (ω-ω₀)²). The width of the ridge is measured, not assumed.
    * The variation over filter widths: the standard deviation of ``times`` [width, filter], which holds what a curved
      dispersion and unresolved paths do to the maximum.
    * A rival's tail, of unknown phase: its interference in pulse widths, over √2.
    * The ridge is at best defined to a twentieth of its width.
    """
    centre = 2 * np.pi / period
    rate = np.hypot(centre * relative_width(alpha) / np.sqrt(2), 2 * np.pi / arrivals.period - centre)
    from_noise = arrivals.width**2 * rate * noise / arrivals.amplitude
    from_filters = np.std(times, axis=0, ddof=1)
    from_rivals = interference * pulse_width(period, alpha) / np.sqrt(2)
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
    """``where``, and every filter whose centre is within half a filter width of one of these."""
    distance = np.abs(np.log(period)[:, None] - np.log(period)[where][None, :])
    return np.asarray(np.any(distance <= _SPREAD * relative_width(alpha)[:, None], axis=1))


def strays(ridge: Real, unseen: NDArray[np.bool_], width: Real, weight: Real) -> NDArray[np.bool_]:
    """Filters on the far side of a jump: of the stretches that hang together only the weightiest can be the wave.

    Filters where the ridge is unseen join two stretches if they are few and the ridge goes on behind them.

    Args:
        ridge: group times, s, ``[filter]``.
        unseen: where the ridge is broken or in the noise, ``[filter]``.
        width: pulse width of the filters, s, ``[filter]``.
        weight: what a filter counts, ``[filter]``.
    """
    seen = np.flatnonzero(~unseen)
    stretch, current = np.full(len(ridge), -1), 0
    for before, after in zip(np.concatenate((seen[:1], seen)), seen, strict=False):
        gap, moved = after - before, abs(ridge[after] - ridge[before])
        if gap > _BRIDGE or moved > (JUMP + _WANDER * gap) * max(width[after], width[before]):
            current += 1
        stretch[after] = current
    weights = [weight[stretch == number].sum() for number in range(current + 1)]
    return stretch != int(np.argmax(weights))


def isolated(flags: Flags, period: Real, alpha: Real) -> NDArray[np.bool_]:
    """Good filters whose run of good neighbours is shorter than one filter width."""
    good = np.concatenate(([False], flags == 0, [False])).astype(int)
    lonely, shortest = np.zeros(len(flags), dtype=bool), relative_width(alpha)
    for first, end in zip(
        np.flatnonzero(np.diff(good) == 1), np.flatnonzero(np.diff(good) == -1), strict=True
    ):
        if np.log(period[end - 1] / period[first]) < shortest[first]:
            lonely[first:end] = True
    return lonely
