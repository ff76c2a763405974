"""Trial eigenfunctions: smooth functions of depth, and the integrals of their products over every layer.

Displacement and traction of a mode are continuous however rough the earth is, so that a few cubic splines in
ln(1 + z/z₀) carry all that a mode can do: the earth's roughness enters through the layers' own properties, which
multiply the integrals taken here.
"""

from itertools import groupby

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from seisgrad.errors import InputError
from seisgrad.nn.splines import cubic_splines

#: The trial functions: Rayleigh displacements r1, r2 and tractions r3, r4, Love displacement l1 and traction l2
#: (Aki & Richards 2002, ch. 7).
R1, R2, R3, R4, L1, L2 = range(6)

#: Gauss points per layer follow from how wide the layer is beside the scale on which the splines vary there.
_POINTS_PER_WIDTH, _LEAST_POINTS, _MOST_POINTS = 12.0, 2, 6


class TrialSpace(nn.Module):
    """Splines of depth down to the top of the half-space, and quadrature within the layers of one grid.

    Args:
        depth: km, tops of the layers, the last that of the half-space.
        number: of splines.
        scale: z₀, km; above it the splines are equally spaced in depth, below it in its logarithm.
    """

    def __init__(self, depth: Float[Tensor, " depth"], number: int = 24, scale: float = 1.0) -> None:
        super().__init__()
        if len(depth) < 2:
            raise InputError(f"a trial space needs at least 2 depths, got {len(depth)}")
        tops = depth.detach().double().numpy()
        width = np.diff(tops)
        points = np.ceil(_POINTS_PER_WIDTH * width / (tops[:-1] + scale))
        points = np.clip(points, _LEAST_POINTS, _MOST_POINTS).astype(int)
        nodes = {n: np.polynomial.legendre.leggauss(n) for n in set(points.tolist())}
        at = np.concatenate(
            [t + 0.5 * w * (nodes[n][0] + 1.0) for t, w, n in zip(tops, width, points.tolist(), strict=False)]
        )
        weight = np.concatenate([0.5 * w * nodes[n][1] for w, n in zip(width, points.tolist(), strict=True)])
        self.number = number
        self.runs = [(len(list(run)), n) for n, run in groupby(points.tolist())]
        z = torch.from_numpy(at)
        place, end = torch.log1p(z / scale), float(np.log1p(tops[-1] / scale))
        chain = 1.0 / (z + scale)
        tables = {
            "depth": z,
            "weight": torch.from_numpy(weight),
            "value": cubic_splines(place, 0.0, end, number),
            "slope": cubic_splines(place, 0.0, end, number, derivative=True) * chain[:, None],
        }
        for name, table in tables.items():
            self.register_buffer(name, table, persistent=False)

    depth: Tensor
    weight: Tensor
    value: Tensor
    slope: Tensor

    def fit(self, functions: Float[Tensor, "*batch point"]) -> Float[Tensor, "*batch spline"]:
        """Coefficients that come closest, in the mean square over depth, to functions given at ``self.depth``."""
        root = self.weight.sqrt()
        rows = functions.reshape(-1, functions.shape[-1]) * root
        # a touch of damping where a spline hardly reaches into the grid
        damping = 1e-6 * torch.eye(self.number, dtype=rows.dtype)
        table = torch.cat([self.value * root[:, None], damping])
        target = torch.cat([rows.T, torch.zeros(self.number, len(rows), dtype=rows.dtype)])
        return torch.linalg.lstsq(table, target).solution.T.reshape(*functions.shape[:-1], -1)

    def per_layer(self, product: Float[Tensor, "*batch point"]) -> Float[Tensor, "*batch layer"]:
        """Integral over each layer (the half-space left out) of a function given at ``self.depth``."""
        weighted, out, at = product * self.weight, [], 0
        for layers, points in self.runs:
            part = weighted[..., at : at + layers * points]
            out.append(part.unflatten(-1, (layers, points)).sum(-1))
            at += layers * points
        return torch.cat(out, -1)
