"""Networks compared on the same events: differences of mean errors with intervals by paired bootstrap."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.report.reproduce.sourcenet import CASES
from seisgrad.report.reproduce.table import Line
from seisgrad.source.judging import Errors

FURTHER = "kagan_further_deg"
"""The metric: mean Kagan angle less that of a reference on the same events."""
_DRAWS = 2000
_SEED = 2601
_AT_ONCE = 200


class Difference(NamedTuple):
    """How much larger a mean error is than that of a reference, with the ends of its 95 % interval."""

    mean: float
    low: float
    high: float


def difference(
    errors: Sequence[Float[Tensor, " event"]], reference: Sequence[Float[Tensor, " event"]]
) -> Difference:
    """The difference of mean errors of two networks, each trained from one or several seeds, on the same events.

    Events are drawn with replacement, the same ones for both; so are the trainings of each network, where it has
    several. One training says nothing of how much another one would differ.

    Args:
        errors: one row for every training.
        reference: the same, of what they are compared with.
    """
    rng = np.random.default_rng(_SEED)
    ours, theirs = (torch.stack(list(rows)).double() for rows in (errors, reference))
    number, differences = ours.shape[1], []
    for _ in range(0, _DRAWS, _AT_ONCE):
        counts = rng.multinomial(number, np.full(number, 1.0 / number), _AT_ONCE)
        weight = torch.from_numpy(counts / number)
        mean = [_of_trainings(weight @ rows.T, rng) for rows in (ours, theirs)]
        differences.append(mean[0] - mean[1])
    low, high = torch.cat(differences).quantile(torch.tensor([0.025, 0.975], dtype=torch.float64)).tolist()
    return Difference(float(ours.mean() - theirs.mean()), low, high)


def _of_trainings(means: Float[Tensor, "draw training"], rng: np.random.Generator) -> Float[Tensor, " draw"]:
    """Means over trainings drawn with replacement."""
    draws, trainings = means.shape
    chosen = torch.from_numpy(rng.integers(trainings, size=(draws, trainings)))
    return means.gather(1, chosen).mean(1)


def pair_lines(operator: str, found: Mapping[str, Errors], reference: Mapping[str, Errors]) -> list[Line]:
    """How much further off one network is than another, by case; p05 and p95 are the ends of the 95 % interval."""
    lines = []
    for case in CASES:
        if case.group in found and (of := case.of(found[case.group])).any():
            apart = difference([found[case.group].kagan[of]], [reference[case.group].kagan[of]])
            spread = {"median": apart.mean, "p05": apart.low, "p95": apart.high}
            lines.append(Line(operator, case.name, FURTHER, apart.mean, int(of.sum()), 0, **spread))
    return lines
