"""What was left out, and why: a table with one readable reason for each rejected day, station or pair."""

import csv
import os
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields

import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float64]

_SAME = 0.9999  # correlation beyond which two channels hold the same record; two instruments side by side have less


@dataclass(frozen=True, order=True)
class Rejection:
    """What was left out.

    Attributes:
        day: ISO date, or empty where it is not about one day.
        what: a station, channel, pair, component or file.
        reason: one sentence.
    """

    day: str
    what: str
    reason: str


def write_rejections(rejections: Iterable[Rejection], path: str | os.PathLike[str]) -> None:
    """A CSV table with the columns ``day,what,reason``."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(field.name for field in fields(Rejection))
        writer.writerows(astuple(rejection) for rejection in sorted(rejections))


def read_rejections(path: str | os.PathLike[str]) -> list[Rejection]:
    """A table as :func:`write_rejections` leaves it."""
    with open(path, newline="", encoding="utf-8") as file:
        return [Rejection(**row) for row in csv.DictReader(file)]


def dead(samples: NDArray, longest: float = 0.1) -> str | None:
    """Why a raw channel ``[sample]`` holds no motion, or None: more than a share of it stays at one value."""
    moving = samples[1:] != samples[:-1]
    if np.count_nonzero(moving) > (1 - longest) * len(samples):
        return None  # the usual case, without a look at every run
    changes = np.flatnonzero(moving)
    runs = np.diff(np.concatenate(([-1], changes, [len(samples) - 1])))
    share = runs.max() / len(samples)
    if share <= longest:
        return None
    return f"it stands still at one value for {100 * share:.0f} % of the day: a dead channel"


def loud_segments(amplitude: Real, used: NDArray[np.bool_], loudest: float) -> NDArray[np.bool_]:
    """Which segments are louder than ``loudest`` medians of those in use, ``[segment]``."""
    if not used.any():
        return np.zeros_like(used)
    return used & (amplitude > loudest * np.median(amplitude[used]))


def duplicates(records: Sequence[tuple[str, NDArray]]) -> list[tuple[str, str]]:
    """The pairs of channels whose records are the same but for a factor.

    Args:
        records: names and samples ``[time]``, all at the same times, zero where there are none.
    """
    if len(records) < 2:
        return []
    samples = np.stack([record for _, record in records]).astype(np.float64)
    samples /= np.maximum(np.linalg.norm(samples, axis=1, keepdims=True), np.finfo(float).tiny)
    alike = np.abs(samples @ samples.T) > _SAME
    return [(records[i][0], records[j][0]) for i, j in zip(*np.nonzero(np.triu(alike, 1)), strict=True)]
