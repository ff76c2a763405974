"""What is minimised: misfits of values and, where exact derivatives are known, of rows of the Jacobian.

Training on values and derivatives is Sobolev training (Czarnecki et al. 2017, arXiv:1706.04859). All rows of a
Jacobian would cost as many backward passes as there are outputs; one row of a randomly chosen output per sample costs
one for the whole batch and is, on average over steps, the same objective.
"""

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

_FLOOR = 0.01
"""Share of a whole row's squared norm that is added to that of each parameter: a parameter without influence asks for
small derivatives, not for infinitely exact ones."""


def value_loss(
    predicted: Float[Tensor, "*shape"], true: Float[Tensor, "*shape"], beta: float, relative: bool
) -> Float[Tensor, ""]:
    """Mean smooth-L1 misfit of the values that exist: ``r²/2`` up to ``r = 1`` and ``r - 1/2`` beyond,
    ``r = |predicted - true| / beta``.

    Args:
        predicted: any shape.
        true: same shape; NaN where there is no value, which then does not count.
        beta: where the loss turns from squared to absolute, in the unit of the values, or a fraction of them.
        relative: divide the error by the true value.
    """
    there = true.isfinite()
    reference = torch.where(there, true, 1.0)
    error = (predicted - reference) / (beta * (reference.abs() if relative else 1.0))
    size = error.abs()
    loss = torch.where(size < 1, 0.5 * error.square(), size - 0.5)
    return torch.where(there, loss, 0.0).sum() / there.sum().clamp(min=1)


def selected_rows(
    network: Callable[[Tensor], Tensor], x: Float[Tensor, " batch *input"], index: Int[Tensor, " batch"]
) -> tuple[Float[Tensor, " batch *output"], Float[Tensor, " batch *input"]]:
    """The values, and the derivative of one selected output of each sample with respect to its input.

    One forward pass and one vectorised backward pass; where gradients are recorded, the rows can be differentiated
    again, to train on them.

    Args:
        network: batch entries must not see each other.
        x: inputs.
        index: which output of each sample, counted along its flattened shape.

    Returns:
        The outputs, and the rows, shaped like ``x``.
    """
    recording = torch.is_grad_enabled()
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        y = network(x)
        picked = y.flatten(1).gather(1, index[:, None]).sum()
        (rows,) = torch.autograd.grad(picked, x, create_graph=recording)
    return y, rows


def row_loss(
    rows: Float[Tensor, "batch parameter depth"],
    exact: Float[Tensor, "batch parameter depth"],
    weights: Sequence[float],
) -> Float[Tensor, ""]:
    """Mean squared relative L2 error of derivative rows, parameter by parameter.

    ``sum_p w_p |rows_p - exact_p|² / (|exact_p|² + 0.01 |exact|²) / sum_p w_p``, averaged over the rows that exist.

    Args:
        rows: of the network.
        exact: NaN where there is no such row, which then does not count.
        weights: one per parameter.
    """
    there = exact.isfinite().all(-1).all(-1)
    exact = torch.where(there[:, None, None], exact, 0.0)
    size = exact.square().sum(-1)
    size = size + _FLOOR * size.sum(-1, keepdim=True)
    error = (rows - exact).square().sum(-1) / torch.where(size > 0, size, 1.0)
    weight = torch.as_tensor(weights, dtype=rows.dtype, device=rows.device)
    per_sample = (error * weight).sum(-1) / weight.sum()
    return torch.where(there, per_sample, 0.0).sum() / there.sum().clamp(min=1)
