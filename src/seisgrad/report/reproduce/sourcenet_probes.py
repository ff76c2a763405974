"""What a network of sources looks at: its scalars taken away, and its stations taken away one by one."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from seisgrad.report.reproduce.sourcenet import SEED, Group, prior_of
from seisgrad.report.reproduce.table import Line
from seisgrad.source.gather import Gather
from seisgrad.source.harmonic import HarmonicNet
from seisgrad.source.judging import ask, kagan_errors, unseen_events
from seisgrad.source.kagan import kagan_angle
from seisgrad.source.moment_tensor import from_basis
from seisgrad.source.task import truth

PAPER_RATIO = 2.5
"""The paper: how many times larger the error of the magnitude is without the scalars."""
TAKEN = 5
"""Stations that are taken away together."""


@contextmanager
def without_scalars(network: nn.Module, *, amplitudes: bool = False) -> Iterator[None]:
    """Zeros where a network reads the numbers of its stations.

    Args:
        network: one that has a part ``numbers``, as both kinds do where they are given scalars.
        amplitudes: of :class:`~seisgrad.source.harmonic.HarmonicNet`: also the amplitudes that multiply what it read
            from the windows.
    """
    with ExitStack() as hooks:
        numbers: Any = network.numbers
        handle = numbers.register_forward_pre_hook(lambda _, given: (torch.zeros_like(given[0]),))
        hooks.callback(handle.remove)
        if amplitudes:
            assert isinstance(network, HarmonicNet)
            d = network.size.d_model

            def silenced(_: nn.Module, given: tuple[Tensor]) -> tuple[Tensor]:
                x = given[0].clone()
                x[..., d : 2 * d] = 0.0
                x[..., 3 * d : 4 * d] = 0.0
                return (x,)

            hooks.callback(network.token.register_forward_pre_hook(silenced).remove)
        yield


def scalar_lines(name: str, network: nn.Module, group: Group, bank: Path, number: int) -> list[Line]:
    """Errors with and without the scalars, on the same events; nothing of a network that has none."""
    if getattr(network, "numbers", None) is None:
        return []
    case = f"{group.stations[0]}-{group.stations[1]}"
    ways = {"scalars zeroed": False}
    if isinstance(network, HarmonicNet):
        ways["scalars and amplitudes zeroed"] = True
    events = list(unseen_events(prior_of(bank, group), number, SEED, group.stations))
    whole = _means(network, events)
    lines = []
    for words, amplitudes in ways.items():
        with without_scalars(network, amplitudes=amplitudes):
            without = _means(network, events)
        n = sum(len(moment) for _, moment in events)
        lines += [
            Line(name, f"{case} {words}", metric, value, n, 0)
            for metric, value in zip(("kagan_mean_deg", "mw_mae"), without, strict=True)
        ]
        lines.append(Line(name, f"{case} {words}", "mw_mae_ratio", without[1] / whole[1], n, 0, PAPER_RATIO))
    return lines


def _means(network: nn.Module, events: list[tuple[Gather, Tensor]]) -> tuple[float, float]:
    angle, size = [], []
    for gather, moment in events:
        said = ask(network, gather)
        angle.append(kagan_errors(said, moment))
        size.append((said.magnitude - truth(moment)["size"]).abs())
    return float(torch.cat(angle).mean()), float(torch.cat(size).mean())


@dataclass(frozen=True)
class Removals:
    """Stations taken away.

    Attributes:
        correlation: of every event, the rank correlation over its stations of how much the answer turns when one is
            taken away with what says which ones matter: ``attention``, ``nearness`` or ``chance``.
        error: of every event, the Kagan angle to the truth with ``all`` stations, and without the :data:`TAKEN` that
            have the largest ``attention``, ``nearness`` or ``chance``.
        shown: of the first event: azimuth (degrees), distance (km), attention, and the turn in degrees, by station.
    """

    correlation: dict[str, Float[Tensor, " event"]]
    error: dict[str, Float[Tensor, " event"]]
    shown: tuple[Tensor, Tensor, Tensor, Tensor]


def remove_stations(
    network: nn.Module,
    group: Group,
    bank: Path,
    number: int,
    tell: Callable[[str], None] = lambda text: None,
) -> Removals:
    """What the answers to events of a group become without some of their stations.

    Args:
        network: that is asked.
        group: of events with more than :data:`TAKEN` stations.
        bank: Green's functions of its models.
        number: of events drawn; as many as are left of them are used.
        tell: how far it is.
    """
    correlation: dict[str, list[Tensor]] = {"attention": [], "nearness": [], "chance": []}
    error: dict[str, list[Tensor]] = {"all": [], **{name: [] for name in correlation}}
    chance, shown, done = torch.Generator().manual_seed(SEED), None, 0
    for batch, moments in unseen_events(prior_of(bank, group), number, SEED, group.stations):
        for k in range(len(moments)):
            one = Gather(*(x[k] for x in batch))
            there = one.present
            one = Gather(*(x[there] if x.ndim else x for x in one))
            stations, moment = len(one.distance), moments[k : k + 1]
            whole = _without(network, one, torch.zeros(1, stations, dtype=torch.bool))
            single = _without(network, one, torch.eye(stations, dtype=torch.bool))
            angle = _apart(single.mechanism, whole.mechanism)
            says = {
                "attention": whole.attention[0],
                "nearness": -one.distance,
                "chance": torch.rand(stations, generator=chance),
            }
            masks = torch.stack([value >= value.topk(TAKEN).values[-1] for value in says.values()])
            fewer = kagan_errors(_without(network, one, masks), moment.expand(len(says), 6))
            error["all"].append(kagan_errors(whole, moment)[0])
            for row, (name, value) in enumerate(says.items()):
                correlation[name].append(rank_correlation(value, angle))
                error[name].append(fewer[row])
            shown = shown or (one.azimuth, one.distance, whole.attention[0], angle)
        done += len(moments)
        tell(f"{done} events")
    assert shown is not None
    return Removals(
        {name: torch.stack(values) for name, values in correlation.items()},
        {name: torch.stack(values) for name, values in error.items()},
        shown,
    )


def removal_lines(name: str, found: Removals, group: Group) -> list[Line]:
    """``rank_correlation`` of what says which stations matter, and ``kagan_mean_deg`` without the first of them."""
    case = f"{group.stations[0]}-{group.stations[1]}"
    lines = []
    for way, values in found.correlation.items():
        p05, median, p95 = values.double().quantile(torch.tensor([0.05, 0.5, 0.95]).double()).tolist()
        mean, n = float(values.mean()), len(values)
        words = f"{case} {way} and the effect of removal"
        lines.append(Line(name, words, "rank_correlation", mean, n, 0, median=median, p05=p05, p95=p95))
    for way, values in found.error.items():
        words = f"{case} all stations" if way == "all" else f"{case} without {TAKEN} by {way}"
        lines.append(Line(name, words, "kagan_mean_deg", float(values.mean()), len(values), 0))
    return lines


def rank_correlation(x: Float[Tensor, " station"], y: Float[Tensor, " station"]) -> Float[Tensor, ""]:
    """Spearman's, of numbers that are not equal to each other."""
    ranks = torch.stack([value.argsort().argsort().double() for value in (x, y)])
    return torch.corrcoef(ranks)[0, 1]


def _without(network: nn.Module, one: Gather, gone: Tensor) -> Any:
    """Answers to an event without each of these sets of stations."""
    ways = len(gone)
    many = Gather(*(x.expand(ways, *x.shape) for x in one))
    recorded = many.recorded & ~gone[..., None]
    windows = torch.where(recorded[..., None, :, None], many.windows, 0.0)
    with torch.no_grad():
        return network(many._replace(recorded=recorded, windows=windows))


def _apart(many: Tensor, one: Tensor) -> Tensor:
    return kagan_angle(from_basis(many.double()), from_basis(one.double()))
