"""Spherical earths: the transformation to a flat one with the same surface waves.

With R the radius of the earth and r the radius of a point, depth becomes z = R ln(R/r), velocities grow by
R/r and densities by (r/R)^p. For Love waves p = 5 makes the transformation exact (Biswas & Knopoff 1970), for
Rayleigh waves p = 2.275 is the customary fit (Biswas 1972). A homogeneous layer becomes one with gradients;
it is replaced by the homogeneous layer of the same vertical travel time and mass.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.errors import InputError

RADIUS = 6371.0
"""Radius of the earth, km."""

POWER = {"love": 5.0, "rayleigh": 2.275}
"""Power of r/R by which densities grow, by wave."""

Layers = tuple[Tensor, Tensor, Tensor, Tensor]


def check_depth(thickness: Float[Tensor, "*batch layer"]) -> None:
    """Raise InputError where layers of these thicknesses (km) would reach the centre of the earth."""
    depth = float(thickness[..., :-1].detach().sum(-1).max())
    if depth >= RADIUS:
        raise InputError(
            f"the layers reach {depth:g} km depth, expected less than the radius of the earth, {RADIUS:g} km"
        )


def flatten(
    thickness: Float[Tensor, "*batch layer"],
    vp: Float[Tensor, "*batch layer"],
    vs: Float[Tensor, "*batch layer"],
    rho: Float[Tensor, "*batch layer"],
    wave: str,
) -> Layers:
    """Thickness, vp, vs and rho of the flat earth that stands for a spherical one; differentiable.

    Args:
        thickness: km; the last entry (half-space) is ignored.
        vp: km/s.
        vs: km/s.
        rho: g/cm³.
        wave: ``"rayleigh"`` or ``"love"``, which fixes the density power.
    """
    finite = torch.cat([thickness[..., :-1], torch.zeros_like(thickness[..., :1])], -1)
    bottom = RADIUS - finite.cumsum(-1)
    top = torch.cat([torch.full_like(bottom[..., :1], RADIUS), bottom[..., :-1]], -1)
    flat = RADIUS * torch.log(top / bottom)
    p = POWER[wave]
    # in the half-space the ratios are those at its top
    is_half_space = torch.zeros_like(finite, dtype=torch.bool)
    is_half_space[..., -1] = True
    safe = torch.where(is_half_space, torch.ones_like(finite), finite)
    safe_flat = torch.where(is_half_space, torch.ones_like(flat), flat)
    stretch = torch.where(is_half_space, RADIUS / top, safe_flat / safe)
    mass = RADIUS * ((top / RADIUS) ** p - (bottom / RADIUS) ** p) / p
    lighter = torch.where(is_half_space, (top / RADIUS) ** p, mass / safe_flat)
    return flat, vp * stretch, vs * stretch, rho * lighter


def to_spherical(
    velocity: Float[Tensor, "*batch period"],
    phase: Float[Tensor, "*batch period"],
    periods: Float[Tensor, " period"],
    wave: str,
    kind: str,
) -> Float[Tensor, "*batch period"]:
    """Velocities on the sphere from those of the flattened earth.

    Love waves on a sphere obey k_flat² = k² - 9/(4R²) with k = (n + ½)/R; for Rayleigh waves k is kept.

    Args:
        velocity: of the flattened earth, km/s.
        phase: phase velocity of the flattened earth, km/s (``velocity`` itself for phase).
        periods: s.
        wave: ``"rayleigh"`` or ``"love"``.
        kind: ``"phase"`` or ``"group"``.
    """
    if wave != "love":
        return velocity
    missing = torch.isnan(velocity)
    one = torch.ones_like(velocity)
    # a missing value must not enter the product: its gradient would be NaN, not zero
    known, speed = torch.where(missing, one, velocity), torch.where(missing, one, phase)
    # k² = k_flat² + 9/(4R²); c = ω/k and U = dω/dk = (k/k_flat) dω/dk_flat
    ratio = torch.sqrt(1.0 + (1.5 * speed * periods / (2.0 * torch.pi * RADIUS)) ** 2)
    return (known / ratio if kind == "phase" else known * ratio).masked_fill(missing, torch.nan)
