"""Can one bet on the uncertainty? Coverage of posterior intervals, ranks of simulation-based calibration, linearity.

A posterior is calibrated where, over truths drawn from the prior and data drawn from the noise, an interval that claims
a probability holds the truth as often. Nothing is scaled afterwards: :attr:`Coverage.scale`, the factor that would have
been needed, is a result.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int, UInt8
from scipy import stats
from torch import Tensor

from seisgrad.errors import InputError
from seisgrad.inversion.gauss_newton import gauss_newton
from seisgrad.inversion.noise import Correlated
from seisgrad.inversion.posterior import Posterior, Status
from seisgrad.inversion.prior import GaussianPrior
from seisgrad.operator import Operator, Space, jvp

Invert = Callable[[Operator, Tensor, "float | Tensor | Correlated", GaussianPrior], Posterior]

LEVELS = (0.68, 0.95)
"""Probabilities of the central intervals unless told otherwise."""


@dataclass(frozen=True, eq=False)
class Coverage:
    """How often posterior intervals held the truth, parameter by parameter.

    Attributes:
        domain: the space of the model.
        levels: probability that each central interval claims.
        inside: share of the sites whose interval holds the truth, ``[level, *domain.shape]``.
        score: (truth - mean)/sigma of each site that converged, ``[site, *domain.shape]``.
        error: truth - mean of the same sites, in the unit of the domain.
        status: of every site, ``[all sites]``; those that did not converge are not in the figures above.
    """

    domain: Space
    levels: tuple[float, ...]
    inside: Float[Tensor, "level ..."]
    score: Float[Tensor, "site ..."]
    error: Float[Tensor, "site ..."]
    status: UInt8[Tensor, " all"]

    @property
    def number(self) -> int:
        """Sites in the figures."""
        return len(self.score)

    @property
    def left_out(self) -> int:
        """Sites whose inversion said itself that it cannot be trusted."""
        return len(self.status) - self.number

    @property
    def scale(self) -> Float[Tensor, "..."]:
        """What sigma would have to be multiplied with: the root mean square of the scores; 1 where it is right."""
        return self.score.square().mean(0).sqrt()

    def band(self, confidence: float = 0.99) -> Float[Tensor, "level 2"]:
        """Between which shares chance alone keeps **all** parameters of a calibrated posterior.

        Quantiles of the binomial distribution, with the remaining probability shared by the parameters (Bonferroni).
        """
        tail = (1.0 - confidence) / (2.0 * self.domain.size)
        return torch.tensor(
            [[stats.binom.ppf(q, self.number, level) / self.number for q in (tail, 1.0 - tail)]
             for level in self.levels], dtype=torch.float64,
        )  # fmt: skip

    def calibrated(self, confidence: float = 0.99) -> Bool[Tensor, "level ..."]:
        """Which shares lie in :meth:`band`."""
        low, high = (side.reshape(-1, *(1 for _ in self.domain.shape)) for side in self.band(confidence).T)
        return (self.inside >= low) & (self.inside <= high)


def coverage(
    op: Operator,
    noise: float | Float[Tensor, "..."] | Correlated,
    prior: GaussianPrior,
    number: int,
    seed: int,
    *,
    forward: Operator | None = None,
    levels: tuple[float, ...] = LEVELS,
    invert: Invert = gauss_newton,
) -> Coverage:
    """Invert synthetic sites, drawn from the prior, and count how often the posterior's intervals hold the truth.

    Args:
        op: what the inversion believes in.
        noise: of the data, as for :func:`~seisgrad.inversion.gauss_newton`; sigmas broadcast to one site's data.
        prior: of one model, the truths are drawn from it.
        number: of sites.
        seed: of truths and noise.
        forward: what makes the data, where that is not ``op``: the exact operator beside a surrogate.
        levels: probabilities of the central intervals.
        invert: from operator, data, noise and prior to a posterior; partial application carries further settings.

    Raises:
        InputError: a level that is no probability, fewer than two sites, or a truth that the operator refuses.
    """
    if number < 2 or not all(0.0 < level < 1.0 for level in levels):
        raise InputError(
            f"coverage of {number} sites at levels {levels}: expected at least 2 and probabilities"
        )
    generator = torch.Generator().manual_seed(seed)
    truth = prior.sample(number, generator)
    with torch.no_grad():
        clean = (forward or op)(truth)
    posterior = invert(op, clean + _errors(clean, noise, generator), noise, prior)
    good = posterior.status == Status.CONVERGED
    error = (truth - posterior.mean)[good]
    score = error / posterior.sigma[good]
    limits = torch.special.ndtri(0.5 + 0.5 * torch.tensor(levels, dtype=score.dtype))
    inside = torch.stack([(score.abs() <= limit).double().mean(0) for limit in limits])
    return Coverage(op.domain, tuple(levels), inside, score, error, posterior.status)


def _errors(
    clean: Float[Tensor, "site ..."], noise: float | Tensor | Correlated, generator: torch.Generator
) -> Float[Tensor, "site ..."]:
    """One draw of the noise for every site."""
    unit = torch.randn(clean.shape, generator=generator, dtype=clean.dtype)
    if isinstance(noise, Correlated):
        factor = torch.linalg.cholesky(noise.covariance)
        return (unit.flatten(1) @ factor.mT).reshape(clean.shape)
    return torch.as_tensor(noise, dtype=clean.dtype) * unit


def ranks(truth: Float[Tensor, "site ..."], samples: Float[Tensor, "number ..."]) -> Int[Tensor, "site ..."]:
    """How many posterior samples lie below the truth: uniform on 0 … number where the posterior is right.

    Simulation-based calibration (Talts et al. 2018, arXiv:1804.06788). The samples have to be independent draws.
    """
    if samples.shape[1:] != truth.shape:
        raise InputError(
            f"samples have shape {tuple(samples.shape)}, expected (number, {', '.join(map(str, truth.shape))}) as the "
            "truths have"
        )
    return (samples < truth).sum(0)


def uniformity(rank: Int[Tensor, "site ..."], number: int, bins: int = 20) -> Float[Tensor, "..."]:
    """The probability of ranks as uneven as these if the posterior is right, for every parameter (χ² test).

    Args:
        rank: from :func:`ranks`.
        number: of samples behind each rank; number + 1 has to be a multiple of ``bins``, so that all hold as many.
        bins: of the histogram; at least five ranks are expected in each.

    Raises:
        InputError: bins that do not divide the ranks evenly, or too few sites for the test.
    """
    if bins < 2 or (number + 1) % bins:
        raise InputError(
            f"{number} samples give {number + 1} ranks, which {bins} bins do not share; expected a number such as "
            f"{bins * max(1, round((number + 1) / bins)) - 1}"
        )
    if len(rank) < 5 * bins:
        raise InputError(
            f"{len(rank)} sites are too few for {bins} bins, expected at least {5 * bins}: take fewer bins"
        )
    which = rank.flatten(1) * bins // (number + 1)
    counts = torch.stack([(which == i).sum(0) for i in range(bins)]).double()
    p = stats.chisquare(counts.numpy(), axis=0).pvalue
    return torch.as_tensor(p, dtype=torch.float64).reshape(rank.shape[1:])


def nonlinearity(
    op: Operator, posterior: Posterior, noise: float | Float[Tensor, "..."]
) -> Float[Tensor, "..."]:
    """How far the operator bends within one posterior standard deviation of each parameter, in standard deviations.

    Parameter i is moved by ±σ_i, and the others as the posterior expects them to follow: δ = C e_i/σ_i. Data and prior
    together then cost one unit of χ². The measure is the norm of what the linearisation misses of the data, over their
    sigma, the larger of both signs: far below 1 the posterior is a Gaussian as far as that parameter goes.

    Args:
        op: the operator that was inverted.
        posterior: of it.
        noise: standard deviations that broadcast to the data.

    Returns:
        Shaped like ``posterior.mean``; data that do not exist on both sides are left out.
    """
    model = posterior.domain.shape
    flat = posterior.covariance / posterior.covariance.diagonal(dim1=-2, dim2=-1).sqrt()[..., None, :]
    # the parameter that is moved comes first
    delta = flat.movedim(-1, 0).reshape(-1, *posterior.batch_shape, *model)
    missed = []
    with torch.no_grad():
        base = op(posterior.mean)
        for step in delta:
            linear = jvp(op, posterior.mean, step)
            off = [op(posterior.mean + sign * step) - base - sign * linear for sign in (1.0, -1.0)]
            size = [
                (part / noise).nan_to_num(0.0).flatten(len(posterior.batch_shape)).norm(dim=-1)
                for part in off
            ]
            missed.append(torch.maximum(*size))
    return torch.stack(missed, -1).reshape(posterior.mean.shape)
