"""What a learned derivative does to an inversion: steps, uncertainties and descent with either Jacobian.

A true model gives data with noise, another model is where an inversion stands. There both Jacobians are taken; the
residual, and every misfit that is told, is that of the exact operator, so that what differs is the derivative alone.
With A = W J L as in :mod:`seisgrad.inversion.problem` the objective is φ = ½|r|² + ½|z|², its steepest descent Aᵀr - z
and the Gauss-Newton step (AᵀA + 1)⁻¹ (Aᵀr - z). A direction d is followed to the best of the lengths
:data:`LENGTHS` times the one that the exact linearisation finds best.
"""

from contextlib import suppress
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from seisgrad.audit.layout import Layout
from seisgrad.audit.linear import Linearised, side
from seisgrad.errors import InputError
from seisgrad.inversion.prior import GaussianPrior
from seisgrad.inversion.problem import Linearisation, Problem, curvature_factor, lay_out
from seisgrad.operator import Map

NUMBER = 50
"""Inversions, by default."""
NOISE = 0.01
"""Noise of a datum over the mean magnitude of its output, by default."""
RIDGE = 1e-3
"""Variance added to that of every position of an ensemble, as a share of the mean variance of its parameter: what an
ensemble of smooth models never does is unlikely, not impossible."""
RESOLVED = 0.5
"""A position is resolved where the data take at least this share of the prior variance away."""
LENGTHS = (2.0, 1.0, 0.5, 0.25, 0.125, 0.0625, 0.03125)
"""At which the line of a step is searched."""
_BATCH = 5


@dataclass(frozen=True, eq=False)
class Consequences:
    """One linearised inversion per model with the exact and with the learned Jacobian, everything else being exact.

    First axis ``model``: one true model with noisy data, and another model from which the inversion starts. Angles are
    in degrees; ratios are learned over exact; ``parameters`` names the last axis of the resolved positions. NaN where
    a number does not exist.

    Attributes:
        parameters: names.
        truth: index of the true model in the set.
        start: index of the starting model; -1 where it is the mean of the prior.
        angle: between the Gauss-Newton steps, in the metric of the exact posterior: 90° helps the data nothing.
        plain_angle: between the Gauss-Newton steps as they stand, every value over its prior sigma.
        length_ratio: of the Gauss-Newton steps in the metric of the exact posterior.
        trace_ratio: of the posterior covariances, every variance over its prior's.
        resolved_exact: deepest position that the data resolve by the exact Jacobian, 1 - σ²(posterior)/σ²(prior) at
            least :data:`RESOLVED`.
        resolved_learned: the same by the learned one.
        chi2_start: squared residuals over sigma per datum at the start, of the data that both operators predict there.
        chi2_exact: after the exact Gauss-Newton step.
        chi2_learned: after the learned one; always the *true* misfit, that of the exact operator.
        falls: 1 where the learned Gauss-Newton step lowers the true objective, else 0.
        gain: decrease of the true objective by the learned step over that by the exact one; 0 where none is found.
        descent_falls: 1 where steepest descent by the learned Jacobian lowers the true objective, else 0.
        descent_gain: decrease of the true objective along it over that along the exact one.
    """

    parameters: tuple[str, ...]
    truth: Int[Tensor, " model"]
    start: Int[Tensor, " model"]
    angle: Float[Tensor, " model"]
    plain_angle: Float[Tensor, " model"]
    length_ratio: Float[Tensor, " model"]
    trace_ratio: Float[Tensor, " model"]
    resolved_exact: Float[Tensor, "model parameter"]
    resolved_learned: Float[Tensor, "model parameter"]
    chi2_start: Float[Tensor, " model"]
    chi2_exact: Float[Tensor, " model"]
    chi2_learned: Float[Tensor, " model"]
    falls: Float[Tensor, " model"]
    gain: Float[Tensor, " model"]
    descent_falls: Float[Tensor, " model"]
    descent_gain: Float[Tensor, " model"]


