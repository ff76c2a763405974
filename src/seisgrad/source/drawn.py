"""Events that a prior has drawn: what a network of stations saw of them, and what they were."""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seisgrad.source.gather import Gather, padded

_OF_STATIONS = {"windows", "recorded", "distance", "azimuth", "place", "late"}


class Truth(NamedTuple):
    """What really was, where the gather may say something else.

    Attributes:
        model: index of the velocity model in :attr:`Prior.models`; in a mixed event stations have others.
        depth: km.
        magnitude: Mw.
        duration: of the source, s.
        distance: km, and
        azimuth: degrees, of the stations from the true epicentre.
        late: how much later than the wave each pick is, s.
        drawn: stations before any dropped out.
    """

    model: Int[Tensor, " event"]
    depth: Float[Tensor, " event"]
    magnitude: Float[Tensor, " event"]
    duration: Float[Tensor, " event"]
    distance: Float[Tensor, "event station"]
    azimuth: Float[Tensor, "event station"]
    late: Float[Tensor, "event station phase"]
    drawn: Int[Tensor, " event"]


class Events(NamedTuple):
    """Events as stations recorded them, and as they were.

    Attributes:
        gather: with as many places as the event with most stations needs; those of an event come first.
        moment: N·m.
        truth: the rest.
    """

    gather: Gather
    moment: Float[Tensor, "event 6"]
    truth: Truth


def joined(groups: list[Events]) -> Events:
    """One after the other, with places for the most stations of any."""
    places = max(group.gather.distance.shape[1] for group in groups)
    columns = zip(*((*group.gather, group.moment, *group.truth) for group in groups), strict=True)
    names = (*Gather._fields, "moment", *Truth._fields)
    arrays = [
        torch.cat([padded(a, places) if name in _OF_STATIONS else a for a in column])
        for name, column in zip(names, columns, strict=True)
    ]
    split = len(Gather._fields)
    return Events(Gather(*arrays[:split]), arrays[split], Truth(*arrays[split + 1 :]))
