"""What an audit compares with what: the parameters, positions, branches and outputs of two operators' spaces.

The last axis of the domain is the profile (depth), its other axes together are the parameters. The last axis of the
codomain is the one along which theory's peak moves (period), its other axes together are the branches. A domain of one
axis has one parameter, a codomain of one axis one branch.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from numbers import Real

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from seisgrad.errors import InputError
from seisgrad.operator import Space


@dataclass(frozen=True, eq=False)
class Layout:
    """The axes of the kernels ``[model, branch, output, parameter, position]``, and how they are summarised.

    Attributes:
        parameters: names, in the order of the domain.
        positions: coordinates along the profile, in the unit of the domain's last axis (km).
        branches: names, in the order of the codomain.
        outputs: coordinates along the codomain's last axis (s).
        inside: positions that count; whatever lies outside is in no metric. For an operator on layers, the last
            one, a half-space that stands for everything below, is usually none of them.
        groups: sets of outputs that are summarised together, by name; by default one per branch.
        position_axis: what the profile runs along, for people: ``"depth"``.
        output_axis: what the outputs run along: ``"period"``.

    Raises:
        InputError: masks that do not fit the axes, no position inside, a group without an output.
    """

    parameters: tuple[str, ...]
    positions: Float[Tensor, " position"]
    branches: tuple[str, ...]
    outputs: tuple[float, ...]
    inside: Bool[Tensor, " position"]
    groups: Mapping[str, Bool[Tensor, "branch output"]]
    position_axis: str = "position"
    output_axis: str = "output"

    def __post_init__(self) -> None:
        if self.inside.shape != self.positions.shape or not self.inside.any():
            raise InputError(
                f"the mask of positions that count has shape {tuple(self.inside.shape)} and {int(self.inside.sum())} "
                f"of them, expected {tuple(self.positions.shape)} and at least one"
            )
        shape = (len(self.branches), len(self.outputs))
        for name, mask in self.groups.items():
            if mask.shape != shape or not mask.any():
                raise InputError(
                    f"group {name!r} has shape {tuple(mask.shape)} and {int(mask.sum())} outputs, expected "
                    f"{shape} and at least one"
                )

    @classmethod
    def of(
        cls,
        domain: Space,
        codomain: Space,
        *,
        inside: Bool[Tensor, " position"] | None = None,
        groups: Mapping[str, Bool[Tensor, "branch output"]] | None = None,
    ) -> "Layout":
        """The layout of two spaces.

        Args:
            domain: the operators' domain.
            codomain: their codomain.
            inside: positions that count; all by default.
            groups: outputs to summarise together; one group per branch by default.

        Raises:
            InputError: a space without axes, and what the class lists.
        """
        for space in (domain, codomain):
            if not space.ndim:
                raise InputError(
                    f"the space {space} has no axis, expected at least one to lay an audit along"
                )
        branches, outputs = _names(codomain), _coordinates(codomain)
        if groups is None:
            masks = torch.eye(len(branches), dtype=torch.bool)[:, :, None].expand(-1, -1, len(outputs))
            groups = dict(zip(branches, masks, strict=True))
        positions = torch.tensor(_coordinates(domain), dtype=torch.float64)
        if inside is None:
            inside = torch.ones(len(positions), dtype=torch.bool)
        return cls(
            _names(domain), positions, branches, outputs, inside, groups, domain.axes[-1], codomain.axes[-1]
        )

    def check(self, domain: Space, codomain: Space) -> None:
        """Raise InputError where the axes are not those of two spaces."""
        for space, axes in (
            (domain, (len(self.parameters), len(self.positions))),
            (codomain, (len(self.branches), len(self.outputs))),
        ):
            if space.size != axes[0] * axes[1] or space.shape[-1:] != axes[1:]:
                raise InputError(
                    f"the layout has {axes[0]} x {axes[1]} entries for {space}: make it with Layout.of from the spaces "
                    "of the reference"
                )

    @property
    def compared(self) -> Float[Tensor, " inside"]:
        """The coordinates of the positions that count."""
        return self.positions[self.inside]

    def profiles(self, x: Float[Tensor, "..."]) -> Float[Tensor, "model parameter position"]:
        """Models ``[model, *domain.shape]`` with their parameters on one axis."""
        return x.reshape(len(x), len(self.parameters), len(self.positions))

    def values(self, y: Float[Tensor, "..."]) -> Float[Tensor, "model branch output"]:
        """Values ``[model, *codomain.shape]`` with their branches on one axis."""
        return y.reshape(len(y), len(self.branches), len(self.outputs))

    def kernels(self, rows: Float[Tensor, "..."]) -> Float[Tensor, "model branch output parameter position"]:
        """Jacobians ``[model, *codomain.shape, *domain.shape]`` in the form that the audit works on."""
        shape = (len(self.branches), len(self.outputs), len(self.parameters), len(self.positions))
        return rows.reshape(len(rows), *shape)


def _names(space: Space) -> tuple[str, ...]:
    """One name for each entry of all axes but the last."""
    if space.ndim == 1:
        return (space.name,)
    labels = [
        [str(label) for label in space.coords.get(axis, [f"{axis} {i}" for i in range(length)])]
        for axis, length in zip(space.axes[:-1], space.shape[:-1], strict=True)
    ]
    return tuple(" ".join(parts) for parts in product(*labels))


def _coordinates(space: Space) -> tuple[float, ...]:
    """Numbers along the last axis: its coordinates, or the index where it has none or they are words."""
    values = space.coords.get(space.axes[-1], ())
    if values and all(isinstance(value, Real) for value in values):
        return tuple(float(value) for value in values)
    return tuple(float(i) for i in range(space.shape[-1]))
