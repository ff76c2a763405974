"""How a moment tensor spreads over the ten elementary Green's functions towards a station."""

import torch
from jaxtyping import Float
from torch import Tensor

#: The elementary Green's functions: component (up, radial, transverse) and source (explosion, dip-dip, dip-slip,
#: strike-slip).
ELEMENTARY = ("ZEX", "ZDD", "ZDS", "ZSS", "REX", "RDD", "RDS", "RSS", "TDS", "TSS")
#: Which of :data:`ELEMENTARY` make Z, R and T.
OF_COMPONENT = (slice(0, 4), slice(4, 8), slice(8, 10))


def coefficients(
    moment: Float[Tensor, "*batch 6"], azimuth: Float[Tensor, "*batch station"]
) -> Float[Tensor, "*batch station 10"]:
    """What each of :data:`ELEMENTARY` is multiplied by in the ground motion at a station; linear in the moment.

    A component is the sum of its own functions times their coefficients; see :func:`components`. With φ the azimuth::

        Z, R:  EX  (xx + yy + zz)/3                T:  DS   xz sin φ − yz cos φ
               DD  (2zz − xx − yy)/6                   SS  −(xx − yy)/2 sin 2φ + xy cos 2φ
               DS  −(xz cos φ + yz sin φ)
               SS  (xx − yy)/2 cos 2φ + xy sin 2φ

    Args:
        moment: nn, ee, dd, ne, nd, ed, N·m; x is north, y east, z down.
        azimuth: from the source to the station, degrees clockwise from north.

    Source:
        Zhu & Rivera (2002), Geophys. J. Int. 148, 619-627; Aki & Richards (2002), ch. 4.
    """
    xx, yy, zz, xy, xz, yz = moment.unsqueeze(-2).unbind(-1)
    phi = torch.deg2rad(azimuth)
    cos, sin, cos2, sin2 = phi.cos(), phi.sin(), (2.0 * phi).cos(), (2.0 * phi).sin()
    same = torch.ones_like(phi)
    explosion, dip_dip = (xx + yy + zz) / 3.0 * same, (2.0 * zz - xx - yy) / 6.0 * same
    dip_slip, dip_slip_t = -(xz * cos + yz * sin), xz * sin - yz * cos
    strike_slip = 0.5 * (xx - yy) * cos2 + xy * sin2
    strike_slip_t = -0.5 * (xx - yy) * sin2 + xy * cos2
    vertical = (explosion, dip_dip, dip_slip, strike_slip)
    return torch.stack((*vertical, *vertical, dip_slip_t, strike_slip_t), -1)


def components(
    weights: Float[Tensor, "*batch 10"], traces: Float[Tensor, "*batch 10 time"]
) -> Float[Tensor, "*batch 3 time"]:
    """Z, R and T from the :func:`coefficients` and the elementary Green's functions of a station."""
    parts = [torch.einsum("...g,...gt->...t", weights[..., s], traces[..., s, :]) for s in OF_COMPONENT]
    return torch.stack(parts, -2)