def consequences(
    reference: Map | Linearised,
    learned: Map | Linearised,
    models: Float[Tensor, "..."],
    layout: Layout,
    *,
    prior: GaussianPrior | None = None,
    ensemble: Float[Tensor, "..."] | None = None,
    noise: float | Float[Tensor, "..."] | None = None,
    number: int = NUMBER,
    seed: int = 0,
) -> Consequences:
    """Gauss-Newton steps, descent and posterior covariances with either Jacobian, for a seeded choice of models.

    Args:
        reference: the exact operator.
        learned: the other one.
        models: ``[model, *domain.shape]``; each inversion has one as its truth and another as its start. A single
            model starts from the mean of the prior.
        layout: the axes.
        prior: what the inversion believes before; made from the ensemble by default.
        ensemble: models ``[sample, *domain.shape]``; ``models`` by default.
        noise: standard deviations of the data that broadcast to ``[*codomain.shape]``, in their unit; :data:`NOISE` of
            each output's mean magnitude by default.
        number: of inversions, at most one per model.
        seed: of the choice and of the noise.

    Raises:
        InputError: operators, models, prior and noise that do not fit each other, no model.
    """
    exact = side(reference)
    other = side(learned, exact.operator)
    if number < 1 or not len(models):
        raise InputError(
            f"received {len(models)} models for {number} inversions, expected at least one of both"
        )
    generator = torch.Generator().manual_seed(seed)
    truth = torch.randperm(len(models), generator=generator)[:number]
    start = truth.roll(1) if len(truth) > 1 else torch.full_like(truth, -1)
    if prior is None:
        prior = ensemble_prior(models if ensemble is None else ensemble, layout)
    models = models.double()
    with torch.no_grad():
        values = torch.cat([exact.operator(models[some]) for some in truth.split(_BATCH)])
    sigma = _sigma(noise, values)
    data = values + sigma * torch.randn(values.shape, generator=generator, dtype=values.dtype)
    begin = models[start] if len(truth) > 1 else None
    problem, z = lay_out(exact.operator, data, sigma, prior, begin, None)
    parts = []
    for sites in torch.arange(len(z)).split(_BATCH):
        here, there = (_linearise(problem, one, z[sites], sites) for one in (exact, other))
        parts.append(_compare(problem, *_on_common_data(here, there), sites, layout))
    joined = {name: torch.cat([part[name] for part in parts]) for name in parts[0]}
    return Consequences(parameters=layout.parameters, truth=truth, start=start, **joined)


def ensemble_prior(ensemble: Float[Tensor, "..."], layout: Layout) -> GaussianPrior:
    """The Gaussian with the mean and covariance of an ensemble ``[sample, *domain.shape]``, :data:`RIDGE` added."""
    flat = ensemble.double().flatten(1)
    away = flat - flat.mean(0)
    covariance = away.mT @ away / max(1, len(flat) - 1)
    variance = covariance.diagonal().reshape(len(layout.parameters), -1).mean(-1, keepdim=True)
    ridge = RIDGE * variance.expand(-1, len(layout.positions)).flatten()
    return GaussianPrior(flat.mean(0).reshape(ensemble.shape[1:]), covariance + torch.diag(ridge))


def _sigma(noise: float | Tensor | None, values: Float[Tensor, "model ..."]) -> Tensor:
    if noise is None:
        noise = NOISE * values.abs().nanmean(0)
        noise = torch.where(noise > 0, noise, 1.0)  # an output that no model has
    return torch.as_tensor(noise, dtype=values.dtype).expand(values.shape)


def _linearise(problem: Problem, op: Linearised, z: Tensor, sites: Tensor) -> Linearisation:
    """Where sites stand by an operator that has its own way to its Jacobian."""
    factor = problem.prior_factor(sites)
    model = problem.mean[sites] + _times(factor, z)
    with torch.no_grad():
        value, slope = op.both(model.reshape(-1, *op.operator.domain.shape))
    value, slope = value.reshape(len(z), -1).double(), slope.reshape(len(z), -1, z.shape[1]).double()
    data = problem.data[sites]
    predicted = data.isfinite() & value.isfinite() & slope.isfinite().all(-1)
    white = problem.noise.whiten(torch.cat([(data - value)[..., None], slope], -1), predicted, sites)
    return Linearisation(z, model, value, predicted, white[..., 0], white[..., 1:] @ factor)


def _on_common_data(here: Linearisation, there: Linearisation) -> tuple[Linearisation, Linearisation]:
    """Both with the data that both predict, and with the residual of the first."""
    both = here.predicted & there.predicted
    residual = torch.where(both, here.residual, 0.0)
    slopes = (torch.where(both[..., None], at.slope, 0.0) for at in (here, there))
    first, second = (replace(here, predicted=both, residual=residual, slope=slope) for slope in slopes)
    return first, second


