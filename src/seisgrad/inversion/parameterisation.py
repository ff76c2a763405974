"""What the unknowns of a profile are: operators from few numbers to a value per layer, to compose in front of others.

``physics @ tie @ Profile.control_points(points, depth)`` is inverted like any other operator. Layers are constant, and
each takes the mean of the continuous profile over itself, so that no grid is finer than another to the unknowns.
"""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.errors import InputError
from seisgrad.operator import Operator, Space

#: Points per layer over which a spline is averaged.
_QUADRATURE = 8


class Profile(Operator):
    """A profile that is linear in its unknowns: ``[coefficient]`` to ``[depth]``, a fixed matrix.

    Args:
        matrix: ``[depth, coefficient]``.
        depth: tops of the layers, km; the last is the half-space's.
        unit: of the profile and of its coefficients.
        at: where each coefficient sits, km.
    """

    def __init__(
        self,
        matrix: Float[Tensor, "depth coefficient"],
        depth: Float[Tensor, " depth"],
        unit: str = "km/s",
        at: Sequence[float] = (),
    ) -> None:
        self.matrix = matrix
        coords = {"depth": tuple(at)} if len(at) else {}
        self.domain = Space("coefficients of a profile", ("depth",), (matrix.shape[1],), unit, coords)
        self.codomain = _profile_space(depth, unit)

    @classmethod
    def control_points(
        cls, points: Sequence[float], depth: Float[Tensor, " depth"], unit: str = "km/s"
    ) -> "Profile":
        """Values at given depths with straight lines between them, constant below the last.

        Args:
            points: depths, km, from 0, increasing.
            depth: tops of the layers, km.
            unit: of the profile.

        Raises:
            InputError: points or tops that do not begin at 0 and increase.
        """
        knots, tops = (_increasing(name, values) for name, values in (("points", points), ("depth", depth)))
        columns = [
            _integral_of_line(tops, knots, unit_vector) for unit_vector in torch.eye(len(knots)).double()
        ]
        return cls(torch.stack(columns, -1), tops, unit, knots.tolist())

    @classmethod
    def splines(
        cls, number: int, depth: Float[Tensor, " depth"], degree: int = 3, unit: str = "km/s"
    ) -> "Profile":
        """B-splines, closer together near the surface, where surface waves resolve more; constant below the last top.

        Args:
            number: of splines, more than ``degree``.
            depth: tops of the layers, km.
            degree: of the polynomials; 3 is cubic.
            unit: of the profile.

        Raises:
            InputError: too few splines, or tops that do not begin at 0 and increase.
        """
        from scipy.interpolate import BSpline

        tops = _increasing("depth", depth)
        if number <= degree or degree < 1:
            raise InputError(f"{number} splines of degree {degree}, expected more splines than the degree")
        last = float(tops[-1])
        # intervals grow from the surface downwards so that the deepest is ten times the first
        inner = last * np.expm1(np.linspace(0.0, np.log(10.0), number - degree + 1)) / 9.0
        inner[-1] = last  # to the last bit
        knots = np.concatenate([np.zeros(degree), inner, np.full(degree, last)])
        middle = (np.arange(_QUADRATURE) + 0.5) / _QUADRATURE
        bounds = tops.numpy()
        places = bounds[:-1, None] + np.diff(bounds)[:, None] * middle
        layers = BSpline.design_matrix(places.ravel(), knots, degree).toarray()
        layers = layers.reshape(len(places), _QUADRATURE, number).mean(1)
        below = BSpline.design_matrix(np.array([last]), knots, degree).toarray()
        centres = [float(knots[i + 1 : i + degree + 1].mean()) for i in range(number)]
        return cls(torch.from_numpy(np.concatenate([layers, below])), tops, unit, centres)

    def apply(self, x: Float[Tensor, "*batch coefficient"]) -> Float[Tensor, "*batch depth"]:
        """The matrix applied."""
        return x @ self.matrix.to(device=x.device, dtype=x.dtype).mT


