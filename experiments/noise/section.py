"""From Green's functions of noise along a line to a section, end to end, over two known earths.

The earths are 24 km long and 6 km deep, vs growing with depth; the second has a basin as well. Their correlations are
J(φ) S with the phase φ = ∫ k dx of the fundamental Rayleigh wave, k being that of the exact dispersion operator below
every point, plus noise. They become spectra of unit amplitude, which the exact elastic operator fits
from a layered start. Written are the error of vs in the top 3 km, before and after, and how far the model is from the
truth in the standard deviations of the Laplace posterior.
"""

import argparse
import csv
import math
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

import seisgrad as sg
from seisgrad.earth import SolidSection
from seisgrad.elastic.inversion import invert
from seisgrad.elastic.settings import Settings
from seisgrad.elastic.uncertainty import laplace
from seisgrad.inversion import Stage
from seisgrad.inversion.waveform.plan import Plan
from seisgrad.noise.bessel import oscillation

Real = NDArray[np.float64]

HERE = Path(__file__).resolve().parent
GRID = sg.elastic.Grid((13, 49), 0.5)
STATIONS = np.linspace(1.5, 22.5, 8)  # km along the equator
FREQUENCIES = torch.tensor([0.35, 0.45, 0.6], dtype=torch.float64)
INTERVAL, LAG = 0.1, 100.0  # s
BAND = (0.1, 1.6)  # Hz
NOISE, REPLICATES = 0.03, 12  # of the peak
COMPONENTS = ("ZZ", "ZR", "RZ")
TOP = 2.5  # km: half of the longest wavelength
NODES = (3, 4)


def start() -> SolidSection:
    """Faster than the truth by a tenth at the surface."""
    return SolidSection((2.0 + 0.05 * GRID.z[:, None]).expand(GRID.shape), spacing=(0.5, 0.5))


def truth(name: str) -> SolidSection:
    """``layered``, or with a ``basin``."""
    vs = (1.8 + 0.08 * GRID.z[:, None]).expand(GRID.shape)
    if name == "basin":
        vs = vs - 0.25 * torch.exp(-(((GRID.x - 12.0) / 4.0) ** 2) - (GRID.z[:, None] / 2.0) ** 2)
    return SolidSection(vs, spacing=(0.5, 0.5))


def waves(section: SolidSection) -> tuple[Real, Real, Real]:
    """Frequencies, Hz, wavenumber, 1/km, ``[frequency, x]``, and H/V, positive where retrograde, the same."""
    f = np.geomspace(*BAND, 60)
    columns = section.earth
    cells = 0.5 * (columns[:, 1:] + columns[:, :-1])
    layers = torch.cat([cells, cells[:, -1:]], 1).movedim(-1, 0)  # [x, parameter, layer]
    vp, vs, rho = layers.unbind(1)
    model = sg.LayeredModel(torch.full_like(vs, GRID.spacing), vp, vs, rho)
    periods = (1 / f[::-1]).tolist()
    c = sg.dispersion.velocity(model, periods).numpy()[:, ::-1].T
    ratio = -sg.dispersion.ellipticity(model, periods).numpy()[:, ::-1].T
    return f, 2 * np.pi * f[:, None] / c, ratio


