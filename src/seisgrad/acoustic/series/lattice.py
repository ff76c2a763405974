"""Where waves of one frequency are worked out: a periodic lattice with borders, and rings around a source.

Everything here depends on the grid's extent, the frequency and a reference velocity alone, and is made once for them.
Lengths count in wavelengths at the reference velocity, so that a low frequency has a coarse lattice.
"""

import math
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Self

import numpy as np
import torch
from jaxtyping import Complex, Float, Int
from numpy.typing import NDArray
from scipy.fft import next_fast_len
from scipy.special import hankel2
from torch import Tensor

from seisgrad.acoustic.grid import Grid

#: Points of the lattice per wavelength, and of the finer lattice on which an earth is averaged at least, km.
_POINTS, _AVERAGE = 6.0, 0.1
#: Width of the border around the grid, and of the part of it that absorbs nothing yet, in wavelengths.
_BORDER, _CLEAR = 4.0, 1.2
#: Radius of the first ring and the largest distance between rings, km.
_FIRST_RING, _RINGS = 0.16, 0.32
#: Points on a ring over what a wave of the reference velocity needs there.
_ANGULAR_MARGIN = 1.05


@dataclass(frozen=True, eq=False)
class Lattice:
    """Tables for one frequency.

    Attributes:
        wavenumber: k0 = 2π f / c0, 1/km.
        spacing: of the lattice, km.
        origin: z and x of its first point, km.
        extent: of the grid below, km, along z and x.
        border: 0 inside the grid and next to it, rising to 1 at the lattice's edges, ``[z, x]``.
        kappa2: |wave vector|² / k0² of every Fourier component, ``[z, x]``.
        wave_z, wave_x: wave vectors along the axes, 1/km.
        paired: 1 for a Fourier component whose opposite is there too, 0 at the Nyquist wavenumber, ``[z, x]``.
        average_z, average_x: from nodes of the grid to hat-shaped means on the finer lattice, ``[fine, node]``.
        taper: what the earth's contrast is multiplied with on the finer lattice, ``[fine_z, fine_x]``.
        keep_z, keep_x: the Fourier components of the finer lattice that the lattice has.
        sharpen_z, sharpen_x: one over the Fourier transform of the hats.
        radii: of the rings, km.
        turn: from ring to ring, what every angular order of an outgoing wave is multiplied with, ``[ring, order]``.
        hankel: H0⁽²⁾(k0 r) on the rings.
    """

    wavenumber: float
    spacing: float
    origin: tuple[float, float]
    extent: tuple[float, float]
    border: Float[Tensor, "z x"]
    kappa2: Float[Tensor, "z x"]
    wave_z: Float[Tensor, " z"]
    wave_x: Float[Tensor, " x"]
    paired: Float[Tensor, "z x"]
    average_z: Float[Tensor, "fine_z node_z"]
    average_x: Float[Tensor, "fine_x node_x"]
    taper: Float[Tensor, "fine_z fine_x"]
    keep_z: Int[Tensor, " z"]
    keep_x: Int[Tensor, " x"]
    sharpen_z: Float[Tensor, " z"]
    sharpen_x: Float[Tensor, " x"]
    radii: Float[Tensor, " ring"]
    turn: Complex[Tensor, "step order"]
    hankel: Complex[Tensor, " ring"]

    @property
    def shape(self) -> tuple[int, int]:
        """Points along z and x."""
        return len(self.wave_z), len(self.wave_x)

    @property
    def wavelengths(self) -> float:
        """The grid's extent in wavelengths: the side of the square with the same diagonal."""
        return math.hypot(*self.extent) / math.sqrt(2.0) * self.wavenumber / (2.0 * math.pi)

    @property
    def z(self) -> Float[Tensor, " z"]:
        """Depths of the points, km."""
        return self._axis(0)

    @property
    def x(self) -> Float[Tensor, " x"]:
        """Distances of the points, km."""
        return self._axis(1)

    def _axis(self, along: int) -> Tensor:
        steps = torch.arange(self.shape[along], dtype=self.border.dtype, device=self.border.device)
        return self.origin[along] + self.spacing * steps

    def to(self, like: Tensor) -> Self:
        """The same tables on the device of a real tensor and in its precision."""
        complex_dtype = torch.complex128 if like.dtype == torch.float64 else torch.complex64
        moved = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, Tensor):
                dtype = (
                    complex_dtype if value.is_complex() else like.dtype if value.is_floating_point() else None
                )
                value = value.to(like.device, dtype)
            moved[field.name] = value
        return type(self)(**moved)


