"""Other layers for the same ground: resampling that keeps vertical travel time and mass."""

from __future__ import annotations

from contextlib import suppress

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from seisgrad.earth.layered import LayeredModel, Values, as_tensor, thickness_from_depth
from seisgrad.errors import InputError

# Two tops closer than this are one interface written twice: 1e-9 km is a micrometre, far above the rounding of depths
# summed from thicknesses and far below anything a wave can see.
_SAME_TOP = 1e-9
# The share of a cell that such a sliver may fill without making the cell a mixture of water and rock.
_SLIVER = 1e-6


def resample(model: LayeredModel, depth: Values) -> LayeredModel:
    """The same ground in layers with other tops, with the vertical P and S travel times and the mass of each cell.

    A new layer takes the mean slowness 1/vp, the mean slowness 1/vs and the mean density of what it covers, so that
    any column between two new tops keeps its travel times and its mass; where the new tops include the old ones the
    model is the same to rounding. Differentiable with respect to all four fields of the model and to `depth`.

    The new half-space takes the properties that the model has at its top (just below an interface that lies there).
    What the model holds deeper is dropped; where the model ends higher its half-space fills the new layers.

    Args:
        model: [..., layer].
        depth: Tops of the new layers, km, [top] or [..., top]: 0 first, then increasing; the last is the top of the
            half-space. Batches broadcast.

    Returns:
        A model [..., top].

    Raises:
        InputError: depth does not start at 0 or increase, batches do not fit, or a new layer would mix water and rock.
    """
    tops = as_tensor(depth, "depth", model.vp.device)
    thickness = thickness_from_depth(tops)
    batch = _common_batch(model, tops)
    tops, thickness = tops.expand(*batch, -1), thickness.expand(*batch, -1)
    old, vp, vs, rho = (t.expand(*batch, -1) for t in (model.depth, model.vp, model.vs, model.rho))
    pieces = _Pieces(old, tops)
    fluid = vs == 0.0
    water = pieces.mean(fluid.to(vp.dtype), thickness)
    _refuse_mixture(water, tops)
    slowness = torch.where(fluid, 0.0, 1.0 / torch.where(fluid, 1.0, vs))
    wet = water > 0.5
    mean_vp = 1.0 / pieces.mean(1.0 / vp, thickness)
    # A sliver of water in a cell of rock has no shear slowness to give: the mean is over the rock.
    mean_vs = torch.where(wet, 0.0, (1.0 - water) / torch.where(wet, 1.0, pieces.mean(slowness, thickness)))
    mean_rho = pieces.mean(rho, thickness)
    return LayeredModel._unchecked(thickness, mean_vp, mean_vs, mean_rho)


def _common_batch(model: LayeredModel, tops: Tensor) -> torch.Size:
    try:
        return torch.broadcast_shapes(model.batch_shape, tops.shape[:-1])
    except RuntimeError as error:
        raise InputError(
            f"batches do not fit: received a model with batch {list(model.batch_shape)} and depth {list(tops.shape)}, "
            "expected depth [top] or [..., top] with a batch that broadcasts."
        ) from error


class _Pieces:
    """The ground cut at every old and every new top: each piece lies in one old layer and in one new one.

    Adding up pieces keeps means accurate in thin layers at great depth, where differences of integrals from the
    surface would cancel.
    """

    def __init__(self, old: Float[Tensor, "*batch layer"], new: Float[Tensor, "*batch top"]) -> None:
        edges, order = torch.cat([old, new], dim=-1).sort(dim=-1, stable=True)
        from_old = order < old.shape[-1]
        # How many tops of each kind lie at or above a piece: the place of the piece in the old and new layers. The
        # first edge is the old surface, with none of the new ones yet; the piece below it has no thickness.
        self.layer: Int[Tensor, "*batch piece"] = from_old.cumsum(dim=-1)[..., :-1] - 1
        self.cell: Int[Tensor, "*batch piece"] = ((~from_old).cumsum(dim=-1)[..., :-1] - 1).clamp(min=0)
        self.length: Float[Tensor, "*batch piece"] = edges.diff(dim=-1)
        here = (old <= new[..., -1:] + _SAME_TOP).sum(dim=-1, keepdim=True) - 1
        self.at_half_space: Int[Tensor, "*batch 1"] = here

    def mean(
        self, values: Float[Tensor, "*batch layer"], thickness: Float[Tensor, "*batch top"]
    ) -> Float[Tensor, "*batch top"]:
        """Thickness-weighted mean over each new layer; in the new half-space the value at its top."""
        share = self.length * values.gather(-1, self.layer)
        total = torch.zeros_like(thickness).scatter_add(-1, self.cell, share)[..., :-1]
        return torch.cat([total / thickness[..., :-1], values.gather(-1, self.at_half_space)], dim=-1)


def _refuse_mixture(water: Float[Tensor, "*batch top"], tops: Float[Tensor, "*batch top"]) -> None:
    """A layer that is part water and part rock has no shear slowness: say which one."""
    with suppress(RuntimeError):  # under torch.func.vmap values cannot be read
        mixed: Bool[Tensor, "*batch top"] = (water > _SLIVER) & (water < 1.0 - _SLIVER)
        mixed[..., -1] |= water[..., -1] > 0.5
        if bool(mixed.any()):
            *model, cell = (int(i) for i in mixed.nonzero()[0])
            which = f"model [{', '.join(map(str, model))}], " if model else ""
            raise InputError(which + _mixture(float(water[tuple(model)][cell]), tops[tuple(model)], cell))


def _mixture(water: float, tops: Float[Tensor, " top"], cell: int) -> str:
    if cell == tops.shape[-1] - 1:
        return (
            f"the new half-space from {float(tops[cell]):g} km would be water, expected rock; end the tops below the "
            "sea floor."
        )
    return (
        f"new layer {cell + 1}, {float(tops[cell]):g} to {float(tops[cell + 1]):g} km, would be {100 * water:.3g} % "
        "water and the rest rock, expected one or the other; put the sea floor among the new tops."
    )
