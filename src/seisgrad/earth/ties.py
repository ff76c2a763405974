"""What ties vp and density to vs: operators to compose in front of a forward one, `physics @ BrocherTie(depth)`."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.earth import scaling
from seisgrad.earth.layered import LayeredModel, Values, as_tensor, thickness_from_depth
from seisgrad.errors import InputError
from seisgrad.operator import Operator, Space

PARAMETERS = ("vp", "vs", "rho")
"""The order of the three properties wherever they are stacked."""
UNITS = ("km/s", "km/s", "g/cm3")
"""Their units."""

# Above this range the slope of Vp/Vs dies out over this many km/s of vs.
_FADE = 0.25


def model_space(depth: Values) -> Space:
    """The space of layered earths on fixed tops: [3 (vp, vs, rho), depth], depth in km, 0 first, then increasing."""
    tops = _tops(depth)
    return Space(
        name="layered earth",
        axes=("parameter", "depth"),
        shape=(len(PARAMETERS), len(tops)),
        unit=UNITS,
        coords={"parameter": PARAMETERS, "depth": tops},
    )


def vs_space(depth: Values) -> Space:
    """The space of shear-velocity profiles, km/s, on fixed tops: [depth]."""
    tops = _tops(depth)
    return Space(
        name="shear velocity", axes=("depth",), shape=(len(tops),), unit="km/s", coords={"depth": tops}
    )


class Free(Operator):
    """vp, vs and rho as three unknowns: the identity on [3, depth].

    Args:
        depth: Tops of the layers, km; the last is the half-space's.
    """

    def __init__(self, depth: Values) -> None:
        self.domain = self.codomain = model_space(depth)

    def apply(self, x: Float[Tensor, "*batch 3 depth"]) -> Float[Tensor, "*batch 3 depth"]:
        """The same values."""
        return x.clone()


class BrocherTie(Operator):
    """vp and density of crustal rock from vs: [depth] to [3, depth] by Brocher (2005), equations 9 and 1.

    Equation 9 was fitted up to vs = 4.5 km/s, where vp/vs has reached 1.757. Faster rock, the mantle's, keeps that
    ratio: its slope fades out exponentially over 0.25 km/s, so that vp has a continuous derivative and the ratio
    ends at 1.763. Density follows equation 1 throughout; above its range (vp 8.5 km/s) the polynomial still rises.
    Given the vs of PREM's mantle, vp and density come within 6 % of PREM's down to 1000 km. Below vs of about
    0.3 km/s vp falls under that of water, as the equation does. Water has no place here: take :class:`ReferenceTie`
    under an ocean.

    Args:
        depth: Tops of the layers, km; the last is the half-space's.
    """

    def __init__(self, depth: Values) -> None:
        self.domain, self.codomain = vs_space(depth), model_space(depth)

    def apply(self, x: Float[Tensor, "*batch depth"]) -> Float[Tensor, "*batch 3 depth"]:
        """The layered earth of shear velocity `x`, km/s."""
        vp = brocher_vp(x)
        return torch.stack([vp, x, scaling.density_from_vp(vp)], dim=-2)


def brocher_vp(vs: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """vp of any vs, km/s: equation 9 of Brocher (2005), continued above its range as :class:`BrocherTie` says."""
    limit = torch.tensor(scaling.VP_FROM_VS_RANGE.high, dtype=vs.dtype, device=vs.device)
    ratio = scaling.vp_from_vs(limit) / limit
    ratio_slope = (scaling.vp_from_vs_slope(limit) - ratio) / limit
    # clamp on both sides, so that the branch not taken is finite in value and in derivative
    beyond = (vs - limit).clamp(min=0.0)
    continued = vs * (ratio + ratio_slope * _FADE * -torch.expm1(-beyond / _FADE))
    return torch.where(vs > limit, continued, scaling.vp_from_vs(vs.clamp(max=float(limit))))


class ReferenceTie(Operator):
    """vp and density from vs by a reference model: [depth] to [3, depth], (vs vp0/vs0, vs, rho0 (vs/vs0)^s).

    The ratio vp/vs of each layer stays the reference's. Water layers of the reference are fixed: their entries of vs
    are ignored, and the derivative with respect to them is zero.

    Args:
        reference: One model on the layers to invert for, e.g. `resample(prem(), depth)`.
        density_scaling: s = d ln rho / d ln vs; 0 keeps the density of the reference.

    Raises:
        InputError: the reference is a batch, or the scaling is not a finite number.
    """

    def __init__(self, reference: LayeredModel, density_scaling: float = 0.0) -> None:
        if reference.batch_shape:
            raise InputError(
                f"the reference is a batch of shape {list(reference.batch_shape)}, expected a single model; "
                "choose one, e.g. reference[0]."
            )
        if not torch.isfinite(torch.tensor(float(density_scaling))):
            raise InputError(
                f"density_scaling is {density_scaling}, expected a finite number such as 0 or 0.3."
            )
        depth = reference.depth.detach()
        self.domain, self.codomain = vs_space(depth), model_space(depth)
        self.reference, self.density_scaling = reference, float(density_scaling)

    def apply(self, x: Float[Tensor, "*batch depth"]) -> Float[Tensor, "*batch 3 depth"]:
        """The layered earth of shear velocity `x`, km/s."""
        vp0, vs0, rho0 = (t.to(x) for t in (self.reference.vp, self.reference.vs, self.reference.rho))
        fluid = vs0 == 0.0
        change = torch.where(fluid, 1.0, x / torch.where(fluid, 1.0, vs0))
        return torch.stack([vp0 * change, vs0 * change, rho0 * change**self.density_scaling], dim=-2)


def _tops(depth: Values) -> tuple[float, ...]:
    tops = as_tensor(depth, "depth").detach()
    if tops.ndim != 1:
        raise InputError(
            f"depth has the shape {list(tops.shape)}, expected [depth], the tops of the layers in km."
        )
    thickness_from_depth(tops)
    return tuple(tops.tolist())
