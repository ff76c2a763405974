"""Reference earths: PREM and ak135, crust and mantle, as layers that keep travel time and mass.

A reference model ends at `max_depth`, at most the core-mantle boundary, in a half-space with the properties found
there. Its depths are those of the spherical Earth: compute with earth="spherical".
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seisgrad.earth._ak135 import AK135
from seisgrad.earth.layered import LayeredModel
from seisgrad.earth.profile import STEP, Nodes, check_step, equal_parts, layers_from_nodes
from seisgrad.errors import InputError

MAX_DEPTH = 1000.0
"""The default depth, km, of the half-space: deeper than fundamental modes up to periods of 250 s resolve."""

_RADIUS = 6371.0

Array = NDArray[np.float64]


class _Isotropic(NamedTuple):
    """vp and vs of a shell as polynomials in x = radius / 6371 km, lowest power first."""

    vp: tuple[float, ...]
    vs: tuple[float, ...]

    def velocities(self, x: Array) -> tuple[Array, Array]:
        return _polynomial(self.vp, x), _polynomial(self.vs, x)


class _TransverselyIsotropic(NamedTuple):
    """The four velocities and eta of a shell with a vertical axis of symmetry, as polynomials in x."""

    vpv: tuple[float, ...]
    vph: tuple[float, ...]
    vsv: tuple[float, ...]
    vsh: tuple[float, ...]
    eta: tuple[float, ...]

    def velocities(self, x: Array) -> tuple[Array, Array]:
        """Effective isotropic velocities, from Voigt's averages of the bulk and shear moduli (over density)."""
        c, a, ell, n = (_polynomial(p, x) ** 2 for p in (self.vpv, self.vph, self.vsv, self.vsh))
        f = _polynomial(self.eta, x) * (a - 2.0 * ell)
        bulk = (4.0 * a + c + 4.0 * f - 4.0 * n) / 9.0
        shear = (a + c - 2.0 * f + 5.0 * n + 6.0 * ell) / 15.0
        return np.sqrt(bulk + 4.0 / 3.0 * shear), np.sqrt(shear)


class _Shell(NamedTuple):
    """One shell of PREM between two depths, km."""

    top: float
    bottom: float
    rho: tuple[float, ...]
    elastic: _Isotropic | _TransverselyIsotropic

    def at(self, depth: Array) -> tuple[Array, Array, Array]:
        """vp, vs and rho at depths, km."""
        x = 1.0 - depth / _RADIUS
        return *self.elastic.velocities(x), _polynomial(self.rho, x)

    @property
    def constant(self) -> bool:
        return all(len(polynomial) == 1 for polynomial in (self.rho, *self.elastic))


# Dziewonski & Anderson (1981), table I, at a period of 1 s.
_LOWER_MANTLE_DENSITY = (7.9565, -6.4761, 5.5283, -3.0807)
_OCEAN = _Shell(0.0, 3.0, (1.02,), _Isotropic((1.45,), (0.0,)))
_UPPER_CRUST = _Shell(3.0, 15.0, (2.6,), _Isotropic((5.8,), (3.2,)))
_BELOW_UPPER_CRUST = (
    _Shell(15.0, 24.4, (2.9,), _Isotropic((6.8,), (3.9,))),
    _Shell(
        24.4,
        220.0,
        (2.6910, 0.6924),
        _TransverselyIsotropic(
            vpv=(0.8317, 7.2180),
            vph=(3.5908, 4.6172),
            vsv=(5.8582, -1.4678),
            vsh=(-1.0839, 5.7176),
            eta=(3.3687, -2.4778),
        ),
    ),
    _Shell(220.0, 400.0, (7.1089, -3.8045), _Isotropic((20.3926, -12.2569), (8.9496, -4.4597))),
    _Shell(400.0, 600.0, (11.2494, -8.0298), _Isotropic((39.7027, -32.6166), (22.3512, -18.5856))),
    _Shell(600.0, 670.0, (5.3197, -1.4836), _Isotropic((19.0957, -9.8672), (9.9839, -4.9324))),
    _Shell(
        670.0,
        771.0,
        _LOWER_MANTLE_DENSITY,
        _Isotropic((29.2766, -23.6027, 5.5242, -2.5514), (22.3459, -17.2473, -2.0834, 0.9783)),
    ),
    _Shell(
        771.0,
        2741.0,
        _LOWER_MANTLE_DENSITY,
        _Isotropic((24.9520, -40.4673, 51.4832, -26.6419), (11.1671, -13.7818, 17.4575, -9.2777)),
    ),
    _Shell(
        2741.0,
        2891.0,
        _LOWER_MANTLE_DENSITY,
        _Isotropic((15.3891, -5.3181, 5.5242, -2.5514), (6.9254, 1.4672, -2.0834, 0.9783)),
    ),
)


