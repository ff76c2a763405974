"""What it is worth to be taught scattered waves, against how strong they are in the events of the test.

    python experiments/sourcenet/coda.py --taught training/default-* --untaught training/without-coda-* --bank BANK

Both kinds of network, trained by train.py, read the same events through the held-out columns, 15 to 24 stations each,
all that varies as in the training but for the energy of scattered waves beside the direct ones: for each station it is
drawn evenly between zero and the level, and the training's level is 0.5. Writes results/coda.csv, a row per level, with
the 95 % interval of the paired bootstrap.
"""

import argparse
import csv
from dataclasses import replace
from pathlib import Path

import torch

from seisgrad.report.provenance import write_record
from seisgrad.report.reproduce.sourcenet_pairs import difference
from seisgrad.source import GreensBank, Prior, Randomisation, load
from seisgrad.source.earths import HELD_OUT
from seisgrad.source.judging import judge

RESULTS = Path(__file__).parent / "results" / "coda.csv"
LEVELS = (0.0, 0.5, 1.0, 2.0, 4.0)
STATIONS = (15, 24)
SEED = 28_112_026
HEADER = ("energy up to", "events", "taught coda (°)", "not taught (°)", "further off, not taught (°), 95 %")


def main() -> None:
    """Judge and write."""
    asked = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    asked.add_argument("--taught", type=Path, nargs="+", required=True, help="trainings with coda")
    asked.add_argument("--untaught", type=Path, nargs="+", required=True, help="trainings without")
    asked.add_argument("--bank", type=Path, required=True, help="Green's functions")
    asked.add_argument("--events", type=int, default=2000, help="drawn at each level")
    chosen = asked.parse_args()
    torch.set_num_threads(1)
    networks = {str(folder): load(folder) for folder in (*chosen.taught, *chosen.untaught)}
    bank = GreensBank.open(chosen.bank, HELD_OUT)
    rows = []
    for level in LEVELS:
        prior = Prior(bank, replace(Randomisation(), coda=level, mixed=0.0))
        found = judge(networks, prior, chosen.events, SEED, STATIONS, lambda done: None)
        taught, untaught = (
            [found[str(folder)].kagan for folder in kind] for kind in (chosen.taught, chosen.untaught)
        )
        means = [float(torch.stack(kind).mean()) for kind in (taught, untaught)]
        apart = difference(untaught, taught)
        rows.append(
            (
                f"{level:g}",
                len(taught[0]),
                *(f"{mean:.2f}" for mean in means),
                f"{apart.mean:+.2f} ({apart.low:+.2f} to {apart.high:+.2f})",
            )
        )
        print(*rows[-1], flush=True)
    with RESULTS.open("w", newline="", encoding="utf-8") as text:
        csv.writer(text, lineterminator="\n").writerows([HEADER, *rows])
    write_record(RESULTS)


if __name__ == "__main__":
    main()
