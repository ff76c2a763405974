"""The time-frequency analysis of one waveform: two looks at its ridge, and what each filter of it is worth.

The first look tracks the ridge through the envelopes. The second compresses the wave along that ridge, which takes out
the pull of a bent dispersion curve, and measures what is left at three filter widths.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from seisgrad.dispersion import quality
from seisgrad.dispersion.ftan import (
    Arrivals,
    Envelopes,
    GroupTimes,
    Real,
    Spectrum,
    pulse_width,
    relative_width,
    track,
)
from seisgrad.dispersion.quality import Flag, Flags
from seisgrad.dispersion.record import Request, Waveform, Window

_NARROW, _WIDE = 2.0, 0.5  # times alpha: the two variations of the filter width
_POINTS_PER_WIDTH = 4  # points of the image per shortest pulse
_TINY = np.finfo(float).tiny


@dataclass(frozen=True, eq=False)
class TimeFrequency:
    """The envelope over group velocity behind every filter of the analysis, and the ridge through it.

    Attributes:
        period: of the filters, s, ``[filter]``.
        velocity: km/s, ``[velocity]``.
        envelope: each row scaled to a largest value of 1, ``[filter, velocity]``.
        ridge: group velocity at the maximum that was followed, km/s, ``[filter]``; before its correction to the period
            of the filter, so that it lies on the crest of the image.
    """

    period: Float[Tensor, " filter"]
    velocity: Float[Tensor, " velocity"]
    envelope: Float[Tensor, "filter velocity"]
    ridge: Float[Tensor, " filter"]


@dataclass(frozen=True)
class Analysis:
    """What was read off the waveform: group time and its sigma in s, SNR and flags, ``[filter]`` each; the image."""

    time: Real
    sigma: Real
    snr: Real
    flags: Flags
    image: TimeFrequency


@dataclass(frozen=True)
class _Ridge:
    """The first look: the image and the ridge tracked through it.

    ``time`` is that of the maximum behind every filter carried to the filter's own period, s, ``[filter]``; where the
    ridge is ``broken`` it is the track's. ``stray`` is what does not hang together with the rest of the ridge, and
    ``noise`` that of the envelopes.
    """

    image: TimeFrequency
    time: Real
    broken: NDArray[np.bool_]
    stray: NDArray[np.bool_]
    noise: Real

    @classmethod
    def of(
        cls,
        spectrum: Spectrum,
        across: Spectrum | None,
        span: Window,
        request: Request,
        period: Real,
        alpha: Real,
    ) -> "_Ridge":
        distance, width = request.path.distance_km, pulse_width(period, alpha)
        envelopes = Envelopes.of(spectrum, period, alpha, span, across)
        slow, fast = request.velocities
        finest = width.min() / _POINTS_PER_WIDTH / request.window[1]
        velocity = np.linspace(slow, fast, int(np.clip(np.log(fast / slow) / finest, 100, 800)))
        envelope, share = envelopes.at(distance / velocity)
        # The track weighs the envelope by its share, so that a Rayleigh wave that strays into the transverse component,
        # where its radial motion gives it away, does not attract it.
        start = distance / velocity[track(envelope * share, envelopes.noise, distance / velocity, width)]
        crest = Arrivals.near(spectrum, period, alpha, start)
        broken = quality.jumps(crest, start, width)
        snr = crest.amplitude / np.fmax(envelopes.noise, _TINY)
        stray = quality.strays(
            np.where(broken, start, crest.time),
            broken | (snr < quality.LOWEST_SNR),
            width,
            np.log1p(snr) * relative_width(alpha),
        )
        time = quality.at_nominal(period, crest, quality.slopes(period, alpha, crest))
        image = TimeFrequency(
            torch.as_tensor(period),
            torch.as_tensor(velocity),
            torch.as_tensor(envelope / np.fmax(envelope.max(axis=1, keepdims=True), _TINY)),
            torch.as_tensor(distance / crest.time),
        )
        return cls(image, np.where(broken, start, time), broken, stray, envelopes.noise)


@dataclass(frozen=True)
class _Bank:
    """The second look at one filter width, ``[filter]`` each.

    ``time`` is the group time, s, NaN where there is no maximum; the rest tells how other arrivals disturb it.
    """

    arrivals: Arrivals
    time: Real
    ambiguity: Real
    interference: Real
    share: Real


def analyse(waveform: Waveform, request: Request, period: Real, alpha: Real) -> Analysis:
    """Group times of the wave behind every filter.

    Args:
        waveform: the component that carries the wave.
        request: what is asked.
        period: of the filters, increasing, about half a filter width apart, s, ``[filter]``.
        alpha: of the filters, ``[filter]``.
    """
    # Zeros as long as the window keep the compressed train from wrapping round onto itself.
    padding = request.window[1] - request.window[0] + 4 * float(pulse_width(period, _NARROW * alpha).max())
    spectrum, across = Spectrum.of(waveform.samples, waveform.interval, waveform.start, padding), None
    if waveform.across is not None:
        across = Spectrum.of(waveform.across, waveform.interval, waveform.start, padding)
    span = (waveform.start, waveform.end)
    ridge = _Ridge.of(spectrum, across, span, request, period, alpha)
    main, wide, narrow = _second_look(spectrum, across, span, request, period, alpha, ridge)
    times = np.stack([bank.time for bank in (main, wide, narrow)])
    sigma = quality.time_sigma(period, alpha, main.arrivals, ridge.noise, times, main.interference)
    snr = main.arrivals.amplitude / np.fmax(ridge.noise, _TINY)

    width = pulse_width(period, alpha)
    first = max(request.window[0], waveform.start + waveform.taper)
    last = min(request.window[1], waveform.end - waveform.taper)
    disturbed = np.fmax(main.interference, narrow.interference) > quality.INTERFERENCE
    single = narrow.arrivals.width / pulse_width(period, _NARROW * alpha)
    merged = (single < quality.NARROWEST) | (single > quality.WIDEST)
    broken = ridge.broken | quality.jumps(main.arrivals, ridge.time - (main.time - main.arrivals.time), width)
    flags = quality.raise_flags({
        Flag.LOW_SNR: snr < quality.LOWEST_SNR,
        Flag.MULTIPATH: (main.ambiguity > quality.RIVAL) | merged | quality.spread(disturbed, period, alpha),
        Flag.DISCONTINUITY: broken | ridge.stray,
        Flag.EDGE_OF_WINDOW: np.fmin(main.time - first, last - main.time) < quality.EDGE * width,
        Flag.FEW_CYCLES: main.time < quality.CYCLES * period,
        Flag.FILTER_UNSTABLE: ~(np.std(times, axis=0, ddof=1) < quality.UNSTABLE * width),
        Flag.OFF_PERIOD: ~(np.abs(np.log(main.arrivals.period / period)) < relative_width(alpha)),
        Flag.POLARISATION: main.share < quality.SHARE,
    })  # fmt: skip
    flags[quality.isolated(flags, period, alpha)] |= int(Flag.DISCONTINUITY)
    return Analysis(main.time, sigma, snr, flags, ridge.image)


def _second_look(
    spectrum: Spectrum,
    across: Spectrum | None,
    span: Window,
    request: Request,
    period: Real,
    alpha: Real,
    ridge: _Ridge,
) -> tuple[_Bank, _Bank, _Bank]:
    """Along the ridge the train is compressed to time zero; what is left is measured at three filter widths."""
    along = ~ridge.stray if np.sum(~ridge.stray) > 2 else np.ones(len(period), dtype=bool)
    curve = GroupTimes.smooth(period[along], ridge.time[along], alpha[along])
    offset = curve.at(period)
    compressed = spectrum.compressed(curve)
    radial = across.compressed(curve) if across is not None else None
    around = (span[0] - offset.max(), span[1] - offset.min())
    window = (request.window[0] - offset, request.window[1] - offset)

    def bank(factor: float, start: Real) -> _Bank:
        arrivals = Arrivals.near(compressed, period, alpha * factor, start)
        envelopes = Envelopes.of(compressed, period, alpha * factor, around, radial)
        width = pulse_width(period, alpha * factor)
        ambiguity, interference = envelopes.rivals(arrivals.time, arrivals.amplitude, width, window)
        share = envelopes.share_on(arrivals.time)
        time = np.where(np.isfinite(arrivals.width), arrivals.time + offset, np.nan)
        return _Bank(arrivals, time, ambiguity, interference, share)

    main = bank(1.0, ridge.time - offset)
    return main, bank(_WIDE, main.arrivals.time), bank(_NARROW, main.arrivals.time)
