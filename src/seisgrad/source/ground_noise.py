"""Noise as the ground makes it: random, with a spectrum between Peterson's models of low and high noise."""

import math

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.source.band import TOP, frequencies, response

#: Peterson (1993), USGS Open-File Report 93-322, tables 3 and 4: from each period (s) on, the power spectral density
#: of acceleration is a + b log10(period), dB over 1 (m/s²)²/Hz.
LOW_NOISE = (
    (0.10, -162.36, 5.64),
    (0.17, -166.70, 0.00),
    (0.40, -170.00, -8.30),
    (0.80, -166.40, 28.90),
    (1.24, -168.60, 52.48),
    (2.40, -159.98, 29.81),
    (4.30, -141.10, 0.00),
    (5.00, -71.36, -99.77),
    (6.00, -97.26, -66.49),
    (10.00, -132.18, -31.57),
    (12.00, -205.27, 36.16),
    (15.60, -37.65, -104.33),
    (21.90, -114.37, -47.10),
)
HIGH_NOISE = (
    (0.10, -108.73, -17.23),
    (0.22, -150.34, -80.50),
    (0.32, -122.31, -23.87),
    (0.80, -116.85, 32.51),
    (3.80, -108.48, 18.08),
    (4.60, -74.66, -32.95),
    (6.30, 0.66, -127.18),
    (7.90, -93.37, -22.42),
    (15.40, 73.54, -162.98),
    (20.00, -151.52, 10.01),
)
_LONGEST = 25.0  # s; beyond, nothing is left in the band


def velocity_decibel(
    table: tuple[tuple[float, float, float], ...], period: Float[Tensor, " period"]
) -> Float[Tensor, " period"]:
    """Power spectral density of ground velocity by a table of Peterson's, dB over 1 (m/s)²/Hz."""
    begins, a, b = (torch.tensor(column, dtype=torch.float64) for column in zip(*table, strict=True))
    row = torch.searchsorted(begins, period.double(), right=True).sub(1).clamp(min=0)
    return a[row] + b[row] * period.log10() + 20.0 * torch.log10(period / (2.0 * math.pi))


class GroundNoise:
    """Seeded noise of root mean square 1 in the band of the windows.

    Args:
        length: samples of one trace, after which it repeats itself.
    """

    def __init__(self, length: int = 1024) -> None:
        self.length = length
        frequency = frequencies(length)
        inside = (frequency > 1.0 / _LONGEST) & (frequency < TOP)
        self._band = slice(int(inside.nonzero()[0]), int(inside.nonzero()[-1]) + 1)
        period = 1.0 / frequency[self._band]
        self._low, self._high = (velocity_decibel(table, period).float() for table in (LOW_NOISE, HIGH_NOISE))
        self._gain = response(frequency[self._band]).abs().float()

    def draw(self, number: int, rng: np.random.Generator) -> Float[Tensor, "number 3 time"]:
        """Three components of so many stations, each station somewhere between low and high noise."""
        loud = torch.from_numpy(rng.random((number, 1), dtype=np.float32))
        decibel = self._low + loud * (self._high - self._low)
        power = (decibel - decibel.amax(-1, keepdim=True)) / 20.0
        amplitude = 10.0**power * self._gain
        amplitude = amplitude / amplitude.square().sum(-1, keepdim=True).sqrt()
        parts = rng.standard_normal((number, 3, amplitude.shape[-1], 2), dtype=np.float32)
        spectrum = torch.zeros(number, 3, self.length // 2 + 1, dtype=torch.complex64)
        spectrum[..., self._band] = torch.view_as_complex(torch.from_numpy(parts)) * amplitude[:, None]
        return torch.fft.irfft(spectrum, self.length) * (0.5 * self.length)
