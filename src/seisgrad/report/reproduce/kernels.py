"""Two operators on the same earths: their velocities and their kernels, value by value.

The table asks for the fundamental Rayleigh and Love phase velocities at 2, 3, …, 60 s. The exact kernels of a batch
of models are made once and every operator is measured against them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from seisgrad import audit
from seisgrad.dispersion import Branch, Physics, Survey, kernels
from seisgrad.earth import LayeredModel
from seisgrad.errors import InputError
from seisgrad.operator import Function, Operator, linearise

WAVES = ("rayleigh", "love")
SURVEY = Survey(tuple(Branch(wave) for wave in WAVES), torch.arange(2.0, 61.0, dtype=torch.float64))
PARAMETERS = ("vp", "vs", "rho")
"""The order of the operators' domain."""

BOTTOM = 110.0
"""Kernels are compared at nodes whose top is above this depth, km."""
WIDTH = 9
"""Samples in the running mean of the published metrics."""
BATCH = 10
"""Models evaluated at a time: 118 rows of 3 x 256 numbers each."""
ROWS = 30
"""Rows of a Jacobian computed at a time, to bound the memory of a large network."""

MEASURES = {
    "raw_cosine": audit.cosine,
    "raw_correlation": audit.pearson,
    "relative_l2": audit.relative_l2,
    "amplitude_ratio": audit.amplitude_ratio,
    "sign_error": audit.sign_error,
    "depth_integral_error": audit.depth_integral_error,
}
"""The honest metrics, each taken for vp, vs and rho."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """One operator against the exact one, on one ensemble.

    Attributes:
        values: by metric, ``[model, branch, period]``; NaN where one of the two gives no value.
        halfspace: kernels of the half-space's node, learned and exact, ``[2, 3, model, branch, period]``.
    """

    values: dict[str, Float[Tensor, "model branch period"]]
    halfspace: Float[Tensor, "2 3 model branch period"]

    @staticmethod
    def together(parts: "list[Comparison]") -> "Comparison":
        """Batches of models as one comparison."""
        values = {name: torch.cat([part.values[name] for part in parts]) for name in parts[0].values}
        return Comparison(values, torch.cat([part.halfspace for part in parts], dim=2))


@dataclass(frozen=True, eq=False)
class Rows:
    """What an operator says of a batch of models: km/s ``[model, branch, period]``, and the rows of its Jacobian."""

    velocity: Float[Tensor, "model branch period"]
    kernel: Float[Tensor, "model branch period 3 depth"]


def evaluate(
    operators: Mapping[str, Operator],
    models: Float[Tensor, "model 3 depth"],
    depth: Float[Tensor, " depth"],
    tell: Callable[[int], None] = lambda done: None,
) -> dict[str, Comparison]:
    """Compare operators with the exact one on the same models.

    Args:
        operators: by name, from ``[3, depth]`` to the branches and periods of :data:`SURVEY` at least.
        models: vp, vs (km/s), rho (g/cm³).
        depth: tops of the layers, km; the last is the half-space.
        tell: called with the number of models done, after each batch.

    Raises:
        InputError: an operator for another grid, or without the branches or periods of the table.
    """
    fitting = {name: fitted(operator, depth) for name, operator in operators.items()}
    parts: dict[str, list[Comparison]] = {name: [] for name in operators}
    for first in range(0, len(models), BATCH):
        x = models[first : first + BATCH]
        exact = exact_rows(x, depth)
        for name, operator in fitting.items():
            parts[name].append(compare(learned_rows(operator, x, exact), exact, x, depth))
        tell(first + len(x))
    return {name: Comparison.together(found) for name, found in parts.items()}


def fitted(operator: Operator, depth: Float[Tensor, " depth"]) -> Operator:
    """The operator cut to the branches and periods of the table.

    Raises:
        InputError: its domain is another grid, or it lacks one of those branches or periods.
    """
    wanted = Physics(SURVEY, depth)
    reason = operator.domain.mismatch(wanted.domain)
    if reason:
        raise InputError(
            f"the operator expects {operator.domain}, but the table has {wanted.domain}: {reason}"
        )
    if operator.codomain.mismatch(wanted.codomain) is None:
        return operator
    branches, periods = (_places(operator, wanted, axis) for axis in ("branch", "period"))
    return Function(lambda y: y[branches][:, periods], operator.codomain, wanted.codomain) @ operator


def _places(operator: Operator, wanted: Operator, axis: str) -> Tensor:
    have, need = (space.coords.get(axis, ()) for space in (operator.codomain, wanted.codomain))
    missing = [value for value in need if value not in have]
    if missing:
        raise InputError(
            f"the operator gives {operator.codomain} without {axis} {missing[0]}, expected every {axis} of the table: "
            f"{need[0]} to {need[-1]}"
        )
    return torch.tensor([have.index(value) for value in need])


def exact_rows(x: Float[Tensor, "model 3 depth"], depth: Float[Tensor, " depth"]) -> Rows:
    """Exact velocities and kernels of the table's branches."""
    vp, vs, rho = x.unbind(-2)
    thickness = torch.cat([depth.diff(), depth.new_zeros(1)]).expand(vp.shape)
    earth = LayeredModel(thickness, vp, vs, rho)
    found = [kernels(earth, SURVEY.periods, wave=branch.wave) for branch in SURVEY.branches]
    velocity = torch.stack([k.velocity for k in found], dim=1)
    return Rows(velocity, torch.stack([torch.stack([k.vp, k.vs, k.rho], dim=-2) for k in found], dim=1))


