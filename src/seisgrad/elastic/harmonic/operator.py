"""The exact elastic operator in the frequency domain: every source at once, one frequency after the other.

It solves the same equations as :class:`seisgrad.elastic.Physics`, which goes through time, by other means: spectral
elements and exact elimination. Where all points of a line are sources it is far faster, its gradients are exact, and
reciprocity holds to rounding. docs/elastic-harmonic tells how it was checked.
"""

import math
from contextlib import suppress

import torch
from jaxtyping import Complex, Float
from torch import Tensor

from seisgrad.elastic.grid import Grid
from seisgrad.elastic.harmonic.elements import element_matrices, moduli
from seisgrad.elastic.harmonic.mesh import Mesh, Resolution, mesh
from seisgrad.elastic.harmonic.sweep import surface_response
from seisgrad.elastic.survey import Survey
from seisgrad.errors import InputError
from seisgrad.operator import Operator
from seisgrad.waves.places import Indices, as_parts


class Harmonic(Operator):
    """An elastic earth on the nodes of a grid to spectra of the motion of its surface, by spectral elements.

    Domain ``[3, z, x]``: vp, vs (km/s) and density (g/cm³). Codomain ``[source, frequency, component, receiver,
    part]``.

    Args:
        grid: where the earth is given; waves that leave it are absorbed.
        survey: what is asked.
        slowest: velocity of the slowest Rayleigh wave that an earth may have, km/s: meshes are made for it.
        resolution: how fine the meshes are.
        dtype: of the computation. The output has the dtype of the earth whatever this is.

    Raises:
        InputError: a source or receiver beyond the ends of the grid, or a velocity that is not positive.
    """

    def __init__(
        self,
        grid: Grid,
        survey: Survey,
        *,
        slowest: float = 2.2,
        resolution: Resolution | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        require_on_line(grid, survey)
        if not 0.0 < slowest < math.inf:
            raise InputError(f"slowest is {slowest!r} km/s, expected a positive velocity")
        if dtype not in (torch.float32, torch.float64):
            raise InputError(f"dtype is {dtype}, expected torch.float32 or torch.float64")
        self.grid, self.survey = grid, survey
        self.slowest, self.resolution, self.dtype = float(slowest), resolution or Resolution(), dtype
        self.domain, self.codomain = grid.space, survey.space

    def apply(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """Spectra ``[*batch, source, …]`` of earths ``[*batch, 3, z, x]``."""
        require_solid(x)
        earths = x.reshape(-1, *self.domain.shape).to(self.dtype)
        spectra = [self._at(earths, f) for f in self.survey.frequencies.tolist()]
        values = as_parts(torch.stack(spectra, 2))
        return values.to(x.dtype).reshape(*x.shape[:-3], *self.codomain.shape)

    def select(self, source: Indices | None = None, frequency: Indices | None = None) -> "Harmonic":
        """The same operator for some of the sources and frequencies, by index; all where None."""
        survey = self.survey.select(source, frequency)
        return Harmonic(self.grid, survey, slowest=self.slowest, resolution=self.resolution, dtype=self.dtype)

    def _at(self, earths: Tensor, frequency: float) -> Complex[Tensor, "batch source component receiver"]:
        place = mesh(self.grid, frequency, self.slowest, self.resolution).to(earths)
        elements = element_matrices(place, moduli(place, earths), frequency)
        response = surface_response(place, elements, direction(self.survey))
        return recorded(place, response, self.survey, frequency)


def direction(survey: Survey) -> int:
    """The component of a survey's forces: 0 along the line, 1 along depth."""
    return 1 if survey.force == "vertical" else 0


def recorded(
    place: Mesh, response: Complex[Tensor, "batch motion force"], survey: Survey, frequency: float
) -> Complex[Tensor, "batch source component receiver"]:
    """What a survey asks, vertical upward, of the response of the surface's nodes to forces there."""
    sources, receivers = (place.at_surface(p).to(response.dtype) for p in (survey.sources, survey.receivers))
    motion = torch.einsum("rp,bpcq,sq->bscr", receivers, response.unflatten(1, (-1, 2)), sources)
    along, down = motion.unbind(2)
    both = torch.stack([down, -along] if survey.force == "vertical" else [-down, along], 2)
    return both * (2j * math.pi * frequency) if survey.quantity == "velocity" else both


def require_on_line(grid: Grid, survey: Survey) -> None:
    """InputError that names the first source or receiver beyond the ends of the line."""
    for name, places in (("source", survey.sources), ("receiver", survey.receivers)):
        grid.require_inside(torch.stack([torch.zeros_like(places), places], 1), name)


def require_solid(earth: Float[Tensor, "..."]) -> None:
    """InputError that names the first node where vs or density is not positive, or vp is too small for vs."""
    vp, vs, rho = earth.detach().unbind(-3)
    with suppress(RuntimeError):  # under torch.func.vmap values cannot be read
        for name, unit, values, good, expected in (
            ("vs", "km/s", vs, (vs > 0) & vs.isfinite(), "a positive velocity"),
            ("rho", "g/cm³", rho, (rho > 0) & rho.isfinite(), "a positive density"),
            ("vp", "km/s", vp, (vp > math.sqrt(4 / 3) * vs) & vp.isfinite(), "more than 1.155 vs"),
        ):
            if not bool(good.all()):
                place = tuple(int(i) for i in (~good).nonzero()[0])
                raise InputError(
                    f"{name} at node z {place[-2]}, x {place[-1]} is {float(values[place]):g} {unit}, expected "
                    f"{expected}"
                )
