"""The most probable model under a Gaussian prior, and its uncertainty, by safeguarded Gauss-Newton, many sites at once.

Steps are those of Tarantola (2005, Inverse Problem Theory, sec. 3.2) in whitened coordinates, with a damping λ that
starts at 0 and follows Nielsen (1999, IMM-REP-1999-05); every site has its own, and leaves when it is done.

**A model cannot improve by losing data.** A datum may have been observed although the model says it does not exist
(NaN: a mode below its cutoff). Such a datum is left out of the step, but no step is accepted that loses a datum which
the current model predicts, and φ before and after a step is compared on the data that the current model predicts. So
the set of predicted data only grows, and φ falls while it stays. What is still lost in the end costs a residual of
:data:`~seisgrad.inversion.posterior.LOST_RESIDUAL` each in χ², and the status is UNEXPLAINED. A trial model that the
operator refuses (InputError) loses all data.
"""

import logging
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from seisgrad.errors import InputError
from seisgrad.inversion.ending import Ending, chi_square, describe, gather
from seisgrad.inversion.noise import Noise
from seisgrad.inversion.posterior import Posterior
from seisgrad.inversion.prior import GaussianPrior
from seisgrad.inversion.problem import Linearisation, Problem, lay_out
from seisgrad.operator import Map

_log = logging.getLogger(__name__)

_ACCEPT = 1e-4  # least share of the promised decrease that a step must deliver
_FIRST = 0.05  # damping after a first rejection, relative to the mean curvature, before it grows
_NEGLIGIBLE = 1e-3  # damping against the prior's curvature, which is 1
_GIVE_UP = 1e12  # damping, relative to the mean curvature, beyond which no step is left to try
_SHORT = 0.1  # posterior sigmas: this near to its maximum …
_FAILURES = (
    5  # … a site whose steps have failed so often stands in the round-off of its operator, and is done
)
_ENTRIES_AT_ONCE = 2**24  # of the matrices of the sites treated together, to bound memory


def gauss_newton(
    op: Map,
    data: Float[Tensor, "..."],
    noise: float | Float[Tensor, "..."] | Noise,
    prior: GaussianPrior,
    *,
    start: Float[Tensor, "..."] | None = None,
    bounds: tuple[object, object] | None = None,
    max_iterations: int = 50,
    tolerance: float = 1e-2,
    significance: float = 1e-3,
) -> Posterior:
    """The posterior of a model under a Gaussian prior and Gaussian data errors, linearised at its maximum.

    Args:
        op: an operator, or any differentiable function of one model (then ``data`` has no batch).
        data: ``[*batch, *codomain.shape]`` in the codomain's unit; NaN where there is none.
        noise: standard deviations in the data's unit that broadcast to ``data``, or
            :class:`~seisgrad.inversion.Correlated`.
        prior: the Gaussian prior; its mean ``[*batch, *domain.shape]`` or ``[*domain.shape]``.
        start: where to begin, ``[*batch, *domain.shape]`` or ``[*domain.shape]``; the prior mean by default.
        bounds: ``(lower, upper)``, each broadcasting to one model. The most probable model is sought between them; the
            covariance stays that of the Gaussian without bounds, so a sigma next to a bound is an upper limit.
            ``at_bound`` of the posterior tells which parameters sit at one.
        max_iterations: linearisations after the first.
        tolerance: converged once the next undamped step is shorter than this, in posterior standard deviations; or
            shorter than a tenth of one where the round-off of ``op`` hides the way further down.
        significance: UNEXPLAINED if residuals as large as these would arise with less than this probability.

    Returns:
        A :class:`~seisgrad.inversion.Posterior` with the batch shape of ``data``, ``prior`` and ``start`` together.

    Raises:
        InputError: shapes that do not fit the operator, noise that is not positive at a datum, infinite data, a prior
            mean or start that is not inside the bounds or that the operator refuses.
    """
    stopping = Stopping(max_iterations, tolerance, significance)
    problem, z = lay_out(op, data, noise, prior, start, bounds)
    chunks = torch.arange(len(z), device=z.device).split(together(problem))
    endings = (minimise(problem, problem.linearise(z[sites], sites), sites, stopping) for sites in chunks)
    parts = [describe(problem, ending, significance) for ending in endings]
    posterior = gather(problem, prior, parts, significance)
    _log.debug("gauss_newton: %s", posterior.summary)
    return posterior


