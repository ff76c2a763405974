"""Surrogate for speed, physics for truth: what a surrogate's inversion says is carried over to the exact operator.

A surrogate with wrong values fits the wrong model, one with wrong kernels believes the wrong uncertainty, and neither
shows in its own misfit. :func:`finish` goes on with exact Gauss-Newton steps from the surrogate's model, which is near,
so that few are needed; what comes out is the posterior of the exact operator, whatever the surrogate was like.
:func:`reweigh` takes no exact derivative: samples of the surrogate's posterior count as much as the exact operator
finds them probable.
"""

import logging
from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seisgrad.errors import InputError
from seisgrad.inversion.bounds import Bounds
from seisgrad.inversion.ending import Ending, chi_square, describe, gather
from seisgrad.inversion.gauss_newton import gauss_newton, together
from seisgrad.inversion.noise import Noise
from seisgrad.inversion.posterior import LOST_RESIDUAL, Posterior, Status
from seisgrad.inversion.problem import Problem, lay_out
from seisgrad.operator import Map

_log = logging.getLogger(__name__)

ENOUGH = 0.1
"""Share of the samples that have to count, or a weighted result is not to be believed."""
_OFF_BOUND = 1e-6  # of the way back to the prior mean: from a bound itself no step can start
_AT_ONCE = 1024  # samples evaluated together, to bound memory


@dataclass(frozen=True, eq=False)
class Finished:
    """What physics makes of a surrogate's inversion.

    Attributes:
        posterior: of the exact operator.
        surrogate: the posterior that the surrogate believes.
    """

    posterior: Posterior
    surrogate: Posterior

    @property
    def believed(self) -> Float[Tensor, "*batch"]:
        """χ² per datum of the surrogate's model, by the surrogate itself."""
        return self.surrogate.chi2

    @property
    def before(self) -> Float[Tensor, "*batch"]:
        """χ² per datum of the surrogate's model, by the exact operator."""
        return self.posterior.history[0]

    @property
    def after(self) -> Float[Tensor, "*batch"]:
        """χ² per datum of the final model, by the exact operator."""
        return self.posterior.chi2

    @property
    def steps(self) -> Int[Tensor, "*batch"]:
        """Exact steps that were tried."""
        return self.posterior.iterations

    @property
    def shift(self) -> Float[Tensor, "*batch"]:
        """The largest change of a parameter from the surrogate's model to the final one, in exact sigmas."""
        moved = (self.posterior.mean - self.surrogate.mean).abs() / self.posterior.sigma
        return moved.flatten(len(self.posterior.batch_shape)).amax(-1)

    def message(self, *site: int) -> str:
        """What the surrogate believed and what physics says, in words.

        Args:
            *site: its index in the batch, one number per batch dimension (none without batch).
        """
        return f"{self._misfits(*site)} {self._way(*site)}"

    def _misfits(self, *site: int) -> str:
        believed, before, after = (float(part[site]) for part in (self.believed, self.before, self.after))
        return (
            f"The surrogate believes that its model fits with χ² per datum {believed:.3g}; by the exact operator it is "
            f"{before:.3g}, and {after:.3g} in the end."
        )

    def _way(self, *site: int) -> str:
        steps = int(self.steps[site])
        return (
            f"{steps} exact step{'' if steps == 1 else 's'} moved the model by {float(self.shift[site]):.2g} sigma at "
            "most."
        )


@dataclass(frozen=True, eq=False)
class Weighted(Finished):
    """Samples of a surrogate's posterior, weighted by the exact one.

    Attributes:
        posterior: mean and sigmas of the weighted samples. All else is that of the exact operator linearised at this
            mean: correlations, resolution, fit, status.
        surrogate: the posterior that the surrogate believes, of which the samples are.
        models: the samples, ``[number, *batch, *domain.shape]``.
        weight: of each, ``[number, *batch]``; they add up to 1.
    """

    models: Float[Tensor, "number ..."]
    weight: Float[Tensor, "number ..."]

    @property
    def effective(self) -> Float[Tensor, "*batch"]:
        """How many equally weighted samples would say as much, 1/Σw² (Kong 1992)."""
        return 1 / self.weight.square().sum(0)

    def _way(self, *site: int) -> str:
        number, effective = len(self.weight), float(self.effective[site])
        count = f"{effective:.0f} of {number} samples count."
        if effective >= ENOUGH * number:
            return f"{count} Their weights moved the model by {float(self.shift[site]):.2g} sigma at most."
        return (
            f"Only {count} The surrogate's posterior misses the exact one, and mean and sigma by weights are not to be "
            "believed: finish by exact steps."
        )


def finish(
    exact: Map,
    surrogate: Posterior,
    data: Float[Tensor, "..."],
    noise: float | Float[Tensor, "..."] | Noise,
    *,
    bounds: tuple[object, object] | None = None,
    **settings: Any,
) -> Finished:
    """The posterior of the exact operator, by Gauss-Newton steps from the model that a surrogate has found.

    Args:
        exact: the operator to believe.
        surrogate: the posterior of another operator for the same data; its prior is used.
        data: ``[*batch, *codomain.shape]``; NaN where there is none.
        noise: standard deviations that broadcast to ``data``, or :class:`~seisgrad.inversion.Correlated`.
        bounds: ``(lower, upper)``, each broadcasting to one model; those that the surrogate's inversion had.
        **settings: further ones of :func:`~seisgrad.inversion.gauss_newton`.

    Raises:
        InputError: a surrogate's model that is no earth for the exact operator, or what ``gauss_newton`` refuses.
    """
    away = surrogate.prior.mean - surrogate.mean
    start = surrogate.mean + torch.where(surrogate.at_bound, _OFF_BOUND * away, 0.0)
    posterior = gauss_newton(exact, data, noise, surrogate.prior, start=start, bounds=bounds, **settings)
    return Finished(posterior, surrogate)


