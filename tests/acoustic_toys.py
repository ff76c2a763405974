"""Small acoustic earths, and untrained networks of series in folders, as training would have left them."""

import math
from dataclasses import asdict
from pathlib import Path

import torch
from scipy.special import hankel2
from torch import Tensor

from seisgrad.acoustic import Grid, Survey
from seisgrad.acoustic.series.network import SeriesNet, SeriesSize
from seisgrad.nn import weights

VELOCITY, DENSITY = 3.0, 2.2


def uniform(grid: Grid, velocity: float = VELOCITY, density: float = DENSITY) -> Tensor:
    """A homogeneous earth."""
    values = torch.tensor([velocity, density], dtype=torch.float64)
    return values[:, None, None].expand(2, *grid.shape).clone()


def bumpy(grid: Grid, seed: int, share: float = 0.05, length: float = 0.5) -> Tensor:
    """An earth of smooth random bumps, some wavelengths of ``length`` km long."""
    noise = torch.randn((2, *grid.shape), generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    waves = [2 * math.pi * torch.fft.fftfreq(n, grid.spacing).double() for n in grid.shape]
    low = torch.exp(-0.5 * length**2 * (waves[0][:, None].square() + waves[1].square()))
    smooth = torch.fft.ifft2(torch.fft.fft2(noise) * low).real
    smooth = smooth - smooth.mean((-2, -1), keepdim=True)
    smooth = smooth / smooth.square().mean((-2, -1), keepdim=True).sqrt()
    return uniform(grid) * (1 + share * smooth.clamp(-2.5, 2.5))


def greens(survey: Survey, velocity: float = VELOCITY, density: float = DENSITY) -> Tensor:
    """−(i/4) ρ H0(kr) of a homogeneous earth, [source, frequency, receiver]."""
    distance = torch.cdist(survey.sources, survey.receivers)[:, None]
    phase = 2 * math.pi * survey.frequencies[:, None] / velocity * distance
    return torch.from_numpy(density * -0.25j * hankel2(0, phase.numpy()))


def relative(found: Tensor, expected: Tensor) -> float:
    """‖found − expected‖ / ‖expected‖."""
    return float(((found - expected).norm() / expected.norm()).detach())


def refined(earth: Tensor, times: int) -> Tensor:
    """The same earth on a finer grid, bilinear between the nodes of the coarse one."""
    size = [(n - 1) * times + 1 for n in earth.shape[-2:]]
    finer = torch.nn.functional.interpolate(earth[None], size, mode="bilinear", align_corners=True)
    return finer[0]


def network(layers: int = 6, noise: float = 0.0) -> SeriesNet:
    """The untrained series; with ``noise`` its weights are random around those."""
    series = SeriesNet(SeriesSize(layers=layers, knots=4))
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for values in series.parameters():
            values += noise * torch.randn(values.shape, generator=generator)
    return series


def save(folder: Path, layers: int = 6, noise: float = 0.0) -> Path:
    """A network that no data have taught."""
    series = network(layers, noise)
    card = {
        "system": "acoustic",
        "network": "series",
        "arguments": asdict(series.size),
        "reference": VELOCITY,
        "range": {"velocity": [0.75, 1.25], "density": [0.75, 1.25], "wavelengths": [1.0, 20.0]},
        "data": {},
    }
    weights.save(folder, series, card)
    return folder
