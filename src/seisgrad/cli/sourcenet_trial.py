"""What ``seisgrad reproduce sourcenet`` will take: events and answers, counted, and a few of them timed."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from seisgrad.cli.costs import PAGES
from seisgrad.cli.estimate import Estimate, in_use

if TYPE_CHECKING:
    from seisgrad.source.surrogate import SourceNet

_ONCE = 60.0
"""Seconds for the figures and all that does not grow with the events."""
_TRIAL = 64
"""Events that are drawn and answered for a trial."""
_WAYS = 25
"""Answers for an event whose stations are taken away one by one."""
_GRADIENT = 3
"""Answers that an answer with its gradient is worth."""


class Numbers(NamedTuple):
    """Events that are drawn for what is looked at besides the errors.

    Attributes:
        scalars: asked about without scalars.
        removed: asked about without some of their stations.
        latent: of each group, put into the latent space.
    """

    scalars: int
    removed: int
    latent: int


def numbers(events: int) -> Numbers:
    """How many, where so many are judged in each group."""
    return Numbers(events // 2 + 1, max(64, events // 5), max(64, events // 3))


def foretold(
    networks: "Mapping[str, SourceNet]",
    bank: Path,
    events: int,
    state: Path,
    place: Path,
    *,
    by_heart: bool,
) -> Estimate:
    """The estimate for all that follows the Green's functions; what is kept of an earlier run is not counted.

    Args:
        networks: by name, the one that is shown first.
        bank: Green's functions of all groups.
        events: of each group.
        state: where errors are kept.
        place: where results go.
        by_heart: whether a network learns some events by heart.
    """
    from seisgrad.report.reproduce.sourcenet import GROUPS, kept_file
    from seisgrad.report.reproduce.sourcenet_heart import BATCH, STEPS

    missing = [
        sum(not kept_file(state, group, network, events).is_file() for network in networks.values())
        for group in GROUPS
    ]
    few = numbers(events)
    beside = len(networks) * few.scalars + few.removed + few.latent * sum(not g.mixed for g in GROUPS)
    drawn = events * sum(map(bool, missing)) + beside
    answers = events * sum(missing) + 3 * len(networks) * few.scalars + _WAYS * few.removed
    answers += _GRADIENT * STEPS * BATCH * by_heart
    draw, answer = _timed(next(iter(networks.values())), bank)
    seconds = _ONCE + drawn * draw + answers * answer
    return Estimate(seconds, in_use(), PAGES, place, f"as {_TRIAL} events went")


def _timed(network: "SourceNet", bank: Path) -> tuple[float, float]:
    """Seconds for an event and for an answer to it."""
    from seisgrad.report.reproduce.sourcenet import GROUPS, SEED, prior_of
    from seisgrad.source.judging import ask, unseen_events

    prior = prior_of(bank, GROUPS[0])
    begin = time.perf_counter()
    ((gather, _),) = unseen_events(prior, _TRIAL, SEED)
    drawn = time.perf_counter()
    ask(network.network, gather)
    return (drawn - begin) / _TRIAL, (time.perf_counter() - drawn) / _TRIAL
