"""The door of section files: what was said of their numbers, and how they become km, km/s and g/cm³."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from seisgrad.earth.section import Section
from seisgrad.errors import InputError

Array = NDArray[np.float64]
Quantity = Literal["velocity", "density"]

#: No ground is faster (km/s) or denser (g/cm³), and none that carries waves is slower or lighter: another unit was
#: meant.
_VELOCITIES = (0.05, 20.0)
_DENSITIES = (0.05, 20.0)
#: Departure of coordinates from even steps that is rounding, in steps: coordinates may be written with few digits.
_UNEVEN = 1e-3
TO_KM = {"km": 1.0, "m": 1e-3}
_UNITS: dict[str, dict[str, float]] = {
    "length": {"km": 1.0, "kilometers": 1.0, "kilometres": 1.0, "m": 1e-3, "meters": 1e-3, "metres": 1e-3},
    "velocity": {"km/s": 1.0, "km s-1": 1.0, "m/s": 1e-3, "m s-1": 1e-3},
    "density": {"g/cm3": 1.0, "g cm-3": 1.0, "g/cc": 1.0, "kg/m3": 1e-3, "kg m-3": 1e-3},
}


@dataclass(frozen=True)
class Ask:
    """What the caller said of a file."""

    path: Path
    scale: float
    spacing: tuple[float, float] | None
    shape: tuple[int, int] | None
    transposed: bool


def as_section(
    ask: Ask,
    velocity: Array,
    density: Array | None,
    spacing: tuple[float, float],
    origin: tuple[float, float] = (0, 0),
) -> Section:
    """The section, after a look whether its numbers can have the units that were said."""
    require_plausible(ask, "velocity", velocity, "velocity")
    if density is not None:
        require_plausible(ask, "density", density, "density")
    converted = None if density is None else torch.from_numpy(density * ask.scale)
    return Section(torch.from_numpy(velocity * ask.scale), converted, spacing, origin)


def require_plausible(ask: Ask, name: str, values: Array, quantity: Quantity) -> None:
    """InputError where no ground has the middle value in the units that were said."""
    low, high = _VELOCITIES if quantity == "velocity" else _DENSITIES
    middle = float(np.nanmedian(values) * ask.scale)
    if not middle > 0 or low <= middle <= high:
        return
    units = ("km/s", "m/s") if quantity == "velocity" else ("g/cm3", "kg/m3")
    metres = ask.scale == TO_KM["m"]
    raise InputError(
        f"{ask.path}: {name} is {middle / ask.scale:g} {units[metres]} in the middle of its values, which no ground "
        f"has; say unit={'km' if metres else 'm'!r} if that is {units[not metres]}"
    )


def scaled(ask: Ask, pair: tuple[float, float] | None) -> tuple[float, float]:
    """The spacing in km, if there is one."""
    if pair is None:
        raise InputError(f"{ask.path}: holds no spacing of its nodes; give it")
    return pair[0] * ask.scale, pair[1] * ask.scale


def even(ask: Ask, axis: Array, name: str) -> tuple[float, float]:
    """First coordinate and step of an even axis, km."""
    if axis.ndim != 1 or len(axis) < 2:
        raise InputError(f"{ask.path}: {name} has shape {axis.shape}, expected at least 2 coordinates")
    steps = np.diff(axis)
    step = float(axis[-1] - axis[0]) / len(steps)
    if not step > 0 or not (np.abs(steps - step) <= _UNEVEN * step).all():
        worst = int(np.nanargmax(np.abs(steps - step)))
        raise InputError(
            f"{ask.path}: {name} goes from {axis[worst]:g} to {axis[worst + 1]:g} km, expected even steps that "
            f"increase, of {step:g} km on average; resample it"
        )
    return float(axis[0]), step


def factor(ask: Ask, attributes: Mapping[Any, Any], quantity: str, name: str) -> float:
    """The factor to km, km/s or g/cm³, by the attribute of a variable or else by what the caller said."""
    said = attributes.get("units")
    if said is None:
        return ask.scale
    known = _UNITS[quantity]
    word = str(said).strip().replace("^", "").replace("³", "3").replace("**", "").lower()
    if word not in known:
        raise InputError(f"{ask.path}: {name} is in {said!r}, expected one of {', '.join(known)}")
    return known[word]


def numbers(ask: Ask, values: Any, name: str) -> Array:
    """An array of a file in double precision, if it holds numbers."""
    array = np.asarray(values)
    if array.dtype.kind not in "fiu":
        raise InputError(f"{ask.path}: {name} is of type {array.dtype}, expected numbers")
    return array.astype(np.float64)
