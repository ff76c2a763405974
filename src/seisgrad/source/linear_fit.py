"""The moment tensor that fits best at every depth, each station shifted in time to where it fits: least squares.

All that the records say is in a few sums per station, depth and shift, so that searches and resamplings cost nothing.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seisgrad.source.long_period import LongPeriod

_ROUNDS = 20  # of fitting and shifting; it settles after a few
_RIDGE = 1e-12  # keeps what no record tells at zero


class Sums(NamedTuple):
    """Scalar products of records and Green's functions, weighted.

    Attributes:
        greens: of each element of the basis with each other.
        both: of each element with the records at each shift.
        records: of the records with themselves.
    """

    greens: Float[Tensor, "depth station basis basis"]
    both: Float[Tensor, "depth shift station basis"]
    records: Float[Tensor, "shift station"]


class Fit(NamedTuple):
    """The best tensors, for each of several weightings of the stations.

    Attributes:
        coefficients: in the basis, N·m.
        shift: numbers of the best shifts.
        misfit: weighted squares of what is left.
        power: weighted squares of the records.
    """

    coefficients: Float[Tensor, "draw depth basis"]
    shift: Int[Tensor, "draw depth station"]
    misfit: Float[Tensor, "draw depth"]
    power: Float[Tensor, "draw depth"]

    @property
    def reduction(self) -> Float[Tensor, "draw depth"]:
        """Variance reduction, 1 for a perfect fit."""
        return 1.0 - self.misfit / self.power


def sums_of(data: LongPeriod) -> Sums:
    """The sums of records and Green's functions; all that a fit needs."""
    weighted = data.greens * data.weight[:, None, :, None]
    return Sums(
        torch.einsum("dsbct,dsect->dsbe", weighted, data.greens),
        torch.einsum("dsbct,hsct->dhsb", weighted, data.records),
        (data.records.square().sum(-1) * data.weight).sum(-1),
    )


def fit(sums: Sums, counts: Float[Tensor, "draw station"]) -> Fit:
    """The least squares of every depth and every weighting of the stations, with the shifts that make them least.

    It begins with the best shift that all stations share, as if the origin time alone were wrong, and then shifts each
    on its own and fits again, in turns: no turn makes the misfit larger.

    Args:
        sums: of the records.
        counts: how often each station counts.
    """
    matrix = torch.einsum("ns,dsbe->ndbe", counts, sums.greens)
    size = matrix.diagonal(dim1=-2, dim2=-1).mean(-1)[..., None, None]
    factor = torch.linalg.cholesky(matrix + _RIDGE * size * torch.eye(matrix.shape[-1], dtype=matrix.dtype))
    shared = torch.einsum("ns,dhsb->ndhb", counts, sums.both)
    guess = torch.cholesky_solve(shared.mT, factor).mT  # [draw, depth, shift, basis]
    left = torch.einsum("ns,hs->nh", counts, sums.records)[:, None] - (guess * shared).sum(-1)
    first = left.argmin(-1)
    shift = first[..., None].expand(-1, -1, counts.shape[1])
    number = torch.arange(counts.shape[1])
    for _ in range(_ROUNDS):
        right = _sum_at(sums.both, shift, counts)
        found = torch.cholesky_solve(right[..., None], factor)[..., 0]
        gain = 2 * torch.einsum("dhsb,ndb->ndhs", sums.both, found) - sums.records
        moved = gain.argmax(2)
        if torch.equal(moved, shift):
            break
        shift = moved
    right = _sum_at(sums.both, shift, counts)
    found = torch.cholesky_solve(right[..., None], factor)[..., 0]
    power = (sums.records[shift, number] * counts[:, None]).sum(-1)
    return Fit(found, shift, power - (found * right).sum(-1), power)


def resolution(sums: Sums, counts: Float[Tensor, "draw station"]) -> Float[Tensor, "draw depth"]:
    """What the records tell of the least known part of the mechanism against the best known: its share of squares."""
    values = torch.linalg.eigvalsh(torch.einsum("ns,dsbe->ndbe", counts, sums.greens))
    return values[..., 0] / values[..., -1]


def _sum_at(
    both: Float[Tensor, "depth shift station basis"],
    shift: Int[Tensor, "draw depth station"],
    counts: Float[Tensor, "draw station"],
) -> Float[Tensor, "draw depth basis"]:
    """The products with the records, each station at its own shift."""
    depth = torch.arange(both.shape[0])[:, None]
    station = torch.arange(both.shape[2])
    return (both[depth, shift, station] * counts[:, None, :, None]).sum(2)
