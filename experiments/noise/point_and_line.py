"""Whether the turn from a point's wave to a line's, e^{−iπ/4}, holds over a basin, where waves also bend off the line.

The surface wave is taken as that of a membrane with the wavenumber k(x) of the basin's fundamental mode, the same for
all y: (∂²/∂x² + ∂²/∂y² + k²) G = −δ. By Fourier transform along y it is one equation along x for every wavenumber q
across the line, and their sum is the field of a point in three dimensions. Its phase between the stations, turned as
the chain does, stands beside that of the line source, −∫ k dx − π/2, in radians: ``results/point_and_line.csv``.
"""

import argparse
import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_banded
from worlds import ENDS, FREQUENCIES, GRID, STATIONS, truth, waves

from seisgrad.report.provenance import write_record

HERE = Path(__file__).resolve().parent
STEP, BEYOND = (
    0.04,
    40.0,
)  # km: between nodes, and from the stations' line to the ends, where waves have died out
WAVELENGTHS = 1.5
ACROSS = 0.01  # 1/km, between wavenumbers across the line


def differences(frequency: float) -> NDArray[np.float64]:
    """Point less line, of all pairs that are far enough apart."""
    known, k, _ = waves(truth("basin"))
    x = np.arange(-BEYOND, float(GRID.x[-1]) + BEYOND, STEP)
    at = np.interp(x, GRID.x, [np.interp(frequency, known, column) for column in k.T])
    outside = np.clip(np.maximum(-x, x - float(GRID.x[-1])) - 5, 0, None) / (BEYOND - 5)
    square = at**2 * (1 - 0.6j * outside**2)  # nothing comes back from the ends
    nodes = np.round((STATIONS + BEYOND) / STEP).astype(int)
    field = _point(square, nodes, float(at.max()))
    travelled = np.concatenate([[0], np.cumsum(0.5 * (at[1:] + at[:-1]) * STEP)])[nodes]
    kr = np.array([travelled[b] - travelled[a] for a, b in ENDS])
    turned = np.array([field[a, b] for a, b in ENDS]) * np.exp(-1j * (0.25 * np.pi + 0.125 / kr))
    return np.angle(turned * np.exp(1j * (kr + 0.5 * np.pi)))[kr > 2 * np.pi * WAVELENGTHS]


def _point(square: NDArray, nodes: NDArray, largest: float) -> NDArray[np.complex128]:
    """Field of a point at each of some nodes at the others, y = 0."""
    q = np.arange(0.5 * ACROSS, 2.2 * largest, ACROSS)
    past = np.exp(-(np.clip(q - 1.2 * largest, 0, None) ** 2))
    q = q + 0.08j * q / (q + 0.2) * past  # beside the poles, on the side of waves that go out
    bands = np.full((3, len(square)), STEP**-2, dtype=complex)
    force = np.zeros((len(square), len(nodes)), dtype=complex)
    force[nodes, np.arange(len(nodes))] = -1 / STEP
    found = np.zeros((len(nodes), len(nodes)), dtype=complex)
    for each, weight in zip(q, np.gradient(q), strict=True):
        bands[1] = square - each**2 - 2 * STEP**-2
        found += solve_banded((1, 1), bands, force)[nodes].T * weight / np.pi
    return found


def main() -> None:
    """Compare, and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE / "results")
    options = parser.parse_args()
    options.out.mkdir(exist_ok=True)
    with (options.out / "point_and_line.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["frequency", "pairs", "mean", "largest"])
        for frequency in FREQUENCIES.tolist():
            off = differences(frequency)
            line = [frequency, len(off), round(float(off.mean()), 3), round(float(np.abs(off).max()), 3)]
            print(*line, sep=", ", flush=True)
            writer.writerow(line)
    write_record(options.out / "point_and_line.csv")


if __name__ == "__main__":
    main()
