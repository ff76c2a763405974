"""Correlations of isotropic noise over a layered earth, from the exact dispersion operator: what theory says."""

import math
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray

import seisgrad as sg
from seisgrad.noise.bessel import WAVES, oscillation

Real = NDArray[np.float64]

EARTH = sg.LayeredModel(
    torch.tensor([0.6, 1.5, 3.0, 0.0], dtype=torch.float64),
    torch.tensor([2.4, 3.6, 4.7, 5.6], dtype=torch.float64),
    torch.tensor([1.3, 2.0, 2.7, 3.2], dtype=torch.float64),
    torch.tensor([2.0, 2.2, 2.4, 2.6], dtype=torch.float64),
)
PERIODS = (0.4, 20.0)
"""s, between which there is noise; it fades towards both."""
INTERVAL, LONGEST = 0.1, 150.0
"""s: between lags, and the last one."""
_EQUATOR = 6378.137  # km, the radius of the ellipsoid there


def places(offsets: list[float]) -> list[sg.noise.Place]:
    """Stations on the equator, km east of 0° E."""
    return [
        sg.noise.Place(f"XX.S{number:02d}", 0.0, math.degrees(offset / _EQUATOR))
        for number, offset in enumerate(offsets)
    ]


@cache
def curves(wave: str, earth: sg.LayeredModel) -> tuple[Real, Real, Real]:
    """Frequencies, Hz, phase velocity, km/s, and H/V of the fundamental mode, positive where retrograde."""
    period = np.geomspace(*PERIODS, 120)[::-1]
    c = sg.dispersion.velocity(earth, period[::-1].tolist(), wave=wave).numpy()[::-1]
    ratio = np.ones_like(c)
    if wave == "rayleigh":
        ratio = -sg.dispersion.ellipticity(earth, period[::-1].tolist()).numpy()[::-1]
    return 1 / period, c, ratio


def isotropic(
    offsets: list[float],
    pairs: list[tuple[int, int]],
    components: tuple[str, ...] = ("ZZ",),
    earth: sg.LayeredModel = EARTH,
) -> sg.noise.Correlations:
    """Correlations of kind C on both lags, without any error."""
    stations, half = places(offsets), round(LONGEST / INTERVAL)
    number = 4 * half
    frequency = np.fft.rfftfreq(number, INTERVAL)
    ends = [sg.noise.Pair.between(stations[a], stations[b]) for a, b in pairs]
    values = np.empty((len(pairs), len(components), 2 * half + 1))
    for i, pair in enumerate(ends):
        for j, component in enumerate(components):
            spectrum = _spectrum(frequency, pair.distance, component, earth)
            whole = np.fft.irfft(spectrum, number)
            values[i, j] = np.concatenate([whole[-half:], whole[: half + 1]])
    lag = INTERVAL * torch.arange(-half, half + 1, dtype=torch.float64)
    return sg.noise.Correlations("C", lag, False, components, tuple(ends), torch.from_numpy(values))


def _spectrum(frequency: Real, distance: float, component: str, earth: sg.LayeredModel) -> Real:
    known, c, ratio = curves(WAVES[component], earth)
    inside = (frequency > known[0]) & (frequency < known[-1])
    f = frequency[inside]
    kr = 2 * np.pi * f * distance / np.interp(np.log(f), np.log(known), c)
    place = np.log(f / known[0]) / np.log(known[-1] / known[0])
    band = np.sin(np.pi * np.clip(place, 0, 1)) ** 2
    size = np.interp(np.log(f), np.log(known), ratio) ** component.count("R")
    found = np.zeros(len(frequency))
    found[inside] = band * size * oscillation(kr, component)
    return found
