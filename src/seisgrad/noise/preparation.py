"""From the raw traces of one day to even samples of ground motion: joined, faded, deconvolved, filtered, resampled.

All that is linear is done at once in the frequency domain, piece by piece between gaps: the division by the response,
the band-pass, the move onto the samples of the day, and the new sampling rate. Where there are no data the weight is
zero; nothing is put in their place.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from seisgrad.errors import InputError
from seisgrad.noise.bands import band_taper, edge_taper, fast_length
from seisgrad.noise.folder import Piece
from seisgrad.noise.reading import check_samples, read_stream
from seisgrad.noise.settings import DAY, Settings

if TYPE_CHECKING:
    from obspy import Trace, UTCDateTime

Real = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]
Response = Callable[[Real], ComplexArray]
"""Counts per unit of motion at frequencies in Hz."""

_SHIFT = 0.5  # samples that a trace may be off the clock of the one before and still be its continuation
_LONGEST_FRACTION = 10_000
_ATTENUATION = 100.0  # dB, of what would fall onto the band when samples are left out
_JUMP = 1e-6  # relative difference of overlapping samples that is still the same record


@dataclass(frozen=True)
class Run:
    """Samples without a gap, ``[time]``: when they begin, s after the day, and their rate in Hz."""

    samples: Real
    start: float
    rate: float


def read_channel(pieces: Sequence[Piece], day: "UTCDateTime", edge: float) -> list[Run]:
    """The runs of one channel in a day and ``edge`` seconds around it.

    Raises:
        InputError: a file that cannot be read, samples that are damaged or not finite, two rates, or traces that
            overlap and disagree.
    """
    start, end = day - edge, day + DAY + edge
    traces: list[Trace] = []
    for path in dict.fromkeys(piece.path for piece in pieces):
        wanted = {piece.channel for piece in pieces if piece.path == path}
        stream, wrong = read_stream(path, start, end)
        check_samples(path, wrong, wanted)
        traces += [trace for trace in stream if trace.id in wanted and len(trace) > 1]
    return join(traces, day)


def join(traces: "Sequence[Trace]", day: "UTCDateTime") -> list[Run]:
    """Traces of one channel as runs without a gap.

    Raises:
        InputError: as :func:`read_channel`.
    """
    rates = sorted({float(trace.stats.sampling_rate) for trace in traces})
    if len(rates) > 1:
        raise InputError(
            f"{traces[0].id} is sampled at {' and '.join(f'{rate:g}' for rate in rates)} Hz, expected one rate a day"
        )
    runs: list[tuple[list[Real], float]] = []
    for trace in sorted(traces, key=lambda trace: trace.stats.starttime):
        samples, start = _samples(trace), float(trace.stats.starttime - day)
        if runs:
            parts, begin = runs[-1]
            held = sum(map(len, parts))
            place = (start - begin) * rates[0]
            overlap = round(held - place)
            if overlap >= 0 and abs(held - overlap - place) <= _SHIFT:
                _check_overlap(trace, parts, samples, overlap)
                parts.append(samples[overlap:])
                continue
        runs.append(([samples], start))
    return [Run(np.concatenate(parts), start, rates[0]) for parts, start in runs]


def _samples(trace: "Trace") -> Real:
    data = np.ma.filled(trace.data.astype(np.float64), np.nan)
    if not np.isfinite(data).all():
        bad = int((~np.isfinite(data)).sum())
        raise InputError(
            f"{trace.id} holds {bad} samples that are not finite numbers: cut them out, so that they are a gap"
        )
    return data


def _check_overlap(trace: "Trace", parts: list[Real], samples: Real, overlap: int) -> None:
    """InputError where the samples that are there twice are not the same."""
    number = min(overlap, len(samples))
    if not number:
        return
    before = np.concatenate(parts)[-overlap:][:number]
    if np.abs(before - samples[:number]).max() > _JUMP * np.abs(before).max():
        raise InputError(
            f"{trace.id} has two traces that overlap for {number / trace.stats.sampling_rate:g} s and disagree there: "
            "keep one of them"
        )


def prepare(runs: Sequence[Run], response: Response | None, settings: Settings) -> tuple[Real, Real]:
    """Ground motion at the even times of a day, and where there is any.

    Args:
        runs: of one channel.
        response: what is divided out; None leaves counts.
        settings: band and rate.

    Returns:
        Samples and weight, ``[time]`` over a day: the weight is 0 in gaps, 1 in data, and fades in between.

    Raises:
        InputError: a rate too low for the band, or one of no simple ratio to the new one.
    """
    number = round(DAY * settings.sampling)
    samples, weight = np.zeros(number), np.zeros(number)
    for run in runs:
        if len(run.samples) / run.rate < 4 * settings.fade:
            continue  # nothing would be left between fading in and fading out
        first, moved = _resampled(run, response, settings)
        fade = edge_taper(len(moved), settings.fade * settings.sampling)
        here = slice(max(first, 0), min(first + len(moved), number))
        if here.start >= here.stop:
            continue
        there = slice(here.start - first, here.stop - first)
        samples[here] += moved[there] * fade[there]
        weight[here] += fade[there]
    return samples, np.minimum(weight, 1.0)


def _resampled(run: Run, response: Response | None, settings: Settings) -> tuple[int, Real]:
    """The number of the first sample after the beginning of the day, and the samples from there."""
    least = 2 * settings.pass_band[3]
    if run.rate < least:
        raise InputError(f"it is sampled at {run.rate:g} Hz, expected at least {least:g} Hz for this band")
    run = _thinned(run, settings.pass_band[3])
    ratio = Fraction(settings.sampling / run.rate).limit_denominator(_LONGEST_FRACTION)
    drift = abs(float(ratio) * run.rate / settings.sampling - 1) * len(run.samples)
    if drift > _SHIFT:
        raise InputError(
            f"its rate of {run.rate!r} Hz has no simple ratio to {settings.sampling:g} Hz: resample it, or give a rate"
        )
    edge = edge_taper(len(run.samples), settings.fade * run.rate)
    # zeros behind it, so that what the filter smears does not come back at the other end
    wanted = len(run.samples) + int(2 * settings.fade * run.rate)
    length = ratio.denominator * fast_length(-(-wanted // ratio.denominator))
    spectrum = torch.fft.rfft(torch.from_numpy(_without_trend(run.samples) * edge), length).numpy()
    frequency = np.arange(len(spectrum), dtype=np.float64) * (run.rate / length)
    low, high = np.searchsorted(frequency, [settings.pass_band[0], settings.pass_band[3]])
    kept = frequency[low:high]
    out = length * ratio.numerator // ratio.denominator
    first = int(np.ceil(run.start * settings.sampling - 1e-6))
    ahead = first / settings.sampling - run.start
    band = spectrum[low:high] * band_taper(kept, settings.pass_band) * np.exp(2j * np.pi * kept * ahead)
    if response is not None:
        band /= response(kept)
    moved = np.zeros(out // 2 + 1, dtype=complex)
    moved[low:high] = band
    number = int((len(run.samples) - 1) * float(ratio) - ahead * settings.sampling + 1e-6) + 1
    return first, torch.fft.irfft(torch.from_numpy(moved), out).numpy()[:number] * float(ratio)


def _thinned(run: Run, highest: float) -> Run:
    """Every so-manieth sample behind a low-pass that leaves what is below ``highest`` Hz as it is, to 1e-5.

    A short filter is enough, because there is room for its slope: the new rate is at least eight times ``highest``.
    """
    from scipy.signal import firwin, kaiser_beta, upfirdn

    factor = int(run.rate / (8 * highest))
    if factor < 2:
        return run
    half = factor * int(np.ceil(0.5 * _ATTENUATION / 11))  # a whole number of new samples
    window: Any = ("kaiser", kaiser_beta(_ATTENUATION))
    taps = firwin(2 * half + 1, 4 * highest, window=window, fs=run.rate)
    number = (len(run.samples) - 1) // factor + 1
    thin = upfirdn(taps, run.samples - run.samples.mean(), down=factor)[half // factor :][:number]
    return Run(thin, run.start, run.rate / factor)


def _without_trend(samples: Real) -> Real:
    """Minus the straight line that fits them best."""
    number = len(samples)
    place = np.arange(number) - 0.5 * (number - 1)
    centred = samples - samples.mean()
    return centred - place * (place @ centred / max(number * (number**2 - 1) / 12, 1.0))
