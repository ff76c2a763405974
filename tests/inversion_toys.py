"""Small operators over depth that behave like a dispersion curve: long periods see deep, in averages of speed."""

import torch
from torch import Tensor

from seisgrad.inversion import GaussianPrior, depth_covariance
from seisgrad.operator import Operator, Space

DEPTH = torch.tensor([0.0, 1, 2, 3, 5, 7, 10, 13, 17, 22, 28, 35], dtype=torch.float64)
PERIODS = torch.tensor([1.0, 2, 3, 5, 7, 9, 12, 15, 20], dtype=torch.float64)


class Average(Operator):
    """c(T) = Σ w(T, z) v(z), or with ``harmonic`` 1/c = Σ w/v; [depth] -> [period], both km/s.

    With ``cutoff`` a period exists only while c exceeds that speed by more than T/100: the long ones go first.
    """

    def __init__(self, harmonic: bool = False, cutoff: float | None = None) -> None:
        self.domain = Space("speed", ("depth",), (12,), "km/s", {"depth": DEPTH})
        self.codomain = Space("curve", ("period",), (9,), "km/s", {"period": PERIODS})
        self.harmonic, self.cutoff = harmonic, cutoff
        reach = DEPTH / PERIODS[:, None]
        self.weights = (reach + 0.2) * torch.exp(-reach)
        self.weights /= self.weights.sum(1, keepdim=True)

    def apply(self, x: Tensor) -> Tensor:
        c = 1 / (x.reciprocal() @ self.weights.mT) if self.harmonic else x @ self.weights.mT
        if self.cutoff is None:
            return c
        return torch.where(c > self.cutoff + PERIODS / 100, c, torch.nan)


def smooth_prior(
    speed: float = 3.0, sigma: float = 0.4, length: float = 6.0, kind="gaussian"
) -> GaussianPrior:
    """A constant speed, correlated in depth."""
    return GaussianPrior(
        torch.full((12,), speed, dtype=torch.float64), depth_covariance(DEPTH, sigma, length, kind)
    )


def observe(
    op: Operator, prior: GaussianPrior, sigma: float, number: int, seed: int
) -> tuple[Tensor, Tensor]:
    """``number`` true models drawn from the prior and their noisy data."""
    truth = prior.sample(number, seed)
    noise = torch.randn(number, *op.codomain.shape, generator=torch.Generator().manual_seed(seed + 1000))
    return truth, op(truth) + sigma * noise.double()
