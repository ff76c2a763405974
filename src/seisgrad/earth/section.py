"""A vertical section through the ground: velocity and density on a regular grid of depth and distance."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.earth.scaling import density_from_vp_gardner
from seisgrad.errors import InputError

#: Distance within which a node still counts as inside a section, in spacings.
_SLACK = 1e-6


@dataclass(frozen=True, eq=False)
class Section:
    """Velocity and density on nodes at even steps of depth and of distance, bilinear between them.

    Args:
        velocity: km/s, ``[z, x]``.
        density: g/cm³, ``[z, x]``; by Gardner et al. (1974) from velocity where None. They describe sedimentary rock:
            water at 1.5 km/s would get 1.93 g/cm³, so give the density where there is any.
        spacing: km along z and along x.
        origin: depth and distance of the first node, km.

    Raises:
        InputError: shapes that do not fit, fewer than two nodes along an axis, or a value that no ground has.
    """

    velocity: Float[Tensor, "z x"]
    density: Float[Tensor, "z x"] | None
    spacing: tuple[float, float]
    origin: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        velocity = torch.as_tensor(self.velocity, dtype=torch.float64)
        if velocity.ndim != 2 or min(velocity.shape) < 2:
            raise InputError(
                f"velocity has shape {tuple(velocity.shape)}, expected (z, x) with at least 2 nodes along each"
            )
        _check_positive(velocity, "velocity", "km/s")
        density = density_from_vp_gardner(velocity) if self.density is None else self.density
        density = torch.as_tensor(density, dtype=torch.float64)
        if density.shape != velocity.shape:
            raise InputError(
                f"density has shape {tuple(density.shape)}, expected {tuple(velocity.shape)} as velocity"
            )
        _check_positive(density, "density", "g/cm3")
        for name, pair in (("spacing", self.spacing), ("origin", self.origin)):
            if len(pair) != 2 or not all(map(math.isfinite, pair)):
                raise InputError(f"{name} is {pair}, expected two numbers in km, along z and along x")
            object.__setattr__(self, name, (float(pair[0]), float(pair[1])))
        if min(self.spacing) <= 0:
            raise InputError(f"spacing is {self.spacing} km, expected positive steps along z and along x")
        object.__setattr__(self, "velocity", velocity)
        object.__setattr__(self, "density", density)

    @property
    def shape(self) -> tuple[int, int]:
        """Nodes along z and along x."""
        nz, nx = self.velocity.shape
        return nz, nx

    @property
    def earth(self) -> Float[Tensor, "2 z x"]:
        """Velocity, then density: what the acoustic operators take."""
        assert self.density is not None  # filled in when made
        return torch.stack([self.velocity, self.density])

    def to_grid(self, spacing: float) -> Section:
        """The same ground on square cells of this spacing, from the same first node as far as this section reaches.

        Where both steps become finer or stay, the new nodes lie on the bilinear surface. Where one becomes coarser, a
        node takes the mean slowness 1/v and the mean density of the bilinear ground in the cell around it, so that
        travel times and mass are kept and thin layers are not missed or doubled.

        Args:
            spacing: km.

        Raises:
            InputError: a spacing that is not positive, or with which fewer than two nodes fit along an axis.
        """
        if not 0 < spacing < math.inf:
            raise InputError(f"spacing is {spacing!r} km, expected a positive number")
        sizes = [
            int((n - 1) * old / spacing + _SLACK) + 1 for n, old in zip(self.shape, self.spacing, strict=True)
        ]
        if min(sizes) < 2:
            extent = [(n - 1) * old for n, old in zip(self.shape, self.spacing, strict=True)]
            raise InputError(
                f"spacing is {spacing:g} km, expected at most {min(extent):g} km, the shorter side of the section"
            )
        down, along = (
            _weights(n, old, new, spacing)
            for n, old, new in zip(self.shape, self.spacing, sizes, strict=True)
        )
        velocity, density = self.earth
        coarser = spacing > min(self.spacing) * (1.0 + _SLACK)
        velocity = 1.0 / (down @ (1.0 / velocity) @ along.T) if coarser else down @ velocity @ along.T
        return Section(velocity, down @ density @ along.T, (spacing, spacing), self.origin)


def _weights(old_size: int, old: float, new_size: int, new: float) -> Float[Tensor, "new old"]:
    """What each old node gives to each new one along an axis: its hat function there, or its mean over the cell."""
    nodes = torch.arange(old_size, dtype=torch.float64)
    places = torch.arange(new_size, dtype=torch.float64)[:, None] * (new / old)
    if new <= old * (1.0 + _SLACK):
        # a last node that rounding has put behind the end belongs on it
        return (1.0 - (places.clamp(max=old_size - 1.0) - nodes).abs()).clamp(min=0.0)
    half = 0.5 * new / old
    ends = [(places + side).clamp(0.0, old_size - 1.0) for side in (-half, half)]
    below, above = (_integrated_hat(end - nodes) for end in ends)
    return (above - below) / (ends[1] - ends[0])


def _integrated_hat(place: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """∫ max(0, 1 - |s|) ds from -1 to ``place``."""
    place = place.clamp(-1.0, 1.0)
    return torch.where(place < 0.0, 0.5 * (1.0 + place) ** 2, 1.0 - 0.5 * (1.0 - place) ** 2)


def _check_positive(values: Float[Tensor, "z x"], name: str, unit: str) -> None:
    wrong = ~((values > 0.0) & values.isfinite())
    if wrong.any():
        i, j = wrong.nonzero()[0].tolist()
        raise InputError(
            f"{name}[{i}, {j}] is {float(values[i, j]):g} {unit}, expected a positive number; {int(wrong.sum())} of "
            f"{values.numel()} nodes are none"
        )
