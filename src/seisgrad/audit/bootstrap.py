"""Means with 95 % intervals over models, in one pass and in memory that does not grow with their number.

The Poisson bootstrap: in every replicate each model counts as often as a draw of Poisson(1) says, which for many models
is resampling them with replacement (Hanley & MacGibbon 2006, Comput. Methods Programs Biomed. 83, 57; Chamandy et al.
2012, "Estimating uncertainty for massive data streams", Google). Models are drawn and not single values: those of one
model are not independent. The draws of a model follow from the seed and its number alone (counter-based generator:
Salmon et al. 2011, doi:10.1145/2063384.2063405), whatever the batches.
"""

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from seisgrad.audit.measures import Key, Measures

REPLICATES = 400
_TAILS = (0.025, 0.975)


class Interval(NamedTuple):
    """A mean with the ends of its 95 % interval; NaN where there are fewer than two models to draw from."""

    mean: float
    low: float
    high: float


def weights(first: int, number: int, seed: int) -> Float[Tensor, "replicate model"]:
    """How often models ``first``, ``first + 1``, … count in each replicate."""
    drawn = [stream(seed, first + i).poisson(1.0, REPLICATES) for i in range(number)]
    return torch.from_numpy(np.stack(drawn, axis=-1)).double()


def stream(seed: int, model: int, purpose: int = 0) -> np.random.Generator:
    """The random numbers of one model for one purpose."""
    return np.random.Generator(np.random.Philox(key=seed + (purpose << 64), counter=model << 64))


class Tally:
    """Weighted sums of values per model, for the plain mean and for every replicate.

    Args:
        seed: of the replicates.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.models = 0
        self.keys: tuple[Key, ...] = ()
        self.total = self.count = torch.zeros(())

    def add(self, values: Measures) -> None:
        """Count a batch: one value per model, branch and output; whatever is not finite is missing."""
        stacked = torch.stack(list(values.values()), dim=1).double()
        there = stacked.isfinite()
        number = len(stacked)
        weight = torch.cat(
            [torch.ones(1, number, dtype=torch.float64), weights(self.models, number, self.seed)]
        )
        weight = weight.to(stacked.device)
        if not self.keys:
            self.keys = tuple(values)
            self.total, self.count = stacked.new_zeros(2, len(weight), *stacked.shape[1:])
        self.total += torch.tensordot(weight, stacked.masked_fill(~there, 0.0), dims=1)
        self.count += torch.tensordot(weight, there.double(), dims=1)
        self.models += number

    def per_output(
        self, key: Key
    ) -> tuple[
        Float[Tensor, "branch output"], Float[Tensor, "branch output"], Float[Tensor, "branch output"]
    ]:
        """The mean of every output and the two ends of its interval; NaN where there is none."""
        k = self.keys.index(key)
        return _interval(self.total[:, k], self.count[:, k], self.count[0, k])

    def group(self, key: Key, outputs: Bool[Tensor, "branch output"]) -> Interval:
        """The mean over all values of a group of outputs."""
        k = self.keys.index(key)
        total, count = (kept[:, k, outputs] for kept in (self.total, self.count))
        ends = _interval(total.sum(-1), count.sum(-1), count[0].amax())
        return Interval(*(float(end) for end in ends))

    def replicates(self, key: Key, outputs: Bool[Tensor, "branch output"]) -> Float[Tensor, " replicate"]:
        """The mean over a group in every replicate, after the plain one."""
        k = self.keys.index(key)
        return self.total[:, k, outputs].sum(-1) / self.count[:, k, outputs].sum(-1)

    def number(self, key: Key, outputs: Bool[Tensor, "branch output"]) -> int:
        """How many values of a group of outputs exist."""
        return int(self.count[0, self.keys.index(key), outputs].sum())


def ends(replicates: Float[Tensor, "replicate ..."]) -> tuple[Tensor, Tensor]:
    """The ends ``[...]`` of the percentile interval; a replicate where nothing was drawn is left out."""
    tails = torch.tensor(_TAILS, dtype=replicates.dtype, device=replicates.device)
    low, high = torch.nanquantile(replicates, tails, dim=0)
    return low, high


def _interval(total: Tensor, count: Tensor, models: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    mean = total / count
    low, high = ends(mean[1:])
    alone = models < 2
    return mean[0], low.masked_fill(alone, torch.nan), high.masked_fill(alone, torch.nan)
