"""What is drawn at random in the events that a network learns from, and how widely: every part can be switched off."""

import dataclasses
from dataclasses import dataclass
from typing import Any

from seisgrad.errors import InputError

_CHANCES = (
    "brune",
    "mixed",
    "clustered",
    "one_sided",
    "dropout",
    "without_horizontals",
    "without_vertical",
    "flipped",
)


@dataclass(frozen=True, kw_only=True)
class Randomisation:
    """Physics-structured domain randomisation (arXiv:2601.06320), field by field; zero switches a field off.

    Args:
        magnitude: lowest and highest Mw, drawn evenly.
        brune: chance of Brune's moment rate instead of a triangle of the same centroid.
        duration_scatter: standard deviation of ln of the duration, which follows M0^⅓: a third of that of stress drops.
        mixed: chance that each station of an event sees it through a velocity model of its own: the earth is not the
            same on all sides.
        depth_error: standard deviation, km, of the depth that the gather says.
        epicentre_error: standard deviation, km, along north and east, of the epicentre from which distances, azimuths
            and the directions R and T of the gather are taken.
        pick_scaling: travel times of P and of S are wrong by a factor drawn from 1 ± this, one for each of the two.
        pick_scatter: standard deviation, s, of the picks of P and of S at every station.
        site_scatter: standard deviation of ln of an amplitude factor of every station.
        component_scatter: standard deviation of ln of an amplitude factor of every component.
        attenuation: largest additional t* of S at a station, s; half of it is that of P.
        coda: largest ratio, in energy, of scattered to direct waves.
        coda_time: shortest and longest time, s, in which scattered amplitudes fall to 1/e.
        noise: smallest and largest root mean square of noise over that of the station's signal, evenly in ln.
        flipped: chance that a component has its sign reversed.
        without_horizontals: chance that a station has no R and T.
        without_vertical: chance that a station has no Z.
        stations: fewest and most stations drawn, evenly.
        dropout: largest chance that a station drops out, drawn anew for every event; as many as ``fewest`` are kept.
        fewest: stations kept.
        clustered: chance of stations in clusters, and
        one_sided: of stations in a sector of 60 to 180 degrees; otherwise they lie all around.

    Raises:
        InputError: what cannot be.
    """

    magnitude: tuple[float, float] = (3.0, 5.5)
    brune: float = 0.5
    duration_scatter: float = 0.4
    mixed: float = 0.3
    depth_error: float = 2.0
    epicentre_error: float = 1.5
    pick_scaling: float = 0.02
    pick_scatter: tuple[float, float] = (0.1, 0.3)
    site_scatter: float = 0.3
    component_scatter: float = 0.1
    attenuation: float = 0.06
    coda: float = 0.5
    coda_time: tuple[float, float] = (1.0, 8.0)
    noise: tuple[float, float] = (0.03, 0.3)
    flipped: float = 0.01
    without_horizontals: float = 0.1
    without_vertical: float = 0.02
    stations: tuple[int, int] = (4, 40)
    dropout: float = 0.4
    fewest: int = 4
    clustered: float = 0.25
    one_sided: float = 0.25

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            self._check(field.name, getattr(self, field.name))
        if not 1 <= self.fewest <= self.stations[0]:
            raise InputError(
                f"fewest is {self.fewest} and stations are {self.stations[0]} to {self.stations[1]}, expected at least "
                "1 and at most the fewest drawn"
            )
        if self.clustered + self.one_sided > 1.0:
            raise InputError(
                f"clustered is {self.clustered:g} and one_sided {self.one_sided:g}, expected chances of 1 in all"
            )

    def _check(self, name: str, value: Any) -> None:
        numbers = value if isinstance(value, tuple) else (value,)
        if not all(isinstance(n, int | float) and 0.0 <= n < float("inf") for n in numbers):
            raise InputError(f"{name} is {value!r}, expected no negative number")
        if isinstance(value, tuple) and name != "pick_scatter" and value[0] > value[1]:
            raise InputError(f"{name} is {value!r}, expected the smaller number first")
        if name in _CHANCES and max(numbers) > 1.0:
            raise InputError(f"{name} is {value!r}, expected a chance from 0 to 1")
        if name == "pick_scaling" and max(numbers) > 0.2:
            raise InputError(
                f"pick_scaling is {value!r}, expected at most 0.2: beyond, no window holds its wave"
            )
        if name == "noise" and min(numbers) == 0.0 < max(numbers):
            raise InputError(f"noise is {value!r}, expected (0, 0) for none or two positive numbers")


#: Nothing random but event and network: what the gather says is true, and every station is whole and without noise.
CLEAN = Randomisation(
    brune=0.0,
    duration_scatter=0.0,
    mixed=0.0,
    depth_error=0.0,
    epicentre_error=0.0,
    pick_scaling=0.0,
    pick_scatter=(0.0, 0.0),
    site_scatter=0.0,
    component_scatter=0.0,
    attenuation=0.0,
    coda=0.0,
    noise=(0.0, 0.0),
    flipped=0.0,
    without_horizontals=0.0,
    without_vertical=0.0,
    dropout=0.0,
)
