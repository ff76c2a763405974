"""Earths recovered from their curves, Figure 2 of Yu, Cai & Liu (2026), with intervals that are held against the truth.

A true earth has structure between the control points, so that an operator at the straight lines nearest to it differs
from the data by more than the noise. By how much is measured on draws of the ensemble: the bias is taken off, and the
covariance is part of the data's errors (Kaipio & Somersalo 2007, J. Comput. Appl. Math. 198, 493). What an operator
gets wrong by itself is in both. Beside it stands what the noise alone would claim.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from seisgrad.errors import InputError
from seisgrad.inversion import Correlated, GaussianPrior, Posterior, Status, gauss_newton
from seisgrad.operator import Function, Operator
from seisgrad.report.reproduce.kernels import BATCH, PARAMETERS, fitted
from seisgrad.report.reproduce.recovery_sites import NOISE, Experiment
from seisgrad.report.reproduce.table import Line

RANGES = ((0, 10), (10, 50), (50, 110))
"""Depths in km: without their lower end, the last one with it."""
LEVELS = (68, 95)
"""Per cent of probability that the central intervals claim."""
CASE, ALONE = "vs", "noise-alone"
"""The case of all depths; what stands behind it where the data's errors are taken to be the noise and nothing else."""
RECOVERED = ("coverage_68", "coverage_95", "fisher_scale")
"""The metrics of the intervals."""

_TOLERANCE = 0.3
"""Posterior standard deviations at which a walk ends: the values of a network are not smooth enough for less."""
_ITERATIONS = 20
_TOGETHER = 6
"""Starts from which every site is inverted; as many again, until there are no more, where its data stay unexplained."""


@dataclass(frozen=True, eq=False)
class Recovery:
    """What inversions with one operator make of the sites; vs alone, natural logarithms.

    Attributes:
        mean: the most probable of the maxima that were found, ``[site, point]``.
        covariance: there, ``[site, point, point]``.
        converged: whether the inversion says so itself.
        prediction: of ``mean``, ``[site, branch, period]``.
        first: of the prior mean, ``[branch, period]``.
        mean_alone: the same as ``mean`` where the data's errors are taken to be the noise alone, and
        sigma_alone: its standard deviations, ``[site, point]``.
    """

    mean: Float[Tensor, "site point"]
    covariance: Float[Tensor, "site point point"]
    converged: Bool[Tensor, " site"]
    prediction: Float[Tensor, "site branch period"]
    first: Float[Tensor, "branch period"]
    mean_alone: Float[Tensor, "site point"]
    sigma_alone: Float[Tensor, "site point"]

    @property
    def sigma(self) -> Float[Tensor, "site point"]:
        """Standard deviations of ``mean``."""
        return self.covariance.diagonal(dim1=-2, dim2=-1).sqrt()


def recover(
    operator: Operator, setting: Experiment, tell: Callable[[int], None] = lambda done: None
) -> Recovery:
    """Invert every site with an operator, from several starts, and keep the maximum with the largest evidence.

    Args:
        operator: from ``[3, depth]`` to the branches and periods of the table at least.
        setting: the sites.
        tell: called with the number of sites done, after each batch.

    Raises:
        InputError: an operator that does not fit, or that gives too few of the draws complete curves.
    """
    plain = setting.in_logarithms(fitted(operator, setting.depth))
    bias, covariance = error_of(plain, setting)
    unbiased = Function(lambda y: y + bias, plain.codomain, plain.codomain) @ plain
    noise = Correlated(covariance + NOISE**2 * torch.eye(len(covariance), dtype=torch.float64))
    with torch.no_grad():
        first = unbiased(setting.prior.mean)
    starts, vs = setting.starts(), PARAMETERS.index("vs")
    parts = []
    for some in torch.arange(len(setting.data)).split(BATCH):
        data = setting.data[some]
        best = _most_probable(unbiased, data, noise, setting.prior, starts[:, some])
        alone = _invert(plain, data, NOISE, setting.prior, best["mean"])
        unknowns = best["mean"].shape[1:]
        parts.append({
            "mean": best["mean"][:, vs],
            "covariance": best["covariance"].unflatten(-1, unknowns).unflatten(-3, unknowns)[:, vs, :, vs],
            "converged": best["status"] == Status.CONVERGED,
            "prediction": best["prediction"],
            "mean_alone": alone.mean[:, vs],
            "sigma_alone": alone.sigma[:, vs],
        })  # fmt: skip
        tell(int(some[-1]) + 1)
    whole = {name: torch.cat([part[name] for part in parts]) for name in parts[0]}
    return Recovery(first=first, **whole)


