"""An inversion laid out flat: sites x data and sites x parameters, whitened by the noise and by the prior.

With the Cholesky factor L of the prior covariance a model is m = m0 + L z, and with the whitener W of the noise the
residual is r = W (d - F(m)). The most probable model minimises φ = ½|r|² + ½|z|², and A = W J L is its whole curvature:
AᵀA + 1. Nothing here can be worse conditioned than the data make it, however smooth the prior.
"""

from dataclasses import dataclass, fields
from math import prod

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from seisgrad.errors import InputError
from seisgrad.inversion.bounds import TOLERANCE, Bounds
from seisgrad.inversion.noise import Independent, Noise
from seisgrad.inversion.prior import GaussianPrior
from seisgrad.operator import Function, Map, Operator, Space, linearise

_STIFF = (
    1e8  # curvature of the data over that of the prior beyond which squaring A would cost too many digits
)


@dataclass(eq=False)
class Linearisation:
    """Where some sites stand: the model, plain and whitened, and what the operator says there."""

    z: Float[Tensor, "site parameter"]
    model: Float[Tensor, "site parameter"]
    prediction: Float[Tensor, "site datum"]
    predicted: Bool[Tensor, "site datum"]  # observed, and given a finite value and derivative by the model
    residual: Float[Tensor, "site datum"]  # whitened, 0 where not predicted
    slope: Float[Tensor, "site datum parameter"]  # A = W J L, 0 where not predicted

    def take(self, which: Tensor) -> "Linearisation":
        """The sites ``which`` (indices or mask)."""
        return Linearisation(*(getattr(self, part.name)[which] for part in fields(self)))

    def put(self, which: Tensor, other: "Linearisation") -> None:
        """Replace the sites ``which`` by those of ``other``."""
        for part in fields(self):
            getattr(self, part.name)[which] = getattr(other, part.name)


