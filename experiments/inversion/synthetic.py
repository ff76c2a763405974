"""Synthetic sites of known truth: an earth drawn from a prior, both waves from 2 to 60 s, and noise of known size.

    mean vs       4.4 + 0.003 z - 1.6 exp(-z/15 km) km/s: 2.9 at the surface, 4.4 at 50 km, 4.9 in the half-space
    prior sigma   4 % + 6 % exp(-z/40 km) of it, Gaussian, correlated over 4 km + z/4
    layers        21, the thinnest 2 km, the half-space at 150 km; vp and density by Brocher (2005)
    data          Rayleigh and Love phase velocity, 18 periods each
    noise         0.5 % of the data of the mean earth, independent, Gaussian

z is the middle of a layer. That is ``regional``; ``precise`` has a fifth of the noise, and ``wide`` twice the prior
sigma and Rayleigh waves alone.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from seisgrad.dispersion import Branch, DispersionNet, Physics, Survey, load
from seisgrad.dispersion.starting_model import correlation_length, depth_grid
from seisgrad.dispersion.survey import Wave
from seisgrad.earth import BrocherTie
from seisgrad.inversion import GaussianPrior, depth_covariance
from seisgrad.operator import Operator

SEED = 20260
"""Of the sites that are reported; a pilot takes another."""
BLOCK = 100
"""Sites drawn together: site i is number i % BLOCK of block i // BLOCK, however many are asked for."""
SAMPLES = 199
"""Draws of a site from its posterior: 68 % and 95 % of the 200 ranks among them are whole numbers."""
PERIODS = torch.tensor([2.0, 3, 4, 5, 6, 8, 10, 12, 15, 18, 22, 26, 30, 35, 40, 45, 50, 60])
DEPTH = depth_grid(thinnest=2.0, bottom=150.0, growth=0.2)
MIDDLE = DEPTH + 0.5 * torch.cat([DEPTH.diff(), DEPTH.diff()[-1:]])


@dataclass(frozen=True)
class Setting:
    """What varies between the synthetic surveys."""

    noise: float = 0.005
    spread: float = 1.0
    waves: tuple[Wave, ...] = ("rayleigh", "love")


SETTINGS = {
    "regional": Setting(),
    "precise": Setting(noise=0.001),
    "wide": Setting(spread=2.0, waves=("rayleigh",)),
}


@dataclass(frozen=True, eq=False)
class Sites:
    """Sites that are inverted together."""

    first: int  # number of the first of them
    truth: Tensor  # [site, depth]
    data: Tensor  # [site, branch, period], NaN where the truth has no such mode


class Laboratory:
    """The operators, the prior and the sites of one setting."""

    def __init__(self, name: str, seed: int = SEED) -> None:
        setting = SETTINGS[name]
        self.seed = seed
        self.survey = Survey(tuple(Branch(wave) for wave in setting.waves), PERIODS)
        self.tie = BrocherTie(DEPTH)
        self.exact: Operator = Physics(self.survey, DEPTH) @ self.tie
        mean = 4.4 + 0.003 * MIDDLE - 1.6 * torch.exp(-MIDDLE / 15.0)
        sigma = setting.spread * (0.04 + 0.06 * torch.exp(-MIDDLE / 40.0)) * mean
        length = correlation_length(DEPTH, shortest=4.0, growth=0.25)
        self.prior = GaussianPrior(mean, depth_covariance(MIDDLE, sigma, length))
        with torch.no_grad():
            self.sigma = setting.noise * self.exact(mean)

        self._net: DispersionNet | None = None

    @property
    def net(self) -> DispersionNet:
        """The shipped surrogate on the same survey and layers."""
        self._net = self._net or load("default", self.survey, DEPTH, outside="nan")
        return self._net

    @property
    def learned(self) -> Operator:
        """It with the tie, in the place of ``exact``."""
        return self.net @ self.tie

    def sites(self, first: int, number: int) -> Sites:
        """Some sites of one block."""
        block, offset = divmod(first, BLOCK)
        generator = torch.Generator().manual_seed(self.seed * 10_000 + block)
        truth = self.prior.sample(BLOCK, generator)
        with torch.no_grad():
            clean = self.exact(truth)
        data = clean + self.sigma * torch.randn(clean.shape, generator=generator, dtype=clean.dtype)
        some = slice(offset, offset + number)
        return Sites(first, truth[some], data[some])
