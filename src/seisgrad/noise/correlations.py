"""Correlations of pairs of stations and what was made of them: the object that goes from step to step, and its kind."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad._lazy import extra
from seisgrad.errors import InputError

CorrelationKind = Literal["C", "EGF", "EGF2D"]
"""Correlation; empirical Green's function, −dC/dt of the folded one; that of a line source, times e^{−iπ/4}."""

LETTERS = "ZRT"
"""Of a component: up, along the great circle from A to B at both stations, and 90 degrees clockwise of that."""


@dataclass(frozen=True)
class Place:
    """A station: its name, such as ``NET.STA``, and where it stands, degrees north and east.

    Raises:
        InputError: no name, or a coordinate outside its range.
    """

    name: str
    latitude: float
    longitude: float

    def __post_init__(self) -> None:
        if not self.name:
            raise InputError("a station has no name, expected one such as NET.STA")
        for what, value, low, high in (
            ("latitude", self.latitude, -90, 90),
            ("longitude", self.longitude, -180, 360),
        ):
            if not low <= value <= high:
                raise InputError(f"the {what} of {self.name} is {value!r}, expected {low} to {high} degrees")


@dataclass(frozen=True)
class Pair:
    """Two stations and the great circle from A to B.

    Args:
        a: where a wave at positive lags comes from.
        b: where it goes to.
        distance: km.
        azimuth: direction of B as seen from A, degrees clockwise from north.
        back_azimuth: direction of A as seen from B, degrees clockwise from north.

    Raises:
        InputError: a distance that is negative or not finite.
    """

    a: Place
    b: Place
    distance: float
    azimuth: float
    back_azimuth: float

    def __post_init__(self) -> None:
        if not 0 <= self.distance < math.inf:
            raise InputError(
                f"the distance of {self.name} is {self.distance!r} km, expected a number from 0 on"
            )

    @property
    def name(self) -> str:
        """``A_B``."""
        return f"{self.a.name}_{self.b.name}"

    @classmethod
    def between(cls, a: Place, b: Place) -> "Pair":
        """The pair on the WGS84 ellipsoid."""
        with extra("records"):
            from obspy.geodetics import gps2dist_azimuth

        metres, azimuth, back_azimuth = gps2dist_azimuth(a.latitude, a.longitude, b.latitude, b.longitude)
        return cls(a, b, metres / 1000, azimuth, back_azimuth)


