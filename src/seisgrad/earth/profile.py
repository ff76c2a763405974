"""From velocities that change linearly between nodes to layers that keep their travel time and mass."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seisgrad.earth.layered import LayeredModel
from seisgrad.errors import InputError

STEP = 10.0
"""The default greatest thickness, km, of a layer that stands for part of a gradient."""

# A gradient also gets one layer for each such change (natural logarithm) of a property, whatever its thickness: steep
# gradients under the surface need layers much thinner than those of the mantle.
_CHANGE = 0.05


class Nodes(NamedTuple):
    """A profile that is linear between nodes, all [node]; two nodes at one depth are a discontinuity."""

    depth: NDArray[np.float64]
    vp: NDArray[np.float64]
    vs: NDArray[np.float64]
    rho: NDArray[np.float64]

    def down_to(self, depth: float) -> Nodes:
        """The part above `depth`, km, which becomes the last node (the lower side of a discontinuity there)."""
        count = int(np.searchsorted(self.depth, depth, side="right"))
        columns = [column[:count] for column in self]
        if columns[0][-1] < depth:
            columns = [
                np.append(kept, np.interp(depth, self.depth, column))
                for kept, column in zip(columns, self, strict=True)
            ]
        return Nodes(*columns)


def layers_from_nodes(nodes: Nodes, step: float = STEP) -> LayeredModel:
    """Layers for a piecewise linear profile, each with the mean slownesses and the mean density of its span.

    A stretch between two nodes that is constant becomes one layer; a gradient becomes equal layers at most `step`
    thick, and at least one for every 5 % by which a property changes. The half-space has the properties of the last
    node.

    Args:
        nodes: The profile; depth starts at 0 and does not decrease. vs is 0 at both ends of a stretch or at neither.
        step: Greatest thickness of a layer within a gradient, km.

    Raises:
        InputError: step is not a positive number, or the profile is no possible earth.
    """
    step = check_step(step)
    columns: list[list[float]] = [[], [], [], []]
    for top in np.flatnonzero(np.diff(nodes.depth) > 0.0):
        upper, lower = ([float(column[node]) for column in nodes] for node in (top, top + 1))
        count = _count(upper, lower, step)
        edges = [np.linspace(a, b, count + 1) for a, b in zip(upper, lower, strict=True)]
        columns[0].extend([(lower[0] - upper[0]) / count] * count)
        columns[1].extend(_mean_velocity(edges[1]))
        columns[2].extend(_mean_velocity(edges[2]))
        columns[3].extend(0.5 * (edges[3][1:] + edges[3][:-1]))
    for column, last in zip(columns, (0.0, nodes.vp[-1], nodes.vs[-1], nodes.rho[-1]), strict=True):
        column.append(float(last))
    return LayeredModel(*columns)


def check_step(step: float) -> float:
    """`step` as a float, if it is a positive finite number of km."""
    if not (isinstance(step, (int, float)) and math.isfinite(step) and step > 0.0):
        raise InputError(f"step is {step!r}, expected a positive number of km; 10 suits the mantle.")
    return float(step)


def equal_parts(thickness: float, step: float) -> int:
    """How many equal layers at most `step` thick make up `thickness`; rounding adds none."""
    return max(1, math.ceil(thickness / step * (1.0 - 1e-12)))


def _count(upper: list[float], lower: list[float], step: float) -> int:
    """Into how many layers a stretch between two nodes (depth, vp, vs, rho) is cut."""
    if upper[1:] == lower[1:]:
        return 1
    changes = [abs(math.log(b) - math.log(a)) for a, b in zip(upper[1:], lower[1:], strict=True) if a != b]
    return max(equal_parts(lower[0] - upper[0], step), equal_parts(max(changes), _CHANGE))


def _mean_velocity(edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """The inverse of the mean slowness between edges where the velocity is linear: (b - a) / ln(b / a)."""
    upper, lower = edges[:-1], edges[1:]
    if not upper.any():
        return np.zeros_like(upper)
    # ln(b / a) as 2 artanh((b - a) / (b + a)) keeps its digits where b is nearly a, as ln b - ln a where it is not.
    t = (lower - upper) / (lower + upper)
    log_ratio = np.where(
        np.abs(t) < 0.5, 2.0 * np.arctanh(np.clip(t, -0.5, 0.5)), np.log(lower) - np.log(upper)
    )
    return np.where(t == 0.0, upper, (lower - upper) / np.where(t == 0.0, 1.0, log_ratio))
