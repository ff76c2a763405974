"""The response of the surface to forces on the surface, from the matrices of all elements: exact elimination.

Every column of elements is reduced to its two sides, and the sides are eliminated from left to right: a block
tridiagonal system, solved for forces at every node of the surface together. The matrix A is symmetric (not
Hermitian), and so is the response G = Bᵀ A⁻¹ B: reciprocity holds to rounding. With U = A⁻¹ B it changes by
dG = −Uᵀ dA U, which is all that its derivatives need.
"""

from typing import Any

import torch
from jaxtyping import Complex
from torch import Tensor

from seisgrad.elastic.harmonic.mesh import Mesh
from seisgrad.linear import solve


def surface_response(
    mesh: Mesh, elements: Complex[Tensor, "batch column layer dof dof"], component: int
) -> Complex[Tensor, "batch motion force"]:
    """Displacement of the surface's nodes (node, component) by unit forces there in one direction, 1/GPa.

    Nothing but the elements is kept for a gradient, which solves anew.

    Args:
        mesh: the columns.
        elements: their matrices.
        component: of the forces: 0 along the line, 1 downward.
    """
    return _Response.apply(elements, mesh, component)  # type: ignore[return-value]


class _Response(torch.autograd.Function):
    @staticmethod
    def forward(elements: Tensor, mesh: Mesh, component: int) -> Tensor:
        return _solved(mesh, elements, (component,), surface=True).flatten(1, 2)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple, output: Tensor) -> None:
        elements, ctx.mesh, ctx.component = inputs
        ctx.save_for_backward(elements)
        ctx.save_for_forward(elements)

    @staticmethod
    def backward(ctx: Any, cotangent: Tensor) -> tuple:  # pyright: ignore[reportIncompatibleMethodOverride]
        at, forced = _Response._around(ctx)
        weighted = at.conj().flatten(1, 3) @ cotangent
        return -(weighted.unflatten(1, at.shape[1:4]) @ forced.conj().mT), None, None

    @staticmethod
    def jvp(ctx: Any, change: Tensor, *_: None) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        at, forced = _Response._around(ctx)
        return -(at.flatten(1, 3).mT @ (change @ forced).flatten(1, 3))

    @staticmethod
    def vmap(  # pyright: ignore[reportIncompatibleMethodOverride]
        info: Any, in_dims: tuple, elements: Tensor, mesh: Mesh, component: int
    ) -> tuple[Tensor, int]:
        elements = elements.movedim(in_dims[0], 0)
        found = _Response.apply(elements.flatten(0, 1), mesh, component)
        return found.unflatten(0, elements.shape[:2]), 0  # type: ignore[union-attr]

    @staticmethod
    def _around(ctx: Any) -> tuple[Tensor, Tensor]:
        """Displacements in every element by all forces, and by those in the direction of the sources."""
        (elements,) = ctx.saved_tensors
        at = _by_element(ctx.mesh, displacements(ctx.mesh, elements))
        return at, at[..., ctx.component :: 2]


def displacements(
    mesh: Mesh, elements: Complex[Tensor, "batch column layer dof dof"]
) -> Complex[Tensor, "batch node unknown force"]:
    """What unit forces at the surface's nodes (node, component) do below each of them; unknowns (depth, component)."""
    return _solved(mesh, elements, (0, 1), surface=False)


def _solved(mesh: Mesh, elements: Tensor, components: tuple[int, ...], *, surface: bool) -> Tensor:
    """Displacements by forces in some directions: at the surface alone, or all the way down."""
    inner, sides, coupling = _blocks(mesh, elements)
    order, unknowns, each = mesh.order[1], mesh.unknowns, len(components)
    forces = torch.eye(2, dtype=elements.dtype, device=elements.device)[:, list(components)]
    within = inner.new_zeros(order - 1, unknowns, order - 1, each)
    for a in range(order - 1):
        within[a, :2, a] = forces
    within = within.flatten(2).flatten(0, 1).expand(*inner.shape[:2], -1, -1)
    pulled = solve(inner, torch.cat([coupling, within], -1))
    by_sides, by_forces = pulled.split([2 * unknowns, each * (order - 1)], -1)
    at_sides = _sweep(mesh, sides - coupling.mT @ by_sides, -coupling.mT @ by_forces, forces)
    rows = slice(0, 2) if surface else slice(None)
    by_sides, by_forces = (
        part.unflatten(2, (order - 1, unknowns))[:, :, :, rows].flatten(2, 3)
        for part in (by_sides, by_forces)
    )
    between = -by_sides @ torch.cat([at_sides[:, :-1], at_sides[:, 1:]], 2)
    for k in range(mesh.columns):
        between[:, k, :, each * (k * order + 1) : each * (k + 1) * order] += by_forces[:, k]
    at_sides, between = at_sides[:, :, rows], between.unflatten(2, (order - 1, -1))
    nodes = torch.cat([at_sides[:, :-1, None], between], 2).flatten(1, 2)
    return torch.cat([nodes, at_sides[:, -1:]], 1)


