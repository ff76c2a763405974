"""The ensemble of Zou et al. (2025): random fields on the average earth under the basins of Los Angeles."""

import numpy as np

from seisgrad.elastic.grid import Grid
from seisgrad.waves.structures import places

from .parts import Array, Ground, varied

#: vs, km/s, at 128 depths evenly from 0 to 40 km: the lateral mean of CVM-S4.26 along the line SB1, as in Zou et al.
#: E.-J. Lee et al. (2014), Full-3-D tomography for crustal structure in Southern California based on the
#: scattering-integral and the adjoint-wavefield methods, J. Geophys. Res. 119, 6421-6451, doi:10.1002/2014JB011346.
SB1 = np.array(
    [
        0.9022,
        1.5764,
        2.0362,
        2.1907,
        2.3621,
        2.5198,
        2.6216,
        2.7535,
        2.8981,
        2.9902,
        3.0636,
        3.1165,
        3.1638,
        3.2126,
        3.2666,
        3.3410,
        3.4238,
        3.5085,
        3.6085,
        3.7219,
        3.8048,
        3.8839,
        3.9590,
        4.0217,
        4.0752,
        4.1047,
        4.1385,
        4.1745,
        4.1748,
        4.1739,
        4.1713,
        4.1436,
        4.1089,
        4.0679,
        4.0100,
        3.9438,
        3.8827,
        3.8215,
        3.7602,
        3.6996,
        3.6445,
        3.6013,
        3.5581,
        3.5186,
        3.5019,
        3.4860,
        3.4707,
        3.4838,
        3.4989,
        3.5155,
        3.5466,
        3.5821,
        3.6197,
        3.6576,
        3.6958,
        3.7358,
        3.7720,
        3.8035,
        3.8330,
        3.8587,
        3.8746,
        3.8901,
        3.9044,
        3.9096,
        3.9146,
        3.9195,
        3.9201,
        3.9201,
        3.9202,
        3.9192,
        3.9177,
        3.9151,
        3.9115,
        3.9072,
        3.9028,
        3.8980,
        3.8927,
        3.8873,
        3.8818,
        3.8761,
        3.8717,
        3.8683,
        3.8662,
        3.8639,
        3.8613,
        3.8707,
        3.8830,
        3.8983,
        3.9154,
        3.9336,
        3.9536,
        3.9717,
        3.9880,
        4.0087,
        4.0310,
        4.0561,
        4.0737,
        4.0890,
        4.1051,
        4.1144,
        4.1187,
        4.1395,
        4.1613,
        4.1843,
        4.2081,
        4.2321,
        4.2564,
        4.2817,
        4.3075,
        4.3317,
        4.3549,
        4.3769,
        4.4023,
        4.4293,
        4.4587,
        4.4851,
        4.5104,
        4.5374,
        4.5636,
        4.5891,
        4.6131,
        4.6328,
        4.6450,
        4.6463,
        4.6440,
        4.6408,
        4.6377,
        4.6347,
    ]
)
_BOTTOM = 40.0


def background(z: Array) -> Array:
    """vs of the line SB1 at depths z, km; below 40 km as there."""
    return np.interp(z, np.linspace(0.0, _BOTTOM, len(SB1)), SB1)


def los_angeles(rng: np.random.Generator, grid: Grid) -> Ground:
    """Mean vs under the line SB1 through the basins of Los Angeles, times 1 + a Matérn field (ν 1.5, σ 20 %); vp is
    Brocher's of that vs times 1 + another (ν 2.5, σ 2 %); both of lengths 2.52 km down and 20.3 km along; density is
    Brocher's of that vp.

    The training ensemble of Zou et al. (2025), doi:10.1029/2025JB031624, with bounds.
    """
    return varied(rng, grid, background(places(grid)[0]), (2.52, 20.3))
