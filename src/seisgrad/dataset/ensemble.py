"""Named, seeded ensembles: draws that depend on their number alone, and rejections that are counted by cause.

Sample ``i`` depends on the seed, the split and ``i`` alone, so that it is the same whether it is drawn alone, in a
batch, in another order or on another machine; no seed of one split ever meets one of another. A draw that is no sample
of the ensemble is rejected and made again.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from seisgrad.dataset.splits import Split, generator
from seisgrad.errors import InputError, WorkError

Sample = TypeVar("Sample")

#: Draws in a row that may be rejected before something must be wrong with the grid.
_PATIENCE = 1000


class Rejected(Exception):
    """A draw that is no sample of its ensemble; the message is the cause, counted by the ensemble."""


@dataclass(frozen=True)
class Ensemble:
    """A named distribution, and the way to draw from it: what the priors of all systems are.

    Attributes:
        name: how the command line calls it.
        sampler: makes one draw from a random generator and a grid; its docstring states the distribution.
    """

    name: str
    sampler: Callable[..., Any]

    @property
    def description(self) -> str:
        """The distribution in words."""
        return " ".join((self.sampler.__doc__ or "").split())

    def samples(
        self,
        one: Callable[[np.random.Generator], Sample],
        number: int,
        seed: int,
        first: int,
        split: Split,
        where: str,
    ) -> tuple[list[Sample], Counter[str]]:
        """Samples ``first`` to ``first + number - 1`` of a split, and the rejections on the way, by cause.

        Args:
            one: a draw from a generator; it raises :class:`Rejected` where the draw is no sample.
            number: of samples.
            seed: of the ensemble, 0 to 2³² - 1.
            first: index of the first sample.
            split: ``"train"``, ``"validation"`` or ``"test"``.
            where: the grid that is drawn on, and the one the ensemble is meant for, in words.

        Returns:
            One draw after the other, and the rejections.

        Raises:
            InputError: a number, seed, index or split that makes no sense.
            WorkError: too many rejections in a row.
        """
        self.require("number", number)
        rejected: Counter[str] = Counter()
        drawn = [self._one(one, generator(seed, split, first + i), rejected, where) for i in range(number)]
        return drawn, rejected

    def require(self, what: str, value: int) -> None:
        """InputError where there is not at least one of ``what``."""
        if value < 1:
            raise InputError(f"{what} {value} of prior {self.name!r} is too small, expected at least 1")

    def _one(
        self,
        one: Callable[[np.random.Generator], Sample],
        rng: np.random.Generator,
        rejected: Counter[str],
        where: str,
    ) -> Sample:
        for _ in range(_PATIENCE):
            try:
                return one(rng)
            except Rejected as cause:
                rejected[str(cause)] += 1
        raise WorkError(f"prior {self.name!r} rejected {_PATIENCE} draws in a row on {where}")


AnyEnsemble = TypeVar("AnyEnsemble", bound=Ensemble)


def by_name(*ensembles: AnyEnsemble) -> dict[str, AnyEnsemble]:
    """Ensembles by their names."""
    return {ensemble.name: ensemble for ensemble in ensembles}


def named(name: str, ensembles: Mapping[str, AnyEnsemble]) -> AnyEnsemble:
    """The ensemble of this name; InputError that lists the known ones where there is none."""
    if name not in ensembles:
        raise InputError(f"there is no prior {name!r}, expected one of {', '.join(ensembles)}")
    return ensembles[name]


def between(rng: np.random.Generator, low: float, high: float) -> float:
    """A uniform draw."""
    return float(rng.uniform(low, high))


def evenly_in_log(rng: np.random.Generator, low: float, high: float) -> float:
    """A draw uniform in its logarithm."""
    return math.exp(between(rng, math.log(low), math.log(high)))


def either_sign(rng: np.random.Generator, low: float, high: float) -> float:
    """A size between ``low`` and ``high``, positive or negative."""
    return between(rng, low, high) * (1.0 if rng.random() < 0.5 else -1.0)
