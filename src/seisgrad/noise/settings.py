"""What is done with the records on their way to correlations, checked once and written beside the result."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from seisgrad.errors import InputError
from seisgrad.noise.correlations import LETTERS

NORMALISATIONS = ("none", "one-bit", "running-mean", "clip")
PRECISIONS = ("single", "double")

DAY = 86400
"""Seconds: records are worked on day by day, in UTC."""

_NICE = (1.0, 2.0, 2.5, 4.0, 5.0, 8.0)
_OVERSAMPLING = 4.0  # samples per shortest period
_RAMP = (0.7, 1.2)  # times the band: where the spectrum has fallen to zero
_BEYOND = (0.5, 1.4)  # the band-pass of the records leaves that ramp to the whitening


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How correlations are made.

    Args:
        band: Hz, between which the spectra count in full; they fall to zero at 0.7 and 1.2 times these.
        lag: the largest lag kept, s.
        segment: length of the stretches that are correlated, s.
        overlap: share of a segment that the next one repeats.
        components: such as ``ZZ`` and ``ZR``: motion at A, then at B.
        response: whether the instrument's response is removed, to ground velocity in m/s.
        normalisation: in time, one weight for all components of a station: ``one-bit`` makes the motion a vector of
            length one, ``running-mean`` divides by the mean length around, ``clip`` shortens what is longer than
            ``clip`` medians, ``none`` leaves it.
        window: of the running mean, s; by default half of the longest period (Bensen et al. 2007).
        clip: largest length kept, in medians of the day.
        whiten: whether the spectrum is divided by its smoothed amplitude, one for all components of a station.
        smoothing: width over which that amplitude is averaged, Hz.
        water_level: smallest amplitude that is divided by, as a share of its mean over the band.
        coverage: smallest share of a segment that must hold data.
        loudest: a segment whose amplitude is beyond so many medians of the station's day is left out.
        rate: at which the records are resampled, Hz; by default the next round number above 4 samples per shortest
            period.
        precision: of spectra and correlations: ``single`` or ``double``.

    Raises:
        InputError: a value that makes no sense; the sentence names it.
    """

    band: tuple[float, float]
    lag: float
    segment: float = 3600.0
    overlap: float = 0.0
    components: tuple[str, ...] = ("ZZ",)
    response: bool = True
    normalisation: str = "running-mean"
    window: float | None = None
    clip: float = 3.0
    whiten: bool = True
    smoothing: float = 0.02
    water_level: float = 0.01
    coverage: float = 0.5
    loudest: float = 10.0
    rate: float | None = None
    precision: str = "single"

    def __post_init__(self) -> None:
        low, high = self.band
        if not 0 < low < high < math.inf:
            raise InputError(f"band is {low:g},{high:g} Hz, expected two frequencies, the lower first")
        for name, known in (("normalisation", NORMALISATIONS), ("precision", PRECISIONS)):
            if getattr(self, name) not in known:
                raise InputError(f"{name} is {getattr(self, name)!r}, expected {', '.join(known)}")
        if not self.components or len(set(self.components)) < len(self.components):
            raise InputError(f"components are {self.components}, expected different ones such as ZZ and ZR")
        for name in self.components:
            if len(name) != 2 or not set(name) <= set(LETTERS):
                raise InputError(
                    f"component {name!r} is unknown, expected two letters of {', '.join(LETTERS)}"
                )
        self._check_times()
        for name, least, most in (
            ("overlap", 0, 0.95),
            ("water_level", 0, 1),
            ("coverage", 0.01, 1),
            ("smoothing", 0, high),
            ("clip", 0.1, math.inf),
            ("loudest", 1, math.inf),
        ):
            if not least <= getattr(self, name) <= most:
                raise InputError(f"{name} is {getattr(self, name)!r}, expected {least:g} to {most:g}")

    def _check_times(self) -> None:
        if not 10 / self.band[0] <= self.segment <= DAY:
            raise InputError(
                f"segment is {self.segment:g} s, expected ten of the longest periods ({10 / self.band[0]:g} s) to a "
                f"day ({DAY} s)"
            )
        if not 0 < self.lag <= self.segment / 2:
            raise InputError(
                f"lag is {self.lag:g} s, expected up to half of a segment ({self.segment / 2:g} s)"
            )
        least = 2 * _BEYOND[1] * self.band[1]
        if self.rate is not None and not least <= self.rate:
            raise InputError(
                f"rate is {self.rate:g} Hz, expected at least {least:g} Hz for a band up to {self.band[1]:g} Hz"
            )
        for name, seconds in (("segment", self.segment), ("a day", DAY)):
            samples = seconds * self.sampling
            if abs(samples - round(samples)) > 1e-6:
                raise InputError(
                    f"{name} is {samples:g} samples at {self.sampling:g} Hz, expected a whole number: choose another "
                    "segment or rate"
                )

    @property
    def sampling(self) -> float:
        """Hz, of the records when they are correlated."""
        if self.rate is not None:
            return self.rate
        wanted = _OVERSAMPLING * self.band[1]
        decade = 10.0 ** math.floor(math.log10(wanted))
        return next(scale * decade for scale in (*_NICE, 10.0) if scale * decade >= wanted * (1 - 1e-9))

    @property
    def samples(self) -> int:
        """In a segment."""
        return round(self.segment * self.sampling)

    @property
    def corners(self) -> tuple[float, float, float, float]:
        """Hz, between which the spectra of the segments rise, count in full, and fall."""
        low, high = self.band
        return _RAMP[0] * low, low, high, _RAMP[1] * high

    @property
    def pass_band(self) -> tuple[float, float, float, float]:
        """Hz, the same for the records: full wherever the spectra count."""
        low, high = self.band
        return _BEYOND[0] * low, _RAMP[0] * low, _RAMP[1] * high, _BEYOND[1] * high

    @property
    def fade(self) -> float:
        """s, over which a record fades in after a gap and out before one."""
        return 3 / self.band[0]

    @property
    def letters(self) -> str:
        """Of the components that must be recorded: ``Z``, or all three, ``ZNE``."""
        return "Z" if set("".join(self.components)) == {"Z"} else "ZNE"

    def with_components(self, components: Sequence[str]) -> "Settings":
        """The same for other components."""
        return replace(self, components=tuple(components))

    def as_json(self) -> dict[str, Any]:
        """In values that JSON can hold."""
        return asdict(self) | {"band": list(self.band), "components": list(self.components)}


def difference(asked: Mapping[str, Any], found: Mapping[str, Any]) -> str | None:
    """The first entry of ``found`` that differs, in words; None where all agree."""
    for name in asked:
        if found.get(name) != asked[name]:
            return f"{name} {found.get(name)!r}, asked for is {asked[name]!r}"
    return None
