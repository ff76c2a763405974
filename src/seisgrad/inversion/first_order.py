"""The most probable model by gradients alone: L-BFGS or Adam, many sites at once, on the problem of ``gauss_newton``.

A Gauss-Newton step takes the whole Jacobian, as many reverse passes as there are data; a step here takes one. Where a
pass is cheap, as for dispersion curves, Gauss-Newton's few steps win. Where it is a wave simulation, these do. The
Jacobian is worked out once, at the end, for the uncertainty.

Steps are taken in whitened coordinates, in which the curvature of φ is 1 or more in every direction: that makes the
norm of the gradient an upper bound of the distance to the maximum in posterior standard deviations. No step is accepted
that loses a datum, as in :mod:`~seisgrad.inversion.gauss_newton`.
"""

import logging
from typing import Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.errors import InputError
from seisgrad.inversion.ending import Ending, chi_square, describe, gather
from seisgrad.inversion.gauss_newton import Stopping, together
from seisgrad.inversion.gradient_steps import Adam, Lbfgs, Steps
from seisgrad.inversion.noise import Noise
from seisgrad.inversion.point import Descent
from seisgrad.inversion.posterior import Posterior
from seisgrad.inversion.prior import GaussianPrior
from seisgrad.inversion.problem import Problem, lay_out
from seisgrad.operator import Map

_log = logging.getLogger(__name__)

Method = Literal["lbfgs", "adam"]

_FAILURES = 20  # steps in a row that gain nothing, after which none is left to try
_SHORT = 0.1  # posterior sigmas: this near to its maximum a site without a step left stands in the round-off


def descend(
    op: Map,
    data: Float[Tensor, "..."],
    noise: float | Float[Tensor, "..."] | Noise,
    prior: GaussianPrior,
    *,
    method: Method = "lbfgs",
    start: Float[Tensor, "..."] | None = None,
    bounds: tuple[object, object] | None = None,
    max_iterations: int = 500,
    rate: float = 1.0,
    tolerance: float = 1e-2,
    significance: float = 1e-3,
) -> Posterior:
    """The posterior of :func:`~seisgrad.inversion.gauss_newton`, its maximum found by first-order steps.

    Args:
        op: an operator, or any differentiable function of one model (then ``data`` has no batch).
        data: ``[*batch, *codomain.shape]`` in the codomain's unit; NaN where there is none.
        noise: standard deviations in the data's unit that broadcast to ``data``, or
            :class:`~seisgrad.inversion.Correlated`.
        prior: the Gaussian prior; its mean ``[*batch, *domain.shape]`` or ``[*domain.shape]``.
        method: ``"lbfgs"`` remembers the last 20 steps and lowers φ with each (Liu & Nocedal 1989, Math. Program. 45,
            503); ``"adam"`` is blind to the value of φ (Kingma & Ba 2015, arXiv:1412.6980), and takes the steps that
            are asked for.
        start: where to begin, ``[*batch, *domain.shape]`` or ``[*domain.shape]``; the prior mean by default.
        bounds: ``(lower, upper)``, each broadcasting to one model; kept as ``gauss_newton`` keeps them.
        max_iterations: values with gradients after the first.
        rate: length of Adam's first steps in prior standard deviations; it falls to zero over ``max_iterations``, half
            a cosine.
        tolerance: a site leaves once the norm of its gradient is below this. It has converged where the Gauss-Newton
            step that is left, worked out at the end, is shorter than this in posterior standard deviations; or shorter
            than a tenth of one where the round-off of ``op`` hides the way further down.
        significance: UNEXPLAINED if residuals as large as these would arise with less than this probability.

    Returns:
        A :class:`~seisgrad.inversion.Posterior` with the batch shape of ``data``, ``prior`` and ``start`` together.

    Raises:
        InputError: another method, a rate that is not positive, or what ``gauss_newton`` refuses.
    """
    if method not in get_args(Method) or not rate > 0:
        raise InputError(
            f"descend received method={method!r} and rate={rate}, expected {' or '.join(get_args(Method))} and a "
            "positive number"
        )
    stopping = Stopping(max_iterations, tolerance, significance)
    problem, z = lay_out(op, data, noise, prior, start, bounds)
    parts = []
    for sites in torch.arange(len(z), device=z.device).split(together(problem)):
        steps = Adam(z[sites], rate, max_iterations) if method == "adam" else Lbfgs(z[sites])
        parts.append(describe(problem, _walk(problem, z[sites], sites, steps, stopping), significance))
    posterior = gather(problem, prior, parts, significance)
    _log.debug("descend: %s", posterior.summary)
    return posterior


