"""How wide an answer must be to hold the truth as often as it says: split conformal prediction.

Nothing is assumed of the network or of its errors. On events held out, each error is divided by what was expected of
it; the radius of a new answer is its own expected error times a quantile of these ratios. Where the new event is drawn
like the held-out ones the truth lies within the radius with at least the stated probability (Vovk et al. 2005; Lei et
al. 2018, arXiv:1604.04173). Quantiles are taken apart by number of stations, so that events with few of them do not
live on those with many.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seisgrad.errors import InputError

#: Fewest stations of each stratum.
STRATA = (4, 6, 10, 15)


@dataclass(frozen=True)
class Conformal:
    """A calibration.

    Args:
        coverage: share of answers that are to hold the truth.
        fewest: stations of each stratum, rising; an event with fewer than the first was not calibrated for.
        quantiles: of error over expected error, by stratum; infinite where there were too few events to know.
        events: from which they were taken.
        limit: no error is larger.
    """

    coverage: float
    fewest: tuple[int, ...]
    quantiles: tuple[float, ...]
    events: tuple[int, ...]
    limit: float = math.inf

    def radius(
        self, expected: Float[Tensor, "*batch"], stations: Int[Tensor, "*batch"]
    ) -> Float[Tensor, "*batch"]:
        """Radius that holds the truth with probability ``coverage``, in the unit of the errors; at most ``limit``.

        Args:
            expected: error of each event.
            stations: of each event.
        """
        edges = torch.tensor(self.fewest, device=stations.device)
        stratum = torch.searchsorted(edges, stations.contiguous(), right=True)
        quantiles = expected.new_tensor((math.inf, *self.quantiles))[stratum]
        return torch.minimum(quantiles * expected, expected.new_tensor(self.limit))

    def to_dict(self) -> dict[str, Any]:
        """For the card: an infinite number is None there."""
        entries = asdict(self)
        entries["quantiles"] = [None if math.isinf(q) else q for q in self.quantiles]
        entries["limit"] = None if math.isinf(self.limit) else self.limit
        return entries

    @classmethod
    def from_dict(cls, entries: Mapping[str, Any]) -> "Conformal":
        """The inverse of :meth:`to_dict`."""
        return cls(
            entries["coverage"],
            tuple(entries["fewest"]),
            tuple(math.inf if q is None else q for q in entries["quantiles"]),
            tuple(entries["events"]),
            math.inf if entries["limit"] is None else entries["limit"],
        )


def calibrate(
    errors: Float[Tensor, " event"],
    expected: Float[Tensor, " event"],
    stations: Int[Tensor, " event"],
    *,
    coverage: float = 0.9,
    fewest: Sequence[int] = STRATA,
    limit: float = math.inf,
) -> Conformal:
    """Calibrate on events that neither trained the network nor chose its weights.

    Of n events of a stratum the quantile is the ⌈(n + 1) coverage⌉-th smallest ratio: at least ``coverage`` for any n.

    Args:
        errors: what the network got wrong, in any unit.
        expected: what it expected of itself, positive, in the same unit; equal numbers where it has no idea.
        stations: of each event.
        coverage: asked for.
        fewest: stations of each stratum.
        limit: no error is larger.

    Raises:
        InputError: a coverage that is no share, strata that do not rise, or numbers not finite or not positive.
    """
    if not 0.0 < coverage < 1.0:
        raise InputError(f"coverage is {coverage:g}, expected a share between 0 and 1")
    if list(fewest) != sorted(set(fewest)) or not fewest:
        raise InputError(f"the strata begin at {tuple(fewest)} stations, expected rising numbers")
    if not (errors.isfinite().all() and expected.isfinite().all() and (expected > 0).all()):
        raise InputError(
            "there are errors that are not finite, or expected ones that are not positive; leave them out"
        )
    ratios, edges = (errors / expected).double(), [*fewest, math.inf]
    quantiles, events = [], []
    for low, high in pairwise(edges):
        ordered = ratios[(stations >= low) & (stations < high)].sort().values
        rank = math.ceil((len(ordered) + 1) * coverage - 1e-9)
        quantiles.append(float(ordered[rank - 1]) if rank <= len(ordered) else math.inf)
        events.append(len(ordered))
    return Conformal(coverage, tuple(fewest), tuple(quantiles), tuple(events), limit)
