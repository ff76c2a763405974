"""The Rayleigh wave of every column of an earth, as if the earth were layered there."""

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.dispersion import velocity
from seisgrad.earth import LayeredModel


def local_phase_velocity(
    earth: Float[Tensor, "*batch 3 z column"], spacing: float, frequency: float
) -> Float[Tensor, "*batch column"]:
    """Phase velocity of the fundamental Rayleigh wave below each column, km/s.

    Below the column lies a half-space as fast as its fastest layer, which traps the wave whatever the earth.

    Args:
        earth: vp, vs (km/s) and density (g/cm³) on nodes; the cell between two of them is a layer of their mean.
        spacing: of the nodes along z, km.
        frequency: Hz.
    """
    cells = 0.5 * (earth[..., 1:, :] + earth[..., :-1, :])
    layers = torch.cat([cells, cells.amax(-2, keepdim=True)], -2)
    vp, vs, rho = layers.detach().double().transpose(-1, -2).unbind(-3)
    model = LayeredModel(torch.full_like(vs, spacing), vp, vs, rho)
    return velocity(model, [1.0 / frequency])[..., 0]
