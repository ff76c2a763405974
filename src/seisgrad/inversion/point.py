"""Where the sites of an inversion stand: models, flat and whitened, and what the operator says there."""

from dataclasses import dataclass, fields
from typing import Self

from jaxtyping import Bool, Float
from torch import Tensor


@dataclass(eq=False)
class Point:
    """Where some sites stand: the model, plain and whitened, and what the operator says there."""

    z: Float[Tensor, "site parameter"]
    model: Float[Tensor, "site parameter"]
    prediction: Float[Tensor, "site datum"]
    predicted: Bool[Tensor, "site datum"]  # observed, and given a finite value (and derivative) by the model
    residual: Float[Tensor, "site datum"]  # whitened, 0 where not predicted

    def take(self, which: Tensor) -> Self:
        """The sites ``which`` (indices or mask)."""
        return type(self)(*(getattr(self, part.name)[which] for part in fields(self)))

    def put(self, which: Tensor, other: Self) -> None:
        """Replace the sites ``which`` by those of ``other``."""
        for part in fields(self):
            getattr(self, part.name)[which] = getattr(other, part.name)


@dataclass(eq=False)
class Linearisation(Point):
    """The same with the whole derivative."""

    slope: Float[Tensor, "site datum parameter"]  # A = W J L, 0 where not predicted


@dataclass(eq=False)
class Descent(Point):
    """The same with the derivative of φ alone, which reverse mode gives at the price of one evaluation."""

    gradient: Float[Tensor, "site parameter"]  # of φ to z
