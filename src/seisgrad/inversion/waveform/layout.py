"""What an array of data is made of, by the names of its axes: gathers of traces, and the parts that a batch takes."""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Literal

import torch
from jaxtyping import Shaped
from torch import Tensor

from seisgrad.operator import Space

SPLIT = ("source", "frequency")
"""Axes along which a survey is taken apart: one entry of each is a gather, and misfits of gathers add up."""
Kind = Literal["traces", "spectra", "values"]


def kind(space: Space) -> Kind:
    """What stands on the last axis: a trace in time, the two parts of a spectrum, or something else."""
    return {"time": "traces", "part": "spectra"}.get(space.axes[-1] if space.axes else "", "values")  # type: ignore[return-value]


def split_axes(space: Space) -> tuple[str, ...]:
    """Those of :data:`SPLIT` that the space has."""
    return tuple(axis for axis in SPLIT if axis in space.axes)


def gathers(space: Space, values: Shaped[Tensor, "..."]) -> Shaped[Tensor, "gather trace sample"]:
    """Data as gathers of traces: the axes of :data:`SPLIT` first, receivers and components next, the last axis last."""
    front = [space.axes.index(axis) for axis in split_axes(space)]
    ordered = values.movedim(front, tuple(range(len(front))))
    shape = ordered.shape
    if kind(space) == "values":
        return ordered.reshape(prod(shape[: len(front)]), -1, 1)
    return ordered.reshape(prod(shape[: len(front)]), prod(shape[len(front) : -1]), shape[-1])


def part(
    space: Space, values: Shaped[Tensor, "..."], indices: Mapping[str, Sequence[int]]
) -> Shaped[Tensor, "..."]:
    """Some entries of data along named axes."""
    for axis, some in indices.items():
        where = torch.as_tensor(some, dtype=torch.int64, device=values.device)
        values = values.index_select(space.axes.index(axis), where)
    return values


def spacings(space: Space) -> tuple[float, ...]:
    """The distance between cells along the last two axes (or the only one), in the unit of their coordinates; 1, one
    cell, along an axis without numbers for coordinates."""
    return tuple(_spacing(space.coords.get(axis, ()), length) for axis, length in _last(space))


def _last(space: Space) -> list[tuple[str, int]]:
    return list(zip(space.axes, space.shape, strict=True))[-2:]


def _spacing(coords: Sequence[object], length: int) -> float:
    if length < 2 or len(coords) != length or not all(isinstance(at, int | float) for at in coords):
        return 1.0
    return abs(float(coords[-1]) - float(coords[0])) / (length - 1) or 1.0  # type: ignore[arg-type]
