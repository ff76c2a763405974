"""Events of a prior with the exact operator behind their records, and drawn again for all that stations cannot know."""

import copy
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.source import draws, pulses
from seisgrad.source.draws import Event, Network
from seisgrad.source.gather import Gather
from seisgrad.source.moment_tensor import from_basis, magnitude, moment_of_magnitude, scalar_moment
from seisgrad.source.prior import Prior
from seisgrad.source.randomisation import CLEAN, Randomisation
from seisgrad.source.streams import Streams


class Case(NamedTuple):
    """One event whose records are known to the last cause.

    Attributes:
        gather: without a batch; every place holds a station.
        moment: N·m.
        matrix: what the windows are for each coefficient of :func:`~seisgrad.source.moment_tensor.to_basis`, m/s per
            N·m, through the very earth, picks and instruments of this event, without noise.
    """

    gather: Gather
    moment: Float[Tensor, " 6"]
    matrix: Float[Tensor, "station phase component time 5"]


class Redraws(Prior):
    """A prior that tells how the records of an event depend on its moment tensor, and what else they might have been.

    Records without noise are linear in the moment tensor once all else is drawn: the same draws with five other
    tensors give the operator. Drawn again are, for the stations of one gather, the truth behind what it says (depth and
    epicentre, velocity model) and all that it does not say (picks, amplitudes, duration, attenuation, coda).
    """

    def case(self, generator: np.random.Generator, *, clean: bool = False) -> Case:
        """One event and its operator.

        Args:
            generator: four words of it seed the event.
            clean: the same event at the same stations with nothing random but these; without noise too.
        """
        prior = self._with(_clean(self.randomisation)) if clean else self
        settings, streams = prior.randomisation, Streams(generator)
        event = draws.event(1, len(self.models), self.bank, settings, streams)
        network = draws.network(event, self.bank, settings, streams)
        windows, recorded, _ = prior._records(event, network, streams)
        said = (network.said_distance[0], network.said_azimuth[0], network.place[0], event.said_depth[0])
        gather = Gather(windows, recorded, *(x.float() for x in said))
        matrix = prior._matrix(event, network, streams)[0]
        return Case(gather, event.moment[0], matrix * recorded[:, None, :, None, None])

    def matrices(
        self, case: Case, number: int, generator: np.random.Generator
    ) -> Float[Tensor, "draw station phase component time 5"]:
        """Operators, m/s per N·m, of so many earths, places and instruments that the gather may be of."""
        streams = Streams(generator)
        event, network = self._again(case, number, streams)
        return self._matrix(event, network, streams) * case.gather.recorded[:, None, :, None, None]

    def windows(
        self, case: Case, number: int, generator: np.random.Generator
    ) -> Float[Tensor, "draw station phase component time"]:
        """Records of the moment tensor of a case through so many, with noise."""
        streams = Streams(generator)
        event, network = self._again(case, number, streams)
        records = self._with(_whole(self.randomisation))._records(event, network, streams)[0]
        return records.view(*network.there.shape, *records.shape[1:]) * case.gather.recorded[:, None, :, None]

    def _with(self, randomisation: Randomisation) -> "Redraws":
        other = copy.copy(self)
        other.randomisation = randomisation
        return other

    def _matrix(
        self, event: Event, network: Network, streams: Streams
    ) -> Float[Tensor, "event station phase component time 5"]:
        """Every place holds a station. Tensors of the size of the event keep single precision in its range."""
        quiet = self._with(_whole(self.randomisation, noise=(0.0, 0.0)))
        size = scalar_moment(event.moment)[:, None]
        columns = []
        for unit in from_basis(torch.eye(5, dtype=torch.float64)):
            records = quiet._records(event._replace(moment=unit * size), network, streams)[0].double()
            columns.append(records.view(*network.there.shape, *records.shape[1:]))
        return torch.stack(columns, -1) / size[..., None, None, None, None]

    def _again(self, case: Case, number: int, streams: Streams) -> tuple[Event, Network]:
        """What may be behind a gather: as the prior draws it, given what the gather says."""
        settings, gather = self.randomisation, case.gather
        drawn = draws.event(number, len(self.models), self.bank, settings, streams)
        size = scalar_moment(case.moment)
        long = drawn.duration * pulses.duration(size) / pulses.duration(moment_of_magnitude(drawn.magnitude))
        said = gather.depth.double()
        event = drawn._replace(
            depth=self._depths(float(said), number, streams),
            said_depth=said.expand(number),
            magnitude=magnitude(size).expand(number),
            moment=case.moment.expand(number, 6),
            duration=long,
        )
        wrong = torch.from_numpy(streams("epicentre").standard_normal((2, number, 1)))
        bearing = torch.deg2rad(gather.azimuth.double())
        north = gather.distance.double() * bearing.cos() + settings.epicentre_error * wrong[0]
        east = gather.distance.double() * bearing.sin() + settings.epicentre_error * wrong[1]
        shape = north.shape
        network = Network(
            torch.ones(shape, dtype=torch.bool),
            torch.hypot(north, east),
            torch.rad2deg(torch.atan2(east, north)) % 360.0,
            gather.distance.double().expand(shape),
            gather.azimuth.double().expand(shape),
            gather.place.double().expand(*shape, 2),
            torch.full((number,), shape[1]),
        )
        return event, network

    def _depths(self, said: float, number: int, streams: Streams) -> Float[Tensor, " draw"]:
        """Nodes of the bank, all as probable before, seen with the error of the depth."""
        depths = self.bank.depths.numpy()
        error = max(self.randomisation.depth_error, 1e-3)
        log = -0.5 * ((depths - said) / error) ** 2
        chance = np.exp(log - log.max())
        return torch.from_numpy(streams("depth").choice(depths, number, p=chance / chance.sum()))


def _clean(settings: Randomisation) -> Randomisation:
    """Nothing random but the event and its stations, which stay the same."""
    kept = ("magnitude", "stations", "dropout", "fewest", "clustered", "one_sided")
    return replace(CLEAN, **{name: getattr(settings, name) for name in kept})


def _whole(settings: Randomisation, **changed: object) -> Randomisation:
    """With every component: which are there is said by the gather."""
    return replace(settings, without_horizontals=0.0, without_vertical=0.0, **changed)  # type: ignore[arg-type]
