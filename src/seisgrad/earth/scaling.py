"""Empirical relations between velocities and density in the crust: Brocher (2005), and Gardner et al. (1974).

T. M. Brocher (2005), Empirical relations between elastic wavespeeds and density in the Earth's crust, Bull. Seism.
Soc. Am. 95, 2081-2092, doi:10.1785/0120050077. Each of his functions is the polynomial of one numbered
equation, evaluated as it stands also outside the range it was fitted on: :class:`Range` says where that happens, and
:class:`seisgrad.earth.BrocherTie` how the relations are continued into the mantle.
"""

from __future__ import annotations

from typing import NamedTuple

from jaxtyping import Bool, Float
from torch import Tensor


class Range(NamedTuple):
    """The values of one quantity over which a relation was fitted."""

    quantity: str
    unit: str
    low: float
    high: float
    source: str

    def outside(self, values: Float[Tensor, "*shape"]) -> Bool[Tensor, "*shape"]:
        """True where a value lies outside the range, or is NaN."""
        return ~((values >= self.low) & (values <= self.high))

    def describe(self, values: Float[Tensor, "*shape"]) -> str | None:
        """One sentence that says how many values lie outside and where, or None if none does."""
        beyond = self.outside(values)
        count = int(beyond.sum())
        if not count:
            return None
        first = tuple(beyond.nonzero()[0].tolist())
        place = f"[{', '.join(map(str, first))}]" if first else ""
        return (
            f"{count} of {values.numel()} values of {self.quantity} lie outside the {self.low:g} to {self.high:g} "
            f"{self.unit} of {self.source}, first {self.quantity}{place} = {float(values[first]):g} {self.unit}"
        )


VP_FROM_VS_RANGE = Range("vs", "km/s", 0.0, 4.5, "Brocher (2005), equation 9")
VS_FROM_VP_RANGE = Range("vp", "km/s", 1.5, 8.0, "Brocher (2005), equation 6")
DENSITY_FROM_VP_RANGE = Range("vp", "km/s", 1.5, 8.5, "Brocher (2005), equation 1")


def vp_from_vs(vs: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Compressional from shear velocity, km/s, fitted over 0 to 4.5 km/s: Brocher (2005), equation 9."""
    return 0.9409 + vs * (2.0947 + vs * (-0.8206 + vs * (0.2683 + vs * -0.0251)))


def vp_from_vs_slope(vs: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """The derivative of :func:`vp_from_vs`, dimensionless, at vs in km/s."""
    return 2.0947 + vs * (-1.6412 + vs * (0.8049 + vs * -0.1004))


def vs_from_vp(vp: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Shear from compressional velocity, km/s, fitted over 1.5 to 8 km/s: Brocher (2005), equation 6.

    A fit of its own, and the inverse of equation 9 only roughly: to 0.08 km/s for vs from 0.5 to 4.5 km/s.
    """
    return 0.7858 + vp * (-1.2344 + vp * (0.7949 + vp * (-0.1238 + vp * 0.0064)))


def density_from_vp(vp: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Density, g/cm3, from vp, km/s, fitted over 1.5 to 8.5 km/s: Brocher (2005), equation 1 (Nafe-Drake curve)."""
    return vp * (1.6612 + vp * (-0.4721 + vp * (0.0671 + vp * (-0.0043 + vp * 0.000106))))


def density_from_vp_gardner(vp: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Density, g/cm3, of sedimentary rock from vp, km/s: ρ = 1.74 vp^(1/4), an average over rock types.

    G. H. F. Gardner, L. W. Gardner and A. R. Gregory (1974), Formation velocity and density: the diagnostic basics for
    stratigraphic traps, Geophysics 39, 770-780, doi:10.1190/1.1440465. Not for water, to which it gives 1.93.
    """
    return 1.74 * vp**0.25
