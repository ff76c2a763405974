"""Where waves of one frequency are worked out: columns of rectangular spectral elements under the surface.

Elements are small at the surface and grow with depth; along the line they all have the same length. Their unknowns
are the displacements at Gauss-Lobatto-Legendre nodes (GLL). Their energy is summed over points: along the line the
same ones, which is more accurate for waves than an exact integral; along depth the more numerous ones of Gauss's rule,
since there an earth varies within an element. Left, right and below, a perfectly matched layer
absorbs: there, lengths are complex (Chew & Weedon 1994, Microw. Opt. Technol. Lett. 7, 599-604).
"""

import math
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Self

import numpy as np
import torch
from jaxtyping import Complex, Float
from numpy.polynomial import legendre
from numpy.typing import NDArray
from torch import Tensor

from seisgrad.waves.grid import PlaneGrid

#: Absorption of a layer at its far end, and how it rises towards it: as the square of the way into the layer.
_ABSORPTION = 3.0
#: Widths of the absorbing layers at the sides and of the one below, km times Hz: what must be absorbed is as long as
#: waves in rock are, however slow the slowest one on the surface may be.
_SIDE, _BELOW = 2.4, 2.9
#: Length of an element in the layers at the sides, in wavelengths, and how many elements the one below has.
_SIDE_ELEMENT, _BELOW_ELEMENTS = 1.0 / 6.0, 2
#: Points along z of an element beyond the order of its polynomials.
_MORE_POINTS = 4


@dataclass(frozen=True)
class Resolution:
    """How fine a mesh is. A wavelength is that of the slowest Rayleigh wave; a cell is one of the earth's grid.

    Args:
        order: of the polynomials in an element along z and along x.
        length: of an element along x, in wavelengths,
        length_cells: and at most in cells.
        top: thickness of the elements at the surface, in wavelengths,
        top_cells: and at most in cells.
        growth: by how much elements are thicker, per depth.
        thickest: thickness of an element at most, in wavelengths.
    """

    order: tuple[int, int] = (4, 2)
    length: float = 0.16
    length_cells: float = 5.0
    top: float = 0.13
    top_cells: float = 2.0
    growth: float = 0.3
    thickest: float = 1.5


@dataclass(frozen=True, eq=False)
class Mesh:
    """Tables for one extent and frequency.

    Attributes:
        length_z, length_x: half the sizes of the elements, km.
        stretch_z, stretch_x: complex lengths over real ones at the points of every element.
        sample_z, sample_x: from the nodes of the earth's grid to the points of every element, bilinear.
        edges_x: ends of the elements along the line, km.
        nodes_z, nodes_x: GLL nodes of an element, from -1 to 1,
        rule_z, rule_x: and its points.
        forms: what each product of a modulus at a point and a term of the energy adds to the matrix of an element of
            size 2 by 2, ``[term · point_x · point_z, dof · dof]``; the dofs of an element are (node_x, node_z,
            component), components along x and z.
    """

    length_z: Float[Tensor, " layer"]
    length_x: Float[Tensor, " column"]
    stretch_z: Complex[Tensor, "layer point_z"]
    stretch_x: Complex[Tensor, "column point_x"]
    sample_z: Float[Tensor, "layer point_z earth_z"]
    sample_x: Float[Tensor, "column point_x earth_x"]
    edges_x: Float[Tensor, " edge"]
    nodes_z: Float[Tensor, " node_z"]
    nodes_x: Float[Tensor, " node_x"]
    rule_z: Float[Tensor, " point_z"]
    rule_x: Float[Tensor, " point_x"]
    forms: Float[Tensor, "part entry"]

    @property
    def columns(self) -> int:
        """Elements along the line."""
        return len(self.length_x)

    @property
    def layers(self) -> int:
        """Elements in a column."""
        return len(self.length_z)

    @property
    def order(self) -> tuple[int, int]:
        """Of the polynomials along z and x."""
        return len(self.nodes_z) - 1, len(self.nodes_x) - 1

    @property
    def surface(self) -> int:
        """Nodes on the surface."""
        return self.columns * self.order[1] + 1

    @property
    def unknowns(self) -> int:
        """Unknowns below a node of the surface, both components; at the bottom nothing moves."""
        return 2 * self.layers * self.order[0]

    def to(self, like: Tensor) -> Self:
        """The same tables on the device of a real tensor and in its precision."""
        complex_dtype = torch.complex128 if like.dtype == torch.float64 else torch.complex64
        moved = {}
        for entry in fields(self):
            value = getattr(self, entry.name)
            moved[entry.name] = value.to(like.device, complex_dtype if value.is_complex() else like.dtype)
        return type(self)(**moved)

    def at_surface(self, places: Float[Tensor, " place"]) -> Float[Tensor, "place surface"]:
        """Weights of the surface's nodes that make the value at places along the line, km."""
        places = places.to(self.edges_x)
        order = self.order[1]
        column = (torch.searchsorted(self.edges_x, places, right=True) - 1).clamp(0, self.columns - 1)
        left, right = self.edges_x[column], self.edges_x[column + 1]
        local = 2.0 * (places - left) / (right - left) - 1.0
        values = []
        for a in range(order + 1):
            others = torch.cat([self.nodes_x[:a], self.nodes_x[a + 1 :]])
            values.append(((local[:, None] - others) / (self.nodes_x[a] - others)).prod(1))
        index = column[:, None] * order + torch.arange(order + 1, device=places.device)
        weights = places.new_zeros(len(places), self.surface)
        return weights.scatter(1, index, torch.stack(values, 1))


