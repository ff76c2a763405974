"""How accurate the exact acoustic operator is: dispersion, edges, random earths, duration; and what a shot costs.

    python benchmarks/acoustic_accuracy.py [--out benchmarks/results/acoustic_accuracy.csv] [--threads 1]

Every line of the table is one relative L2 error of a spectrum. ``dispersion``: at one distance along the grid, its
worst direction, in a homogeneous earth against the analytic Green's function; ``rule`` is what the operator states.
``edge``: at all nodes, against the same, by cells of the absorbing layer. ``random``: at all nodes in a random earth
(von Karman, 5 %), against a run with refine 12. ``duration``: the same earth, against a run four times as long. Times
are seconds of processor time, summed over threads, of one shot with 64 x 64 nodes as receivers and eight frequencies.
"""

import argparse
import csv
import dataclasses
import math
import time
from pathlib import Path

import numpy as np
import torch
from scipy.special import hankel2
from torch import Tensor

from seisgrad.acoustic import Grid, Physics, Survey, accuracy, prior
from seisgrad.report.provenance import write_record
from seisgrad.waves.places import as_complex

FIELDS = ("experiment", "case", "frequency", "cells", "wavelengths", "error", "rule")
VELOCITY, DENSITY = 3.0, 2.2


def homogeneous(grid: Grid) -> Tensor:
    values = torch.tensor([VELOCITY, DENSITY], dtype=torch.float64)
    return values[:, None, None].expand(2, *grid.shape).clone()


def analytic(survey: Survey) -> Tensor:
    """Spectra of a unit source in the homogeneous earth, [source, frequency, receiver]."""
    distance = torch.cdist(survey.sources, survey.receivers)[:, None]
    phase = 2 * math.pi * survey.frequencies[:, None] / VELOCITY * distance
    return torch.from_numpy(DENSITY * -0.25j * hankel2(0, phase.numpy()))


def relative(found: Tensor, expected: Tensor) -> float:
    return float((found - expected).norm() / expected.norm())


def dispersion() -> list[tuple]:
    """Errors along x at 5 to 80 wavelengths, coarser than the rule allows too."""
    rows, grid = [], Grid((41, 161), 0.16)
    allowed, accuracy.TOLERANCE = accuracy.TOLERANCE, 10.0  # the rule is what is measured here
    for refine in (2, 3):
        for frequency in (6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0):
            length = VELOCITY / frequency
            far = [n for n in (5, 10, 20, 40, 80) if n * length < 24.6]
            source = torch.tensor([[3.2, 0.4]], dtype=torch.float64)
            receivers = torch.tensor([[3.2, 0.4 + n * length] for n in far], dtype=torch.float64)
            survey = Survey(source, receivers, torch.tensor([frequency]))
            op = Physics(grid, survey, velocity=(VELOCITY, VELOCITY), refine=refine, dtype=torch.float64)
            found, expected = as_complex(op(homogeneous(grid)))[0, 0], analytic(survey)[0, 0]
            cells = length * refine / grid.spacing
            for k, n in enumerate(far):
                rule = accuracy.dispersion_error(cells, n)
                error = relative(found[k], expected[k])
                rows.append(("dispersion", f"refine {refine}", frequency, cells, n, error, rule))
    accuracy.TOLERANCE = allowed
    return rows


def nodes_survey(grid: Grid) -> Survey:
    sources = torch.tensor([[1.63, 1.47], [1.0, 0.0]], dtype=torch.float64)
    return Survey(sources, grid.nodes, torch.arange(1.0, 9.0, dtype=torch.float64))


def away(survey: Survey) -> Tensor:
    """Receivers at least two nodes from the source, where the Green's function is not singular."""
    return torch.cdist(survey.sources, survey.receivers) > 0.32


