"""How fine a grid the waves need, what error it leaves, and which earths it was made for.

The error of the scheme is dispersion: Rayleigh waves on the grid run too slow by a share that falls with the square of
the cells per wavelength. The time step adds none (:mod:`seisgrad.waves.leapfrog`). ``benchmarks/elastic_accuracy.py``
measures it; docs/elastic has the figures.
"""

import math
from contextlib import suppress

from torch import Tensor

from seisgrad.elastic.grid import Grid
from seisgrad.elastic.rayleigh import local_phase_velocity
from seisgrad.errors import InputError

CELLS = 18.0
"""The fewest cells per shortest Rayleigh wavelength."""

#: Relative error of the phase velocity times the square of the cells per wavelength: the largest one measured in
#: half-spaces with Poisson's ratio 0.25 to 0.45.
_DISPERSION = 1.1
#: No Rayleigh wave runs slower than this share of the lowest S velocity, for a positive Poisson's ratio.
_SHARE_OF_S = 0.87
#: Columns of an earth whose phase velocity is computed.
_COLUMNS = 24


def dispersion_error(cells: float, wavelengths: float) -> float:
    """Relative error of a spectrum at ``cells`` per wavelength after so many wavelengths: the phase it loses."""
    return 2.0 * math.pi * wavelengths * _DISPERSION / cells**2


def check_earth(earth: Tensor, grid: Grid, velocity: tuple[float, float], highest: float) -> None:
    """Every node a solid within the range that grid and time step were made for, and no Rayleigh wave too slow.

    Args:
        earth: ``[*batch, 3, z, x]``.
        grid: where it is given.
        velocity: the slowest Rayleigh phase velocity at ``highest`` and the fastest P velocity, km/s.
        highest: Hz.

    Raises:
        InputError: with the node, or the place along the line, at fault.
    """
    with suppress(RuntimeError):  # under torch.func.vmap values cannot be read
        earth = earth.detach()
        _check_nodes(earth, velocity[1])
        _check_slowest(earth.reshape(-1, *earth.shape[-3:]), grid, velocity[0], highest)


def _check_nodes(earth: Tensor, fastest: float) -> None:
    vp, vs, rho = earth.unbind(-3)
    for name, unit, values, good, expected in (
        (
            "P velocity",
            "km/s",
            vp,
            vp <= fastest,
            f"at most {fastest:g} km/s; widen velocity= where it is meant",
        ),
        (
            "S velocity",
            "km/s",
            vs,
            vs > 0,
            "a positive number: a fluid, water or air, has no place in this earth",
        ),
        (
            "S velocity",
            "km/s",
            vs,
            vs < math.sqrt(0.75) * vp,
            "less than 0.866 of the P velocity, as in any solid",
        ),
        ("density", "g/cm³", rho, (rho > 0) & rho.isfinite(), "a positive number"),
    ):
        if not bool(good.all()):
            place = tuple(int(i) for i in (~good).nonzero()[0])
            raise InputError(
                f"the {name} at node z {place[-2]}, x {place[-1]} is {float(values[place]):g} {unit}, "
                f"expected {expected}"
            )


def _check_slowest(earths: Tensor, grid: Grid, slowest: float, highest: float) -> None:
    """The local phase velocity of some columns by the dispersion operator, unless S velocities say enough."""
    earths = earths[_SHARE_OF_S * earths[:, 1].amin((-2, -1)) < slowest].double()
    if not len(earths):
        return
    columns = _suspects(earths[:, 1], slowest, highest, grid.spacing)
    picked = earths.gather(-1, columns[:, None, None].expand(-1, 3, earths.shape[2], -1))
    phase = local_phase_velocity(picked, grid.spacing, highest)
    slow = phase < slowest
    if slow.any():
        k, c = (int(i) for i in slow.nonzero()[0])
        x = float(columns[k, c]) * grid.spacing
        raise InputError(
            f"the Rayleigh wave at x = {x:.4g} km runs at {float(phase[k, c]):.3g} km/s at {highest:g} Hz, expected at "
            f"least {slowest:g} km/s, for which the grid was made; lower the first of velocity= where it is meant"
        )


def _suspects(vs: Tensor, slowest: float, highest: float, spacing: float) -> Tensor:
    """Columns to look at, ``[earth, column]``: those where S waves are slowest in the top third of a wavelength."""
    rows = max(1, math.ceil(slowest / highest / 3.0 / spacing))
    return vs[:, :rows].mean(1).argsort(-1)[:, :_COLUMNS]
