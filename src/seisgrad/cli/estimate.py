"""What a long work will take, said before it begins: time, memory and disk, from known costs or from its first steps.

A known cost was measured on one thread of a server's processor that had little else to do; another machine differs by
two or so, and a bar says how it really goes. Where no cost is known beforehand, a step is timed first, or the
first seconds of the work are the trial.
"""

import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BASE = 0.5
"""GB that a process with torch takes before it works."""
TRIAL = 2.0
"""Seconds of a work from which the rest is foretold."""


@dataclass(frozen=True)
class Estimate:
    """What a work will take, more or less.

    Attributes:
        seconds: wall-clock time.
        memory: GB, of all processes; None where it was not measured.
        disk: GB that are written and stay.
        place: where they are written.
        basis: what tells: "known cost of a sample".
    """

    seconds: float
    memory: float | None
    disk: float
    place: Path
    basis: str

    @property
    def free(self) -> float:
        """GB that are free where results go."""
        standing = next(p for p in (self.place, *self.place.absolute().parents) if p.exists())
        return shutil.disk_usage(standing).free / 1e9

    def line(self) -> str:
        """One line for people."""
        memory = "" if self.memory is None else f", {_size(self.memory)} of memory"
        said = f"about {in_words(self.seconds)}{memory} and {_size(self.disk)} of disk ({self.basis})"
        free = self.free
        if self.disk > free:
            said += f"; beware: {_size(free)} are free at {self.place}"
        return said

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "seconds": self.seconds,
            "memory_gb": None if self.memory is None else round(self.memory, 3),
            "disk_gb": round(self.disk, 4),
            "free_gb": round(self.free, 1),
            "basis": self.basis,
        }


class Forecast:
    """An estimate that is made once and said once; silent with ``--quiet`` and ``--json``.

    Args:
        shown: False for silence.
    """

    def __init__(self, *, shown: bool) -> None:
        self.shown = shown
        self.estimate: Estimate | None = None
        self._first: tuple[float, float] | None = None

    def say(self, estimate: Estimate) -> None:
        """Say it, if it is the first."""
        if self.estimate is None:
            self.estimate = estimate
            if self.shown:
                print(estimate.line())

    def counted(
        self, tell: Callable[[int, int, int], None], foretell: Callable[[int], Estimate]
    ) -> Callable[[int, int, int], None]:
        """A progress ``(before, done, total)`` that says first what is still to be done takes.

        Args:
            tell: the progress itself.
            foretell: the estimate of so many pieces.
        """

        def told(before: int, done: int, total: int) -> None:
            if self.estimate is None and total > before:
                self.say(foretell(total - before))
            tell(before, done, total)

        return told

    def shared(self, share: float, disk: float, place: Path, after: float = 0.0) -> None:
        """Foretell the rest of a work from the share that its first seconds have done.

        Args:
            share: done of the whole, 0 to 1, now.
            disk: what it takes, GB.
            place: where results go.
            after: seconds of what comes when the whole is done.
        """
        if self.estimate is not None:
            return
        now = time.perf_counter()
        if self._first is None:
            self._first = share, now
        done, seconds = share - self._first[0], now - self._first[1]
        if done > 0 and seconds >= TRIAL:
            left = (1.0 - share) * seconds / done + after
            self.say(Estimate(left, in_use(), disk, place, f"as the first {seconds:.0f} s went"))

    def as_json(self) -> dict[str, Any]:
        """The entry of ``--json``; empty where nothing was to be done."""
        return {"estimate": self.estimate.as_json()} if self.estimate else {}


def in_use() -> float:
    """GB that this process has taken at most until now."""
    try:
        import resource
    except ImportError:  # Windows
        return BASE
    unit = 1.0 if sys.platform == "darwin" else 1024.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


def in_words(seconds: float) -> str:
    """A time with as many digits as an estimate deserves."""
    if seconds < 1:
        return "a second"
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 172800 else f"{seconds / 86400:.1f} days"


def _size(gigabytes: float) -> str:
    if gigabytes >= 0.95:
        return f"{gigabytes:.1f} GB"
    return f"{1e3 * gigabytes:.0f} MB" if gigabytes >= 1e-3 else f"{1e6 * gigabytes:.0f} kB"
