"""What a posterior says of a weighted mean of parameters, and whether the data require it to be what it is."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.errors import InputError

ODDS = 20.0
"""Evidence ratio from which data are said to require something: strong evidence after Kass & Raftery (1995)."""


@dataclass(frozen=True, eq=False)
class Average:
    """A weighted mean w·m of the parameters of a model, or any other linear combination, before and after the data.

    Attributes:
        value: w·mean of the posterior, ``[*batch]``.
        sigma: its posterior standard deviation, ``[*batch]``.
        prior_value: w·mean of the prior, ``[*batch]``.
        prior_sigma: its prior standard deviation, ``[*batch]``.
        kernel: the averaging kernel wᵀR, ``[*batch, *domain.shape]`` (Backus & Gilbert 1968): ``value`` is expected to
            be ``prior_value`` + kernel·(truth - prior mean). Where the kernel is not w, other parameters leak in or
            the prior fills up.
    """

    value: Float[Tensor, "*batch"]
    sigma: Float[Tensor, "*batch"]
    prior_value: Float[Tensor, "*batch"]
    prior_sigma: Float[Tensor, "*batch"]
    kernel: Float[Tensor, "..."]

    @property
    def shrinkage(self) -> Float[Tensor, "*batch"]:
        """Posterior over prior standard deviation: near 1 the data said nothing of it."""
        return self.sigma / self.prior_sigma

    def log_ratio(self, value: float | Tensor = 0.0) -> Float[Tensor, "*batch"]:
        """:func:`log_ratio` for w·m = ``value``, ``[*batch]``."""
        return log_ratio(value, self.value, self.sigma, self.prior_value, self.prior_sigma)

    def message(self, *site: int, value: float = 0.0) -> str:
        """Whether the data require w·m to differ from ``value`` at one site, in words.

        Args:
            *site: its index in the batch, one number per batch dimension (none without batch).
            value: to compare with.

        Raises:
            InputError: an index that does not fit the batch.
        """
        if len(site) != self.value.ndim:
            raise InputError(
                f"received site {site}, expected {self.value.ndim} indices for {tuple(self.value.shape)}"
            )
        now, sigma, then, wide, ratio = (
            float(part[site])
            for part in (self.value, self.sigma, self.prior_value, self.prior_sigma, self.log_ratio(value))
        )
        verdict = "do not tell it from"
        if abs(ratio) > math.log(ODDS):
            verdict = "require it to differ from" if ratio > 0 else "speak for"
        return (
            f"{now:.3g} ± {sigma:.2g}, before the data {then:.3g} ± {wide:.2g}. The data {verdict} {value:g}: they are "
            f"10^{ratio / math.log(10.0):.1f} times as probable where it is free."
        )


def log_ratio(
    value: float | Tensor, mean: Tensor, sigma: Tensor, prior_mean: Tensor, prior_sigma: Tensor
) -> Float[Tensor, "..."]:
    """The logarithm of how many times as probable data are with a quantity free as with it fixed at ``value``.

    The ratio of evidences of Savage and Dickey (Dickey 1971, Ann. Math. Stat. 42, 204): the density of the prior at
    ``value`` over that of the posterior. 0 where the data say nothing, however far ``value`` is from the means;
    negative where they speak for ``value``.
    """
    before = ((value - prior_mean) / prior_sigma).square() / 2 + prior_sigma.log()
    after = ((value - mean) / sigma).square() / 2 + sigma.log()
    return after - before


def depth_average(
    depth: Sequence[float] | Float[Tensor, " depth"], top: float, bottom: float
) -> Float[Tensor, " depth"]:
    """Weights of the layers in the mean over a range of depth; they sum to 1.

    Args:
        depth: tops of the layers, km, increasing; the last is the half-space's.
        top: of the range, km.
        bottom: of the range, km.

    Raises:
        InputError: tops that do not increase, or a range that is empty or begins above the first layer.
    """
    tops = torch.as_tensor(depth, dtype=torch.float64)
    if tops.ndim != 1 or not tops.isfinite().all() or (tops.diff() <= 0).any():
        raise InputError(f"depths {tops.tolist()} must be one list of finite, strictly increasing km")
    if not float(tops[0]) <= top < bottom < math.inf:
        raise InputError(
            f"the range from {top:g} to {bottom:g} km must be one that begins at {float(tops[0]):g} km or below and "
            "ends deeper"
        )
    ends = torch.cat([tops[1:], tops.new_full((1,), math.inf)])
    return (ends.clamp(max=bottom) - tops.clamp(min=top)).clamp(min=0.0) / (bottom - top)
