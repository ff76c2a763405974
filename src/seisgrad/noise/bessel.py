"""How correlations of noise from all sides oscillate with distance: Bessel functions of kr, one for every component.

A plane wave that travels at an angle θ to the line from A to B has the phase kr cos θ at B, and a horizontal motion of
which the part cos θ is radial (Rayleigh) or transverse (Love). Its mean over all angles is (Aki 1957; Haney et al.
2012)

    ZZ: J0(kr)      ZR: χ J1(kr)      RZ: −χ J1(kr)      RR and TT: J1′(kr) = J0(kr) − J1(kr)/kr

with χ > 0 for retrograde motion. What goes from A to B alone is the same with H² = J − iY for J, and its phase is
known exactly; the far-field form, −kr + π/4 for ZZ, is its limit and errs by 1/(8 kr).
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

from seisgrad.dispersion.survey import Wave
from seisgrad.errors import InputError

Real = NDArray[np.float64]

WAVES: dict[str, Wave] = {
    "ZZ": "rayleigh",
    "ZR": "rayleigh",
    "RZ": "rayleigh",
    "RR": "rayleigh",
    "TT": "love",
}
"""The wave of which a component has the fundamental mode, where the earth is layered."""

_FIRST = 1.0  # of kr: nearer the phase of RR and TT turns round
_LAST = 4000.0
_STEP = 0.01


def oscillation(kr: Real, component: str) -> Real:
    """J of a component at kr, of any shape, 1 or less in size; the sign is that of retrograde motion."""
    first, _ = _kinds(component)
    return (-1.0 if component == "RZ" else 1.0) * first(kr)


def argument(phase: Real, component: str) -> Real:
    """kr at which the correlation from A to B has a phase, rad, e^{-iωt} convention; NaN where kr < 1.

    The phase, of any shape, falls as kr grows, so it must be unwrapped: −kr + π/4 far away for ZZ.
    """
    kr, table = _travelling(component)
    return np.interp(-phase, table, kr, left=np.nan, right=np.nan)


def travelling_phase(kr: Real, component: str) -> Real:
    """Phase of the correlation from A to B at kr, of any shape, rad: the inverse of :func:`argument`."""
    return -np.interp(kr, *_travelling(component), left=np.nan, right=np.nan)


def zeros(component: str, number: int) -> Real:
    """The first positive zeros of a component's function of kr, ascending, ``[number]``."""
    _kinds(component)
    if component == "ZZ":
        return special.jn_zeros(0, number)
    return special.jn_zeros(1, number) if component in ("ZR", "RZ") else special.jnp_zeros(1, number)


@cache
def _travelling(component: str) -> tuple[Real, Real]:
    """kr and minus the phase there, increasing, on a fine table."""
    kr = np.arange(_FIRST, _LAST, _STEP)
    first, second = (kind(kr) for kind in _kinds(component))
    sign = -1.0 if component == "RZ" else 1.0
    table = np.unwrap(np.arctan2(sign * second, sign * first))
    far = kr[-1] - {"ZZ": 0.25, "ZR": 0.75, "RZ": -0.25}.get(component, 0.25) * np.pi
    return kr, table + 2 * np.pi * np.round((far - table[-1]) / (2 * np.pi))


def _kinds(component: str):
    """The Bessel functions of the first and second kind of a component."""
    if component not in WAVES:
        raise InputError(f"component is {component!r}, expected one with a wave: {', '.join(WAVES)}")
    if component == "ZZ":
        return special.j0, special.y0
    if component in ("ZR", "RZ"):
        return special.j1, special.y1
    return (lambda x: special.jvp(1, x)), (lambda x: special.yvp(1, x))
