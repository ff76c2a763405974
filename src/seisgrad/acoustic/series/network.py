"""A Fourier neural operator whose layers begin as the physics: a convergent Born series that learns to be faster.

Every layer scatters the wave once and carries what it scattered on by a Fourier multiplier, which begins as the Green's
function of a slightly absorbing earth: the convergent Born series of Osnabrugge et al. (2016, J. Comput. Phys. 322,
113). Learned are the absorption, the multiplier, the gain and a memory of each layer, and the filters that carry the
earth to the lattice. All are functions of the wavenumber over k0 and of the number of wavelengths across the grid, so
that they hold at any resolution; and every layer is linear in the wave, as waves are.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Complex, Float
from torch import Tensor, nn

from seisgrad.acoustic.series.beam import outgoing
from seisgrad.acoustic.series.lattice import Lattice
from seisgrad.acoustic.series.medium import contrast

#: Wavelengths across the grid at which the learned functions have knots.
_WAVELENGTHS = (3.36, 6.72, 13.44, 26.88)
#: The last knot of the multipliers in wavenumber over k0; they go on with it beyond.
_LAST = 3.0
#: The least absorption over k0² that the series works with: below it the border absorbs too little.
_LEAST = 0.4
#: Share of the wave that the far end of the border takes away in every layer.
_DAMPING = 0.5


@dataclass(frozen=True, kw_only=True)
class SeriesSize:
    """The size of a :class:`SeriesNet`.

    Args:
        layers: scatterings.
        knots: of each multiplier in wavenumber.
    """

    layers: int = 16
    knots: int = 16


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer at one frequency: what does not depend on the earth."""

    multiplier: Complex[Tensor, "z x"]
    absorption: Tensor  # over the least one that converges
    gain: Complex[Tensor, " power"]  # by power of the contrast
    memory: Tensor


@dataclass(frozen=True, eq=False)
class Tables:
    """A network at one frequency: what velocity and density are filtered with, and the layers."""

    filters: tuple[Float[Tensor, "z x"], Float[Tensor, "z x"]]
    layers: tuple[Layer, ...]


class SeriesNet(nn.Module):
    """Fields of unit sources on a lattice, from the outgoing wave by learned scatterings.

    Without training it is the convergent Born series itself.

    Args:
        size: how many layers and knots; 16 and 16 by default.
    """

    def __init__(self, size: SeriesSize | None = None) -> None:
        super().__init__()
        self.size = size = size or SeriesSize()
        layers, knots, frequencies = size.layers, size.knots, len(_WAVELENGTHS)
        self.filters = nn.Parameter(torch.zeros(2, frequencies, knots))
        self.multipliers = nn.Parameter(torch.zeros(layers, frequencies, knots, 2))
        self.absorptions = nn.Parameter(torch.zeros(layers, frequencies))
        self.gains = nn.Parameter(torch.zeros(layers, frequencies, 3, 2))
        self.memories = nn.Parameter(torch.zeros(layers, frequencies, 2))

    def forward(
        self,
        lattice: Lattice,
        earth: Float[Tensor, "batch 2 node_z node_x"],
        sources: Float[Tensor, "#batch source 2"],
        reference: float,
        tables: Tables | None = None,
    ) -> Complex[Tensor, "batch source z x"]:
        """The wave g = p/√(ρ ρ_s) of every source in every earth, at every point of the lattice.

        Args:
            lattice: of the frequency.
            earth: velocity, km/s, and density, g/cm³.
            sources: z and x, km; a batch of one where the earths have the same.
            reference: c0 of the lattice, km/s.
            tables: of :meth:`tables`, where they are at hand.
        """
        tables = tables or self.tables(lattice)
        medium = contrast(lattice, earth, reference, tables.filters)[:, None]
        pulse = _pulse(lattice, sources)
        least = medium.abs().amax((-2, -1), keepdim=True).clamp(min=_LEAST)
        wave = outgoing(lattice, medium[:, 0], sources)
        length = (
            (lattice.border.square() / 2)
            * (lattice.border.shape[0] * lattice.spacing - lattice.extent[0])
            / 2
        )
        wave = wave * torch.exp(-0.5 * lattice.wavenumber * least * length)
        before = wave
        for layer in tables.layers:
            wave, before = self._scatter(lattice, layer, medium, least, pulse, wave, before), wave
        return wave

    def tables(self, lattice: Lattice) -> Tables:
        """The network at one frequency."""
        place = (lattice.kappa2.sqrt().clamp(max=_LAST) / _LAST) * (self.size.knots - 1)
        low = place.long().clamp(max=self.size.knots - 2)
        share = place - low

        def between(knots: Tensor) -> Tensor:
            return knots[low] * (1.0 - share) + knots[low + 1] * share

        near = _near(lattice.wavelengths).to(self.filters)
        by_velocity, by_density = (1.0 + between(near @ knots) for knots in self.filters)
        layers = []
        for k in range(self.size.layers):
            real, imaginary = (near @ self.multipliers[k].permute(2, 0, 1)).unbind(0)
            layers.append(
                Layer(
                    torch.complex(1.0 + between(real), between(imaginary)),
                    torch.exp(near @ self.absorptions[k]),
                    torch.view_as_complex(torch.einsum("f,fkc->kc", near, self.gains[k])),
                    torch.view_as_complex(near @ self.memories[k]),
                )
            )
        return Tables((by_velocity, by_density), tuple(layers))

    def _scatter(
        self,
        lattice: Lattice,
        layer: Layer,
        medium: Tensor,
        least: Tensor,
        pulse: Tensor,
        wave: Tensor,
        before: Tensor,
    ) -> Tensor:
        """One more scattering."""
        absorption = least * layer.absorption
        scatterer = torch.complex(medium, absorption - absorption * lattice.border)
        green = layer.multiplier / torch.complex(
            lattice.kappa2 - 1.0, absorption.expand(-1, -1, *lattice.shape)
        )
        scattered = torch.fft.ifft2(green * (torch.fft.fft2(scatterer * wave) + pulse))
        share = medium / least
        gain = 1.0 + layer.gain[0] + share * (layer.gain[1] + share * layer.gain[2])
        step = (-1j / absorption) * scatterer * gain * (scattered - wave)
        return (wave + step + layer.memory * (wave - before)) * (1.0 - _DAMPING * lattice.border.square())


def _near(wavelengths: float) -> Float[Tensor, " knot"]:
    """Weights of the knots in the logarithm of the number of wavelengths; constant beyond the ends."""
    last = len(_WAVELENGTHS) - 1
    place = min(max(math.log2(wavelengths / _WAVELENGTHS[0]), 0.0), last)
    low = min(int(place), last - 1)
    weights = torch.zeros(last + 1)
    weights[low], weights[low + 1] = 1.0 - (place - low), place - low
    return weights


def _pulse(lattice: Lattice, sources: Float[Tensor, "batch source 2"]) -> Complex[Tensor, "batch source z x"]:
    """Fourier components of unit sources, wherever between points they lie, over k0².

    A source between points has no component at the Nyquist wavenumber: it would stand for one of its two signs, and
    the mirrored source would not give the mirrored wave.
    """
    at_z = (sources[..., 0, None] - lattice.origin[0]) * lattice.wave_z
    at_x = (sources[..., 1, None] - lattice.origin[1]) * lattice.wave_x
    phase = at_z[..., :, None] + at_x[..., None, :]
    return torch.polar(lattice.paired.expand_as(phase), -phase) / (lattice.wavenumber * lattice.spacing) ** 2
