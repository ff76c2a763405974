"""How far one mechanism is from another: the smallest rotation that turns the axes of one into those of the other."""

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.source.axes import principal_axes

#: Half turns about T, B and P leave a double couple as it is: signs of the diagonal, in the order T, B, P.
_SYMMETRIES = ((1.0, 1.0, 1.0), (1.0, -1.0, -1.0), (-1.0, 1.0, -1.0), (-1.0, -1.0, 1.0))


def kagan_angle(
    first: Float[Tensor, "*batch 6"], second: Float[Tensor, "*#batch 6"]
) -> Float[Tensor, "*batch"]:
    """The least angle of rotation between the axes of two moment tensors (Kagan 1991), degrees from 0 to 120.

    Sizes do not count, and of a tensor that is no double couple the nearest one does. A pair with a tensor that is zero
    or not finite is NaN. Between random double couples the mean is 75.1° and the median 78.6°.
    """
    turn = principal_axes(first)[1].mT @ principal_axes(second)[1]
    traces = turn.diagonal(dim1=-2, dim2=-1) @ turn.new_tensor(_SYMMETRIES).mT
    signs = turn.new_tensor(_SYMMETRIES)[traces.argmax(-1)]
    least = turn * signs[..., None, :]
    # an arc cosine of the trace would know small angles to half of the digits only
    twist = least - least.mT
    sine = 0.5 * torch.linalg.vector_norm(
        torch.stack((twist[..., 2, 1], twist[..., 0, 2], twist[..., 1, 0]), -1), dim=-1
    )
    cosine = 0.5 * (least.diagonal(dim1=-2, dim2=-1).sum(-1) - 1.0)
    return torch.rad2deg(torch.atan2(sine, cosine))
