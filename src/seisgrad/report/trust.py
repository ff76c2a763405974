"""Can one bet on a profile? The size of its errors, single data that decide, and the Gaussian itself, each examined."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from seisgrad.dispersion.invert import Inversion, operator_of
from seisgrad.inversion import (
    GaussianPrior,
    Posterior,
    Reweighted,
    Scaled,
    Status,
    estimate_noise,
    randomised_maximum_likelihood,
    robust,
)
from seisgrad.operator import Operator, Space
from seisgrad.report.findings import resolved, title

MEMBERS, SEED = 200, 20010113
"""Of the ensemble: its standard deviations are then known to 5 %."""
LIGHT = 0.5
"""Weight under Huber's misfit below which a datum is called an outlier: its residual is beyond 2.7 sigma."""
TELLING = 2.0
"""In standard deviations: from here on the size of the errors counts as other than assumed."""


class WithShared(Operator):
    """Data with errors that move all of them together, which become unknowns beside those of an earth.

    F(m) + Σ_k a_k p_k with a_k ~ N(0, 1) says the same as F(m) with the covariance Σ_k p_k p_kᵀ added to that of the
    data, and leaves data whose errors are independent, so that single ones can be weighed.

    Args:
        forward: from the unknowns of an earth, one axis, to the data.
        patterns: by how much one standard deviation of each shared error moves each datum; NaN counts as not at all.
    """

    def __init__(self, forward: Operator, patterns: Float[Tensor, "pattern branch period"]) -> None:
        self.forward, self.patterns = forward, patterns.nan_to_num(0.0)
        self.earths, number = forward.domain.size, forward.domain.size + len(patterns)
        units = (str(forward.domain.unit),) * self.earths + ("1",) * len(patterns)
        self.domain = Space("earth and shared errors", ("unknown",), (number,), units)
        self.codomain = forward.codomain

    def apply(self, x: Float[Tensor, "*batch unknown"]) -> Float[Tensor, "*batch branch period"]:
        """The data of the earth, moved."""
        shared = torch.tensordot(x[..., self.earths :], self.patterns.to(x.dtype), 1)
        return self.forward(x[..., : self.earths]) + shared

    def prior(self, earth: GaussianPrior) -> GaussianPrior:
        """The prior of the earth, and a standard normal for each shared error."""
        number = len(self.patterns)
        covariance = torch.block_diag(earth.covariance, torch.eye(number, dtype=torch.float64))
        return GaussianPrior(torch.cat([earth.mean, earth.mean.new_zeros(number)]), covariance)


@dataclass(frozen=True, eq=False)
class Trust:
    """What became of an inversion when its assumptions were moved; models hold the rock first, then shared errors.

    Attributes:
        inversion: the one that is examined.
        size: with errors of a size that the misfit decides.
        weighed: under Huber's misfit.
        members: vs of the most probable models for redrawn data and priors, ``[member, rock]``.
    """

    inversion: Inversion
    size: Scaled
    weighed: Reweighted
    members: Float[Tensor, "member rock"]

    @property
    def shift(self) -> Float[Tensor, " rock"]:
        """Mean of the members minus the most probable vs, in posterior standard deviations."""
        posterior = self.inversion.posterior
        return (self.members.mean(0) - posterior.mean) / posterior.sigma

    @property
    def widening(self) -> Float[Tensor, " rock"]:
        """Standard deviation of the members over the posterior's."""
        return self.members.std(0) / self.inversion.posterior.sigma

    @property
    def light(self) -> Bool[Tensor, "branch period"]:
        """The outliers."""
        return self.weighed.weight < LIGHT

    def moved(self, other: Posterior) -> float:
        """By how much another posterior moves vs where the data speak, at most, in posterior standard deviations."""
        posterior = self.inversion.posterior
        change = (other.mean[: len(posterior.mean)] - posterior.mean) / posterior.sigma
        return float(change[resolved(self.inversion)].abs().max())


def examine(inversion: Inversion, shared: Float[Tensor, "pattern branch period"]) -> Trust:
    """Examine an inversion of the exact operator.

    Args:
        inversion: with at least one depth where the data speak.
        shared: its errors that move all data together, as for :func:`~seisgrad.dispersion.invert.invert`.
    """
    forward = operator_of(None, inversion.survey, inversion.starting) @ inversion.starting.tie
    op = WithShared(forward, shared)
    prior = op.prior(inversion.starting.prior)
    data, sigma = inversion.observed, inversion.sigma
    many = randomised_maximum_likelihood(op, data, sigma, prior, MEMBERS, SEED)
    members = many.mean[many.status == Status.CONVERGED][:, : op.earths]
    return Trust(inversion, estimate_noise(op, data, sigma, prior), robust(op, data, sigma, prior), members)


def say_trust(trust: Trust) -> list[str]:
    """The findings, one sentence or two each."""
    return [_say_size(trust), _say_outliers(trust), _say_carriers(trust.inversion), _say_gaussian(trust)]


def _say_size(trust: Trust) -> str:
    factor, doubt = float(trust.size.factor), float(trust.size.factor_sigma)
    off = abs(torch.tensor(factor).log().item()) > TELLING * doubt
    verdict = "not what was assumed" if off else "what was assumed, within its uncertainty"
    return (
        f"The errors: the misfit asks for {factor:.2f} times the assumed ones, known to {100 * doubt:.0f} %, which is "
        f"{verdict}. Errors of that size would move vs by at most {trust.moved(trust.size.posterior):.1f} sigma where "
        "the data speak."
    )


def _say_outliers(trust: Trust) -> str:
    weight, survey = trust.weighed.weight, trust.inversion.survey
    names = [
        f"{title(survey.branches[i])} at {float(survey.periods[j]):g} s ({float(weight[i, j]):.2f})"
        for i, j in trust.light.nonzero().tolist()
    ]
    lightest = float(weight[weight.isfinite()].min())
    found = f"no datum loses half of its weight (the smallest is {lightest:.2f})"
    if names:
        lose = "datum loses more than half of its" if len(names) == 1 else "data lose more than half of their"
        found = f"{len(names)} {lose} weight, {', '.join(names)}"
    return (
        f"Outliers: under a misfit that pulls no harder than 1.3 sigma, {found}, and vs moves by at most "
        f"{trust.moved(trust.weighed.posterior):.1f} sigma."
    )


def _say_carriers(inversion: Inversion) -> str:
    importance = inversion.posterior.importance.nan_to_num(0.0)
    total, order = float(importance.sum()), importance.flatten().argsort(descending=True)
    columns = importance.shape[1]
    first = [
        f"{title(inversion.survey.branches[k // columns])} at {float(inversion.survey.periods[k % columns]):g} s "
        f"({float(importance.flatten()[k]):.2f})"
        for k in order[:3].tolist()
    ]
    return (
        f"What carries it: of the {total:.1f} numbers that the data determine, the largest shares rest on "
        f"{', '.join(first)}; 1 would be a datum that nothing else checks."
    )


def _say_gaussian(trust: Trust) -> str:
    heard = resolved(trust.inversion)
    shift, widening = trust.shift[heard].abs().max(), trust.widening[heard]
    return (
        f"The Gaussian: {len(trust.members)} most probable models for redrawn data and priors, which follow a bent "
        f"posterior, have a mean within {float(shift):.2f} sigma of the most probable model where the data speak, and "
        f"{float(widening.min()):.2f} to {float(widening.max()):.2f} times its sigma (chance alone: ± "
        f"{2 / len(trust.members) ** 0.5:.2f} and ± {(2 / len(trust.members)) ** 0.5:.2f})."
    )
