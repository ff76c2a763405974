"""Toy earthquakes for the tests of networks: the exact radiation of a full space, one pulse per phase, and noise."""

import math

import numpy as np
import torch
from torch import Tensor

from seisgrad.source.gather import SAMPLES, SAMPLING, Gather
from seisgrad.source.moment_tensor import moment_of_magnitude, random_double_couples
from seisgrad.source.radiation import coefficients


class ToyDraws:
    """Events with 6 to 16 stations all around, 15 to 200 km away, some without one of their components."""

    def __init__(self, stations: int = 16, noise: float = 0.05) -> None:
        self.stations, self.noise = stations, noise

    def draw(self, number: int, generator: np.random.Generator) -> tuple[Gather, Tensor]:
        """Gathers of ``number`` events and their moment tensors (N·m)."""
        chance = torch.Generator().manual_seed(int(generator.integers(2**62)))

        def even(*shape: int) -> Tensor:
            return torch.rand(*shape, generator=chance)

        def normal(*shape: int) -> Tensor:
            return torch.randn(*shape, generator=chance)

        many = (number, self.stations)
        magnitude, depth = 3.5 + 2.0 * even(number), 3.0 + 12.0 * even(number)
        azimuth, distance = 360.0 * even(*many), 15.0 + 185.0 * even(*many)
        mechanism = random_double_couples(number, chance).float()
        path = (distance.square() + depth[:, None].square()).sqrt()
        amplitude = (
            _motion(mechanism, azimuth, torch.atan2(distance, -depth[:, None]))
            * (50.0 / path)[..., None, None]
        )
        amplitude = amplitude * torch.exp(0.1 * normal(*many))[..., None, None]
        time = (torch.arange(SAMPLES) - SAMPLES // 2) / SAMPLING
        length = 0.3 * 10.0 ** (0.3 * (magnitude - 4.0))[:, None, None, None]
        late = (time - 0.1 * normal(*many, 2, 1)) / length - 1.0
        pulse = -late * torch.exp(-0.5 * late.square())
        loudest = amplitude.abs().amax((-1, -2), keepdim=True)[..., None]
        windows = amplitude[..., None] * pulse[..., None, :] + self.noise * loudest * normal(
            *many, 2, 3, SAMPLES
        )
        windows = windows * 1e-5 * 10.0 ** (magnitude - 4.0)[:, None, None, None, None]
        there = torch.arange(self.stations) < torch.randint(
            6, self.stations + 1, (number, 1), generator=chance
        )
        recorded = there[..., None] & (even(*many, 3) > 0.05)
        windows = torch.where(recorded[:, :, None, :, None], windows, 0.0)
        place = (
            torch.stack([azimuth.deg2rad().sin(), azimuth.deg2rad().cos()], -1) * distance[..., None] / 111.0
        )
        gather = Gather(windows, recorded, distance, azimuth, place, depth)
        return gather, mechanism * moment_of_magnitude(magnitude)[:, None]

    def description(self) -> dict[str, object]:
        """For the card."""
        return {"stations": self.stations, "noise": self.noise}


def _motion(mechanism: Tensor, azimuth: Tensor, takeoff: Tensor) -> Tensor:
    """Z, R and T of P and of S, ``[event, station, 2, 3]``: what γ·M·γ and its derivatives across the ray say (Aki &
    Richards 2002, ch. 4), with rays that come up at 45 degrees."""
    dd, ds, ss, tds, tss = coefficients(mechanism, azimuth)[..., [1, 2, 3, 8, 9]].unbind(-1)
    sin, cos = takeoff.sin(), takeoff.cos()
    p = (2 * cos**2 - sin**2) * dd - 2 * sin * cos * ds + sin**2 * ss
    sv = -3 * sin * cos * dd - (cos**2 - sin**2) * ds + sin * cos * ss
    sh = sin * tss - cos * tds
    up = math.sqrt(0.5)
    of_p = torch.stack([up * p, up * p, 0 * p], -1)
    return torch.stack([of_p, 5.0 * torch.stack([up * sv, -up * sv, sh], -1)], -2)
