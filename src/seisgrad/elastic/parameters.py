"""What an inversion of elastic waves asks for: vs alone, or vp and vs; ties to the earth, bounds and a penalty."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.earth.scaling import density_from_vp
from seisgrad.earth.ties import brocher_vp
from seisgrad.elastic.grid import Grid
from seisgrad.errors import InputError
from seisgrad.operator import Operator, Space

Unknowns = Literal["vs", "vp and vs"]


class VsTie(Operator):
    """vs ``[z, x]`` to vp, vs and density ``[3, z, x]`` by Brocher (2005), node by node, continued above 4.5 km/s as
    :class:`seisgrad.earth.BrocherTie` says.

    Args:
        grid: of the earth.
    """

    def __init__(self, grid: Grid) -> None:
        coords = {axis: grid.space.coords[axis] for axis in ("z", "x")}
        self.domain = Space("shear velocity", ("z", "x"), grid.shape, "km/s", coords)
        self.codomain = grid.space

    def apply(self, x: Float[Tensor, "*batch z x"]) -> Float[Tensor, "*batch 3 z x"]:
        """The earth of these shear velocities."""
        vp = brocher_vp(x)
        return torch.stack([vp, x, density_from_vp(vp)], -3)


class VelocityTie(Operator):
    """vp and vs ``[2, z, x]`` to vp, vs and density ``[3, z, x]``: density follows vp by Brocher (2005), equation 1.

    Args:
        grid: of the earth.
    """

    def __init__(self, grid: Grid) -> None:
        coords = {"parameter": ("vp", "vs"), **{axis: grid.space.coords[axis] for axis in ("z", "x")}}
        units = ("km/s", "km/s")
        self.domain = Space("velocities", ("parameter", "z", "x"), (2, *grid.shape), units, coords)
        self.codomain = grid.space

    def apply(self, x: Float[Tensor, "*batch 2 z x"]) -> Float[Tensor, "*batch 3 z x"]:
        """The earth of these velocities."""
        vp, vs = x.unbind(-3)
        return torch.stack([vp, vs, density_from_vp(vp)], -3)


@dataclass(frozen=True)
class Allowed:
    """Velocities within bounds: vs goes to the nearest allowed one, then vp to the nearest allowed beside it.

    Args:
        vp: lowest and highest, km/s.
        vs: the same.
        ratio: of vp to vs, lowest and highest.

    Raises:
        InputError: bounds that are no range, a ratio that no solid has, or bounds that leave no vp beside some vs.
    """

    vp: tuple[float, float] = (1.4, 10.0)
    vs: tuple[float, float] = (0.5, 5.5)
    ratio: tuple[float, float] = (1.5, 4.0)

    def __post_init__(self) -> None:
        for name in ("vp", "vs", "ratio"):
            low, high = getattr(self, name)
            if not 0 < low < high < float("inf"):
                raise InputError(f"{name} is {getattr(self, name)}, expected the lowest and the highest")
        if self.ratio[0] < 1.2:
            raise InputError(f"ratio begins at {self.ratio[0]:g}, expected at least 1.2, as in any solid")
        for vs in self.vs:
            low, high = max(self.vp[0], self.ratio[0] * vs), min(self.vp[1], self.ratio[1] * vs)
            if low > high:
                raise InputError(
                    f"beside vs {vs:g} km/s no vp is left: vp is {self.vp} km/s and vp/vs {self.ratio}; widen one"
                )

    def __call__(self, x: Float[Tensor, "2 z x"]) -> Float[Tensor, "2 z x"]:
        """The allowed velocities."""
        vs = x[1].clamp(*self.vs)
        low, high = self._beside(vs)
        return torch.stack([torch.minimum(torch.maximum(x[0], low), high), vs])

    def held(self, x: Float[Tensor, "2 z x"]) -> dict[str, float]:
        """The share of the nodes at each bound, by its name; those that hold none are left out."""
        vp, vs = x
        slack = 1e-9
        found = {
            "lowest vs": vs <= self.vs[0] * (1 + slack),
            "highest vs": vs >= self.vs[1] * (1 - slack),
            "lowest vp": vp <= self.vp[0] * (1 + slack),
            "highest vp": vp >= self.vp[1] * (1 - slack),
            "lowest vp/vs": vp <= self.ratio[0] * vs * (1 + slack),
            "highest vp/vs": vp >= self.ratio[1] * vs * (1 - slack),
        }
        shares = {name: float(at.double().mean()) for name, at in found.items()}
        return {name: share for name, share in shares.items() if share > 0}

    def _beside(self, vs: Tensor) -> tuple[Tensor, Tensor]:
        return (self.ratio[0] * vs).clamp(min=self.vp[0]), (self.ratio[1] * vs).clamp(max=self.vp[1])


@dataclass(frozen=True)
class BrocherPenalty:
    """weight · mean (vp − Brocher(vs))² of velocities ``[2, z, x]``: what Zou et al. (2025) ask of real data.

    Args:
        weight: (km/s)⁻², not negative. Theirs is 6e-7 (m/s)⁻², which is 0.6; they do not say whether they take a sum
            or a mean over nodes, and a mean does not depend on the grid.

    Raises:
        InputError: a negative weight.
    """

    weight: float

    def __post_init__(self) -> None:
        if not 0 <= self.weight < float("inf"):
            raise InputError(f"the weight of Brocher's relation is {self.weight!r}, expected 0 or more")

    def __call__(self, velocities: Float[Tensor, "2 z x"]) -> Float[Tensor, ""]:
        """The value of the term."""
        vp, vs = velocities
        return self.weight * (vp - brocher_vp(vs)).square().mean()
