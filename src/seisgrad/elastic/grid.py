"""Where an elastic earth is known, and the space of its velocities and density there."""

from dataclasses import dataclass

from seisgrad.operator import Space
from seisgrad.waves.grid import PlaneGrid


@dataclass(frozen=True)
class Grid(PlaneGrid):
    """A :class:`~seisgrad.waves.grid.PlaneGrid` of vp, vs and density; the row at z = 0 is the free surface.

    Args:
        shape: nodes along z and x.
        spacing: km, the same along both.

    Raises:
        InputError: fewer than two nodes along an axis, or a spacing that is not positive.
    """

    @property
    def space(self) -> Space:
        """P and S velocity and density on the nodes, ``[3, z, x]``."""
        return Space(
            "elastic earth",
            ("parameter", "z", "x"),
            (3, *self.shape),
            ("km/s", "km/s", "g/cm3"),
            {"parameter": ("vp", "vs", "rho"), "z": self.z, "x": self.x},
        )
