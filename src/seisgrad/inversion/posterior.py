"""What an inversion returns: the model with its uncertainty, how it fits, and whether to believe it, in words."""

import math
from dataclasses import dataclass
from enum import IntEnum

import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor

from seisgrad.errors import InputError
from seisgrad.inversion.average import ODDS, Average, log_ratio
from seisgrad.inversion.prior import GaussianPrior, draw
from seisgrad.operator import Space

LOST_RESIDUAL = 10.0
"""What a datum that was observed, but does not exist in the model, costs in χ²: as much as a residual of ten sigma."""
SPEAKS = 0.7
"""Posterior over prior sigma above which a parameter is the prior speaking: half of its variance is still there."""


class Status(IntEnum):
    """How an inversion ended."""

    CONVERGED = 0
    """A maximum was found and it explains the data."""
    STALLED = 1
    """No maximum was found: the iterations ran out, or no step led down."""
    UNEXPLAINED = 2
    """A maximum was found, and it does not explain the data: no model near it that the prior allows does."""


@dataclass(frozen=True, eq=False)
class Posterior:
    """A Gaussian over models, linearised at the most probable one, with its fit and status.

    Matrices are over the flattened model (last axis fastest), n values. Residuals, χ² and the probabilities are those
    of :func:`~seisgrad.inversion.gauss_newton`'s data; in a linear problem with the right prior and noise both
    probabilities are close to uniform between 0 and 1.

    Attributes:
        domain: the space of the model.
        codomain: the space of the data.
        prior: what was believed before.
        mean: the most probable model, ``[*batch, *domain.shape]``.
        covariance: (Jᵀ C_d⁻¹ J + C_m⁻¹)⁻¹, ``[*batch, n, n]``.
        resolution: R = C_post Jᵀ C_d⁻¹ J, ``[*batch, n, n]``: row i says how the estimate of parameter i averages the
            true model (minus the prior mean). The identity where data say all, 0 where they say nothing.
        prediction: the data of ``mean``, ``[*batch, *codomain.shape]``; NaN where the model has none.
        residual: (data - prediction)/sigma, ``[*batch, *codomain.shape]``; NaN where either is missing.
        chi2: squared whitened residuals per datum, ``[*batch]``; lost data count :data:`LOST_RESIDUAL` squared each;
            NaN without data.
        count: number of data, ``[*batch]``.
        lost: how many of them do not exist in ``mean``, ``[*batch]``.
        importance: of each datum (Minster et al. 1974), ``[*batch, *codomain.shape]``: the diagonal of the data
            resolution J C_post Jᵀ C_d⁻¹, which sums to ``information``. 1 where a datum alone decides its own
            prediction, 0 where the others and the prior know it already; with correlated noise it may leave that range.
            NaN where a datum is missing or lost.
        information: the trace of R, the number of parameters that the data determine, ``[*batch]``.
        p_fit: probability of residuals at least as large if the prior and the noise are right, ``[*batch]``. Their
            squared sum is expected to be ``count`` - ``information``.
        p_prior: probability that the model is as far from the prior mean, likewise, ``[*batch]``. A small value with a
            good fit warns of a model that fits but that the prior deems implausible.
        status: :class:`Status` as uint8, ``[*batch]``.
        log_evidence: the logarithm of the probability density of the data under this maximum's share of the prior, in
            Laplace's approximation, ``[*batch]``: of the likelihood and prior there, and of the width of the posterior
            over that of the prior. Up to a constant of the data and their noise, so differences compare maxima and
            priors. Bounds are not applied; at the end of a stalled walk it is no evidence of a maximum.
        significance: the ``p_fit`` below which the status is UNEXPLAINED.
        blocked: stalled because the steps left would have lost data that the model predicts, ``[*batch]``.
        edge: which data those are, ``[*batch, *codomain.shape]``: the model sits where they are about to cease to
            exist, such as modes at their cutoff.
        at_bound: which parameters sit at a bound, ``[*batch, *domain.shape]``.
        iterations: steps tried, ``[*batch]``.
        history: ``chi2`` at the start and after each step, ``[iteration, *batch]``; constant once a site is done.
    """

    domain: Space
    codomain: Space
    prior: GaussianPrior
    mean: Float[Tensor, "..."]
    covariance: Float[Tensor, "*batch n n"]
    resolution: Float[Tensor, "*batch n n"]
    prediction: Float[Tensor, "..."]
    residual: Float[Tensor, "..."]
    chi2: Float[Tensor, "*batch"]
    count: Int[Tensor, "*batch"]
    lost: Int[Tensor, "*batch"]
    importance: Float[Tensor, "..."]
    information: Float[Tensor, "*batch"]
    p_fit: Float[Tensor, "*batch"]
    p_prior: Float[Tensor, "*batch"]
    status: UInt8[Tensor, "*batch"]
    log_evidence: Float[Tensor, "*batch"]
    significance: float
    blocked: Bool[Tensor, "*batch"]
    edge: Bool[Tensor, "..."]
    at_bound: Bool[Tensor, "..."]
    iterations: Int[Tensor, "*batch"]
    history: Float[Tensor, "iteration ..."]

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """The leading dimensions: one inversion each."""
        return tuple(self.status.shape)

    @property
    def sigma(self) -> Float[Tensor, "..."]:
        """Posterior standard deviations, shaped like ``mean``."""
        return self._as_model(self.covariance.diagonal(dim1=-2, dim2=-1).sqrt())

    @property
    def shrinkage(self) -> Float[Tensor, "..."]:
        """Posterior over prior standard deviation, shaped like ``mean``: near 1 the data said nothing, near 0 all."""
        return self.sigma / self.prior.sigma

    @property
    def resolution_diagonal(self) -> Float[Tensor, "..."]:
        """The diagonal of ``resolution``, shaped like ``mean``. It falls with finer grids; ``shrinkage`` does not."""
        return self._as_model(self.resolution.diagonal(dim1=-2, dim2=-1))

    def spread(self, axis: str) -> Float[Tensor, "..."]:
        """How far the estimate of each parameter averages along a model axis.

        The root of Σ_j R_ij² (x_j - x_i)² / Σ_j R_ij² (Backus & Gilbert 1968 with a quadratic weight).

        Args:
            axis: a model axis with coordinates, such as ``"depth"``.

        Returns:
            Shaped like ``mean``, in the unit of the coordinate (km for depth); NaN where nothing is resolved.
        """
        x = self._coordinate(axis)
        shape = [1] * self.domain.ndim
        shape[self.domain.axes.index(axis)] = -1
        x = x.reshape(shape).expand(self.domain.shape).reshape(-1)
        weight = self.resolution.square()
        return self._as_model(((weight * (x[:, None] - x).square()).sum(-1) / weight.sum(-1)).sqrt())

    def resolved_to(self, axis: str, shrinkage: float = 0.5, *, gaps: bool = False) -> Float[Tensor, "..."]:
        """The largest coordinate down to which all parameters are resolved, such as the resolved depth.

        Args:
            axis: a model axis with increasing coordinates.
            shrinkage: a parameter is resolved where posterior over prior sigma is at most this.
            gaps: take the largest coordinate of a resolved parameter, whatever lies before it.

        Returns:
            ``[*batch, *domain.shape without axis]`` in the unit of the coordinate; NaN where already the first
            parameter is not resolved, or none with ``gaps``.
        """
        x, along = self._coordinate(axis), len(self.batch_shape) + self.domain.axes.index(axis)
        good = (self.shrinkage <= shrinkage).movedim(along, -1).long()
        number = (good * torch.arange(1, len(x) + 1)).amax(-1) if gaps else good.cumprod(-1).sum(-1)
        return torch.where(number > 0, x[(number - 1).clamp(min=0)], torch.nan)

    def average(self, weights: Float[Tensor, "..."]) -> Average:
        """A weighted mean of parameters, or any other linear combination, with its sigma and averaging kernel.

        Args:
            weights: ``[*domain.shape]``, or with the leading dimensions of the batch; such as
                :func:`~seisgrad.inversion.depth_average`, or the difference of two of them for a contrast.

        Raises:
            InputError: weights that do not fit the model, or are not finite.
        """
        given = torch.as_tensor(weights, dtype=self.mean.dtype, device=self.mean.device)
        n, lead = self.domain.size, given.ndim - self.domain.ndim
        fits = lead >= 0 and given.shape[lead:] == self.domain.shape
        if not (fits and given.shape[:lead] in ((), self.batch_shape) and given.isfinite().all()):
            raise InputError(
                f"the weights have shape {tuple(given.shape)}, expected {self.domain.shape}, or with the batch "
                f"{self.batch_shape} in front, and finite values"
            )
        w = given.reshape((*given.shape[:lead], n)).expand(*self.batch_shape, n)
        means = (
            mean.reshape((*mean.shape[: mean.ndim - self.domain.ndim], n))
            for mean in (self.mean, self.prior.mean)
        )
        value, prior_value = ((w * mean).sum(-1) for mean in means)
        sigma, prior_sigma = (
            ((w[..., None, :] @ covariance)[..., 0, :] * w).sum(-1).sqrt()
            for covariance in (self.covariance, self.prior.covariance)
        )
        kernel = self._as_model((w[..., None, :] @ self.resolution)[..., 0, :])
        return Average(value, sigma, prior_value, prior_sigma, kernel)

    def requires(self, weights: Float[Tensor, "..."], value: float | Tensor = 0.0) -> Bool[Tensor, "*batch"]:
        """Where the data require a linear combination of parameters to differ from a value.

        A low-velocity zone, say, is one where the mean over it minus that above is negative; the data require it where
        they are :data:`~seisgrad.inversion.average.ODDS` times as probable with the difference free as with none. The
        numbers behind it are those of :meth:`average`.

        Args:
            weights: as of :meth:`average`.
            value: to compare with; the combination of the prior mean asks whether data require a change.

        Raises:
            InputError: as :meth:`average`.
        """
        return self.average(weights).log_ratio(value) > math.log(ODDS)

    @property
    def excursion_required(self) -> Bool[Tensor, "..."]:
        """Where the data require a parameter to differ from its prior mean, shaped like ``mean``.

        Elsewhere an excursion of ``mean`` is carried there by the prior's correlation with parameters that the data do
        require, and a model without it explains the data about as well.
        """
        before = self.prior.mean
        return log_ratio(before, self.mean, self.sigma, before, self.prior.sigma) > math.log(ODDS)

    def sample(self, number: int, seed: int | torch.Generator) -> Float[Tensor, "number ..."]:
        """Draw models from the Gaussian (bounds are not applied), ``[number, *batch, *domain.shape]``."""
        return draw(self.mean, torch.linalg.cholesky(self.covariance), self.domain.shape, number, seed)

    def message(self, *site: int) -> str:
        """What became of one site, in words.

        Args:
            *site: its index in the batch, one number per batch dimension (none without batch).

        Raises:
            InputError: as many indices as there are batch dimensions were not given.
        """
        if len(site) != len(self.batch_shape):
            raise InputError(
                f"received site {site}, expected {len(self.batch_shape)} indices for {self.batch_shape}"
            )
        count, lost, tried = (int(part[site]) for part in (self.count, self.lost, self.iterations))
        if count == 0:
            return "There are no data: the posterior is the prior."
        chi2, p_fit, p_prior = (float(part[site]) for part in (self.chi2, self.p_fit, self.p_prior))
        information = float(self.information[site])
        expected = (count - information) / count
        fit = f"χ² per datum {chi2:.3g} over {count} data (expected {expected:.2g}, p = {p_fit:.2g})"
        missing = (
            f"{lost} of {count} data do not exist in the model (a residual of {LOST_RESIDUAL:g} sigma each). "
        )
        loss = missing if lost else ""
        if self.status[site] == Status.STALLED:
            lossy = "the steps left to it lose data that the model predicts"
            why = lossy if self.blocked[site] else "it ran out of steps, or of steps that lead down"
            edge = int(self.edge[site].sum())
            advice = (
                "Start elsewhere, allow more iterations, or check that the operator's derivative is right."
            )
            if edge and p_fit >= self.significance:
                advice = (
                    f"The model explains the data and sits where {edge} of them cease to exist, such as modes at their "
                    "cutoff: start again from it without those."
                )
            return f"Stalled after {tried} steps before the maximum ({why}): {fit}. {loss}{advice}"
        if self.status[site] == Status.UNEXPLAINED:
            return (
                f"Not explained: no model near this one that the prior allows fits better than {fit}. {loss}"
                "Check the data for outliers and contradictions, whether their sigma is too small, and the prior."
            )
        doubt = ""
        if p_prior < self.significance:
            doubt = f" The model fits, but the prior deems one so far from its mean implausible (p = {p_prior:.2g})."
        return f"Converged in {tried} steps: {fit}; the data determine {information:.1f} parameters.{doubt}"

    @property
    def summary(self) -> str:
        """The message of a single inversion; for a batch, how many ended how."""
        if not self.batch_shape:
            return self.message()
        number = {status: int((self.status == status).sum()) for status in Status}
        return ", ".join(f"{n} {status.name.lower()}" for status, n in number.items())

    def _as_model(self, flat: Tensor) -> Tensor:
        return flat.reshape((*self.batch_shape, *self.domain.shape))

    def _coordinate(self, axis: str) -> Tensor:
        if axis not in self.domain.coords:
            raise InputError(
                f"the model {self.domain} has no coordinates along {axis!r}, which this measure needs"
            )
        return torch.as_tensor(self.domain.coords[axis], dtype=self.mean.dtype, device=self.mean.device)
