"""Stationary Gaussian random fields on regular grids, with exactly the covariance that is asked for.

A field is drawn by circulant embedding: the grid is continued to a larger periodic one, on which the covariance
matrix is circulant and its square root two Fourier transforms, and the part that was asked for is cut out. Its nodes
have the stated correlation to rounding, at every lag, and no seam.

C. R. Dietrich and G. N. Newsam (1997), Fast and exact simulation of stationary Gaussian processes through circulant
embedding of the covariance matrix, SIAM J. Sci. Comput. 18, 1088-1107, doi:10.1137/S1064827592240555.
"""

import abc
import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seisgrad.errors import InputError

Array = NDArray[np.float64]

#: Nodes of the largest embedding; 128 MB for each array of that size.
_MOST_NODES = 2**24
#: Share of the variance that negative eigenvalues may carry before the embedding is made larger: rounding.
_ROUNDING = 1e-9
#: Below this distance in correlation lengths a correlation is 1: K_κ is infinite at 0.
_NEAR = 1e-12
#: The largest κ or ν: beyond, K_κ overflows, and nobody tells the correlation from a Gaussian.
_SMOOTHEST = 50.0


@dataclass(frozen=True)
class Correlation(abc.ABC):
    """How alike two places of a field are, by the distance between them.

    Args:
        lengths: correlation length along each axis of the field, km; equal ones make it isotropic.

    Raises:
        InputError: no length, or one that is not positive.
    """

    lengths: tuple[float, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "lengths", tuple(float(length) for length in self.lengths))
        if not self.lengths or not all(0 < length < math.inf for length in self.lengths):
            raise InputError(
                f"the correlation lengths are {self.lengths} km, expected positive ones, one per axis"
            )

    def __call__(self, *lags: ArrayLike) -> Array:
        """The correlation of two places, 1 at lag 0; ``lags`` are their distances along each axis, km, of one shape."""
        distance = self._norm(lags, self.lengths)
        return self._at(distance.ravel()).reshape(distance.shape)

    def spectrum(self, *wavenumbers: ArrayLike) -> Array:
        """Power spectral density P(k) = ∫ C(r) e^{-ik·r} dr, km per axis; wavenumbers in rad/km along each axis.

        The variance is 1: ∫ P dk = (2π)^d in d dimensions. Shaped like the wavenumbers.
        """
        scaled = self._norm(wavenumbers, [1.0 / a for a in self.lengths])
        return (math.prod(self.lengths) * self._power(scaled.ravel())).reshape(scaled.shape)

    def _norm(self, parts: Sequence[ArrayLike], units: Sequence[float]) -> Array:
        if len(parts) != len(units):
            raise InputError(
                f"{len(parts)} axes were given, expected {len(units)}, one per correlation length"
            )
        squares = [(np.asarray(p, np.float64) / unit) ** 2 for p, unit in zip(parts, units, strict=True)]
        return np.asarray(np.sqrt(sum(squares)))

    @abc.abstractmethod
    def _at(self, distance: Array) -> Array:
        """The correlation at a distance in correlation lengths."""

    @abc.abstractmethod
    def _power(self, wavenumber: Array) -> Array:
        """The spectrum for lengths of 1 at a wavenumber times the correlation length."""


@dataclass(frozen=True)
class VonKarman(Correlation):
    """C(r) = 2^(1-κ) / Γ(κ) · (r/a)^κ K_κ(r/a): self-similar below the length a.

    κ = 1/2 is the exponential correlation e^(-r/a). A. Frankel and R. W. Clayton (1986), Finite difference
    simulations of seismic scattering, J. Geophys. Res. 91, 6465-6489, doi:10.1029/JB091iB06p06465.

    Args:
        lengths: a along each axis, km.
        kappa: κ, from above 0 to 50 (the Hurst exponent where below 1): the smaller, the rougher.

    Raises:
        InputError: a length or κ out of range.
    """

    kappa: float

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_order("kappa", self.kappa)

    def _at(self, distance: Array) -> Array:
        return _bessel(distance, self.kappa)

    def _power(self, wavenumber: Array) -> Array:
        return _bessel_power(wavenumber, self.kappa, len(self.lengths))


@dataclass(frozen=True)
class Matern(Correlation):
    """C(r) = 2^(1-ν) / Γ(ν) · s^ν K_ν(s) with s = √(2ν) r/l: :class:`VonKarman` with κ = ν and a = l / √(2ν).

    The convention of geostatistics and of Gaussian processes: for large ν it tends to e^(-r²/2l²).

    Args:
        lengths: l along each axis, km.
        nu: ν, from above 0 to 50: the smaller, the rougher.

    Raises:
        InputError: a length or ν out of range.
    """

    nu: float

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_order("nu", self.nu)

    def _at(self, distance: Array) -> Array:
        return _bessel(math.sqrt(2.0 * self.nu) * distance, self.nu)

    def _power(self, wavenumber: Array) -> Array:
        axes, shorter = len(self.lengths), 1.0 / math.sqrt(2.0 * self.nu)
        return shorter**axes * _bessel_power(shorter * wavenumber, self.nu, axes)


