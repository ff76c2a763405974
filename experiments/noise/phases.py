"""Phases along a line against the exact elastic operator, over two known earths and for several kinds of noise.

Correlations without errors go through the whole chain, and each record that is left is held against
``seisgrad.elastic.Harmonic`` in the true earth: mean, root mean square and largest size of the difference of phase in
radians, by component and frequency, and the largest beyond 3 wavelengths. ``worlds.py`` and ``full_waves.py`` tell
what the noise is.
"""

import argparse
import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from full_waves import along_the_line, from_all_sides
from worlds import FREQUENCIES, GRID, fundamental, spectra, truth, waves

import seisgrad as sg
from seisgrad.earth import SolidSection
from seisgrad.report.provenance import write_record

Made = Callable[[SolidSection], "sg.noise.Correlations"]

FAR = 3.0  # wavelengths
HERE = Path(__file__).resolve().parent
CASES: list[tuple[str, str, Made]] = [
    ("layered", "fundamental mode", fundamental),
    ("layered", "all waves, sources in the volume", lambda section: from_all_sides(section, "volume")),
    ("layered", "all waves, sources on the surface", lambda section: from_all_sides(section, "surface")),
    ("basin", "fundamental mode", fundamental),
    ("basin", "line sources in the volume", lambda section: along_the_line(section, "volume")),
    ("basin", "line sources on the surface", lambda section: along_the_line(section, "surface")),
]


def rows(case: str, noise: str, made: Made) -> list[dict]:
    """The lines of the table of one case."""
    section = truth(case)
    observed = spectra(made(section)).spectra
    exact = sg.elastic.Harmonic(GRID, observed.survey, slowest=1.3, dtype=torch.float64)(section.earth)
    ours, theirs = (torch.view_as_complex(values.contiguous()) for values in (observed.values, exact))
    off = torch.angle(ours * theirs.conj())  # [source, frequency, component, receiver]
    away = (observed.survey.sources[:, None] - observed.survey.receivers).abs()
    known, k, _ = waves(section)
    found = []
    for i, frequency in enumerate(FREQUENCIES.tolist()):
        far = away * np.interp(frequency, known, k.mean(1)) > 2 * np.pi * FAR
        for j, component in enumerate(("ZZ", "ZR")):
            there = ~off[:, i, j].isnan()
            some = off[:, i, j][there]
            found.append({
                "case": case, "noise": noise, "component": component, "frequency": frequency, "records": len(some),
                "mean": round(float(some.mean()), 3), "rms": round(float(some.square().mean().sqrt()), 3),
                "largest": round(float(some.abs().max()), 3),
                "largest_far": round(float(off[:, i, j][there & far].abs().max()), 3),
            })  # fmt: skip
    return found


def main() -> None:
    """Compare, and write ``results/phases.csv``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE / "results")
    options = parser.parse_args()
    lines = []
    for case in CASES:
        lines += rows(*case)
        for line in lines[-6:]:
            print(*line.values(), sep=", ", flush=True)
    options.out.mkdir(exist_ok=True)
    with (options.out / "phases.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, lines[0])
        writer.writeheader()
        writer.writerows(lines)
    write_record(options.out / "phases.csv")


if __name__ == "__main__":
    main()
