"""A crust with one sharp-edged sedimentary basin: the unseen kind of earth to test an inversion on."""

import numpy as np

from seisgrad.dataset.ensemble import between
from seisgrad.elastic.grid import Grid
from seisgrad.waves.structures import places

from .parts import Ground, varied, with_basin


def basin(rng: np.random.Generator, grid: Grid) -> Ground:
    """Crust of 2.4-3 km/s at the surface, 3.3-3.6 at 6-10 km and 3.7-4.1 at 40 km, and in it one basin 25 to 50 km wide
    and 2.5 to 5 km deep with edges of 45 to 85°.

    The fill has 0.8-1.4 km/s at the surface and 1.8-2.6 km/s at the deepest point. On both lies a Matérn field of vs
    with ν 1.5, σ 2 to 4 %, lengths 1 to 3 km down and 4 to 12 km along; vp departs from Brocher's by σ 1 %.
    """
    z, _ = places(grid)
    top, crust, bottom = between(rng, 2.4, 3.0), between(rng, 3.3, 3.6), between(rng, 3.7, 4.1)
    rock = np.interp(z, [0.0, between(rng, 6.0, 10.0), 40.0], [top, crust, bottom])
    vs = with_basin(rng, grid, np.broadcast_to(rock, grid.shape), width=(25.0, 50.0), depth=(2.5, 5.0))
    lengths = between(rng, 1.0, 3.0), between(rng, 4.0, 12.0)
    return varied(rng, grid, vs, lengths, deviation=between(rng, 0.02, 0.04), departure=0.01)