@dataclass(frozen=True)
class Gaussian(Correlation):
    """C(r) = e^(-r²/a²), as in Frankel & Clayton (1986): smooth, with one length and nothing below it."""

    def _at(self, distance: Array) -> Array:
        return np.exp(-(distance**2))

    def _power(self, wavenumber: Array) -> Array:
        return math.pi ** (0.5 * len(self.lengths)) * np.exp(-0.25 * wavenumber**2)


def draw_field(
    correlation: Correlation,
    shape: tuple[int, ...],
    spacing: float | tuple[float, ...],
    rng: np.random.Generator,
) -> Array:
    """A field of mean 0, variance 1 and this correlation on the nodes of a regular grid.

    The covariance is that of the continuous field at the nodes, whatever the grid: every other node of a field on a
    twice finer grid is a draw on the coarser one. The same generator on two grids gives two different fields.

    Args:
        correlation: with one length per axis of the grid.
        shape: nodes along each axis.
        spacing: km, the same along all axes, or one per axis.
        rng: the only source of randomness.

    Returns:
        ``[*shape]``.

    Raises:
        InputError: axes that do not fit the correlation, or lengths so long that the embedding would not fit into
            memory.
    """
    steps = (spacing,) * len(shape) if isinstance(spacing, int | float) else tuple(spacing)
    if not len(shape) == len(steps) == len(correlation.lengths) or min(shape) < 1 or not min(steps) > 0:
        raise InputError(
            f"the grid has shape {shape} and spacing {steps} km, expected {len(correlation.lengths)} axes like the "
            "correlation, each with a positive spacing"
        )
    root, size = _embedding(correlation, tuple(shape), steps)
    noise = np.fft.rfftn(rng.standard_normal(size))
    field = np.fft.irfftn(root * noise, s=size, axes=range(len(size)))
    return np.ascontiguousarray(field[tuple(slice(n) for n in shape)])


@functools.lru_cache(maxsize=4)
def _embedding(
    correlation: Correlation, shape: tuple[int, ...], steps: tuple[float, ...]
) -> tuple[Array, tuple[int, ...]]:
    """Square roots of the eigenvalues of the smallest circulant that is a covariance, and its shape."""
    size = tuple(_fast(max(2 * (n - 1), 1)) for n in shape)
    while math.prod(size) <= _MOST_NODES:
        lags = [d * np.minimum(i, n - i) for n, d in zip(size, steps, strict=True) for i in [np.arange(n)]]
        power = np.fft.rfftn(_periodic(correlation, lags)).real
        if -np.minimum(power, 0.0).sum() <= _ROUNDING * np.maximum(power, 0.0).sum():
            return np.sqrt(np.maximum(power, 0.0)), size
        size = tuple(_fast(math.ceil(1.25 * n)) if n > 1 else 1 for n in size)
    raise InputError(
        f"a field with correlation lengths {correlation.lengths} km on {shape} nodes at {steps} km is too smooth "
        f"over the grid: its embedding needs more than {_MOST_NODES} nodes; take shorter lengths or a coarser grid"
    )


def _fast(length: int) -> int:
    """The next length whose transform is fast."""
    from scipy.fft import next_fast_len

    return int(next_fast_len(length, real=True) or length)


def _periodic(correlation: Correlation, lags: list[Array]) -> Array:
    """The correlation on the whole embedding; each axis mirrors itself, so half of it is enough."""
    half = [lag[: len(lag) // 2 + 1] for lag in lags]
    quadrant = correlation(*np.meshgrid(*half, indexing="ij"))
    index = np.ix_(*(np.minimum(i, n - i) for n in map(len, lags) for i in [np.arange(n)]))
    return quadrant[index]


def _check_order(name: str, order: float) -> None:
    if not 0 < order <= _SMOOTHEST:
        raise InputError(
            f"{name} is {order!r}, expected a positive number up to {_SMOOTHEST:g}; smoother fields are Gaussian"
        )


def _bessel(distance: Array, order: float) -> Array:
    """2^(1-κ) / Γ(κ) · s^κ K_κ(s), with its limit 1 at s = 0."""
    from scipy.special import kv

    apart = np.where(distance > _NEAR, distance, 1.0)
    value = 2.0 ** (1.0 - order) / math.gamma(order) * apart**order * kv(order, apart)
    return np.where(distance > _NEAR, value, 1.0)


def _bessel_power(wavenumber: Array, order: float, axes: int) -> Array:
    """2^d π^(d/2) Γ(κ + d/2) / Γ(κ) · (1 + k²)^(-κ - d/2): for two axes 4πκ (1 + k²)^(-κ - 1)."""
    scale = 2.0**axes * math.pi ** (0.5 * axes) * math.gamma(order + 0.5 * axes) / math.gamma(order)
    return scale * (1.0 + wavenumber**2) ** (-order - 0.5 * axes)
