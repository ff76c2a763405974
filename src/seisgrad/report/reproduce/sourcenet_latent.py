"""Where a network of sources puts events of different earths: in the same place, as the paper draws them?"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from seisgrad.report.reproduce.sourcenet import SEED, Group, prior_of
from seisgrad.report.reproduce.table import Line
from seisgrad.source.answer import Doubt
from seisgrad.source.gather import Gather, joined
from seisgrad.source.judging import ask, unseen_events

_NEIGHBOURS = 10


def pooled(network: nn.Module, gather: Gather) -> Float[Tensor, "event d"]:
    """The features of events after pooling, as the head that expects the error reads them."""
    seen: list[Tensor] = []
    head: Any = network.doubt
    assert isinstance(head, Doubt)
    size: Any = network.size
    handle = head.register_forward_pre_hook(lambda _, given: seen.append(given[0][..., : size.d_model]))
    order = gather.present.sum(-1).argsort(stable=True)
    try:
        ask(network, Gather(*(x[order] for x in gather)))
    finally:
        handle.remove()
    return torch.cat(seen)[order.argsort()]


@dataclass(frozen=True)
class Latent:
    """Events in the space of the pooled features.

    Attributes:
        places: on the two axes along which events of the first group vary most.
        axes: the share of the variance of the first group on each.
        between: of every other group: the share of the variance of it and the first one together that lies between
            their means.
        mixing: of every other group: how many of the nearest neighbours of its events are of the first group, over how
            many there would be if nothing told them apart; 1 is mixed, 0 apart.
    """

    places: dict[str, Float[Tensor, "event 2"]]
    axes: tuple[float, float]
    between: dict[str, float]
    mixing: dict[str, float]


def latent(network: nn.Module, groups: Mapping[str, Gather]) -> Latent:
    """Compare groups of events with the first of them.

    Args:
        network: that is asked.
        groups: of events, all different ones: two groups with the same sources would lie pairwise together.
    """
    features = {name: pooled(network, gather).double() for name, gather in groups.items()}
    first, *others = features
    own = features[first]
    mean, spread = own.mean(0), own.std(0).clamp(min=1e-6)
    features = {name: (x - mean) / spread for name, x in features.items()}
    _, size, axes = torch.linalg.svd(features[first], full_matrices=False)
    share = size.square() / size.square().sum()
    return Latent(
        {name: x @ axes[:2].T for name, x in features.items()},
        (float(share[0]), float(share[1])),
        {name: between(features[first], features[name]) for name in others},
        {name: mixing(features[first], features[name]) for name in others if len(features[name]) > 1},
    )


def between(one: Float[Tensor, "event d"], other: Float[Tensor, "many d"]) -> float:
    """The share of the variance that is between the means of two groups; few events of one make it noisy."""
    both = torch.cat([one, other])
    middle = both.mean(0)
    apart = sum(len(x) * (x.mean(0) - middle).square().sum() for x in (one, other))
    return float(apart / (both - middle).square().sum())


def mixing(one: Float[Tensor, "event d"], other: Float[Tensor, "many d"]) -> float:
    """How many of the nearest neighbours of the events of ``other`` are of ``one``, over what chance would give."""
    distance = torch.cdist(other, torch.cat([one, other]))
    distance[torch.arange(len(other)), len(one) + torch.arange(len(other))] = torch.inf
    nearest: Int[Tensor, "many neighbour"] = distance.topk(_NEIGHBOURS, largest=False).indices
    expected = len(one) / (len(one) + len(other) - 1)
    return float((nearest < len(one)).double().mean() / expected)


def events_of(groups: Mapping[str, Group], bank: Path, number: int) -> dict[str, Gather]:
    """Events of groups, as many of each as the smallest has of so many drawn; no two groups share a draw."""
    drawn = {}
    for k, (name, group) in enumerate(groups.items()):
        batches = [g for g, _ in unseen_events(prior_of(bank, group), number, SEED + 1 + k, group.stations)]
        drawn[name] = joined(batches)
    least = min(len(gather.depth) for gather in drawn.values())
    return {name: Gather(*(x[:least] for x in gather)) for name, gather in drawn.items()}


def one_event(gather: Gather) -> Gather:
    """A batch of one event, its stations first and in single precision."""
    there = gather.present
    return Gather(*(x[there] if x.ndim else x for x in gather)).batch.to(torch.float32)


def latent_lines(name: str, found: Latent) -> list[Line]:
    """``latent_between`` and ``latent_mixing`` of every group against the first."""
    number = {group: len(places) for group, places in found.places.items()}
    lines = [Line(name, group, "latent_between", x, number[group], 0) for group, x in found.between.items()]
    return lines + [
        Line(name, group, "latent_mixing", x, number[group], 0) for group, x in found.mixing.items()
    ]