def _walk(problem: Problem, z: Tensor, sites: Tensor, steps: Steps, stopping: Stopping) -> Ending:
    """Walk every site to its most probable model; ``sites`` are their indices in the problem."""
    at = problem.gradient(z, sites)
    share = torch.ones_like(z[:, 0])  # of the proposed step that is tried
    blocked = torch.zeros_like(share, dtype=torch.bool)
    iterations, failures = torch.zeros(2, len(z), dtype=torch.int64, device=z.device)
    lowest = problem.objective(at, at.predicted, sites)
    history = [chi_square(problem, at, sites)]
    for _ in range(stopping.max_iterations):
        live = ((_far(problem, at, sites) > stopping.tolerance) & (failures < _FAILURES)).nonzero()[:, 0]
        if len(live) == 0:
            break
        here, some = at.take(live), sites[live]
        step = share[live, None] * _within(problem, steps, here.z, steps.step(at.gradient)[live], live, some)
        trial = problem.gradient(here.z + step, some, on_trial=True)
        lost = (here.predicted & ~trial.predicted).any(-1)
        phi = [problem.objective(point, here.predicted, some) for point in (here, trial)]
        slope = [(point.gradient * step).sum(-1) for point in (here, trial)]
        before = lowest[live]
        good = ~lost & steps.accepts((phi[0], phi[1]), (slope[0], slope[1]), before)
        taken, grown = live[good], (trial.predicted & ~here.predicted).any(-1)[good]
        steps.learn(taken, step[good], (trial.gradient - here.gradient)[good])
        steps.forget(taken[grown])
        at.put(taken, trial.take(good))
        now = problem.objective(at.take(taken), at.predicted[taken], sites[taken])
        lowest[taken] = torch.where(grown, now, torch.minimum(lowest[taken], now))
        share[live] = torch.where(good, (2 * share[live]).clamp(max=1.0), share[live] / 2)
        failures[live] = torch.where(good & (steps.blind | (phi[1] < before)), 0, failures[live] + 1)
        blocked[live] = torch.where(good, blocked[live], lost)
        iterations[live] += 1
        history.append(chi_square(problem, at, sites))
    end = problem.linearise(at.z, sites)
    _, _, length = problem.step(end, sites, torch.zeros_like(share))
    converged = (length < stopping.tolerance) | ((length < _SHORT) & (failures >= _FAILURES))
    return Ending(sites, end, converged, blocked, iterations, torch.stack(history))


def _within(problem: Problem, steps: Steps, z: Tensor, step: Tensor, live: Tensor, sites: Tensor) -> Tensor:
    """The steps of the ``live`` sites, whose indices in the problem are ``sites``, kept within the bounds."""
    return problem.inside(
        z, step, sites, lambda out: steps.carry(problem.prior_factor(sites[out]), live[out]).mT
    )


def _far(problem: Problem, at: Descent, sites: Tensor) -> Float[Tensor, " site"]:
    """How far the maximum can be, in posterior standard deviations: the norm of the gradient where no bound is near.

    The Gauss-Newton curvature of φ is 1 at least, so that φ falls by no more than ½δ² = -gᵀp - ½|p|² until its minimum
    within the bounds, with p the best step were it 1; and a Gauss-Newton step of length l lowers it by ½l² or more.
    """
    step = problem.inside(at.z, -at.gradient, sites, lambda out: problem.prior_factor(sites[out]).mT)
    return (-2 * (at.gradient * step).sum(-1) - step.square().sum(-1)).clamp(min=0.0).sqrt()
