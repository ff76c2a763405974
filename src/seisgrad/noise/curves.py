"""Curves of many pairs: those that can be measured in one table of picks, and a sentence for each that cannot."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from seisgrad.dispersion import DispersionCurves, Measurement
from seisgrad.dispersion.survey import Wave
from seisgrad.errors import InputError
from seisgrad.noise import rules
from seisgrad.noise.bessel import WAVES
from seisgrad.noise.correlations import Correlations, Pair
from seisgrad.noise.group import group_velocity
from seisgrad.noise.phase import PhaseCurve, phase_velocity
from seisgrad.noise.picks import picks_of
from seisgrad.noise.reference import Reference
from seisgrad.noise.signal import Velocities, require_velocities
from seisgrad.noise.zeros import zero_crossings

Real = NDArray[np.float64]
CurveKind = Literal["phase", "group"]
Method = Literal["phase", "zeros"]

_FIRST = {"rayleigh": "ZZ", "love": "TT"}


@dataclass(frozen=True)
class LeftOut:
    """A pick that is not to be used, or a pair without any.

    Attributes:
        pair: ``A_B``.
        period: s; NaN where it is about the whole pair.
        flag: words for programs, as in ``PhaseCurve.reasons``; ``no_curve`` for a whole pair.
        reason: a sentence with the value found and the one expected.
    """

    pair: str
    period: float
    flag: str
    reason: str


@dataclass(frozen=True, eq=False)
class NoiseCurves:
    """What was measured on Green's functions.

    Attributes:
        curves: the good picks of all pairs, a site each, half-way between its stations.
        snr: signal over noise of each pick, ``[pick]``.
        doubt: probability that another number of waves is right, NaN for group velocities, ``[pick]``.
        zeros: by how many waves zero crossings differ, NaN where they tell nothing, ``[pick]``.
        rejected: single periods, or whole pairs, and why.
    """

    curves: DispersionCurves
    snr: Float[Tensor, " pick"]
    doubt: Float[Tensor, " pick"]
    zeros: Float[Tensor, " pick"]
    rejected: tuple[LeftOut, ...]


def measure_curves(
    egf: Correlations,
    kind: CurveKind,
    *,
    periods: Real,
    component: str | None = None,
    wave: Wave = "rayleigh",
    reference: Reference | None = None,
    method: Method = "phase",
    velocities: Velocities = (1.0, 5.0),
    wavelengths: float = 1.5,
    lowest_snr: float = 1.0,
    highest_doubt: float = 0.5,
    alpha: float | None = None,
    seen: Callable[[int], None] = lambda number: None,
) -> NoiseCurves:
    """The fundamental mode of every pair.

    Args:
        egf: of kind ``EGF``.
        kind: ``phase`` or ``group``.
        periods: s, increasing, ``[period]``.
        component: on which; by default ``ZZ`` for Rayleigh and ``TT`` for Love waves.
        wave: which, where no component is given.
        reference: what phase velocity is expected; for kind ``phase`` only, which needs one.
        method: for phase velocities: the phase from A to B, or the ``zeros`` of the spectrum, which have periods of
            their own between the first and the last one asked.
        velocities: slowest and fastest group velocity, km/s.
        wavelengths: least distance of the stations for phase velocities, by the velocity that was measured.
        lowest_snr: least signal over noise, of phase velocities; sigma grows as it falls.
        highest_doubt: probability of another number of waves up to which a phase velocity is kept.
        alpha: of the filters of group velocities, as :func:`group_velocity` takes it.
        seen: called with the number of pairs that are done.

    Raises:
        InputError: an unknown word, a phase velocity without a reference or a group velocity with one, or a component
            that is not there.
    """
    if kind not in get_args(CurveKind) or method not in get_args(Method):
        raise InputError(
            f"kind is {kind!r} and method {method!r}, expected phase or group, and phase or zeros"
        )
    name = component or _FIRST[wave]
    if name not in WAVES or name not in egf.components:
        raise InputError(
            f"component is {name!r}, expected one of {', '.join(WAVES)} that is there, which are "
            f"{', '.join(egf.components)}; seisgrad noise correlate --components makes others"
        )
    if (kind == "phase") != (reference is not None):
        raise InputError(
            f"kind is {kind} {'without' if reference is None else 'with'} a reference, expected one for phase "
            "velocities alone, which a phase leaves open by 2πn: a model or curves of the region"
        )
    egf.require("EGF", to="measure velocities")
    require_velocities(velocities)
    if alpha is not None and not 0 < alpha < math.inf:
        raise InputError(f"alpha is {alpha:g}, expected a number above 0, such as 20")

    def picks(number: int, asked: Real) -> Measurement | PhaseCurve:
        if reference is None:
            return group_velocity(egf, number, name, periods=asked, velocities=velocities, alpha=alpha)
        common = {"reference": reference, "velocities": velocities}
        common |= {"lowest_snr": lowest_snr, "highest_doubt": highest_doubt}
        if method == "zeros":
            return zero_crossings(egf, number, name, periods=(asked[0], asked[-1]), **common)
        return phase_velocity(egf, number, name, periods=asked, wavelengths=wavelengths, **common)

    tables, columns, rejected = [], [], []
    for number, pair in enumerate(egf.pairs):
        try:
            found = picks(number, _fitting(periods, egf.interval, pair, velocities))
        except InputError as error:
            rejected.append(LeftOut(pair.name, math.nan, "no_curve", str(error)))
        else:
            good, shown = found.good, (found.period, found.velocity, found.sigma)
            tables.append(picks_of(pair, WAVES[name], kind, *(column[good] for column in shown)))
            columns.append(torch.stack(_judged(found))[:, good])
            rejected += _left_out(pair, found)
        seen(number + 1)
    snr, doubt, zeros = torch.cat([torch.empty(3, 0, dtype=torch.float64), *columns], 1)
    return NoiseCurves(DispersionCurves.concatenate(tables), snr, doubt, zeros, tuple(rejected))


def _judged(found: Measurement | PhaseCurve) -> tuple[Tensor, Tensor, Tensor]:
    """Signal over noise, doubt and difference of the zero crossings."""
    if isinstance(found, PhaseCurve):
        return found.snr, found.doubt, found.zeros
    nothing = torch.full_like(found.snr, math.nan)
    return found.snr, nothing, nothing


def _left_out(pair: Pair, found: Measurement | PhaseCurve) -> list[LeftOut]:
    """The periods that are not good, with their flags and sentences."""
    sentences = found.sentences if isinstance(found, PhaseCurve) else rules.of_group(found)
    each = zip(found.period.tolist(), found.reasons, sentences, strict=True)
    return [LeftOut(pair.name, period, *words) for period, *words in each if words[0] != "ok"]


def _fitting(periods: Real, interval: float, pair: Pair, velocities: Velocities) -> Real:
    """The periods of three samples and more that fit into the window of arrivals."""
    window = pair.distance * (1 / velocities[0] - 1 / velocities[1])
    fitting = periods[(periods >= 3 * interval) & (periods <= window)]
    if len(fitting) < 2:
        raise InputError(
            f"{pair.name} is {pair.distance:.3g} km long, so that {len(fitting)} of the periods asked lie between "
            f"{3 * interval:g} s, three samples, and {window:.3g} s, the length of its window of arrivals"
        )
    return fitting
