"""From curves to a posterior over the earth: the tie, the operator, the prior and the inversion put
together."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.dispersion.curves import DispersionCurves
from seisgrad.dispersion.starting_model import StartingModel
from seisgrad.dispersion.survey import Earth, Survey
from seisgrad.earth import LayeredModel, model_space
from seisgrad.errors import InputError
from seisgrad.inversion import Correlated, Posterior, gauss_newton
from seisgrad.operator import Operator, Space

FASTEST, SLOWEST = 1.8, 0.2
"""Bounds of vs as multiples of the prior mean: wide enough never to matter, narrow enough to stay an
earth."""

STEPS = 200
"""Most steps of an inversion: strongly layered ground makes long valleys, and a step takes milliseconds."""


@dataclass(frozen=True, eq=False)
class Inversion:
    """Dispersion curves and what they say about the earth.

    Attributes:
        survey: the branches and periods of the data.
        observed: km/s, ``[branch, period]``, NaN where there is no pick.
        sigma: one standard deviation of ``observed``, the floor included and the shared error not.
        starting: what was believed before.
        posterior: over the vs of the rock layers.
        prior_prediction: the data of the prior mean, ``[branch, period]``.
    """

    survey: Survey
    observed: Float[Tensor, "branch period"]
    sigma: Float[Tensor, "branch period"]
    starting: StartingModel
    posterior: Posterior
    prior_prediction: Float[Tensor, "branch period"]

    @property
    def model(self) -> LayeredModel:
        """The most probable earth."""
        return self.starting.model(self.posterior.mean)

    @property
    def predicted(self) -> Float[Tensor, "branch period"]:
        """The data of the most probable earth."""
        return self.posterior.prediction

    @property
    def residual(self) -> Float[Tensor, "branch period"]:
        """(observed - predicted) / sigma."""
        return self.posterior.residual


def invert(
    curves: DispersionCurves,
    starting: StartingModel,
    *,
    earth: Earth = "flat",
    floor: float | Float[Tensor, "branch period"] = 0.0,
    shared: Float[Tensor, "pattern branch period"] | None = None,
    operator: Callable[[Survey, Tensor], Callable[[Tensor], Tensor]] | None = None,
) -> Inversion:
    """Invert the curves of one site for the vs of its rock.

    Args:
        curves: picks of one site.
        starting: grid, prior and tie.
        earth: flat, or spherical by earth flattening.
        floor: error of the theory (a path of many structures, a one-dimensional model) as a fraction of the
            velocity, added in quadrature to each sigma; one number, or one per branch and period.
        shared: errors that move all data together, such as that of the origin time: by how much one standard
            deviation of each moves each datum, km/s.
        operator: makes the forward operator from ``(survey, depth)``; :class:`seisgrad.dispersion.Physics`
        by default.

    Raises:
        InputError: no picks, several sites, or curves that do not fit the operator.
    """
    survey = curves.survey(earth)
    observed, sigma = curves.gridded(survey)
    sigma = torch.hypot(sigma, floor * observed)
    forward = operator_of(operator, survey, starting) @ starting.tie
    prior = starting.prior
    bounds = (SLOWEST * prior.mean, FASTEST * prior.mean)
    noise = sigma if shared is None else _with_shared(sigma, shared)
    posterior = gauss_newton(forward, observed, noise, prior, bounds=bounds, max_iterations=STEPS)
    with torch.no_grad():
        before = forward(prior.mean)
    return Inversion(survey, observed, sigma, starting, posterior, before)


def _with_shared(sigma: Tensor, shared: Float[Tensor, "pattern branch period"]) -> Correlated:
    """Independent errors and those that all data share; what stands at missing data does not matter."""
    patterns = shared.nan_to_num(0.0).flatten(1)
    variance = sigma.square().nan_to_num(1.0).flatten()
    return Correlated(torch.diag(variance) + patterns.mT @ patterns)


def _exact(survey: Survey, depth: Tensor) -> Operator:
    from seisgrad.dispersion.physics import Physics  # compiles: only where it is used

    return Physics(survey, depth)


class _Callable(Operator):
    """Somebody's differentiable function from ``[..., 3, depth]`` to ``[..., branch, period]``, as an
    operator."""

    def __init__(self, function: Callable[[Tensor], Tensor], survey: Survey, depth: Tensor) -> None:
        self.function = function
        self.domain = model_space(depth)
        shape = (len(survey.branches), len(survey.periods))
        self.codomain = Space("dispersion", ("branch", "period"), shape, "km/s")

    def apply(self, x: Float[Tensor, "*batch 3 depth"]) -> Float[Tensor, "*batch branch period"]:
        """The function itself."""
        return self.function(x)


def operator_of(
    make: Callable[[Survey, Tensor], Callable[[Tensor], Tensor]] | None,
    survey: Survey,
    starting: StartingModel,
) -> Operator:
    """The forward operator that ``make`` gives for a survey and the grid of a starting model; the exact one without it.

    Raises:
        InputError: an operator on another grid.
    """
    function = (make or _exact)(survey, starting.depth)
    if not isinstance(function, Operator):
        return _Callable(function, survey, starting.depth)
    if function.domain.shape != (3, len(starting.depth)):
        raise InputError(
            f"the operator {type(function).__name__} takes {function.domain}, expected shape "
            f"(3, {len(starting.depth)}): its grid is not the inversion's"
        )
    return function
