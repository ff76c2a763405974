"""Samples of several kinds, of which a batch holds one: on grids of different shapes, say."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from seisgrad.errors import InputError
from seisgrad.training.task import Split

Arrays = Mapping[str, NDArray]


class Mixture:
    """Sets of samples; a batch comes from each as often as it has samples.

    Args:
        sets: what gives the arrays of a split of each set, the first axis of all the sample.

    Attributes:
        arrays: of every set, by split.

    Raises:
        InputError: no set.
    """

    def __init__(self, sets: Sequence[Callable[[Split], Arrays]]) -> None:
        if not sets:
            raise InputError("there is nothing to learn from; give at least one set of samples")
        splits: tuple[Split, Split] = ("train", "validation")
        self.arrays = {split: [arrays(split) for arrays in sets] for split in splits}

    def number(self, split: Split) -> int:
        """How many samples there are in all."""
        return int(self._numbers(split).sum())

    def one(
        self, split: Split, index: NDArray[np.int64], generator: np.random.Generator
    ) -> tuple[int, NDArray[np.int64], Arrays]:
        """Which set, samples of it for numbers of samples of the whole, and its arrays."""
        numbers = self._numbers(split)
        which = int(generator.choice(len(numbers), p=numbers / numbers.sum()))
        return which, index % numbers[which], self.arrays[split][which]

    def _numbers(self, split: Split) -> NDArray[np.int64]:
        return np.array([len(next(iter(arrays.values()))) for arrays in self.arrays[split]])