@dataclass(frozen=True, eq=False)
class Correlations:
    """Correlations C_AB(t) = ∫ u_A(τ) u_B(τ+t) dτ of pairs, or what was made of them; t > 0 is from A to B.

    Args:
        kind: ``C``, ``EGF`` or ``EGF2D``; only :mod:`seisgrad.noise.egf` makes the later ones of the earlier.
        lag: s, evenly spaced: symmetric around 0, or from 0 on once folded, ``[lag]``.
        folded: whether both sides of the lag were averaged.
        components: such as ``ZZ`` and ``ZR``: motion at A, then at B; Z is up, R points from A to B at both stations,
            T is 90 degrees clockwise of R.
        pairs: the stations.
        values: NaN where there is none, ``[pair, component, lag]``.
        replicates: the same from days drawn with replacement, the bootstrap, ``[replicate, pair, component, lag]``; or
            None.
        sides: once folded, what the positive and the negative lags gave each by itself, ``[side, pair, component,
            lag]``; or None.

    Raises:
        InputError: an unknown kind or component, a lag of another form, shapes that do not fit, or an infinite value.
    """

    kind: CorrelationKind
    lag: Float[Tensor, " lag"]
    folded: bool
    components: tuple[str, ...]
    pairs: tuple[Pair, ...]
    values: Float[Tensor, "pair component lag"]
    replicates: Float[Tensor, "replicate pair component lag"] | None = None
    sides: Float[Tensor, "2 pair component lag"] | None = None

    def __post_init__(self) -> None:
        if self.kind not in get_args(CorrelationKind):
            raise InputError(f"kind is {self.kind!r}, expected {', '.join(get_args(CorrelationKind))}")
        object.__setattr__(self, "lag", self.lag.detach().cpu().double())
        _check_lag(self.lag, folded=self.folded)
        if self.kind != "C" and not self.folded:
            raise InputError(f"kind is {self.kind} of lags on both sides, expected folded ones")
        _check_names(self.components, self.pairs)
        shape = (len(self.pairs), len(self.components), len(self.lag))
        if self.sides is not None and (not self.folded or len(self.sides) != 2):
            raise InputError("sides are given of correlations that are not folded, or are not two")
        for name, values in (
            ("values", self.values[None]),
            ("replicates", self.replicates),
            ("sides", self.sides),
        ):
            if values is not None:
                _check_values(name, values, shape)

    @property
    def interval(self) -> float:
        """s between lags."""
        return float(self.lag[-1] - self.lag[0]) / (len(self.lag) - 1)

    @property
    def distance(self) -> Float[Tensor, " pair"]:
        """km."""
        return torch.tensor([pair.distance for pair in self.pairs], dtype=torch.float64)

    def of(self, component: str) -> Float[Tensor, "pair lag"]:
        """The values of one component.

        Raises:
            InputError: a component that is not there.
        """
        return self.values[:, self._component(component)]

    def select(
        self, pairs: Sequence[int | str] | None = None, components: Sequence[str] | None = None
    ) -> "Correlations":
        """Some of the pairs, by number or by name such as ``A_B``, and some of the components; all where None.

        Raises:
            InputError: one that is not there, or none.
        """
        rows = range(len(self.pairs)) if pairs is None else [self._pair(pair) for pair in pairs]
        columns = [self._component(name) for name in components or self.components]
        if not len(rows):
            raise InputError("no pair is selected, expected at least one")

        def some(values: Tensor) -> Tensor:
            return values[..., list(rows), :, :][..., columns, :]

        names, chosen = tuple(self.components[i] for i in columns), tuple(self.pairs[i] for i in rows)
        return replace(self, components=names, pairs=chosen, **self.each(some))

    def each(self, change: Callable[[Tensor], Tensor]) -> dict[str, Tensor | None]:
        """Values, replicates and sides, changed alike along the lag."""
        named = {"values": self.values, "replicates": self.replicates, "sides": self.sides}
        return {name: None if values is None else change(values) for name, values in named.items()}

    def require(self, *kinds: CorrelationKind, to: str) -> None:
        """InputError where the kind is none of ``kinds``; ``to`` says what was to be done: ``"fold"``."""
        if self.kind not in kinds:
            raise InputError(
                f"these are of kind {self.kind}, expected {' or '.join(kinds)} to {to}: conversions go from C to EGF "
                "to EGF2D, once each"
            )

    def _pair(self, wanted: int | str) -> int:
        names = [pair.name for pair in self.pairs]
        number = names.index(wanted) if isinstance(wanted, str) and wanted in names else wanted
        if isinstance(number, str) or not 0 <= number < len(names):
            raise InputError(
                f"there is no pair {wanted!r}, expected one of {len(names)}: {', '.join(names[:4])}, …"
            )
        return number

    def _component(self, wanted: str) -> int:
        if wanted not in self.components:
            raise InputError(f"there is no component {wanted!r}, expected {' or '.join(self.components)}")
        return self.components.index(wanted)


def _check_lag(lag: Float[Tensor, " lag"], *, folded: bool) -> None:
    if lag.ndim != 1 or len(lag) < 3:
        raise InputError(f"lag has shape {tuple(lag.shape)}, expected at least 3 times in s")
    step = lag.diff()
    slack = 1e-6 * float(step.mean())
    if not float(step.mean()) > 0 or float((step - step.mean()).abs().max()) > 100 * slack:
        raise InputError("lag is not evenly spaced, expected times in s, increasing in equal steps")
    if folded and abs(float(lag[0])) > 100 * slack:
        raise InputError(f"the first lag of folded correlations is {float(lag[0]):g} s, expected 0")
    if not folded and abs(float(lag[0] + lag[-1])) > 100 * slack:
        raise InputError(
            f"lag runs from {float(lag[0]):g} to {float(lag[-1]):g} s, expected as far on both sides of 0"
        )
    if not folded and not len(lag) % 2:
        raise InputError(f"lag holds {len(lag)} times, expected an odd number, the middle one 0 s")


def _check_values(name: str, values: Tensor, shape: tuple[int, int, int]) -> None:
    if values.ndim != 4 or tuple(values.shape[1:]) != shape:
        raise InputError(
            f"{name} has {' x '.join(map(str, values.shape[1:]))} numbers, expected {' x '.join(map(str, shape))}: "
            "pair, component, lag"
        )
    if bool(values.isinf().any()):
        raise InputError(f"{name} holds an infinite value; put NaN where there is no correlation")


def _check_names(components: tuple[str, ...], pairs: tuple[Pair, ...]) -> None:
    if not components or len(set(components)) < len(components):
        raise InputError(f"components are {components}, expected different ones such as ZZ and ZR")
    for name in components:
        if len(name) != 2 or not set(name) <= set(LETTERS):
            raise InputError(
                f"component {name!r} is unknown, expected two letters of {', '.join(LETTERS)}, at A and at B"
            )
    names = [pair.name for pair in pairs]
    if not names or len(set(names)) < len(names):
        raise InputError(f"pairs are {', '.join(names[:4]) or 'none'}, expected at least one, each once")
