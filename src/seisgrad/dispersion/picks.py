"""One measured dispersion value and what makes it believable: the row that tables and files of curves are made of."""

import math
from typing import NamedTuple, get_args

from seisgrad.dispersion.survey import Kind, Wave

FASTEST = 20.0  # km/s: no seismic velocity of the Earth is above this, so a larger number is in other units
FINEST = 1e-8  # sigma over velocity: finer than any measurement, and as fine as the exact operator computes
HIGHEST_MODE = 999


class Pick(NamedTuple):
    """One dispersion value: period in s, velocity and sigma in km/s (ratios for ellipticity), angles in degrees."""

    wave: str
    kind: str
    mode: int
    period: float
    velocity: float
    sigma: float
    site: str = ""
    latitude: float = math.nan
    longitude: float = math.nan


def complaint(pick: Pick) -> str | None:
    """What is wrong with a pick, as a clause that names the value and what was expected; None if nothing is."""
    return _complain_of_branch(pick) or _complain_of_value(pick) or _complain_of_place(pick)


def _complain_of_branch(pick: Pick) -> str | None:
    if pick.wave not in get_args(Wave):
        return f"wave is {pick.wave!r}, expected {' or '.join(get_args(Wave))}"
    if pick.kind not in get_args(Kind):
        return f"kind is {pick.kind!r}, expected one of {', '.join(get_args(Kind))}"
    if not 0 <= pick.mode <= HIGHEST_MODE:
        return f"mode is {pick.mode}, expected 0 (fundamental), 1, 2, … up to {HIGHEST_MODE}"
    if pick.wave == "love" and pick.kind == "ellipticity":
        return "a Love wave is given an ellipticity, which only Rayleigh waves have: correct the wave or the kind"
    return None


def _complain_of_value(pick: Pick) -> str | None:
    if not 0 < pick.period < math.inf:
        return f"period is {pick.period:g} s, expected a positive number of seconds"
    ratio = pick.kind == "ellipticity"
    name = "ellipticity" if ratio else "velocity"
    if not math.isfinite(pick.velocity) or (not ratio and pick.velocity <= 0):
        return f"{name} is {pick.velocity:g}, expected {'a number' if ratio else 'a positive number of km/s'}"
    if not ratio and pick.velocity > FASTEST:
        return f"velocity is {pick.velocity:g}, which looks like m/s: expected km/s, so divide it and sigma by 1000"
    if not 0 < pick.sigma < math.inf:
        unit = "number" if ratio else "number of km/s"
        return f"sigma is {pick.sigma:g}, expected a positive {unit}: give the one-sigma error of the {name}"
    if pick.sigma < FINEST * abs(pick.velocity):
        return f"sigma is {pick.sigma:g} at a {name} of {pick.velocity:g}, expected at least {FINEST:g} of it"
    return None


def _complain_of_place(pick: Pick) -> str | None:
    if math.isinf(pick.latitude) or abs(pick.latitude) > 90:
        return f"latitude is {pick.latitude:g}, expected -90 to 90 degrees"
    if math.isinf(pick.longitude) or not (math.isnan(pick.longitude) or -180 <= pick.longitude <= 360):
        return f"longitude is {pick.longitude:g}, expected -180 to 360 degrees"
    if not pick.site.isprintable() or pick.site != pick.site.strip():
        return f"site is {pick.site!r}, expected a name without line breaks or blanks around it"
    return None
