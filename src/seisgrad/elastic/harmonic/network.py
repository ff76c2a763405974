"""Elements that learn: on a coarse mesh, a small network tells every element how stiff and how heavy to be.

A coarse mesh carries waves at slightly wrong speeds and does not see what varies within an element. Both are matters of
the element alone: of its size in wavelengths, of where in it a point lies, and of how the earth varies there. So one
network of a few thousand numbers, the same for all elements, frequencies and grids, gives a factor for each of the
seven terms of the energy at every point. What it cannot break: the symmetry of the elements, and with it reciprocity;
that a rigid motion strains nothing; mirror images; and the absorbing layers, which it leaves alone. Without training
the factors are 1.
"""

import itertools
from dataclasses import dataclass

import torch
from jaxtyping import Complex, Float
from torch import Tensor, nn

from seisgrad.elastic.grid import Grid
from seisgrad.elastic.harmonic.elements import TERMS, element_matrices, moduli
from seisgrad.elastic.harmonic.mesh import Mesh, Resolution, mesh
from seisgrad.elastic.harmonic.operator import direction, recorded
from seisgrad.elastic.harmonic.sweep import surface_response
from seisgrad.elastic.survey import Survey

#: Of what an element's network is told at every point.
_FEATURES = 11
#: The largest change of a factor, in its logarithm.
_LARGEST = 0.7


@dataclass(frozen=True, kw_only=True)
class HarmonicSize:
    """The size of a :class:`HarmonicNet`: of its network, and of its mesh as in :class:`.mesh.Resolution`.

    Args:
        hidden: width of the hidden layers,
        layers: and their number.
        slowest: velocity of the slowest Rayleigh wave that the mesh is made for, km/s.
        length, top, top_cells, growth: of the elements.
    """

    hidden: int = 32
    layers: int = 2
    slowest: float = 2.2
    length: float = 0.27
    top: float = 0.25
    top_cells: float = 4.0
    growth: float = 0.5

    @property
    def resolution(self) -> Resolution:
        """How fine its meshes are."""
        return Resolution(length=self.length, top=self.top, top_cells=self.top_cells, growth=self.growth)

    def mesh(self, grid: Grid, frequency: float) -> Mesh:
        """The mesh of a frequency, Hz, in float64."""
        return mesh(grid, frequency, self.slowest, self.resolution)


class HarmonicNet(nn.Module):
    """Spectra of the surface from learned elements on a coarse mesh.

    Args:
        size: of network and mesh.
    """

    def __init__(self, size: HarmonicSize | None = None) -> None:
        super().__init__()
        self.size = size = size or HarmonicSize()
        widths = [_FEATURES, *(size.hidden for _ in range(size.layers))]
        parts: list[nn.Module] = []
        for before, after in itertools.pairwise(widths):
            parts += [nn.Linear(before, after), nn.SiLU()]
        last = nn.Linear(widths[-1], TERMS)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        self.parts = nn.Sequential(*parts, last)

    def require(self, grid: Grid) -> None:
        """Any grid will do."""

    def forward(
        self, earth: Float[Tensor, "batch 3 z x"], grid: Grid, frequency: float, component: int
    ) -> Complex[Tensor, "batch motion force"]:
        """The response of the surface of a frequency's mesh (Hz) to forces there, for :func:`recorded`."""
        place = self.size.mesh(grid, frequency).to(earth)
        at = moduli(place, earth)
        elements = element_matrices(place, at, frequency, self.factors(place, at, frequency))
        return surface_response(place, elements, component)

    def motion(
        self, earth: Float[Tensor, "batch 3 z x"], grid: Grid, survey: Survey
    ) -> Complex[Tensor, "batch source frequency component receiver"]:
        """What a survey asks."""
        component = direction(survey)
        asked = [
            recorded(self.size.mesh(grid, f).to(earth), self.forward(earth, grid, f, component), survey, f)
            for f in survey.frequencies.tolist()
        ]
        return torch.stack(asked, 2)

    def factors(
        self, place: Mesh, at: Float[Tensor, "batch 4 column layer x z"], frequency: float
    ) -> Float[Tensor, "batch 7 column layer x z"]:
        """What every term of the energy is multiplied with at every point.

        Args:
            place: the mesh of the frequency.
            at: of :func:`~seisgrad.elastic.harmonic.elements.moduli`.
            frequency: Hz.
        """
        change = self.parts(_features(place, at, frequency))
        change = _LARGEST * torch.tanh(change / _LARGEST) * _in_the_ground(place)[..., None]
        return torch.exp(change).movedim(-1, 1)


def _features(
    mesh: Mesh, at: Float[Tensor, "batch 4 column layer x z"], frequency: float
) -> Float[Tensor, "batch column layer x z feature"]:
    """What a point is told, all of order 1: sizes of its element in wavelengths, the earth there, and its place."""
    stiff, _, shear, rho = at.unbind(1)
    speed = torch.log(shear / rho) / 2.0
    wave = speed - torch.log(torch.as_tensor(frequency, dtype=speed.dtype))
    tall = torch.log(2.0 * mesh.length_z)[:, None, None] - wave
    wide = torch.log(2.0 * mesh.length_x)[:, None, None, None] - wave
    around = speed.mean((-2, -1), keepdim=True)
    below = torch.arange(mesh.layers, dtype=speed.dtype, device=speed.device)
    place_z, place_x = mesh.rule_z, mesh.rule_x.abs()
    features = [
        wide + 1.0,
        tall + 1.0,
        4.0 * (speed - around),
        4.0 * (speed[..., -1:].mean(-2, keepdim=True) - speed[..., :1].mean(-2, keepdim=True)),
        4.0 * (speed[..., -1:, :].mean(-1, keepdim=True) - speed[..., :1, :].mean(-1, keepdim=True)).abs(),
        stiff.div(shear).sqrt() - 1.8,
        rho.log() - 0.9,
        place_z,
        place_z.square(),
        place_x[:, None],
        torch.exp(-below)[:, None, None],
    ]
    return torch.stack(torch.broadcast_tensors(*features), -1)


def _in_the_ground(mesh: Mesh) -> Float[Tensor, "column layer x z"]:
    """1 where nothing is absorbed on purpose, else 0."""
    across = (mesh.stretch_x.imag == 0).all(1).to(mesh.length_x)
    down = (mesh.stretch_z.imag == 0).all(1).to(mesh.length_x)
    return (across[:, None] * down)[..., None, None].expand(-1, -1, len(mesh.rule_x), len(mesh.rule_z))