def _compare(
    problem: Problem, here: Linearisation, there: Linearisation, sites: Tensor, layout: Layout
) -> dict[str, Tensor]:
    """Every number of the sites, by the exact linearisation ``here`` and the learned one ``there``."""
    undamped = torch.zeros_like(here.z[:, 0])
    exact, learned = (problem.step(at, sites, undamped)[0] for at in (here, there))
    downhill = [_downhill(at) for at in (here, there)]
    factor = problem.prior_factor(sites)
    sigma = factor.square().sum(-1).sqrt()
    plain = [_times(factor, step) / sigma for step in (exact, learned)]
    metric = [
        torch.cat([_times(here.slope, step), step], -1) for step in (exact, learned)
    ]  # |.| is its length
    left = [_left(problem, at, sites) for at in (here, there)]
    steps, descents = (
        [_walk(problem, here, direction, sites) for direction in both]
        for both in ((exact, learned), downhill)
    )
    return {
        "angle": _angle(*metric),
        "plain_angle": _angle(*plain),
        "length_ratio": metric[1].norm(dim=-1) / metric[0].norm(dim=-1),
        "trace_ratio": left[1].sum(-1) / left[0].sum(-1),
        "resolved_exact": _resolved(left[0], layout),
        "resolved_learned": _resolved(left[1], layout),
        "chi2_start": _chi2(problem, here.prediction, here.predicted, sites),
        "chi2_exact": steps[0].chi2,
        "chi2_learned": steps[1].chi2,
        "falls": (steps[1].decrease > 0).double(),
        "gain": steps[1].decrease / steps[0].decrease,
        "descent_falls": (descents[1].decrease > 0).double(),
        "descent_gain": descents[1].decrease / descents[0].decrease,
    }


def _downhill(at: Linearisation) -> Float[Tensor, "site parameter"]:
    """The steepest descent of φ in whitened coordinates, Aᵀr - z."""
    return _times(at.slope.mT, at.residual) - at.z


def _left(problem: Problem, at: Linearisation, sites: Tensor) -> Float[Tensor, "site parameter"]:
    """The posterior variance of every value over its prior variance."""
    factor = problem.prior_factor(sites)
    root = torch.linalg.solve_triangular(
        curvature_factor(at.slope, torch.zeros_like(at.z[:, 0])), factor.mT, upper=False
    )
    return root.square().sum(-2) / factor.square().sum(-1)


def _resolved(left: Float[Tensor, "site value"], layout: Layout) -> Float[Tensor, "site parameter"]:
    """The last position that counts and is resolved; NaN where none is."""
    seen = layout.profiles(1 - left)[..., layout.inside] >= RESOLVED
    deepest = torch.where(seen, layout.compared, -torch.inf).amax(-1)
    return deepest.masked_fill(~seen.any(-1), torch.nan)


@dataclass(frozen=True, eq=False)
class _Reached:
    """The end of a walk along a direction: the decrease of φ, and χ² per datum there."""

    decrease: Float[Tensor, " site"]
    chi2: Float[Tensor, " site"]


def _walk(
    problem: Problem, here: Linearisation, direction: Float[Tensor, "site parameter"], sites: Tensor
) -> _Reached:
    """Follow a direction to the lowest true objective on its line; stay where it does not fall."""
    fall = (direction * _downhill(here)).sum(-1)
    bend = _times(here.slope, direction).square().sum(-1) + direction.square().sum(-1)
    best = fall / bend  # the length that the exact linearisation finds best
    before = problem.objective(here, here.predicted, sites)
    lowest, prediction = before, here.prediction
    move = _times(problem.prior_factor(sites), direction)
    for length in LENGTHS:
        z = here.z + (length * best)[:, None] * direction
        value = _values(problem, here.model + (length * best)[:, None] * move)
        after = problem.objective(replace(here, z=z, prediction=value), here.predicted, sites)
        better = (best > 0) & (after < lowest)
        lowest = torch.where(better, after, lowest)
        prediction = torch.where(better[:, None], value, prediction)
    return _Reached(before - lowest, _chi2(problem, prediction, here.predicted, sites))


def _values(problem: Problem, models: Float[Tensor, "site parameter"]) -> Float[Tensor, "site datum"]:
    """The exact values of models; NaN where the operator refuses one."""
    with torch.no_grad(), suppress(InputError):
        return problem.op(models.reshape(-1, *problem.op.domain.shape)).reshape(len(models), -1)
    if len(models) == 1:
        return torch.full_like(problem.data[:1], torch.nan)
    return torch.cat([_values(problem, model) for model in models.split(1)])


def _chi2(
    problem: Problem,
    prediction: Float[Tensor, "site datum"],
    used: Bool[Tensor, "site datum"],
    sites: Tensor,
) -> Float[Tensor, " site"]:
    white = problem.noise.whiten((problem.data[sites] - prediction)[..., None], used, sites)
    return white.square().sum((-2, -1)) / used.sum(-1)


def _angle(one: Float[Tensor, "site value"], other: Float[Tensor, "site value"]) -> Float[Tensor, " site"]:
    """Degrees between two vectors, exact for small ones too (Kahan's formula)."""
    a, b = (torch.nn.functional.normalize(v, dim=-1) for v in (one, other))
    return torch.rad2deg(2 * torch.atan2((a - b).norm(dim=-1), (a + b).norm(dim=-1)))


def _times(matrix: Tensor, vector: Tensor) -> Tensor:
    return (matrix @ vector[..., None])[..., 0]
