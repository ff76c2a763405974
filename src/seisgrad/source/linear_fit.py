"""The moment tensor that fits best at every depth, each station shifted in time to where it fits: least squares.

All that the records say is in a few sums per station, depth and shift, so that searches and resamplings cost nothing.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seisgrad.source.long_period import LongPeriod

_ROUNDS = 50  # of fitting and shifting; it settles after a few
_RIDGE = 1e-12  # keeps what no record tells at zero
_TINY = 1e-12  # of the power, below which a misfit is rounding


class Sums(NamedTuple):
    """Scalar products of records and Green's functions, weighted.

    Attributes:
        greens: of each element of the basis with each other.
        both: of each element with the records at each shift.
        records: of the records with themselves.
        strain: squares of the shifts over what velocities explain.
        independent: samples of each station that are independent of each other.
    """

    greens: Float[Tensor, "depth station basis basis"]
    both: Float[Tensor, "depth shift station basis"]
    records: Float[Tensor, "shift station"]
    strain: Float[Tensor, "shift station"]
    independent: Float[Tensor, " station"]


class Fit(NamedTuple):
    """The best tensors, for each of several weightings of the stations.

    Attributes:
        coefficients: in the basis, N·m.
        shift: numbers of the best shifts.
        misfit: weighted squares of what is left.
        power: weighted squares of the records.
        cost: what was made least, twice the negative logarithm of the probability but for a constant; the best depth
            has the least.
    """

    coefficients: Float[Tensor, "draw depth basis"]
    shift: Int[Tensor, "draw depth station"]
    misfit: Float[Tensor, "draw depth"]
    power: Float[Tensor, "draw depth"]
    cost: Float[Tensor, "draw depth"]

    @property
    def reduction(self) -> Float[Tensor, "draw depth"]:
        """Variance reduction, 1 for a perfect fit."""
        return 1.0 - self.misfit / self.power

    @property
    def deepest(self) -> Int[Tensor, " draw"]:
        """Number of the best depth."""
        return self.cost.argmin(1)


class Alone(NamedTuple):
    """How each station fits a solution, at the best depth of each draw.

    Attributes:
        misfit: weighted squares of what is left of a sample.
        reduction: its variance reduction.
        gain: what the predicted motion is to be multiplied by, and
        share: the variance reduction that it has then, at the shift where it has most.
    """

    misfit: Float[Tensor, "draw station"]
    reduction: Float[Tensor, "draw station"]
    gain: Float[Tensor, "draw station"]
    share: Float[Tensor, "draw station"]


def sums_of(data: LongPeriod) -> Sums:
    """The sums of records and Green's functions; all that a fit needs."""
    weighted = data.greens * data.weight[:, None, :, None]
    return Sums(
        torch.einsum("dsbct,dsect->dsbe", weighted, data.greens),
        torch.einsum("dsbct,hsct->dhsb", weighted, data.records),
        (data.records.square().sum(-1) * data.weight).sum(-1),
        (data.shifts[:, None] / data.tolerance).square(),
        data.independent,
    )


def fit(sums: Sums, counts: Float[Tensor, "draw station"]) -> Fit:
    """The least squares of every depth and every weighting of the stations, with the shifts that make them least.

    A misfit E of N independent samples with an error that nobody knows costs N ln E, and a shift costs the square of
    its ratio to what velocities explain: so no limit of the shifts decides the answer. It begins with the best shift
    that all stations share, as if the origin time alone were wrong, and then shifts each on its own and fits again, in
    turns: no turn makes the cost larger.

    Args:
        sums: of the records.
        counts: how often each station counts.
    """
    matrix = torch.einsum("ns,dsbe->ndbe", counts, sums.greens)
    size = matrix.diagonal(dim1=-2, dim2=-1).mean(-1)[..., None, None]
    factor = torch.linalg.cholesky(matrix + _RIDGE * size * torch.eye(matrix.shape[-1], dtype=matrix.dtype))
    number, samples = torch.arange(counts.shape[1]), (counts @ sums.independent)[:, None]

    def solved(shift: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        right = _sum_at(sums.both, shift, counts)
        found = torch.cholesky_solve(right[..., None], factor)[..., 0]
        power = (sums.records[shift, number] * counts[:, None]).sum(-1)
        return found, torch.maximum(power - (found * right).sum(-1), _TINY * power), power

    shared = torch.einsum("ns,dhsb->ndhb", counts, sums.both)
    guess = torch.cholesky_solve(shared.mT, factor).mT  # [draw, depth, shift, basis]
    power = torch.einsum("ns,hs->nh", counts, sums.records)[:, None]
    left = torch.maximum(power - (guess * shared).sum(-1), _TINY * power)
    first = (samples[..., None] * left.log() + (counts @ sums.strain.T)[:, None]).argmin(-1)
    shift = first[..., None].expand(-1, -1, counts.shape[1])
    for _ in range(_ROUNDS):
        found, misfit, _power = solved(shift)
        # the logarithm of the misfit is below its tangent, which each station can make least on its own
        price = (misfit / samples)[..., None, None] * sums.strain
        gain = 2 * torch.einsum("dhsb,ndb->ndhs", sums.both, found) - sums.records
        moved = (gain - price).argmax(2)
        if torch.equal(moved, shift):
            break
        shift = moved
    found, misfit, power = solved(shift)
    strain = (sums.strain[shift, number] * counts[:, None]).sum(-1)
    return Fit(found, shift, misfit, power, samples * (misfit / power).log() + strain)


def alone(sums: Sums, found: Fit) -> Alone:
    """How each station fits, those that did not count too."""
    draw, at = torch.arange(len(found.cost)), found.deepest
    coefficients, shift = found.coefficients[draw, at], found.shift[draw, at]
    both = torch.einsum("nhsb,nb->nhs", sums.both[at], coefficients)
    predicted = torch.einsum("nsbe,nb,ne->ns", sums.greens[at], coefficients, coefficients)
    left = sums.records - 2 * both + predicted[:, None]
    left, power = left.gather(1, shift[:, None])[:, 0], sums.records[shift, torch.arange(shift.shape[1])]
    share, best = (both.square() / (predicted[:, None] * sums.records)).max(1)
    gain = both.gather(1, best[:, None])[:, 0] / predicted
    return Alone(left / sums.independent, 1.0 - left / power, gain, share)


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
