"""What the stations of one earthquake show a network: windows around P and S, where stations are, what is missing."""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
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

    def to(self, target: torch.device | str | torch.dtype) -> "Gather":
        """The same on another device, or with its real numbers in another precision."""
        if isinstance(target, torch.dtype):
            return Gather(*(a if a.dtype == torch.bool else a.to(target) for a in self))
        return Gather(*(a.to(target) for a in self))
