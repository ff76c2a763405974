"""Ten thousand random models, 30 periods over two decades, modes 0-3, both waves: engine against dense scan.

Prints, and writes as CSV, how many values are wrong, missing or extra and how many models raised, by family;
every disagreement goes to a second CSV with the model's family and seed, from which `reference.families.draw`
makes it again.

    python benchmarks/modes_10000.py --number 10000 --first-seed 100000 --out benchmarks/results/modes_10000
"""

import argparse
import csv
import multiprocessing
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from reference.families import FAMILIES, draw
from reference.judge import judge

from seisgrad import LayeredModel
from seisgrad.dispersion import physics
from seisgrad.report.provenance import write_record

COUNTS = ("wrong", "missing", "extra", "exceptions")


def engine(case, wave, modes):
    """Phase velocities [mode, period] of the engine."""
    model = LayeredModel(*(torch.from_numpy(x) for x in case[:4]))
    return physics.velocity(model, torch.from_numpy(case.periods), wave, "phase", modes).numpy()


def one(task):
    """Judge one model: (family, seed, disagreements, exception, seconds)."""
    family, seed = task
    start = time.perf_counter()
    error = ""
    found = []
    try:
        found = judge(draw(family, seed), engine)
    except Exception:  # the benchmark counts exceptions: none is expected
        error = traceback.format_exc()
    return family, seed, found, error, time.perf_counter() - start


def start_worker():
    """One thread per process."""
    torch.set_num_threads(1)


def report(out, totals, models, values, errors, details):
    """Write the two CSV files and print the table."""
    with open(f"{out}_summary.csv", "w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["family", "models", "values", *COUNTS])
        print(f"{'family':14s}{'models':>8s}{'values':>10s}" + "".join(f"{c:>12s}" for c in COUNTS))
        for family in [*FAMILIES, "all"]:
            row = [totals[family, c] for c in COUNTS]
            if models[family]:
                writer.writerow([family, models[family], values * models[family], *row])
                line = "".join(f"{x:12d}" for x in row)
                print(f"{family:14s}{models[family]:8d}{values * models[family]:10d}" + line)
    with open(f"{out}_disagreements.csv", "w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["family", "seed", "kind", "wave", "mode", "index", "period", "engine", "reference"])
        writer.writerows(details)
    for name in ("summary", "disagreements"):
        write_record(Path(f"{out}_{name}.csv"))
    for family, seed, error in errors[:5]:
        print(f"\n{family} seed {seed} raised:\n{error}")


def main():
    """Run the comparison."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--number", type=int, default=10000, help="models over all families")
    parser.add_argument("--first-seed", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--family", choices=FAMILIES, action="append", help="only these (default: all)")
    stem = Path(__file__).parent / "results" / "modes_10000"
    parser.add_argument("--out", default=str(stem), help="stem of the two CSV files")
    arguments = parser.parse_args()
    families = arguments.family or FAMILIES
    tasks = [
        (families[i % len(families)], arguments.first_seed + i // len(families))
        for i in range(arguments.number)
    ]
    totals, models, errors, details = Counter(), Counter(), [], []
    began = time.perf_counter()
    one((families[0], arguments.first_seed))  # compiles once, so that the workers read the cache
    with multiprocessing.get_context("spawn").Pool(arguments.workers, start_worker) as pool:
        for done, (family, seed, found, error, _) in enumerate(
            pool.imap_unordered(one, tasks, chunksize=8), 1
        ):
            for name in (family, "all"):
                models[name] += 1
                totals.update((name, d.kind) for d in found)
                totals[name, "exceptions"] += bool(error)
            details.extend([family, seed, *d] for d in found)
            if error:
                errors.append((family, seed, error))
            if sys.stderr.isatty() and done % 50 == 0:
                print(f"\r{done}/{len(tasks)} {time.perf_counter() - began:.0f} s", end="", file=sys.stderr)
    print(f"\n{len(tasks)} models in {time.perf_counter() - began:.0f} s with {arguments.workers} processes")
    report(arguments.out, totals, models, 2 * 4 * 30, errors, details)
    return 1 if any(totals["all", c] for c in COUNTS) else 0


if __name__ == "__main__":
    sys.exit(main())
