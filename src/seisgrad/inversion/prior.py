"""What is believed before the data: a Gaussian over models, and covariances that correlate neighbours in depth."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod, sqrt
from typing import Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.errors import InputError

Correlation = Literal["gaussian", "exponential", "matern"]

JITTER = 1e-8
"""Uncorrelated variance added on the diagonal, as a fraction of the variance: a wiggle of a ten-thousandth of sigma."""


@dataclass(frozen=True, eq=False)
class GaussianPrior:
    """A Gaussian over models.

    Args:
        mean: the expected model, ``[*batch, *model]``, in the units of the operator's domain.
        covariance: over the flattened model (last axis fastest), ``[n, n]`` for all or ``[*batch, n, n]``; symmetric
            and positive definite. For several parameters stack blocks, e.g. ``torch.block_diag(c_vp, c_vs, c_rho)``.

    Raises:
        InputError: values that are not finite, shapes that do not fit, a covariance that is not symmetric or not
            positive definite.
    """

    mean: Float[Tensor, "..."]
    covariance: Float[Tensor, "..."]
    cholesky: Float[Tensor, "..."] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        mean = torch.as_tensor(self.mean, dtype=torch.float64)
        covariance = torch.as_tensor(self.covariance, dtype=torch.float64)
        if not mean.isfinite().all():
            raise InputError(f"the prior mean has {int((~mean.isfinite()).sum())} values that are not finite")
        object.__setattr__(self, "mean", mean)
        object.__setattr__(self, "covariance", covariance)
        object.__setattr__(self, "cholesky", positive_cholesky("prior covariance", covariance))
        _ = self.model_shape

    @property
    def model_shape(self) -> tuple[int, ...]:
        """The shape of one model: the fewest trailing axes of ``mean`` that hold as many values as the covariance."""
        n, shape = self.covariance.shape[-1], tuple(self.mean.shape)
        for first in reversed(range(len(shape))):
            if prod(shape[first:]) == n:
                return shape[first:]
        raise InputError(
            f"the prior mean has shape {shape} and its covariance {tuple(self.covariance.shape)}: expected a "
            "covariance with one row per value of the mean"
        )

    @property
    def sigma(self) -> Float[Tensor, "..."]:
        """Standard deviations, shaped like ``mean`` (broadcast where one covariance serves a batch of means)."""
        variance = self.covariance.diagonal(dim1=-2, dim2=-1)
        return variance.sqrt().reshape(*variance.shape[:-1], *self.model_shape)

    def sample(self, number: int, seed: int | torch.Generator) -> Float[Tensor, "number ..."]:
        """Draw models.

        Args:
            number: how many.
            seed: a seed, or a generator to draw from.

        Returns:
            ``[number, *batch, *model]``.
        """
        return draw(self.mean, self.cholesky, self.model_shape, number, seed)


def depth_covariance(
    depth: Sequence[float] | Tensor,
    sigma: float | Sequence[float] | Tensor,
    length: float | Sequence[float] | Tensor,
    kind: Correlation = "gaussian",
) -> Float[Tensor, "depth depth"]:
    """The covariance of a property of depth whose neighbours are alike.

    With distance d and length l the correlation is exp(-d²/2l²) (``gaussian``, smooth profiles), exp(-d/l)
    (``exponential``, rough ones) or (1 + √3 d/l) exp(-√3 d/l) (``matern``, smoothness 3/2, in between). Where the
    length varies with depth it is d/l → d/√((l_i² + l_j²)/2) with the factor √(2 l_i l_j/(l_i² + l_j²)), which keeps
    the matrix positive definite (Paciorek & Schervish 2006, Environmetrics 17, 483). :data:`JITTER` times the
    variance is added on the diagonal, without which a smooth correlation is singular in floating point.

    Args:
        depth: depths in km, strictly increasing, any spacing.
        sigma: standard deviation, in the unit of the property; a number or one per depth.
        length: correlation length in km; a number or one per depth.
        kind: the shape of the correlation.

    Raises:
        InputError: depths that do not increase, or sigma or length that are not positive or not one per depth.
    """
    z = torch.as_tensor(depth, dtype=torch.float64)
    if z.ndim != 1 or not z.isfinite().all() or (z.diff() <= 0).any():
        raise InputError(f"depths {z.tolist()} must be one list of finite, strictly increasing km")
    s, scale = _per_depth("sigma", sigma, z), _per_depth("length", length, z)
    mean_square = (scale[:, None].square() + scale.square()) / 2
    ratio = (z[:, None] - z).abs() / mean_square.sqrt()
    if kind == "gaussian":
        shape = torch.exp(-ratio.square() / 2)
    elif kind == "exponential":
        shape = torch.exp(-ratio)
    elif kind == "matern":
        shape = (1 + sqrt(3) * ratio) * torch.exp(-sqrt(3) * ratio)
    else:
        raise InputError(
            f"the kind of correlation is {kind!r}, expected one of {', '.join(get_args(Correlation))}"
        )
    correlation = shape * (scale[:, None] * scale / mean_square).sqrt() + JITTER * torch.eye(
        len(z), dtype=z.dtype
    )
    return s[:, None] * correlation * s


def positive_cholesky(name: str, matrix: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """The lower Cholesky factor; raises InputError that says how a matrix fails to be a covariance."""
    if matrix.ndim < 2 or matrix.shape[-1] != matrix.shape[-2]:
        raise InputError(f"the {name} has shape {tuple(matrix.shape)}, expected a square matrix")
    asymmetry = float((matrix - matrix.mT).abs().max()) if matrix.isfinite().all() else float("nan")
    if not asymmetry <= 1e-9 * float(matrix.abs().max()):
        raise InputError(
            f"the {name} is not symmetric and finite: entries differ by {asymmetry:g} across the diagonal"
        )
    factor, info = torch.linalg.cholesky_ex(matrix)
    if info.any():
        smallest = float(torch.linalg.eigvalsh(matrix).min())
        raise InputError(
            f"the {name} is not positive definite: its smallest eigenvalue is {smallest:.3g} for a largest variance "
            f"of {float(matrix.diagonal(dim1=-2, dim2=-1).max()):.3g}; add a small variance on its diagonal"
        )
    return factor


def draw(
    mean: Tensor, cholesky: Tensor, model_shape: tuple[int, ...], number: int, seed: int | torch.Generator
) -> Float[Tensor, "number ..."]:
    """``number`` Gaussian models around ``mean`` ``[*batch, *model_shape]`` with covariance L L^T."""
    generator = torch.Generator().manual_seed(seed) if isinstance(seed, int) else seed
    flat = mean.reshape(*mean.shape[: mean.ndim - len(model_shape)], cholesky.shape[-1])
    batch = torch.broadcast_shapes(flat.shape[:-1], cholesky.shape[:-2])
    unit = torch.randn((number, *batch, flat.shape[-1]), generator=generator, dtype=mean.dtype).to(
        mean.device
    )
    return (flat + (cholesky @ unit[..., None])[..., 0]).reshape((number, *batch, *model_shape))


def _per_depth(name: str, value: float | Sequence[float] | Tensor, z: Tensor) -> Tensor:
    values = torch.as_tensor(value, dtype=torch.float64)
    if values.shape not in (torch.Size([]), z.shape):
        raise InputError(
            f"{name} has shape {tuple(values.shape)}, expected one number or one per depth, {tuple(z.shape)}"
        )
    values = values.expand(z.shape)
    bad = ~(values.isfinite() & (values > 0))
    if bad.any():
        k = int(bad.nonzero()[0, 0])
        raise InputError(f"{name} at {float(z[k]):g} km is {float(values[k]):g}, expected a positive number")
    return values
