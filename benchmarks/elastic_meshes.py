"""How good the meshes of the elastic operator of one frequency are, and what they cost.

    python benchmarks/elastic_meshes.py [--earths 4] [--prior los_angeles] [--threads 1]

Writes results/elastic_meshes.csv: by mesh and frequency, seconds for all sources of the line, and correlation and
relative L2 error beyond two kilometres from the source against a mesh twice as fine as that of the datasets; medians
over earths of the test split and means over eight sources.
"""

import argparse
import csv
import platform
import statistics
import time
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from seisgrad.elastic import Harmonic, Resolution, Survey, prior
from seisgrad.elastic.error_card import correlation, relative_l2
from seisgrad.elastic.harmonic.mesh import mesh
from seisgrad.elastic.harmonic.network import HarmonicSize
from seisgrad.elastic.prior import line
from seisgrad.elastic.recipe import FINE, FINE_FOR, FREQUENCIES
from seisgrad.report.provenance import write_record

HERE = Path(__file__).parent
SEED, SOURCES, RECEIVERS, CLEAR = 21, 8, 234, 2.0
#: Mesh and the velocity that it is made for, km/s.
MESHES: dict[str, tuple[Resolution, float]] = {
    "learned elements, untrained": (HarmonicSize().resolution, HarmonicSize().slowest),
    "default": (Resolution(), 2.2),
    "default, for 1.5 km/s": (Resolution(), 1.5),
    "datasets": (FINE, FINE_FOR),
}
REFERENCE = replace(FINE, order=(6, 2), length=0.5 * FINE.length, top_cells=1.0, growth=0.2)


def main() -> None:
    """Measure and write."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--earths", type=int, default=4)
    asked.add_argument("--prior", default="los_angeles")
    asked.add_argument("--threads", type=int, default=1)
    chosen = asked.parse_args()
    torch.set_num_threads(chosen.threads)
    ensemble = prior(chosen.prior)
    draw = ensemble.draw(chosen.earths, SEED, split="test", sources=SOURCES)
    rows = []
    for frequency in (FREQUENCIES[0], FREQUENCIES[5], FREQUENCIES[10], FREQUENCIES[15]):
        found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in MESHES}
        for earth, sources in zip(draw.earth.float(), draw.sources, strict=True):
            survey = Survey(sources, line(ensemble.grid, RECEIVERS), torch.tensor([frequency]))
            close = (survey.receivers - sources[:, None]).abs() < CLEAR
            true, _ = solved(ensemble.grid, survey, earth, REFERENCE, FINE_FOR)
            for name, (resolution, slowest) in MESHES.items():
                motion, seconds = solved(ensemble.grid, survey, earth, resolution, slowest)
                judged = correlation(motion, true, close), relative_l2(motion, true, close)
                found[name].append((seconds, *(float(each.mean()) for each in judged)))
        for name, (resolution, slowest) in MESHES.items():
            place = mesh(ensemble.grid, frequency, slowest, resolution)
            seconds, alike, error = (statistics.median(each) for each in zip(*found[name], strict=True))
            rows.append(
                {
                    "prior": chosen.prior,
                    "frequency": f"{frequency:.4f}",
                    "mesh": name,
                    "columns": place.columns,
                    "layers": place.layers,
                    "seconds": f"{seconds:.2f}",
                    "correlation": f"{alike:.5f}",
                    "relative_l2": f"{error:.4f}",
                    "machine": f"{platform.machine()}, {chosen.threads} thread(s)",
                }
            )
            print(rows[-1], flush=True)
    with (HERE / "results" / "elastic_meshes.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    write_record(HERE / "results" / "elastic_meshes.csv")


def solved(
    grid, survey: Survey, earth: Tensor, resolution: Resolution, slowest: float
) -> tuple[Tensor, float]:
    """Spectra, and the seconds they took."""
    op = Harmonic(grid, survey, slowest=slowest, resolution=resolution)
    with torch.no_grad():
        begin = time.perf_counter()
        motion = op(earth)
        return motion, time.perf_counter() - begin


if __name__ == "__main__":
    main()
