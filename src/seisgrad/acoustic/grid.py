"""Where an acoustic earth is known, and the space of velocity and density there."""

from dataclasses import dataclass

from seisgrad.operator import Space
from seisgrad.waves.grid import PlaneGrid


@dataclass(frozen=True)
class Grid(PlaneGrid):
    """A :class:`~seisgrad.waves.grid.PlaneGrid` of velocity and density.

    Args:
        shape: nodes along z and x.
        spacing: km, the same along both.

    Raises:
        InputError: fewer than two nodes along an axis, or a spacing that is not positive.
    """

    @property
    def space(self) -> Space:
        """Velocity and density on the nodes, ``[2, z, x]``."""
        return Space(
            "acoustic earth",
            ("parameter", "z", "x"),
            (2, *self.shape),
            ("km/s", "g/cm3"),
            {"parameter": ("velocity", "density"), "z": self.z, "x": self.x},
        )
