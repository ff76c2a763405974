"""An operator with closed-form kernels whose peak moves along the outputs, and learned twins with planted errors."""

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.operator import Function, Map, Operator, Space

POSITIONS = torch.arange(40, dtype=torch.float64)
OUTPUTS = (2.0, 4.0, 8.0)
WEIGHTS = torch.tensor([[0.3, 1.0], [0.0, 0.7]], dtype=torch.float64)  # [branch, parameter]
DOMAIN = Space(
    "profile",
    ("parameter", "depth"),
    (2, len(POSITIONS)),
    ("km/s", "g/cm3"),
    {"parameter": ("vs", "rho"), "depth": POSITIONS},
)
CODOMAIN = Space(
    "curve", ("branch", "period"), (2, len(OUTPUTS)), "km/s", {"branch": ("a", "b"), "period": OUTPUTS}
)


def shapes() -> Float[Tensor, "output position"]:
    """z/T exp(1 - z/T): the peak, at z = T, is 1."""
    reach = torch.tensor(OUTPUTS, dtype=torch.float64)[:, None]
    return POSITIONS / reach * torch.exp(1 - POSITIONS / reach)


def kernels(
    x: Float[Tensor, "*batch parameter position"],
) -> Float[Tensor, "*batch branch output parameter position"]:
    """d F/d x = w_bp k_T(z) x_p(z), of F = Σ w_bp k_T(z) x_p(z)²/2."""
    return WEIGHTS[:, None, :, None] * shapes()[:, None, :] * x[..., None, None, :, :]


def value(x: Float[Tensor, "parameter position"]) -> Float[Tensor, "branch output"]:
    """F(x)."""
    return (kernels(x) * x).sum((-2, -1)) / 2


def exact() -> Operator:
    """The exact operator."""
    return Function(value, DOMAIN, CODOMAIN)


def plus(error: Map) -> Map:
    """A learned twin: the exact function and ``error`` of one model, as a plain function."""
    return lambda x: value(x) + error(x)


def models(number: int, seed: int) -> Float[Tensor, "model parameter position"]:
    """Smooth models near (3, 2.5): a mean, and cosines of four wavelengths, the same in both parameters up to a factor.

    Both parameters move together, so the ensemble spans five directions of eighty.
    """
    generator = torch.Generator().manual_seed(seed)
    c = torch.randn(number, 5, generator=generator, dtype=torch.float64) / torch.arange(2.0, 7.0)
    smooth = torch.cos(torch.pi * torch.arange(5.0, dtype=torch.float64)[:, None] * (POSITIONS + 0.5) / 40)
    profile = 0.2 * c @ smooth
    return torch.stack([3.0 + profile, 2.5 + 0.5 * profile], dim=1)
