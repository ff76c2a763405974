"""Which shots and frequencies a step looks at: blocks of a survey, drawn so that each is seen once per epoch."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from seisgrad.errors import InputError
from seisgrad.inversion.waveform.layout import SPLIT, split_axes
from seisgrad.inversion.waveform.stages import Stage
from seisgrad.operator import Operator, Space

Indices = dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class Block:
    """Some entries along each axis that the survey is taken apart along: every source with every frequency.

    Attributes:
        indices: by axis.
        number: of the blocks that make up the band, by which the misfit of this one stands for all.
    """

    indices: Indices
    number: int = 1

    def parts(self, at_once: Mapping[str, int | None]) -> Iterator[Indices]:
        """The block by groups of at most so many entries along an axis, whose simulations share the memory."""
        groups = []
        for axis, entries in self.indices.items():
            size = at_once.get(axis) or len(entries)
            groups.append([(axis, entries[first : first + size]) for first in range(0, len(entries), size)])
        for chosen in product(*groups):
            yield dict(chosen)


class Batches:
    """The blocks of a stage.

    Args:
        op: the operator; where it has no ``select`` it is taken whole.
        stage: its band and the sizes of its batches.

    Raises:
        InputError: no frequency in the band, or a band or batches where the data cannot be taken apart so.
    """

    def __init__(self, op: Operator, stage: Stage) -> None:
        self.sizes = {"source": stage.source_batch, "frequency": stage.frequency_batch}
        axes = split_axes(op.codomain) if hasattr(op, "select") else ()
        for axis in SPLIT:
            if axis not in axes and self.sizes[axis] is not None:
                raise InputError(
                    f"{axis}_batch is {self.sizes[axis]}, but {type(op).__name__} cannot be taken apart along "
                    f"{axis!r}: its data have axes {op.codomain.axes} and it has "
                    f"{'a' if hasattr(op, 'select') else 'no'} select; leave it out"
                )
        self.band = {axis: tuple(range(op.codomain.length(axis))) for axis in axes}
        if stage.lowest is not None or stage.highest is not None:
            self.band["frequency"] = _within(op.codomain, stage, "frequency" in axes)

    @property
    def whole(self) -> Block:
        """The whole band as one block."""
        return Block(self.band)

    @property
    def per_epoch(self) -> int:
        """How many blocks make up the band."""
        return math.prod(self._groups(axis) for axis in self.band)

    def block(self, step: int, seed: int, stage: int) -> Block:
        """The block of a step: a function of the seed, the stage and the step alone."""
        epoch, position = divmod(step, self.per_epoch)
        draw = np.random.default_rng([seed, stage, epoch])
        groups = {}
        for axis, entries in self.band.items():
            shuffled = draw.permutation(np.array(entries)).tolist()
            size = self.sizes[axis] or len(entries)
            groups[axis] = [tuple(sorted(shuffled[i : i + size])) for i in range(0, len(shuffled), size)]
        number = int(draw.permutation(self.per_epoch)[position])
        chosen = {}
        for axis, parts in groups.items():
            number, which = divmod(number, len(parts))
            chosen[axis] = parts[which]
        return Block(chosen, self.per_epoch)

    def _groups(self, axis: str) -> int:
        return math.ceil(len(self.band[axis]) / (self.sizes[axis] or len(self.band[axis])))


def _within(space: Space, stage: Stage, divisible: bool) -> tuple[int, ...]:
    known: Sequence[float] = space.coords.get("frequency", ())
    if not divisible or not known:
        raise InputError(
            f"the stage has a band, {stage.say()}, but the data {space} have no frequencies to choose from; leave "
            "lowest and highest out"
        )
    found = tuple(stage.within(known))
    if not found:
        raise InputError(
            f"the stage ({stage.say()}) holds none of the data's frequencies, {min(known):g} to {max(known):g} Hz; "
            "move its band"
        )
    return found
