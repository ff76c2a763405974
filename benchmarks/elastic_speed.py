"""Speed of the elastic operators: learned, by spectral elements, and Deepwave, in one run on one machine.

    python benchmarks/elastic_speed.py [--operators default harmonic exact] [--repeats 3] [--threads 1 2]

An earth of the test split of ``los_angeles`` on the grid of Zou et al. (2025), 128 x 256 nodes at 0.3165 km, at their
sixteen frequencies, 0.12 to 0.5 Hz: one shot to 234 receivers, and all 234 x 234 pairs, each alone and with the
gradient of a misfit to vp, vs and density. ``harmonic`` is ``sg.elastic.Harmonic`` on its default mesh, ``exact``
``sg.elastic.Physics``, Deepwave made for the speeds of this very earth; anything else is a surrogate's name or folder.
Each shot is a simulation to Deepwave: its time for all pairs is that of one shot times their number, as ``counted``
says. ``seconds`` are medians over repeats, in which the operators take turns; ``first`` is the first call; ``ratio`` is
how many times faster than Deepwave. ``error`` is the relative L2 error of the shot's spectra beyond 2 km from the
source against spectral elements on the mesh of the datasets. Where there is a GPU all run on it as well. The rows of
Zou et al. are their Table 1, on their GPU: spectral elements in time, and their network.
"""

import argparse
import csv
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch
from surrogate_speed import machine
from torch import Tensor

from seisgrad import elastic
from seisgrad.earth import SolidSection
from seisgrad.elastic import Grid, Harmonic, Physics, Survey
from seisgrad.elastic.error_card import relative_l2
from seisgrad.elastic.prior import line
from seisgrad.elastic.recipe import FINE, FINE_FOR, FREQUENCIES
from seisgrad.elastic.start import slowest_wave
from seisgrad.operator import Operator
from seisgrad.report.provenance import write_record

ENSEMBLE, SEED, CLEAR = "los_angeles", 3, 2.0
EXACT = "exact"
SHOT, PAIRS = "one shot", "all pairs"
#: Table 1 of Zou et al. (2025): operator, what, seconds.
PAPER = (
    ("Zou et al. (2025), spectral elements", "one shot", "forward", 7.18),
    ("Zou et al. (2025), neural operator", "one shot", "forward", 0.18),
    ("Zou et al. (2025), spectral elements", "an iteration of their inversion", "gradient", 128.5),
    ("Zou et al. (2025), neural operator", "an iteration of their inversion", "gradient", 0.45),
)


class Row(NamedTuple):
    """A line of the results."""

    operator: str
    device: str
    threads: int | None
    task: str
    what: str
    seconds: float
    first: float | None
    counted: str
    ratio: float | None
    error: float | None
    machine: str


def operator(name: str, grid: Grid, survey: Survey, earth: Tensor) -> Operator:
    """The operator of a name, for this earth."""
    if name == "harmonic":
        return Harmonic(grid, survey)
    if name == EXACT:
        section = SolidSection(earth[1], earth[0], earth[2], (grid.spacing, grid.spacing))
        slowest = slowest_wave(section, float(survey.frequencies.max()))
        return Physics(grid, survey, velocity=(0.98 * slowest, 1.001 * float(earth[0].max())))
    return elastic.load(name, grid, survey, outside="warn")


def forward(op: Operator, earth: Tensor) -> None:
    with torch.no_grad():
        op(earth)


def gradient(op: Operator, earth: Tensor) -> None:
    x = earth.clone().requires_grad_()
    torch.autograd.grad(0.5 * op(x).square().sum(), x)


WHATS: dict[str, Callable[[Operator, Tensor], None]] = {"forward": forward, "gradient": gradient}


def seconds(work: Callable[[Operator, Tensor], None], op: Operator, earth: Tensor) -> float:
    """Wall-clock seconds; a GPU has finished when the clock is read."""
    start = time.perf_counter()
    work(op, earth)
    if earth.is_cuda:
        torch.cuda.synchronize()
    return time.perf_counter() - start


