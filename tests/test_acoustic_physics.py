"""The exact acoustic operator obeys the laws of waves, and its derivatives are those of what it computes."""

import math

import pytest
import torch
from scipy.special import hankel2
from torch import Tensor
from torch.testing import assert_close

from operator_suite import OperatorSuite
from seisgrad import checks
from seisgrad.acoustic import Grid, Physics, Survey, Traces
from seisgrad.acoustic.survey import as_complex
from seisgrad.errors import InputError
from seisgrad.operator import Operator

SMALL = Grid((4, 5), 0.2)


def rough_earth(grid: Grid, generator: torch.Generator, share: float = 0.1) -> Tensor:
    """An earth that differs from node to node by ``share`` around 3 km/s and 2.2 g/cm³."""
    noise = torch.randn((2, *grid.shape), generator=generator, dtype=torch.float64)
    return torch.tensor([3.0, 2.2], dtype=torch.float64)[:, None, None] * (1 + share * noise.clamp(-2, 2))


class TestSpectraOperator(OperatorSuite):
    step = 1e-3

    def operator(self) -> Operator:
        sources, receivers = torch.tensor([[0.3, 0.41]]), torch.tensor([[0.2, 0.2], [0.5, 0.77]])
        survey = Survey(sources, receivers, torch.tensor([2.0, 3.0]))
        return Physics(SMALL, survey, dtype=torch.float64)

    def point(self, generator: torch.Generator) -> Tensor:
        return rough_earth(SMALL, generator)


class TestTracesOperator(OperatorSuite):
    step = 1e-3

    def operator(self) -> Operator:
        times = torch.arange(8) * 0.1
        wavelet = torch.exp(-(((times - 0.3) / 0.12) ** 2)) * (times - 0.3)
        sources, receivers = torch.tensor([[0.3, 0.41]]), torch.tensor([[0.52, 0.77]])
        return Physics(SMALL, Traces(sources, receivers, times, wavelet), top="free", dtype=torch.float64)

    def point(self, generator: torch.Generator) -> Tensor:
        return rough_earth(SMALL, generator)
