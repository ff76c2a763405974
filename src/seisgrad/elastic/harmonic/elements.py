"""The matrices of the elements: the weak form of −ω²ρ u = ∇·σ + f with σ·n = 0 at the surface.

    ∫ σ(u):ε(v) − ω² ρ u·v = ∫ f·v

Time goes as e^{iωt}, so that outgoing waves are e^{-ikr}. A surface without traction is the natural condition: nothing
has to be done for it.
"""

import math

import torch
from jaxtyping import Complex, Float
from torch import Tensor

from seisgrad.elastic.harmonic.mesh import Mesh

TERMS = 7
"""λ+2μ with ∂x ux ∂x ux, and with ∂z uz ∂z uz; λ with ∂x ux ∂z uz; μ with ∂z ux ∂z ux, with ∂x uz ∂x uz, and with
∂z ux ∂x uz; and −ω² ρ with u·u."""


def moduli(
    mesh: Mesh, earth: Float[Tensor, "batch 3 node_z node_x"]
) -> Float[Tensor, "batch 4 column layer x z"]:
    """λ+2μ, λ, μ (GPa) and ρ (g/cm³) at the points of every element, from vp, vs and ρ between nodes."""
    at = torch.einsum("lqi,bkij,cpj->bkclpq", mesh.sample_z, earth, mesh.sample_x)
    vp, vs, rho = at.unbind(1)
    stiff, shear = rho * vp.square(), rho * vs.square()
    return torch.stack([stiff, stiff - 2.0 * shear, shear, rho], 1)


def element_matrices(
    mesh: Mesh,
    at: Float[Tensor, "batch 4 column layer x z"],
    frequency: float,
    shares: Float[Tensor, "batch 7 column layer x z"] | None = None,
) -> Complex[Tensor, "batch column layer dof dof"]:
    """The symmetric matrix of every element, GPa.

    Args:
        mesh: of the frequency.
        at: of :func:`moduli`.
        frequency: Hz.
        shares: what each term is multiplied with besides.
    """
    stiff, lame, shear, rho = at.unbind(1)
    size_z, size_x = mesh.length_z[:, None, None], mesh.length_x[:, None, None, None]
    over_z = size_z * mesh.stretch_z[:, None, :]  # complex lengths
    over_x = size_x * mesh.stretch_x[:, None, :, None]
    flat, steep, area = over_z / over_x, over_x / over_z, over_z * over_x
    omega = 2.0 * math.pi * frequency
    terms = [
        stiff * flat,
        stiff * steep,
        lame + 0j,
        shear * steep,
        shear * flat,
        shear + 0j,
        -(omega**2) * rho * area,
    ]
    found = torch.stack(torch.broadcast_tensors(*terms), 1)
    found = found if shares is None else found * shares
    parts = found.permute(0, 2, 3, 1, 4, 5).flatten(3)
    size = math.isqrt(mesh.forms.shape[1])
    return (parts @ mesh.forms.to(parts.dtype)).unflatten(-1, (size, size))
