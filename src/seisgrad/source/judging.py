"""Networks of sources judged on the same events, event by event, so that their errors can be compared in pairs."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from seisgrad.dataset.splits import generator
from seisgrad.source.answer import Answer
from seisgrad.source.conformal import Conformal
from seisgrad.source.familiar import gap
from seisgrad.source.gather import Gather
from seisgrad.source.kagan import kagan_angle
from seisgrad.source.moment_tensor import from_basis
from seisgrad.source.surrogate import SourceNet
from seisgrad.source.task import Draws, truth

_BATCH = 256
_STREAM = 2**31 + 1  # no process of a training has this number, and no card is measured with it
_PARTS = 8


class Errors(NamedTuple):
    """Errors of a network, event by event.

    Attributes:
        kagan: degrees.
        magnitude: absolute.
        radius: of the ball that was to hold the true mechanism, degrees; NaN of a network that was not calibrated.
        stations: of each event.
        gap: largest angle between neighbouring stations, degrees.
    """

    kagan: Float[Tensor, " event"]
    magnitude: Float[Tensor, " event"]
    radius: Float[Tensor, " event"]
    stations: Int[Tensor, " event"]
    gap: Float[Tensor, " event"]


def unseen_events(
    draws: Draws, number: int, seed: int, stations: tuple[int, int] = (1, 2**31)
) -> Iterator[tuple[Gather, Float[Tensor, "event 6"]]]:
    """Batches of events that no training and no calibration has drawn, and their moment tensors (N·m).

    Args:
        draws: where events come from.
        number: drawn.
        seed: of the draws; the same one gives the same events.
        stations: events with fewer or more are left out after the draw, so that all others stay what they are.
    """
    for index, start in enumerate(range(0, number, _BATCH)):
        gather, moment = draws.draw(min(_BATCH, number - start), generator(seed, "test", index, _STREAM))
        count = gather.present.sum(-1)
        of = (count >= stations[0]) & (count <= stations[1])
        if of.any():
            yield Gather(*(x[of] for x in gather)).to(torch.float32), moment[of]


def ask(network: nn.Module, gather: Gather) -> Answer:
    """Answers to a batch of events whose stations come first, those with few stations apart from those with many: a
    network works on as many places as there are."""
    count, places = gather.present.sum(-1), gather.present.shape[-1]
    order = count.argsort(stable=True)
    parts = []
    for part in order.chunk(_PARTS):
        most = int(count[part].max())
        cut = {name: x[part][:, :most] for name, x in gather._asdict().items() if name != "depth"}
        with torch.no_grad():
            said = network(Gather(**cut, depth=gather.depth[part]))
        attention = nn.functional.pad(said.attention, (0, places - most))
        parts.append(said._replace(attention=attention))
    back = order.argsort()
    return Answer(*(torch.cat(column)[back] for column in zip(*parts, strict=True)))


def kagan_errors(said: Answer, moment: Float[Tensor, "event 6"]) -> Float[Tensor, " event"]:
    """Kagan angles between answers and true moment tensors, degrees."""
    return kagan_angle(from_basis(said.mechanism.double()), from_basis(truth(moment)["mechanism"].double()))


def judge(
    networks: Mapping[str, SourceNet],
    draws: Draws,
    number: int,
    seed: int,
    stations: tuple[int, int] = (1, 2**31),
    tell: Callable[[int], None] = lambda done: None,
) -> dict[str, Errors]:
    """Errors of every network on the same events.

    Args:
        networks: by name.
        draws, number, seed, stations: as of :func:`unseen_events`.
        tell: how many events have been asked about.
    """
    rows: dict[str, list[Errors]] = {name: [] for name in networks}
    done = 0
    for gather, moment in unseen_events(draws, number, seed, stations):
        count, open_angle = gather.present.sum(-1), gap(gather).double()
        size = truth(moment)["size"]
        for name, network in networks.items():
            said = ask(network.network, gather)
            off = (said.magnitude - size).abs().double()
            radius = _radius(network, said, count)
            rows[name].append(Errors(kagan_errors(said, moment), off, radius, count, open_angle))
        done += len(moment)
        tell(done)
    return {
        name: Errors(*(torch.cat(column) for column in zip(*parts, strict=True)))
        for name, parts in rows.items()
    }


def _radius(network: SourceNet, said: Answer, stations: Int[Tensor, " event"]) -> Float[Tensor, " event"]:
    entries = network.card.get("conformal")
    if not entries:
        return torch.full_like(said.magnitude, torch.nan).double()
    return Conformal.from_dict(entries["kagan"]).radius(said.log_error.exp().double(), stations)
