"""Exact kernels whose peak moves along the outputs, in closed form, and learned ones with errors of known size.

The operator is F(T) = Σ_p 1 / Σ_z w_p(z, T) / x_p(z), harmonic means of two profiles under weights that reach deeper
the longer T is, so that dF/dx_p = F_p² w_p / x_p² shows every layer of the earth it is taken at.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.audit.layout import Layout
from seisgrad.audit.linear import Pair
from seisgrad.operator import Function, Operator, Space

DEPTH = torch.arange(128, dtype=torch.float64)
PERIODS = torch.linspace(2.0, 40.0, 24, dtype=torch.float64)
DOMAIN = Space("earth", ("parameter", "depth"), (2, 128), "km/s", {"parameter": ("vs", "vp"), "depth": DEPTH})
CODOMAIN = Space(
    "curve", ("branch", "period"), (2, 24), "km/s", {"branch": ("slow", "fast"), "period": PERIODS}
)
LAYOUT = Layout.of(DOMAIN, CODOMAIN)
Kernels = Float[Tensor, "model branch output parameter position"]


def weights() -> Float[Tensor, "branch output parameter position"]:
    """u exp(-u) with u = z/reach, of sum 1: slow waves reach z = T, fast ones 1.5 T; vp is seen half as deep as vs."""
    reach = PERIODS[:, None] * torch.tensor([1.0, 0.5])  # [output, parameter]
    u = DEPTH / (torch.tensor([1.0, 1.5])[:, None, None] * reach)[..., None]
    shape = (u + 0.05) * torch.exp(-u)
    return shape / shape.sum(-1, keepdim=True)


def means(x: Float[Tensor, "*batch parameter position"]) -> Float[Tensor, "*batch branch output parameter"]:
    """The harmonic mean of each parameter."""
    return 1 / (weights() / x[..., None, None, :, :]).sum(-1)


def exact() -> Operator:
    """The operator itself."""
    return Function(lambda x: means(x).sum(-1), DOMAIN, CODOMAIN)


def kernels(x: Float[Tensor, "model parameter position"]) -> Kernels:
    """Its derivative in closed form."""
    return means(x)[..., None].square() * weights() / x[:, None, None].square()


def earths(
    number: int, seed: int, moho: float = 35.0, zone: float = 0.0
) -> Float[Tensor, "model 2 position"]:
    """Speeds that grow with depth, 20 % faster below a Moho (± 4 km), ``zone`` slower around 70 km, rough by 3 %."""
    generator = torch.Generator().manual_seed(seed)
    at = moho + 4 * torch.randn(number, 1, 1, generator=generator, dtype=torch.float64)
    slow = zone * torch.exp(-(((DEPTH - 70) / 8).square()))
    rough = 0.03 * torch.randn(number, 2, 128, generator=generator, dtype=torch.float64)
    trend = torch.tensor([[3.0], [5.2]]) + torch.tensor([[0.008], [0.014]]) * DEPTH
    return trend * (1 + 0.2 * torch.sigmoid(DEPTH - at)) * (1 - slow) * (1 + rough)


def pair(x: Float[Tensor, "model parameter position"], learned: Kernels) -> Pair:
    """Exact kernels and learned ones; the values agree."""
    value = exact()(x)
    return Pair(x, value, value, kernels(x), learned)


def bump(middle: float, width: float) -> Float[Tensor, " position"]:
    """A Gaussian of mass 1 with a full width at half maximum."""
    shape = torch.exp(-((DEPTH - middle) / (width / 2.3548)).square() / 2)
    return shape / shape.sum()


def planted(kernel: Kernels, strength: float, middle: float, width: float = 10.0) -> Kernels:
    """Kernels that hold a share ``strength`` of their L1 norm in a bump that never moves."""
    return kernel + strength / (1 - strength) * kernel.abs().sum(-1, keepdim=True) * bump(middle, width)


def travelling(kernel: Kernels, seed: int, size: float) -> Kernels:
    """Errors of a root mean square share ``size``, the same in all models, that scale with the kernel and move with it.

    They are smooth functions of depth over the depth of the kernel's peak.
    """
    generator = torch.Generator().manual_seed(seed)
    peak = kernel.abs().mean(0).argmax(-1).clamp(min=1)[..., None]
    u = (DEPTH / peak).clamp(max=8.0)  # [branch, output, parameter, position]
    wave = 1.0 + 5.0 * torch.rand(4, generator=generator, dtype=torch.float64)
    phase = 6.3 * torch.rand(4, generator=generator, dtype=torch.float64)
    error = size * torch.cos(u[..., None] * wave + phase).sum(-1) / 2**0.5
    return kernel * (1 + error)


def shifted(kernel: Kernels, samples: int) -> Kernels:
    """Kernels that lie so many samples too deep; what comes in at an end is what stood there."""
    at = (torch.arange(kernel.shape[-1]) - samples).clamp(0, kernel.shape[-1] - 1)
    return kernel[..., at]


def noisy(kernel: Kernels, size: float, seed: int) -> Kernels:
    """Kernels with white noise, each with its own, of a share ``size`` of their norm."""
    noise = torch.randn(kernel.shape, generator=torch.Generator().manual_seed(seed), dtype=kernel.dtype)
    return kernel + size * noise * kernel.square().mean(-1, keepdim=True).sqrt()
