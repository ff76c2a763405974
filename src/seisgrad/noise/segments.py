"""Segments of a day and their spectra in the band: normalised, whitened, zero-padded, one transform per segment."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Complex, Float
from numpy.typing import NDArray
from torch import Tensor

from seisgrad.noise.bands import band_taper, padded
from seisgrad.noise.normalisation import normalise
from seisgrad.noise.quality import loud_segments
from seisgrad.noise.settings import Settings
from seisgrad.noise.station_day import StationDay
from seisgrad.noise.whitening import whiten

Real = NDArray[np.float64]

_BINS = 60
"""Per segment, in which the share of data is kept: a minute of an hour."""


@dataclass(frozen=True)
class Band:
    """The bins of a padded transform of a segment that are kept.

    Attributes:
        padded: its length, at least twice a segment.
        first: the first bin.
        taper: over the bins, ``[frequency]``.
        smoothing: bins of the running mean behind the whitening.
    """

    padded: int
    first: int
    taper: Real
    smoothing: int

    @classmethod
    def of(cls, settings: Settings) -> "Band":
        """The bins between the outermost corners of a band."""
        length = padded(settings.samples)
        step = settings.sampling / length
        first = int(np.ceil(settings.corners[0] / step))
        last = int(np.floor(settings.corners[3] / step))
        frequency = np.arange(first, last + 1, dtype=np.float64) * step
        smoothing = 1 + 2 * round(0.5 * settings.smoothing / step)
        return cls(length, first, band_taper(frequency, settings.corners), smoothing)


@dataclass(frozen=True)
class StationBlock:
    """What of some stations' day is correlated.

    Attributes:
        numbers: of the stations among all.
        spectra: zero for a segment that is not used, ``[frequency, station, component, segment]``, as products
            take them.
        presence: share of data, ``[station, segment, part]``.
        complete: whether the horizontals were recorded too, ``[station]``.
    """

    numbers: tuple[int, ...]
    spectra: Complex[Tensor, "frequency station component segment"]
    presence: Float[Tensor, "station segment part"]
    complete: Bool[Tensor, " station"]


def starts(settings: Settings, samples: int) -> list[int]:
    """The first sample of every segment that fits into ``samples``; segments never reach into the next day."""
    step = max(1, round(settings.samples * (1 - settings.overlap)))
    return list(range(0, samples - settings.samples + 1, step))


def block_of(
    records: Sequence[StationDay | None],
    numbers: Sequence[int],
    settings: Settings,
    device: str = "cpu",
) -> tuple[StationBlock, list[int]]:
    """The spectra of some stations, of which the mean over segments of conj(A)·B is that of their correlation.

    Args:
        records: of the same span of time; None where a station has none.
        numbers: of the stations among all.
        settings: how they are normalised and whitened.
        device: where torch works.

    Returns:
        The block, and how many segments of each station were left out because they are too loud.
    """
    band = Band.of(settings)
    length = next((record.samples.shape[-1] for record in records if record), settings.samples)
    begins = starts(settings, length)
    real = torch.float64 if settings.precision == "double" else torch.float32
    kind = torch.complex128 if settings.precision == "double" else torch.complex64
    count = len(settings.letters)
    shape = (len(band.taper), len(records), count, len(begins))
    spectra = torch.zeros(shape, dtype=kind, device=device)
    presence = torch.zeros(len(records), len(begins), _BINS, dtype=torch.float64, device=device)
    loud = [0] * len(records)
    for row, record in enumerate(records):
        if record is None:
            continue
        segments, parts, loud[row] = _segments(record, begins, settings)
        some = _spectra(torch.from_numpy(segments).to(device, real), parts.mean(-1), band, settings)
        spectra[:, row, : len(some)] = some.permute(2, 0, 1)
        presence[row] = torch.from_numpy(parts)
    complete = torch.tensor([record is not None and len(record.samples) == count for record in records])
    return StationBlock(tuple(numbers), spectra, presence, complete), loud


def _segments(record: StationDay, begins: Sequence[int], settings: Settings) -> tuple[Real, Real, int]:
    """Normalised segments ``[component, segment, time]``, zero where not used, and the share of data in their parts
    ``[segment, part]``; how many are too loud."""
    cut = np.asarray(begins, dtype=int)[:, None] + np.arange(settings.samples)
    presence = record.weight[cut]
    share = presence.mean(-1)
    used = share >= settings.coverage
    loudness = np.sqrt((record.samples**2).sum(0)[cut].mean(-1) / np.maximum(share, 1e-6))
    loud = loud_segments(loudness, used, settings.loudest)
    used &= ~loud
    motion = normalise(record.samples, record.weight, settings)
    parts = [part.mean(-1) for part in np.array_split(presence * used[:, None], _BINS, axis=-1)]
    return motion[:, cut] * used[:, None], np.stack(parts, -1), int(loud.sum())


def _spectra(
    segments: Float[Tensor, "component segment time"], share: Real, band: Band, settings: Settings
) -> Complex[Tensor, "component segment frequency"]:
    """Whitened where asked for, in the band."""
    spectra = torch.fft.rfft(segments, band.padded)[..., band.first : band.first + len(band.taper)]
    taper = torch.from_numpy(band.taper).to(segments)
    if not settings.whiten:
        return spectra * taper
    # a vector of mean square one, over the samples that are there
    power = settings.samples * band.padded / (2 * (band.taper**2).sum())
    scale = torch.from_numpy(np.sqrt(power * share)).to(segments)
    return whiten(spectra, taper, band.smoothing, settings.water_level) * scale[:, None]