def reweigh(
    exact: Map,
    surrogate: Posterior,
    data: Float[Tensor, "..."],
    noise: float | Float[Tensor, "..."] | Noise,
    number: int,
    seed: int,
    *,
    bounds: tuple[object, object] | None = None,
) -> Weighted:
    """Mean and sigma of the exact posterior from samples of a surrogate's, by self-normalised importance weights.

    A sample m counts w ∝ exp(-φ(m))/q(m), with φ the misfit and prior of the exact operator and q the Gaussian that the
    surrogate believes (Owen 2013, Monte Carlo theory, methods and examples, ch. 9). In a linear problem whose surrogate
    is off by δ posterior sigmas the share exp(-δ²) of the samples counts: weights correct what is nearly right. No
    derivative of the exact operator enters mean and sigma, and its posterior need not be Gaussian. A datum that was
    observed and does not exist in a model costs a residual of ten sigma, as it does in χ².

    Args:
        exact: the operator to believe.
        surrogate: the posterior of another operator for the same data (or of the same one: then the weights tell how
            Gaussian it is); its prior is used.
        data: ``[*batch, *codomain.shape]``; NaN where there is none.
        noise: standard deviations that broadcast to ``data``, or :class:`~seisgrad.inversion.Correlated`.
        number: of samples; one evaluation of the exact operator each.
        seed: of the samples.
        bounds: ``(lower, upper)``, each broadcasting to one model; samples beyond do not count.

    Raises:
        InputError: fewer than two samples, data of other sites than the posterior's, a site of which all samples lie
            beyond the bounds, or what ``gauss_newton`` refuses.
    """
    if number < 2:
        raise InputError(f"number is {number}, expected at least 2 samples")
    problem, _ = lay_out(exact, data, noise, surrogate.prior, None, None)
    if problem.batch != surrogate.batch_shape:
        raise InputError(
            f"the data are those of sites {problem.batch}, expected those of the posterior, {surrogate.batch_shape}"
        )
    models = surrogate.sample(number, seed)
    flat = models.reshape(number, len(problem.data), -1)
    odds = -_energy(problem, flat) + _gaussian_energy(surrogate, flat)
    if bounds is not None:
        box = Bounds.of(bounds, surrogate.domain.shape, flat.dtype)
        odds = odds.masked_fill(((flat < box.lower) | (flat > box.upper)).any(-1), -torch.inf)
    if (odds == -torch.inf).all(0).any():
        raise InputError(
            f"at a site all {number} samples lie beyond the bounds: draw more, or finish by steps"
        )
    weight = odds.softmax(0)
    posterior = _at_mean(problem, surrogate, flat, weight)
    found = Weighted(posterior, surrogate, models, weight.reshape(number, *problem.batch))
    if few := int((found.effective < ENOUGH * number).sum()):
        _log.warning("reweigh: too few samples count at %d of %d sites", few, len(problem.data))
    return found


def _energy(problem: Problem, models: Float[Tensor, "number site parameter"]) -> Float[Tensor, "number site"]:
    """φ of models, lost data included."""
    number, sites = models.shape[:2]
    parts = []
    for rows in torch.arange(number * sites, device=models.device).split(_AT_ONCE):
        here = rows % sites
        at = problem.predict(problem.whitened(models.flatten(0, 1)[rows], here), here)
        lost = (problem.data[here].isfinite() & ~at.predicted).sum(-1)
        square = at.residual.square().sum(-1) + at.z.square().sum(-1) + LOST_RESIDUAL**2 * lost
        parts.append(square / 2)
    return torch.cat(parts).reshape(number, sites)


def _gaussian_energy(
    posterior: Posterior, models: Float[Tensor, "number site parameter"]
) -> Float[Tensor, "number site"]:
    """½ (m - mean)ᵀ C⁻¹ (m - mean)."""
    n = models.shape[-1]
    factor = torch.linalg.cholesky(posterior.covariance.reshape(-1, n, n))
    away = (models - posterior.mean.reshape(-1, n))[..., None]
    return torch.linalg.solve_triangular(factor, away, upper=False).square().sum((-2, -1)) / 2


def _at_mean(
    problem: Problem,
    surrogate: Posterior,
    models: Float[Tensor, "number site parameter"],
    weight: Float[Tensor, "number site"],
) -> Posterior:
    """The exact operator linearised at the weighted mean, with the sigmas of the weighted samples."""
    mean = (weight[..., None] * models).sum(0)
    variance = (weight[..., None] * (models - mean).square()).sum(0)
    every = torch.arange(len(mean), device=mean.device)
    z, first = (problem.whitened(m, every) for m in (mean, surrogate.mean.reshape(mean.shape)))
    settled, iterations = (surrogate.status != Status.STALLED).reshape(-1), surrogate.iterations.reshape(-1)
    parts = []
    for sites in every.split(together(problem)):
        at = problem.linearise(z[sites], sites, on_trial=True)
        history = [chi_square(problem, point, sites) for point in (problem.predict(first[sites], sites), at)]
        blocked = torch.zeros_like(settled[sites])
        ending = Ending(sites, at, settled[sites], blocked, iterations[sites], torch.stack(history))
        parts.append(describe(problem, ending, surrogate.significance))
    posterior = gather(problem, surrogate.prior, parts, surrogate.significance)
    ratio = variance.sqrt() / posterior.sigma.reshape(variance.shape)
    scale = (ratio[:, :, None] * ratio[:, None, :]).reshape(posterior.covariance.shape)
    return replace(posterior, covariance=scale * posterior.covariance)
