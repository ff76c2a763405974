"""What more earths and what exact kernels are worth: the same networks on 5, 20 and 100 thousand earths.

    seisgrad simulate dispersion --prior weak --number 100000 --rows 4 --seed 1 --out weak.zarr
    python experiments/kernels/size_curve.py --data weak.zarr [--minutes 6] [--jobs 2] [--work curve] [--out FILE]

Two networks, of curves (residual) and of modes, are taught values alone and values with exact kernel rows, all on the
first N earths of one dataset and for the same time on one thread, and judged on unseen earths of its prior. A run that
was stopped goes on where it was.
"""

import argparse
import csv
import math
import multiprocessing
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from seisgrad.dataset import Dataset, open_dataset
from seisgrad.dispersion import load
from seisgrad.dispersion.learning import CurveTask, Losses
from seisgrad.dispersion.modal.task import ModeTask
from seisgrad.dispersion.networks import Layout, Modes, arguments_of
from seisgrad.dispersion.prior import DEPTH
from seisgrad.report.provenance import write_record
from seisgrad.report.reproduce.ensembles import models
from seisgrad.report.reproduce.kernels import SURVEY, evaluate
from seisgrad.report.reproduce.table import cases
from seisgrad.training import Settings, fit
from seisgrad.training.task import Task

SIZES = (5_000, 20_000, 100_000)
NETWORKS = {"residual": {"width": 384, "blocks": 3}, "modes": {}}
METRICS = ("mape_percent", "raw_cosine_vs", "relative_l2_vs", "raw_cosine_vp", "raw_cosine_rho")
_VALIDATION = 500
RESULTS = Path(__file__).parent / "results" / "size_curve.csv"


class Run(NamedTuple):
    """One training: a network, what it is taught, and on how many earths."""

    network: str
    derivatives: bool
    earths: int

    @property
    def name(self) -> str:
        """For its folder."""
        return f"{self.network}-{self.taught.replace(' ', '-')}-{self.earths}"

    @property
    def taught(self) -> str:
        """In words."""
        return "values and rows" if self.derivatives else "values"


class Row(NamedTuple):
    """A line of the results: means over the models and periods of one band."""

    network: str
    taught: str
    earths: int
    minutes: float
    passes: float
    band: str
    mape_percent: float
    raw_cosine_vs: float
    relative_l2_vs: float
    raw_cosine_vp: float
    raw_cosine_rho: float


def task_of(run: Run, data: Path) -> Task:
    """The first earths of the dataset, and all of its validation split."""
    train, validation = (open_dataset(data, split) for split in ("train", "validation"))
    layout = Layout.from_dict(train.manifest.settings)
    names = _needed(train, run)
    few = {name: np.asarray(train[name][: run.earths]) for name in names}
    # few enough that small sets, which are through every second, do not spend their time on them
    unseen = {name: np.asarray(validation[name][:_VALIDATION]) for name in names}
    arguments = arguments_of(run.network, NETWORKS[run.network], "the size curve")
    losses = Losses(derivatives=run.derivatives, parameter_weights=(0.3, 1.0, 0.3))
    told = {"settings": train.manifest.settings, "earths": run.earths}
    if isinstance(arguments, Modes):
        return ModeTask(few, unseen, layout, arguments, losses, data=told)
    return CurveTask(few, unseen, layout, run.network, arguments, losses, data=told)


def _needed(train: Dataset, run: Run) -> list[str]:
    rows = run.network == "modes" or run.derivatives
    return [name for name in train.fields if rows or not name.startswith("row")]


def carry_out(run: Run, options: argparse.Namespace) -> list[Row]:
    """Train, then measure."""
    torch.set_num_threads(1)
    settings = Settings(minutes=options.minutes, learning_rate=2e-3 if run.network == "modes" else 1e-3,
                        batch_size=256, accelerator="cpu")  # fmt: skip
    folder = options.work / run.name
    result = fit(task_of(run, options.data), settings, folder)
    net = load(folder, SURVEY, DEPTH, outside="nan")
    prior = net.card["data"]["settings"]["prior"]
    earths = models(prior, options.models)
    assert earths is not None
    found: dict[str, dict[str, float]] = {}
    for line in cases(run.name, evaluate({run.name: net}, earths, DEPTH)[run.name]):
        if line.metric in METRICS:
            found.setdefault(line.case, {})[line.metric] = line.mean
    passes = result.steps * settings.batch_size / run.earths
    return [
        Row(run.network, run.taught, run.earths, options.minutes, round(passes, 1), band,
            *(round(numbers.get(m, math.nan), 5) for m in METRICS))
        for band, numbers in found.items()
    ]  # fmt: skip


def everything(options: argparse.Namespace) -> Iterator[list[Row]]:
    """All runs, ``jobs`` at a time."""
    runs = [Run(n, d, size) for size in options.sizes for n in NETWORKS for d in (False, True)]
    with multiprocessing.get_context("spawn").Pool(options.jobs, maxtasksperchild=1) as pool:
        waiting = [pool.apply_async(carry_out, (run, options)) for run in runs]
        for result in waiting:
            yield result.get()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=6.0)
    parser.add_argument("--models", type=int, default=200)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--work", type=Path, default=Path("curve"))
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    rows: list[Row] = []
    for found in everything(options):
        rows += found
        one = found[0]
        mean = [np.nanmean([row[i] for row in found]) for i in (6, 7, 8)]
        print(f"{one.network:9s} {one.taught:16s} {one.earths:7d} earths, mean of the bands: "
              f"velocity {mean[0]:.3f} %, cosine vs {mean[1]:.4f}, L2 vs {mean[2]:.3f}", flush=True)  # fmt: skip
    options.out.parent.mkdir(parents=True, exist_ok=True)
    with options.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(Row._fields)
        writer.writerows(rows)
    write_record(options.out)


if __name__ == "__main__":
    main()