def learned_rows(operator: Operator, x: Float[Tensor, "model 3 depth"], exact: Rows) -> Rows:
    """Velocities and kernels of an operator by its own derivative; those of the exact one are at hand."""
    if isinstance(operator, Physics):
        return exact
    velocity, kernel = linearise(operator, x, chunk_size=ROWS)
    return Rows(velocity.detach(), kernel.detach())


def compare(
    learned: Rows, exact: Rows, x: Float[Tensor, "model 3 depth"], depth: Float[Tensor, " depth"]
) -> Comparison:
    """Every metric of a batch of models.

    The raw kernels are layer-integrated derivatives over the nodes with tops above :data:`BOTTOM`, neither smoothed
    nor normalised. The half-space's node is a sum over everything below and no part of them.
    """
    error = (learned.velocity - exact.velocity).abs()
    values = {"mape_percent": 100.0 * error / exact.velocity, "mae": error}
    inside = compared(depth)
    for i, parameter in enumerate(PARAMETERS):
        a, b = (rows.kernel[..., i, inside] for rows in (learned, exact))
        values |= {f"{name}_{parameter}": measure(a, b) for name, measure in MEASURES.items()}
    vs = PARAMETERS.index("vs")
    a, b = (rows.kernel[..., vs, inside] for rows in (learned, exact))
    scaled = a * x[:, None, None, vs, inside] / learned.velocity[..., None]
    values |= _published("paper_{}_vs", a, b) | _published("paper_{}_vs_scaled", scaled, b)
    halfspace = torch.stack([rows.kernel[..., -1].movedim(-1, 0) for rows in (learned, exact)])
    return Comparison(values, halfspace)


def compared(depth: Float[Tensor, " depth"]) -> Bool[Tensor, " depth"]:
    """The nodes whose kernels are compared: tops above :data:`BOTTOM`, never the half-space."""
    inside = depth < BOTTOM
    inside[-1] = False
    return inside


def _published(name: str, learned: Tensor, exact: Tensor) -> dict[str, Tensor]:
    """The paper's metrics: kernels smoothed over :data:`WIDTH` samples and divided by their L1 norm first."""
    a, b = (audit.smooth_and_normalise(kernel, WIDTH) for kernel in (learned, exact))
    return {
        name.format("cosine"): audit.cosine(a, b),
        name.format("correlation"): audit.pearson(a, b),
        name.format("mae"): audit.mean_absolute_difference(a, b),
    }
