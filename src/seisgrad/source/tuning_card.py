"""The card of a tuned network: how wide its answers must be, what it knows, and its errors before and after."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Int
from numpy import ndarray
from torch import Tensor

from seisgrad.nn import weights
from seisgrad.source.conformal import STRATA, Conformal, calibrate
from seisgrad.source.error_card import COVERAGE, Found, errors_of, summary_of
from seisgrad.source.familiar import seen
from seisgrad.source.fine_tuning import TuningTask, selected
from seisgrad.source.labelled import LEAST, Labelled
from seisgrad.source.surrogate import FARTHEST, SourceNet

_OF_STRATUM = 20  # events from which a quantile is taken; strata with fewer join the next


def finish_card(folder: Path, task: TuningTask) -> list[dict[str, Any]]:
    """Calibrate a tuned network on its validation events and measure it on its test events, into the card.

    The balls are those of :mod:`seisgrad.source.conformal`, ``range`` is what training and validation hold, ``errors``
    has two rows: the test events before and after.

    Args:
        folder: of the tuned network.
        task: of which it comes.

    Returns:
        The errors.
    """
    network, events = SourceNet(folder), task.events
    check = found_on(network, events, task.parts["validation"])
    of = {"coverage": COVERAGE, "fewest": _strata(check.stations)}
    balls = {
        "kagan": calibrate(check.kagan, check.expected, check.stations, limit=FARTHEST, **of),
        "magnitude": calibrate(check.magnitude, torch.ones_like(check.magnitude), check.stations, **of),
    }
    known = np.concatenate([task.parts["train"], task.parts["validation"]])
    entries: dict[str, Any] = {
        "conformal": {name: ball.to_dict() for name, ball in balls.items()},
        "range": seen(selected(events.gather, known)),
    }
    after = found_on(network, events, task.parts["test"])
    inside = after.kagan <= balls["kagan"].radius(after.expected, after.stations)
    before = SourceNet(task.before)
    first = found_on(before, events, task.parts["test"])
    held = torch.zeros_like(inside)
    if "conformal" in before.card:
        own = Conformal.from_dict(before.card["conformal"]["kagan"])
        held = first.kagan <= own.radius(first.expected, first.stations)
    rows = [
        {"case": case, "stations": LEAST, **summary_of(found, within)}
        for case, found, within in (("test events", after, inside), ("test events before", first, held))
    ]
    pair = weights.files(folder)
    pair.annotate(pair.read_record() | entries | {"errors": rows})
    return rows


def found_on(network: SourceNet, events: Labelled, index: Int[ndarray, " number"]) -> Found:
    """The errors of a network on some of the events."""
    return errors_of(network, selected(events.gather, index), events.moment[torch.from_numpy(index)])


def _strata(stations: Int[Tensor, " event"]) -> tuple[int, ...]:
    """Fewest stations of each stratum: those of a synthetic calibration, joined where they hold too few events."""
    edges = list(STRATA)
    while len(edges) > 1:
        highest = [*edges[1:], 10**9]
        counts = [
            int(((stations >= low) & (stations < high)).sum())
            for low, high in zip(edges, highest, strict=True)
        ]
        few = next((k for k, number in enumerate(counts) if number < _OF_STRATUM), None)
        if few is None:
            break
        del edges[max(few, 1)]
    return tuple(edges)
