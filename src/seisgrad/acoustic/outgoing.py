"""The wave from which the learned operator starts, alone: outgoing, bent and focused, never scattered back."""

import torch

from seisgrad.acoustic.grid import Grid
from seisgrad.acoustic.series.network import SeriesNet, SeriesSize
from seisgrad.acoustic.surrogate import AcousticNet
from seisgrad.acoustic.survey import Survey


class Outgoing(AcousticNet):
    """A series of no scatterings, in which nothing is learned: the second background beside
    :class:`~seisgrad.acoustic.straight_ray.StraightRay`, with the same face.

    Args:
        grid: where earths are given.
        survey: which sources, frequencies and receivers.
        reference: velocity about which the waves are expanded, km/s.
        dtype: of the work inside.

    Raises:
        InputError: places outside the grid, or a survey of something else than spectra.
    """

    def __init__(
        self, grid: Grid, survey: Survey, reference: float = 3.0, dtype: torch.dtype = torch.float32
    ) -> None:
        self.card = {}
        self.network = SeriesNet(SeriesSize(layers=0)).to(dtype).eval().requires_grad_(False)
        self.grid, self.dtype, self.outside = grid, dtype, "allow"
        self.reference = reference
        self._known = {}
        self._ask(survey)
