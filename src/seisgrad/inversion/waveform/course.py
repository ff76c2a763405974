"""One stage of a waveform inversion, laid out from the arguments of the whole."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, is_dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.inversion.waveform.batches import Batches, Block
from seisgrad.inversion.waveform.checkpoint import digest
from seisgrad.inversion.waveform.misfits import Misfit, misfit_named
from seisgrad.inversion.waveform.objective import Objective, Value
from seisgrad.inversion.waveform.preconditioning import Preconditioner
from seisgrad.inversion.waveform.regularisation import Penalty, Sum, Tikhonov, TotalVariation
from seisgrad.inversion.waveform.stages import Stage
from seisgrad.inversion.waveform.walks import WALKS, Walk
from seisgrad.operator import Operator, Space

_SHORT = 1.0
"""Seconds of a trial that is worth a second one."""


@dataclass(frozen=True)
class Leg:
    """A stage with its operator.

    Attributes:
        op: the operator.
        number: of the stage, 1 first, counted through both operators.
        operator: 1, or 2 for the second one.
        stage: the stage.
    """

    op: Operator
    number: int
    operator: int
    stage: Stage


@dataclass(frozen=True, eq=False)
class Problem:
    """The arguments of :func:`~seisgrad.inversion.waveform.fwi`, checked; bounds and scale shaped like the model."""

    data: Tensor
    weight: Tensor | None
    start: Tensor
    scale: Tensor
    lower: Tensor
    upper: Tensor
    free: Tensor | None
    space: Space
    tie: Operator | None
    misfit: str | Misfit
    regularisation: Penalty | None
    at_once: Mapping[str, int | None]
    seed: int
    allowed: Callable[[Tensor], Tensor] | None = None

    def model(self, z: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """The unknowns at the scaled change ``z`` from the start, within the bounds to the last bit."""
        x = torch.minimum(torch.maximum(self.start + self.scale * z, self.lower), self.upper)
        return x if self.allowed is None else self.allowed(x)

    def inside(self, z: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """The change that leads to :meth:`model`."""
        if self.allowed is None:
            lower, upper = self.limits
            return torch.minimum(torch.maximum(z, lower), upper)
        return (self.model(z) - self.start) / self.scale

    @property
    def limits(self) -> tuple[Tensor, Tensor]:
        """The bounds of z."""
        return (self.lower - self.start) / self.scale, (self.upper - self.start) / self.scale

    def origin(self, legs: Sequence[Leg]) -> dict[str, str]:
        """Digests of what the result depends on."""
        measured = self.misfit if isinstance(self.misfit, str) else type(self.misfit).__name__
        operators = [(type(leg.op).__name__, leg.op.domain, leg.op.codomain) for leg in legs]
        return {
            "data": digest(self.data, self.weight),
            "start": digest(self.start),
            "stages": digest(*(leg.stage for leg in legs)),
            "operators": digest(*operators, None if self.tie is None else type(self.tie).__name__),
            "bounds or scale": digest(self.lower, self.upper, self.scale, self.free, _said(self.allowed)),
            "misfit": digest(measured, _said(self.regularisation)),
            "seed": digest(self.seed, dict(self.at_once)),
        }

    def penalty(self, stage: Stage) -> Penalty | None:
        """The regularisation of a stage, or None."""
        terms = [
            Tikhonov(self.space, stage.damping, 0, self.start) if stage.damping else None,
            Tikhonov(self.space, stage.roughness, 1) if stage.roughness else None,
            Tikhonov(self.space, stage.curvature, 2) if stage.curvature else None,
            TotalVariation(self.space, stage.total_variation) if stage.total_variation else None,
            self.regularisation,
        ]
        wanted = [term for term in terms if term is not None]
        return Sum(wanted) if wanted else None


class Course:
    """One stage, ready to be walked.

    Args:
        problem: what is to be fitted.
        leg: the stage.
        z: where it begins.
        solves: simulations that the stages before it took.
    """

    def __init__(self, problem: Problem, leg: Leg, z: Float[Tensor, "..."], solves: int = 0) -> None:
        self.problem, self.leg, stage = problem, leg, leg.stage
        self.batches = Batches(leg.op, stage)
        self.steps = stage.iterations or (stage.epochs or 0) * self.batches.per_epoch
        chosen = stage.misfit or problem.misfit
        misfit = misfit_named(chosen, leg.op.codomain) if isinstance(chosen, str) else chosen
        penalty = problem.penalty(stage)
        self.objective = Objective(
            leg.op, problem.data, problem.weight, misfit, self.batches, problem.tie, penalty, problem.at_once
        )
        precondition = Preconditioner(problem.space, stage.smoothing, problem.free)
        self.walk: Walk = WALKS[stage.optimiser](
            z, *problem.limits, inside=problem.inside, precondition=precondition, rate=stage.rate
        )
        self.solves = solves

    def step(self, number: int) -> Value:
        """Take the step of this number, 0 first; the value of the model before it."""
        block = self._block(number)

        def evaluate(z: Tensor) -> Value:
            self.solves += self.objective.solves(block)
            value = self.objective(self.problem.model(z), block)
            return Value(value.misfit, value.penalty, value.gradient * self.problem.scale, self.solves)

        return self.walk.step(evaluate)

    def parts(self) -> int:
        """Of how many parts a step is, each worked out on its own."""
        return sum(1 for _ in self._block(0).parts(self.problem.at_once))

    def trial(self) -> float:
        """Seconds that the value of the start and its gradient take for one part of a step.

        Raises:
            WorkError: a prediction that is not finite.
        """
        part = Block(next(self._block(0).parts(self.problem.at_once)))
        seconds = [self._timed(part)]
        if seconds[0] < _SHORT:  # what is compiled or laid out once would be most of it
            seconds.append(self._timed(part))
        return min(seconds)

    def _timed(self, part: Block) -> float:
        begin = time.perf_counter()
        self.objective(self.problem.start, part)
        return time.perf_counter() - begin

    def _block(self, number: int) -> Block:
        """What the step of this number looks at: all of the band, or a batch of it for Adam."""
        if self.leg.stage.optimiser == "adam":
            return self.batches.block(number, self.problem.seed, self.leg.number)
        return self.batches.whole


def _said(part: object) -> str:
    """What a part of the problem is: all of it where it says so, else its kind."""
    return repr(part) if is_dataclass(part) else type(part).__name__
