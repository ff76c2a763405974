"""Correlations of all pairs of one day: each station is transformed once, pairs are multiplied in blocks.

The mean over segments of conj(A)·B is, for each frequency, the product of a matrix with one row per component of the
stations A and a matrix with one column per component of the stations B. The nine components of a pair are turned, and
each goes back to lags by one inverse transform, whatever the number of segments.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Complex, Float
from torch import Tensor

from seisgrad.noise.correlations import Pair
from seisgrad.noise.rotation import directions, rotate
from seisgrad.noise.segments import Band, StationBlock
from seisgrad.noise.settings import Settings

_AT_ONCE = 2**24
"""Complex numbers of padded spectra that go back to lags in one batch."""


def lags(settings: Settings) -> Float[Tensor, " lag"]:
    """s, even around 0."""
    most = round(settings.lag * settings.sampling)
    return torch.arange(-most, most + 1, dtype=torch.float64) / settings.sampling


def correlate_blocks(
    a: StationBlock,
    b: StationBlock,
    chosen: Sequence[tuple[int, int]],
    pairs: Sequence[Pair],
    settings: Settings,
) -> tuple[Float[Tensor, "pair component lag"], Float[Tensor, " pair"]]:
    """C(t) = mean of u_A(τ) u_B(τ+t) over the times at which both have data, and how many seconds those are.

    Args:
        a: stations.
        b: the same or others.
        chosen: the places of both stations of a pair in ``a`` and in ``b``.
        pairs: the same pairs.
        settings: components and lags.

    Returns:
        On the processor; NaN for a pair that has no data at the same time, and for components that need horizontals
        where there are none.
    """
    band = Band.of(settings)
    products = torch.matmul(
        a.spectra.flatten(1, 2).conj(), b.spectra.flatten(1, 2).transpose(1, 2)
    )  # [frequency, a and its component, b and its component]
    number = a.spectra.shape[2]
    products = products.unflatten(1, (-1, number)).unflatten(3, (-1, number))
    at_a, at_b = (torch.tensor(side, device=products.device) for side in zip(*chosen, strict=True))
    parts = a.presence.shape[-1]
    both = torch.einsum("agp,bgp->ab", a.presence, b.presence)[at_a, at_b] / parts  # segments
    out = []
    turn_a, turn_b = directions(pairs)
    step = max(1, _AT_ONCE // (band.padded // 2 * max(len(settings.components), number**2)))
    for first in range(0, len(pairs), step):
        some = slice(first, first + step)
        spectra = products[:, at_a[some], :, at_b[some]]  # [pair, frequency, a, b]
        turned = rotate(spectra.permute(0, 2, 3, 1), turn_a[some], turn_b[some], settings.components)
        scale = (settings.samples * both[some]).to(turned.real.dtype)
        out.append(_to_lags(turned, band, settings) / scale[:, None, None])
    values = torch.cat(out).cpu()
    seconds = both.cpu() * settings.segment
    values[seconds == 0] = torch.nan
    for column, (first_letter, second_letter) in enumerate(settings.components):
        lacking = torch.zeros_like(seconds, dtype=torch.bool)
        if first_letter != "Z":
            lacking |= ~a.complete[at_a.cpu()]
        if second_letter != "Z":
            lacking |= ~b.complete[at_b.cpu()]
        values[lacking, column] = torch.nan
    return values, seconds


def _to_lags(
    spectra: Complex[Tensor, "pair component frequency"], band: Band, settings: Settings
) -> Float[Tensor, "pair component lag"]:
    most = round(settings.lag * settings.sampling)
    whole = spectra.new_zeros((*spectra.shape[:2], band.padded // 2 + 1))
    whole[..., band.first : band.first + spectra.shape[-1]] = spectra
    back = torch.fft.irfft(whole, band.padded)
    # of a segment, a lag leaves this share in both records
    share = 1 - lags(settings).abs() / settings.segment
    return torch.cat([back[..., -most:], back[..., : most + 1]], -1) / share.to(back)