def error_of(
    operator: Operator, setting: Experiment
) -> tuple[Float[Tensor, "branch period"], Float[Tensor, "datum datum"]]:
    """Mean and covariance, over the draws, of the exact curves minus what an operator makes of the straight lines.

    Args:
        operator: between logarithms, see :meth:`Experiment.in_logarithms`.
        setting: with the draws.

    Raises:
        InputError: an operator that gives too few of the draws complete curves for a covariance.
    """
    with torch.no_grad():
        predicted = torch.cat([operator(draws) for draws in setting.draws.split(BATCH)])
    error = (setting.curves - predicted).flatten(1)
    error = error[error.isfinite().all(1)]
    if len(error) <= error.shape[1]:
        raise InputError(
            f"{len(error)} of {len(predicted)} draws have complete curves, expected more than {error.shape[1]} for the "
            "covariance of the operator's error"
        )
    return error.mean(0).reshape(operator.codomain.shape), torch.cov(error.mT)


def _most_probable(
    op: Operator,
    data: Float[Tensor, "site branch period"],
    noise: Correlated,
    prior: GaussianPrior,
    starts: Float[Tensor, "start site 3 point"],
) -> dict[str, Tensor]:
    """Of every site the end with the largest evidence; where it does not explain the data, of further starts too."""
    best: dict[str, Tensor] = {}
    left = torch.arange(len(data))
    for few in starts.split(_TOGETHER):
        walks = _invert(op, data[left], noise, prior, few[:, left])
        which = walks.log_evidence.argmax(0), torch.arange(len(left))
        names = ("mean", "covariance", "prediction", "status", "log_evidence", "p_fit", "lost")
        new = {name: getattr(walks, name)[which] for name in names}
        best = best or new
        better = new["log_evidence"] > best["log_evidence"][left]
        for name, values in new.items():
            best[name][left[better]] = values[better]
        unexplained = (best["p_fit"] < walks.significance) | (best["lost"] > 0)
        left = unexplained.nonzero()[:, 0]
        if not len(left):
            break
    return best


def _invert(
    op: Operator, data: Tensor, noise: float | Correlated, prior: GaussianPrior, start: Tensor
) -> Posterior:
    return gauss_newton(op, data, noise, prior, start=start, tolerance=_TOLERANCE, max_iterations=_ITERATIONS)


def recovery_lines(operator: str, found: Recovery, setting: Experiment) -> list[Line]:
    """How often the intervals of vs hold the truth, what sigma would have to be multiplied with, and how far off vs is.

    Of all sites, those that did not converge too, and of the control points down to 110 km: together and by range.
    """
    vs = PARAMETERS.index("vs")
    truth, prior = setting.truth[:, vs], setting.prior
    lines = []
    for low, high in ((0, RANGES[-1][-1]), *RANGES):
        last = setting.points <= high if high == RANGES[-1][-1] else setting.points < high
        inside = (setting.points >= low) & last
        case = CASE if (low, high) not in RANGES else f"{CASE} {low}-{high}"
        off = (truth - found.mean)[:, inside]
        alone = (truth - found.mean_alone)[:, inside]
        numbers = [(case, *pair) for pair in _measured(off, found.sigma[:, inside]).items()]
        before = 100.0 * (truth - prior.mean[vs])[:, inside].abs().median()
        numbers.append((case, "vs_error_median_percent_prior", float(before)))
        measured = _measured(alone, found.sigma_alone[:, inside])
        numbers += [(f"{case} {ALONE}", *pair) for pair in measured.items()]
        lines += [Line(operator, *number, off.numel(), 0) for number in numbers]
    converged = float(found.converged.double().mean())
    return [*lines, Line(operator, CASE, "converged", converged, len(found.converged), 0)]


def _measured(off: Float[Tensor, "site point"], sigma: Float[Tensor, "site point"]) -> dict[str, float]:
    """The metrics of truths that are ``off`` the mean of a Gaussian."""
    score = off / sigma
    claimed = torch.special.erf(
        score.abs() / 2.0**0.5
    )  # the probability of the interval that just holds the truth
    numbers = {f"coverage_{level}": (claimed <= level / 100.0).double().mean() for level in LEVELS}
    numbers |= {"fisher_scale": score.square().mean().sqrt()}
    numbers |= {"vs_error_median_percent": 100.0 * off.abs().median()}
    return {name: float(value) for name, value in numbers.items()}