@dataclass(frozen=True)
class Stopping:
    """When a walk ends, and what its end is called; as in :func:`gauss_newton`."""

    max_iterations: int
    tolerance: float
    significance: float

    def __post_init__(self) -> None:
        if self.max_iterations < 1 or not self.tolerance > 0 or not 0 < self.significance < 1:
            raise InputError(
                f"the inversion received max_iterations={self.max_iterations}, tolerance={self.tolerance}, "
                f"significance={self.significance}: expected at least 1, a positive number and a probability"
            )


def together(problem: Problem) -> int:
    """How many sites are treated together, so that their matrices fit in memory."""
    data, parameters = problem.op.codomain.size, problem.op.domain.size
    return max(1, _ENTRIES_AT_ONCE // ((data + parameters) * parameters))


@dataclass(eq=False)
class _Damping:
    """Nielsen's damping of each site: shrinks where the linearisation held, grows ever faster where it did not."""

    value: Float[Tensor, " site"]
    growth: Float[Tensor, " site"]

    def relax(self, sites: Tensor, gain: Float[Tensor, " some"]) -> None:
        """After accepted steps that delivered the share ``gain`` of their promise."""
        value = self.value[sites] * (1 - (2 * gain - 1) ** 3).clamp(min=0.1)
        self.value[sites] = torch.where(value < _NEGLIGIBLE, 0.0, value)
        self.growth[sites] = 2.0

    def tighten(self, sites: Tensor, curvature: Float[Tensor, " some"]) -> None:
        """After rejected steps."""
        self.value[sites] = torch.maximum(self.value[sites], _FIRST * curvature) * self.growth[sites]
        self.growth[sites] *= 2


def minimise(problem: Problem, at: Linearisation, sites: Tensor, stopping: Stopping) -> Ending:
    """Walk from ``at``, which is overwritten, to a maximum; ``sites`` are indices in the problem, in any order."""
    number, device = len(sites), sites.device
    damping = _Damping(torch.zeros_like(at.z[:, 0]), torch.full_like(at.z[:, 0], 2.0))
    converged, blocked = torch.zeros(2, number, dtype=torch.bool, device=device)
    iterations, failures = torch.zeros(2, number, dtype=torch.int64, device=device)
    history = [chi_square(problem, at, sites)]
    live = torch.arange(number, device=device)
    for _ in range(stopping.max_iterations + 1):
        here = at.take(live)
        step, promise, length = problem.step(here, sites[live], torch.zeros_like(here.z[:, 0]))
        curvature = 1 + here.slope.square().sum((-2, -1)) / here.z.shape[1]
        near = length < _SHORT
        done = (length < stopping.tolerance) | (near & (failures[live] >= _FAILURES))
        converged[live[done]] = True
        going = (
            ~done
            & (damping.value[live] <= _GIVE_UP * curvature)
            & (iterations[live] < stopping.max_iterations)
        )
        live, here, step, promise, curvature, near = (
            live[going], here.take(going), step[going], promise[going], curvature[going], near[going],
        )  # fmt: skip
        if len(live) == 0:
            break
        damped = damping.value[live] > 0
        if damped.any():
            some = live[damped]
            step[damped], promise[damped], _ = problem.step(
                here.take(damped), sites[some], damping.value[some]
            )
        trial = problem.linearise(here.z + step, sites[live], on_trial=True)
        good, gain, lost = _compare(problem, here, trial, promise, sites[live])
        at.put(live[good], trial.take(good))
        damping.relax(live[good], gain[good])
        damping.tighten(live[~good], curvature[~good])
        failures[live] += near & ~good
        iterations[live] += 1
        blocked[live] = torch.where(good, blocked[live], lost)
        history.append(chi_square(problem, at, sites))
    return Ending(sites, at, converged, blocked, iterations, torch.stack(history))


def _compare(
    problem: Problem, here: Linearisation, trial: Linearisation, promise: Tensor, sites: Tensor
) -> tuple[Bool[Tensor, " site"], Float[Tensor, " site"], Bool[Tensor, " site"]]:
    """Which trial models to accept, the share of the promise they deliver, and which lose data."""
    lost = (here.predicted & ~trial.predicted).any(-1)
    before = problem.objective(here, here.predicted, sites)
    after = problem.objective(trial, here.predicted, sites)
    gain = (before - after) / promise
    return ~lost & (gain > _ACCEPT), gain, lost
