"""Samples of the whole posterior, bent as it may be, by the No-U-Turn sampler on the same prior, noise and operator.

Hoffman & Gelman (2014, J. Mach. Learn. Res. 15, 1593), in the implementation of Pyro (package ``pyro-ppl``, extra
``sampling``). The sampler moves in coordinates in which the Laplace posterior is a standard normal, so that it has
nothing to learn but what is not Gaussian.
"""

import math
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad._lazy import extra
from seisgrad.errors import InputError
from seisgrad.inversion.gauss_newton import gauss_newton
from seisgrad.inversion.posterior import LOST_RESIDUAL, Posterior
from seisgrad.inversion.prior import GaussianPrior
from seisgrad.operator import Operator

#: Gaussian standard deviations from the maximum at which samples of refused models are turned back.
_WALL = 1e6
#: Share of proposals to accept, near which the paper finds the most independent draws for the least cost (sec. 4).
_ACCEPT = 0.65
#: Draws that the diagnostics of Pyro need.
_FEWEST = 4


@dataclass(frozen=True, eq=False)
class Samples:
    """Draws from a posterior.

    Attributes:
        models: the draws, one after the other, ``[number, *batch, *domain.shape]``.
        effective: effective number of independent draws of each parameter, ``[*batch, *domain.shape]``; above
            their number where they alternate, up to the number times its decimal logarithm.
        divergences: steps at which the sampler lost its way; more than a few say that the draws miss some region.
        laplace: the Gaussian at the maximum from which the sampler started.
    """

    models: Float[Tensor, "number ..."]
    effective: Float[Tensor, "..."]
    divergences: int
    laplace: Posterior


def nuts(
    op: Operator,
    data: Float[Tensor, "..."],
    sigma: float | Float[Tensor, "..."],
    prior: GaussianPrior,
    number: int,
    seed: int,
    *,
    warm_up: int = 200,
    max_tree_depth: int = 6,
    **settings: Any,
) -> Samples:
    """Draw models from the posterior.

    A datum that was observed and does not exist in a model costs a residual of ten sigma, as it does in χ².

    Several sites are one chain: their posteriors are independent, so that a draw of all of them is a draw of each. The
    steps become shorter, slowly, and the operator works on a batch: some ten sites cost as much as three alone where it
    is quick. One site whose posterior is hard to walk on slows the others down.

    Args:
        op: the operator.
        data: ``[*batch, *codomain.shape]``; NaN where there is none.
        sigma: standard deviations that broadcast to ``data``.
        prior: of one model, or with the batch of ``data``.
        number: of draws.
        seed: of the sampler.
        warm_up: draws before them, in which the step size is found.
        max_tree_depth: doublings of a trajectory at most; it changes the cost, not the distribution. In coordinates of
            the Laplace posterior 6 reach farther than they need to; where it is nearly right 2 (three gradients a
            draw) are the fastest for one site, and 3 for ten or more.
        **settings: further ones of :func:`~seisgrad.inversion.gauss_newton`, which finds where to start.

    Raises:
        InputError: numbers that are not positive, Pyro not installed, or what ``gauss_newton`` refuses.
    """
    if number < 1 or warm_up < 1 or max_tree_depth < 1:
        raise InputError(
            f"number {number}, warm_up {warm_up} and max_tree_depth {max_tree_depth}, expected at least 1 of each"
        )
    with extra("sampling"):
        import pyro
        from pyro.infer import MCMC, NUTS
        from pyro.ops.stats import effective_sample_size

    laplace = gauss_newton(op, data, sigma, prior, **settings)
    target = _Target(op, data, sigma, prior, laplace)
    with torch.random.fork_rng():
        pyro.set_rng_seed(seed)
        sampler = MCMC(
            NUTS(
                potential_fn=target.potential,
                adapt_mass_matrix=False,
                target_accept_prob=_ACCEPT,
                max_tree_depth=max_tree_depth,
            ),
            num_samples=max(number, _FEWEST),
            warmup_steps=warm_up,
            initial_params={"u": torch.zeros(laplace.mean.numel(), dtype=torch.float64)},
            disable_progbar=True,
        )
        sampler.run()
    drawn = sampler.get_samples()["u"][:number]
    models = target.models(drawn)
    effective = torch.ones_like(laplace.mean)
    if (
        number >= _FEWEST
    ):  # where draws alternate the estimate runs off, even below 0; Stan's limit keeps it in hand
        limit = number * math.log10(number)
        effective = effective_sample_size(models[None])
        effective = effective.where(effective > 0.0, limit).clamp(max=limit)
    divergences = sum(len(where) for where in sampler.diagnostics().get("divergences", {}).values())
    return Samples(models, effective, divergences, laplace)


class _Target:
    """Minus the logarithm of the posterior over u, with m = maximum + L u and L Lᵀ the Laplace covariance."""

    def __init__(
        self, op: Operator, data: Tensor, sigma: float | Tensor, prior: GaussianPrior, laplace: Posterior
    ) -> None:
        self.op = op
        self.there = data.isfinite()
        self.data = data.double().masked_fill(~self.there, 0.0)
        self.sigma = torch.as_tensor(sigma, dtype=torch.float64)
        self.batch = laplace.batch_shape
        self.centre = laplace.mean
        self.factor = torch.linalg.cholesky(laplace.covariance)
        # z = z of the maximum + Z u
        away = (laplace.mean - prior.mean).reshape(*self.batch, -1, 1)
        self.z0 = torch.linalg.solve_triangular(prior.cholesky, away, upper=False)[..., 0]
        self.z_of_u = torch.linalg.solve_triangular(prior.cholesky, self.factor, upper=False)

    def models(self, u: Float[Tensor, "*number coordinate"]) -> Float[Tensor, "..."]:
        """The models of standard coordinates, ``[*number, *batch, *domain.shape]``."""
        step = self._times(self.factor, u)
        return self.centre + step.reshape(*u.shape[:-1], *self.centre.shape)

    def potential(self, parameters: dict[str, Tensor]) -> Tensor:
        """½|r|² + ½|z|²; a steep wall where the operator refuses the model."""
        u = parameters["u"]
        try:
            value = self.op(self.models(u))
        except InputError:
            return _WALL * (1.0 + u.square().sum())
        z = self.z0 + self._times(self.z_of_u, u)
        lost = self.there & value.isnan()
        residual = (self.data - value.masked_fill(value.isnan(), 0.0)) / self.sigma
        residual = torch.where(self.there & ~lost, residual, 0.0)
        return 0.5 * (residual.square().sum() + z.square().sum() + LOST_RESIDUAL**2 * lost.sum())

    def _times(self, matrix: Tensor, u: Tensor) -> Tensor:
        """The matrix of each site times its part of u, ``[*number, *batch, parameter]``."""
        own = u.reshape(*u.shape[:-1], *self.batch, matrix.shape[-1], 1)
        return (matrix @ own)[..., 0]
