"""Speed of the learned dispersion operator beside the exact one, in one run.

    python benchmarks/surrogate_speed.py [--operator NAME|FOLDER]... [--batches 1 10 100 1000 10000] [--repeats 3]

Models per second of 118 phase velocities (Rayleigh and Love, 2 to 60 s) of earths of 256 layers, alone and with their
full Jacobian to vp, vs and density. The earths are of the test split of ``weak``. Every figure is a median over
repeats; the operators take turns in the same process, one thread each. Where there is a GPU the surrogates are timed on
it as well, their earths there already and their answers left there.
"""

import argparse
import csv
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

import seisgrad as sg
from seisgrad.dispersion.prior import DEPTH
from seisgrad.operator import Operator, linearise
from seisgrad.report.provenance import write_record

SURVEY = sg.dispersion.Survey(
    (sg.dispersion.Branch("rayleigh"), sg.dispersion.Branch("love")),
    torch.arange(2.0, 61.0, dtype=torch.float64),
)
PLAIN = "weak"
"""The shipped network of curves, taught values alone: the cheapest there is."""
TASKS: dict[str, Callable[[Operator, Tensor], object]] = {
    "values": lambda operator, x: operator(x),
    "values and Jacobian": linearise,
}
#: Batches in a timing: as many as make this many earths, so that small ones are not timed by the clock's grain.
_EARTHS = 32
#: A Jacobian takes 0.7 MB per earth, and its making several times that.
_MOST_WITH_JACOBIAN = 1000


class Runner(NamedTuple):
    """An operator where it runs."""

    name: str
    operator: Operator
    device: str


class Row(NamedTuple):
    """A line of the results."""

    operator: str
    device: str
    what: str
    batch: int
    models_per_second: float
    times_exact: float


def runners(names: list[str]) -> list[Runner]:
    """The exact operator, then every surrogate on every device."""
    found = [Runner("exact", sg.dispersion.Physics(SURVEY, DEPTH), "cpu")]
    for name in names:
        for device in ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",):
            # an earth outside the range of training costs the same and must not end the run
            net = sg.dispersion.load(name, SURVEY, DEPTH, outside="nan").to(device)
            found.append(Runner(Path(name).name, net, device))
    return found


def seconds(runner: Runner, task: Callable[[Operator, Tensor], object], batches: list[Tensor]) -> float:
    """Seconds per earth; a GPU has finished when the clock is read."""
    cuda = runner.device == "cuda"
    start = time.perf_counter()
    for x in batches:
        task(runner.operator, x)
    if cuda:
        torch.cuda.synchronize()
    return (time.perf_counter() - start) / sum(len(x) for x in batches)


def race(everyone: list[Runner], what: str, earths: Tensor, batch: int, repeats: int) -> list[Row]:
    """All operators on the same batches, taking turns."""
    task = TASKS[what]
    # copies of their own, so that none finds the earths of another in the cache
    chosen = earths[: max(batch, _EARTHS)]
    given = {runner: [x.to(runner.device, copy=True) for x in chosen.split(batch)] for runner in everyone}
    for runner, batches in given.items():
        task(runner.operator, batches[0])
    times = {runner: [] for runner in everyone}
    for _ in range(repeats):
        for runner, batches in given.items():
            times[runner].append(seconds(runner, task, batches))
    median = {runner: statistics.median(t) for runner, t in times.items()}
    exact = median[everyone[0]]
    return [
        Row(r.name, r.device, what, batch, round(1.0 / t, 2), round(exact / t, 4)) for r, t in median.items()
    ]


def crossover(rows: list[Row]) -> str:
    """The smallest batch from which on one surrogate is faster than the exact operator at one task, in words."""
    slower = [row.batch for row in rows if row.times_exact <= 1.0]
    faster = [row.batch for row in rows if row.batch > max(slower, default=0)]
    best = max(row.times_exact for row in rows)
    who = f"{rows[0].operator} on {rows[0].device}, {rows[0].what}"
    if not faster:
        return f"{who}: no batch from which it is faster, {best:.2g} times the exact speed at best"
    return f"{who}: faster from batches of {min(faster)}, {best:.2g} times at best"


def machine() -> str:
    """Processor and, where there is one, GPU."""
    described = Path("/proc/cpuinfo")
    lines = described.read_text(encoding="utf-8").splitlines() if described.is_file() else []
    cpu = next((line.split(":")[1].strip() for line in lines if "model name" in line), platform.processor())
    return f"{cpu}; {torch.cuda.get_device_name()}" if torch.cuda.is_available() else cpu


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--operator", action="append", help="in place of the shipped default and weak")
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 10, 100, 1000, 10000])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "surrogate_speed.csv")
    options = parser.parse_args()
    torch.set_num_threads(1)
    names = options.operator or [n for n in ("default", PLAIN) if n in sg.dispersion.shipped()]
    everyone = runners(names)
    number = max(*options.batches, _EARTHS)
    earths = sg.dispersion.prior("weak").draw(number, seed=1, split="test").model.stack()
    rows: list[Row] = []
    for what in TASKS:
        for batch in sorted(options.batches):
            if what == "values" or batch <= _MOST_WITH_JACOBIAN:
                rows += race(everyone, what, earths, batch, options.repeats)

    options.out.parent.mkdir(parents=True, exist_ok=True)
    here = machine()
    with options.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow((*Row._fields, "machine"))
        writer.writerows((*row, here) for row in rows)
    write_record(options.out)
    for row in rows:
        print(
            f"{row.operator:10s} {row.device:5s} {row.what:20s} {row.batch:6d} "
            f"{row.models_per_second:10.4g} models/s {row.times_exact:8.3g} times exact"
        )
    groups = [
        [r for r in rows if (r.operator, r.device, r.what) == (runner.name, runner.device, what)]
        for runner in everyone[1:]
        for what in TASKS
    ]
    print("; ".join(crossover(group) for group in groups if group))


if __name__ == "__main__":
    main()
