"""What a system says of its samples: their arrays, and how to make them."""

import abc
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from seisgrad.dataset.splits import Split
from seisgrad.operator import Space

Arrays = dict[str, np.ndarray]
"""Arrays by the name of their field, each [sample, ...]."""


@dataclass(frozen=True)
class Field:
    """One array of every sample.

    Attributes:
        space: axes, shape, unit and coordinates of the array of one sample.
        dtype: as NumPy names it: ``"float32"``.
        description: what the values are, for people.
    """

    space: Space
    dtype: str
    description: str


class Recipe(abc.ABC):
    """How the samples of one dataset are made: small, picklable, and the same on every machine.

    Attributes:
        system: the system the samples belong to: ``"dispersion"``.
        validation: the fewest samples that are made for validation; few, where one sample holds many records.
    """

    system: str
    validation: int = 64

    @abc.abstractmethod
    def settings(self) -> Mapping[str, Any]:
        """All that the samples depend on, in values that JSON can hold; two recipes that agree here agree in all."""

    @abc.abstractmethod
    def fields(self) -> Mapping[str, Field]:
        """The arrays of a sample by name."""

    @abc.abstractmethod
    def make(self, split: Split, first: int, number: int) -> tuple[Arrays, Counter[str]]:
        """Samples ``first`` to ``first + number - 1`` of a split, and the rejections on the way, by cause.

        A pure function of its arguments: random numbers come from :func:`seisgrad.dataset.generator` alone, so that
        a sample is the same in whichever process and whichever company it is made.
        """
