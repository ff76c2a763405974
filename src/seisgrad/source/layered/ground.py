"""A column of layers as the solver takes it: checked, with velocities that are complex where Q is finite."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seisgrad.errors import InputError

Array = NDArray[np.float64]

#: Hz, the frequency at which waves travel with the velocities given, whatever band is computed.
REFERENCE_FREQUENCY = 1.0


class Column(NamedTuple):
    """Homogeneous layers over a half-space, from the surface down, each an array ``[layer]``.

    Attributes:
        thickness: km; that of the half-space, the last one, is ignored.
        vp, vs: km/s at 1 Hz.
        rho: g/cm³.
        qp, qs: quality factors, constant over frequency; infinite where nothing is lost.
    """

    thickness: Array
    vp: Array
    vs: Array
    rho: Array
    qp: Array
    qs: Array

    @property
    def tops(self) -> Array:
        """Depth of the top of each layer, km."""
        return np.concatenate([[0.0], np.cumsum(self.thickness[:-1])])


def checked(column: Column) -> Column:
    """The same in double precision.

    Raises:
        InputError: a layer that is no possible solid; water is refused.
    """
    column = Column(*(np.array(values, dtype=np.float64) for values in column))
    if {values.shape for values in column} != {(len(column.vp),)} or len(column.vp) == 0:
        raise InputError(
            "the quantities of a column have different lengths, expected one value per layer of each"
        )
    for name, values in zip(Column._fields, column, strict=True):
        bad = ~(values > 0.0) if name in ("qp", "qs") else ~((values > 0.0) & np.isfinite(values))
        if name == "thickness":
            bad[-1] = False
        if bad.any():
            n = int(bad.argmax())
            raise InputError(
                f"{name} of layer {n + 1} is {values[n]:g}, expected a positive number: solid layers only"
            )
    squashed = column.vp**2 <= 4.0 / 3.0 * column.vs**2
    if squashed.any():
        n = int(squashed.argmax())
        raise InputError(
            f"layer {n + 1} has vp {column.vp[n]:g} and vs {column.vs[n]:g} km/s, expected vp above 1.155 vs"
        )
    return column


def velocity(at_reference: Array, quality: Array, omega: complex) -> NDArray[np.complex128]:
    """Complex velocity for the time factor exp(iωt), causal and of exactly constant Q.

    With γ = arctan(1/Q)/π, v(ω) = v₀ cos(πγ/2) (iω/ω₀)^γ; its phase velocity at ω₀ is v₀.

    Source:
        Kjartansson (1979), J. Geophys. Res. 84, 4737-4748.
    """
    gamma = np.arctan(1.0 / quality) / np.pi
    return (
        at_reference
        * np.cos(0.5 * np.pi * gamma)
        * (1j * omega / (2.0 * np.pi * REFERENCE_FREQUENCY)) ** gamma
    )
