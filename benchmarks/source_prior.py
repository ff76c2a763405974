"""How fast events are drawn, and what a bank of Green's functions is worth between its nodes.

    python benchmarks/source_prior.py [BANK] [--out benchmarks/results/source_prior.csv]

BANK is made by ``seisgrad source simulate``; without one, three models are made first, about a minute. ``speed``:
events per second of one core with 24 stations each and everything random, for batches of as many. ``distance`` and
``depth``: every second node is taken out, and the windows there are made from the two neighbours, by their mean with
weights (``linear``, each in step with its first arrival) or from one of them (``nearest``); ``median`` and ``p90`` of
the error's norm over that of the window, in mechanisms of all orientations.
"""

import argparse
import csv
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from seisgrad.report.provenance import write_record
from seisgrad.source.draws import event
from seisgrad.source.earths import TRAIN
from seisgrad.source.greens import GreensBank, make_bank, settings_of
from seisgrad.source.prior import Prior
from seisgrad.source.radiation import coefficients
from seisgrad.source.randomisation import CLEAN, Randomisation
from seisgrad.source.streams import Streams
from seisgrad.source.window_bank import WindowBank

FIELDS = ("experiment", "case", "phase", "per_second", "median", "p90")
RANGES = ((5.0, 30.0), (30.0, 80.0), (80.0, 200.0))
ROWS = 3000


def speed(bank: GreensBank) -> list[dict]:
    prior = Prior(bank, replace(Randomisation(), stations=(24, 24), dropout=0.0))
    prior.events(64, np.random.default_rng(0))
    rows = []
    for number in (64, 512):
        begin = time.process_time()
        for seed in range(1024 // number):
            prior.events(number, np.random.default_rng(seed))
        seconds = time.process_time() - begin
        rows.append({"experiment": "speed", "case": f"batch {number}", "per_second": round(1024 / seconds)})
    return rows


def between(bank: GreensBank, axis: str) -> list[dict]:
    """Windows at odd nodes from their even neighbours."""
    windows = WindowBank(bank, before=5.0, after=5.0)
    rng, nodes = np.random.default_rng(0), (bank.depths, bank.distances)
    index = [torch.from_numpy(rng.integers(len(a), size=ROWS)) for a in nodes]
    k = ("depth", "distance").index(axis)
    index[k] = torch.from_numpy(2 * rng.integers((len(nodes[k]) - 1) // 2, size=ROWS) + 1)
    model = torch.from_numpy(rng.integers(len(bank.names), size=ROWS))
    moment = event(ROWS, 1, windows, CLEAN, Streams(rng)).moment
    radiation = coefficients(moment, torch.zeros(ROWS, 1, dtype=torch.float64))[:, 0]

    def motion(step: int) -> torch.Tensor:
        moved = [index[0] + step * (k == 0), index[1] + step * (k == 1)]
        return windows.motion(windows.entry(model, nodes[0][moved[0]], nodes[1][moved[1]]), radiation)

    low, true, high = motion(-1), motion(0), motion(1)
    a, b, c = (nodes[k][index[k] + step] for step in (-1, 0, 1))
    part = ((b - a) / (c - a)).float()[:, None, None, None]
    rows = []
    for case, made in (("linear", (1.0 - part) * low + part * high), ("nearest", low)):
        error = ((made - true).square().sum((2, 3)) / true.square().sum((2, 3))).sqrt()
        for begin, end in RANGES:
            distance = nodes[1][index[1]]
            inside = (distance >= begin) & (distance < end)
            for p, phase in enumerate("PS"):
                median, p90 = (round(float(error[inside, p].quantile(q)), 2) for q in (0.5, 0.9))
                name = f"{case} {begin:g}-{end:g} km"
                rows.append({"experiment": axis, "case": name, "phase": phase, "median": median, "p90": p90})
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("bank", type=Path, nargs="?")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "source_prior.csv")
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        if options.bank is None:
            options.bank = Path(folder) / "greens.zarr"
            make_bank(options.bank, TRAIN[:3])
        bank = GreensBank.open(options.bank, list(settings_of(options.bank)["models"])[:3])
        rows = [*speed(bank), *between(bank, "distance"), *between(bank, "depth")]
    with options.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, FIELDS)
        writer.writeheader()
        writer.writerows(rows)
    write_record(options.out)


if __name__ == "__main__":
    main()