def prem(max_depth: float = MAX_DEPTH, step: float = STEP, *, ocean: bool = True) -> LayeredModel:
    """The Preliminary Reference Earth Model at a period of 1 s, isotropic, down to `max_depth`.

    From 24.4 to 220 km depth, where PREM is transversely isotropic, these are the effective isotropic velocities by
    Voigt's averages, as in the table of the paper. Discontinuities are tops of layers; each layer has the mean
    slownesses and the mean density of the polynomials over its span.

    Args:
        max_depth: Top of the half-space, km, at most 2891 (the core-mantle boundary); at a discontinuity the half-space
            is the rock below it.
        step: Greatest thickness of a layer, km.
        ocean: With PREM's 3 km of water; without, its upper crust reaches the surface.

    Raises:
        InputError: max_depth lies in the ocean or in the core, or step is not positive.

    Source:
        A. M. Dziewonski & D. L. Anderson (1981), Preliminary reference Earth model, Phys. Earth Planet. Inter. 25,
        297-356, doi:10.1016/0031-9201(81)90046-7.
    """
    shells = (_OCEAN, _UPPER_CRUST) if ocean else (_UPPER_CRUST._replace(top=0.0),)
    shells += _BELOW_UPPER_CRUST
    shallowest = _OCEAN.bottom if ocean else 0.0
    _check_max_depth("PREM", max_depth, shallowest=shallowest, deepest=shells[-1].bottom)
    step = check_step(step)
    columns: list[list[float]] = [[], [], [], []]
    for shell in shells:
        bottom = min(shell.bottom, max_depth)
        if shell.top < bottom:
            parts = 1 if shell.constant else equal_parts(bottom - shell.top, step)
            _append_means(columns, shell, np.linspace(shell.top, bottom, parts + 1))
    below = next((shell for shell in shells if max_depth < shell.bottom), shells[-1])
    for column, value in zip(columns, (0.0, *below.at(np.array([max_depth]))), strict=True):
        column.append(float(np.squeeze(value)))
    return LayeredModel(*columns)


def ak135(max_depth: float = MAX_DEPTH, step: float = STEP) -> LayeredModel:
    """The continental model ak135, down to `max_depth`: linear between its nodes, cut into layers.

    Discontinuities are tops of layers; each layer has the mean slownesses and the mean density over its span.

    Args:
        max_depth: Top of the half-space, km, at most 2891.5 (the core-mantle boundary); at a discontinuity the
            half-space is the rock below it.
        step: Greatest thickness of a layer, km.

    Raises:
        InputError: max_depth lies in the core, or step is not positive.

    Source:
        B. L. N. Kennett, E. R. Engdahl & R. Buland (1995), Constraints on seismic velocities in the Earth from
        traveltimes, Geophys. J. Int. 122, 108-124, doi:10.1111/j.1365-246X.1995.tb03540.x. ak135 itself has no density:
        these are the densities of the table distributed with TauP (H. P. Crotwell, T. J. Owens & J. Ritsema, 1999,
        Seism. Res. Lett. 70, 154-160), not those of ak135-F (Montagner &
        Kennett, 1996), which for the upper mantle come with a warning to use them with caution.
    """
    nodes = Nodes(*np.array(AK135).T)
    _check_max_depth("ak135", max_depth, shallowest=0.0, deepest=float(nodes.depth[-1]))
    return layers_from_nodes(nodes.down_to(float(max_depth)), step)


REFERENCES: dict[str, Callable[[], LayeredModel]] = {"prem": prem, "ak135": ak135}
"""The reference earths by name, called without arguments for their defaults."""


def load_reference(name: str) -> LayeredModel:
    """A reference earth by name, with its defaults: `prem` or `ak135`.

    Raises:
        InputError: there is no such reference.
    """
    if name not in REFERENCES:
        raise InputError(f"there is no reference model {name!r}, expected one of {', '.join(REFERENCES)}.")
    return REFERENCES[name]()


def _append_means(columns: list[list[float]], shell: _Shell, edges: Array) -> None:
    """Layers between the given depths, km, of one shell: thickness, vp and vs by mean slowness, mean density."""
    # Eight Gauss-Legendre points leave an error below 1e-15 in spans of any practical step: properties are
    # smooth and change by some per cent.
    points, weights = np.polynomial.legendre.leggauss(8)
    thickness = np.diff(edges)
    vp, vs, rho = shell.at(edges[:-1, None] + 0.5 * thickness[:, None] * (1.0 + points))
    columns[0].extend(thickness)
    columns[1].extend(2.0 / (weights / vp).sum(-1))
    columns[2].extend(2.0 / (weights / vs).sum(-1) if vs.any() else np.zeros_like(thickness))
    columns[3].extend(0.5 * (weights * rho).sum(-1))


def _polynomial(coefficients: tuple[float, ...], x: Array) -> Array:
    # polyval would drop the shape of x where the polynomial is a constant
    return np.asarray(np.polynomial.polynomial.polyval(x, coefficients), dtype=np.float64) + np.zeros_like(x)


def _check_max_depth(name: str, max_depth: float, *, shallowest: float, deepest: float) -> None:
    if not (math.isfinite(max_depth) and max_depth <= deepest and (max_depth >= shallowest)):
        raise InputError(
            f"max_depth of {name} is {max_depth} km, expected {shallowest:g} to {deepest:g} km: its half-space is rock "
            "of the crust or the mantle."
        )