def edge() -> list[tuple]:
    rows, grid = [], Grid((33, 33), 0.16)
    survey = nodes_survey(grid)
    expected, kept = analytic(survey), away(survey)
    op = Physics(grid, survey, velocity=(2.5, 3.5), refine=5, dtype=torch.float64)
    for cells in (4, 6, 8, 12, 16, 24):
        simulation = op._simulation
        waves = dataclasses.replace(simulation.waves, edge=cells)
        op._simulation = dataclasses.replace(simulation, waves=waves)
        found = as_complex(op(homogeneous(grid)))
        for s, place in enumerate(("source inside", "source on the edge")):
            for i, frequency in enumerate(survey.frequencies.tolist()):
                error = relative(found[s, i, kept[s]], expected[s, i, kept[s]])
                rows.append(("edge", f"{cells} cells, {place}", frequency, "", "", error, ""))
    return rows


def random() -> list[tuple]:
    rows, grid = [], Grid((40, 40), 0.16)
    survey = nodes_survey(grid)
    earth = prior("von_karman").draw(1, 1, split="test", grid=grid).earth[0].double()
    kept, settings = away(survey), {"velocity": (2.3, 3.7), "dtype": torch.float64}
    reference = as_complex(Physics(grid, survey, refine=12, **settings)(earth))
    allowed, accuracy.TOLERANCE = accuracy.TOLERANCE, 10.0
    for refine, dtype in (
        (3, torch.float64),
        (4, torch.float64),
        (4, torch.float32),
        (5, torch.float64),
        (7, torch.float64),
    ):
        op = Physics(grid, survey, refine=refine, **settings | {"dtype": dtype})
        found = as_complex(op(earth))
        for i, frequency in enumerate(survey.frequencies.tolist()):
            error = (
                math.hypot(*(relative(found[s, i, kept[s]], reference[s, i, kept[s]]) for s in (0, 1)))
                / 2**0.5
            )
            case = f"refine {refine}, {str(dtype).removeprefix('torch.')}"
            cells = 2.3 / frequency * refine / grid.spacing
            rows.append(("random", case, frequency, cells, "", error, op.error if frequency == 8 else ""))
    accuracy.TOLERANCE = allowed
    whole = Physics(grid, survey, refine=4, **settings)
    reference = as_complex(Physics(grid, survey, refine=4, duration=4 * whole.duration, **settings)(earth))
    for share in (0.6, 0.8, 1.0, 1.3):
        found = as_complex(
            Physics(grid, survey, refine=4, duration=share * whole.duration, **settings)(earth)
        )
        for i, frequency in enumerate(survey.frequencies.tolist()):
            error = relative(found[:, i], reference[:, i])
            rows.append(("duration", f"{share:g} of the default", frequency, "", "", error, ""))
    return rows


def cost() -> list[tuple]:
    rows, grid = [], Grid((64, 64), 0.16)
    survey = Survey(torch.tensor([[2.6, 2.47]]), grid.nodes, torch.arange(1.0, 9.0))
    earth = prior("von_karman").draw(1, 1, split="test", grid=grid).earth[0].float()
    for refine in (4, 5):
        op = Physics(grid, survey, velocity=(2.3, 3.7), refine=refine)
        start = time.process_time()
        op(earth)
        middle = time.process_time()
        x = earth.clone().requires_grad_()
        op(x).square().sum().backward()
        both = time.process_time() - middle
        rows.append(("seconds", f"refine {refine}, forward", "", "", "", middle - start, ""))
        rows.append(("seconds", f"refine {refine}, forward and gradient", "", "", "", both, ""))
    return rows


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument(
        "--out", type=Path, default=Path(__file__).parent / "results/acoustic_accuracy.csv"
    )
    arguments.add_argument("--threads", type=int, default=1)
    options = arguments.parse_args()
    torch.set_num_threads(options.threads)
    with options.out.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(FIELDS)
        for experiment in (dispersion, edge, random, cost):
            for row in experiment():
                writer.writerow([f"{v:.4g}" if isinstance(v, float | np.floating) else v for v in row])
            file.flush()
    write_record(options.out)


if __name__ == "__main__":
    main()
