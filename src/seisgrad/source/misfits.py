"""Which stations do not belong to the others: found by leaving each out in turn, and told with what may be wrong."""

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.source.linear_fit import Fit, Sums, alone, fit
from seisgrad.source.long_period import LEAST, LongPeriod

_LOUD = 2.0  # times the amplitude of the others at their distances, where a station counts half at first
_GAIN = 3.0  # times the amplitude that the others predict, which no site makes at long periods
_FITS = 0.5  # variance reduction from which on a station is the same motion, of another size or direction
_CLEARLY = 0.05  # of all records, that leaving a station out has to explain better
_TURNED = 0.3  # variance reduction of horizontals that only needed to be turned
_OBLIQUE = 15.0  # degrees, at least
_ALIKE = 0.1  # variance reduction by which turned horizontals have to fit better than another size does
_LATE, _SCATTER = 1.5, 4.0  # s, and times the median scatter of the shifts, from which on a clock is doubted
_SWAPS = {
    0: "the one that points east were reversed",
    90: "north and east were swapped",
    180: "the one that points north were reversed",
    270: "north and east were swapped and both reversed",
}


class Settled(NamedTuple):
    """The fit of the stations that belong together.

    Attributes:
        best: for one weighting.
        counts: 1 for stations that are fitted.
        left_out: the others, by number, and why.
    """

    best: Fit
    counts: Float[Tensor, "1 station"]
    left_out: dict[int, str]


