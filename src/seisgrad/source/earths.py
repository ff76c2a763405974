"""Velocity models of the crust by name: 17 columns of CRUST1.0 in Southern California, Hadley-Kanamori, GIL7.

The columns are all those of CRUST1.0 between 32 and 36° N and between 121 and 115° W that stand on land or in water
shallower than 0.5 km. Water is taken away, and so are layers without thickness. :data:`TRAIN` has 14 of them; the three
of :data:`HELD_OUT` are one of each kind of crust in the region, far from each other. :data:`OTHER` are models of their
own making, for what a network does in another crust.

No model has a Q of its own here. One rule holds for all: Qs = 50 vs with vs in km/s, Qp = 2 Qs (Graves & Pitarka 2010,
Bull. Seism. Soc. Am. 100, 2095-2123), with the velocities as they are at 1 Hz.

Source:
    Laske, Masters, Ma & Pasyanos (2013), Geophys. Res. Abstracts 15, EGU2013-2658; Hadley & Kanamori (1977), Geol. Soc.
    Am. Bull. 88, 1469-1478; Dreger & Romanowicz (1994), U.S. Geol. Surv. Open-File Rep. 94-176, 301-309.
"""

import csv
import functools
from pathlib import Path

import numpy as np

from seisgrad.errors import InputError
from seisgrad.source.layered import Column

#: Thickness (km; the last is a half-space), vp and vs (km/s), density (g/cm³).
_TABLES: dict[str, tuple[tuple[float, float, float, float], ...]] = {
    "hadley_kanamori": (
        (5.5, 5.5, 3.18, 2.4),
        (10.5, 6.3, 3.64, 2.67),
        (16.0, 6.7, 3.87, 2.8),
        (0.0, 7.8, 4.5, 3.3),
    ),
    "gil7": (
        (1.0, 3.2, 1.5, 2.28),
        (2.0, 4.5, 2.4, 2.28),
        (1.0, 4.8, 2.78, 2.58),
        (1.0, 5.51, 3.18, 2.58),
        (12.0, 6.21, 3.4, 2.68),
        (8.0, 6.89, 3.98, 3.0),
        (0.0, 7.83, 4.52, 3.26),
    ),
}

#: Columns kept from training: the coast south of Los Angeles, the Central Valley, the eastern Mojave.
HELD_OUT = ("crust1_33.5_-117.5", "crust1_34.5_-115.5", "crust1_35.5_-119.5")
#: Columns to train with.
TRAIN = (
    "crust1_32.5_-116.5",
    "crust1_32.5_-115.5",
    "crust1_33.5_-116.5",
    "crust1_33.5_-115.5",
    "crust1_34.5_-120.5",
    "crust1_34.5_-119.5",
    "crust1_34.5_-118.5",
    "crust1_34.5_-117.5",
    "crust1_34.5_-116.5",
    "crust1_35.5_-120.5",
    "crust1_35.5_-118.5",
    "crust1_35.5_-117.5",
    "crust1_35.5_-116.5",
    "crust1_35.5_-115.5",
)
#: Models from elsewhere.
OTHER = tuple(_TABLES)
NAMES = TRAIN + HELD_OUT + OTHER
_GROUPS = {"train": TRAIN, "held_out": HELD_OUT, "other": OTHER}


def names_in(words: str) -> tuple[str, ...]:
    """Names of velocity models, separated by commas; ``train``, ``held_out`` and ``other`` stand for theirs."""
    given = (word.strip() for word in words.split(","))
    return tuple(dict.fromkeys(name for word in given for name in _GROUPS.get(word, (word,))))


def named_column(name: str) -> Column:
    """The velocity model of that name, one of :data:`NAMES`.

    Raises:
        InputError: there is none.
    """
    layers = _TABLES.get(name) or _columns().get(name)
    if layers is None:
        raise InputError(f"there is no velocity model {name!r}, expected one of {', '.join(NAMES)}")
    return with_attenuation(*np.array(layers).T)


def with_attenuation(thickness: np.ndarray, vp: np.ndarray, vs: np.ndarray, rho: np.ndarray) -> Column:
    """A column with Q by the rule of this module, from thicknesses (km), velocities (km/s) and densities (g/cm³),
    ``[layer]`` each."""
    return Column(thickness, vp, vs, rho, 100.0 * vs, 50.0 * vs)


@functools.cache
def _columns() -> dict[str, tuple[tuple[float, ...], ...]]:
    found: dict[str, list[tuple[float, ...]]] = {}
    text = Path(__file__).with_name("crust1_socal.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(line for line in text.splitlines() if not line.startswith("#")):
        layer = tuple(float(row[key]) for key in ("thickness", "vp", "vs", "rho"))
        mantle = row["layer"] == "9"
        if layer[2] > 0.0 and (layer[0] > 0.0 or mantle):
            found.setdefault(f"crust1_{row['lat']}_{row['lon']}", []).append(layer)
    return {name: tuple(layers) for name, layers in found.items()}
