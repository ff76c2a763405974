"""From up, north and east at both stations to up, radial and transverse of every pair, on the correlations.

All steps before weigh the components of a station alike, so that turning the nine correlations of a pair is the same
as turning the records of both stations first, and every station is transformed once for all of its pairs.
"""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Complex, Float
from torch import Tensor

from seisgrad.noise.correlations import LETTERS, Pair


def rotation_of(direction: float) -> Float[Tensor, "3 3"]:
    """Up, radial and transverse (rows) from up, north and east (columns).

    Args:
        direction: of the radial component, degrees clockwise from north; the transverse one is 90 degrees further.
    """
    sine, cosine = np.sin(np.radians(direction)), np.cos(np.radians(direction))
    return torch.tensor([[1.0, 0.0, 0.0], [0.0, cosine, sine], [0.0, -sine, cosine]], dtype=torch.float64)


def directions(pairs: Sequence[Pair]) -> tuple[Float[Tensor, "pair 3 3"], Float[Tensor, "pair 3 3"]]:
    """The rotations at A and at B: at both, R points along the great circle from A to B."""
    at_a = torch.stack([rotation_of(pair.azimuth) for pair in pairs])
    at_b = torch.stack([rotation_of(pair.back_azimuth + 180) for pair in pairs])
    return at_a, at_b


def rotate(
    spectra: Complex[Tensor, "pair a b frequency"],
    at_a: Float[Tensor, "pair 3 3"],
    at_b: Float[Tensor, "pair 3 3"],
    components: Sequence[str],
) -> Complex[Tensor, "pair component frequency"]:
    """The wanted components, such as ``ZZ`` and ``ZR``, of correlations of up, north and east."""
    if spectra.shape[1] == 1:
        return spectra[:, :, 0].expand(-1, len(components), -1)
    rows_a, rows_b = (
        at[:, [LETTERS.index(name[end]) for name in components]].to(spectra.real.dtype).to(spectra.device)
        for end, at in ((0, at_a), (1, at_b))
    )
    weights = torch.einsum("pci,pcj->pcij", rows_a, rows_b).flatten(2)
    parts = torch.view_as_real(spectra).flatten(1, 2).flatten(2)  # real weights on both parts at once
    turned = torch.bmm(weights, parts).unflatten(2, (-1, 2))
    return torch.view_as_complex(turned.contiguous())