def settle(data: LongPeriod, sums: Sums) -> Settled:
    """Leave out stations that the others contradict, one after another, down to half of them.

    Stations that the others predict worse than silence would are suspects, unless little is left there anyway because
    they are near a node of the radiation; and those whose motion is as the others predict but for its size or for where
    the horizontals point. The suspect goes without which the most of all records is explained, or another station if
    that explains clearly more: one that is much too loud makes all the others suspects. Loud ones count less until
    then.
    """
    number = len(data.stations)
    power = sums.records[len(data.shifts) // 2] / sums.independent
    counts = (1.0 / (1.0 + (power / power.median() / _LOUD**2).square()))[None]
    left_out: dict[int, str] = {}
    while number - len(left_out) > max(LEAST, number // 2):
        worst = _worst(data, sums, counts)
        if worst is None:
            break
        left_out[worst] = ""
        counts[0, worst] = 0.0
    counts = (counts > 0).to(torch.float64)
    best = fit(sums, counts)
    return Settled(best, counts, {k: _why(data, best, k) for k in left_out})


def _worst(data: LongPeriod, sums: Sums, counts: Float[Tensor, "1 station"]) -> int | None:
    """The station to be left out next, if any."""
    kept = counts[0].nonzero()[:, 0]
    without = counts.expand(len(kept), -1).clone()
    draw = torch.arange(len(kept))
    without[draw, kept] = 0.0
    found = fit(sums, without)
    others = alone(sums, found)
    gain, same = others.gain[draw, kept], others.share[draw, kept] > _FITS
    left = others.misfit[draw, kept]
    resized = same & ((gain > _GAIN) | (gain < 1.0 / _GAIN))
    silent = (others.reduction[draw, kept] < 0) & (left > left.median())
    turned = torch.tensor([_is_turned(data, found, k, int(station)) for k, station in enumerate(kept)])
    suspect = silent | resized | turned
    if not suspect.any():
        return None
    explained = others.reduction[:, kept].clamp(min=0.0).mean(1)
    explained = torch.where(suspect, explained + _CLEARLY, explained)
    return int(kept[explained.argmax()])


def late_clocks(stations: tuple[str, ...], shifts: Float[Tensor, " station"]) -> dict[str, str]:
    """Stations whose waves come at another time than velocities along all the other paths explain, and a sentence."""
    apart = shifts - shifts.median()
    limit = max(_LATE, _SCATTER * float(apart.abs().median()))
    return {
        name: f"its waves come {abs(late):.1f} s {'later' if late > 0 else 'earlier'} than those of the others against "
        "the model: check its clock and its place"
        for name, late in zip(stations, apart.tolist(), strict=True)
        if abs(late) > limit
    }


def _why(data: LongPeriod, best: Fit, station: int) -> str:
    """What may be wrong with a station, in one sentence."""
    predicted = _predicted(data, best, 0, station)
    records = data.records[:, station]
    both, power = (records * predicted).sum((1, 2)), records.square().sum((1, 2))
    shares = both.square() / (power * predicted.square().sum())
    moved = int(shares.nan_to_num(0.0).argmax())
    share, gain = float(shares[moved]), float(both[moved] / predicted.square().sum())
    turned, _, how = _turned(records, predicted, data.azimuth[station].item())
    if share > max(_FITS, turned - _ALIKE) and gain < 0:
        return (
            f"its records fit to {100 * share:.0f} % turned upside down: check the sign of its response and where its "
            "components point"
        )
    if share > max(_FITS, turned - _ALIKE) and not 1 / _GAIN < gain < _GAIN:
        return (
            f"its records fit to {100 * share:.0f} % with {gain:.2g} times the amplitude that the others predict: "
            "check its response"
        )
    return how or "it is explained worse than by silence: check its response, its place and what is near it"


def _predicted(data: LongPeriod, found: Fit, draw: int, station: int) -> Float[Tensor, "3 time"]:
    """The motion of a station by the best depth of a draw."""
    at = int(found.deepest[draw])
    return torch.einsum("bct,b->ct", data.greens[at, station], found.coefficients[draw, at])


def _is_turned(data: LongPeriod, found: Fit, draw: int, station: int) -> bool:
    """Whether horizontals fit well, and much better than they do, as if they pointed another way."""
    predicted = _predicted(data, found, draw, station)
    turned, plain, _ = _turned(data.records[:, station], predicted, data.azimuth[station].item())
    return turned > max(_FITS, plain + _TURNED)


def _turned(
    records: Float[Tensor, "shift 3 time"], predicted: Float[Tensor, "3 time"], azimuth: float
) -> tuple[float, float, str]:
    """How well horizontals would fit if they pointed another way or were mistaken for each other, how well they fit as
    they are, and which of these it is."""
    (radial, transverse), (r, t) = records[:, 1:].unbind(1), predicted[1:]
    power = records[:, 1:].square().sum((1, 2))
    found = []

    def fits(both: Tensor) -> Tensor:
        left = power + predicted[1:].square().sum() - 2 * both
        return (1.0 - left / power).nan_to_num(-torch.inf)

    for sign in (1.0, -1.0):
        along, across = radial @ r + sign * (transverse @ t), radial @ t - sign * (transverse @ r)
        number = int(fits(torch.hypot(along, across)).argmax())
        angle = math.degrees(math.atan2(across[number].item(), along[number].item()))
        found.append((float(fits(torch.hypot(along, across))[number]), angle))
    plain = float(fits(radial @ r + transverse @ t).max())
    (turned, angle), (mirrored, mirror) = found
    way = (mirror + 2.0 * azimuth) % 360.0
    near = min((*_SWAPS, 360), key=lambda one: abs(way - one))
    if mirrored > max(turned, _TURNED) and abs(way - near) <= _OBLIQUE:
        best, pointed, check = mirrored, _SWAPS[near % 360], "the names and azimuths of its channels"
    elif turned > _TURNED and abs(angle) > _OBLIQUE:
        clock = "clockwise" if angle > 0 else "anticlockwise"
        pointed = f"they pointed {abs(angle):.0f}° {clock} of where the StationXML says"
        best, check = turned, "their azimuth"
    else:
        return 0.0, plain, ""
    how = f"its horizontals fit to {100 * best:.0f} % as if {pointed}, and not as they are: check {check}"
    return best, plain, how
