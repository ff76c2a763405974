"""A fair sample of all models that pass by, of bounded size: what medians, percentiles and single values come from.

Every model gets a random key from the seed and its number, and the models with the smallest keys are kept (Efraimidis &
Spirakis 2006, doi:10.1016/j.ipl.2005.11.003, with equal weights): the sample does not depend on the batches.
"""

from dataclasses import dataclass
from heapq import heappush, heappushpop

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seisgrad.audit.bootstrap import stream
from seisgrad.audit.measures import Key, Measures

SIZE = 2000
"""Models kept at most."""
_PURPOSE = 1


@dataclass(frozen=True, eq=False)
class Sample:
    """The kept models in the order in which they came: their numbers, the models, their values in float32."""

    model: Int[Tensor, " model"]
    profiles: Float[Tensor, "model parameter position"]
    values: Measures


class Reservoir:
    """Models and their values, in float32.

    Args:
        seed: of the choice.
        size: models kept at most.
    """

    def __init__(self, seed: int, size: int) -> None:
        self.seed, self.size = seed, size
        self.seen = 0
        self.keys: tuple[Key, ...] = ()
        self._heap: list[tuple[float, int, Tensor, Tensor]] = []  # the model to go first has the largest key

    def add(self, profiles: Float[Tensor, "model parameter position"], values: Measures) -> None:
        """Show a batch of models and their values."""
        self.keys = tuple(values)
        stacked = torch.stack(list(values.values()), dim=1).float()
        for profile, rows in zip(profiles, stacked, strict=True):
            key = float(stream(self.seed, self.seen, _PURPOSE).random())
            entry = (-key, self.seen, profile.clone(), rows.clone())  # a view would hold its whole batch
            if len(self._heap) < self.size:
                heappush(self._heap, entry)
            else:
                heappushpop(self._heap, entry)
            self.seen += 1

    def sample(self) -> Sample:
        """What was kept."""
        entries = sorted(self._heap, key=lambda entry: entry[1])
        _, numbers, profiles, rows = zip(*entries, strict=True)
        values = dict(zip(self.keys, torch.stack(rows, dim=1), strict=True))
        return Sample(torch.tensor(numbers), torch.stack(profiles), values)
