"""What a waveform inversion tells: how far it is while it runs, and how it ended."""

from dataclasses import dataclass
from typing import Literal

from jaxtyping import Float
from torch import Tensor

Status = Literal["converged", "budget used", "stalled"]

_WORDS: dict[str, str] = {
    "converged": "the misfit no longer falls by more than a millionth per step",
    "budget used": "all steps asked for were taken; more of them may fit the data better",
    "stalled": "no step along the gradient lowers the misfit: its gradient may be wrong there, or the round-off of the "
    "operator is reached",
}


@dataclass(frozen=True)
class Row:
    """One line of the history: a model that was evaluated.

    Attributes:
        operator: 1, or 2 for the one of ``then``.
        stage: 1 first, counted through both operators.
        iteration: steps of this stage taken before.
        misfit: of the data, the mean over gathers; of a batch, its estimate of that.
        penalty: of the regularisation.
        gradient: the norm of the gradient of their sum.
        solves: simulations of one source up to this value, forward or adjoint, all frequencies together.
    """

    operator: int
    stage: int
    iteration: int
    misfit: float
    penalty: float
    gradient: float
    solves: int


@dataclass(frozen=True)
class Progress:
    """What a watcher is told after every step.

    Attributes:
        share: of all steps, 0 to 1.
        stage: 1 first, of
        stages: in all.
        iteration: steps taken in this stage, of
        iterations: at most.
        misfit: of the last model evaluated.
    """

    share: float
    stage: int
    stages: int
    iteration: int
    iterations: int
    misfit: float


@dataclass(frozen=True, eq=False)
class Result:
    """The end of :func:`~seisgrad.inversion.waveform.fwi`.

    Attributes:
        model: in the domain of the operator.
        unknowns: from which it is made; the model itself where there is no parameterisation.
        models: at the ends of the stages, the last one ``model``.
        history: of every model that was evaluated and stepped from, in order.
        endings: of each stage.
        solves: simulations of one source in all, forward or adjoint, those of steps that were refused among them.
        was_finished: the folder held the end of this inversion, and nothing was done.
    """

    model: Float[Tensor, "..."]
    unknowns: Float[Tensor, "..."]
    models: tuple[Float[Tensor, "..."], ...]
    history: tuple[Row, ...]
    endings: tuple[Status, ...]
    solves: int
    was_finished: bool = False

    @property
    def status(self) -> Status:
        """The ending of the last stage."""
        return self.endings[-1]

    def of_stage(self, stage: int) -> list[Row]:
        """The history of one stage, 1 first."""
        return [row for row in self.history if row.stage == stage]

    def message(self) -> str:
        """How it ended, in a sentence."""
        stages = len(self.endings)
        rows = self.of_stage(stages)
        return (
            f"{self.status}: {_WORDS[self.status]}; {stages} stage{'s' * (stages > 1)}, {self.solves} simulations, "
            f"misfit {rows[0].misfit:.4g} at the start of the last stage and {rows[-1].misfit:.4g} at its end"
        )