@lru_cache(maxsize=64)
def lattice(grid: Grid, frequency: float, reference: float) -> Lattice:
    """The tables, in float64.

    Args:
        grid: where earths are given.
        frequency: Hz.
        reference: velocity c0 about which the waves are expanded, km/s.
    """
    wavenumber = 2.0 * math.pi * frequency / reference
    wavelength = reference / frequency
    spacing = wavelength / _POINTS
    fine = math.ceil(spacing / _AVERAGE)
    axes = [_Axis(n, grid.spacing, spacing, fine, wavelength) for n in grid.shape]
    border = np.maximum.outer(axes[0].border, axes[1].border)
    taper = np.cos(0.5 * math.pi * np.maximum.outer(axes[0].fine_border, axes[1].fine_border)) ** 2
    kappa2 = np.add.outer(axes[0].wave ** 2, axes[1].wave ** 2) / wavenumber**2
    radii, turn = _rings(grid, wavenumber, wavelength)
    arrays = {
        "border": border,
        "kappa2": kappa2,
        "paired": np.outer(*(np.arange(len(axis.wave)) * 2 != len(axis.wave) for axis in axes)).astype(float),
        "taper": taper,
        "radii": radii,
        "turn": turn,
        "hankel": hankel2(0, wavenumber * radii),
    }
    for name, axis in zip("zx", axes, strict=True):
        arrays |= {
            f"wave_{name}": axis.wave,
            f"average_{name}": axis.average,
            f"keep_{name}": axis.keep,
            f"sharpen_{name}": axis.sharpen,
        }
    tensors = {name: torch.from_numpy(np.ascontiguousarray(a)) for name, a in arrays.items()}
    origin = (float(axes[0].points[0]), float(axes[1].points[0]))
    return Lattice(wavenumber, spacing, origin, grid.extent, **tensors)


def _fast(number: int) -> int:
    """The next length of a fast Fourier transform."""
    return int(next_fast_len(number))  # type: ignore[arg-type]


class _Axis:
    """One axis of a lattice over ``nodes`` of a grid."""

    def __init__(self, nodes: int, node_spacing: float, spacing: float, fine: int, wavelength: float) -> None:
        extent = (nodes - 1) * node_spacing
        number = _fast(math.ceil((extent + 2 * _BORDER * wavelength) / spacing))
        self.points = (np.arange(number) - 0.5 * (number - 1)) * spacing + 0.5 * extent
        self.wave = 2.0 * math.pi * np.fft.fftfreq(number, spacing)
        self.border = _border(self.points, extent, wavelength)
        finer = self.points[0] + np.arange(number * fine) * spacing / fine
        self.fine_border = _border(finer, extent, wavelength)
        self.average = _hats(finer, nodes, node_spacing, spacing / fine) / fine
        self.keep = np.r_[np.arange((number + 1) // 2), np.arange(number * fine - number // 2, number * fine)]
        self.sharpen = np.sinc(self.wave * spacing / fine / (2.0 * math.pi)) ** -2


def _border(points: NDArray, extent: float, wavelength: float) -> NDArray:
    """0 where nothing is absorbed, 1 at the far end of the border."""
    outside = np.maximum(-points, points - extent) - _CLEAR * wavelength
    return np.clip(outside / ((_BORDER - _CLEAR) * wavelength), 0.0, 1.0)


def _hats(points: NDArray, nodes: int, spacing: float, width: float, pieces: int = 16) -> NDArray:
    """Means over hats of half-width ``width`` of what is linear between nodes and constant beyond them."""
    means = np.zeros((len(points), nodes))
    rows = np.arange(len(points))
    offsets = (np.arange(pieces) + 0.5) / pieces * 2.0 - 1.0
    weights = 1.0 - np.abs(offsets)
    for offset, weight in zip(offsets, weights / weights.sum(), strict=True):
        place = np.clip((points + offset * width) / spacing, 0, nodes - 1)
        left = np.minimum(place.astype(int), nodes - 2)
        np.add.at(means, (rows, left), weight * (1.0 - (place - left)))
        np.add.at(means, (rows, left + 1), weight * (place - left))
    return means


def _rings(grid: Grid, wavenumber: float, wavelength: float) -> tuple[NDArray, NDArray]:
    """Radii, and H_m(k r') / H_m(k r) from each ring to the next for every angular order m of a ring's transform."""
    reach = math.hypot(*grid.extent) + math.sqrt(2.0) * _CLEAR * wavelength
    step = min(_RINGS, 0.45 * wavelength)
    radii = np.arange(_FIRST_RING, reach + step, step)
    orders = int(_ANGULAR_MARGIN * wavenumber * radii[-1]) + 8
    number = max(64, 2 * _fast(orders))
    order = np.arange(number // 2 + 1)
    with np.errstate(all="ignore"):
        waves = hankel2(order, wavenumber * radii[:, None])
        turn = waves[1:] / waves[:-1]
    # far beyond its turning point the wave overflows; there it falls like a power of the radius
    power = (radii[:-1] / radii[1:])[:, None] ** order
    turn = np.where(np.isfinite(turn), turn, power)
    return radii, np.concatenate([turn, turn[:, -2:0:-1]], 1)
