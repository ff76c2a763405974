"""An inversion laid out flat: sites x data and sites x parameters, whitened by the noise and by the prior.

With the Cholesky factor L of the prior covariance a model is m = m0 + L z, and with the whitener W of the noise the
residual is r = W (d - F(m)). The most probable model minimises φ = ½|r|² + ½|z|², and A = W J L is its whole curvature:
AᵀA + 1. Nothing here can be worse conditioned than the data make it, however smooth the prior.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from seisgrad.errors import InputError
from seisgrad.inversion import asking
from seisgrad.inversion.bounds import TOLERANCE, Bounds
from seisgrad.inversion.noise import Independent, Noise
from seisgrad.inversion.point import Descent, Linearisation, Point
from seisgrad.inversion.prior import GaussianPrior
from seisgrad.operator import Function, Map, Operator, Space

_STIFF = (
    1e8  # curvature of the data over that of the prior beyond which squaring A would cost too many digits
)


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
        model, data = self._model(z, sites), self.data[sites]
        value, slope = self._answer(
            lambda models, _: asking.with_jacobian(self.op, models),
            model, sites, on_trial, data.shape[1], z.shape[1],
        )  # fmt: skip
        predicted = data.isfinite() & value.isfinite() & slope.isfinite().all(-1)
        white = self.noise.whiten(torch.cat([(data - value)[..., None], slope], -1), predicted, sites)
        return Linearisation(
            z, model, value, predicted, white[..., 0], white[..., 1:] @ self.prior_factor(sites)
        )

    def gradient(
        self, z: Float[Tensor, "site parameter"], sites: Tensor, *, on_trial: bool = False
    ) -> Descent:
        """Evaluate the operator and the gradient of φ, z - Lᵀ Jᵀ Wᵀ r, without the Jacobian; else as :meth:`linearise`.

        Which datum has a derivative that is not finite cannot be seen in a gradient: all of that model's are lost.
        """
        model = self._model(z, sites)
        value, pulled = self._answer(
            lambda models, some: asking.with_pull(self.op, models, lambda v: self._weighed(v, some)),
            model, sites, on_trial, z.shape[1],
        )  # fmt: skip
        sound = pulled.isfinite().all(-1, keepdim=True)
        predicted = self.data[sites].isfinite() & value.isfinite() & sound
        gradient = z - _times(self.prior_factor(sites).mT, torch.where(sound, pulled, 0.0))
        return Descent(z, model, value, predicted, self._residual(value, predicted, sites), gradient)

    def predict(self, z: Float[Tensor, "site parameter"], sites: Tensor) -> Point:
        """Evaluate the operator without a derivative; models that it refuses predict nothing."""
        model = self._model(z, sites)
        value, _ = self._answer(lambda models, _: asking.with_nothing(self.op, models), model, sites, True, 0)
        predicted = self.data[sites].isfinite() & value.isfinite()
        return Point(z, model, value, predicted, self._residual(value, predicted, sites))

    def _model(self, z: Tensor, sites: Tensor) -> Tensor:
        model = self.mean[sites] + _times(self.prior_factor(sites), z)
        return model if self.bounds is None else self.bounds.clamp(model)

    def _residual(self, value: Tensor, used: Tensor, sites: Tensor) -> Tensor:
        """r = W (d - v), 0 where not used."""
        return self.noise.whiten((self.data[sites] - value)[..., None], used, sites)[..., 0]

    def _weighed(self, value: Tensor, sites: Tensor) -> Tensor:
        """Wᵀ W (d - v), 0 where either is missing."""
        used = (self.data[sites] - value).isfinite()
        white, turn = torch.func.vjp(lambda v: self._residual(v, used, sites), value)[:2]
        return torch.where(used, -turn(white)[0], 0.0)  # no sigma is known where there is no datum

    def _answer(
        self,
        ask: Callable[[Tensor, Tensor], asking.Answer],
        model: Tensor,
        sites: Tensor,
        on_trial: bool,
        *derivative: int,
    ) -> asking.Answer:
        """What ``ask`` says; of models on trial that are refused NaN, also for a derivative of the given shape."""
        if not on_trial:
            return ask(model, sites)
        nothing = model.new_full((1,), torch.nan)
        refused = (nothing.expand(1, self.data.shape[1]), nothing.expand(1, *derivative))
        return asking.or_lose(ask, model, sites, refused)

    def objective(self, at: Point, used: Bool[Tensor, "site datum"], sites: Tensor) -> Float[Tensor, " site"]:
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
        prior = self.prior_factor(sites)
        step = self.inside(at.z, step, sites, lambda out: torch.cholesky_solve(prior[out].mT, factor[out]))
        length = (_times(at.slope, step).square().sum(-1) + step.square().sum(-1)).sqrt()
        before = at.residual.square().sum(-1) + at.z.square().sum(-1)
        after = (at.residual - _times(at.slope, step)).square().sum(-1) + (at.z + step).square().sum(-1)
        return step, (before - after) / 2, length

    def inside(
        self,
        z: Float[Tensor, "site parameter"],
        step: Float[Tensor, "site parameter"],
        sites: Tensor,
        back: Callable[[Tensor], Float[Tensor, "out parameter parameter"]],
    ) -> Float[Tensor, "site parameter"]:
        """The step to the maximum within the bounds, from that to the maximum of a Gaussian that knows none.

        Args:
            z: whitened models within the bounds.
            step: from them to the free maxima.
            sites: that they belong to.
            back: K Lᵀ of the models ``out`` (mask) whose free maximum lies outside, K the covariance in z: L K Lᵀ is
                that of the model.
        """
        if self.bounds is None:
            return step
        prior = self.prior_factor(sites)
        slack = TOLERANCE * prior.square().sum(-1).sqrt()
        free = self.mean[sites] + _times(prior, z + step)
        out = ((free > self.bounds.upper + slack) | (free < self.bounds.lower - slack)).any(-1)
        if not out.any():
            return step
        carry = back(out)
        pull = self.bounds.condition(free[out], prior[out] @ carry, slack[out])
        step = step.clone()
        step[out] += _times(carry, pull)
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
    √(1 + λ), which squares nothing (Björck 1996, Numerical Methods for Least Squares Problems).
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
