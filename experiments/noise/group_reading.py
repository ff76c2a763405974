"""Which reading of a group velocity is nearer to the truth: the crest of the image, or one corrected for the filter?

The same earth and noise as in ``number_of_waves.py``, stations as far apart as those of Feidong, every period and not
only the unflagged ones.
"""

import argparse
import csv
from pathlib import Path

import numpy as np
from number_of_waves import EARTH, HERE, VELOCITIES, green, noisy

import seisgrad as sg
from seisgrad.report.provenance import write_record

PERIODS = np.arange(1.0, 4.01, 0.1)
DISTANCES = (12.0, 13.0, 16.0, 24.0, 38.0, 40.0, 42.0)
NOISE = (0.0, 0.03, 0.1)  # of the peak
ALPHAS = {"as wide as theirs": 5.0, "of the house": None}


def main() -> None:
    """Measure, and write ``results/group_reading.csv``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE / "results")
    options = parser.parse_args()
    known = np.geomspace(0.4, 20.0, 120)
    c = sg.dispersion.velocity(EARTH, known.tolist()).numpy()
    truth = sg.dispersion.velocity(EARTH, PERIODS.tolist(), kind="group").numpy()
    clean = [green(distance, known, c) for distance in DISTANCES]
    lines = []
    for filters, alpha in ALPHAS.items():
        for size in NOISE:
            errors = {"corrected": [], "crest": []}
            for number, egf in enumerate(clean):
                found = sg.noise.group_velocity(
                    noisy(egf, size, number), 0, periods=PERIODS, velocities=VELOCITIES, alpha=alpha
                )
                crest = np.interp(PERIODS, found.image.period.numpy(), found.image.ridge.numpy())
                errors["corrected"] += (100 * (found.velocity.numpy() / truth - 1)).tolist()
                errors["crest"] += (100 * (crest / truth - 1)).tolist()
            for reading, some in errors.items():
                lines.append({
                    "filters": filters, "noise": size, "reading": reading,
                    "median_absolute_percent": round(float(np.nanmedian(np.abs(some))), 2),
                    "median_percent": round(float(np.nanmedian(some)), 2), "n": len(some),
                })  # fmt: skip
                print(*lines[-1].values(), sep=", ", flush=True)
    options.out.mkdir(exist_ok=True)
    with (options.out / "group_reading.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, lines[0])
        writer.writeheader()
        writer.writerows(lines)
    write_record(options.out / "group_reading.csv")


if __name__ == "__main__":
    main()
