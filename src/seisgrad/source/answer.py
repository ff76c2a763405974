"""What a network says of an earthquake, and how it learns to say how wrong it may be."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

_TINY = 1e-10  # keeps the derivative of a length finite where a mechanism has no part of an order
_TYPICAL = 2.5  # ln of a dozen degrees: where the expected error begins


class Answer(NamedTuple):
    """What a network says of an event.

    Attributes:
        mechanism: coefficients of the deviatoric moment tensor as of :func:`seisgrad.source.moment_tensor.to_basis`, of
            which only the direction counts; near 1 long where the network is sure, shorter where it wavers.
        magnitude: moment magnitude.
        log_error: natural logarithm of the error that the network expects of its mechanism, a Kagan angle in degrees.
        attention: weight of every station in the mechanism; they sum to 1.
    """

    mechanism: Float[Tensor, "*batch 5"]
    magnitude: Float[Tensor, "*batch"]
    log_error: Float[Tensor, "*batch"]
    attention: Float[Tensor, "*batch station"]


class Doubt(nn.Module):
    """The expected error of a mechanism, from features that it does not train: the answer is learned as if alone.

    Args:
        features: numbers that describe an event and do not turn with its stations.
    """

    def __init__(self, features: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(features + 3, 64), nn.GELU(), nn.Linear(64, 1))

    def forward(
        self, features: Float[Tensor, "*batch d"], mechanism: Float[Tensor, "*batch 5"]
    ) -> Float[Tensor, "*batch"]:
        """ln of the expected Kagan angle (degrees), from the features and the lengths of the mechanism by order."""
        b0, b1, b2, b3, b4 = mechanism.detach().unbind(-1)
        lengths = ((x * x + y * y + _TINY).sqrt() for x, y in ((b1, 0.0 * b1), (b3, b4), (b0, b2)))
        told = torch.cat([features.detach(), torch.stack(tuple(lengths), -1)], -1)
        return _TYPICAL + self.layers(told).squeeze(-1)
