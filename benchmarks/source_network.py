"""How long the shipped network of sources takes: one event of 30 stations, and batches, on one thread.

    python benchmarks/source_network.py

Writes results/source_network.csv.
"""

import csv
import statistics
import time
from pathlib import Path

import torch

from seisgrad.report.provenance import write_record
from seisgrad.source import Gather, load

HERE = Path(__file__).resolve().parent
STATIONS, ROUNDS = 30, 30


def gather(events: int) -> Gather:
    """Numbers of the right size; what they are does not change the time."""
    draw = torch.Generator().manual_seed(1)
    shape = (events, STATIONS)
    return Gather(
        1e-6 * torch.randn(*shape, 2, 3, 100, generator=draw),
        torch.ones(*shape, 3, dtype=torch.bool),
        10.0 + 100.0 * torch.rand(shape, generator=draw),
        360.0 * torch.rand(shape, generator=draw),
        torch.zeros(*shape, 2),
        torch.full((events,), 10.0),
    )


def main() -> None:
    """Measure and write."""
    torch.set_num_threads(1)
    net, rows = load("default"), []
    one = Gather(*(x[0] for x in gather(1)))
    cases = {"one event, with its ball and warnings": (1, lambda: net.answer(one))}
    for events in (1, 64, 512):
        batch = gather(events)
        cases[f"network alone, {events} at a time"] = (events, lambda batch=batch: net.network(batch))
    with torch.no_grad():
        for name, (events, run) in cases.items():
            run()
            times = []
            for _ in range(ROUNDS):
                begin = time.perf_counter()
                run()
                times.append(time.perf_counter() - begin)
            middle = statistics.median(times)
            rows.append(
                {
                    "case": name,
                    "stations": STATIONS,
                    "ms": f"{1e3 * middle:.2f}",
                    "events_per_second": f"{events / middle:.0f}",
                }
            )
            print(rows[-1], flush=True)
    with (HERE / "results" / "source_network.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    write_record(HERE / "results" / "source_network.csv")


if __name__ == "__main__":
    main()
