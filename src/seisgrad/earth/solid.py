"""A vertical section through solid ground: vp, vs and density on a regular grid; and its files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.earth import scaling
from seisgrad.earth.section import Section
from seisgrad.earth.section_nodes import Nodes, csv_nodes, netcdf_nodes, npz_nodes, write_nodes
from seisgrad.earth.section_units import TO_KM, Ask, Quantity, require_plausible
from seisgrad.earth.ties import brocher_vp
from seisgrad.errors import InputError

_FIELDS: dict[str, Quantity] = {"vp": "velocity", "vs": "velocity", "rho": "density"}
_CHOICES = (("vs",), ("vp", "vs"), ("vp", "vs", "rho"))


@dataclass(frozen=True, eq=False)
class SolidSection:
    """vp, vs and density on nodes at even steps of depth and of distance, bilinear between them.

    Args:
        vs: km/s, ``[z, x]``.
        vp: km/s; by Brocher (2005) from vs, as :class:`~seisgrad.earth.BrocherTie` has it, where None.
        rho: g/cm³; by Brocher (2005) from vp where None.
        spacing: km along z and along x.
        origin: depth and distance of the first node, km.

    Raises:
        InputError: shapes that do not fit, or a value that no solid has.
    """

    vs: Float[Tensor, "z x"]
    vp: Float[Tensor, "z x"] | None = None
    rho: Float[Tensor, "z x"] | None = None
    spacing: tuple[float, float] = (1.0, 1.0)
    origin: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        vs = torch.as_tensor(self.vs, dtype=torch.float64)
        vp = brocher_vp(vs) if self.vp is None else torch.as_tensor(self.vp, dtype=torch.float64)
        rho = (
            scaling.density_from_vp(vp)
            if self.rho is None
            else torch.as_tensor(self.rho, dtype=torch.float64)
        )
        for name, values in (("vs", vs), ("vp", vp)):
            try:
                checked = Section(values, rho, self.spacing, self.origin)
            except InputError as error:
                raise InputError(str(error).replace("velocity", name)) from None
        squashed = ~(vp > 1.1547 * vs)  # a positive bulk modulus
        if bool(squashed.any()):
            i, j = squashed.nonzero()[0].tolist()
            raise InputError(
                f"vp[{i}, {j}] is {float(vp[i, j]):g} and vs {float(vs[i, j]):g} km/s, expected vp above 1.155 vs"
            )
        for name, values in (("vs", vs), ("vp", vp), ("rho", rho)):
            object.__setattr__(self, name, values)
        object.__setattr__(self, "spacing", checked.spacing)
        object.__setattr__(self, "origin", checked.origin)

    @property
    def shape(self) -> tuple[int, int]:
        """Nodes along z and along x."""
        nz, nx = self.vs.shape
        return nz, nx

    @property
    def earth(self) -> Float[Tensor, "3 z x"]:
        """vp, vs and density: what the elastic operators take."""
        assert self.vp is not None
        assert self.rho is not None  # filled in when made
        return torch.stack([self.vp, self.vs, self.rho])

    def to_grid(self, spacing: float) -> SolidSection:
        """The same ground on square cells of this spacing; see :meth:`Section.to_grid`."""
        vp, vs, rho = self.earth
        fine = [Section(v, rho, self.spacing, self.origin).to_grid(spacing) for v in (vp, vs)]
        return SolidSection(
            fine[1].velocity, fine[0].velocity, fine[0].density, (spacing, spacing), self.origin
        )


def read_solid(path: str | os.PathLike[str], *, unit: Literal["km", "m"] = "km") -> SolidSection:
    """A section of solid ground from a file, by its suffix.

    Args:
        path: ``.nc``, variables ``vs`` and perhaps ``vp`` and ``rho`` with coordinates ``z`` and ``x``, whose
            attributes ``units`` go before ``unit``; ``.npz``, arrays of these names, ``spacing`` and
            perhaps ``origin``; ``.csv``, columns ``z,x,vs``, ``z,x,vp,vs`` or ``z,x,vp,vs,rho``, one row per node in
            any order.
        unit: of the numbers in the file: ``"km"`` with km/s and g/cm³, or ``"m"`` with m/s and kg/m³.

    Raises:
        InputError: no such file, or one that holds something else; the sentence names file, value and expectation.
    """
    path = Path(path)
    if unit not in TO_KM:
        raise InputError(f"unit is {unit!r}, expected 'km' or 'm'")
    if not path.is_file():
        raise InputError(f"{path}: there is no such file; check the path")
    ask = Ask(path, TO_KM[unit], None, None, False)
    suffix = path.suffix.lower()
    if suffix == ".nc":
        found, ask = netcdf_nodes(ask, _FIELDS, ("vs",)), Ask(path, 1.0, None, None, False)
    elif suffix == ".npz":
        found = npz_nodes(ask, _FIELDS, ("vs",))
    elif suffix == ".csv":
        found = csv_nodes(ask, _CHOICES)
    else:
        raise InputError(f"{path}: the suffix is {path.suffix!r}, expected one of .nc, .npz, .csv")
    return _section(ask, found)


def write_solid(section: SolidSection, path: str | os.PathLike[str]) -> None:
    """Write a section as ``.nc``, ``.csv`` or ``.npz``, complete or not at all; :func:`read_solid` reads it back.

    Raises:
        InputError: another suffix, or no such folder.
        WorkError: the disk refuses.
    """
    units = {"vp": "km/s", "vs": "km/s", "rho": "g/cm3"}
    fields = {n: (v.numpy(), units[n]) for n, v in zip(units, section.earth, strict=True)}
    write_nodes(fields, section.spacing, section.origin, Path(path))


def _section(ask: Ask, found: Nodes) -> SolidSection:
    for name, values in found.fields.items():
        require_plausible(ask, name, values, _FIELDS[name])
    fields = {name: torch.from_numpy(values * ask.scale) for name, values in found.fields.items()}
    try:
        return SolidSection(**fields, spacing=found.spacing, origin=found.origin)
    except InputError as error:
        raise InputError(f"{ask.path}: {error}") from None
