"""Which curves are asked for: branches (wave, kind, mode), the periods they share and the shape of the earth."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast, get_args

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.errors import InputError
from seisgrad.operator import Space

Wave = Literal["rayleigh", "love"]
Kind = Literal["phase", "group", "ellipticity"]
Earth = Literal["flat", "spherical"]


def _one_of(name: str, value: str, allowed: object) -> str:
    names = get_args(allowed)
    if value not in names:
        raise InputError(f"{name} is {value!r}, expected one of {', '.join(names)}")
    return value


@dataclass(frozen=True, order=True)
class Branch:
    """One dispersion curve: a wave, what is measured of it, and the mode (0 is the fundamental).

    Mode n is the (n+1)-th real root in phase velocity at a given period. ``ellipticity`` (horizontal over vertical
    displacement at the surface, Rayleigh only) is dimensionless; ``phase`` and ``group`` are velocities in km/s.

    Raises:
        InputError: an unknown wave or kind, a mode that is no whole number, or an ellipticity of Love waves.
    """

    wave: Wave = "rayleigh"
    kind: Kind = "phase"
    mode: int = 0

    def __post_init__(self) -> None:
        _one_of("wave", self.wave, Wave)
        _one_of("kind", self.kind, Kind)
        if self.mode != int(self.mode) or self.mode < 0:
            raise InputError(f"mode is {self.mode!r}, expected 0 (fundamental), 1, 2, …")
        if self.wave == "love" and self.kind == "ellipticity":
            raise InputError("Love waves have no ellipticity; ask for wave='rayleigh'")

    def __str__(self) -> str:
        return f"{self.wave} {self.kind} {self.mode}"


@dataclass(frozen=True, eq=False)
class Survey:
    """What a dispersion operator predicts: every branch at every period.

    Args:
        branches: the curves, in the order of the operator's output.
        periods: periods in s, positive and strictly increasing, ``[period]``.
        earth: ``"flat"``, or ``"spherical"`` for the earth-flattening transformation.

    Raises:
        InputError: no branch, or periods that are empty, not positive, not finite or not increasing.
    """

    branches: tuple[Branch, ...]
    periods: Float[Tensor, " period"]
    earth: Earth = "flat"

    def __post_init__(self) -> None:
        if not self.branches:
            raise InputError("the survey has no branch, expected at least one (wave, kind, mode)")
        object.__setattr__(self, "branches", tuple(self.branches))
        object.__setattr__(self, "periods", as_periods(self.periods))
        _one_of("earth", self.earth, Earth)

    @property
    def space(self) -> Space:
        """What an operator for this survey gives: ``[branch, period]`` in km/s (a ratio for ellipticity)."""
        return Space(
            "dispersion",
            ("branch", "period"),
            (len(self.branches), len(self.periods)),
            tuple("1" if b.kind == "ellipticity" else "km/s" for b in self.branches),
            {"branch": tuple(str(b) for b in self.branches), "period": self.periods},
        )


def earth_space(depth: Float[Tensor, " depth"]) -> Space:
    """What it takes: vp, vs (km/s) and rho (g/cm³) ``[3, depth]`` of layers with their tops at ``depth`` (km)."""
    return Space(
        "layered earth",
        ("parameter", "depth"),
        (3, len(depth)),
        ("km/s", "km/s", "g/cm3"),
        {"parameter": ("vp", "vs", "rho"), "depth": depth},
    )


def as_periods(periods: Sequence[float] | Tensor) -> Float[Tensor, " period"]:
    """Periods in s as a float64 tensor ``[period]``, checked to be finite, positive and strictly increasing."""
    values = torch.as_tensor(periods, dtype=torch.float64).detach().cpu()
    if values.ndim == 0:
        values = values[None]
    if values.ndim != 1 or len(values) == 0:
        raise InputError(
            f"periods have shape {tuple(values.shape)}, expected one axis with at least one value"
        )
    bad = ~torch.isfinite(values) | (values <= 0)
    if bad.any():
        where = int(bad.nonzero()[0, 0])
        raise InputError(
            f"period {where + 1} is {values[where].item():g} s, expected a positive number of seconds"
        )
    step = torch.diff(values)
    if (step <= 0).any():
        where = int((step <= 0).nonzero()[0, 0])
        pair = f"{values[where].item():g} s is followed by {values[where + 1].item():g} s"
        raise InputError(f"periods must increase strictly, but {pair}: sort them and drop repeats")
    return values


def as_earth(earth: str) -> Earth:
    """The shape of the earth, checked."""
    return cast(Earth, _one_of("earth", earth, Earth))
