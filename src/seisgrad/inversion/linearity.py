"""How far an operator bends within a posterior: where it does not, the Gaussian at the maximum is the posterior."""

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.errors import InputError
from seisgrad.inversion.posterior import Posterior
from seisgrad.operator import Operator, linearise

NEAR_LINEAR = 0.15
"""The median :func:`nonlinearity` over sites up to which Gaussian intervals held their coverage within about 1.5
points, where the maximum was the right one: measured, see the page on calibration."""


def nonlinearity(
    op: Operator, posterior: Posterior, noise: float | Float[Tensor, "..."]
) -> Float[Tensor, "..."]:
    """How far the operator bends within one posterior standard deviation of each parameter, in standard deviations.

    Parameter i is moved by ±σ_i, and the others as the posterior expects them to follow: δ = C e_i/σ_i. Data and prior
    together then cost one unit of χ². The measure is the norm of what the linearisation misses of the data, over their
    sigma, the larger of both signs. Data that are off by n move the estimate by n standard deviations at most, and an
    interval of ±z of them that is off by n loses n² z φ(z) of its coverage, φ the normal density: 1.5 points of 68 % at
    n = 0.25. All parameters bend at once, so that measured losses are larger: :data:`NEAR_LINEAR`. It is a local
    measure, which another maximum far away escapes; :func:`~seisgrad.inversion.search` looks for those.

    Args:
        op: the operator that was inverted.
        posterior: of it.
        noise: standard deviations that broadcast to the data.

    Returns:
        Shaped like ``posterior.mean``. Data that the moved model does not have are left out; infinite where it has none
        or the operator refuses it.
    """
    sigma = posterior.covariance.diagonal(dim1=-2, dim2=-1).sqrt()
    moves = posterior.covariance / sigma[..., None, :]
    worst = []
    with torch.no_grad():
        value, slope = linearise(op, posterior.mean)
        slope = slope.reshape(*posterior.batch_shape, op.codomain.size, op.domain.size)
        for move in moves.unbind(-1):
            linear = (slope @ move[..., None]).reshape(value.shape)
            missed = []
            for sign in (1.0, -1.0):
                moved = posterior.mean + sign * move.reshape(posterior.mean.shape)
                there = _predict(op, moved.reshape(-1, *op.domain.shape)).reshape(value.shape)
                off = ((there - value - sign * linear) / noise).reshape(*posterior.batch_shape, -1)
                missed.append(off.nan_to_num(0.0).norm(dim=-1).where(off.isfinite().any(-1), torch.inf))
            worst.append(torch.maximum(*missed))
    return torch.stack(worst, -1).reshape(posterior.mean.shape)


def _predict(op: Operator, models: Float[Tensor, "site ..."]) -> Float[Tensor, "site ..."]:
    """The data of models, NaN for those that the operator refuses."""
    try:
        return op(models)
    except InputError:
        if len(models) == 1:
            return models.new_full((1, *op.codomain.shape), torch.nan)
    return torch.cat([_predict(op, half) for half in models.split((len(models) + 1) // 2)])
