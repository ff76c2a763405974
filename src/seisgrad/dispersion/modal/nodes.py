"""Depth nodes scaled by the wavelength, and the exact way between them and the layers of an earth.

A mode knows depth only in wavelengths. Functions of depth are therefore given at fixed multiples ζ of a length (one
wavelength at a first estimate of the velocity) below a top, with straight lines between. What multiplies their products
is the earth, which enters as its integrals against the hats of those straight lines:

    ∫ p(z) f(z) dz  ≈  Σ_j f(ζ_j) P_j,    P_j = ∫ p(z) hat_j(z) dz,

exact in the layers' properties p however many layers a hat covers, and off in f by its curvature alone. The adjoint of
layers → P spreads derivatives over the layers again.
"""

import math
from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor, nn

from seisgrad.errors import InputError


class Nodes(nn.Module):
    """Nodes ζ from 0 to ``last`` wavelengths, the first interval ``first`` wide and each wider than the one above.

    Args:
        number: of nodes.
        first: width of the first interval, in wavelengths.
        last: the deepest node.

    Raises:
        InputError: intervals that would not grow with depth.
    """

    def __init__(self, number: int = 72, first: float = 0.02, last: float = 4.0) -> None:
        super().__init__()
        if number < 3 or not 0.0 < first * (number - 1) < last:
            raise InputError(
                f"{number} nodes from intervals of {first:g} do not grow to {last:g}, expected fewer or narrower ones"
            )
        z = torch.tensor(_places(number, first, last), dtype=torch.float64)
        step = torch.diff(z)
        none = torch.zeros(1, dtype=torch.float64)
        self.z = nn.Buffer(z, persistent=False)
        self.step = nn.Buffer(step, persistent=False)
        self.weight = nn.Buffer(0.5 * (torch.cat([none, step]) + torch.cat([step, none])), persistent=False)

    def __len__(self) -> int:
        """The number of nodes."""
        return len(self.z)

    def integrals(
        self,
        tops: Float[Tensor, " layer"],
        p: Float[Tensor, "model part layer"],
        scale: Float[Tensor, "model period"],
        top: Float[Tensor, "model period"],
    ) -> Float[Tensor, "model period part node"]:
        """P_j in units of ``scale``; the last layer goes on downwards.

        Args:
            tops: km, from 0 downwards.
            p: properties of the layers, in float64: they are differences of integrals from the surface.
            scale: km, length of a unit of ζ.
            top: km, depth of ζ = 0.
        """
        _, parts, layers = p.shape
        width = torch.diff(tops)
        once, twice = torch.zeros_like(p), torch.zeros_like(p)
        once[..., 1:] = torch.cumsum(p[..., :-1] * width, -1)
        twice[..., 1:] = torch.cumsum((once[..., :-1] + 0.5 * p[..., :-1] * width) * width, -1)
        at = top[..., None] + scale[..., None] * self.z
        layer = (torch.searchsorted(tops, at, right=True) - 1).clamp(0, layers - 1)
        into = (at - tops[layer])[:, None]
        place = layer.flatten(1)[:, None].expand(-1, parts, -1)
        p, once, twice = (q.gather(2, place).unflatten(2, at.shape[1:]) for q in (p, once, twice))
        second = twice + into * (once + 0.5 * p * into)
        ends = (once + p * into) / scale[:, None, :, None]
        second = (second - second[..., :1]) / (scale * scale)[:, None, :, None]
        slope = torch.diff(second, dim=-1) / self.step
        found = torch.cat(
            [slope[..., :1] - ends[..., :1], torch.diff(slope, dim=-1), ends[..., -1:] - slope[..., -1:]], -1
        )
        return found.movedim(1, 2)

    def per_layer(
        self,
        f: Float[Tensor, "model period part node"],
        tops: Float[Tensor, " layer"],
        scale: Float[Tensor, "model period"],
        top: Float[Tensor, "model period"],
    ) -> Float[Tensor, "model period part layer"]:
        """∂/∂p of Σ f_j P_j for every layer: the integral of f over it, in units of ``scale``."""
        z, step = self.z.to(f.dtype), self.step.to(f.dtype)
        whole = torch.cumsum(0.5 * (f[..., 1:] + f[..., :-1]) * step, -1)
        whole = torch.cat([torch.zeros_like(whole[..., :1]), whole], -1)
        at = ((tops - top[..., None]) / scale[..., None]).to(f.dtype).clamp_(0.0, float(z[-1]))
        node = (torch.searchsorted(z, at, right=True) - 1).clamp_(0, len(z) - 2)
        into, width = (at - z[node])[:, :, None], step[node][:, :, None]
        place = node[:, :, None].expand(-1, -1, f.shape[2], -1)
        here, below = f.gather(3, place), f.gather(3, place + 1)
        above = whole.gather(3, place) + into * (here + 0.5 * (below - here) * into / width)
        return torch.cat([torch.diff(above, dim=-1), whole[..., -1:] - above[..., -1:]], -1)

    def smoothing(self, length: float = 0.04, growth: float = 0.1) -> Float[Tensor, "node node"]:
        """Gaussian averages over ``length`` plus ``growth`` times the depth, as a matrix [to, from]."""
        distance = (self.z[:, None] - self.z).abs() / (length + growth * self.z[:, None])
        table = torch.exp(-0.5 * distance**2) * self.weight
        return table / table.sum(1, keepdim=True)


@lru_cache
def _places(number: int, first: float, last: float) -> list[float]:
    """first (e^{bj} - 1)/b, with b such that the last is ``last``: bisection."""

    def end(b: float) -> float:
        return first * math.expm1(b * (number - 1)) / b

    low, high = 1e-9, 1.0
    while end(high) < last:
        high *= 2.0
    for _ in range(200):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if end(middle) < last else (low, middle)
    return [first * math.expm1(low * j) / low for j in range(number - 1)] + [last]