class FreeLayers(Operator):
    """A few homogeneous layers whose values and interfaces are both unknown, on a grid of fine layers.

    The unknowns are ``number`` values, then ``number - 1`` natural logarithms of thicknesses in km. Each fine layer
    takes the mean of the layers that it meets, so that the profile follows every interface without a jump.

    Args:
        number: of layers, the half-space included.
        depth: tops of the fine layers, km; the half-space of the grid takes what is below its top by one more of its
            last thickness.
        unit: of the profile.

    Raises:
        InputError: fewer than two layers, or tops that do not begin at 0 and increase.
    """

    def __init__(self, number: int, depth: Float[Tensor, " depth"], unit: str = "km/s") -> None:
        tops = _increasing("depth", depth)
        if number < 2:
            raise InputError(f"{number} layers have no interface between them, expected at least 2")
        self.number = number
        self.bounds = torch.cat([tops, 2.0 * tops[-1:] - tops[-2:-1]])
        units = (unit,) * number + ("ln km",) * (number - 1)
        names = [f"value {i + 1}" for i in range(number)] + [f"thickness {i + 1}" for i in range(number - 1)]
        self.domain = Space("free layers", ("unknown",), (2 * number - 1,), units, {"unknown": names})
        self.codomain = _profile_space(tops, unit)

    def apply(self, x: Float[Tensor, "*batch unknown"]) -> Float[Tensor, "*batch depth"]:
        """The mean over each fine layer."""
        value, thickness = x[..., : self.number], x[..., self.number :].exp()
        bounds = self.bounds.to(device=x.device, dtype=x.dtype)
        interface = torch.cumsum(thickness, -1)[..., None]
        # how much of each fine layer lies below each interface: every one of them adds its jump to that share
        below = ((bounds[1:] - interface) / bounds.diff()).clamp(0.0, 1.0)
        return value[..., :1] + (value.diff(dim=-1)[..., None] * below).sum(-2)


class Bounded(Operator):
    """Unbounded unknowns to values between limits by a logistic curve, for methods that know no bounds.

    Args:
        space: of the values.
        lower: limits that broadcast to it, and
        upper: the same.

    Raises:
        InputError: limits that are not finite or not in order.
    """

    def __init__(
        self, space: Space, lower: float | Float[Tensor, "..."], upper: float | Float[Tensor, "..."]
    ) -> None:
        low, high = (torch.as_tensor(side, dtype=torch.float64) for side in (lower, upper))
        low, high = torch.broadcast_tensors(low, high)
        if not (low.isfinite() & high.isfinite() & (low < high)).all():
            raise InputError(
                "the limits of a bounded parameter have to be finite and the lower below the upper"
            )
        self.low, self.width = low, high - low
        self.domain = Space(f"{space.name}, unbounded", space.axes, space.shape, "1", space.coords)
        self.codomain = space

    def apply(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """The values."""
        low, width = (side.to(device=x.device, dtype=x.dtype) for side in (self.low, self.width))
        return low + width * torch.sigmoid(x)

    def inverse(self, y: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """The unknowns of values strictly between the limits.

        Raises:
            InputError: a value at or beyond a limit.
        """
        share = (y - self.low) / self.width
        if not ((share > 0.0) & (share < 1.0)).all():
            raise InputError("a value lies at or beyond its limits, expected all of them strictly between")
        return torch.logit(share).to(y.dtype)


def paper_control_points() -> tuple[float, ...]:
    """The control points of Yu, Cai & Liu (2026, arXiv:2604.04107), km: every 0.5 to 5, 1 to 10, 5 to 50, 20 to 150."""
    parts = ((0.0, 5.0, 0.5), (5.0, 10.0, 1.0), (10.0, 50.0, 5.0), (50.0, 150.0, 20.0))
    return (*(z for first, last, step in parts for z in np.arange(first, last, step).tolist()), 150.0)


def _profile_space(depth: Tensor, unit: str) -> Space:
    return Space("profile", ("depth",), (len(depth),), unit, {"depth": depth.tolist()})


def _increasing(name: str, values: Sequence[float] | Tensor) -> Float[Tensor, " depth"]:
    z = torch.as_tensor(values, dtype=torch.float64)
    if z.ndim != 1 or len(z) < 2 or float(z[0]) != 0.0 or not (z.diff() > 0).all():
        raise InputError(
            f"{name} is {z.tolist()}, expected at least two depths in km that begin at 0 and increase"
        )
    return z


def _integral_of_line(tops: Tensor, knots: Tensor, values: Tensor) -> Float[Tensor, " depth"]:
    """Means over the layers, exactly, of the line through ``values`` at ``knots``; in the half-space its value at the
    top."""
    slope = values.diff() / knots.diff()
    whole = torch.cat([values.new_zeros(1), torch.cumsum(0.5 * (values[1:] + values[:-1]) * knots.diff(), 0)])
    piece = (torch.searchsorted(knots, tops, right=True) - 1).clamp(0, len(knots) - 1)
    into = tops - knots[piece]
    rise = torch.cat([slope, slope.new_zeros(1)])[piece]
    integral = whole[piece] + into * (values[piece] + 0.5 * rise * into)
    return torch.cat([integral.diff() / tops.diff(), values[piece[-1:]] + rise[-1:] * into[-1:]])
