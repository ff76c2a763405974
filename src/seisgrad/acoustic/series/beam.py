"""The wave that only runs outward: from ring to ring around the source, and a screen of the contrast on each.

Between rings every angular order of an outgoing wave goes its own way, H_m(k0 r') / H_m(k0 r), exactly as in a
homogeneous earth; on a ring the wave takes the phase that the contrast adds (a split step: Stoffa et al. 1990,
Geophysics 55, 410, here in polar coordinates, where a point source is a plane wave). It bends, focuses and interferes,
but nothing turns back.
"""

import math

import torch
from jaxtyping import Complex, Float
from torch import Tensor

from seisgrad.acoustic.series.lattice import Lattice
from seisgrad.nn.sampling import sample

#: The least squared index of refraction that the screens take; waves do not propagate below zero.
_LEAST = 0.3
#: Angles repeated at both ends of a turn, for interpolation across it.
_SEAM = 2


def outgoing(
    lattice: Lattice, contrast: Float[Tensor, "batch z x"], sources: Float[Tensor, "#batch source 2"]
) -> Complex[Tensor, "batch source z x"]:
    """The outgoing wave g of a unit source at every point of the lattice.

    Args:
        lattice: of the frequency.
        contrast: of the earths, see :mod:`~seisgrad.acoustic.series.medium`.
        sources: z and x, km; a batch of one where the earths have the same.
    """
    index = (1.0 + _on_rings(lattice, contrast, sources)).clamp(min=_LEAST).sqrt()
    envelope = _march(lattice, index)
    return _on_lattice(lattice, envelope, sources)


def _march(
    lattice: Lattice, index: Float[Tensor, "batch source ring angle"]
) -> Complex[Tensor, "batch source ring angle"]:
    """The wave on every ring, over that of the homogeneous earth."""
    first, step = lattice.radii[0], lattice.radii[1] - lattice.radii[0]
    screens = torch.exp(
        torch.complex(torch.zeros_like(index), -0.5 * lattice.wavenumber * step * (index - 1.0))
    )
    start = -lattice.wavenumber * first * (index[..., 0, :] - 1.0)
    wave = lattice.hankel[0] * torch.exp(torch.complex(torch.zeros_like(start), start))
    waves = [wave]
    for k, turn in enumerate(lattice.turn):
        wave = torch.fft.ifft(torch.fft.fft(wave * screens[..., k, :]) * turn) * screens[..., k + 1, :]
        waves.append(wave)
    # the screens keep |wave|² r; what a wave keeps is its flux, index |wave|² r
    return -0.25j * torch.stack(waves, -2) / lattice.hankel[:, None] / index.sqrt()


def _on_rings(
    lattice: Lattice, contrast: Tensor, sources: Tensor
) -> Float[Tensor, "batch source ring angle"]:
    number = lattice.turn.shape[1]
    angle = 2.0 * math.pi / number * torch.arange(number, dtype=contrast.dtype, device=contrast.device)
    z = sources[..., 0, None, None] + lattice.radii[:, None] * torch.sin(angle)
    x = sources[..., 1, None, None] + lattice.radii[:, None] * torch.cos(angle)
    rows = ((z - lattice.origin[0]) / lattice.spacing).flatten(1, 2)
    columns = ((x - lattice.origin[1]) / lattice.spacing).flatten(1, 2)
    batch = len(contrast)
    found = sample(contrast[:, None], rows.expand(batch, -1, -1), columns.expand(batch, -1, -1))
    return found[:, 0].unflatten(1, (sources.shape[1], len(lattice.radii)))


def _on_lattice(lattice: Lattice, envelope: Tensor, sources: Tensor) -> Complex[Tensor, "batch source z x"]:
    batch, number, _, angles = envelope.shape
    z = lattice.z[:, None].to(sources) - sources[..., 0, None, None]
    x = lattice.x.to(sources) - sources[..., 1, None, None]
    distance = torch.hypot(z, x).clamp(min=0.3 * lattice.spacing)
    turn = torch.remainder(torch.atan2(z.expand_as(distance), x.expand_as(distance)), 2.0 * math.pi)
    rows = (distance - lattice.radii[0]) / (lattice.radii[1] - lattice.radii[0])
    columns = turn / (2.0 * math.pi) * angles + _SEAM
    seamless = torch.cat([envelope[..., -_SEAM:], envelope, envelope[..., :_SEAM]], -1).flatten(0, 1)
    parts = torch.stack([seamless.real, seamless.imag], 1)
    every = (batch, number, *distance.shape[-2:])
    found = sample(parts, rows.expand(every).flatten(0, 1), columns.expand(every).flatten(0, 1), "bicubic")
    far = homogeneous(lattice.wavenumber * distance)
    return torch.complex(found[:, 0], found[:, 1]).unflatten(0, (batch, number)) * far


def homogeneous(phase: Float[Tensor, "*batch"]) -> Complex[Tensor, "*batch"]:
    """H0⁽²⁾ of a positive real argument."""
    return torch.complex(torch.special.bessel_j0(phase), -torch.special.bessel_y0(phase))
