"""Systems of linear equations, many at once: ``torch.linalg.solve`` where a batch of it may be wrong."""

import torch
from jaxtyping import Inexact
from torch import Tensor

#: Unknowns up to which a batch is solved together on a processor; it goes wrong from 152 on.
_TOGETHER = 128


def solve(matrix: Inexact[Tensor, "*batch n n"], right: Inexact[Tensor, "*batch n m"]) -> Tensor:
    """X of A X = B, ``[*batch, n, m]``; on a processor large matrices one after the other.

    With several threads a batch of LU factorisations of 152 unknowns or more fails, or is wrong without a word, where
    torch was built with Intel's MKL 2024.2, as its wheels are ("Parameter 6 was incorrect on entry to DLASWP"). That
    goes for ``solve``, ``inv``, ``lu_factor`` and ``det`` of ``torch.linalg``; single matrices, Cholesky and QR are
    not touched.
    """
    if matrix.device.type != "cpu" or matrix.ndim == 2 or matrix.shape[-1] <= _TOGETHER:
        return torch.linalg.solve(matrix, right)
    pairs = zip(matrix.flatten(0, -3), right.flatten(0, -3), strict=True)
    return torch.stack([torch.linalg.solve(a, b) for a, b in pairs]).unflatten(0, matrix.shape[:-2])
