"""Ways down a misfit whose every value is a row of simulations: Adam for batches, L-BFGS for all data at once.

Both walk within bounds by projection. A barrier would bend the misfit near a bound, and a logistic map would flatten
it there, so that a cell that has once come near a bound hardly leaves it again; projection changes nothing inside, and
frees a cell as soon as its gradient points inwards.

L-BFGS is the recursion itself, because three things are wanted together that no kept library has together: bounds, a
preconditioner (the smoothing is the inverse curvature that the recursion begins with, so that steps are smooth while
the line search sees the true gradient), and a state in plain arrays from which a killed run resumes bit for bit.
"""

import abc
from collections.abc import Callable, Mapping

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from seisgrad.errors import InputError, WorkError
from seisgrad.inversion.waveform.objective import Value

Evaluate = Callable[[Float[Tensor, "..."]], Value]
Arrays = dict[str, Tensor]
Change = Callable[[Tensor], Tensor]

_MEMORY = 10  # pairs that L-BFGS remembers
_ACCEPT = 1e-4  # least share of the promised decrease that a step must deliver (Armijo)
_TRIALS = 12  # of a step's length
_LEVEL = 1e-6  # relative decrease of the misfit below which L-BFGS has converged


class Walk(abc.ABC):
    """A walk that has come to ``z``.

    Args:
        z: where it begins.
        lower: of z, broadcasts to it.
        upper: of z, broadcasts to it.
        inside: the nearest place that is allowed, within the bounds at least.
        precondition: a symmetric positive map of gradients; 0 for cells that are held.
        rate: length of the steps.

    Attributes:
        ending: why no further step is worth while, or None.
    """

    def __init__(
        self,
        z: Tensor,
        lower: Tensor,
        upper: Tensor,
        *,
        inside: Change,
        precondition: Change,
        rate: float,
    ) -> None:
        self.z, self.lower, self.upper = z.clone(), lower, upper
        self.inside, self.precondition, self.rate = inside, precondition, rate
        self.ending: str | None = None

    @abc.abstractmethod
    def step(self, evaluate: Evaluate) -> Value:
        """Take one step, and return the value of where it began; ``evaluate`` gives values in z."""

    @abc.abstractmethod
    def arrays(self) -> Arrays:
        """Everything the next step depends on; later steps leave these arrays as they are."""

    @abc.abstractmethod
    def load(self, arrays: Mapping[str, Tensor]) -> None:
        """Take up what :meth:`arrays` has given."""


class AdamWalk(Walk):
    """Torch's Adam (Kingma & Ba 2015, arXiv:1412.6980) on preconditioned gradients, projected after each step."""

    def __init__(self, *where: Tensor, inside: Change, precondition: Change, rate: float) -> None:
        super().__init__(*where, inside=inside, precondition=precondition, rate=rate)
        self._begin()

    def _begin(self) -> None:
        self.place = self.z.clone().requires_grad_()
        self.optimiser = torch.optim.Adam([self.place], lr=self.rate)

    def step(self, evaluate: Evaluate) -> Value:
        value = evaluate(self.z)
        self.place.grad = self.precondition(value.gradient)
        self.optimiser.step()
        with torch.no_grad():
            self.place.copy_(self.inside(self.place))
        self.z = self.place.detach().clone()
        return value

    def arrays(self) -> Arrays:
        state = self.optimiser.state.get(self.place, {})
        return {"z": self.z, **{f"adam_{name}": part.clone() for name, part in state.items()}}

    def load(self, arrays: Mapping[str, Tensor]) -> None:
        self.z = arrays["z"]
        self._begin()
        state = {
            name.removeprefix("adam_"): part for name, part in arrays.items() if name.startswith("adam_")
        }
        if state:
            self.optimiser.state[self.place] = state


