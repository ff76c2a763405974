"""Values between the points of a regular array, at fixed places: linear in the array, and differentiable every way."""

from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import grid_sample

Interpolation = Literal["bilinear", "bicubic"]


class _Sample(torch.autograd.Function):
    """``torch.nn.functional.grid_sample``, which lacks forward mode; as it is linear, that is the map itself."""

    generate_vmap_rule = True

    @staticmethod
    def forward(image: Tensor, places: Tensor, mode: str) -> Tensor:  # type: ignore[override]
        return grid_sample(image, places, mode=mode, padding_mode="border", align_corners=True)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor, str], output: Tensor) -> None:
        image, places, ctx.mode = inputs
        ctx.shape = tuple(image.shape)
        ctx.save_for_backward(places)
        ctx.save_for_forward(places)

    @staticmethod
    def backward(ctx: Any, cotangent: Tensor) -> tuple[Tensor, None, None]:  # type: ignore[override]
        (places,) = ctx.saved_tensors
        return _Spread.apply(cotangent, places, ctx.shape, ctx.mode), None, None  # type: ignore[return-value]

    @staticmethod
    def jvp(ctx: Any, tangent: Tensor, *_: Any) -> Tensor:  # type: ignore[override]
        (places,) = ctx.saved_tensors
        return _Sample.apply(tangent, places, ctx.mode)  # type: ignore[return-value]


class _Spread(torch.autograd.Function):
    """The adjoint of :class:`_Sample`: values at places, spread over the array."""

    generate_vmap_rule = True

    @staticmethod
    def forward(values: Tensor, places: Tensor, shape: tuple[int, ...], mode: str) -> Tensor:  # type: ignore[override]
        code = 0 if mode == "bilinear" else 2
        image = values.new_zeros(shape)
        border = 1
        return torch.ops.aten.grid_sampler_2d_backward(
            values.contiguous(), image, places, code, border, True, [True, False]
        )[0]

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor, tuple[int, ...], str], output: Tensor) -> None:
        _, places, _, ctx.mode = inputs
        ctx.shape = inputs[2]
        ctx.save_for_backward(places)
        ctx.save_for_forward(places)

    @staticmethod
    def backward(ctx: Any, cotangent: Tensor) -> tuple[Tensor, None, None, None]:  # type: ignore[override]
        (places,) = ctx.saved_tensors
        return _Sample.apply(cotangent, places, ctx.mode), None, None, None  # type: ignore[return-value]

    @staticmethod
    def jvp(ctx: Any, tangent: Tensor, *_: Any) -> Tensor:  # type: ignore[override]
        (places,) = ctx.saved_tensors
        return _Spread.apply(tangent, places, ctx.shape, ctx.mode)  # type: ignore[return-value]


def sample(
    image: Float[Tensor, "batch channel row column"],
    rows: Float[Tensor, "batch height width"],
    columns: Float[Tensor, "batch height width"],
    mode: Interpolation = "bilinear",
) -> Float[Tensor, "batch channel height width"]:
    """An array between its points.

    Args:
        image: the array.
        rows: where, in points from the first row; beyond the first and last the edge value goes on.
        columns: where, in points from the first column, likewise.
        mode: how values are interpolated.

    Returns:
        Values at the places; derivatives flow to ``image``, none to the places.
    """
    height, width = image.shape[-2:]
    places = torch.stack([2.0 * columns / (width - 1) - 1.0, 2.0 * rows / (height - 1) - 1.0], -1)
    return _Sample.apply(image, places.detach().to(image.dtype), mode)  # type: ignore[return-value]
