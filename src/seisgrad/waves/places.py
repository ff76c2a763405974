"""The axes of surveys, read and checked: places, frequencies and times; and spectra as complex numbers or as parts."""

from collections.abc import Sequence

import torch
from jaxtyping import Complex, Float
from torch import Tensor

from seisgrad.errors import InputError

Indices = Sequence[int] | Tensor


def as_complex(spectrum: Float[Tensor, "*batch 2"]) -> Complex[Tensor, "*batch"]:
    """Spectra with their real and imaginary parts on the last axis, as complex numbers."""
    return torch.view_as_complex(spectrum.contiguous())


def as_parts(spectrum: Complex[Tensor, "*batch"]) -> Float[Tensor, "*batch 2"]:
    """Complex spectra with real and imaginary parts on a last axis."""
    return torch.view_as_real(spectrum)


def some(values: Tensor, indices: Indices | None) -> Tensor:
    """Values at indices along their first axis, ``[index, ...]``; all of them where None."""
    return values if indices is None else values[torch.as_tensor(indices, dtype=torch.int64)]


def positions(values: object, name: str) -> Float[Tensor, "place 2"]:
    """Places, z then x in km, as float64; InputError where they are none."""
    places = torch.as_tensor(values, dtype=torch.float64)
    if places.ndim != 2 or places.shape[1] != 2 or not len(places):
        raise InputError(
            f"{name} have shape {tuple(places.shape)}, expected ({name[:-1]}, 2): z and x in km of at least one"
        )
    if not places.detach().isfinite().all():
        raise InputError(f"{name} hold a position that is not finite, expected z and x in km")
    return places


def axis_of(values: object, name: str, *, positive: bool) -> Float[Tensor, " value"]:
    """Frequencies or times as float64; InputError where they are none, negative, or zero where ``positive``."""
    axis = torch.as_tensor(values, dtype=torch.float64)
    if axis.ndim != 1 or not len(axis):
        raise InputError(f"{name} have shape {tuple(axis.shape)}, expected a list of at least one")
    low = float(axis.min())
    if not axis.isfinite().all() or low < 0 or (positive and low == 0):
        raise InputError(f"{name} hold {low:g}, expected {'positive' if positive else 'finite'} numbers")
    return axis