class LbfgsWalk(Walk):
    """L-BFGS (Nocedal 1980, Math. Comput. 35, 773) among the cells that no bound holds, with the step projected
    (Bertsekas 1982, SIAM J. Control Optim. 20, 221)."""

    def __init__(self, *where: Tensor, inside: Change, precondition: Change, rate: float) -> None:
        super().__init__(*where, inside=inside, precondition=precondition, rate=rate)
        self.at: Value | None = None
        self.pairs: list[tuple[Tensor, Tensor]] = []  # steps and changes of the gradient, oldest first

    def step(self, evaluate: Evaluate) -> Value:
        at = self.at or evaluate(self.z)
        self.at = at
        moved = self._search(at, evaluate)
        if moved is None and self.pairs and self.ending is None:
            self.pairs = []  # what was learned misleads: once more, straight down
            moved = self._search(at, evaluate)
        if moved is None:
            self.ending = self.ending or "stalled"
            return at
        z, found = moved
        step, change = z - self.z, found.gradient - at.gradient
        if float((step * change).sum()) > 1e-10 * float(step.norm() * change.norm()):
            self.pairs = [*self.pairs, (step, change)][-_MEMORY:]
        self.z, self.at = z, found
        if at.total - found.total <= _LEVEL * abs(at.total):
            self.ending = "converged"
        return at

    def _search(self, at: Value, evaluate: Evaluate) -> tuple[Tensor, Value] | None:
        """The end of the first step that lowers the value enough, or None."""
        free = ~(((self.z <= self.lower) & (at.gradient > 0)) | ((self.z >= self.upper) & (at.gradient < 0)))
        direction = self._direction(at.gradient * free, free)
        if not bool((direction != 0).any()):
            self.ending = "converged"
            return None
        length = 1.0
        for _ in range(_TRIALS):
            z = self.inside(self.z + length * direction)
            promised = float((at.gradient * (z - self.z)).sum())
            if promised >= 0:
                return None
            try:
                found = evaluate(z)
            except (InputError, WorkError):  # no earth at all: the step was too long
                length *= 0.5
                continue
            if found.total <= at.total + _ACCEPT * promised:
                return z, found
            bend = found.total - at.total - promised
            length *= min(max(-0.5 * promised / bend, 0.1), 0.5)
        return None

    def _direction(self, gradient: Tensor, free: Bool[Tensor, "..."]) -> Tensor:
        """Minus the inverse curvature times the gradient, among the free cells."""
        pairs = [(s * free, y * free) for s, y in self.pairs]
        pairs = [(s, y, float((s * y).sum())) for s, y in pairs]
        pairs = [(s, y, product) for s, y, product in pairs if product > 0]
        vector, shares = gradient, []
        for s, y, product in reversed(pairs):
            shares.append((s * vector).sum() / product)
            vector = vector - shares[-1] * y
        vector = self.precondition(vector) * free
        if pairs:
            _, y, product = pairs[-1]
            vector = vector * (
                product / (y * self.precondition(y) * free).sum().clamp(min=torch.finfo(y.dtype).tiny)
            )
        else:
            vector = vector * (self.rate / vector.abs().max().clamp(min=torch.finfo(vector.dtype).tiny))
        for (s, y, product), share in zip(pairs, reversed(shares), strict=True):
            vector = vector + (share - (y * vector).sum() / product) * s
        return -vector

    def arrays(self) -> Arrays:
        found = {"z": self.z}
        if self.at is not None:
            found["gradient"] = self.at.gradient
            found["value"] = torch.tensor(
                [self.at.misfit, self.at.penalty, self.at.solves], dtype=torch.float64
            )
        for k, (step, change) in enumerate(self.pairs):
            found[f"step_{k}"], found[f"change_{k}"] = step, change
        return found

    def load(self, arrays: Mapping[str, Tensor]) -> None:
        self.z = arrays["z"]
        if "value" in arrays:
            misfit, penalty, solves = arrays["value"].tolist()
            self.at = Value(misfit, penalty, arrays["gradient"], int(solves))
        number = sum(name.startswith("step_") for name in arrays)
        self.pairs = [(arrays[f"step_{k}"], arrays[f"change_{k}"]) for k in range(number)]


WALKS: dict[str, type[AdamWalk] | type[LbfgsWalk]] = {"adam": AdamWalk, "lbfgs": LbfgsWalk}
"""By the name of the optimiser."""