@lru_cache(maxsize=64)
def mesh(grid: PlaneGrid, frequency: float, slowest: float, resolution: Resolution) -> Mesh:
    """The tables, in float64.

    Args:
        grid: where earths are given; its first row is the surface.
        frequency: Hz.
        slowest: velocity of the slowest Rayleigh wave, km/s.
        resolution: how fine.
    """
    depth, length = grid.extent
    wave = slowest / frequency
    across = min(resolution.length * wave, resolution.length_cells * grid.spacing)
    number = max(1, math.ceil(length / across))
    side = np.linspace(0.0, _SIDE / frequency, math.ceil(_SIDE / slowest / _SIDE_ELEMENT) + 1)[1:]
    edges_x = np.r_[-side[::-1], np.linspace(0.0, length, number + 1), length + side]
    edges_z = _edges_down(depth, wave, grid.spacing, resolution)
    edges_z = np.r_[edges_z, depth + np.linspace(0.0, _BELOW / frequency, _BELOW_ELEMENTS + 1)[1:]]
    order_z, order_x = resolution.order
    rule_z, rule_x = _rules(order_z, order_x)
    z, x = _within(edges_z, rule_z[0]), _within(edges_x, rule_x[0])
    into_z = np.maximum(z - depth, 0.0) / (edges_z[-1] - depth)
    into_x = np.maximum(np.maximum(-x, x - length), 0.0) / side[-1]
    arrays = {
        "length_z": 0.5 * np.diff(edges_z),
        "length_x": 0.5 * np.diff(edges_x),
        "stretch_z": 1.0 - 1j * _ABSORPTION * into_z**2,
        "stretch_x": 1.0 - 1j * _ABSORPTION * into_x**2,
        "sample_z": _bilinear(z, grid.shape[0], grid.spacing),
        "sample_x": _bilinear(x, grid.shape[1], grid.spacing),
        "edges_x": edges_x,
        "nodes_z": _lobatto(order_z)[0],
        "nodes_x": _lobatto(order_x)[0],
        "rule_z": rule_z[0],
        "rule_x": rule_x[0],
        "forms": _forms(order_z, order_x),
    }
    return Mesh(**{name: torch.from_numpy(np.ascontiguousarray(a)) for name, a in arrays.items()})


