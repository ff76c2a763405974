"""How fast the explorer follows a drag, in a browser without a window.

    python benchmarks/explorer.py [--moves 200] [--page explorer.html]

A layer of an earth is dragged to and fro by real events of the mouse, sixty a second. ``ms`` is from one redraw to the
next: of the handle, which is a frame of the browser, and of each of the three answers, which are calculated beside it.
``lag_ms`` is from the move that an answer is for to the frame that shows it. Both are of the wall clock, which a busy
machine lengthens; ``core_ms`` is the processor time of the thread for one redraw, on Linux alone.
"""

import argparse
import csv
import math
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seisgrad.explorer import page
from seisgrad.explorer.settings import PRESETS
from seisgrad.report.provenance import write_record

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from browser import NAMES
from devtools import Browser

RESULTS = Path(__file__).parent / "results" / "explorer.csv"
EARTHS = ("Continent", "Low-velocity zone in the mantle")
LAYER = 4
READY = "document.documentElement && document.documentElement.dataset.ready"
# in the order in which the page starts them
WORKERS = ("exact", "surrogate, Rayleigh", "surrogate, Love")
FRAME = "handle"
LOOK = """(() => {
  const seen = { ms: {}, lag: {} }, moved = new Map(), last = {};
  const note = (what, now) => {
    if (what in last) (seen.ms[what] ??= []).push(now - last[what]);
    last[what] = now;
  };
  addEventListener("pointermove", () => moved.set(App.model.vs[LAYER], performance.now()));
  const shown = () => ({
    "exact": App.exact.love, "surrogate, Rayleigh": App.learned.rayleigh, "surrogate, Love": App.learned.love,
  });
  const before = Object.fromEntries(Object.entries(shown()).map(([what, one]) => [what, one.id]));
  const look = () => {
    const now = performance.now();
    note("handle", now);
    for (const [what, one] of Object.entries(shown())) {
      if (one.id === before[what]) continue;
      before[what] = one.id;
      note(what, now);
      const then = moved.get(one.earth.vs[LAYER]);
      if (then) (seen.lag[what] ??= []).push(now - then);
    }
    globalThis.stop || requestAnimationFrame(look);
  };
  globalThis.stop = false;
  globalThis.seen = seen;
  requestAnimationFrame(look);
})()"""


def descendants(process: Path) -> Iterator[Path]:
    """All processes that a process has started, and those that these have."""
    for thread in (process / "task").iterdir():
        for child in (thread / "children").read_text(encoding="utf-8").split():
            yield process.parent / child
            yield from descendants(process.parent / child)


def core_ms() -> dict[str, float]:
    """Processor milliseconds so far of the page's own thread and of its workers; empty where that is not told."""
    own = Path("/proc") / str(os.getpid())
    for process in descendants(own) if own.is_dir() else ():
        threads = sorted((process / "task").iterdir(), key=lambda path: int(path.name))
        workers = [
            t for t in threads if (t / "comm").read_text(encoding="utf-8").startswith("DedicatedWorker")
        ]
        if len(workers) == len(WORKERS):
            spent = [
                1e-6 * int((t / "schedstat").read_text(encoding="utf-8").split()[0])
                for t in (threads[0], *workers)
            ]
            return dict(zip((FRAME, *WORKERS), spent, strict=True))
    return {}


def drag(browser: Browser, moves: int) -> dict[str, Any]:
    """The redraws of one drag: milliseconds between them and behind the moves, by what is redrawn."""
    box = f"document.querySelector('[data-layer=\"{LAYER}\"] .dot').getBoundingClientRect()"
    x, y = browser.ask(f"[{box}.x + {box}.width / 2, {box}.y + {box}.height / 2]")
    browser.pointer("mousePressed", x, y)
    browser.ask(LOOK.replace("LAYER", str(LAYER)))
    begin = time.perf_counter()
    for i in range(1, moves + 1):
        time.sleep(max(0.0, begin + i / 60.0 - time.perf_counter()))
        browser.pointer("mouseMoved", x - 40.0 * math.sin(0.05 * i), y + 0.07 * i)
    seen = browser.ask("globalThis.stop = true, globalThis.seen")
    browser.pointer("mouseReleased", x, y)
    return seen


def measured(file: Path, moves: int) -> Iterator[dict[str, Any]]:
    """A line for every earth and everything that is redrawn."""
    with tempfile.TemporaryDirectory() as folder, Browser(file, Path(folder)) as browser:
        browser.wait(READY)
        for name in EARTHS:
            number = [preset["name"] for preset in PRESETS].index(name)
            select = "document.getElementById('preset')"
            browser.ask(f"{select}.value = {number}; {select}.dispatchEvent(new Event('change'))")
            browser.wait(READY)
            before = core_ms()
            seen = drag(browser, moves)
            after = core_ms()
            for what, ms in seen["ms"].items():
                lag = seen["lag"].get(what, [])
                core = (after[what] - before[what]) / len(ms) if what in before and what in after else None
                yield {
                    "earth": name,
                    "redraw": what,
                    "redraws": len(ms),
                    "ms": f"{statistics.median(ms):.1f}",
                    "ms_95": f"{statistics.quantiles(ms, n=20)[-1]:.1f}",
                    "lag_ms": f"{statistics.median(lag):.1f}" if lag else "",
                    "core_ms": "" if core is None else f"{core:.1f}",
                }
            browser.wait(READY)


def main() -> None:
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--moves", type=int, default=200, help="events of the mouse in a drag")
    parser.add_argument("--page", type=Path, help="in place of one that is made now")
    asked = parser.parse_args()
    if not any(map(shutil.which, NAMES)):
        print(f"no browser: none of {', '.join(NAMES)} is installed, nothing was measured")
        return
    with tempfile.TemporaryDirectory() as folder:
        file = asked.page or Path(folder) / "explorer.html"
        if asked.page is None:
            file.write_text(page(), encoding="utf-8")
        rows = list(measured(file.resolve(), asked.moves))
    with RESULTS.open("w", newline="", encoding="utf-8") as table:
        writer = csv.DictWriter(table, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    write_record(RESULTS)
    for row in rows:
        print("  ".join(f"{value!s:>20}" for value in row.values()))


if __name__ == "__main__":
    main()