def correlations(section: SolidSection, seed: int) -> "sg.noise.Correlations":
    """Of all pairs, with errors and their replicates."""
    known, k, ratio = waves(section)
    half = round(LAG / INTERVAL)
    f = np.fft.rfftfreq(4 * half, INTERVAL)
    inside = (f > BAND[0]) & (f < BAND[1])
    shape = np.sin(np.pi * np.log(f[inside] / BAND[0]) / np.log(BAND[1] / BAND[0]))
    phase = (
        np.concatenate([np.zeros((len(known), 1)), np.cumsum(0.5 * (k[:, 1:] + k[:, :-1]), 1)], 1)
        * GRID.spacing
    )
    places = [sg.noise.Place(f"XX.S{i:02d}", 0.0, math.degrees(x / 6378.137)) for i, x in enumerate(STATIONS)]
    pairs, rows = [], []
    for a in range(len(places)):
        for b in range(a + 1, len(places)):
            pairs.append(sg.noise.Pair.between(places[a], places[b]))
            at = [np.array([np.interp(STATIONS[i], GRID.x, row) for row in phase]) for i in (a, b)]
            size = [np.array([np.interp(STATIONS[i], GRID.x, row) for row in ratio]) for i in (a, b)]
            travelled = np.interp(f[inside], known, at[1] - at[0])
            for name in COMPONENTS:
                spectrum = np.zeros(len(f))
                spectrum[inside] = shape * oscillation(travelled, name)
                for letter, chi in zip(name, size, strict=True):
                    spectrum[inside] *= np.interp(f[inside], known, chi) if letter == "R" else 1.0
                whole = np.fft.irfft(spectrum, 4 * half)
                rows.append(np.concatenate([whole[-half:], whole[: half + 1]]))
    values = np.array(rows).reshape(len(pairs), len(COMPONENTS), -1)
    draw, band = np.random.default_rng(seed), np.zeros(half + 1)
    axis = np.fft.rfftfreq(values.shape[-1], INTERVAL)
    band = np.where((axis > BAND[0]) & (axis < BAND[1]), 1.0, 0.0)

    def grains() -> Real:
        white = np.fft.irfft(np.fft.rfft(draw.standard_normal(values.shape)) * band, values.shape[-1])
        return NOISE * np.abs(values).max(-1, keepdims=True) * white / white.std()

    mean = values + grains()
    again = torch.from_numpy(np.stack([mean + grains() for _ in range(REPLICATES)]))
    lag = INTERVAL * torch.arange(-half, half + 1, dtype=torch.float64)
    return sg.noise.Correlations("C", lag, False, COMPONENTS, tuple(pairs), torch.from_numpy(mean), again)


def spectra(noise: "sg.noise.Correlations") -> "sg.noise.LineSpectra":
    """Every step of the chain."""
    egf = sg.noise.to_two_dimensional(sg.noise.to_egf(sg.noise.fold(noise)))
    line = sg.noise.Line.of(egf, tolerance=0.1, first=float(STATIONS[0]))
    f, k, _ = waves(start())
    period = (1 / f)[::-1].copy()
    reference = sg.noise.Reference(period, (2 * np.pi * f / k[:, 0])[::-1].copy())
    return sg.noise.spectra_along(egf, line, FREQUENCIES, reference=reference, velocities=(0.9, 4.5))


def exact(grid, survey, speeds):
    """The operator of a stage."""
    return sg.elastic.Harmonic(grid, survey, slowest=min(speeds[0], 1.3), dtype=torch.float32)


def row(case: str, components: str, iterations: int) -> dict:
    """Invert one case."""
    section, begin = truth(case), start()
    observed = spectra(correlations(section, seed=11)).spectra
    stages = (
        Stage(highest=0.4, iterations=iterations, rate=0.3, smoothing=1.5),
        Stage(iterations=iterations, rate=0.3, smoothing=1.0),
    )
    found = invert(observed, begin, Plan(Settings(components=components), stages=stages, then=()), exact)
    model = found.section.vs
    seen = laplace(found, NODES)
    top = GRID.z <= TOP
    inner = (GRID.x >= STATIONS[1]) & (GRID.x <= STATIONS[-2])

    def part(field: torch.Tensor) -> torch.Tensor:
        return field[top][:, inner]

    off = part(model - section.vs)
    mean = off.mean(1)
    return {
        "case": case, "components": components, "records": found.mask.used,
        "error_before": round(float(part(begin.vs - section.vs).square().mean().sqrt()), 4),
        "error_after": round(float(off.square().mean().sqrt()), 4),
        "error_of_lateral_mean": round(float(mean.square().mean().sqrt()), 4),
        "sigma": round(float(part(seen.sigma).square().mean().sqrt()), 4),
        "rms_sigmas": round(float((off / part(seen.sigma)).square().mean().sqrt()), 2),
        "phase_error": " ".join(f"{value:.3f}" for value in seen.noise.tolist()),
    }  # fmt: skip


def main() -> None:
    """Invert, and write ``results/section.csv``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE / "results")
    parser.add_argument("--iterations", type=int, default=6)
    options = parser.parse_args()
    rows = []
    for case in ("layered", "basin"):
        rows.append(row(case, "both", options.iterations))
        print(*rows[-1].values(), sep=", ", flush=True)
    options.out.mkdir(exist_ok=True)
    with (options.out / "section.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
