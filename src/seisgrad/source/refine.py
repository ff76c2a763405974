"""The moment tensor of regional records by linear least squares over depth, and how sure it is: the classic way."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.source.event import Event
from seisgrad.source.event_files import Remark
from seisgrad.source.kagan import kagan_angle
from seisgrad.source.layered import Column
from seisgrad.source.linear_fit import Fit, fit, resolution, sums_of
from seisgrad.source.long_period import (
    DEPTHS,
    SHIFT_STEP,
    LongPeriod,
    check_band,
    long_period,
    longest_shift_in,
)
from seisgrad.source.misfits import late_clocks, settle
from seisgrad.source.moment_tensor import from_basis, magnitude, scalar_moment
from seisgrad.source.origin_doubts import origin_doubts
from seisgrad.source.pulses import duration
from seisgrad.source.quakeml import Solution

#: Hz, in which regional records are fitted.
BAND = (0.02, 0.05)
#: A moment tensor without a volume change, or with one.
Kind = Literal["deviatoric", "full"]

_POOR = 0.3  # variance reduction
_FEW = 6  # stations, below which resampling them says little
_FREE = 1e-4  # of what the records tell of the best known part of a mechanism


@dataclass(frozen=True)
class Refinement:
    """The best moment tensor, those that resampled stations say, and how well each depth fits.

    Attributes:
        event: that was fitted, at the depth it came with.
        stations: names of those that were fitted.
        depth: of the best fit, km.
        moment: of the best fit, N·m.
        variance_reduction: of the stations that were kept, 1 for a perfect fit; they weigh as in the fit.
        station_reduction: of each station alone.
        shifts: s; a positive one says that the recorded waves are later than the computed ones.
        depths, depth_moments, depth_reductions: the best at every depth.
        ensemble, ensemble_depths: the best of stations drawn with replacement, each with its own depth and shifts.
        records, predicted: displacement in the band, m, records shifted to fit; zero outside of the window.
        time: of their samples, s after the origin.
        remarks: what was left out or is doubtful.
    """

    event: Event
    stations: tuple[str, ...]
    depth: float
    moment: Float[Tensor, " 6"]
    variance_reduction: float
    station_reduction: Float[Tensor, " station"]
    shifts: Float[Tensor, " station"]
    depths: Float[Tensor, " depth"]
    depth_moments: Float[Tensor, "depth 6"]
    depth_reductions: Float[Tensor, " depth"]
    ensemble: Float[Tensor, "draw 6"]
    ensemble_depths: Float[Tensor, " draw"]
    records: Float[Tensor, "station component time"]
    predicted: Float[Tensor, "station component time"]
    time: Float[Tensor, " time"]
    remarks: tuple[Remark, ...]

    @property
    def mw(self) -> float:
        """Moment magnitude."""
        return magnitude(scalar_moment(self.moment)).item()

    @property
    def mw_sigma(self) -> float:
        """Standard deviation of the magnitude over the ensemble."""
        return magnitude(scalar_moment(self.ensemble)).std().item()

    @property
    def depth_sigma(self) -> float:
        """Standard deviation of the depth over the ensemble, km; NaN where only one depth was tried."""
        return self.ensemble_depths.std().item() if len(self.depths) > 1 else math.nan

    @property
    def mechanism_spread(self) -> float:
        """Median Kagan angle from the best tensor to the ensemble, degrees."""
        return kagan_angle(self.ensemble, self.moment).median().item()

    def solution(self) -> Solution:
        """For QuakeML, at the depth of the best fit."""
        return Solution(
            replace(self.event.origin, depth=self.depth),
            self.moment,
            sigma=self.ensemble.std(0),
            mw_sigma=self.mw_sigma,
            depth_sigma=None if math.isnan(self.depth_sigma) else self.depth_sigma,
            mechanism_spread=self.mechanism_spread,
            variance_reduction=self.variance_reduction,
            remark=f"Linear least squares of the records of {len(self.stations)} stations.",
        )


def refine(
    event: Event,
    column: Column,
    *,
    band: tuple[float, float] = BAND,
    depths: Sequence[float] = DEPTHS,
    kind: Kind = "deviatoric",
    longest_shift: float | None = None,
    draws: int = 200,
    seed: int = 0,
) -> Refinement:
    """Fit the long-period waves of an event by a point source in a layered earth.

    At every depth the five components of a moment tensor without a volume change (or six) are found by linear least
    squares, and each station is shifted in time to where it fits best, which forgives the velocities what they are
    wrong by on the way there: a shift of 5 % of the time that S needs is usual, larger ones have to explain more.
    Stations that the others contradict are left out (:func:`~seisgrad.source.misfits.settle`). The moment rate is a
    triangle, as long as is usual for the size.

    How sure the result is comes from stations drawn with replacement, of those that were kept. What is common to all,
    such as wrong velocities, is not in it. The origin time is moved by some seconds to see whether another one would
    fit better, which is told. The usual band is low because a layered earth does not explain higher frequencies far
    away.

    Args:
        event: ground motion.
        column: velocities, with which the depth belongs.
        band: corners of the filter, Hz.
        depths: that are tried, km.
        kind: with or without a volume change.
        longest_shift: of a station, s; a quarter of the shortest period where None.
        draws: of stations with replacement.
        seed: of the draws.

    Raises:
        InputError: an impossible band, shift or column, or fewer than three stations that can be used.
    """
    check_band(band)
    longest_shift = longest_shift_in(band) if longest_shift is None else longest_shift
    basis = 5 if kind == "deviatoric" else 6
    believed = min(depths, key=lambda depth: abs(depth - event.origin.depth))
    rough = long_period(event, column, band, [believed], longest_shift=longest_shift, basis=basis)
    moment = scalar_moment(from_basis(settle(rough, sums_of(rough)).best.coefficients[0, 0]))
    seconds = float(duration(moment))
    data = long_period(
        event, column, band, depths, longest_shift=longest_shift, basis=basis, duration=seconds
    )
    sums = sums_of(data)
    best, counts, deserted = settle(data, sums)
    used = counts[0].nonzero()[:, 0]
    at = int(best.deepest[0])
    generator = torch.Generator().manual_seed(seed)
    drawn = used[torch.randint(len(used), (draws, len(used)), generator=generator)]
    again = fit(sums, torch.nn.functional.one_hot(drawn, len(data.stations)).sum(1).to(torch.float64))
    deepest = again.deepest
    moments = from_basis(best.coefficients[0])
    records, predicted = _seen(data, best, at)
    found = Refinement(
        event=event,
        stations=tuple(event.stations[data.stations[k]] for k in used),
        depth=float(data.depths[at]),
        moment=moments[at],
        variance_reduction=float(best.reduction[0, at]),
        station_reduction=_reductions(records, predicted)[used],
        shifts=data.shifts[best.shift[0, at]][used],
        depths=data.depths,
        depth_moments=moments,
        depth_reductions=best.reduction[0],
        ensemble=from_basis(again.coefficients[torch.arange(draws), deepest]),
        ensemble_depths=data.depths[deepest],
        records=records[used],
        predicted=predicted[used],
        time=data.time,
        remarks=data.remarks,
    )
    silent = int((found.station_reduction < 0).sum())
    deserted_share = (len(deserted) + silent) / len(data.stations)
    left_out = [
        Remark(event.stations[data.stations[k]], f"it is not fitted: {why}") for k, why in deserted.items()
    ]
    left_out += [Remark(name, why) for name, why in late_clocks(found.stations, found.shifts).items()]
    doubts = _doubts(found, float(resolution(sums, counts)[0, at]), longest_shift)
    doubts += origin_doubts(event, column, band, found.depth, longest_shift, deserted_share)
    return replace(found, remarks=(*data.remarks, *left_out, *doubts))


def _seen(
    data: LongPeriod, best: Fit, at: int
) -> tuple[Float[Tensor, "station component time"], Float[Tensor, "station component time"]]:
    """Shifted records, and what the fit makes of them at one depth."""
    records = data.records[best.shift[0, at], torch.arange(len(data.stations))]
    return records, torch.einsum("sbct,b->sct", data.greens[at], best.coefficients[0, at])


def _reductions(
    records: Float[Tensor, "station component time"], predicted: Float[Tensor, "station component time"]
) -> Float[Tensor, " station"]:
    """Variance reduction of each station alone."""
    return 1.0 - (records - predicted).square().sum((1, 2)) / records.square().sum((1, 2))


def _doubts(found: Refinement, told: float, longest_shift: float) -> list[Remark]:
    """What a reader should know before believing a result."""
    doubts = []
    if len(found.stations) < _FEW:
        reason = (
            f"it rests on {len(found.stations)} stations: its spread, found by resampling them, is too small"
        )
        doubts.append(Remark("the fit", reason))
    if found.variance_reduction < _POOR:
        reason = (
            f"it explains {100 * found.variance_reduction:.0f} % of the records: do not trust the mechanism"
        )
        doubts.append(Remark("the fit", reason))
    recorded = found.records.abs().sum((0, 2)) > 0
    if not recorded[0] or not recorded[1:].any():
        there, missing = ("horizontals", "vertical") if not recorded[0] else ("verticals", "horizontal")
        reason = f"it rests on {there} alone, and no {missing} record can contradict it: do not trust it"
        doubts.append(Remark("the mechanism", reason))
    if told < _FREE:
        reason = (
            "the stations leave a part of it free: more components, or stations at other azimuths, would tell"
        )
        doubts.append(Remark("the mechanism", reason))
    limit = found.shifts.abs() >= longest_shift - 0.5 * SHIFT_STEP
    if longest_shift > 0 and limit.any():
        names = ", ".join(name for name, one in zip(found.stations, limit.tolist(), strict=True) if one)
        doubts.append(
            Remark("the shifts", f"{names} would go beyond {longest_shift:g} s: are the velocities right?")
        )
    if len(found.depths) > 1 and found.depth in (float(found.depths[0]), float(found.depths[-1])):
        doubts.append(Remark("the depth", f"{found.depth:g} km is at the end of the depths that were tried"))
    return doubts
