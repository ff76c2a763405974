"""Speed of the learned acoustic operator beside the exact one (Deepwave), in one run on one machine.

    python benchmarks/acoustic_speed.py [--operator NAME|FOLDER]... [--repeats 3] [--threads 1] [--nodes 64]

Seconds of spectra in a test earth of ``von_karman``, alone and with the gradient of a misfit to velocity and density.
The exact operator runs at the refinement of its accuracy rule, and at the coarsest refinement whose error is no larger
than the surrogate's own, both measured here against the former at all nodes beyond half a kilometre from the source:
``ratio`` is the seconds of the latter over those of the surrogate, which is the fair one; ``ratio_rule`` of the former.
Medians over repeats, in which the operators take turns; ``first`` is the first call, in which a surrogate makes its
tables for frequencies and grid. Where there is a GPU both run on it as well.
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

from seisgrad import acoustic
from seisgrad.acoustic import Grid, Physics, Survey, accuracy
from seisgrad.acoustic.learning import clear_of, relative_error
from seisgrad.operator import Operator
from seisgrad.report.provenance import write_record

ENSEMBLE = "von_karman"
RULE, MATCHED = "physics, its rule", "physics, the same error"


class Task(NamedTuple):
    """What is asked of every operator."""

    name: str
    sources: int
    frequencies: Tensor
    receivers: int | None  # at random places; None: all nodes

    def survey(self, grid: Grid) -> Survey:
        generator = torch.Generator().manual_seed(2)
        extent = torch.tensor(grid.extent, dtype=torch.float64)
        sources = torch.rand((self.sources, 2), generator=generator, dtype=torch.float64) * extent
        if self.receivers is None:
            return Survey(sources, grid.nodes, self.frequencies)
        places = torch.rand((self.receivers, 2), generator=generator, dtype=torch.float64) * extent
        return Survey(sources, places, self.frequencies)


EIGHT = torch.arange(1.0, 9.0, dtype=torch.float64)
SHOT = Task("1 source, 8 frequencies, all nodes", 1, EIGHT, None)
TASKS = (
    SHOT,
    Task("1 source, 8 frequencies, 1000 receivers", 1, EIGHT, 1000),
    Task("1 source, 1 frequency, 1000 receivers", 1, EIGHT[3:4], 1000),
    Task("1 source, 64 frequencies, 1000 receivers", 1, torch.linspace(1.0, 8.0, 64).double(), 1000),
    Task("4 sources, 8 frequencies, 1000 receivers", 4, EIGHT, 1000),
)


class Row(NamedTuple):
    """A line of the results."""

    operator: str
    device: str
    task: str
    what: str
    error: float
    seconds: float
    first: float
    ratio: float | None
    ratio_rule: float | None


class Error(NamedTuple):
    """An operator's error, and the physics that is as wrong."""

    own: float
    refine: int
    of_refine: float


def exact(grid: Grid, survey: Survey, refine: int | None = None) -> Physics:
    """The physics, also where its rule calls a refinement too coarse."""
    allowed, accuracy.TOLERANCE = accuracy.TOLERANCE, accuracy.TOLERANCE if refine is None else 100.0
    try:
        return Physics(grid, survey, velocity=acoustic.prior(ENSEMBLE).velocity, refine=refine)
    finally:
        accuracy.TOLERANCE = allowed


def error_of(name: str, grid: Grid, earth: Tensor) -> Error:
    """The surrogate's error at all nodes, and the coarsest refinement of the physics that has no larger one."""
    survey = SHOT.survey(grid)
    far = clear_of(grid, survey.sources)
    rule = exact(grid, survey)

    def fields(op: Operator) -> Tensor:
        with torch.no_grad():
            return acoustic.as_complex(op(earth))[0].unflatten(-1, grid.shape)

    def error(op: Operator) -> float:
        return float(relative_error(fields(op), reference, far).mean())

    reference = fields(rule)
    own = error(acoustic.load(name, grid, survey, outside="allow"))
    for refine in range(2, rule.refine):  # one cell is less than half a wavelength
        found = error(exact(grid, survey, refine))
        if found <= own:
            return Error(own, refine, found)
    return Error(own, rule.refine, 0.0)


