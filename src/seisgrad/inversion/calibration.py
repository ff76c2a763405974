"""Can one bet on the uncertainty? Coverage of posterior intervals, and ranks of simulation-based calibration.

A posterior is calibrated where, over truths drawn from the prior and data drawn from the noise, an interval that claims
a probability holds the truth as often. Nothing is scaled afterwards: :attr:`Coverage.scale`, the factor that would have
been needed, is a result.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor

from seisgrad.errors import InputError
from seisgrad.inversion.gauss_newton import gauss_newton
from seisgrad.inversion.noise import Correlated
from seisgrad.inversion.posterior import Posterior, Status
from seisgrad.inversion.prior import GaussianPrior
from seisgrad.operator import Operator, Space

Invert = Callable[[Operator, Tensor, "float | Tensor | Correlated", GaussianPrior], Posterior]

LEVELS = (0.68, 0.95)
"""Probabilities of the central intervals unless told otherwise."""


@dataclass(frozen=True, eq=False)
class Coverage:
    """How often posterior intervals held the truth, parameter by parameter.

    Attributes:
        domain: the space of the model.
        levels: probability that each central interval claims.
        score: (truth - mean)/sigma of each site that converged, ``[site, *domain.shape]``.
        error: truth - mean of the same sites, in the unit of the domain.
        status: of every site, ``[all sites]``; those that did not converge are in none of the other figures.
    """

    domain: Space
    levels: tuple[float, ...]
    score: Float[Tensor, "site ..."]
    error: Float[Tensor, "site ..."]
    status: UInt8[Tensor, " all"]

    @classmethod
    def of(
        cls, truth: Float[Tensor, "site ..."], posterior: Posterior, levels: tuple[float, ...] = LEVELS
    ) -> "Coverage":
        """Of posteriors that are there already, one per truth."""
        good = posterior.status == Status.CONVERGED
        error = (truth - posterior.mean)[good]
        return cls(posterior.domain, tuple(levels), error / posterior.sigma[good], error, posterior.status)

    @property
    def inside(self) -> Float[Tensor, "level ..."]:
        """Share of the sites whose interval holds the truth, ``[level, *domain.shape]``."""
        limits = torch.special.ndtri(0.5 + 0.5 * torch.tensor(self.levels, dtype=self.score.dtype))
        return torch.stack([(self.score.abs() <= limit).double().mean(0) for limit in limits])

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
        """Between which shares chance alone keeps **all** parameters of a calibrated posterior: :func:`chance_band`."""
        return chance_band(self.levels, self.number, self.domain.size, confidence)

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
    return Coverage.of(truth, invert(op, clean + _errors(clean, noise, generator), noise, prior), levels)


def chance_band(
    levels: tuple[float, ...], number: int, comparisons: int, confidence: float = 0.99
) -> Float[Tensor, "level 2"]:
    """Between which shares chance alone keeps **all** intervals of a calibrated posterior.

    Quantiles of the binomial distribution, with the remaining probability shared by the comparisons (Bonferroni).

    Args:
        levels: probabilities of the intervals.
        number: of sites.
        comparisons: parameters that are looked at together.
        confidence: the probability that all of them lie in the band of a level.
    """
    from scipy.stats import binom

    tail = (1.0 - confidence) / (2.0 * comparisons)
    return torch.tensor(
        [[binom.ppf(q, number, level) / number for q in (tail, 1.0 - tail)] for level in levels],
        dtype=torch.float64,
    )


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

    Raises:
        InputError: samples of another shape than the truths.
    """
    if samples.shape[1:] != truth.shape:
        raise InputError(
            f"samples have shape {tuple(samples.shape)}, expected (number, {', '.join(map(str, truth.shape))}) as the "
            "truths have"
        )
    return (samples < truth).sum(0)


def inside_samples(
    rank: Int[Tensor, "site ..."], number: int, levels: tuple[float, ...] = LEVELS
) -> Float[Tensor, "level ..."]:
    """Share of the sites whose central interval of samples holds the truth, ``[level, ...]``.

    Args:
        rank: from :func:`ranks`.
        number: of samples behind each rank; each level has to be an even number of the number + 1 ranks, so that
            an interval claims just that probability: 199 samples for 68 % and 95 %.
        levels: probabilities of the central intervals.

    Raises:
        InputError: samples that make no interval of such a probability.
    """
    for level in levels:
        half = level * (number + 1) / 2
        if not 0.0 < level < 1.0 or abs(half - round(half)) > 1e-9 * number:
            raise InputError(
                f"{number} samples make no central interval of probability {level:g}, expected a number such as 199"
            )
    far = (2 * rank - number).abs()
    return torch.stack([(far < level * (number + 1)).double().mean(0) for level in levels])


def uniformity(rank: Int[Tensor, "site ..."], number: int, bins: int = 20) -> Float[Tensor, "..."]:
    """The probability of ranks as uneven as these if the posterior is right, for every parameter (χ² test).

    Args:
        rank: from :func:`ranks`.
        number: of samples behind each rank; number + 1 has to be a multiple of ``bins``, so that all hold as many.
        bins: of the histogram; at least five ranks are expected in each.

    Raises:
        InputError: bins that do not divide the ranks evenly, or too few sites for the test.
    """
    from scipy.stats import chisquare

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
    p = chisquare(counts.numpy(), axis=0).pvalue
    return torch.as_tensor(p, dtype=torch.float64).reshape(rank.shape[1:])
