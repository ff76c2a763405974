"""Group velocity of a surface wave on a record with known source and station, by multiple-filter analysis.

The steps: the component that carries the wave (:mod:`record`, :mod:`components`); its envelopes behind Gaussian
filters, the ridge through all of them and the group times on it (:mod:`analysis`, on the plain numbers of
:mod:`ftan`); their uncertainty and the reasons not to trust them (:mod:`quality`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast, get_args

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from seisgrad.dispersion.analysis import TimeFrequency, analyse
from seisgrad.dispersion.curves import DispersionCurves
from seisgrad.dispersion.ftan import Real, default_alpha, relative_width
from seisgrad.dispersion.geometry import Event, GreatCircle, Station
from seisgrad.dispersion.quality import Flag
from seisgrad.dispersion.record import Request, choose, prepare, read_stream
from seisgrad.dispersion.survey import Wave, as_periods
from seisgrad.errors import InputError

if TYPE_CHECKING:
    from obspy import Inventory, Stream, Trace
    from obspy.core.inventory import Response

__all__ = ["Event", "Flag", "GreatCircle", "Measurement", "Station", "TimeFrequency", "measure"]

VELOCITIES = (2.5, 5.0)  # km/s: fundamental modes from 5 s to 300 s outside thick sediments
FLOOR = 0.005  # of the velocity

_CIRCUMFERENCE = 40030.0  # km, the Earth's mean
_FINE = 0.5  # filter widths between the filters of the analysis
_REPORTED = 2**0.5  # filter widths between the periods that are reported by default


@dataclass(frozen=True, eq=False)
class Measurement:
    """A measured group-velocity curve with everything needed to judge it.

    Attributes:
        wave: ``"rayleigh"`` or ``"love"``.
        period: s, ``[period]``.
        velocity: group velocity, km/s, ``[period]``; flagged ones too, NaN where the ridge has no maximum.
        sigma: one standard deviation of the velocity, km/s, ``[period]``.
        snr: envelope on the ridge over the noise's root mean square, ``[period]``.
        flags: :class:`Flag` values, 0 where the pick is good, ``[period]``.
        alpha: filter parameter, ``[period]``.
        image: the time-frequency image.
        path: distance in km, azimuth and back-azimuth in degrees.
        notes: what was done to the record, one sentence each.
    """

    wave: Wave
    period: Float[Tensor, " period"]
    velocity: Float[Tensor, " period"]
    sigma: Float[Tensor, " period"]
    snr: Float[Tensor, " period"]
    flags: Int[Tensor, " period"]
    alpha: Float[Tensor, " period"]
    image: TimeFrequency
    path: GreatCircle
    event: Event
    station: Station
    notes: tuple[str, ...]

    @property
    def distance_km(self) -> float:
        """Length of the great circle, km."""
        return self.path.distance_km

    @property
    def azimuth(self) -> float:
        """Direction from the event to the station, degrees from north."""
        return self.path.azimuth

    @property
    def back_azimuth(self) -> float:
        """Direction from the station to the event, degrees from north."""
        return self.path.back_azimuth

    @property
    def good(self) -> Bool[Tensor, " period"]:
        """Where no flag is raised."""
        return self.flags == 0

    @property
    def reasons(self) -> tuple[str, ...]:
        """``ok`` or the flags in words, one text per period."""
        return tuple(Flag(value).reason for value in self.flags.tolist())

    @property
    def curves(self) -> DispersionCurves:
        """The good picks as fundamental-mode group velocities; empty if there are none."""
        good = self.good
        return DispersionCurves.from_columns(
            wave=self.wave, kind="group", mode=0,
            period=self.period[good], velocity=self.velocity[good], sigma=self.sigma[good],
        )  # fmt: skip


def measure(
    record: "str | Path | Sequence[str | Path] | Stream | Trace",
    event: Event,
    station: Station,
    wave: str = "rayleigh",
    *,
    periods: Sequence[float] | Tensor | None = None,
    velocities: tuple[float, float] = VELOCITIES,
    response: "str | Path | Inventory | Response | None" = None,
    alpha: float | None = None,
    floor: float = FLOOR,
) -> Measurement:
    """Measure the fundamental-mode group velocity on one record.

    Rayleigh waves are measured on the vertical, Love waves on the transverse component. Of several instruments the one
    that spans the velocity window with the finest sampling is taken.

    The group velocity is the distance over the time at which the envelope peaks, counted from ``event.time``. Noise,
    filter width, resolvable rivals and the definition of the ridge can be read off the record; what moves the whole
    curve cannot: mislocation, the origin time, the source's own duration (use the centroid's place and time where
    known) and an uncorrected instrument. ``floor`` stands for these. Picks closer than about 1/√α in relative period
    share part of their energy and with it part of their error; the default periods are that far apart.

    Args:
        record: an ObsPy stream or trace, or files that ObsPy reads.
        event: the source.
        station: the receiver.
        wave: ``"rayleigh"`` or ``"love"``.
        periods: s, increasing, ``[period]``; by default from what the record, the distance and the window allow.
        velocities: slowest and fastest group velocity to look at, km/s; the record must span their arrivals.
        response: StationXML (or what else ObsPy reads) as a path or an ``Inventory``, or an ObsPy ``Response`` of all
            components; removed to ground velocity. Without it the instrument's group delay stays in the result.
        alpha: of the filters exp(-α((ω-ω₀)/ω₀)²); by default r/(8 km/s · T) between 8 and 100.
        floor: least uncertainty, as a fraction of the velocity.

    Raises:
        InputError: the record cannot be read, lacks a component or does not span the window; source and station do not
            make a path; or a period cannot be measured at this sampling and window.
    """
    name, velocities = _check(wave, velocities, alpha, floor)
    path = GreatCircle.between(event, station)
    window = (path.distance_km / velocities[1], path.distance_km / velocities[0])
    request = Request(name, event, path, window, velocities)
    traces = choose(read_stream(record), request)

    def alphas(period: Real) -> Real:
        return np.full(len(period), alpha) if alpha is not None else default_alpha(path.distance_km, period)

    reported, fine = _periods(request, float(traces[0].stats.delta), periods, alphas)
    waveform = prepare(traces, request, response, (fine[0], fine[-1]))
    analysis = analyse(waveform, request, fine, alphas(fine))
    chosen = np.searchsorted(fine, reported)
    velocity = path.distance_km / analysis.time
    sigma = np.hypot(velocity**2 / path.distance_km * analysis.sigma, floor * velocity)

    def picked(values: np.ndarray) -> Tensor:
        return torch.as_tensor(values[chosen])

    return Measurement(
        wave=name,
        period=picked(fine),
        velocity=picked(velocity),
        sigma=picked(sigma),
        snr=picked(analysis.snr),
        flags=picked(analysis.flags),
        alpha=picked(alphas(fine)),
        image=analysis.image,
        path=path,
        event=event,
        station=station,
        notes=waveform.notes + _long_way(request),
    )


def _check(
    wave: str, velocities: tuple[float, float], alpha: float | None, floor: float
) -> tuple[Wave, tuple[float, float]]:
    if wave not in get_args(Wave):
        raise InputError(f"wave is {wave!r}, expected {' or '.join(get_args(Wave))}")
    slow, fast = velocities
    if not 0 < slow < fast <= 20:
        raise InputError(
            f"velocities are {slow!r}, {fast!r}, expected the slowest and the fastest group velocity in km/s, below 20"
        )
    if alpha is not None and not 2 <= alpha <= 1000:
        raise InputError(f"alpha is {alpha!r}, expected 2 (wide filters) to 1000 (narrow ones)")
    if not 0 <= floor < 1:
        raise InputError(f"floor is {floor!r}, expected a fraction of the velocity from 0 to below 1")
    return cast(Wave, wave), (float(slow), float(fast))


def _long_way(request: Request) -> tuple[str, ...]:
    """A note where the wave that goes round the other side arrives within the window."""
    time = (_CIRCUMFERENCE - request.path.distance_km) / request.velocities[1]
    if time > request.window[1]:
        return ()
    return (f"the wave that travels the long way round may arrive from {time:.0f} s on, within the window",)


def _periods(
    request: Request, interval: float, asked: Sequence[float] | Tensor | None, alphas: Callable[[Real], Real]
) -> tuple[Real, Real]:
    """Periods to report and the finer ones to analyse, which hold them; s, increasing.

    By default from four samples (and a thousandth of the distance in km) to an eighth of the window (and a twelfth of
    the distance in km). The ridge is tracked on filters half a filter width apart, four beyond each end where the
    record allows.
    """
    distance, length = request.path.distance_km, request.window[1] - request.window[0]
    nyquist, longest = 3 * interval, length
    if asked is None:
        low, high = max(4 * interval, distance / 1000), min(length / 8, distance / 12)
        if low >= high:
            raise InputError(
                f"no period can be measured over {distance:.3g} km at {interval:g} s sampling: the shortest would be "
                f"{low:.3g} s and the longest {high:.3g} s, so use finer sampling or a longer path"
            )
        reported = np.unique([float(f"{value:.4g}") for value in _grid(low, high, _REPORTED, alphas)])
    else:
        reported = as_periods(asked).numpy()
        if reported[0] < nyquist or reported[-1] > longest:
            raise InputError(
                f"periods from {reported[0]:g} to {reported[-1]:g} s are asked for, expected {nyquist:.3g} s (three "
                f"samples) to {longest:.3g} s (the length of the velocity window): leave out the others"
            )
    margin = 1 + 4 * _FINE * relative_width(alphas(reported[[0, -1]]))
    fine = _grid(max(reported[0] / margin[0], nyquist), min(reported[-1] * margin[1], longest), _FINE, alphas)
    near = np.abs(np.log(fine[:, None] / reported[None, :])).min(axis=1) < 0.4 * _FINE * relative_width(
        alphas(fine)
    )
    return reported, np.union1d(fine[~near], reported)


def _grid(low: float, high: float, step: float, alphas: Callable[[Real], Real]) -> Real:
    """Periods from ``low`` to ``high``, ``step`` filter widths apart."""
    periods = [low]
    while periods[-1] < high:
        periods.append(periods[-1] * float(np.exp(step * relative_width(alphas(np.array(periods[-1:])))[0])))
    stretch = np.log(high / low) / np.log(periods[-1] / low) if len(periods) > 1 else 1.0
    return low * (np.array(periods) / low) ** stretch
