"""Whether the origin that a fit took for granted can be right: another time is tried, and stations are counted."""

from dataclasses import replace

import torch

from seisgrad.errors import InputError
from seisgrad.source.event import Event
from seisgrad.source.event_files import Remark
from seisgrad.source.layered import Column
from seisgrad.source.linear_fit import fit, sums_of
from seisgrad.source.long_period import long_period

_MOVED = (-15.0, -10.0, -5.0, 5.0, 10.0, 15.0)  # s
_BETTER = 0.05  # variance reduction by which another origin time has to fit better
_DESERTED = 0.25  # of the stations


def origin_doubts(
    event: Event,
    column: Column,
    band: tuple[float, float],
    depth: float,
    longest_shift: float,
    deserted: float,
) -> list[Remark]:
    """Whether time and place of the origin can be right: waves that are off by half a period fit well, turned round.

    All stations count, with every origin time alike; shifts of each station are searched as in the fit.

    Args:
        event: that was fitted.
        column: velocities.
        band: corners of the filter, Hz.
        depth: of the best fit, km.
        longest_shift: of a station, s.
        deserted: share of the stations that the fit explains worse than silence would.
    """
    doubts = []
    if deserted >= _DESERTED:
        reason = (
            f"{100 * deserted:.0f} % of the stations are explained worse than by silence: check time, place and "
            "responses, and do not trust the mechanism"
        )
        doubts.append(Remark("the origin", reason))

    def reduction(moved: float) -> float:
        earlier = replace(event, start=event.start - moved)
        data = long_period(earlier, column, band, [depth], longest_shift=longest_shift, basis=5)
        counts = torch.ones(1, len(data.stations), dtype=torch.float64)
        return float(fit(sums_of(data), counts).reduction.max())

    there, found = reduction(0.0), {}
    for moved in _MOVED:
        try:
            found[moved] = reduction(moved)
        except InputError:  # the records do not hold the waves then
            continue
    best = max(found, key=found.__getitem__, default=0.0)
    if found and found[best] > there + _BETTER:
        reason = (
            f"with an origin time {best:+g} s from this one {100 * found[best]:.0f} % of all records would be "
            f"explained instead of {100 * there:.0f} %: check time and place, and do not trust the mechanism"
        )
        doubts.append(Remark("the origin", reason))
    return doubts
