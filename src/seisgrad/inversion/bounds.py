"""Bounds on a Gaussian: the most probable model between limits, by conditioning on the parameters that sit at one.

The maximum of a Gaussian N(m, C) inside a box is a quadratic programme. Pinning a set S of parameters to their limits b
conditions the Gaussian, m + C_:S C_SS⁻¹ (b - m_S), and the multipliers C_SS⁻¹ (b - m_S) must all pull inwards. The
dual active-set method of Goldfarb & Idnani (1983, Math. Programming 27, 1) starts at the free maximum and brings one
violated parameter at a time to its bound, letting go of pins whose pull is about to turn; it ends after finitely many
exact steps. Here it runs on all sites at once.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from seisgrad.errors import InputError
from seisgrad.linear import solve

TOLERANCE = 1e-9
"""A bound counts as kept when it is passed by less than this fraction of the prior sigma."""


@dataclass(frozen=True, eq=False)
class Bounds:
    """A box around the flattened model, ``[parameter]``; infinite where a side is open."""

    lower: Float[Tensor, " parameter"]
    upper: Float[Tensor, " parameter"]

    @classmethod
    def of(cls, bounds: tuple[object, object], model_shape: tuple[int, ...], dtype: torch.dtype) -> "Bounds":
        """Read ``(lower, upper)``, numbers or arrays that broadcast to the model.

        Raises:
            InputError: shapes that do not broadcast, NaN, or a lower bound that is not below the upper.
        """
        sides = []
        for name, side in zip(("lower", "upper"), bounds, strict=True):
            values = torch.as_tensor(side, dtype=dtype)
            try:
                sides.append(values.broadcast_to(model_shape).reshape(-1))
            except RuntimeError as error:
                raise InputError(
                    f"the {name} bound has shape {tuple(values.shape)}, expected one that broadcasts to {model_shape}"
                ) from error
        bad = ~(sides[0] < sides[1])
        if bad.any():
            k = int(bad.nonzero()[0, 0])
            low, high = float(sides[0][k]), float(sides[1][k])
            raise InputError(f"the bounds of parameter {k} are {low:g} and {high:g}, expected lower < upper")
        return cls(*sides)

    def check(self, name: str, models: Float[Tensor, "site parameter"]) -> None:
        """Raise InputError where a model is not strictly inside the box."""
        outside = ~((models > self.lower) & (models < self.upper))
        if outside.any():
            site, k = (int(i) for i in outside.nonzero()[0])
            raise InputError(
                f"the {name} has {float(models[site, k]):g} at parameter {k} of site {site}, expected a value strictly "
                f"between its bounds {float(self.lower[k]):g} and {float(self.upper[k]):g}: widen them or move it"
            )

    def clamp(self, models: Float[Tensor, "*site parameter"]) -> Float[Tensor, "*site parameter"]:
        """The nearest model inside the box."""
        return models.clamp(self.lower, self.upper)

    def touched(
        self, models: Float[Tensor, "*site parameter"], sigma: Float[Tensor, "*site parameter"]
    ) -> Bool[Tensor, "*site parameter"]:
        """Which parameters sit at a bound, to a thousand times the tolerance."""
        near = 1e3 * TOLERANCE * sigma
        return (models <= self.lower + near) | (models >= self.upper - near)

    def condition(
        self,
        mean: Float[Tensor, "site parameter"],
        covariance: Float[Tensor, "site parameter parameter"],
        slack: Float[Tensor, "site parameter"],
    ) -> Float[Tensor, "site parameter"]:
        """The multipliers that carry the mean of each Gaussian to its maximum inside the box.

        Args:
            mean: the free maxima.
            covariance: the covariances.
            slack: by how much a bound may be passed.

        Returns:
            ``pull`` such that ``mean + covariance @ pull`` is the constrained maximum; zero for free parameters.
        """
        pull = torch.zeros_like(mean)
        busy = torch.arange(len(mean), device=mean.device)
        at = _Pins(
            mean.clone(),
            torch.zeros_like(mean),
            torch.zeros_like(mean),
            torch.full_like(mean[:, 0], -1).long(),
        )
        for _ in range(10 * mean.shape[-1]):
            excess = torch.maximum(at.model - self.upper, self.lower - at.model)
            worst = torch.where(at.side == 0, excess / slack[busy], -1.0).max(-1)
            at.entering = torch.where((at.entering < 0) & (worst.values > 1), worst.indices, at.entering)
            done = at.entering < 0
            pull[busy[done]] = at.pull[done]
            busy, at = busy[~done], at.take(~done)
            if len(busy) == 0:
                break
            self._advance(at, covariance[busy])
        pull[busy] = at.pull
        return pull

    def _advance(self, at: "_Pins", covariance: Float[Tensor, "site parameter parameter"]) -> None:
        """Move the entering parameter of each site to its bound, or as far as no pin's multiplier changes sign."""
        enter = at.entering[:, None]
        high = (at.model > self.upper).gather(-1, enter)
        way = torch.where(high, 1.0, -1.0).to(at.model.dtype)  # which bound it is beyond
        pinned = at.side != 0
        block = torch.where(
            pinned[:, :, None] & pinned[:, None, :], covariance, torch.diag_embed((~pinned).to(way.dtype))
        )
        column = covariance.gather(-1, enter[..., None].expand_as(covariance[..., :1]))[..., 0]
        held = solve(block, torch.where(pinned, column, 0.0)[..., None])[..., 0]
        force = (way * held).scatter(-1, enter, -way)  # a pull that moves the entering parameter and no pin
        move = (covariance @ force[..., None])[..., 0]
        limit = torch.where(high, self.upper[at.entering][:, None], self.lower[at.entering][:, None])
        full = (limit - at.model.gather(-1, enter)) / move.gather(-1, enter)
        turning = torch.where(at.side * force > 0, -at.pull / force, torch.inf)
        first = turning.min(-1, keepdim=True)
        free = first.values < full  # a pin lets go before the entering parameter arrives
        length = torch.minimum(full, first.values)
        at.model = at.model + length * move
        at.pull = at.pull + length * force
        changed = torch.where(free, first.indices, enter)
        at.pull = torch.where(free, at.pull.scatter(-1, first.indices, 0.0), at.pull)
        at.side = at.side.scatter(-1, changed, torch.where(free, 0.0, way))
        at.entering = torch.where(free[:, 0], at.entering, -1)


@dataclass(eq=False)
class _Pins:
    """The state of the search at some sites."""

    model: Float[Tensor, "site parameter"]
    pull: Float[Tensor, "site parameter"]
    side: Float[Tensor, "site parameter"]  # -1 pinned to its lower bound, +1 to its upper, 0 free
    entering: Int[Tensor, " site"]  # the violated parameter on its way to its bound, -1 none

    def take(self, which: Tensor) -> "_Pins":
        """The sites ``which``."""
        return _Pins(self.model[which], self.pull[which], self.side[which], self.entering[which])
