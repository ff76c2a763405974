"""When P and S arrive, measured: where the records change most about the times that a velocity model predicts.

The Akaike information criterion finds the sample that best divides a record into two stretches of different variance
(Maeda 1985), on the vertical for P and on both horizontals for S. A first, weak P before a stronger one is looked for
too.
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from seisgrad._lazy import extra
from seisgrad.source.gather import PHASES, SAMPLING

if TYPE_CHECKING:
    from seisgrad.source.event import Event

_CORNERS = (0.5, 3.0)  # Hz
_WIDE, _WIDER = 2.0, 0.1  # s, and times the travel time, by which a prediction may be wrong
_LEAD = {"P": 4.0, "S": 2.0}  # s before that which are looked at
_BEFORE, _AFTER = 3.0, 1.0  # s in which amplitudes before and after a pick are compared
_LEAST = {"P": 3.0, "S": 1.8}  # times the amplitude before, from which on a pick is one
_SOONER = 5.0  # the same for a weak P before a stronger one
_EDGE = 3  # samples at the ends of a stretch in which nothing can be picked
_MARGIN = 0.5  # s from the ends of the range; what is picked there is a wave outside of it


class Picks(NamedTuple):
    """Times of P and S.

    Attributes:
        times: s after the origin; where nothing could be measured, as they were.
        measured: which of them were measured.
        quality: amplitude in the second after a measured pick over that in the 3 s before; 0 for the others.
    """

    times: Float[Tensor, "station 2"]
    measured: Bool[Tensor, "station 2"]
    quality: Float[Tensor, "station 2"]


def measure_picks(event: "Event") -> Picks:
    """Measure P and S of an event that nobody picked; those that were read stay.

    A pick is sought within 2 s and a tenth of the travel time of the prediction. It counts where the amplitude in the
    second after it is 3 times (P) or 1.8 times (S) that in the 3 s before.

    Args:
        event: with predicted times, and ground motion.
    """
    times, measured = event.picks.clone(), torch.zeros_like(event.picked)
    quality = torch.zeros_like(event.picks)
    for k, motion in enumerate(_filtered(event.motion.numpy())):
        for j, phase in enumerate(PHASES):
            if event.picked[k, j]:
                continue
            components = motion[:1] if phase == "P" else motion[1:]
            components = components[np.isfinite(components).all(1)]
            earliest = event.start if phase == "P" else float(times[k, 0]) + _BEFORE
            found = _onset(components, event.start, float(event.picks[k, j]), phase, earliest)
            if found is not None:
                times[k, j], quality[k, j] = found
                measured[k, j] = True
    wrong = times[:, 1] <= times[:, 0]
    measured &= ~wrong[:, None]
    return Picks(torch.where(measured, times, event.picks), measured, torch.where(measured, quality, 0.0))


def _filtered(motion: np.ndarray) -> np.ndarray:
    """Causal, so that nothing comes before its time; NaN throughout a component that has a gap within its samples."""
    from scipy.signal import butter, sosfilt

    there = np.isfinite(motion)
    sections = butter(2, _CORNERS, "bandpass", fs=SAMPLING, output="sos")
    return np.where(there.any(-1, keepdims=True), sosfilt(sections, np.where(there, motion, 0.0)), np.nan)


def _onset(
    components: np.ndarray, start: float, predicted: float, phase: str, earliest: float
) -> tuple[float, float] | None:
    """Time and quality of an onset in some components, if there is one."""
    if not len(components):
        return None
    reach = _WIDE + _WIDER * predicted
    begin = max(predicted - reach, earliest)
    first = max(round((begin - _LEAD[phase] - start) * SAMPLING), 0)
    last = min(round((predicted + reach + _AFTER - start) * SAMPLING), components.shape[-1])
    at = _division(components, first, last)
    if at is None:
        return None
    if phase == "P":
        sooner = _division(components, first, at - _EDGE)
        if sooner is not None and _quality(components, sooner) >= _SOONER:
            at = sooner
    time, quality = start + at / SAMPLING, _quality(components, at)
    inside = begin - _MARGIN <= time <= predicted + reach
    return (time, quality) if inside and quality >= _LEAST[phase] else None


def _division(components: np.ndarray, first: int, last: int) -> int | None:
    """The sample that divides a stretch best."""
    with extra("records"):
        from obspy.signal.trigger import aic_simple

    stretch = components[:, first:last]
    if stretch.shape[-1] < 4 * _EDGE or not stretch.any():
        return None
    criterion = sum(aic_simple(np.ascontiguousarray(one)) for one in stretch)
    return first + _EDGE + int(np.argmin(np.asarray(criterion)[_EDGE:-_EDGE]))


def _quality(components: np.ndarray, at: int) -> float:
    """Amplitude after a sample over that before it."""
    before = components[:, max(at - round(_BEFORE * SAMPLING), 0) : at]
    after = components[:, at : at + round(_AFTER * SAMPLING)]
    quiet = np.sqrt(np.square(before).mean()) if before.size else 0.0
    return float(np.sqrt(np.square(after).mean()) / quiet) if quiet > 0 else 0.0
