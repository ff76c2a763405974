"""Train the networks that read a moment tensor from records, and judge them on earths they have not met.

    python experiments/sourcenet/train.py default --out training --bank greens.zarr
    python experiments/sourcenet/train.py sourcenet deepsets --seeds 0 1 2 --passes 2 --out training --bank greens.zarr
    python experiments/sourcenet/train.py without-coda models-3 --passes 3 --out training --bank greens.zarr

The bank of Green's functions is made where it is missing (five to eight minutes of one core). A pass is 12 800 events
drawn anew, about a minute of one core for ours and three for the network of the paper; a stopped training goes on with
the same command. Each network is then calibrated on other events like those of its training and measured; a row per
case and number of stations goes to results/networks.csv, in place of what was there of the same seed, where it is
`default`, the network that is shipped, at its usual 16 passes. judge.py compares all networks on the same events.
"""

import argparse
import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from seisgrad.report.provenance import write_record
from seisgrad.source import GreensBank, Prior, make_bank
from seisgrad.source.earths import TRAIN
from seisgrad.source.error_card import complete_card
from seisgrad.source.harmonic import HarmonicSize
from seisgrad.source.randomisation import CLEAN, Randomisation
from seisgrad.source.sourcenet import PaperSize
from seisgrad.source.task import SourceTask
from seisgrad.training import Settings, fit

RESULTS = Path(__file__).parent / "results" / "networks.csv"
SHIPPED_PASSES = 16
#: Kind and size by name: ours, ours without attention, the network of the paper, and that one without a part.
NETWORKS: dict[str, tuple[str, Any]] = {
    "default": ("harmonic", HarmonicSize()),
    "lift-deepsets": ("harmonic", HarmonicSize(layers=0)),
    "sourcenet": ("sourcenet", PaperSize()),
    "no-scalars": ("sourcenet", PaperSize(scalars=False)),
    "no-attention": ("sourcenet", PaperSize(layers=0)),
    "deepsets": ("sourcenet", PaperSize(layers=0, attention_pooling=False)),
}
#: What ours is not taught, by name: changes of the randomisation.
ABLATIONS: dict[str, dict[str, Any]] = {
    "without-mixing": {"mixed": 0.0},
    "without-timing": {
        "pick_scaling": 0.0,
        "pick_scatter": (0.0, 0.0),
        "depth_error": 0.0,
        "epicentre_error": 0.0,
    },
    "without-coda": {"coda": 0.0},
    "without-noise": {"noise": (0.0, 0.0)},
    "without-amplitudes": {
        "site_scatter": 0.0,
        "component_scatter": 0.0,
        "attenuation": 0.0,
        "flipped": 0.0,
    },
    "clean": {name: value for name, value in vars(CLEAN).items() if value != vars(Randomisation())[name]},
}
#: Velocity models of the training, by name; those that spread most come first.
MODELS = {f"models-{number}": TRAIN[:: len(TRAIN) // number][:number] for number in (1, 3, 7)}


def main() -> None:
    """Train, calibrate and judge."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("networks", nargs="+", choices=[*NETWORKS, *ABLATIONS, *MODELS])
    asked.add_argument("--out", type=Path, required=True, help="folder of a folder per network and seed")
    asked.add_argument(
        "--bank", type=Path, required=True, help="Green's functions; made where they are missing"
    )
    asked.add_argument("--passes", type=int, default=SHIPPED_PASSES)
    asked.add_argument("--seeds", type=int, nargs="+", default=[0])
    asked.add_argument(
        "--events", type=int, default=3000, help="to calibrate on, and to judge on of each case"
    )
    chosen = asked.parse_args()
    torch.set_num_threads(1)
    make_bank(chosen.bank)
    for name in chosen.networks:
        prior = draws(name, chosen.bank)
        for seed in chosen.seeds:
            folder = chosen.out / f"{name}-{seed}"
            train(name, prior, folder, chosen.passes, seed)
            for row in complete_card(
                folder, chosen.bank, chosen.events, lambda doing: print(doing, flush=True)
            ):
                print(folder.name, row, flush=True)


def draws(name: str, bank: Path) -> Prior:
    """What a network is taught."""
    changes = ABLATIONS.get(name, {})
    models = MODELS.get(name, TRAIN)
    return Prior(GreensBank.open(bank, models), replace(Randomisation(), **changes))


def train(name: str, prior: Prior, folder: Path, passes: int, seed: int) -> None:
    """Train one of the networks, or go on with it."""
    kind, size = NETWORKS.get(name, NETWORKS["default"])
    task = SourceTask(prior, kind, size, events=12_800, validation=1024, seed=seed)
    settings = Settings(
        epochs=passes,
        batch_size=64,
        # the plain network does not bear ours
        learning_rate=1e-3 if kind == "harmonic" else 2e-4,
        weight_decay=1e-2,
        warm_up=0.02,
        ema=0.999,
        checkpoint_seconds=60.0,
        seed=seed,
    )
    fit(task, settings, folder)


def keep(name: str, seed: int, passes: int, rows: list[dict[str, Any]]) -> None:
    """Put rows into the table of results."""
    there = []
    if RESULTS.exists():
        with RESULTS.open(encoding="utf-8") as file:
            there = [
                row for row in csv.DictReader(file) if (row["network"], row["seed"]) != (name, str(seed))
            ]
    new = [{"network": name, "seed": seed, "passes": passes, **row} for row in rows]
    with RESULTS.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(new[0]), lineterminator="\n")
        table.writeheader()
        table.writerows([*there, *new])
    write_record(RESULTS)


if __name__ == "__main__":
    main()
