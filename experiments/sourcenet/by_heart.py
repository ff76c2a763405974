"""A hundred synthetic events, learned over and over until nothing is left of the error.

    python experiments/sourcenet/by_heart.py --bank greens.zarr

Ours and the network of the paper, on the same hundred events of at most twelve stations, with noise and errors as in
the training. Writes results/by_heart.csv, how far each is at every twentieth step.
"""

import argparse
import csv
from dataclasses import replace
from pathlib import Path

import torch

from seisgrad.report.provenance import write_record
from seisgrad.report.reproduce.sourcenet_heart import EVENTS, STEPS, by_heart
from seisgrad.source import GreensBank, Prior, Randomisation
from seisgrad.source.earths import HELD_OUT
from seisgrad.source.kinds import KINDS

RESULTS = Path(__file__).parent / "results"


def main() -> None:
    """Train and write."""
    asked = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    asked.add_argument("--bank", type=Path, required=True, help="Green's functions")
    asked.add_argument("--networks", nargs="+", default=list(KINDS), choices=list(KINDS))
    asked.add_argument("--stations", type=int, default=12, help="at most, of an event")
    asked.add_argument("--steps", type=int, default=STEPS)
    asked.add_argument("--out", type=Path, default=RESULTS)
    chosen = asked.parse_args()
    torch.set_num_threads(1)
    prior = Prior(
        GreensBank.open(chosen.bank, HELD_OUT),
        replace(Randomisation(), mixed=0.0, stations=(4, chosen.stations)),
    )
    rows = []
    for kind in chosen.networks:
        course = by_heart(prior, kind, steps=chosen.steps, tell=lambda text: print(text, flush=True))
        for step, *found in zip(*vars(course).values(), strict=True):
            rows.append([kind, EVENTS, step, *(f"{value:.4g}" for value in found)])
        print(kind, *rows[-1], flush=True)
    file = chosen.out / "by_heart.csv"
    with file.open("w", newline="", encoding="utf-8") as text:
        table = csv.writer(text, lineterminator="\n")
        table.writerow(["network", "events", "step", "kagan_mean_deg", "mw_mae", "loss"])
        table.writerows(rows)
    write_record(file)


if __name__ == "__main__":
    main()