def errors(operators: dict[str, Operator], grid: Grid, earth: Tensor) -> dict[str, float]:
    """Of the spectra of one shot, a mean over frequencies."""
    survey = next(iter(operators.values())).survey  # type: ignore[attr-defined]
    close = (survey.receivers - survey.sources[:, None]).abs() < CLEAR
    with torch.no_grad():
        true = Harmonic(grid, survey, slowest=FINE_FOR, resolution=FINE)(earth)
        return {name: float(relative_l2(op(earth), true, close).mean()) for name, op in operators.items()}


def times(
    operators: dict[str, Operator], work: Callable, earth: Tensor, repeats: int
) -> dict[str, list[float]]:
    """Seconds of the first call and of the repeats, the operators taking turns."""
    found: dict[str, list[float]] = {name: [] for name in operators}
    for _ in range(1 + repeats):
        for name, op in operators.items():
            found[name].append(seconds(work, op, earth))
    return found


def race(
    names: list[str],
    grid: Grid,
    earth: Tensor,
    number: int,
    threads: int,
    error: dict[str, float],
    repeats: int,
) -> list[Row]:
    """All operators at all tasks where the earth is, with a number of nodes along the line."""
    here, places = f"{machine()}; load {os.getloadavg()[0]:.1f}", line(grid, number)
    frequencies = torch.tensor(FREQUENCIES, dtype=torch.float64)
    rows: list[Row] = []
    shots: dict[tuple[str, str], list[float]] = {}
    for task, sources in ((SHOT, places[number // 4, None]), (PAIRS, places)):
        survey = Survey(sources, places, frequencies)
        able = [name for name in names if task == SHOT or name != EXACT]
        operators = {name: operator(name, grid, survey, earth.cpu()) for name in able}
        for op in operators.values():
            if isinstance(op, elastic.ElasticNet):
                op.to(earth.device)
        if not error:
            error.update(errors(operators, grid, earth))
        for what, work in WHATS.items():
            taken = times(operators, work, earth, repeats)
            counted = dict.fromkeys(taken, "measured")
            if task == SHOT:
                shots |= {(name, what): found for name, found in taken.items()}
            elif EXACT in names:
                taken[EXACT] = [number * each for each in shots[EXACT, what]]
                counted[EXACT] = f"one shot x {number}"
            medians = {name: statistics.median(found[1:]) for name, found in taken.items()}
            for name, median in medians.items():
                ratio = medians[EXACT] / median if EXACT in medians and name != EXACT else None
                who = Path(name).name
                first = taken[name][0] if counted[name] == "measured" else None
                rows.append(
                    Row(
                        *(who, earth.device.type, threads, task, what, median, first, counted[name], ratio),
                        *(error[name], here),
                    )
                )
                print(*(f"{v:.4g}" if isinstance(v, float) else v for v in rows[-1][:-1]), flush=True)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--operators", nargs="+", default=["default", "harmonic", EXACT])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument(
        "--nodes", type=int, nargs=2, default=[128, 256], help="of the grid; fewer for a trial"
    )
    parser.add_argument("--receivers", type=int, default=234, help="fewer for a trial")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "elastic_speed.csv")
    options = parser.parse_args()
    ensemble = elastic.prior(ENSEMBLE)
    grid = Grid(tuple(options.nodes), ensemble.grid.spacing)
    earth = ensemble.draw(1, SEED, split="test", grid=grid).earth[0].float()
    rows: list[Row] = []
    error: dict[str, float] = {}
    for threads in options.threads:
        torch.set_num_threads(threads)
        rows += race(options.operators, grid, earth, options.receivers, threads, error, options.repeats)
    if torch.cuda.is_available():
        rows += race(
            options.operators, grid, earth.cuda(), options.receivers, threads, error, options.repeats
        )
    for who, task, what, value in PAPER:
        rows.append(Row(who, "their GPU", None, task, what, value, None, "as printed", None, None, "Table 1"))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    with options.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(Row._fields)
        for row in rows:
            writer.writerow("" if v is None else f"{v:.4g}" if isinstance(v, float) else v for v in row)
    write_record(options.out)


if __name__ == "__main__":
    main()
