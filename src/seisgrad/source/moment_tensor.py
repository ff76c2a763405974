"""Moment tensors: from fault planes, sizes, the order of their components, an orthonormal basis, random mechanisms.

A moment tensor is a tensor ``[..., 6]`` in N·m in the order of :data:`COMPONENTS`: north, east and down.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.errors import InputError

#: Order of the components: north, east, down.
COMPONENTS = ("nn", "ee", "dd", "ne", "nd", "ed")
#: Order of the components in catalogues of the Global CMT kind: r up, t south, p east.
USE_COMPONENTS = ("rr", "tt", "pp", "rt", "rp", "tp")

_ROWS = (0, 1, 2, 0, 0, 1)
_COLUMNS = (0, 1, 2, 1, 2, 2)
_PLACES = ((0, 3, 4), (3, 1, 5), (4, 5, 2))  # of the components in the 3 x 3 matrix
_HALF, _SIXTH, _THIRD = 2**-0.5, 6**-0.5, 3**-0.5
_BASIS = (  # the tensor of each basis element; five without a volume change, then the volume change
    (_HALF, -_HALF, 0.0, 0.0, 0.0, 0.0),
    (-_SIXTH, -_SIXTH, 2 * _SIXTH, 0.0, 0.0, 0.0),
    (0.0, 0.0, 0.0, _HALF, 0.0, 0.0),
    (0.0, 0.0, 0.0, 0.0, _HALF, 0.0),
    (0.0, 0.0, 0.0, 0.0, 0.0, _HALF),
    (_THIRD, _THIRD, _THIRD, 0.0, 0.0, 0.0),
)
_TWICE = (1.0, 1.0, 1.0, 2.0, 2.0, 2.0)  # how often a component stands in the matrix


def from_plane(
    strike: Float[Tensor, "*batch"],
    dip: Float[Tensor, "*batch"],
    rake: Float[Tensor, "*batch"],
    moment: float | Float[Tensor, "*batch"] = 1.0,
) -> Float[Tensor, "*batch 6"]:
    """The double couple of a slip on a plane, M0 (u nᵀ + n uᵀ) (Aki & Richards 2002, box 4.4).

    Args:
        strike: degrees clockwise from north; the plane dips to the right of it.
        dip: degrees from the horizontal.
        rake: of the hanging wall's slip, degrees from the strike, positive upwards.
        moment: M0 in N·m.
    """
    normal, slip = normal_and_slip(strike, dip, rake)
    rows, columns = list(_ROWS), list(_COLUMNS)
    unit = normal[..., rows] * slip[..., columns] + normal[..., columns] * slip[..., rows]
    return unit * torch.as_tensor(moment, dtype=unit.dtype, device=unit.device)[..., None]


def normal_and_slip(
    strike: Float[Tensor, "*batch"], dip: Float[Tensor, "*batch"], rake: Float[Tensor, "*batch"]
) -> tuple[Float[Tensor, "*batch 3"], Float[Tensor, "*batch 3"]]:
    """Unit vectors (north, east, down): the normal of a plane, which points up, and the slip of its hanging wall."""
    s, d, r = torch.deg2rad(strike), torch.deg2rad(dip), torch.deg2rad(rake)
    along = torch.stack((s.cos(), s.sin(), torch.zeros_like(s)), -1)
    up_dip = torch.stack((d.cos() * s.sin(), -d.cos() * s.cos(), -d.sin()), -1)
    normal = torch.stack((-d.sin() * s.sin(), d.sin() * s.cos(), -d.cos()), -1)
    return normal, r.cos()[..., None] * along + r.sin()[..., None] * up_dip


def to_matrix(moment: Float[Tensor, "*batch 6"]) -> Float[Tensor, "*batch 3 3"]:
    """The symmetric matrix of the components."""
    return moment[..., torch.tensor(_PLACES, device=moment.device)]


def from_matrix(matrix: Float[Tensor, "*batch 3 3"]) -> Float[Tensor, "*batch 6"]:
    """The components of a symmetric matrix."""
    return matrix[..., list(_ROWS), list(_COLUMNS)]


def scalar_moment(moment: Float[Tensor, "*batch 6"]) -> Float[Tensor, "*batch"]:
    """M0 = ‖M‖/√2 with the norm of the whole matrix (Silver & Jordan 1982), in N·m."""
    scale = moment.detach().abs().amax(-1, keepdim=True)  # squares of 1e20 N·m do not fit single precision
    scale = torch.where(scale > 0, scale, torch.ones_like(scale))
    squares = (moment / scale).square() * moment.new_tensor(_TWICE)
    return scale[..., 0] * (0.5 * squares.sum(-1)).sqrt()


def magnitude(scalar: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
    """Mw = ⅔ (log10 M0 − 9.1) of M0 in N·m (IASPEI 2013): 5.933 at 1e18 N·m."""
    return (torch.log10(scalar) - 9.1) * (2.0 / 3.0)


def moment_of_magnitude(mw: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
    """M0 in N·m, the inverse of :func:`magnitude`."""
    return 10.0 ** (1.5 * mw + 9.1)


def to_use(moment: Float[Tensor, "*batch 6"]) -> Float[Tensor, "*batch 6"]:
    """In the frame up, south, east and the order of :data:`USE_COMPONENTS`, as in the Global CMT catalogue."""
    nn, ee, dd, ne, nd, ed = moment.unbind(-1)
    return torch.stack((dd, nn, ee, nd, -ed, -ne), -1)


def from_use(moment: Float[Tensor, "*batch 6"]) -> Float[Tensor, "*batch 6"]:
    """The inverse of :func:`to_use`."""
    rr, tt, pp, rt, rp, tp = moment.unbind(-1)
    return torch.stack((tt, pp, rr, -tp, rt, -rp), -1)


def to_basis(moment: Float[Tensor, "*batch 6"]) -> Float[Tensor, "*batch 5"]:
    """Coefficients of the deviatoric part: (nn − ee)/√2, (2dd − nn − ee)/√6, √2 ne, √2 nd, √2 ed.

    The basis is orthonormal: distances between coefficients are distances between matrices, and ‖b‖ = √2 M0.
    """
    return (moment * moment.new_tensor(_TWICE)) @ moment.new_tensor(_BASIS[:5]).mT


def from_basis(coefficients: Float[Tensor, "*batch basis"]) -> Float[Tensor, "*batch 6"]:
    """The moment tensor of five coefficients as from :func:`to_basis`, or of six, where the sixth is tr/√3.

    Raises:
        InputError: neither five nor six coefficients.
    """
    number = coefficients.shape[-1]
    if number not in (5, 6):
        raise InputError(f"a moment tensor has 5 coefficients, or 6 with its volume change, got {number}")
    return coefficients @ coefficients.new_tensor(_BASIS[:number])


def random_double_couples(number: int, generator: torch.Generator) -> Float[Tensor, "number 6"]:
    """Double couples with M0 = 1 whose axes point all ways alike, as a random rotation would turn them.

    The normal is even on the sphere, so that not the dip is even but its cosine; the slip is even on the plane.
    """
    draws = torch.rand(3, number, dtype=torch.float64, generator=generator)
    return from_plane(360.0 * draws[0], torch.rad2deg(draws[1].acos()), 360.0 * draws[2] - 180.0)
