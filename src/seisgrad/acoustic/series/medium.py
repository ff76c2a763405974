"""What scatters: the contrast of an earth against a homogeneous one, on a lattice.

With p = √(ρ(x) ρ(x_s)) g the equation of waves in an earth of variable density becomes

    ∇²g + k0² (1 + m) g = −δ(x − x_s),    m = c0²/v² − 1 − k0⁻² √ρ ∇² ρ^{-1/2}

whose contrast m holds all of velocity and density (Bergmann 1946, J. Acoust. Soc. Am. 17, 329). Waves of wavenumber k0
feel m up to wavenumber 2 k0: what is finer is filtered away, by which any grid gives the same lattice the same earth.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.acoustic.series.lattice import Lattice

#: Wavenumbers over k0 from which the contrast is faded out, and at which it is gone.
_FADE, _GONE = 2.0, 3.0


def contrast(
    lattice: Lattice,
    earth: Float[Tensor, "batch 2 node_z node_x"],
    reference: float,
    filters: tuple[Float[Tensor, "z x"], Float[Tensor, "z x"]] | None = None,
) -> Float[Tensor, "batch z x"]:
    """The contrast m of earths on a lattice.

    Args:
        lattice: of the frequency.
        earth: velocity in km/s and density in g/cm³ on the nodes.
        reference: c0, km/s.
        filters: what the Fourier components of the velocity's and of the density's part are multiplied with besides.
    """
    velocity, density = earth.unbind(1)
    faded = window(lattice)
    by_velocity, by_density = (faded, faded) if filters is None else (faded * f for f in filters)
    part = _components(lattice, (reference / velocity).square() - 1.0)
    contrast = torch.fft.ifft2(part * by_velocity).real
    # ρ^{-1/2} enters as its ratio to the mean: the part that the border's taper takes to 0
    root = density.rsqrt()
    mean = root.mean((-2, -1), keepdim=True)
    part = _components(lattice, root / mean - 1.0)
    curvature = torch.fft.ifft2(-part * lattice.kappa2 * by_density).real
    return contrast - curvature / (1.0 + torch.fft.ifft2(part * faded).real)


def window(lattice: Lattice) -> Float[Tensor, "z x"]:
    """1 for the wavenumbers that waves can feel, fading to 0 beyond."""
    beyond = ((lattice.kappa2.sqrt() - _FADE) / (_GONE - _FADE)).clamp(0.0, 1.0)
    return torch.cos(0.5 * math.pi * beyond).square()


def _components(lattice: Lattice, nodes: Float[Tensor, "batch node_z node_x"]) -> Tensor:
    """Fourier components on the lattice of what is bilinear between nodes, tapered in the border."""
    fine = (lattice.average_z @ nodes @ lattice.average_x.T) * lattice.taper
    kept = torch.fft.fft2(fine)[:, lattice.keep_z][:, :, lattice.keep_x]
    return kept * lattice.sharpen_z[:, None] * lattice.sharpen_x
