"""Velocities measured on noise made over a known earth: plane waves from all sides, correlated, folded, derived.

Records are sums of plane waves of random phase and strength from 256 directions, whose wavenumber is that of the exact
dispersion operator; each segment has draws of its own. They become correlations, Green's functions, phase and group
velocities, and the errors of these stand beside the uncertainties that were given.
"""

import argparse
import csv
import math
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

import seisgrad as sg
from seisgrad.report.provenance import write_record

Real = NDArray[np.float64]
Complex = NDArray[np.complex128]

HERE = Path(__file__).resolve().parent
EARTH = sg.LayeredModel(
    torch.tensor([1.0, 2.0, 4.0, 8.0, 0.0], dtype=torch.float64),
    torch.tensor([3.6, 4.4, 5.2, 5.9, 6.3], dtype=torch.float64),
    torch.tensor([2.0, 2.5, 3.0, 3.4, 3.6], dtype=torch.float64),
    torch.tensor([2.2, 2.4, 2.5, 2.7, 2.8], dtype=torch.float64),
)
OFFSETS = (0.0, 11.0, 29.0, 61.0)  # km along the equator: six pairs, 11 to 61 km
COMPONENTS = ("ZZ", "ZR", "RZ", "RR")
PERIODS = np.array([1.5, 1.8, 2.2, 2.7, 3.3, 4.0, 4.8, 5.7, 6.8, 8.0])
BAND = (0.05, 1.0)  # Hz
SEGMENT, INTERVAL, LAG = 400.0, 0.25, 120.0  # s: length, between samples, longest lag
DIRECTIONS, REPLICATES = 256, 40
VELOCITIES = (1.2, 5.0)
WAVELENGTHS = 1.5


def stations() -> list["sg.noise.Place"]:
    """Along the equator, so that their distance on the ellipsoid is that of the plane."""
    return [
        sg.noise.Place(f"XX.S{i}", 0.0, math.degrees(offset / 6378.137)) for i, offset in enumerate(OFFSETS)
    ]


def coherences(segments: int, seed: int) -> tuple[Real, Complex]:
    """Frequencies, Hz, and mean products conj(u) u of all channels of one stack after the other.

    Returns ``[frequency]`` and ``[stack, frequency, channel, channel]``; channels are station x (Z, R).
    """
    draw = np.random.default_rng(seed)
    frequency = np.fft.rfftfreq(round(SEGMENT / INTERVAL), INTERVAL)
    inside = (frequency > BAND[0]) & (frequency < BAND[1])
    f = frequency[inside]
    c = sg.dispersion.velocity(EARTH, (1 / f[::-1]).tolist()).numpy()[::-1]
    ratio = -sg.dispersion.ellipticity(EARTH, (1 / f[::-1]).tolist()).numpy()[::-1]
    angle = 2 * np.pi * np.arange(DIRECTIONS) / DIRECTIONS
    found = np.zeros((REPLICATES, len(frequency), 2 * len(OFFSETS), 2 * len(OFFSETS)), complex)
    each = segments // REPLICATES
    fade = np.sin(np.pi * np.log(f / BAND[0]) / np.log(BAND[1] / BAND[0]))
    for i, (k, chi, size) in enumerate(zip(2 * np.pi * f / c, ratio, fade, strict=True)):
        travel = np.exp(-1j * k * np.outer(OFFSETS, np.cos(angle)))
        motion = np.stack([travel, 1j * chi * np.cos(angle) * travel], 1).reshape(-1, DIRECTIONS)
        shape = (DIRECTIONS, REPLICATES * each)
        waves = (draw.standard_normal(shape) + 1j * draw.standard_normal(shape)) * size
        records = (motion @ waves / math.sqrt(DIRECTIONS)).reshape(-1, REPLICATES, each)
        found[:, np.flatnonzero(inside)[i]] = np.einsum("asn,bsn->sab", records.conj(), records) / each
    return frequency, found


