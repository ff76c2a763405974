"""What several starts come to: how far the result of an inversion depends on where it began."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.earth import SolidSection
from seisgrad.earth.section_nodes import write_nodes
from seisgrad.errors import InputError


@dataclass(frozen=True, eq=False)
class Spread:
    """Sections found from several starts, on the same nodes.

    It says how far the data decide the model whatever the start was. It is no posterior: starts are no draws of a
    prior, all fit the same noise, and where all are wrong alike it is small.

    Attributes:
        sections: one for each start.
        mean: of vs, km/s.
        deviation: standard deviation of vs, km/s.
    """

    sections: tuple[SolidSection, ...]
    mean: Float[Tensor, "z x"]
    deviation: Float[Tensor, "z x"]

    @property
    def by_depth(self) -> Float[Tensor, " z"]:
        """The root-mean-square standard deviation of vs along the line, km/s."""
        return self.deviation.square().mean(1).sqrt()

    def write(self, path: str | os.PathLike[str]) -> None:
        """NetCDF with ``vs_mean`` and ``vs_deviation``.

        Raises:
            InputError: a suffix that is not ``.nc``, or no such folder.
        """
        fields = {"vs_mean": (self.mean.numpy(), "km/s"), "vs_deviation": (self.deviation.numpy(), "km/s")}
        first = self.sections[0]
        write_nodes(fields, first.spacing, first.origin, Path(path))


def spread(sections: Sequence[SolidSection]) -> Spread:
    """How far sections from several starts lie apart.

    Raises:
        InputError: fewer than two, or other nodes.
    """
    if len(sections) < 2:
        raise InputError(f"spread received {len(sections)} sections, expected at least 2")
    for other in sections[1:]:
        if (other.shape, other.spacing, other.origin) != (
            sections[0].shape,
            sections[0].spacing,
            sections[0].origin,
        ):
            raise InputError(
                f"the sections have {sections[0].shape} and {other.shape} nodes, expected the same nodes in all"
            )
    vs = torch.stack([section.vs for section in sections])
    return Spread(tuple(sections), vs.mean(0), vs.std(0))
