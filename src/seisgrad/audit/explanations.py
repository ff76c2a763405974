"""How much of a kernel error one simple cause explains: a factor, another parameter's kernel, a shift, white noise.

Each cause collects weighted sums over the rows of the Jacobians, pair by pair, and keeps nothing else. A row counts
with 1 / (‖a‖² + ‖b‖²), a learned and b exact, by which no row is worth more than 2 whatever its unit, size or error.
What a cause leaves is told as a share of the squared error Σ w ‖a - b‖².
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.audit.layout import Layout
from seisgrad.audit.linear import Pair
from seisgrad.audit.metrics import smooth

_ZERO = 1e-9
"""An exact kernel smaller than this share of the largest of its parameter is none."""
_WIDTH = 9
"""Samples in a running mean."""

Sums = Float[Tensor, " parameter"]


@dataclass(frozen=True, eq=False)
class Rows:
    """Kernels of some models on the positions that count, 0 where they are not there; so is the weight.

    ``weight`` of a learned and an exact kernel of the same parameter; ``size`` is the norm of the exact kernel.
    """

    learned: Float[Tensor, "model branch output parameter position"]
    exact: Float[Tensor, "model branch output parameter position"]
    weight: Float[Tensor, "model branch output parameter"]

    @staticmethod
    def of(pair: Pair, layout: Layout) -> "Rows":
        """The rows of a pair; left out are those that do not exist and those of which theory has none."""
        a, b = (kernels[..., layout.inside].double() for kernels in (pair.learned, pair.reference))
        missing = ~(a + b).isfinite().all(-1, keepdim=True)
        a, b = a.masked_fill(missing, 0.0), b.masked_fill(missing, 0.0)
        size = b.square().sum(-1)
        there = size > _ZERO**2 * size.amax((0, 1, 2))
        weight = torch.where(there, 1 / (size + a.square().sum(-1)), 0.0)
        return Rows(a, b, weight)

    def total(self, values: Float[Tensor, "model branch output parameter"]) -> Sums:
        """The weighted sum over all rows."""
        return (self.weight * values).sum((0, 1, 2))


class Factor:
    """The learned kernel is the exact one times a number, a = f b."""

    def __init__(self, parameters: int) -> None:
        self.aa, self.bb, self.ab, self.spread = torch.zeros(4, parameters, dtype=torch.float64)

    def add(self, rows: Rows) -> None:
        """Take in some rows."""
        aa, bb = rows.learned.square().sum(-1), rows.exact.square().sum(-1)
        ab = (rows.learned * rows.exact).sum(-1)
        self.aa += rows.total(aa)
        self.bb += rows.total(bb)
        self.ab += rows.total(ab)
        self.spread += rows.total(torch.where(bb > 0, ab.square() / bb, 0.0))

    @property
    def error(self) -> Sums:
        """Σ w ‖a - b‖² over Σ w ‖b‖²: the squared relative error."""
        return (self.aa + self.bb - 2 * self.ab) / self.bb

    @property
    def factor(self) -> Sums:
        """The factor f that leaves least."""
        return self.ab / self.bb

    @property
    def alike(self) -> Sums:
        """The share of Σ w ‖a‖² that the factor times the exact kernel makes, a squared cosine."""
        return self.ab.square() / (self.aa * self.bb)

    @property
    def variation(self) -> Sums:
        """Standard deviation of the factor from row to row."""
        return (self.spread / self.bb - self.factor.square()).clamp(min=0.0).sqrt()

    @property
    def left(self) -> Sums:
        """The share of the squared error that the factor leaves."""
        return (self.aa - self.factor * self.ab) / (self.aa + self.bb - 2 * self.ab)


class Swap:
    """The learned kernel of one parameter is the exact one of another, both smoothed: roughness has no parameter."""

    def __init__(self, parameters: int) -> None:
        self.cosines, self.number = torch.zeros(2, parameters, parameters, dtype=torch.float64)

    def add(self, rows: Rows) -> None:
        """Take in some rows; a learned kernel of zeros has the cosine 0 with any."""
        smoothed = (smooth(kernel, _WIDTH) for kernel in (rows.learned, rows.exact))
        a, b = (torch.nn.functional.normalize(kernel, dim=-1, eps=1e-300) for kernel in smoothed)
        there = (rows.weight > 0)[..., None, :]  # of the exact kernel
        self.cosines += torch.where(there, a @ b.mT, 0.0).sum((0, 1, 2))
        self.number += there.sum((0, 1, 2))

    @property
    def cosine(self) -> Float[Tensor, "learned exact"]:
        """Mean cosine of the learned kernels of one parameter with the exact ones of another."""
        return self.cosines / self.number


class Shift:
    """The learned kernel is the exact one moved along the profile by some samples, a(z) = b(z - n).

    Both are compared where they overlap. ``lags`` are the n, from the most negative to the most positive.
    """

    def __init__(self, parameters: int, positions: int, farthest: int) -> None:
        self.lags = torch.arange(-farthest, farthest + 1)
        self.moved, self.unmoved = torch.zeros(2, parameters, len(self.lags), dtype=torch.float64)
        self._padded = positions + farthest

    def add(self, rows: Rows) -> None:
        """Take in some rows."""
        a, b = rows.learned, rows.exact
        spectra = (torch.fft.rfft(k, n=self._padded) for k in (a, b))
        product = next(spectra) * next(spectra).conj()
        crossed = torch.fft.irfft(product, n=self._padded)[..., self.lags]  # Σ a(z) b(z - n)
        squares = _overlap(a.square(), self.lags) + _overlap(b.square(), -self.lags) - 2 * crossed
        weight = rows.weight[..., None]
        self.moved += (weight * squares).sum((0, 1, 2))
        self.unmoved += (weight * _overlap((a - b).square(), self.lags)).sum((0, 1, 2))

    @property
    def left(self) -> Float[Tensor, "parameter lag"]:
        """The share of the squared error that each shift leaves."""
        return self.moved.clamp(min=0.0) / self.unmoved


class White:
    """The error is white along the profile, and its own in every output and model.

    Its power is what a smooth error does not have: the autocovariance at lag 0 less what the lags 1 and 2 extrapolate
    to there (the nugget of geostatistics: Matheron 1963, Economic Geology 58, 1246), c(0) - (4 c(1) - c(2)) / 3. The
    same of neighbouring outputs and models tells whether they share it.
    """

    def __init__(self, parameters: int) -> None:
        self.alone, self.outputs, self.models = torch.zeros(3, parameters, dtype=torch.float64)

    def add(self, rows: Rows) -> None:
        """Take in some rows."""
        error = (rows.learned - rows.exact) * rows.weight.sqrt()[..., None]
        self.alone += _nugget(error, error)
        self.outputs += _nugget(error[:, :, 1:], error[:, :, :-1]) * _more(error.shape[2])
        self.models += _nugget(error[1:], error[:-1]) * _more(len(error))

    @property
    def power(self) -> Sums:
        """Σ w ‖e‖² of the white part."""
        return self.alone.clamp(min=0.0)

    @property
    def shared(self) -> Sums:
        """The largest share of the white part that neighbouring outputs or models have in common."""
        return torch.maximum(self.outputs.abs(), self.models.abs()) / self.alone


def _nugget(one: Tensor, other: Tensor) -> Sums:
    c = [
        (one[..., lag:] * other[..., : other.shape[-1] - lag]).sum((0, 1, 2, 4))
        * (one.shape[-1] / (one.shape[-1] - lag))
        for lag in range(3)
    ]
    return c[0] - (4 * c[1] - c[2]) / 3


def _more(number: int) -> float:
    """What makes up for the pair that neighbours among so many are fewer than they."""
    return number / (number - 1) if number > 1 else 0.0


def _overlap(values: Float[Tensor, "*rows position"], lags: Tensor) -> Float[Tensor, "*rows lag"]:
    """The sum of values at the positions z for which z - n is a position too, for each of the lags n."""
    n = values.shape[-1]
    until = torch.nn.functional.pad(values.cumsum(-1), (1, 0))
    return until[..., (n + lags).clamp(max=n)] - until[..., lags.clamp(min=0)]
