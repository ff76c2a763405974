"""Posterior samples by randomised maximum likelihood: invert perturbed data around perturbed priors, many at once."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.errors import InputError
from seisgrad.inversion.gauss_newton import gauss_newton
from seisgrad.inversion.posterior import Posterior
from seisgrad.inversion.prior import GaussianPrior
from seisgrad.inversion.problem import require_one_site
from seisgrad.operator import Operator


def randomised_maximum_likelihood(
    op: Operator,
    data: Float[Tensor, "..."],
    sigma: float | Float[Tensor, "..."],
    prior: GaussianPrior,
    number: int,
    seed: int,
    **settings: Any,
) -> Posterior:
    """An ensemble of most probable models, each for its own draw of the noise and of the prior mean.

    Kitanidis (1995, Water Resour. Res. 31, 2411), Oliver, He & Reynolds (1996). Where the operator is linear the models
    are independent samples of the posterior; where it bends they follow it, which a single Gaussian cannot, and they
    find several maxima where there are several. Members whose status is not converged are to be left out. A large
    misfit is no reason to: a member fits data with the noise in them twice, so ``significance`` is next to nothing here
    unless it is given, and its ``p_fit`` and ``p_prior`` do not judge the site.

    Args:
        op: the operator.
        data: of one site, ``[*codomain.shape]``; NaN where there is none.
        sigma: standard deviations that broadcast to ``data``.
        prior: of one model.
        number: of members.
        seed: of both draws.
        **settings: further ones of :func:`~seisgrad.inversion.gauss_newton`.

    Returns:
        A posterior with batch shape ``[number]``; its ``mean`` are the samples.

    Raises:
        InputError: data of several sites, a number that is not positive, or what ``gauss_newton`` refuses.
    """
    require_one_site(op, data)
    if number < 1:
        raise InputError(f"number is {number}, expected at least 1 member")
    generator = torch.Generator().manual_seed(seed)
    spread = torch.as_tensor(sigma, dtype=torch.float64).broadcast_to(data.shape)
    unit = torch.randn((number, *data.shape), generator=generator, dtype=torch.float64)
    means = prior.sample(number, generator)
    if settings.get("bounds") is not None:
        means = _inside(means, prior.mean, settings["bounds"])
    start = settings.pop("start", prior.mean)
    settings.setdefault("significance", torch.finfo(torch.float64).tiny)
    around = GaussianPrior(means, prior.covariance)
    return gauss_newton(op, data + spread * unit, spread, around, start=start, **settings)


def _inside(means: Tensor, centre: Tensor, bounds: tuple[object, object]) -> Tensor:
    """Means beyond a bound brought back to nine tenths of the way there from the centre."""
    for side, beyond in zip(bounds, (torch.lt, torch.gt), strict=True):
        limit = torch.as_tensor(side, dtype=means.dtype)
        means = torch.where(beyond(means, limit), centre + 0.9 * (limit - centre), means)
    return means