def correlations(segments: int, seed: int) -> "sg.noise.Correlations":
    """Of all pairs and four components, with replicates by the bootstrap over stacks."""
    _, products = coherences(segments, seed)
    places, half = stations(), round(LAG / INTERVAL)
    ends = [(a, b) for a in range(len(places)) for b in range(a + 1, len(places))]

    def in_time(spectrum: Complex) -> torch.Tensor:
        whole = np.fft.irfft(spectrum, round(SEGMENT / INTERVAL), axis=1)  # [stack, lag, channel, channel]
        lags = np.concatenate([whole[:, -half:], whole[:, : half + 1]], 1)
        rows = [
            [lags[:, :, 2 * a + "ZR".index(name[0]), 2 * b + "ZR".index(name[1])] for name in COMPONENTS]
            for a, b in ends
        ]
        return torch.from_numpy(np.array(rows)).movedim(2, 0)  # [stack, pair, component, lag]

    stacks = in_time(products)
    draw = np.random.default_rng(seed + 1)
    chosen = draw.integers(REPLICATES, size=(REPLICATES, REPLICATES))
    again = torch.stack([stacks[rows].mean(0) for rows in chosen])
    lag = INTERVAL * torch.arange(-half, half + 1, dtype=torch.float64)
    pairs = tuple(sg.noise.Pair.between(places[a], places[b]) for a, b in ends)
    return sg.noise.Correlations("C", lag, False, COMPONENTS, pairs, stacks.mean(0), again)


def fitting(pair: "sg.noise.Pair") -> Real:
    """The periods that are shorter than the window of arrivals."""
    window = pair.distance * (1 / VELOCITIES[0] - 1 / VELOCITIES[1])
    return PERIODS[window > PERIODS]


def phases(egf: "sg.noise.Correlations", method: str) -> list[tuple[float, float]]:
    """Error in percent and in given sigmas of every good phase velocity beyond 1.5 wavelengths."""
    exact = sg.noise.Reference.of_model(EARTH, "rayleigh", (1.0, 12.0))
    wrong = sg.noise.Reference(exact.period, 1.1 * exact.velocity)
    errors = []
    for number, pair in enumerate(egf.pairs):
        periods = fitting(pair)
        for component in COMPONENTS:
            if method == "zeros":
                found = sg.noise.zero_crossings(
                    egf,
                    number,
                    component,
                    periods=(periods[0], periods[-1]),
                    reference=wrong,
                    velocities=VELOCITIES,
                )
            else:
                found = sg.noise.phase_velocity(
                    egf, number, component, periods=periods, reference=wrong, velocities=VELOCITIES
                )
            truth = sg.dispersion.velocity(EARTH, found.period.tolist())
            good = found.good & (pair.distance >= WAVELENGTHS * truth * found.period)
            errors += pulls(found.velocity, found.sigma, truth, good)
    return errors


def groups(egf: "sg.noise.Correlations", alpha: float | None) -> list[tuple[float, float]]:
    """The same of every group velocity on ZZ without a flag."""
    errors = []
    for number, pair in enumerate(egf.pairs):
        periods = fitting(pair)
        truth = sg.dispersion.velocity(EARTH, periods.tolist(), kind="group")
        found = sg.noise.group_velocity(egf, number, periods=periods, velocities=VELOCITIES, alpha=alpha)
        errors += pulls(found.velocity, found.sigma, truth, found.good)
    return errors


def pulls(velocity, sigma, truth, good) -> list[tuple[float, float]]:
    """Error in percent and in sigmas, of those that are good."""
    off = velocity - truth
    return list(zip((100 * off / truth)[good].tolist(), (off / sigma)[good].tolist(), strict=True))


def main() -> None:
    """Measure, and write ``results/synthetic.csv``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE / "results")
    options = parser.parse_args()
    lines = []
    for segments in (2000, 10000):
        egf = sg.noise.to_egf(sg.noise.fold(correlations(segments, seed=7)))
        cases = {
            "phase": phases(egf, "phase"),
            "zeros": phases(egf, "zeros"),
            "group": groups(egf, None),
            "group, alpha 50": groups(egf, 50.0),
        }
        for case, errors in cases.items():
            percent, sigmas = np.array(errors).T
            lines.append({
                "segments": segments, "case": case,
                "median_absolute_percent": round(float(np.median(np.abs(percent))), 3),
                "median_percent": round(float(np.median(percent)), 3),
                "ninety_percent_below": round(float(np.quantile(np.abs(percent), 0.9)), 3),
                "rms_sigmas": round(float(np.sqrt(np.mean(sigmas**2))), 2), "n": len(errors),
            })  # fmt: skip
            print(*lines[-1].values(), sep=", ", flush=True)
    options.out.mkdir(exist_ok=True)
    with (options.out / "synthetic.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, lines[0])
        writer.writeheader()
        writer.writerows(lines)
    write_record(options.out / "synthetic.csv")


if __name__ == "__main__":
    main()
