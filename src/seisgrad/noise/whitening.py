"""Spectral whitening with one amplitude for all components of a station, and one continuous taper at the end."""

import torch
from jaxtyping import Complex, Float
from torch import Tensor


def whiten(
    spectra: Complex[Tensor, "component segment frequency"],
    taper: Float[Tensor, " frequency"],
    smoothing: int,
    water_level: float,
) -> Complex[Tensor, "component segment frequency"]:
    """Every segment divided by its smoothed amplitude, which all components share, times the taper.

    The amplitude is the length of the vector of components, averaged over ``smoothing`` bins and no smaller than
    ``water_level`` times its mean over the band; the phase is not touched.

    Args:
        spectra: of the band alone.
        taper: what the band is multiplied by, once, after the division.
        smoothing: bins of the running mean; an odd number.
        water_level: a share of the mean.
    """
    amplitude = torch.view_as_real(spectra).square().sum((0, -1)).sqrt()
    smooth = _running_mean(amplitude, smoothing)
    floor = water_level * smooth.mean(-1, keepdim=True)
    smooth = torch.maximum(smooth, floor).clamp_min(torch.finfo(smooth.dtype).tiny)
    return spectra * (taper / smooth)


def _running_mean(
    values: Float[Tensor, "segment frequency"], number: int
) -> Float[Tensor, "segment frequency"]:
    """Mean over ``number`` neighbours, of those that are there at the ends."""
    length = values.shape[-1]
    summed = torch.nn.functional.pad(values.double().cumsum(-1), (1, 0))
    place = torch.arange(length, device=values.device)
    last, first = (place + number // 2 + 1).clamp_max(length), (place - number // 2).clamp_min(0)
    return ((summed[..., last] - summed[..., first]) / (last - first)).to(values.dtype)
