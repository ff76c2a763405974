"""The misfit of a model with its gradient, worked out some sources at a time so that memory stays bounded."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.errors import InputError, WorkError
from seisgrad.inversion.waveform import layout
from seisgrad.inversion.waveform.batches import Batches, Block, Indices
from seisgrad.operator import Operator

_KEPT = 64  # parts of a survey that are kept ready


@dataclass(frozen=True)
class Value:
    """What a model costs.

    Attributes:
        misfit: of the data: the mean over gathers.
        penalty: of the regularisation.
        gradient: of their sum, shaped like the model.
        solves: simulations that all values of the run up to this one took.
    """

    misfit: float
    penalty: float
    gradient: Float[Tensor, "..."]
    solves: int = 0

    @property
    def total(self) -> float:
        """What is minimised."""
        return self.misfit + self.penalty


class Objective:
    """Mean misfit over the gathers of a band, plus a penalty.

    Args:
        op: predicts the data.
        data: shaped like the codomain, NaN where there are none.
        weight: broadcasts to ``data``, or None.
        misfit: ``(predicted, observed, weight)`` to the sum over gathers.
        batches: the band.
        tie: from the unknowns to the domain of ``op``, or None where they are the same.
        penalty: of the unknowns, or None.
        at_once: entries along an axis that are simulated together; all where None.

    Raises:
        InputError: no data in the band.
    """

    def __init__(
        self,
        op: Operator,
        data: Float[Tensor, "..."],
        weight: Float[Tensor, "..."] | None,
        misfit: Callable[..., Tensor],
        batches: Batches,
        tie: Operator | None,
        penalty: Callable[[Tensor], Tensor] | None,
        at_once: Mapping[str, int | None],
    ) -> None:
        self.op, self.data, self.misfit, self.tie, self.penalty = op, data, misfit, tie, penalty
        self.weight = None if weight is None else weight.expand_as(data)
        self.at_once = at_once
        self.select = lru_cache(_KEPT)(self._select)
        band = layout.part(op.codomain, self._there(), batches.band)
        self.number = int(layout.gathers(op.codomain, band).any((1, 2)).sum())
        if not self.number:
            raise InputError(
                "there are no data in the band: every value is NaN or has weight 0; choose another band"
            )

    def __call__(self, x: Float[Tensor, "..."], block: Block) -> Value:
        """The value and its gradient at ``x``, estimated from a block of the band.

        Raises:
            WorkError: a prediction or a misfit that is not finite; the message says of which shot.
        """
        x = x.detach().requires_grad_()
        model = x if self.tie is None else self.tie(x)
        at = model.detach().requires_grad_()
        slope = torch.zeros_like(at)
        misfit = 0.0
        for part in block.parts(self.at_once):
            data, weight = self._of(self.data, part), self._of(self.weight, part)
            predicted = self.select(tuple(part.items()))(at)
            value = self.misfit(predicted, data.to(predicted), weight) * (block.number / self.number)
            if not bool(value.isfinite()):
                raise WorkError(self._blame(predicted, data, weight, part))
            (own,) = torch.autograd.grad(value, at)
            slope += own
            misfit += float(value.detach())
        penalty = torch.zeros((), dtype=x.dtype) if self.penalty is None else self.penalty(x)
        (gradient,) = torch.autograd.grad(
            [(model * slope).sum(), penalty] if penalty.requires_grad else [(model * slope).sum()], x
        )
        if not bool(gradient.isfinite().all()):
            raise WorkError(
                f"the gradient is not finite though the misfit is, {misfit:g}: {type(self.op).__name__} has no "
                "derivative at this model; check it with seisgrad.checks.taylor_test"
            )
        return Value(misfit, float(penalty.detach()), gradient)

    def solves(self, block: Block) -> int:
        """Simulations of one source that a value with its gradient takes: one forward and one adjoint for each."""
        if "source" in self.op.codomain.axes:
            return 2 * len(block.indices.get("source", range(self.op.codomain.length("source"))))
        return 2

    def _select(self, part: tuple[tuple[str, tuple[int, ...]], ...]) -> Operator:
        chosen: dict[str, Any] = {axis: list(entries) for axis, entries in part}
        return self.op.select(**chosen) if chosen else self.op  # type: ignore[attr-defined]

    def _there(self) -> Tensor:
        there = ~self.data.isnan()
        return there if self.weight is None else there & (self.weight > 0)

    def _of(self, values: Any, part: Indices) -> Any:
        return None if values is None else layout.part(self.op.codomain, values, part)

    def _blame(self, predicted: Tensor, data: Tensor, weight: Tensor | None, part: Indices) -> str:
        """Which shot is at fault, numbered from 1."""
        broken = ~predicted.detach().isfinite() & ~data.isnan()
        if weight is not None:
            broken &= weight > 0
        sources = part.get("source", ())
        shots = f"shots {', '.join(str(s + 1) for s in sources)}" if sources else "the data"
        if sources and broken.any():
            axis = self.op.codomain.axes.index("source")
            first = int(broken.movedim(axis, 0).flatten(1).any(1).nonzero()[0, 0])
            shots = f"shot {sources[first] + 1}"
        what = "the prediction" if broken.any() else "the misfit"
        return (
            f"{what} for {shots} is not finite: the model has left what {type(self.op).__name__} can work with; give "
            "bounds, a smaller rate or more smoothing"
        )
