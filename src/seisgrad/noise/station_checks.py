"""Stations whose place, clock, polarity or horizontals are wrong, on one day or always, as their pairs tell.

What is wrong on a day alone is seen against the stack of all days, and that station's day is left out. What is wrong
always is told, and kept: whether to mend it is not for a program to say.
"""

from collections.abc import Sequence
from datetime import date

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from seisgrad.noise.clocks import lateness, lateness_by_asymmetry, shift_between, signs
from seisgrad.noise.correlations import Correlations
from seisgrad.noise.daily_store import DailyStore
from seisgrad.noise.day import Job
from seisgrad.noise.orientation import Orientation, orientations
from seisgrad.noise.products import lags
from seisgrad.noise.quality import Rejection
from seisgrad.noise.settings import Settings
from seisgrad.noise.stacking import stack

Real = NDArray[np.float64]
Flags = NDArray[np.bool_]

_AT_ONCE = 2**25  # numbers of a batch of pairs on all days
_LEAST_DAYS, _LEAST_STATIONS = 3, 4
_ALIKE = 0.4  # correlation of a day with the stack below which it says nothing of clocks and signs
_SURE = 5.0  # times the scatter, at which an error is told
_TURNED = 15.0  # degrees
_APART = 0.01  # km, within which no velocity can be measured and no direction known
_ONE_PLACE = (
    "two instruments side by side, or coordinates that were copied; it is kept, and tells no velocity"
)
_SCATTERED = 0.3  # of the paths of a station, above which they say nothing of its horizontals


def wrong_days(job: Job, held: DailyStore, days: Sequence[date]) -> tuple[Flags, list[Rejection]]:
    """The days on which the clock or the polarity of a station differs from all others, ``[day, station]``, and why."""
    flags = np.zeros((len(days), len(job.places)), dtype=bool)
    if len(days) < _LEAST_DAYS or len(job.places) < _LEAST_STATIONS or "ZZ" not in job.settings.components:
        return flags, []
    pairs, shift, alike = _against_the_stack(job, held, days)
    weight = np.where(np.abs(alike) > _ALIKE, alike**2, 0.0)
    told = []
    for row, day in enumerate(days):
        late, misfit = lateness(pairs, shift[row], weight[row], len(job.places))
        closing = misfit[weight[row] > 0]
        if len(closing) < len(job.places) + 2:  # too few pairs to see whether they close
            continue
        allowed = _allowed(float(np.median(np.abs(closing))), job.settings)
        sign = signs(pairs, np.where(weight[row] > 0, alike[row], 0.0), len(job.places))
        for station, place in enumerate(job.places):
            if abs(late[station]) > allowed:
                reason = (
                    f"its clock is {late[station]:+.2f} s late against all days, as its pairs agree: left out"
                )
            elif sign[station] < 0:
                reason = "its polarity is the reverse of all days, as its pairs agree: left out"
            else:
                continue
            flags[row, station] = True
            told.append(Rejection(day.isoformat(), place.name, reason))
    return flags, told


def wrong_always(found: Correlations, settings: Settings) -> list[Rejection]:
    """Stations whose place, clock or horizontals are wrong in the stack of all days, which nothing mends here."""
    told = [
        Rejection("", pair.name, f"both stand at one place, {1000 * pair.distance:.1f} m apart: {_ONE_PLACE}")
        for pair in found.pairs
        if pair.distance < _APART
    ]
    if "ZZ" in found.components and len(found.pairs) >= _LEAST_STATIONS:
        names, late, scatter = lateness_by_asymmetry(found, 1 / settings.band[0])
        allowed = _allowed(scatter, settings)
        for name, value in zip(names, late, strict=True):
            if abs(value) > allowed:
                reason = f"its clock is {value:+.2f} s late by the two sides of its correlations: kept"
                told.append(Rejection("", name, reason))
        pointing = [each for each in orientations(found) if _is_wrong(each)]
        told += [Rejection("", each.station, _words(each.turned, each.mirrored)) for each in pointing]
    return told


def _against_the_stack(
    job: Job, held: DailyStore, days: Sequence[date]
) -> tuple[list[tuple[int, int]], Real, Real]:
    """Pairs of stations, and the shift of each day against the robust stack, s, and their likeness, ``[day, pair]``."""
    column = job.settings.components.index("ZZ")
    interval, most = 1 / job.settings.sampling, 1 / job.settings.band[0]
    numbers: list[tuple[int, int]] = []
    shifts: list[Float[Tensor, "day pair"]] = []
    likeness: list[Float[Tensor, "day pair"]] = []
    names = [place.name for place in job.places]
    for block in job.layout.blocks():
        some = job.layout.numbers(block)
        step = max(
            1, _AT_ONCE // (len(days) * len(lags(job.settings)) * 64)
        )  # which the search of shifts takes
        for first in range(0, len(some), step):
            ends = [(names[i], names[j]) for i, j in some[first : first + step]]
            values, seconds = held.read(days, ends)
            values = values[:, :, column : column + 1]
            whole = stack(values, seconds, "robust")
            shift, alike = shift_between(
                values[:, :, 0], whole[None, :, 0].expand_as(values[:, :, 0]), interval, most
            )
            shifts.append(shift)
            likeness.append(alike)
        numbers += some
    return numbers, torch.cat(shifts, 1).numpy(), torch.cat(likeness, 1).numpy()


def _allowed(scatter: float, settings: Settings) -> float:
    """The largest lateness that is not told, s: some times the scatter, and a twentieth of the shortest period."""
    return max(_SURE * scatter, 0.05 / settings.band[1])


def _is_wrong(found: Orientation) -> bool:
    return found.scatter < _SCATTERED and (found.mirrored or abs(found.turned) > _TURNED)


def _words(turned: float, mirrored: bool) -> str:
    if mirrored:
        return f"its horizontals are mirrored, as if swapped (what is called north points to {turned:.0f}°): kept"
    if abs(turned) > 180 - _TURNED:
        return "its vertical is upside down, or both horizontals are reversed: kept"
    return f"its horizontals are turned by {turned:.0f}° clockwise of what the stations say: kept"
