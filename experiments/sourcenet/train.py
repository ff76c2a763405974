"""Train the networks that read a moment tensor from records, and judge them on earths they have not met.

    python experiments/sourcenet/train.py default --out training --bank greens.zarr
    python experiments/sourcenet/train.py sourcenet deepsets --passes 12 --seeds 0 1 2 --out training --bank greens.zarr

The bank of Green's functions is made where it is missing (five to eight minutes of one core). A pass is 12 800 events
drawn anew, about a minute of one core for ``default``; a stopped training goes on with the same command. Each network
is then calibrated on other events of the same earths and judged on events of each case; a row per network, seed, case
and number of stations goes to results/networks.csv, in place of what was there of the same network and seed.
"""

import argparse
import csv
from pathlib import Path

import torch

from seisgrad.source import GreensBank, Prior, make_bank
from seisgrad.source.earths import TRAIN
from seisgrad.source.error_card import complete_card
from seisgrad.source.harmonic import HarmonicSize
from seisgrad.source.sourcenet import PaperSize
from seisgrad.source.task import SourceTask
from seisgrad.training import Settings, fit

RESULTS = Path(__file__).parent / "results" / "networks.csv"
#: Kind and size by name: ours, the network of the paper, and that one without a part.
NETWORKS = {
    "default": ("harmonic", HarmonicSize()),
    "sourcenet": ("sourcenet", PaperSize()),
    "no-scalars": ("sourcenet", PaperSize(scalars=False)),
    "no-attention": ("sourcenet", PaperSize(layers=0)),
    "deepsets": ("sourcenet", PaperSize(layers=0, attention_pooling=False)),
}


def main() -> None:
    """Train, calibrate and judge."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("networks", nargs="+", choices=sorted(NETWORKS))
    asked.add_argument("--out", type=Path, required=True, help="folder of a folder per network and seed")
    asked.add_argument(
        "--bank", type=Path, required=True, help="Green's functions; made where they are missing"
    )
    asked.add_argument("--passes", type=int, default=24)
    asked.add_argument("--seeds", type=int, nargs="+", default=[0])
    asked.add_argument(
        "--events", type=int, default=3000, help="to calibrate on, and to judge on of each case"
    )
    chosen = asked.parse_args()
    torch.set_num_threads(1)
    make_bank(chosen.bank)
    prior = Prior(GreensBank.open(chosen.bank, TRAIN))
    for name in chosen.networks:
        for seed in chosen.seeds:
            folder = chosen.out / f"{name}-{seed}"
            train(name, prior, folder, chosen.passes, seed)
            rows = complete_card(folder, chosen.bank, chosen.events, lambda doing: print(doing, flush=True))
            keep(name, seed, chosen.passes, rows)


def train(name: str, prior: Prior, folder: Path, passes: int, seed: int) -> None:
    """Train one of the networks, or go on with it."""
    kind, size = NETWORKS[name]
    task = SourceTask(prior, kind, size, events=12_800, validation=1024, seed=seed)
    settings = Settings(
        epochs=passes,
        batch_size=64,
        learning_rate=1e-3,
        weight_decay=1e-2,
        warm_up=0.02,
        ema=0.999,
        checkpoint_seconds=60.0,
        seed=seed,
    )
    fit(task, settings, folder)


def keep(name: str, seed: int, passes: int, rows: list[dict]) -> None:
    """Put rows into the table of results."""
    there = []
    if RESULTS.exists():
        with RESULTS.open(encoding="utf-8") as file:
            there = [
                row for row in csv.DictReader(file) if (row["network"], row["seed"]) != (name, str(seed))
            ]
    new = [{"network": name, "seed": seed, "passes": passes, **row} for row in rows]
    for row in new:
        print(row, flush=True)
    with RESULTS.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(new[0]), lineterminator="\n")
        table.writeheader()
        table.writerows([*there, *new])


if __name__ == "__main__":
    main()
