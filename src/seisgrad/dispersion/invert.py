"""From curves to a posterior over the earth: the tie, the operator, the prior and the inversion put together.

Where a surrogate calculates, physics has the last word: see :mod:`seisgrad.inversion.finish`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.dispersion.curves import DispersionCurves
from seisgrad.dispersion.starting_model import StartingModel
from seisgrad.dispersion.surrogate import DispersionNet
from seisgrad.dispersion.survey import Earth, Survey
from seisgrad.earth import LayeredModel, model_space
from seisgrad.errors import InputError
from seisgrad.inversion import Correlated, Finished, Noise, Posterior, finish, gauss_newton, reweigh
from seisgrad.operator import Operator

FASTEST, SLOWEST = 1.8, 0.2
"""Bounds of vs as multiples of the prior mean: wide enough never to matter, narrow enough to stay an
earth."""

STEPS = 200
"""Most steps of an inversion: strongly layered ground makes long valleys, and a step takes milliseconds."""

Finish = Literal["steps", "weights", "none"]
"""What physics does for the inversion of a surrogate: exact steps, weights of its samples, or nothing."""

SAMPLES, SEED = 2000, 0
"""Samples that are weighted, and the seed that they are drawn with."""


@dataclass(frozen=True, eq=False)
class Inversion:
    """Dispersion curves and what they say about the earth.

    Attributes:
        survey: the branches and periods of the data.
        observed: km/s (the ratio itself for ellipticity), ``[branch, period]``, NaN where there is no pick.
        sigma: one standard deviation of ``observed``, the floor included and the shared error not.
        starting: what was believed before.
        posterior: over the vs of the rock layers.
        prior_prediction: the data of the prior mean, ``[branch, period]``.
        surrogate: the operator that stood in for physics; None where physics did everything.
        finished: what physics made of the surrogate's inversion, where it was asked.
    """

    survey: Survey
    observed: Float[Tensor, "branch period"]
    sigma: Float[Tensor, "branch period"]
    starting: StartingModel
    posterior: Posterior
    prior_prediction: Float[Tensor, "branch period"]
    surrogate: Operator | None = None
    finished: Finished | None = None

    @property
    def card(self) -> Mapping[str, Any] | None:
        """What is known of the surrogate, where it has a card."""
        return getattr(self.surrogate, "card", None)

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
    finish: Finish = "steps",
) -> Inversion:
    """Invert the curves of one site for the vs of its rock.

    The curves may hold any branches together: phase, group, ellipticity, higher modes, of either wave.

    Args:
        curves: picks of one site.
        starting: grid, prior and tie.
        earth: flat, or spherical by earth flattening.
        floor: error of the theory (a path of many structures, a one-dimensional model) as a fraction of the
            value, added in quadrature to each sigma; one number, or one per branch and period.
        shared: errors that move all data together, such as that of the origin time: by how much one standard
            deviation of each moves each datum, km/s.
        operator: makes the operator that stands in for physics from ``(survey, depth)``;
            :class:`seisgrad.dispersion.Physics` itself by default.
        finish: what physics then does: ``"steps"``, exact Gauss-Newton steps from the model of ``operator``;
            ``"weights"``, of :data:`SAMPLES` samples of its posterior; ``"none"``.

    Raises:
        InputError: no picks, several sites, or curves that do not fit the operator.
    """
    survey = curves.survey(earth)
    observed, sigma = curves.gridded(survey)
    sigma = torch.hypot(sigma, floor * observed)
    stand_in = operator_of(operator, survey, starting)
    forward = stand_in @ starting.tie
    prior = starting.prior
    noise = sigma if shared is None else _with_shared(sigma, shared)
    posterior = gauss_newton(forward, observed, noise, prior, bounds=bounds(starting), max_iterations=STEPS)
    finished = None
    if operator is not None and finish != "none":
        finished = by_physics(finish, posterior, survey, starting, observed, noise)
        posterior, forward = finished.posterior, operator_of(None, survey, starting) @ starting.tie
    with torch.no_grad():
        before = forward(prior.mean)
    surrogate = None if operator is None else stand_in
    return Inversion(survey, observed, sigma, starting, posterior, before, surrogate, finished)


def bounds(starting: StartingModel) -> tuple[Float[Tensor, " rock"], Float[Tensor, " rock"]]:
    """Between what vs is sought, km/s."""
    return SLOWEST * starting.prior.mean, FASTEST * starting.prior.mean


def by_physics(
    way: Finish,
    surrogate: Posterior,
    survey: Survey,
    starting: StartingModel,
    observed: Float[Tensor, "*site branch period"],
    noise: Float[Tensor, "*site branch period"] | Noise,
) -> Finished:
    """What physics makes of the inversions of a surrogate, one site or many.

    Args:
        way: ``"steps"`` or ``"weights"``.
        surrogate: their posterior, found within :func:`bounds`.
        survey: of the data.
        starting: grid, prior and tie.
        observed: km/s, NaN where there is no pick.
        noise: standard deviations of ``observed``, or their covariance.

    Raises:
        InputError: another way, or what the exact operator refuses.
    """
    exact, box = operator_of(None, survey, starting) @ starting.tie, bounds(starting)
    if way == "steps":
        return finish(exact, surrogate, observed, noise, bounds=box, max_iterations=STEPS)
    if way == "weights":
        return reweigh(exact, surrogate, observed, noise, SAMPLES, SEED, bounds=box)
    raise InputError(f"physics was asked to finish by {way!r}, expected {' or '.join(get_args(Finish)[:2])}")


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
        self.function, self.card = function, getattr(function, "card", None)
        self.domain, self.codomain = model_space(depth), survey.space

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
        InputError: an operator on another grid, or a surrogate where the starting model has water.
    """
    function = (make or _exact)(survey, starting.depth)
    if not isinstance(function, Operator):
        return _Callable(function, survey, starting.depth)
    if function.domain.shape != (3, len(starting.depth)):
        raise InputError(
            f"the operator {type(function).__name__} takes {function.domain}, expected shape "
            f"(3, {len(starting.depth)}): its grid is not the inversion's"
        )
    if isinstance(function, DispersionNet) and starting.reference.water:
        deep = float(starting.depth[starting.reference.water])
        raise InputError(
            f"the reference has {deep:g} km of water, which the surrogates have not learned: take a dry one, such as "
            "ak135 or a model file without water, or the exact operator"
        )
    return function
