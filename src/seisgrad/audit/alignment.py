"""Do the rows of a table have bumps at one position, more often than bumps at random positions would?

The test behind the detector of artefacts, on plain rows ``[row, position]``. Each row is filtered by a bump; what its
allowance could have made is taken off, and what is left is divided by its root mean square, so that no row outshouts
the others. The mean over the rows is large where all have a bump. Under the null hypothesis every row may be turned
round by an amount of its own: all that it has within itself stays, and only the alignment with the others goes. The
largest mean over all positions and widths of rows so turned is the yardstick for the rows as they are, which makes the
p-values family-wise over positions and widths (Westfall & Young 1993, Resampling-based multiple testing).
"""

from dataclasses import dataclass
from math import ceil, log, sqrt

import torch
from jaxtyping import Float
from torch import Tensor

WIDTHS = (1 / 32, 1 / 16, 1 / 8)
"""Full widths at half maximum of the bumps that are looked for, as shares of the position axis."""
NARROWEST = 3.0
"""No bump is narrower than this many samples."""


@dataclass(frozen=True, eq=False)
class Bump:
    """A Gaussian less its mean over a window around it: as a filter blind to what is straight there.

    Attributes:
        weights: of the filter; a row that holds a Gaussian of this width and of the mass s gives s at its middle.
        reach: samples at either end of a row that have no response.
        energy: squared norm of a bump of mass 1, less its mean.
    """

    weights: Float[Tensor, " window"]
    reach: int
    energy: float

    @staticmethod
    def of(width: float, reach: int | None = None) -> "Bump":
        """The bump of a full width at half maximum, in samples, with three sigmas to both sides unless told."""
        sigma = width / sqrt(8 * log(2))
        reach = ceil(3 * sigma) if reach is None else reach
        shape = torch.exp(-(torch.arange(-reach, reach + 1, dtype=torch.float64) / sigma).square() / 2)
        shape = shape / shape.sum()
        weights = shape - shape.mean()
        energy = weights.square().sum()
        return Bump(weights / energy, reach, float(energy))

    def response(self, rows: Float[Tensor, "*rows position"]) -> Float[Tensor, "*rows inner"]:
        """The mass of a bump at each of the positions from ``reach`` to ``-reach``."""
        return _filter(rows, self.weights)

    def bound(self, size: Float[Tensor, "*rows position"]) -> Float[Tensor, "*rows inner"]:
        """The largest response that rows of at most this magnitude can have."""
        return _filter(size, self.weights.abs())


def bumps(positions: int) -> list[Bump]:
    """Those looked for on an axis of so many samples; each has a response on half of it at least."""
    widths = sorted({max(NARROWEST, share * positions) for share in WIDTHS})
    return [bump for bump in map(Bump.of, widths) if 4 * bump.reach <= positions]


@dataclass(frozen=True, eq=False)
class Peak:
    """A position at which the rows have bumps in common.

    Attributes:
        position: index on the axis of the rows.
        bump: the width that fits.
        p_value: family-wise over positions and widths.
    """

    position: int
    bump: Bump
    p_value: float


def aligned(
    rows: Float[Tensor, "row position"],
    allowance: Float[Tensor, "row position"],
    *,
    floor: float,
    level: float,
    draws: int,
    seed: int,
) -> list[Peak]:
    """The positions at which the rows have bumps in common, the clearest first.

    Once a bump is found, what the widest one would cover around it is taken out of the rows, and so out of the
    yardstick, before the next is sought.

    Args:
        rows: independent of each other but for what they may have in common.
        allowance: magnitudes up to which a row may have anything anywhere.
        floor: mass up to which a bump is nothing.
        level: p-values above it are not returned.
        draws: of the null distribution.
        seed: of the draws.
    """
    looks = [_Look.at(rows, allowance, floor, bump) for bump in bumps(rows.shape[-1])]
    generator = torch.Generator().manual_seed(seed)
    found: list[Peak] = []
    while any(look.rows.any() for look in looks):
        turns = torch.rand(draws, len(rows), generator=generator)
        null = torch.stack([look.turned(turns) for look in looks]).amax(0)
        value, at, bump = max((look.largest() for look in looks), key=lambda largest: largest[0])
        p_value = (1 + int((null >= value).sum())) / (1 + draws)  # the rows as they are count as a draw
        if not value > 0 or p_value > level:
            break
        found.append(Peak(at, bump, p_value))
        looks = [look.without(at, looks[-1].bump.reach) for look in looks]
    return found


@dataclass(frozen=True, eq=False)
class _Look:
    """The rows through one bump, at the positions that have a response."""

    bump: Bump
    excess: Float[Tensor, "row inner"]

    @staticmethod
    def at(rows: Tensor, allowance: Tensor, floor: float, bump: Bump) -> "_Look":
        excess = bump.response(rows) - bump.bound(allowance) - floor
        return _Look(bump, excess.clamp(min=0.0).float())

    @property
    def rows(self) -> Float[Tensor, "row inner"]:
        """Each over its root mean square."""
        size = self.excess.square().mean(-1, keepdim=True).sqrt()
        return torch.where(size > 0, self.excess / size, 0.0)

    def largest(self) -> tuple[float, int, Bump]:
        """The largest of the maxima of the mean over rows, its index on the axis of the rows, and the bump.

        The largest value at either end of a row is no maximum: it may go on rising where no response is.
        """
        mean = self.rows.mean(0)
        peak = (mean[1:-1] >= mean[:-2]) & (mean[1:-1] >= mean[2:])
        best = torch.where(peak, mean[1:-1], 0.0).max(-1)
        return float(best.values), int(best.indices) + 1 + self.bump.reach, self.bump

    def without(self, position: int, reach: int) -> "_Look":
        """With nothing left within a reach of a position."""
        place = torch.arange(self.excess.shape[-1]) + self.bump.reach
        return _Look(self.bump, self.excess.masked_fill((place - position).abs() <= reach, 0.0))

    def turned(self, turns: Float[Tensor, "draw row"]) -> Float[Tensor, " draw"]:
        """The largest mean over positions after each row has been turned by a share of the axis."""
        length = self.excess.shape[-1]
        total = torch.zeros(len(turns), length)
        for row, turn in zip(self.rows, (turns * length).long().unbind(-1), strict=True):
            if row.any():
                total += row.repeat(2).unfold(0, length, 1)[turn]
        return total.amax(-1) / len(self.excess)


def _filter(rows: Tensor, weights: Tensor) -> Tensor:
    flat = rows.reshape(-1, 1, rows.shape[-1])
    found = torch.nn.functional.conv1d(flat, weights.to(rows.dtype)[None, None])
    return found.reshape(*rows.shape[:-1], found.shape[-1])
