"""What it costs to start: to import, to ask for help, and to predict one curve for the first time and again.

    python benchmarks/startup.py [--runs 5]

Each case but the last runs in a process of its own. Wall seconds are what a person waits on the machine as it is, core
seconds the processor time of the process and of those it starts, so that a busy machine can be told from slow code. In
the first prediction Numba's cache is empty and the engine is compiled; in those after it, it comes from disk. All
predict 26 periods of ak135's Rayleigh wave, as ``seisgrad forward ak135 --wave rayleigh --periods 10:60:2`` does.
"""

import argparse
import csv
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from seisgrad.report.provenance import write_record

FORWARD = ("forward", "ak135", "--wave", "rayleigh", "--periods", "10:60:2", "--quiet", "--out", "curve.csv")
COMMAND = (sys.executable, "-m", "seisgrad.cli")
PROCESSES = {
    "import seisgrad": (sys.executable, "-c", "import seisgrad"),
    "import torch, for comparison": (sys.executable, "-c", "import torch"),
    "seisgrad --help": (*COMMAND, "--help"),
    "seisgrad forward, again": (*COMMAND, *FORWARD),
}
FIRST = "seisgrad forward, first"
RESULTS = Path(__file__).parent / "results" / "startup.csv"


def process(words: tuple[str, ...], folder: str, cache: str | None = None) -> tuple[float, float]:
    """Wall and core seconds of a process that runs in ``folder``, with its own cache of compiled code if named."""
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    environment = os.environ | ({"NUMBA_CACHE_DIR": cache} if cache else {})
    subprocess.run(words, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    wall, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def measured(runs: int) -> Iterator[tuple[str, list[tuple[float, float]]]]:
    """The cases with the seconds of each run; one run comes before those that are counted."""
    with tempfile.TemporaryDirectory() as folder:
        yield FIRST, [process((*COMMAND, *FORWARD), folder, f"{folder}/cache-{n}") for n in range(runs)]
        for name, words in PROCESSES.items():
            yield name, [process(words, folder) for _ in range(runs + 1)][1:]
        os.chdir(folder)
        yield "seisgrad forward, in a running process", [here() for _ in range(runs + 1)][1:]


def here() -> tuple[float, float]:
    """Wall and core seconds of the same command in this process."""
    from seisgrad.cli import main

    wall, core = time.perf_counter(), time.process_time()
    if main(FORWARD):
        raise SystemExit("seisgrad forward failed")
    return time.perf_counter() - wall, time.process_time() - core


def main() -> None:
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5, help="of each case; the median counts")
    asked = parser.parse_args()
    rows = []
    for name, seconds in measured(asked.runs):
        wall, core = (statistics.median(column) for column in zip(*seconds, strict=True))
        rows.append((name, f"{wall:.3g}", f"{core:.3g}", len(seconds)))
        print(f"{name:40}  {wall:8.3f} s   {core:8.3f} core s", flush=True)
    with RESULTS.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([("case", "wall_s", "core_s", "runs"), *rows])
    write_record(RESULTS)


if __name__ == "__main__":
    main()
