"""The noise that events are drawn with, beside noise that stations recorded before an earthquake came."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.report.reproduce.sourcenet import SEED
from seisgrad.report.reproduce.table import Line
from seisgrad.source.band import MEMORY, TOP, fast_length, frequencies, response
from seisgrad.source.earths import named_column
from seisgrad.source.event import Event, read_event
from seisgrad.source.gather import SAMPLING
from seisgrad.source.ground_noise import GroundNoise
from seisgrad.source.sites import arrivals_in

CASE = "byron2019"
_ORIGIN = {"time": "2019-07-16T20:11:01.47", "latitude": 37.8187, "longitude": -121.7568, "depth": 12.38}
_SEGMENT = 200  # samples of a spectrum, 20 s
_QUIET = 2.0  # s before P that still count as noise
_LOWEST = 0.1  # Hz
_DRAWN = 500
_PADDED = 60.0  # s


def byron_folder() -> Path:
    """Where records of Byron 2019 are expected: in the folder that ``SEISGRAD_DATA`` names, or beside the checkout."""
    named = os.environ.get("SEISGRAD_DATA")
    folder = Path(named) if named else Path(__file__).resolve().parents[5] / "shared" / "data"
    return folder / "source" / CASE


def byron(folder: Path | None = None) -> Event | None:
    """The earthquake of Byron, California, 2019, or None where its records are not there."""
    folder = folder or byron_folder()
    if not (folder / "waveforms").is_dir():
        return None
    with TemporaryDirectory() as name:
        work = Path(name)
        (work / "origin.json").write_text(json.dumps(_ORIGIN), encoding="utf-8")
        for part in ("waveforms", "stations"):
            (work / part).symlink_to((folder / part).resolve())
        return read_event(work, arrivals_in(named_column("gil7")))


@dataclass(frozen=True)
class NoiseSpectra:
    """Spectra of ground velocity in the band of the windows, each station's over its mean power: dB.

    Attributes:
        frequency: Hz.
        drawn: of noise as events are drawn with.
        recorded: before an earthquake.
    """

    frequency: Float[Tensor, " frequency"]
    drawn: Float[Tensor, "many frequency"]
    recorded: Float[Tensor, "few frequency"]

    def band(self) -> Float[Tensor, "3 frequency"]:
        """What 5, 50 and 95 % of the drawn spectra do not exceed."""
        return self.drawn.quantile(self.drawn.new_tensor([0.05, 0.5, 0.95]), dim=0)

    @property
    def inside(self) -> float:
        """Share of the recorded values between 5 and 95 % of the drawn ones."""
        low, _, high = self.band()
        return float(((self.recorded >= low) & (self.recorded <= high)).double().mean())


def noise_spectra(event: Event) -> NoiseSpectra:
    """Of the noise before P at every station of an event that has long enough of it, and of noise as it is drawn."""
    pieces = []
    for motion, picks in zip(event.motion, event.picks, strict=True):
        last = round((float(picks[0]) - _QUIET - event.start) * SAMPLING)
        noise = _filtered(motion[:, :last])
        if noise is not None and noise.shape[-1] >= 2 * _SEGMENT:
            pieces.append(noise)
    length = min(piece.shape[-1] for piece in pieces)
    drawn = GroundNoise().draw(_DRAWN, np.random.default_rng(SEED))[..., :length].double()
    frequency = torch.fft.rfftfreq(_SEGMENT, 1.0 / SAMPLING, dtype=torch.float64)
    inside = (frequency >= _LOWEST) & (frequency < 0.9 * TOP)
    found = [_decibel(rows)[..., inside] for rows in (drawn, torch.stack([p[:, :length] for p in pieces]))]
    return NoiseSpectra(frequency[inside], *(x.flatten(0, 1) for x in found))


def noise_lines(found: NoiseSpectra) -> list[Line]:
    """``spectra_within_90`` and ``spectrum_median_db``, the mean difference of the medians without its sign."""
    medians = found.recorded.quantile(0.5, dim=0) - found.band()[1]
    return [
        Line("noise", CASE, "spectra_within_90", found.inside, len(found.recorded), 0),
        Line("noise", CASE, "spectrum_median_db", float(medians.abs().mean()), len(found.recorded), 0),
    ]


def _filtered(motion: Float[Tensor, "3 time"]) -> Float[Tensor, "3 time"] | None:
    """What there is of three components, as the windows are filtered, without the time that the filter needs."""
    there = motion.isfinite().all(0).nonzero().flatten()
    if not len(there):
        return None
    raw = motion[:, int(there[0]) : int(there[-1]) + 1].double()
    if not raw.isfinite().all():
        return None
    raw = raw - raw.mean(-1, keepdim=True)
    samples = raw.shape[-1]
    padded = fast_length(samples + round(_PADDED * SAMPLING))
    whole = torch.fft.irfft(torch.fft.rfft(raw, padded) * response(frequencies(padded)), padded)
    return whole[:, round(MEMORY * SAMPLING) : samples]


def _decibel(noise: Float[Tensor, "station 3 time"]) -> Float[Tensor, "station 3 frequency"]:
    """Spectra by Welch's method, over the mean power of the station."""
    noise = noise / noise.square().mean((1, 2), keepdim=True).sqrt()
    window = torch.hann_window(_SEGMENT, periodic=False, dtype=noise.dtype)
    parts = noise.unfold(-1, _SEGMENT, _SEGMENT // 2)
    parts = (parts - parts.mean(-1, keepdim=True)) * window
    power = torch.fft.rfft(parts).abs().square().mean(-2) * 2.0 / (SAMPLING * window.square().sum())
    return 10.0 * power.clamp(min=1e-12).log10()
