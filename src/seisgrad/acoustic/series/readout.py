"""Fields between the points of a lattice: exact for what its Fourier components hold."""

from dataclasses import dataclass

import torch
from jaxtyping import Complex, Float, Int
from torch import Tensor

from seisgrad.acoustic.series.lattice import Lattice


@dataclass(frozen=True, eq=False)
class Places:
    """Where a field is wanted; places on a few lines or columns, such as the nodes of a grid, cost little.

    Args:
        z: distinct depths, km, and
        x: distinct distances, km.
        row: of each place, its depth's index, and
        column: its distance's.
    """

    z: Float[Tensor, " row"]
    x: Float[Tensor, " column"]
    row: Int[Tensor, " place"]
    column: Int[Tensor, " place"]

    @classmethod
    def of(cls, positions: Float[Tensor, "place 2"]) -> "Places":
        """Of positions z, x in km."""
        z, row = torch.unique(positions[:, 0], return_inverse=True)
        x, column = torch.unique(positions[:, 1], return_inverse=True)
        return cls(z, x, row, column)


def at(
    lattice: Lattice, field: Complex[Tensor, "*batch z x"], places: Places
) -> Complex[Tensor, "*batch place"]:
    """A field at places."""
    along_z = _waves(lattice.wave_z, places.z, lattice.origin[0], field)
    along_x = _waves(lattice.wave_x, places.x, lattice.origin[1], field)
    components = torch.fft.fft2(field, norm="forward")
    rows, columns = len(places.z), len(places.x)
    if rows * columns <= 8 * len(places.row):  # lines and columns that cross at places
        crossings = along_z @ components @ along_x.mT
        return crossings[..., places.row, places.column]
    by_place = components @ along_x[places.column].mT
    return (along_z[places.row].mT * by_place).sum(-2)


def _waves(wave: Tensor, places: Tensor, origin: float, like: Tensor) -> Complex[Tensor, "place wave"]:
    phase = (places.to(wave.device, torch.float64)[:, None] - origin) * wave.double()
    waves = torch.polar(torch.ones_like(phase), phase)
    if (
        len(wave) % 2 == 0
    ):  # the Nyquist component is the mean of its two signs, so that mirror images stay ones
        nyquist = len(wave) // 2
        waves[:, nyquist] = torch.cos(phase[:, nyquist])
    return waves.to(like.dtype)
