"""The band in which records are looked at: one causal filter for recorded and for computed motion."""

import math

import torch
from jaxtyping import Complex, Float
from torch import Tensor

from seisgrad.source.gather import BAND, SAMPLING

#: Hz from which nothing is left; Green's functions go to nothing there too.
TOP = 2.5
#: Seconds after which the filter has forgotten a step to less than a thousandth.
MEMORY = 20.0

_HIGH_PASS, _LOW_PASS = 2, 4  # orders of the Butterworth filters


def response(frequency: Float[Tensor, " frequency"], *, taper: bool = True) -> Complex[Tensor, " frequency"]:
    """What the filter does to each frequency (Hz), kernel e^{-iωt}.

    Butterworth filters of order 2 above 0.1 Hz and of order 4 below 2 Hz, both causal, so that no wave is seen before
    it arrives and a large S wave never reaches into the window of P; and a cosine from 2 Hz to nothing at 2.5 Hz.

    Args:
        frequency: not negative.
        taper: leave the cosine out for motion that has gone through it: computed Green's functions have.
    """
    low, high = BAND
    f = frequency.to(torch.complex128)
    rise = 1.0
    for pole in _poles(_HIGH_PASS):
        rise = rise * (1j * f) / (1j * f - low * pole)
    fall = 1.0
    for pole in _poles(_LOW_PASS):
        fall = fall * (-high * pole) / (1j * f - high * pole)
    edge = ((frequency.double() - high) / (TOP - high)).clamp(0.0, 1.0)
    cosine = 0.5 + 0.5 * torch.cos(math.pi * edge)
    if not taper:
        cosine = torch.ones_like(cosine)
    return rise * fall * cosine


def frequencies(length: int) -> Float[Tensor, " frequency"]:
    """Those of a real Fourier transform of this many samples, Hz."""
    return torch.fft.rfftfreq(length, 1.0 / SAMPLING, dtype=torch.float64)


def fast_length(least: int) -> int:
    """The smallest number of samples that is at least this and has no prime factor above 5."""
    length = least
    while True:
        rest = length
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return length
        length += 1


def _poles(order: int) -> list[complex]:
    """Of a Butterworth low-pass with the corner 1, in the left half plane."""
    angles = (math.pi * (2 * k + order + 1) / (2 * order) for k in range(order))
    return [complex(math.cos(angle), math.sin(angle)) for angle in angles]
