"""Wavefields of straight rays: spectra and traces delayed by the slowness along the line from source to receiver."""

import copy
from collections.abc import Sequence

import torch
from torch import Tensor

from seisgrad.operator import Operator, Space

SHAPE, SPACING = (6, 8), 0.5
DOMAIN = Space(
    "speed",
    ("z", "x"),
    SHAPE,
    "km/s",
    {axis: [i * SPACING for i in range(n)] for axis, n in zip("zx", SHAPE, strict=True)},
)
SOURCES = [(0.1 + 0.45 * i, 0.0) for i in range(6)]
RECEIVERS = [(0.1 + 0.45 * i, 3.5) for i in range(6)] + [(2.5, 0.5 * i) for i in range(1, 7)]
FREQUENCIES = (0.5, 1.0, 1.5, 2.0)


def rays(sources: Sequence[tuple[float, float]]) -> tuple[Tensor, Tensor]:
    """The length of each ray near each node, ``[source, receiver, z, x]``, and in all."""
    ends = [torch.tensor(places, dtype=torch.float64) for places in (sources, RECEIVERS)]
    share = (torch.arange(40, dtype=torch.float64) + 0.5) / 40
    points = ends[0][:, None, None] * (1 - share[:, None]) + ends[1][None, :, None] * share[:, None]
    length = torch.cdist(*ends)
    hats = [
        (1 - (points[..., k, None] / SPACING - torch.arange(n)).abs()).clamp(min=0)
        for k, n in enumerate(SHAPE)
    ]
    return torch.einsum("srpz,srpx->srzx", *hats) / 40 * length[..., None, None], length


class RaySpectra(Operator):
    """exp(-iωτ)/√r with τ = Σ length/speed. Speeds below ``slowest`` anywhere on a ray give no value."""

    def __init__(self, slowest: float = 0.0) -> None:
        self.slowest, self.domain = slowest, DOMAIN
        self._ask(*rays(SOURCES), FREQUENCIES)

    def _ask(self, lengths: Tensor, distance: Tensor, frequencies: Sequence[float]) -> None:
        self.lengths, self.distance, self.frequencies = lengths, distance, frequencies
        axes, sizes = (
            ("source", "frequency", "receiver", "part"),
            (len(lengths), len(frequencies), len(RECEIVERS), 2),
        )
        self.codomain = Space("spectrum", axes, sizes, "1", {"frequency": frequencies})

    def select(self, source: Sequence[int], frequency: Sequence[int]) -> "RaySpectra":
        other = copy.copy(self)
        other._ask(self.lengths[source], self.distance[source], [self.frequencies[i] for i in frequency])
        return other

    def delays(self, x: Tensor) -> Tensor:
        delay = (self.lengths / x[..., None, None, :, :]).sum((-2, -1))
        slow = (x < self.slowest).to(x.dtype)[..., None, None, :, :]
        return delay.masked_fill((self.lengths * slow).sum((-2, -1)) > 0, torch.nan)

    def apply(self, x: Tensor) -> Tensor:
        omega = 2 * torch.pi * torch.tensor(self.frequencies, dtype=x.dtype)
        phase = -omega[:, None] * self.delays(x)[..., None, :]
        return torch.stack([phase.cos(), phase.sin()], -1) / self.distance.sqrt()[:, None, :, None]


class RayTraces(Operator):
    """A Ricker pulse of 1.5 Hz, delayed by τ; it has no ``select`` and is taken whole."""

    def __init__(self) -> None:
        self.spectra = RaySpectra()
        self.times = torch.arange(80, dtype=torch.float64) * 0.05
        sizes = (len(SOURCES), len(RECEIVERS), 80)
        self.domain = DOMAIN
        self.codomain = Space("trace", ("source", "receiver", "time"), sizes, "1", {"time": self.times})

    def apply(self, x: Tensor) -> Tensor:
        late = self.times - self.spectra.delays(x)[..., None] - 0.7
        return ricker(late) / self.spectra.distance.sqrt()[..., None]


def ricker(time: Tensor, frequency: float = 1.5) -> Tensor:
    squared = (torch.pi * frequency * time).square()
    return (1 - 2 * squared) * torch.exp(-squared)


def homogeneous() -> Tensor:
    return torch.full(SHAPE, 3.0, dtype=torch.float64)


def blob() -> Tensor:
    """A slow blob of 8 % in the middle."""
    z, x = torch.meshgrid(torch.arange(SHAPE[0]), torch.arange(SHAPE[1]), indexing="ij")
    return 3.0 - 0.24 * torch.exp(-((z - 2.5) ** 2 + (x - 3.5) ** 2).double() / 3.0)
