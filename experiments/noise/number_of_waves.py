"""Are wrong numbers of waves flagged, and right ones not? Correlations J0(kr) S of a known earth with noise added.

Stations 12 and 40 km apart, 1 to 5 s, noise in the wave's band that is a share of its peak; a pick with another
whole number of waves than the truth is wrong. The reference is 5 % too fast.
"""

import argparse
import csv
import math
from pathlib import Path

import numpy as np
import torch

import seisgrad as sg
from seisgrad.noise.bessel import oscillation
from seisgrad.report.provenance import write_record

HERE = Path(__file__).resolve().parent
EARTH = sg.LayeredModel(
    torch.tensor([0.6, 1.5, 3.0, 0.0], dtype=torch.float64),
    torch.tensor([2.4, 3.6, 4.7, 5.6], dtype=torch.float64),
    torch.tensor([1.3, 2.0, 2.7, 3.2], dtype=torch.float64),
    torch.tensor([2.0, 2.2, 2.4, 2.6], dtype=torch.float64),
)
PERIODS = np.geomspace(1.0, 5.0, 12)
VELOCITIES = (0.7, 5.0)
DISTANCES = (12.0, 40.0)
INTERVAL, LAGS = 0.1, 1500
NOISE = (0.1, 0.15, 0.3, 0.5, math.inf)  # of the peak; infinite where there is no wave, so that all is wrong
DRAWS = 40


def green(distance: float, known: np.ndarray, c: np.ndarray) -> "sg.noise.Correlations":
    """The Green's function between two stations, without noise."""
    ends = (sg.noise.Place("A", 0.0, 0.0), sg.noise.Place("B", 0.0, math.degrees(distance / 6378.137)))
    pair = sg.noise.Pair.between(*ends)
    f = np.fft.rfftfreq(4 * LAGS, INTERVAL)
    inside = (f > 1 / known[-1]) & (f < 1 / known[0])
    spectrum, place = np.zeros(len(f)), np.log(f[inside] * known[-1]) / math.log(known[-1] / known[0])
    kr = 2 * np.pi * f[inside] * pair.distance / np.interp(1 / f[inside], known, c)
    spectrum[inside] = np.sin(np.pi * place) ** 2 * oscillation(kr, "ZZ")
    whole = np.fft.irfft(spectrum, 4 * LAGS)
    values = torch.from_numpy(np.concatenate([whole[-LAGS:], whole[: LAGS + 1]]))[None, None]
    lag = INTERVAL * torch.arange(-LAGS, LAGS + 1, dtype=torch.float64)
    return sg.noise.to_egf(sg.noise.fold(sg.noise.Correlations("C", lag, False, ("ZZ",), (pair,), values)))


def noisy(egf: "sg.noise.Correlations", size: float, seed: int) -> "sg.noise.Correlations":
    """With noise around 2.5 s, a share of the peak."""
    white = np.random.default_rng(seed).standard_normal(egf.values.shape[-1])
    f = np.fft.rfftfreq(len(white), INTERVAL)
    band = np.exp(-0.5 * (np.log(np.fmax(f, 1e-3) / 0.4) / 0.6) ** 2)
    shaped = np.fft.irfft(np.fft.rfft(white) * band, len(white))
    grains = torch.from_numpy(float(egf.values.abs().max()) / shaped.std() * shaped).expand_as(egf.values)
    values = grains if math.isinf(size) else egf.values + size * grains
    return sg.noise.Correlations("EGF", egf.lag, True, ("ZZ",), egf.pairs, values)


def counted(found: list[tuple[bool, float, str, float]]) -> dict:
    """Of picks (wrong, doubt, flags, signal over noise): how many are wrong and right, and flagged."""
    right = [flags for wrong, _, flags, _ in found if not wrong]
    wrong = [flags for wrong, _, flags, _ in found if wrong]
    return {
        "median_snr": round(float(np.median([each[3] for each in found])), 1),
        "mean_doubt": round(float(np.mean([each[1] for each in found])), 2),
        "right": len(right),
        "right_flagged": sum(flags != "ok" for flags in right),
        "wrong": len(wrong),
        "wrong_flagged": sum(flags != "ok" for flags in wrong),
        "wrong_ambiguous": sum("ambiguous" in flags for flags in wrong),
        "wrong_zeros_differ": sum("zeros_differ" in flags for flags in wrong),
    }


def main() -> None:
    """Count, and write ``results/number_of_waves.csv``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE / "results")
    options = parser.parse_args()
    known = np.geomspace(0.4, 20.0, 120)
    c = sg.dispersion.velocity(EARTH, known.tolist()).numpy()
    truth = sg.dispersion.velocity(EARTH, PERIODS.tolist()).numpy()
    reference = sg.noise.Reference(known, 1.05 * c)
    lines = []
    for distance in DISTANCES:
        clean, far = green(distance, known, c), distance >= 1.5 * truth * PERIODS
        for size in NOISE:
            found = []
            for seed in range(DRAWS):
                curve = sg.noise.phase_velocity(
                    noisy(clean, size, seed), 0, periods=PERIODS, reference=reference, velocities=VELOCITIES
                )
                waves = distance / PERIODS * (1 / curve.velocity.numpy() - 1 / truth)
                found += [
                    (
                        abs(waves[i]) >= 0.5 or math.isinf(size),
                        float(curve.doubt[i]),
                        curve.reasons[i],
                        float(curve.snr[i]),
                    )
                    for i in np.flatnonzero(far & np.isfinite(waves))
                ]
            lines.append({"distance_km": distance, "noise": size} | counted(found))
            print(*lines[-1].values(), sep=", ", flush=True)
    options.out.mkdir(exist_ok=True)
    with (options.out / "number_of_waves.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, lines[0])
        writer.writeheader()
        writer.writerows(lines)
    write_record(options.out / "number_of_waves.csv")


if __name__ == "__main__":
    main()
