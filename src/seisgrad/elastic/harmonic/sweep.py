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


def surface_response(
    mesh: Mesh, elements: Complex[Tensor, "batch column layer dof dof"]
) -> Complex[Tensor, "batch motion force"]:
    """Displacement of the surface's nodes (node, component along x and z) by unit forces there, 1/GPa."""
    return _Response.apply(elements, mesh)[0]  # type: ignore[index]


class _Response(torch.autograd.Function):
    @staticmethod
    def forward(elements: Tensor, mesh: Mesh) -> tuple[Tensor, Tensor]:
        motion = displacements(mesh, elements)
        return motion[:, :, :2].flatten(1, 2), motion

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple, output: tuple[Tensor, Tensor]) -> None:
        ctx.mesh = inputs[1]
        ctx.mark_non_differentiable(output[1])
        ctx.save_for_backward(output[1])
        ctx.save_for_forward(output[1])

    @staticmethod
    def backward(ctx: Any, cotangent: Tensor, _: Tensor) -> tuple:  # pyright: ignore[reportIncompatibleMethodOverride]
        (motion,) = ctx.saved_tensors
        at = _by_element(ctx.mesh, motion).conj()
        weighted = at.flatten(1, 3) @ cotangent
        return -(weighted.unflatten(1, at.shape[1:4]) @ at.mT), None

    @staticmethod
    def jvp(ctx: Any, change: Tensor, _: None) -> tuple:  # pyright: ignore[reportIncompatibleMethodOverride]
        (motion,) = ctx.saved_tensors
        at = _by_element(ctx.mesh, motion)
        return -(at.flatten(1, 3).mT @ (change @ at).flatten(1, 3)), None

    @staticmethod
    def vmap(info: Any, in_dims: tuple, elements: Tensor, mesh: Mesh) -> tuple:  # pyright: ignore[reportIncompatibleMethodOverride]
        elements = elements.movedim(in_dims[0], 0)
        found = _Response.apply(elements.flatten(0, 1), mesh)
        return tuple(part.unflatten(0, elements.shape[:2]) for part in found), (0, 0)  # type: ignore[union-attr]


def displacements(
    mesh: Mesh, elements: Complex[Tensor, "batch column layer dof dof"]
) -> Complex[Tensor, "batch node unknown force"]:
    """What unit forces at the surface's nodes do below every node of the surface; unknowns (depth, component)."""
    inner, sides, coupling = _blocks(mesh, elements)
    order, unknowns, columns = mesh.order[1], mesh.unknowns, mesh.columns
    pulled = torch.linalg.solve(inner, torch.cat([coupling, _inner_forces(order, coupling)], -1))
    by_sides, by_forces = pulled.split([2 * unknowns, 2 * (order - 1)], -1)
    sides = sides - coupling.mT @ by_sides
    at_sides = _sweep(mesh, sides, -coupling.mT @ by_forces)
    within = -by_sides @ torch.cat([at_sides[:, :-1], at_sides[:, 1:]], 2)
    for k in range(columns):
        within[:, k, :, 2 * (k * order + 1) : 2 * (k + 1) * order] += by_forces[:, k]
    within = within.unflatten(2, (order - 1, unknowns))
    nodes = torch.cat([at_sides[:, :-1, None], within], 2).flatten(1, 2)
    return torch.cat([nodes, at_sides[:, -1:]], 1)


def _sweep(
    mesh: Mesh,
    sides: Complex[Tensor, "batch column side side"],
    inner: Complex[Tensor, "batch column side within"],
) -> Complex[Tensor, "batch edge unknown force"]:
    """Displacements at the edges of the columns: from left to right and back.

    Args:
        mesh: the columns.
        sides: of every column reduced to its left and right edge, the matrix,
        inner: and what a unit force at a node within is worth there.
    """
    order, half, columns = mesh.order[1], mesh.unknowns, mesh.columns
    left, right = sides[..., :half, :half], sides[..., half:, half:]
    across = sides[..., :half, half:]
    steps, found = [], []
    for k in range(columns + 1):
        known = 2 * min((k + 1) * order, mesh.surface)  # forces up to here have been met
        pivot = torch.zeros_like(left[:, 0])
        force = pivot.new_zeros(len(pivot), half, known)
        force[:, :2, 2 * k * order : 2 * k * order + 2] = torch.eye(2, dtype=force.dtype, device=force.device)
        if k < columns:
            pivot = pivot + left[:, k]
            force[:, :, 2 * (k * order + 1) : 2 * (k + 1) * order] += inner[:, k, :half]
        if k > 0:
            back = across[:, k - 1].mT
            pivot = pivot + right[:, k - 1] - back @ steps[-1]
            before = slice(2 * ((k - 1) * order + 1), 2 * k * order)
            force[..., before] += inner[:, k - 1, half:]
            force[..., : found[-1].shape[-1]] -= back @ found[-1]
        ahead = [across[:, k]] if k < columns else []
        solved = torch.linalg.solve(pivot, torch.cat([*ahead, force], -1))
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


def _inner_forces(order: int, like: Tensor) -> Tensor:
    """Unit forces at the surface's nodes within a column, on its unknowns."""
    unknowns = like.shape[-1] // 2
    forces = like.new_zeros(order - 1, unknowns, order - 1, 2)
    for a in range(order - 1):
        forces[a, :2, a] = torch.eye(2, dtype=like.dtype, device=like.device)
    return forces.flatten(2).flatten(0, 1).expand(*like.shape[:2], -1, -1)


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
