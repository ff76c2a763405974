"""The exact elastic operator: its contract, its derivatives in the earth, and what it refuses."""

import torch
from operator_suite import OperatorSuite
from torch import Tensor

from seisgrad.elastic import Grid, Physics, Survey
from seisgrad.operator import Operator

SMALL = Grid((3, 4), 0.4)
SETTINGS = {"velocity": (1.4, 4.6), "duration": 8.0, "dtype": torch.float64}


def rough_earth(generator: torch.Generator, share: float = 0.03) -> Tensor:
    """An earth that differs from node to node by ``share`` around 3.5 and 2 km/s and 2.2 g/cm³."""
    noise = torch.randn((3, *SMALL.shape), generator=generator, dtype=torch.float64).clamp(-2, 2)
    return torch.tensor([3.5, 2.0, 2.2], dtype=torch.float64)[:, None, None] * (1 + share * noise)


class TestVerticalForces(OperatorSuite):
    step = 1e-3
    tolerance = 1e-8  # forward mode is a difference

    def operator(self) -> Operator:
        survey = Survey(torch.tensor([0.31]), torch.tensor([0.97]), torch.tensor([0.6]))
        return Physics(SMALL, survey, **SETTINGS)

    def point(self, generator: torch.Generator) -> Tensor:
        return rough_earth(generator)


class TestHorizontalForces(TestVerticalForces):
    def operator(self) -> Operator:
        survey = Survey(
            torch.tensor([0.31]),
            torch.tensor([0.97]),
            torch.tensor([0.6]),
            force="horizontal",
            quantity="displacement",
        )
        return Physics(SMALL, survey, **SETTINGS)