def _edges_down(depth: float, wave: float, cell: float, resolution: Resolution) -> NDArray:
    """Edges of the elements from the surface to a depth."""
    top = min(resolution.top * wave, resolution.top_cells * cell)
    edges = [0.0]
    while edges[-1] < depth:
        edges.append(edges[-1] + min(top + resolution.growth * edges[-1], resolution.thickest * wave))
    if len(edges) > 2 and edges[-1] - depth > depth - edges[-2]:
        edges.pop()
    return np.array(edges) * depth / edges[-1]


def _within(edges: NDArray, places: NDArray) -> NDArray:
    """Places from -1 to 1 in every element, ``[element, place]``."""
    return edges[:-1, None] + 0.5 * (places + 1.0) * np.diff(edges)[:, None]


def _bilinear(places: NDArray, nodes: int, spacing: float) -> NDArray:
    """Weights of nodes at places; beyond the ends as at the end."""
    at = np.clip(places / spacing, 0, nodes - 1)[..., None]
    return np.clip(1.0 - np.abs(at - np.arange(nodes)), 0.0, None)


@lru_cache
def _lobatto(order: int) -> tuple[NDArray, NDArray]:
    """Points and weights of the Gauss-Lobatto-Legendre rule of order + 1 points."""
    series = np.zeros(order + 1)
    series[order] = 1.0
    points = np.r_[-1.0, np.sort(legendre.legroots(legendre.legder(series)).real), 1.0]
    return points, 2.0 / (order * (order + 1) * legendre.legval(points, series) ** 2)


@lru_cache
def _rules(order_z: int, order_x: int) -> tuple[tuple[NDArray, NDArray], tuple[NDArray, NDArray]]:
    """Points and weights of the integrals over an element along z and along x, from -1 to 1."""
    return legendre.leggauss(order_z + _MORE_POINTS), _lobatto(order_x)


def _polynomials(order: int, places: NDArray) -> tuple[NDArray, NDArray]:
    """Values and slopes at places of the polynomials that are 1 at one GLL node, ``[place, node]``."""
    inverse = np.linalg.inv(legendre.legvander(_lobatto(order)[0], order))
    slopes = np.stack([legendre.legval(places, legendre.legder(row)) for row in np.eye(order + 1)], 1)
    return legendre.legvander(places, order) @ inverse, slopes @ inverse


@lru_cache
def _forms(order_z: int, order_x: int) -> NDArray:
    """The energy of an element of size 2 by 2, by term and point: see :data:`.elements.TERMS`."""
    (place_z, weight_z), (place_x, weight_x) = _rules(order_z, order_x)
    one_z, slope_z = _polynomials(order_z, place_z)
    one_x, slope_x = _polynomials(order_x, place_x)
    weight = np.einsum("p,q->pq", weight_x, weight_z)
    along_x = np.einsum("pi,qj->pqij", slope_x, one_z)  # ∂/∂x at a point, by node
    along_z = np.einsum("pi,qj->pqij", one_x, slope_z)
    value = np.einsum("pi,qj->pqij", one_x, one_z)
    shape = along_x.shape
    terms = np.zeros((7, *shape, 2, *shape[2:], 2))

    def add(term: int, test: NDArray, part: int, trial: NDArray, other: int) -> None:
        terms[term, :, :, :, :, part, :, :, other] += np.einsum("pq,pqij,pqkl->pqijkl", weight, test, trial)

    add(0, along_x, 0, along_x, 0)
    add(1, along_z, 1, along_z, 1)
    add(2, along_x, 0, along_z, 1)
    add(2, along_z, 1, along_x, 0)
    add(3, along_z, 0, along_z, 0)
    add(4, along_x, 1, along_x, 1)
    add(5, along_z, 0, along_x, 1)
    add(5, along_x, 1, along_z, 0)
    for part in (0, 1):
        add(6, value, part, value, part)
    return terms.reshape(7 * weight.size, -1)
