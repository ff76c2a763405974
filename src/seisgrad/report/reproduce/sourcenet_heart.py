"""The first thing a network of sources must be able to do: learn a hundred events by heart."""

import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from seisgrad.report.reproduce.table import Line
from seisgrad.source.task import Draws, SourceTask

EVENTS = 100
STEPS = 600
BATCH = 50
_SEED = 100
_RATES = {"harmonic": 2e-3, "sourcenet": 5e-4}
_EVERY = 20


@dataclass(frozen=True)
class Course:
    """How a network learned events by heart.

    Attributes:
        steps: at which it was judged.
        kagan: mean Kagan angle on these events, degrees.
        magnitude: mean error of the magnitude.
        loss: without the part that trains the doubt.
    """

    steps: tuple[int, ...]
    kagan: tuple[float, ...]
    magnitude: tuple[float, ...]
    loss: tuple[float, ...]


def by_heart(
    draws: Draws,
    kind: str = "harmonic",
    size: Any = None,
    *,
    events: int = EVENTS,
    steps: int = STEPS,
    tell: Callable[[str], None] = lambda text: None,
) -> Course:
    """Train a network on the same events over and over, until it knows them.

    Args:
        draws: where the events come from; they are noisy, but always the same.
        kind, size: of the network, as for :class:`~seisgrad.source.task.SourceTask`.
        events: how many.
        steps: of half of the events each.
        tell: how far it is.
    """
    task = SourceTask(draws, kind, size, seed=_SEED)
    batch = task.batch("train", np.arange(events), np.random.default_rng(_SEED))
    network = task.network.train()
    best = torch.optim.AdamW(network.parameters(), _RATES[kind], weight_decay=0.0)
    rate = torch.optim.lr_scheduler.LambdaLR(best, lambda k: 0.5 * (1.0 + math.cos(math.pi * k / steps)))
    order = torch.Generator().manual_seed(_SEED)
    rows: list[tuple[int, float, float, float]] = []
    for step in range(1, steps + 1):
        chosen = torch.randperm(events, generator=order)[: min(BATCH, events)].sort().values
        best.zero_grad()
        task.loss(network, {name: x[chosen] for name, x in batch.items()})["loss"].backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        best.step()
        rate.step()
        if step % _EVERY == 0 or step in (1, steps):
            network.eval()
            with torch.no_grad():
                found = {name: float(x) for name, x in task.loss(network, batch).items()}
            network.train()
            loss = found["loss"] - 0.1 * found["doubt"]
            rows.append((step, found["kagan"], found["magnitude"], loss))
            tell(f"step {step} of {steps}, {found['kagan']:.1f} degrees")
    return Course(*zip(*rows, strict=True))


def kept_by_heart(file: Path, learn: Callable[[], Course]) -> Course:
    """A course from its file, or the one that is made now and kept there."""
    if file.is_file():
        kept = json.loads(file.read_text(encoding="utf-8"))
        return Course(**{name: tuple(values) for name, values in kept.items()})
    course = learn()
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".draft")
    draft.write_text(json.dumps(asdict(course)), encoding="utf-8")
    draft.replace(file)
    return course


def heart_lines(name: str, found: Course, events: int = EVENTS) -> list[Line]:
    """What is left at the end; the paper asks for less than 5 degrees and a loss near 0."""
    ends = {"kagan_mean_deg": found.kagan, "mw_mae": found.magnitude, "loss": found.loss}
    return [
        Line(name, "100 events by heart", metric, values[-1], events, 0) for metric, values in ends.items()
    ]
