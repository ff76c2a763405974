"""What is asked of elastic waves: forces and seismometers along a line on the surface, and the frequencies."""

from dataclasses import dataclass, replace
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.errors import InputError
from seisgrad.operator import Space
from seisgrad.waves.places import Indices, axis_of, some

Direction = Literal["vertical", "horizontal"]
Quantity = Literal["velocity", "displacement"]

COMPONENTS: tuple[Direction, Direction] = ("vertical", "horizontal")
"""Of ground motion, in the order of the axis: upward, and along increasing x."""
_UNITS = {"velocity": "1/(GPa s)", "displacement": "1/GPa"}


@dataclass(frozen=True, eq=False)
class Survey:
    """Spectra of the motion of the surface: every source at every frequency, both components at every receiver.

    A source is a unit force per length across the plane (a line force), 1 at all frequencies; vertical is upward and
    horizontal is along increasing x, of forces and of motion alike.

    Args:
        sources: distances along the line, km, ``[source]``.
        receivers: distances along the line, km, ``[receiver]``; the same for all sources.
        frequencies: Hz, positive, ``[frequency]``.
        force: direction of the sources.
        quantity: what is recorded, the particle velocity or the displacement.

    Raises:
        InputError: none of one of them, another shape, a frequency that is not positive, or an unknown word.
    """

    sources: Float[Tensor, " source"]
    receivers: Float[Tensor, " receiver"]
    frequencies: Float[Tensor, " frequency"]
    force: Direction = "vertical"
    quantity: Quantity = "velocity"

    def __post_init__(self) -> None:
        for name in ("sources", "receivers"):
            object.__setattr__(self, name, _along(getattr(self, name), name))
        object.__setattr__(self, "frequencies", axis_of(self.frequencies, "frequencies", positive=True))
        for name, known in (("force", COMPONENTS), ("quantity", tuple(_UNITS))):
            if getattr(self, name) not in known:
                raise InputError(f"{name} is {getattr(self, name)!r}, expected {' or '.join(known)}")

    @property
    def space(self) -> Space:
        """``[source, frequency, component, receiver, part]``, the parts real and imaginary."""
        sizes = (len(self.sources), len(self.frequencies), 2, len(self.receivers), 2)
        coords = {"frequency": self.frequencies, "component": COMPONENTS, "part": ("real", "imaginary")}
        axes = ("source", "frequency", "component", "receiver", "part")
        return Space(f"{self.quantity} spectrum", axes, sizes, _UNITS[self.quantity], coords)

    def select(self, source: Indices | None = None, frequency: Indices | None = None) -> "Survey":
        """The survey of some sources and some frequencies, by index; all where None."""
        return replace(
            self, sources=some(self.sources, source), frequencies=some(self.frequencies, frequency)
        )


def _along(values: object, name: str) -> Tensor:
    distances = torch.as_tensor(values, dtype=torch.float64)
    if distances.ndim != 1 or not len(distances):
        raise InputError(
            f"{name} have shape {tuple(distances.shape)}, expected distances along the line in km of at least one"
        )
    if not distances.detach().isfinite().all():
        raise InputError(f"{name} hold a distance that is not finite, expected km along the line")
    return distances
