"""Stacks over days, and over days drawn with replacement."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.errors import InputError

STACKS = ("linear", "phase-weighted", "robust")

_ROUNDS = 10
_POWER = 2.0


def stack(
    days: Float[Tensor, "day pair component lag"],
    weight: Float[Tensor, "day pair"],
    method: str = "linear",
) -> Float[Tensor, "pair component lag"]:
    """One correlation of each pair and component from those of its days.

    Args:
        days: NaN where there is none.
        weight: of each day, such as the seconds in which both stations recorded.
        method: ``linear``, the weighted mean; ``phase-weighted``, that times the squared coherence of the instantaneous
            phases (Schimmel & Paulssen 1997); ``robust``, weights that fall with the distance of a day from the stack,
            found by iteration (Pavlis & Vernon 2010).

    Returns:
        NaN where there is no day.

    Raises:
        InputError: an unknown method.
    """
    if method not in STACKS:
        raise InputError(f"the stack is {method!r}, expected {', '.join(STACKS)}")
    there = ~days.isnan().any(-1)
    share = weight[..., None] * there  # [day, pair, component]
    days = days.nan_to_num(0.0)
    mean = _weighted(days, share)
    if method == "phase-weighted":
        mean = mean * _coherence(days, share) ** _POWER
    elif method == "robust":
        mean = _robust(days, share)
    mean[share.sum(0) == 0] = torch.nan
    return mean


def resampled_days(days: int, replicates: int, seed: int) -> Float[Tensor, "replicate day"]:
    """How often each day is drawn in each bootstrap replicate."""
    draws = np.random.default_rng(seed).integers(0, days, (replicates, days))
    counts = np.stack([np.bincount(draw, minlength=days) for draw in draws]) if replicates else draws
    return torch.from_numpy(counts.astype(np.float64))


def _weighted(
    days: Float[Tensor, "day pair component lag"], share: Float[Tensor, "day pair component"]
) -> Float[Tensor, "pair component lag"]:
    portion = share / share.sum(0).clamp_min(torch.finfo(share.dtype).tiny)
    return torch.einsum("dpcl,dpc->pcl", days, portion.to(days.dtype))


def _coherence(
    days: Float[Tensor, "day pair component lag"], share: Float[Tensor, "day pair component"]
) -> Float[Tensor, "pair component lag"]:
    """Length of the weighted mean of unit vectors with the instantaneous phases."""
    number = days.shape[-1]
    spectrum = torch.fft.fft(days)
    double = torch.zeros(number, dtype=days.dtype, device=days.device)
    double[0] = 1.0
    double[1 : (number + 1) // 2] = 2.0
    if number % 2 == 0:
        double[number // 2] = 1.0
    analytic = torch.fft.ifft(spectrum * double)
    unit = torch.nan_to_num(analytic / analytic.abs())
    return torch.complex(_weighted(unit.real, share), _weighted(unit.imag, share)).abs()


def _robust(
    days: Float[Tensor, "day pair component lag"],
    share: Float[Tensor, "day pair component"],
) -> Float[Tensor, "pair component lag"]:
    """Pavlis & Vernon (2010), from the median: the weight of a day is its projection on the stack over its length and
    its distance from the stack."""
    tiny = torch.finfo(days.dtype).tiny
    known = torch.where((share > 0)[..., None], days, torch.nan)
    beam = known.nanmedian(0).values.nan_to_num(0.0)
    for _ in range(_ROUNDS):
        beam = beam / beam.norm(dim=-1, keepdim=True).clamp_min(tiny)
        along = (days * beam).sum(-1)
        rest = (days - along[..., None] * beam).norm(dim=-1)
        length = days.norm(dim=-1).clamp_min(tiny)
        trust = along.abs() / length / torch.maximum(rest, 1e-3 * length)
        beam = _weighted(days, share * trust.to(share.dtype))
    return beam