def forward(op: Operator, earth: Tensor) -> None:
    with torch.no_grad():
        op(earth)


def gradient(op: Operator, earth: Tensor) -> None:
    x = earth.clone().requires_grad_()
    torch.autograd.grad(0.5 * op(x).square().sum(), x)


WHATS: dict[str, Callable[[Operator, Tensor], None]] = {"values": forward, "values and gradient": gradient}


def seconds(work: Callable[[Operator, Tensor], None], op: Operator, earth: Tensor) -> float:
    """Wall-clock seconds; a GPU has finished when the clock is read."""
    start = time.perf_counter()
    work(op, earth)
    if earth.is_cuda:
        torch.cuda.synchronize()
    return time.perf_counter() - start


def runs(op: Operator, earth: Tensor) -> bool:
    """Whether an operator runs where the earth is; the physics may not on a GPU."""
    try:
        forward(op, earth)
    except RuntimeError as error:
        print(f"{type(op).__name__} does not run on {earth.device}: {error}")
        return False
    return True


def race(operators: dict[str, tuple[float, Operator]], task: str, earth: Tensor, repeats: int) -> list[Row]:
    """All operators at one task, taking turns; the physics come first."""
    rows = []
    for what, work in WHATS.items():
        first = {name: seconds(work, op, earth) for name, (_, op) in operators.items()}
        times: dict[str, list[float]] = {name: [] for name in operators}
        for _ in range(repeats):
            for name, (_, op) in operators.items():
                times[name].append(seconds(work, op, earth))
        median = {name: statistics.median(found) for name, found in times.items()}
        for name, (error, _) in operators.items():
            learned = name not in (RULE, MATCHED)
            ratios = (median[p] / median[name] if learned and p in median else None for p in (MATCHED, RULE))
            rows.append(Row(name, earth.device.type, task, what, error, median[name], first[name], *ratios))
    return rows


def compare(name: str, grid: Grid, repeats: int) -> list[Row]:
    """One surrogate on every device and at every task."""
    earth = acoustic.prior(ENSEMBLE).draw(1, 3, split="test", grid=grid).earth[0].float()
    error, rows = error_of(name, grid, earth), []
    for device in ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",):
        for task in TASKS:
            survey = task.survey(grid)
            rule = exact(grid, survey)
            operators = {
                RULE: (0.0, rule),
                MATCHED: (error.of_refine, exact(grid, survey, min(error.refine, rule.refine))),
                Path(name).name: (
                    error.own,
                    acoustic.load(name, grid, survey, outside="allow").to(device),
                ),
            }
            here = earth.to(device)
            operators = {who: op for who, op in operators.items() if device == "cpu" or runs(op[1], here)}
            found = race(operators, task.name, here, repeats)
            for row in found:
                show(row)
            rows += found
    print(
        f"physics: refine {rule.refine} by its rule, refine {error.refine} for the error of {Path(name).name}"
    )
    return rows


def show(row: Row) -> None:
    ratios = "" if row.ratio is None or row.ratio_rule is None else f" {row.ratio:8.3g} {row.ratio_rule:8.3g}"
    print(
        f"{row.operator:24s} {row.device:5s} {row.task:42s} {row.what:20s} {100 * row.error:6.2f} % "
        f"{row.seconds:9.4f} s {row.first:9.4f} s{ratios}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--operator", action="append", help="in place of the shipped default")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--nodes", type=int, default=64, help="along each axis; fewer for a trial")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "acoustic_speed.csv")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    grid = Grid((options.nodes, options.nodes), acoustic.prior(ENSEMBLE).grid.spacing)
    rows = [row for name in options.operator or ["default"] for row in compare(name, grid, options.repeats)]
    here = f"{machine()}; {options.threads} threads, load {os.getloadavg()[0]:.1f}"
    options.out.parent.mkdir(parents=True, exist_ok=True)
    with options.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow((*Row._fields, "machine"))
        for row in rows:
            values = ["" if v is None else f"{v:.4g}" if isinstance(v, float) else v for v in row]
            writer.writerow((*values, here))
    write_record(options.out)


if __name__ == "__main__":
    main()
