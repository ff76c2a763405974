"""A plain residual network of numbers to numbers, smooth enough for its derivatives to be used and trained."""

from jaxtyping import Float
from torch import Tensor, nn


class ResidualBlock(nn.Module):
    """``x + W2 gelu(W1 norm(x))``: the residual block with the normalisation first (He et al. 2016, Xiong et al. 2020).

    Args:
        width: features in, inside and out.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.into = nn.Linear(width, width)
        self.back = nn.Linear(width, width)
        nn.init.zeros_(self.back.bias)
        nn.init.normal_(self.back.weight, std=0.1 * width**-0.5)  # a block begins close to the identity

    def forward(self, x: Float[Tensor, "*batch width"]) -> Float[Tensor, "*batch width"]:
        """Features ``[..., width]`` to features of the same shape."""
        return x + self.back(nn.functional.gelu(self.into(self.norm(x))))


class ResidualNetwork(nn.Module):
    """A linear layer, residual blocks, a normalisation and a linear layer; GELU keeps every derivative continuous.

    Args:
        inputs: numbers in.
        outputs: numbers out.
        width: features of the blocks.
        blocks: how many.
    """

    def __init__(self, inputs: int, outputs: int, width: int = 512, blocks: int = 3) -> None:
        super().__init__()
        self.into = nn.Linear(inputs, width)
        self.blocks = nn.Sequential(*(ResidualBlock(width) for _ in range(blocks)))
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, outputs)

    def forward(self, x: Float[Tensor, "*batch inputs"]) -> Float[Tensor, "*batch outputs"]:
        """``[..., inputs]`` to ``[..., outputs]``."""
        return self.out(self.norm(self.blocks(self.into(x))))