def _sweep(
    mesh: Mesh,
    sides: Complex[Tensor, "batch column side side"],
    inner: Complex[Tensor, "batch column side within"],
    forces: Complex[Tensor, "component each"],
) -> Complex[Tensor, "batch edge unknown force"]:
    """Displacements at the edges of the columns: from left to right and back.

    Args:
        mesh: the columns.
        sides: of every column reduced to its left and right edge, the matrix,
        inner: and what a unit force at a node within is worth there.
        forces: at a node.
    """
    order, half, columns, each = mesh.order[1], mesh.unknowns, mesh.columns, forces.shape[1]
    left, right = sides[..., :half, :half], sides[..., half:, half:]
    across = sides[..., :half, half:]
    steps, found = [], []
    for k in range(columns + 1):
        known = each * min((k + 1) * order, mesh.surface)  # forces up to here have been met
        pivot = torch.zeros_like(left[:, 0])
        force = pivot.new_zeros(len(pivot), half, known)
        force[:, :2, each * k * order : each * (k * order + 1)] = forces
        if k < columns:
            pivot = pivot + left[:, k]
            force[:, :, each * (k * order + 1) : each * (k + 1) * order] += inner[:, k, :half]
        if k > 0:
            back = across[:, k - 1].mT
            pivot = pivot + right[:, k - 1] - back @ steps[-1]
            before = slice(each * ((k - 1) * order + 1), each * k * order)
            force[..., before] += inner[:, k - 1, half:]
            force[..., : found[-1].shape[-1]] -= back @ found[-1]
        ahead = [across[:, k]] if k < columns else []
        solved = solve(pivot, torch.cat([*ahead, force], -1))
        if ahead:
            steps.append(solved[..., :half])
        found.append(solved[..., half:] if ahead else solved)
    edges = [found[-1]]
    for step, here in zip(reversed(steps), reversed(found[:-1]), strict=True):
        there = -(step @ edges[-1])
        there[..., : here.shape[-1]] += here
        edges.append(there)
    return torch.stack(edges[::-1], 1)


def _blocks(mesh: Mesh, elements: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Of every column, ``[batch, column, …]``: the matrix of what is within, of its sides, and between the two."""
    order_z, order_x = mesh.order
    across, nodes = order_x + 1, mesh.layers * order_z + 1
    matrix = elements.new_zeros(*elements.shape[:2], across, nodes, 2, across, nodes, 2)
    parts = elements.unflatten(-1, (across, order_z + 1, 2)).unflatten(-4, (across, order_z + 1, 2))
    for layer in range(mesh.layers):
        inside = slice(layer * order_z, layer * order_z + order_z + 1)
        matrix[..., inside, :, :, inside, :] += parts[:, :, layer]
    matrix = matrix[..., :-1, :, :, :-1, :].flatten(-2).flatten(3, 4)
    # [batch, column, node, unknown, node, unknown]
    ends, within = [0, order_x], slice(1, order_x)

    def block(rows: list[int] | slice, columns: list[int] | slice) -> Tensor:
        return matrix[:, :, rows][:, :, :, :, columns].flatten(4).flatten(2, 3)

    return block(within, within), block(ends, ends), block(within, ends)


def _by_element(
    mesh: Mesh, motion: Complex[Tensor, "batch node unknown force"]
) -> Complex[Tensor, "batch column layer dof force"]:
    """Displacements at the nodes of every element."""
    order_z, order_x = mesh.order
    whole = torch.cat([motion, motion.new_zeros(*motion.shape[:2], 2, motion.shape[-1])], 2).unflatten(
        2, (-1, 2)
    )
    columns = torch.arange(mesh.columns)[:, None] * order_x + torch.arange(order_x + 1)
    layers = torch.arange(mesh.layers)[:, None] * order_z + torch.arange(order_z + 1)
    at = whole[:, columns][:, :, :, layers]  # [batch, column, node, layer, node, component, force]
    return at.movedim(3, 2).flatten(3, 5)
