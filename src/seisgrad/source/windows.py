"""From records of an event to the windows that a network reads: filtered, and cut around the picks."""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from seisgrad.errors import InputError
from seisgrad.source.band import MEMORY, fast_length, frequencies, response
from seisgrad.source.gather import HALF_WINDOW, SAMPLES, SAMPLING

_EVEN = 1e-6  # samples; a pick that is so near to one is on it: 20.7 · 10 is not 207
_FADE = 2.0  # s over which the beginning of a record is faded in


def cut_windows(
    records: Float[Tensor, "station component time"],
    start: Float[Tensor, " station"],
    picks: Float[Tensor, "station phase"],
) -> tuple[Float[Tensor, "station phase component sample"], Bool[Tensor, "station component"]]:
    """Windows of P and S as in :class:`~seisgrad.source.Gather`, and which components they are whole of.

    Records lose their mean, go through the causal filter of :func:`seisgrad.source.band.response` as a whole, and are
    then moved by a part of a sample so that the pick is the sample in the middle. A record should begin 20 s before P:
    the filter remembers that long what was before. P and S windows may overlap. A component counts as recorded where it
    has every sample from the first of the P window to the last of the S window.

    Args:
        records: Z, R and T, ground velocity in m/s at 10 Hz; NaN where there is no sample.
        start: time of the first sample of each station, s after whatever moment picks are counted from too.
        picks: P and S of each station, s.

    Returns:
        Windows, zero where nothing was recorded, and what was recorded.

    Raises:
        InputError: shapes that do not fit each other, an infinite sample, or an S pick that is not after P.
    """
    _check(records, start, picks)
    length = records.shape[-1]
    first = (
        picks - start[:, None] - HALF_WINDOW
    ).double() * SAMPLING  # of each window, in samples of the record
    first = torch.where((first - first.round()).abs() < _EVEN, first.round(), first)
    there = ~records.isnan()
    recorded = _whole(there, first)
    clean = _without_mean(records.double(), there)
    padded = fast_length(length + math.ceil((MEMORY + 2.0 * HALF_WINDOW) * SAMPLING))
    frequency = frequencies(padded)
    spectra = torch.fft.rfft(clean, padded) * response(frequency)
    whole = first.floor().clamp(0, max(length - SAMPLES, 0))
    part = (first - whole) / SAMPLING  # a window that is not whole may lie anywhere: it is not kept
    turn = torch.exp(2j * math.pi * frequency * part[..., None])  # [station, phase, frequency]
    moved = torch.fft.irfft(spectra[:, None] * turn[:, :, None], padded)
    index = whole.long()[..., None] + torch.arange(SAMPLES)  # [station, phase, sample]
    index = index[:, :, None].expand(-1, -1, records.shape[1], -1)
    windows = torch.gather(moved, -1, index)
    windows = torch.where(recorded[:, None, :, None], windows, 0.0)
    return windows.to(records.dtype), recorded


def _check(records: Tensor, start: Tensor, picks: Tensor) -> None:
    station = records.shape[0]
    if records.shape[1:2] != (3,) or start.shape != (station,) or picks.shape != (station, 2):
        raise InputError(
            f"records {tuple(records.shape)}, start {tuple(start.shape)} and picks {tuple(picks.shape)} do not fit, "
            "expected (station, 3, time), (station,) and (station, 2)"
        )
    if records.isinf().any():
        raise InputError("records hold infinite samples, expected numbers, or NaN where there is no sample")
    late = ~(picks[:, 1] > picks[:, 0])
    if late.any():
        k = int(late.nonzero()[0])
        raise InputError(
            f"station {k} has P at {float(picks[k, 0]):g} s and S at {float(picks[k, 1]):g} s, expected two numbers "
            "and S after P"
        )


def _whole(there: Bool[Tensor, "station component time"], first: Float[Tensor, "station 2"]) -> Tensor:
    """Whether every sample from the beginning of the P window to the end of the S window is there."""
    begin, end = first[:, 0].floor(), first[:, 1].ceil() + SAMPLES - 1
    index = torch.arange(there.shape[-1])
    inside = (index >= begin[:, None]) & (index <= end[:, None])
    holes = (~there & inside[:, None]).any(-1)
    return ~holes & ((begin >= 0) & (end < there.shape[-1]))[:, None]


def _without_mean(
    records: Float[Tensor, "station component time"], there: Bool[Tensor, "station component time"]
) -> Float[Tensor, "station component time"]:
    """Records without their mean, faded in over the first seconds, and zero where there is no sample."""
    values = torch.where(there, records, 0.0)
    mean = values.sum(-1, keepdim=True) / there.sum(-1, keepdim=True).clamp(min=1)
    since = torch.cumsum(there, -1) / (_FADE * SAMPLING)
    fade = torch.sin(0.5 * math.pi * since.clamp(max=1.0)).square()
    return torch.where(there, (values - mean) * fade, 0.0)
