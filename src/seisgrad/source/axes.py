"""The principal axes of a moment tensor and what is read from them: planes, the nearest double couple, its parts."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.source.moment_tensor import from_matrix, to_matrix


class Decomposition(NamedTuple):
    """Shares of a moment tensor in per cent; their absolute values add up to 100.

    Attributes:
        isotropic: positive for an explosion.
        double_couple: never negative.
        clvd: compensated linear vector dipole, positive where its long axis is tension.
    """

    isotropic: Float[Tensor, "*batch"]
    double_couple: Float[Tensor, "*batch"]
    clvd: Float[Tensor, "*batch"]


def principal_axes(
    moment: Float[Tensor, "*batch 6"],
) -> tuple[Float[Tensor, "*batch 3"], Float[Tensor, "*batch 3 3"]]:
    """Eigenvalues in the order T, B, P, largest first, and the axes as columns of a rotation (north, east, down).

    A tensor that is zero or not finite has none: NaN. Axes of equal eigenvalues are any of the possible.
    """
    scale = moment.abs().amax(-1, keepdim=True)
    usable = torch.isfinite(scale) & (scale > 0)
    shape = torch.where(usable, moment / scale, torch.ones_like(moment))
    values, vectors = torch.linalg.eigh(to_matrix(shape))
    values, vectors = values.flip(-1), vectors.flip(-1)
    handed = torch.linalg.det(
        vectors.detach()
    ).sign()  # a column turned round where the three are left-handed
    vectors = torch.cat((vectors[..., :2], vectors[..., 2:] * handed[..., None, None]), -1)
    nothing = torch.full_like(scale, torch.nan)
    return (
        torch.where(usable, values * scale, nothing),
        torch.where(usable[..., None], vectors, nothing[..., None]),
    )


def axes(moment: Float[Tensor, "*batch 6"]) -> Float[Tensor, "*batch 3 2"]:
    """Azimuth (from 0 to 360) and plunge (from 0 to 90, downwards) of the axes T, B and P, degrees."""
    north, east, down = principal_axes(moment)[1].unbind(-2)
    up = torch.where(down < 0, -torch.ones_like(down), torch.ones_like(down))
    azimuth = _turn(torch.rad2deg(torch.atan2(up * east, up * north)))
    plunge = torch.rad2deg(torch.atan2(up * down, torch.hypot(north, east)))
    return torch.stack((azimuth, plunge), -1)


def nodal_planes(moment: Float[Tensor, "*batch 6"]) -> Float[Tensor, "*batch 2 3"]:
    """Both planes of the nearest double couple: strike (0 to 360), dip (0 to 90) and rake (-180 to 180), degrees.

    The records of a point source do not tell which of the two slipped, and their order says nothing.
    """
    vectors = principal_axes(moment)[1]
    tension, pressure = vectors[..., 0], vectors[..., 2]
    slip, normal = (tension + pressure) / 2**0.5, (tension - pressure) / 2**0.5
    return torch.stack((_plane(normal, slip), _plane(slip, normal)), -2)


def nearest_double_couple(moment: Float[Tensor, "*batch 6"]) -> Float[Tensor, "*batch 6"]:
    """The double couple at the least distance ‖M − D‖: the same axes, and M0 half of the largest minus the smallest
    eigenvalue."""
    values, vectors = principal_axes(moment)
    half = 0.5 * (values[..., 0] - values[..., 2])
    tension, pressure = vectors[..., 0], vectors[..., 2]
    unit = tension[..., None] * tension[..., None, :] - pressure[..., None] * pressure[..., None, :]
    return from_matrix(unit * half[..., None, None])


def decompose(moment: Float[Tensor, "*batch 6"]) -> Decomposition:
    """The parts of Knopoff & Randall (1970) with the sizes of Vavryčuk (2015).

    Of the eigenvalues M1 ≥ M2 ≥ M3: ISO = (M1 + M2 + M3)/3, CLVD = ⅔ (M1 + M3 − 2 M2) and
    DC = ½ (M1 − M3 − |M1 + M3 − 2 M2|), each over |ISO| + |CLVD| + DC.
    """
    largest, middle, smallest = principal_axes(moment)[0].unbind(-1)
    isotropic = (largest + middle + smallest) / 3
    lean = largest + smallest - 2 * middle
    clvd, couple = 2 / 3 * lean, 0.5 * (largest - smallest - lean.abs())
    whole = isotropic.abs() + clvd.abs() + couple
    return Decomposition(*(100 * part / whole for part in (isotropic, couple, clvd)))


def _plane(normal: Float[Tensor, "*batch 3"], slip: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3"]:
    """Strike, dip and rake of a plane by its normal and the slip of one side against the other."""
    up = torch.where(normal[..., 2:] > 0, -torch.ones_like(normal[..., 2:]), torch.ones_like(normal[..., 2:]))
    normal, slip = normal * up, slip * up
    strike = torch.atan2(-normal[..., 0], normal[..., 1])
    dip = torch.atan2(torch.hypot(normal[..., 0], normal[..., 1]), -normal[..., 2])
    along = slip[..., 0] * strike.cos() + slip[..., 1] * strike.sin()
    up_dip = (slip[..., 0] * strike.sin() - slip[..., 1] * strike.cos()) * dip.cos() - slip[
        ..., 2
    ] * dip.sin()
    rake = torch.atan2(up_dip, along)
    return torch.stack((_turn(torch.rad2deg(strike)), torch.rad2deg(dip), torch.rad2deg(rake)), -1)


def _turn(degrees: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
    """The same direction from 0 to below 360."""
    turned = torch.remainder(degrees, 360.0)
    return torch.where(turned >= 360.0, torch.zeros_like(turned), turned)  # of -1e-20 it makes 360
