"""Where a mode lives, at a first look: the slowest stretch of the earth about a wavelength long.

The fundamental mode of short period need not be at the surface: where a channel below is slow enough, it runs there,
and the surface does not move. The look gives the velocity and depth scales in which a network then sees the earth.
"""

import torch
from jaxtyping import Float
from torch import Tensor

#: Vertical S travel time through the stretch, in periods: it is this many wavelengths of its own velocity long.
_LENGTH = 0.7
#: Trial tops: number, and the deepest in wavelengths at the mean vs of the whole earth.
_TOPS, _DEEPEST = 64, 12.0


def slowest_stretch(
    tops: Float[Tensor, " layer"], vs: Float[Tensor, "model layer"], period: Float[Tensor, "model period"]
) -> Float[Tensor, "model period"]:
    """Harmonic mean of vs (km/s) over the slowest stretch of 0.7 wavelengths.

    The trial stretches begin at the surface and down to twelve wavelengths at the mean velocity of the earth, or at the
    half-space, closer together near the surface.

    Args:
        tops: km.
        vs: km/s, float64.
        period: s.
    """
    to_top = torch.zeros_like(vs)
    to_top[:, 1:] = torch.cumsum(torch.diff(tops) / vs[:, :-1], -1)
    place = torch.expm1(torch.linspace(0.0, 4.0, _TOPS, dtype=vs.dtype, device=vs.device))
    typical = (tops[-1] / to_top[:, -1:])[..., None]
    start = torch.minimum(_DEEPEST * typical * period[..., None] * (place / place[-1]), tops[-1])

    def at(layer: Tensor, values: Tensor) -> Tensor:
        return values.gather(1, layer.flatten(1)).view_as(layer)

    layer = (torch.searchsorted(tops, start, right=True) - 1).clamp(0, len(tops) - 1)
    through = at(layer, to_top) + (start - tops[layer]) / at(layer, vs) + _LENGTH * period[..., None]
    last = (torch.searchsorted(to_top, through.flatten(1), right=True) - 1).view_as(layer)
    end = tops[last] + (through - at(last, to_top)) * at(last, vs)
    return ((end - start) / (_LENGTH * period[..., None])).amin(-1)
