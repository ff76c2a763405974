"""A network between physical numbers: normalisation constants are its buffers, kept in the same file as its weights."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

_LEAST = 1e-3
"""Smallest scale, as a share of the mean scale: what hardly varies in training must not be blown up later."""


class Normalised(nn.Module):
    """``mean_y + scale_y * core((x - mean_x) / scale_x)``, entry by entry.

    Args:
        core: maps ``[batch, *input_shape]`` to ``[batch, *output_shape]``, both of order one.
        input_shape: shape of one input.
        output_shape: shape of one output.
    """

    def __init__(self, core: nn.Module, input_shape: tuple[int, ...], output_shape: tuple[int, ...]) -> None:
        super().__init__()
        self.core = core
        self.input_mean = nn.Buffer(torch.zeros(input_shape))
        self.input_scale = nn.Buffer(torch.ones(input_shape))
        self.output_mean = nn.Buffer(torch.zeros(output_shape))
        self.output_scale = nn.Buffer(torch.ones(output_shape))

    def adapt(self, x: Float[Tensor, " sample *input"], y: Float[Tensor, " sample *output"]) -> None:
        """Take the constants from a training set; NaN outputs do not count.

        Args:
            x: inputs ``[sample, *input_shape]``.
            y: outputs ``[sample, *output_shape]``.
        """
        for values, mean, scale in (
            (x, self.input_mean, self.input_scale),
            (y, self.output_mean, self.output_scale),
        ):
            there = values.isfinite()
            count = there.sum(0).clamp(min=1)
            centre = torch.where(there, values, 0.0).double().sum(0) / count
            spread = (torch.where(there, values - centre, 0.0).double().square().sum(0) / count).sqrt()
            typical = spread.mean() if spread.mean() > 0 else torch.ones_like(spread.mean())
            mean.copy_(centre)
            scale.copy_(spread.clamp(min=float(_LEAST * typical)))

    def forward(self, x: Float[Tensor, " batch *input"]) -> Float[Tensor, " batch *output"]:
        """Inputs ``[batch, *input_shape]`` to outputs ``[batch, *output_shape]``, both in their own units."""
        return self.output_mean + self.output_scale * self.core((x - self.input_mean) / self.input_scale)
