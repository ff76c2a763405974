"""What the stations of one earthquake show a network: windows around P and S, where stations are, what is missing."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Shaped
from torch import Tensor

#: Windows of a station, in this order.
PHASES = ("P", "S")
#: Components of a window, in this order: up, away from the source, clockwise.
COMPONENTS = ("Z", "R", "T")
#: Samples per second.
SAMPLING = 10.0
#: Seconds before and after a pick, which is the sample in the middle.
HALF_WINDOW = 5.0
#: Samples of one window.
SAMPLES = round(2.0 * HALF_WINDOW * SAMPLING)
#: Hz, what the windows hold.
BAND = (0.1, 2.0)


class Gather(NamedTuple):
    """The records of one event, or of a batch of events with as many places for stations.

    Attributes:
        windows: ground velocity (m/s) in :data:`BAND` around the P and the S pick; zero where nothing was recorded.
        recorded: which components a station has; a place without any holds no station, and all its numbers are void.
        distance: from the epicentre, km.
        azimuth: from the epicentre to the station, degrees clockwise from north.
        place: longitude and latitude of the station, degrees; only the network of the paper looks at them.
        depth: of the source as it is believed to be, km.
    """

    windows: Float[Tensor, "*batch station phase component time"]
    recorded: Bool[Tensor, "*batch station component"]
    distance: Float[Tensor, "*batch station"]
    azimuth: Float[Tensor, "*batch station"]
    place: Float[Tensor, "*batch station 2"]
    depth: Float[Tensor, "*batch"]

    @property
    def present(self) -> Bool[Tensor, "*batch station"]:
        """Which places hold a station."""
        return self.recorded.any(-1)

    @property
    def batch(self) -> "Gather":
        """A batch of this single event alone."""
        return Gather(*(a[None] for a in self))

    def to(self, target: torch.device | str | torch.dtype) -> "Gather":
        """The same on another device, or with its real numbers in another precision."""
        if isinstance(target, torch.dtype):
            return Gather(*(a if a.dtype == torch.bool else a.to(target) for a in self))
        return Gather(*(a.to(target) for a in self))


def joined(gathers: Sequence[Gather]) -> Gather:
    """Batches of events as one, with places for the most stations of any."""
    places = max(gather.distance.shape[1] for gather in gathers)
    columns = zip(*((*(padded(x, places) for x in g[:-1]), g.depth) for g in gathers), strict=True)
    return Gather(*map(torch.cat, columns))


def padded(values: Shaped[Tensor, "event station ..."], places: int) -> Shaped[Tensor, "event place ..."]:
    """Values of stations with empty places up to so many."""
    missing = places - values.shape[1]
    if not missing:
        return values
    return torch.cat((values, values.new_zeros(len(values), missing, *values.shape[2:])), 1)
