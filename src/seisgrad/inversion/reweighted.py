"""Inversions whose noise is part of the question: outliers that lose their weight, and an unknown size of the errors.

Both are a few Gauss-Newton inversions in a row, each started at the model of the one before, with sigmas that follow
from its residuals.
"""

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.errors import InputError
from seisgrad.inversion.gauss_newton import gauss_newton
from seisgrad.inversion.posterior import Posterior
from seisgrad.inversion.prior import GaussianPrior
from seisgrad.operator import Operator

#: Inversions in a row at most, and the relative change of all sigmas at which they end.
_PASSES, _SETTLED = 50, 1e-4
#: Tolerance of each of them, in posterior standard deviations.
_SHORT_STEP = 1e-4


@dataclass(frozen=True, eq=False)
class Reweighted:
    """A posterior, and what was made of the sigmas on the way.

    Attributes:
        posterior: with the final sigmas.
        sigma: those, shaped like the data.
        weight: of each datum, given over final variance: 1 where a datum counts as it came; shaped like the data.
    """

    posterior: Posterior
    sigma: Float[Tensor, "..."]
    weight: Float[Tensor, "..."]


@dataclass(frozen=True, eq=False)
class Scaled:
    """A posterior with the size of the errors that the data ask for.

    Attributes:
        posterior: with that size.
        factor: what the given sigmas were multiplied with, ``[*batch]``.
        factor_sigma: one standard deviation of its natural logarithm, ``[*batch]``.
    """

    posterior: Posterior
    factor: Float[Tensor, "*batch"]
    factor_sigma: Float[Tensor, "*batch"]


def robust(
    op: Operator,
    data: Float[Tensor, "..."],
    sigma: float | Float[Tensor, "..."],
    prior: GaussianPrior,
    *,
    threshold: float = 1.345,
    **settings: Any,
) -> Reweighted:
    """The most probable model under Huber's misfit: squared up to a threshold, and growing linearly beyond.

    Huber (1964, Ann. Math. Stat. 35, 73), by iteratively reweighted least squares: a residual r beyond the threshold
    gets the sigma with which its square grows as its size does, σ √(r/threshold). At 1.345 the efficiency with Gaussian
    errors is 95 %.

    Args:
        op: the operator.
        data: ``[*batch, *codomain.shape]``; NaN where there is none.
        sigma: standard deviations that broadcast to ``data``.
        prior: of the models.
        threshold: in sigmas.
        **settings: further ones of :func:`~seisgrad.inversion.gauss_newton`.

    Raises:
        InputError: a threshold that is not positive, or what ``gauss_newton`` refuses.
    """
    if not threshold > 0.0:
        raise InputError(
            f"the threshold is {threshold:g}, expected a positive number of sigmas, such as 1.345"
        )
    given = _as_sigma(sigma, data)
    used, posterior = given, gauss_newton(op, data, given, prior, **settings)
    for _ in range(_PASSES):
        residual = ((data - posterior.prediction) / given).abs().nan_to_num(0.0)
        before, used = used, given * (residual / threshold).clamp(min=1.0).sqrt()
        posterior = _again(op, data, used, prior, posterior, settings)
        if ((used / before).log().abs() < _SETTLED).all():
            break
    return Reweighted(posterior, used, (given / used).square())


def estimate_noise(
    op: Operator,
    data: Float[Tensor, "..."],
    sigma: float | Float[Tensor, "..."],
    prior: GaussianPrior,
    *,
    confidence: float = 2.0,
    **settings: Any,
) -> Scaled:
    """The posterior where the errors are known up to their size, which is inferred from each site's own misfit.

    The factor f of all sigmas of a site maximises the evidence (MacKay 1992, Neural Comput. 4, 415): f² = (Σr² + ν₀) /
    (N - γ + ν₀), with the residuals r in given sigmas, N data, γ parameters that they determine, and ν₀ imagined data
    that say f = 1, which hold it where data are few.

    Args:
        op: the operator.
        data: ``[*batch, *codomain.shape]``; NaN where there is none.
        sigma: standard deviations in the right proportion, that broadcast to ``data``.
        prior: of the models.
        confidence: ν₀, the number of imagined data.
        **settings: further ones of :func:`~seisgrad.inversion.gauss_newton`.

    Raises:
        InputError: a confidence that is negative, or what ``gauss_newton`` refuses.
    """
    if not confidence >= 0.0:
        raise InputError(f"the confidence is {confidence:g}, expected a number of data that is not negative")
    given = _as_sigma(sigma, data)
    axes = tuple(range(-op.codomain.ndim, 0))
    posterior = gauss_newton(op, data, given, prior, **settings)
    factor = torch.ones(posterior.batch_shape, dtype=torch.float64)
    for _ in range(_PASSES):
        square = ((data - posterior.prediction) / given).square().nan_to_num(0.0).sum(axes)
        freedom = posterior.count - posterior.information + confidence
        before, factor = factor, ((square + confidence) / freedom).sqrt()
        wide = factor.reshape(*factor.shape, *(1 for _ in axes))
        posterior = _again(op, data, given * wide, prior, posterior, settings)
        if ((factor / before).log().abs() < _SETTLED).all():
            break
    freedom = posterior.count - posterior.information + confidence
    return Scaled(posterior, factor, (0.5 / freedom).sqrt())


def _again(
    op: Operator, data: Tensor, sigma: Tensor, prior: GaussianPrior, last: Posterior, settings: dict[str, Any]
) -> Posterior:
    """Invert from where the last inversion ended; a model that sits at a bound cannot be started from."""
    start = settings.get("start") if bool(last.at_bound.any()) else last.mean
    # a step that is short for one inversion may be long for the convergence of a row of them
    chosen: dict[str, Any] = {"tolerance": _SHORT_STEP, **settings, "start": start}
    return gauss_newton(op, data, sigma, prior, **chosen)


def _as_sigma(sigma: float | Tensor, data: Tensor) -> Tensor:
    values = torch.as_tensor(sigma, dtype=torch.float64)
    try:
        return values.expand(torch.broadcast_shapes(values.shape, data.shape)).clone()
    except RuntimeError as error:
        raise InputError(
            f"sigma has shape {tuple(values.shape)}, expected one that broadcasts to the data's {tuple(data.shape)}"
        ) from error
