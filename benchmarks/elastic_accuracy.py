"""How accurate the exact elastic operator is: Lamb's problem, edges, duration, refinement.

    python benchmarks/elastic_accuracy.py [--out benchmarks/results/elastic_accuracy.csv] [--threads 1] [--only NAME …]

``lamb``: a vertical force on a half-space, 1 to 10 wavelengths away, against the integral over wavenumbers; ``error``
is the relative L2 error of a spectrum, ``speed`` the relative error of the phase velocity, ``amplitude`` the mean
ratio of amplitudes, ``rule`` what the operator states. ``ensemble``: earths of the ensembles on the grid of Zou et al.
(2025), four frequencies to 0.2 Hz, against a run with wider margins (case ``edge``), twice the time (``duration``),
60 s of it, or twice the cells (``refine``), at receivers more than 3 km from the source.
"""

import argparse
import csv
import math
import sys
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from seisgrad.elastic import Grid, Physics, Survey, accuracy, physics, prior
from seisgrad.report.provenance import write_record
from seisgrad.waves.places import as_complex

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from elastic_theory import lamb, rayleigh_speed

FIELDS = ("experiment", "case", "frequency", "cells", "error", "speed", "amplitude", "rule")
VS, RHO = 2.0, 2.0
PAPER = Grid((128, 256), 0.3165)


def row(experiment: str, case: str, **values: float) -> dict:
    return {"experiment": experiment, "case": case, **values}


def relative(found: Tensor, expected: Tensor) -> float:
    return float((found - expected).norm() / expected.norm())


def halfspace() -> list[dict]:
    rows = []
    for poisson in (0.25, 0.35, 0.45):
        vp = VS * math.sqrt(2 * (1 - poisson) / (1 - 2 * poisson))
        speed = rayleigh_speed(vp, VS)
        for cells in (9.0, 13.0, 18.0, 26.0, 36.0):
            frequency, refine = 0.5, 5
            spacing = speed / frequency / cells * refine
            grid = Grid((math.ceil(7.0 / spacing), math.ceil(46.0 / spacing)), spacing)
            receivers = 3.0 + speed / frequency * torch.arange(1.0, 10.0, 0.19, dtype=torch.float64)
            accuracy_cells, physics.CELLS = physics.CELLS, 1.0  # the rule is what is measured here
            asked = Survey(torch.tensor([3.0]), receivers, torch.tensor([frequency]), quantity="displacement")
            op = Physics(grid, asked, velocity=(0.85 * VS, vp * 1.0001), refine=refine, dtype=torch.float64)
            physics.CELLS = accuracy_cells
            earth = torch.tensor([vp, VS, RHO], dtype=torch.float64)[:, None, None].expand(3, *grid.shape)
            found = as_complex(op(earth))[0, 0]
            exact = torch.from_numpy(lamb(receivers.numpy() - 3.0, frequency, vp, VS, RHO, "vertical"))
            for c, name in enumerate(("vertical", "along")):
                ratio = (found[c] / exact[c]).numpy()
                lost = np.polyfit(receivers.numpy(), np.unwrap(np.angle(ratio)), 1)[0]
                rows.append(
                    row(
                        "lamb",
                        f"poisson {poisson} {name}",
                        frequency=frequency,
                        cells=cells,
                        error=relative(found[c], exact[c]),
                        speed=lost * speed / (2 * math.pi * frequency),
                        amplitude=float(np.abs(ratio).mean()),
                        rule=accuracy.dispersion_error(cells, 10.0),
                    )
                )
    return rows


def spectra(earth: Tensor, frequencies: Tensor, margin: int = 2, **settings) -> tuple[Tensor, Physics]:
    """Of a source at 20 km, ``[frequency, component, receiver]``, at receivers away from it."""
    usual, physics._MARGIN = physics._MARGIN, margin
    receivers = torch.cat([torch.arange(1.0, 17.0, 1.0), torch.arange(23.0, 80.0, 1.0)])
    op = Physics(PAPER, Survey(torch.tensor([20.0]), receivers, frequencies), **settings)
    found = as_complex(op(earth))[0]
    physics._MARGIN = usual
    return found, op


def ensemble() -> list[dict]:
    rows, frequencies = [], torch.tensor([5.0, 6.0, 7.0, 8.0]) / 40.1
    for name, seed in (("los_angeles", 1), ("los_angeles", 2), ("broad", 1), ("basin", 1)):
        earth = prior(name).draw(1, seed=seed).earth[0].float()
        settings = {"velocity": (1.15, 10.0)}
        usual, op = spectra(earth, frequencies, **settings)
        others = {
            "edge": spectra(earth, frequencies, 40, **settings)[0],
            "duration": spectra(earth, frequencies, duration=2 * op.duration, **settings)[0],
            "60 s": spectra(earth, frequencies, duration=60.0, **settings)[0],
            "refine": spectra(earth, frequencies, refine=2 * op.refine, **settings)[0],
        }
        for case, other in others.items():
            for f, here, there in zip(frequencies.tolist(), usual, other, strict=True):
                rows.append(
                    row("ensemble", f"{name} {seed} {case}", frequency=f, error=relative(here, there))
                )
    return rows


EXPERIMENTS = {"lamb": halfspace, "ensemble": ensemble}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results/elastic_accuracy.csv")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", nargs="+", choices=EXPERIMENTS, default=list(EXPERIMENTS))
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    kept = []
    if given.out.exists():
        with given.out.open(newline="") as file:
            kept = [line for line in csv.DictReader(file) if line["experiment"] not in given.only]
    for name in given.only:
        kept += [
            {k: f"{v:.4g}" if isinstance(v, float) else v for k, v in line.items()}
            for line in EXPERIMENTS[name]()
        ]
        with given.out.open("w", newline="") as file:
            writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(kept)
        write_record(given.out, part=True)
        print(f"{name}: done")


if __name__ == "__main__":
    main()
