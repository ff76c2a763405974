"""A path over several kinds of crust with one mantle: group times add up along it.

Crust varies from 7 to 40 km and group velocity is far from linear in it, so the velocity of an average crust is not the
velocity of the path. What adds along a path is time: with shares f_k of its length, 1/U = Σ f_k/U_k (ray theory; the same
holds for phase velocity).
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.earth import LayeredModel, model_space
from seisgrad.errors import InputError
from seisgrad.operator import Operator

TOLERANCE = 1e-9
"""Relative difference of thickness that is rounding."""


class Mosaic(Operator):
    """The harmonic mean of an operator over columns that differ from the given one in their upper layers.

    Args:
        operator: from ``[3, depth]`` to velocities ``[branch, period]``, such as
            :class:`seisgrad.dispersion.Physics`.
        share: of the path that lies over the column as it is given; the rest goes to the others, by their shares.
        others: ``(share, crust)``: layers that replace the upper ones, their last layer ending where the given column
            takes over. Layers must agree in thickness with those that they replace.

    Raises:
        InputError: shares that are not positive or do not add up to 1.
    """

    def __init__(self, operator: Operator, share: float, others: Sequence[tuple[float, LayeredModel]]) -> None:
        shares = [share, *(part for part, _ in others)]
        if min(shares) <= 0 or abs(sum(shares) - 1.0) > TOLERANCE:
            raise InputError(f"the shares of the path are {shares}, expected positive numbers that add up to 1")
        self.operator, self.shares = operator, torch.tensor(shares, dtype=torch.float64)
        self.crusts = [crust.stack() for _, crust in others]
        self.domain, self.codomain = operator.domain, operator.codomain

    def apply(self, x: Float[Tensor, "*batch 3 depth"]) -> Float[Tensor, "*batch branch period"]:
        """Velocities of the whole path."""
        slowness = self.shares[0] / self.operator(x)
        for share, crust in zip(self.shares[1:], self.crusts, strict=True):
            top = crust.expand(*x.shape[:-1], -1)
            column = torch.cat([top, x[..., crust.shape[-1] :]], dim=-1)
            slowness = slowness + share / self.operator(column)
        return 1.0 / slowness