@dataclass(frozen=True, eq=False)
class Problem:
    """Data, noise, prior and operator of all sites, flat. Methods take the indices of the sites they work on."""

    op: Operator
    batch: tuple[int, ...]
    data: Float[Tensor, "site datum"]
    noise: Noise
    mean: Float[Tensor, "site parameter"]
    factor: Float[Tensor, "*site parameter parameter"]  # L: one for all sites, or one each
    bounds: Bounds | None

    def prior_factor(self, sites: Tensor) -> Float[Tensor, "site parameter parameter"]:
        """L of each site."""
        if self.factor.ndim == 2:
            return self.factor.expand(len(sites), -1, -1)
        return self.factor[sites]

    def whitened(
        self, models: Float[Tensor, "site parameter"], sites: Tensor
    ) -> Float[Tensor, "site parameter"]:
        """z of given models."""
        away = (models - self.mean[sites])[..., None]
        return torch.linalg.solve_triangular(self.prior_factor(sites), away, upper=False)[..., 0]

    def linearise(
        self, z: Float[Tensor, "site parameter"], sites: Tensor, *, on_trial: bool = False
    ) -> Linearisation:
        """Evaluate and differentiate the operator at whitened models.

        Models ``on_trial`` that the operator refuses (InputError: no earth at all) predict nothing; others raise.
        """
        prior = self.prior_factor(sites)
        model = self.mean[sites] + _times(prior, z)
        if self.bounds is not None:
            model = self.bounds.clamp(model)
        value, slope = (self._ask_or_lose if on_trial else self._ask)(model)
        data = self.data[sites]
        predicted = data.isfinite() & value.isfinite() & slope.isfinite().all(-1)
        white = self.noise.whiten(torch.cat([(data - value)[..., None], slope], -1), predicted, sites)
        return Linearisation(z, model, value, predicted, white[..., 0], white[..., 1:] @ prior)

    def _ask(self, model: Tensor) -> tuple[Tensor, Tensor]:
        with torch.no_grad():
            value, slope = linearise(self.op, model.reshape(-1, *self.op.domain.shape))
        return value.reshape(len(model), -1).clone(), slope.reshape(len(model), -1, model.shape[1])

    def _ask_or_lose(self, model: Tensor) -> tuple[Tensor, Tensor]:
        try:
            return self._ask(model)
        except InputError:
            if len(model) == 1:
                value = torch.full_like(self.data[:1], torch.nan)
                return value, value[..., None].expand(-1, -1, model.shape[1])
        halves = [self._ask_or_lose(half) for half in model.split((len(model) + 1) // 2)]
        return torch.cat([value for value, _ in halves]), torch.cat([slope for _, slope in halves])

    def objective(
        self, at: Linearisation, used: Bool[Tensor, "site datum"], sites: Tensor
    ) -> Float[Tensor, " site"]:
        """φ over the ``used`` data; NaN where one of them is not predicted."""
        white = self.noise.whiten((self.data[sites] - at.prediction)[..., None], used, sites)
        return (white.square().sum((-2, -1)) + at.z.square().sum(-1)) / 2

    def step(
        self, at: Linearisation, sites: Tensor, damping: Float[Tensor, " site"]
    ) -> tuple[Float[Tensor, "site parameter"], Float[Tensor, " site"], Float[Tensor, " site"]]:
        """The damped Gauss-Newton step (AᵀA + 1 + λ) δz = Aᵀr - z, kept within the bounds.

        Returns:
            The step δz, the decrease of φ that the linearisation promises, and the length of the step in posterior
            standard deviations.
        """
        factor = curvature_factor(at.slope, damping)
        step = torch.cholesky_solve((_times(at.slope.mT, at.residual) - at.z)[..., None], factor)[..., 0]
        if self.bounds is not None:
            step = self._pull_inside(self.bounds, at, sites, step, factor)
        length = (_times(at.slope, step).square().sum(-1) + step.square().sum(-1)).sqrt()
        before = at.residual.square().sum(-1) + at.z.square().sum(-1)
        after = (at.residual - _times(at.slope, step)).square().sum(-1) + (at.z + step).square().sum(-1)
        return step, (before - after) / 2, length

    def _pull_inside(
        self, bounds: Bounds, at: Linearisation, sites: Tensor, step: Tensor, factor: Tensor
    ) -> Tensor:
        prior = self.prior_factor(sites)
        slack = TOLERANCE * prior.square().sum(-1).sqrt()
        free = self.mean[sites] + _times(prior, at.z + step)
        out = ((free > bounds.upper + slack) | (free < bounds.lower - slack)).any(-1)
        if not out.any():
            return step
        back = torch.cholesky_solve(prior[out].mT, factor[out])  # H⁻¹ Lᵀ, so that L H⁻¹ Lᵀ is the covariance
        pull = bounds.condition(free[out], prior[out] @ back, slack[out])
        step = step.clone()
        step[out] += _times(back, pull)
        return step


def lay_out(
    op: Map,
    data: Float[Tensor, "..."],
    noise: float | Float[Tensor, "..."] | Noise,
    prior: GaussianPrior,
    start: Float[Tensor, "..."] | None,
    bounds: tuple[object, object] | None,
) -> tuple[Problem, Float[Tensor, "site parameter"]]:
    """Check the parts of an inversion against each other and flatten them.

    Returns:
        The problem, and the whitened models to start from.

    Raises:
        InputError: what :func:`~seisgrad.inversion.gauss_newton` lists.
    """
    data = torch.as_tensor(data, dtype=torch.float64)
    if not isinstance(op, Operator):
        op = Function(op, _plain_space("model", prior.model_shape), _plain_space("data", tuple(data.shape)))
    if data.isinf().any():
        raise InputError(f"the data hold {int(data.isinf().sum())} infinite values; mark missing data by NaN")
    n = op.domain.size
    if prior.covariance.shape[-1] != n:
        raise InputError(
            f"the prior covariance has shape {tuple(prior.covariance.shape)}, expected ({n}, {n}) for {op.domain}"
        )
    parts = {"data": (data, op.codomain), "prior mean": (prior.mean, op.domain)}
    if start is not None:
        parts["start"] = (torch.as_tensor(start, dtype=torch.float64), op.domain)
    shapes = [_batch_shape(name, value, space) for name, (value, space) in parts.items()]
    shapes.append(tuple(prior.covariance.shape[:-2]))
    try:
        batch = tuple(torch.broadcast_shapes(*shapes))
    except RuntimeError as error:
        named = ", ".join(
            f"{name} {shape}" for name, shape in zip([*parts, "covariance"], shapes, strict=True)
        )
        raise InputError(f"leading dimensions do not fit each other: {named}") from error
    flat = {
        name: value.expand(*batch, *space.shape).reshape(-1, space.size)
        for name, (value, space) in parts.items()
    }
    factor = prior.cholesky
    if factor.ndim > 2:
        factor = factor.expand(*batch, n, n).reshape(-1, n, n)
    box = None if bounds is None else Bounds.of(bounds, op.domain.shape, data.dtype)
    errors = noise if isinstance(noise, Noise) else _independent(noise, (*batch, *op.codomain.shape), op)
    errors.check(flat["data"].isfinite())
    problem = Problem(op, batch, flat["data"], errors, flat["prior mean"], factor, box)
    for name in parts.keys() - {"data"}:
        if box is not None:
            box.check(name, flat[name])
    every = torch.arange(prod(batch), device=data.device)
    first = flat.get("start")
    return problem, torch.zeros_like(problem.mean) if first is None else problem.whitened(first, every)


def require_one_site(op: Operator, data: Float[Tensor, "..."]) -> None:
    """InputError where ``data`` are not those of one site, for methods that take one at a time."""
    if data.shape != op.codomain.shape:
        raise InputError(
            f"the data have shape {tuple(data.shape)}, expected those of one site, {tuple(op.codomain.shape)}"
        )


def curvature_factor(
    slope: Float[Tensor, "site datum parameter"], damping: Float[Tensor, " site"]
) -> Float[Tensor, "site parameter parameter"]:
    """The lower Cholesky factor of AᵀA + 1 + λ.

    Where data are so precise that the 1 would drown in AᵀA, it comes from the QR decomposition of A stacked on
    √(1 + λ), which squares nothing (Björck 1996, Numerical Methods for Least Squares Problems, sec. 2.7).
    """
    curvature = slope.mT @ slope
    hard = curvature.diagonal(dim1=-2, dim2=-1).amax(-1) > _STIFF * (1 + damping)
    curvature.diagonal(dim1=-2, dim2=-1).add_(1 + damping[:, None])
    curvature[hard] = torch.eye(slope.shape[-1], dtype=slope.dtype, device=slope.device)
    factor = torch.linalg.cholesky(curvature)
    if hard.any():
        ridge = (1 + damping[hard]).sqrt()[:, None].expand(-1, slope.shape[-1])
        upper = torch.linalg.qr(torch.cat([slope[hard], torch.diag_embed(ridge)], 1), mode="r").R
        factor[hard] = (upper * upper.diagonal(dim1=-2, dim2=-1).sign()[..., None]).mT
    return factor


def _independent(noise: float | Tensor, shape: tuple[int, ...], op: Operator) -> Independent:
    sigma = torch.as_tensor(noise, dtype=torch.float64)
    try:
        return Independent(sigma.expand(shape).reshape(-1, op.codomain.size))
    except RuntimeError as error:
        raise InputError(
            f"the noise has shape {tuple(sigma.shape)}, expected one that broadcasts to the data's {shape}"
        ) from error


def _batch_shape(name: str, value: Tensor, space: Space) -> tuple[int, ...]:
    split = value.ndim - space.ndim
    if split < 0 or value.shape[split:] != space.shape:
        raise InputError(
            f"the {name} has shape {tuple(value.shape)}, expected (..., {space.shape}) for {space}"
        )
    return tuple(value.shape[:split])


def _plain_space(name: str, shape: tuple[int, ...]) -> Space:
    return Space(name, tuple(f"axis{k}" for k in range(len(shape))), shape, "")


def _times(matrix: Tensor, vector: Tensor) -> Tensor:
    return (matrix @ vector[..., None])[..., 0]
