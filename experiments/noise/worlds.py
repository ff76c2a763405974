"""Two known earths, stations along a line over them, and correlations of their fundamental Rayleigh wave.

The earths are 24 km long and 6 km deep, vs growing with depth; the second has a basin as well. Correlations of the
fundamental mode are J(φ) S with the phase φ = ∫ k dx, k being that of the exact dispersion operator below every point.
"""

import math
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

import seisgrad as sg
from seisgrad.earth import SolidSection
from seisgrad.noise.bessel import oscillation

Real = NDArray[np.float64]

GRID = sg.elastic.Grid((13, 49), 0.5)
STATIONS = np.linspace(1.5, 22.5, 8)  # km along the equator
ENDS = [(a, b) for a in range(len(STATIONS)) for b in range(a + 1, len(STATIONS))]
FREQUENCIES = torch.tensor([0.35, 0.45, 0.6], dtype=torch.float64)
INTERVAL, LAG = 0.1, 100.0  # s
BAND = (0.1, 1.6)  # Hz
NOISE, REPLICATES = 0.03, 12  # of the peak
COMPONENTS = ("ZZ", "ZR", "RZ")


def start() -> SolidSection:
    """Faster than the truth by a tenth at the surface."""
    return SolidSection((2.0 + 0.05 * GRID.z[:, None]).expand(GRID.shape), spacing=(0.5, 0.5))


def truth(name: str) -> SolidSection:
    """``layered``, or with a ``basin``."""
    vs = (1.8 + 0.08 * GRID.z[:, None]).expand(GRID.shape)
    if name == "basin":
        vs = vs - 0.25 * torch.exp(-(((GRID.x - 12.0) / 4.0) ** 2) - (GRID.z[:, None] / 2.0) ** 2)
    return SolidSection(vs, spacing=(0.5, 0.5))


def layers(section: SolidSection) -> sg.LayeredModel:
    """The layers below every node of the line, a half-space below the last node: ``[x, layer]``."""
    columns = section.earth
    cells = 0.5 * (columns[:, 1:] + columns[:, :-1])
    vp, vs, rho = torch.cat([cells, columns[:, -1:]], 1).movedim(-1, 0).unbind(1)
    return sg.LayeredModel(torch.full_like(vs, GRID.spacing), vp, vs, rho)


def waves(section: SolidSection) -> tuple[Real, Real, Real]:
    """Frequencies, Hz, wavenumber, 1/km, ``[frequency, x]``, and H/V, positive where retrograde, the same."""
    f = np.geomspace(*BAND, 60)
    model = layers(section)
    periods = (1 / f[::-1]).tolist()
    c = sg.dispersion.velocity(model, periods).numpy()[:, ::-1].T
    ratio = -sg.dispersion.ellipticity(model, periods).numpy()[:, ::-1].T
    return f, 2 * np.pi * f[:, None] / c, ratio


def shape(frequencies: Real, band: tuple[float, float] = BAND) -> Real:
    """The amplitude of all noise: it fades towards both ends of a band."""
    return np.sin(np.pi * np.log(frequencies / band[0]) / np.log(band[1] / band[0]))


def fundamental(section: SolidSection) -> "sg.noise.Correlations":
    """Of the fundamental mode from all sides."""
    known, k, ratio = waves(section)
    half = round(LAG / INTERVAL)
    f = np.fft.rfftfreq(4 * half, INTERVAL)
    inside = (f > BAND[0]) & (f < BAND[1])
    steps = np.cumsum(0.5 * (k[:, 1:] + k[:, :-1]), 1)
    phase = np.concatenate([np.zeros((len(known), 1)), steps], 1) * GRID.spacing
    rows = []
    for ends in ENDS:
        at = [np.array([np.interp(STATIONS[i], GRID.x, row) for row in phase]) for i in ends]
        size = [np.array([np.interp(STATIONS[i], GRID.x, row) for row in ratio]) for i in ends]
        travelled = np.interp(f[inside], known, at[1] - at[0])
        for name in COMPONENTS:
            spectrum = np.zeros(len(f))
            spectrum[inside] = shape(f[inside]) * oscillation(travelled, name)
            for letter, chi in zip(name, size, strict=True):
                spectrum[inside] *= np.interp(f[inside], known, chi) if letter == "R" else 1.0
            rows.append(both_sides(spectrum, half))
    return assembled(np.array(rows))


def both_sides(spectrum: NDArray, half: int) -> Real:
    """Lags from −half to half of a spectrum of 4 · half samples."""
    whole = np.fft.irfft(spectrum, 4 * half)
    return np.concatenate([whole[-half:], whole[: half + 1]])


def assembled(rows: Real) -> "sg.noise.Correlations":
    """Correlations of kind C from rows by pair and component, ``[pair · component, lag]``."""
    half = rows.shape[-1] // 2
    places = [sg.noise.Place(f"XX.S{i:02d}", 0.0, math.degrees(x / 6378.137)) for i, x in enumerate(STATIONS)]
    pairs = tuple(sg.noise.Pair.between(places[a], places[b]) for a, b in ENDS)
    values = torch.from_numpy(rows.reshape(len(pairs), len(COMPONENTS), -1))
    lag = INTERVAL * torch.arange(-half, half + 1, dtype=torch.float64)
    return sg.noise.Correlations("C", lag, False, COMPONENTS, pairs, values)


def with_errors(exact: "sg.noise.Correlations", seed: int) -> "sg.noise.Correlations":
    """The same with noise in the band, and replicates that differ from it by as much."""
    values, draw = exact.values.numpy(), np.random.default_rng(seed)
    axis = np.fft.rfftfreq(values.shape[-1], INTERVAL)
    band = np.where((axis > BAND[0]) & (axis < BAND[1]), 1.0, 0.0)

    def grains() -> Real:
        white = np.fft.irfft(np.fft.rfft(draw.standard_normal(values.shape)) * band, values.shape[-1])
        return NOISE * np.abs(values).max(-1, keepdims=True) * white / white.std()

    mean = values + grains()
    again = torch.from_numpy(np.stack([mean + grains() for _ in range(REPLICATES)]))
    return replace(exact, values=torch.from_numpy(mean), replicates=again)


def spectra(noise: "sg.noise.Correlations") -> "sg.noise.LineSpectra":
    """Every step of the chain, from correlations to what an elastic inversion takes."""
    egf = sg.noise.to_two_dimensional(sg.noise.to_egf(sg.noise.fold(noise)))
    line = sg.noise.Line.of(egf, tolerance=0.1, first=float(STATIONS[0]))
    f, k, _ = waves(start())
    period = (1 / f)[::-1].copy()
    reference = sg.noise.Reference(period, (2 * np.pi * f / k[:, 0])[::-1].copy())
    return sg.noise.spectra_along(egf, line, FREQUENCIES, reference=reference, velocities=(0.9, 4.5))
