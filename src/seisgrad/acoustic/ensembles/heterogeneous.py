"""Earths that are random fields: the training ensemble of Yang et al. (2021), and a smooth relative of it."""

import numpy as np

from seisgrad.acoustic.grid import Grid
from seisgrad.dataset.ensemble import between
from seisgrad.earth.random_field import Gaussian, VonKarman
from seisgrad.waves.structures import field

from .parts import Array, tied


def von_karman(rng: np.random.Generator, grid: Grid) -> Array:
    """Von Karman variations (κ 0.5, correlation length 1.6 km, σ 5 %) of 3 km/s, density 2.2 g/cm³ with the same
    field.

    The training ensemble of Yang et al. (2021), doi:10.1785/0320210026.
    """
    return tied(0.05 * field(rng, grid, VonKarman((1.6, 1.6), kappa=0.5)))


def smooth(rng: np.random.Generator, grid: Grid) -> Array:
    """Smooth variations of 3 km/s and 2.2 g/cm³: Gaussian correlation, length 1.6 to 3.2 km, σ 3 to 6 %, one field.

    The smooth kind of model to test a full-waveform inversion on.
    """
    length, deviation = between(rng, 1.6, 3.2), between(rng, 0.03, 0.06)
    return tied(deviation * field(rng, grid, Gaussian((length, length))))
