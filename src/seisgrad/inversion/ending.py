"""From where walks ended to the tensors of a posterior: uncertainty, fit, probabilities, status."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from seisgrad.inversion.point import Point
from seisgrad.inversion.posterior import LOST_RESIDUAL, Posterior, Status
from seisgrad.inversion.prior import GaussianPrior
from seisgrad.inversion.problem import Linearisation, Problem, curvature_factor


@dataclass(frozen=True, eq=False)
class Ending:
    """Where the iterations of some sites ended; first axis site, except ``history``: iteration, site."""

    sites: Int[Tensor, " site"]
    at: Linearisation
    converged: Bool[Tensor, " site"]
    blocked: Bool[Tensor, " site"]  # the last step rejected would have lost data
    iterations: Int[Tensor, " site"]
    history: Float[Tensor, "iteration site"]


def chi_square(problem: Problem, at: Point, sites: Int[Tensor, " site"]) -> Float[Tensor, " site"]:
    """Squared whitened residuals per datum, lost data included; NaN without data."""
    observed = problem.data[sites].isfinite()
    lost = (observed & ~at.predicted).sum(-1)
    return (at.residual.square().sum(-1) + LOST_RESIDUAL**2 * lost) / observed.sum(-1)


def gather(
    problem: Problem, prior: GaussianPrior, parts: list[dict[str, Tensor]], significance: float
) -> Posterior:
    """The posterior of all sites from the descriptions of its parts, in order."""
    model, data, n = problem.op.domain, problem.op.codomain, problem.op.domain.size
    inner = {"mean": model.shape, "at_bound": model.shape, "prediction": data.shape, "residual": data.shape}
    inner |= {"importance": data.shape, "edge": data.shape, "covariance": (n, n), "resolution": (n, n)}
    whole = {
        name: value.reshape((*problem.batch, *inner.get(name, value.shape[1:])))
        for name, value in join(parts).items()
    }
    whole["history"] = whole["history"].movedim(-1, 0)
    return Posterior(domain=model, codomain=data, prior=prior, significance=significance, **whole)


def join(parts: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    """The descriptions of some sites after those of others; sites that are done stay where they are."""
    longest = max(part["history"].shape[1] for part in parts)
    histories = [part["history"] for part in parts]
    histories = [torch.cat([h, h[:, -1:].expand(-1, longest - h.shape[1])], 1) for h in histories]
    whole = {name: torch.cat([part[name] for part in parts]) for name in parts[0].keys() - {"history"}}
    return whole | {"history": torch.cat(histories)}


def take(part: dict[str, Tensor], which: Tensor) -> dict[str, Tensor]:
    """The description of the sites ``which`` (indices or mask)."""
    return {name: value[which] for name, value in part.items()}


def describe(problem: Problem, ending: Ending, significance: float) -> dict[str, Tensor]:
    """All tensors of the posterior of some sites, flat; the first axis is the site."""
    at, sites = ending.at, ending.sites
    prior = problem.prior_factor(sites)
    factor = curvature_factor(at.slope, torch.zeros_like(at.z[:, 0]))
    root = torch.linalg.solve_triangular(factor, prior.mT, upper=False)  # (AᵀA + 1)^-½ Lᵀ
    unit = torch.eye(factor.shape[-1], dtype=factor.dtype, device=factor.device)
    resolved = unit - torch.cholesky_inverse(factor)  # R in whitened coordinates
    resolution = torch.linalg.solve_triangular(prior, prior @ resolved, upper=False, left=False)
    information = resolved.diagonal(dim1=-2, dim2=-1).sum(-1)
    second = resolved.square().sum((-2, -1))
    spread = torch.linalg.solve_triangular(factor, at.slope.mT, upper=False).mT  # A (AᵀA + 1)^-½
    importance = problem.noise.own_share(spread, at.predicted, sites)
    observed = problem.data[sites].isfinite()
    used = at.predicted.sum(-1)
    lost = observed.sum(-1) - used
    # Under the prior and the noise the whitened residual has covariance (1 + AAᵀ)⁻¹ and z has R: two quadratic forms.
    # They are taken at the end of the step, shorter than the tolerance, that was left: data that are all but fitted by
    # construction have weights so small that it would tell.
    step, _, _ = problem.step(at, sites, torch.zeros_like(at.z[:, 0]))
    blocked = ending.blocked & ~ending.converged
    edge = torch.zeros_like(at.predicted)
    if blocked.any():
        beyond = problem.linearise(at.z[blocked] + step[blocked], sites[blocked], on_trial=True).predicted
        edge[blocked] = at.predicted[blocked] & ~beyond & beyond.any(-1, keepdim=True)
    step = torch.where(ending.converged[:, None], step, 0.0)
    residual = at.residual - (at.slope @ step[..., None])[..., 0]
    p_fit = _tail(residual.square().sum(-1), used - information, used - 2 * information + second)
    p_prior = _tail((at.z + step).square().sum(-1), information, second)
    misfit = at.residual.square().sum(-1) + LOST_RESIDUAL**2 * lost + at.z.square().sum(-1)
    log_evidence = -misfit / 2 - factor.diagonal(dim1=-2, dim2=-1).log().sum(-1)
    status = torch.full_like(ending.iterations, Status.STALLED, dtype=torch.uint8)
    status[ending.converged] = Status.CONVERGED
    status[ending.converged & ((p_fit < significance) | (lost > 0))] = Status.UNEXPLAINED
    sigma = problem.noise.sigma(sites)
    touched = torch.zeros_like(at.model, dtype=torch.bool)
    if problem.bounds is not None:
        touched = problem.bounds.touched(at.model, prior.square().sum(-1).sqrt())
    return {
        "mean": at.model,
        "covariance": root.mT @ root,
        "resolution": resolution,
        "prediction": at.prediction,
        "residual": (problem.data[sites] - at.prediction) / sigma,
        "chi2": chi_square(problem, at, sites),
        "count": observed.sum(-1),
        "lost": lost,
        "importance": importance.masked_fill(~at.predicted, torch.nan),
        "information": information,
        "p_fit": p_fit,
        "p_prior": p_prior,
        "status": status,
        "blocked": blocked,
        "edge": edge,
        "at_bound": touched,
        "iterations": ending.iterations,
        "log_evidence": log_evidence,
        "history": ending.history.mT,
    }


def _tail(
    value: Float[Tensor, " site"], first: Float[Tensor, " site"], second: Float[Tensor, " site"]
) -> Float[Tensor, " site"]:
    """The probability that a sum of w_k χ²_1 exceeds ``value``, given Σw_k and Σw_k² (Satterthwaite 1946).

    The sum is taken as a χ² with (Σw)²/Σw² degrees of freedom, scaled by Σw²/Σw; exact where all weights are 0 or 1.
    """
    return torch.special.gammaincc(first.square() / second / 2, value * first / second / 2)
