"""Earthquakes drawn at random through layered earths, with all that keeps records from being as clean as theory.

Physics-structured domain randomisation (Sensoformer, arXiv:2601.06320): what a network cannot know of a real network of
stations varies from event to event, within what physics allows. Events are made by the batch and on the fly; what
varies, and how widely, is in :class:`~seisgrad.source.randomisation.Randomisation`.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from seisgrad.errors import InputError
from seisgrad.source import draws, pulses
from seisgrad.source.band import fast_length, frequencies
from seisgrad.source.drawn import Events, Truth, joined
from seisgrad.source.draws import Event, Network
from seisgrad.source.gather import HALF_WINDOW, SAMPLES, SAMPLING, Gather
from seisgrad.source.greens import GreensBank
from seisgrad.source.ground_noise import GroundNoise
from seisgrad.source.radiation import coefficients
from seisgrad.source.randomisation import Randomisation
from seisgrad.source.streams import Streams
from seisgrad.source.window_bank import WindowBank

_GROUP = 64
_ECHOES = 10.0  # s in which scattered waves come
_LONGEST = 8.0  # s that a source radiates, and that its records reach into the window from before


@runtime_checkable
class Noise(Protocol):
    """Where noise comes from; see also :func:`seisgrad.source.noise_records.read_noise`."""

    def draw(self, number: int, rng: np.random.Generator) -> Float[Tensor, "number 3 time"]:
        """Three components of so many stations, of root mean square 1, in the band of the windows."""
        ...


class Prior:
    """A distribution of events recorded by networks of stations.

    Args:
        bank: Green's functions; those of the models asked for are held in memory.
        randomisation: what varies.
        models: names of velocity models that events are drawn from, all of the bank by default.
        noise: where it comes from; by default :class:`~seisgrad.source.ground_noise.GroundNoise`.

    Raises:
        InputError: an unknown model, or a bank that is too short in time.
    """

    def __init__(
        self,
        bank: GreensBank,
        randomisation: Randomisation | None = None,
        models: Sequence[str] | None = None,
        noise: Noise | None = None,
    ) -> None:
        self.randomisation = randomisation or Randomisation()
        late = draws.latest(self.randomisation, float(bank.s.max()))
        self.bank = WindowBank(bank, models, before=HALF_WINDOW + late + _LONGEST, after=HALF_WINDOW + late)
        self.models = self.bank.models
        self._noise = noise or GroundNoise()
        self._length = fast_length(self.bank.samples + round(_ECHOES * SAMPLING))
        self._frequency = frequencies(self._length).float()

    def draw(self, number: int, generator: np.random.Generator) -> tuple[Gather, Float[Tensor, "event 6"]]:
        """Gathers and moment tensors (N·m) of so many events, from the generator alone: what a training asks for."""
        events = self.events(number, generator)
        return events.gather, events.moment

    def events(self, number: int, generator: np.random.Generator) -> Events:
        """Events with their truth.

        Every field of the randomisation draws from numbers of its own. With one switched off, all else of the same
        events stays the same, except that without dropout other stations are there.

        Args:
            number: of events; they are drawn 64 at a time, so that the first ones do not depend on how many follow.
            generator: four words of it (128 bits) seed 64 events.
        """
        if number < 1:
            raise InputError(f"{number} events were asked for, expected at least 1")
        groups = [self._group(min(_GROUP, number - k), generator) for k in range(0, number, _GROUP)]
        return groups[0] if len(groups) == 1 else joined(groups)

    def _group(self, number: int, generator: np.random.Generator) -> Events:
        """Events that are made together: few enough that their records stay near the processor."""
        streams = Streams(generator)
        event = draws.event(number, len(self.models), self.bank, self.randomisation, streams)
        network = draws.network(event, self.bank, self.randomisation, streams)
        there = network.there
        windows = torch.zeros(*there.shape, 2, 3, SAMPLES)
        recorded = torch.zeros(*there.shape, 3, dtype=torch.bool)
        late = torch.zeros(*there.shape, 2)
        windows[there], recorded[there], late[there] = self._records(event, network, streams)
        gather = Gather(
            windows,
            recorded,
            network.said_distance.float(),
            network.said_azimuth.float(),
            network.place.float(),
            event.said_depth.float(),
        )
        truth = Truth(
            event.model,
            event.depth,
            event.magnitude,
            event.duration,
            network.distance,
            network.azimuth,
            late,
            network.drawn,
        )
        return Events(gather, event.moment, truth)

    def description(self) -> dict[str, Any]:
        """What is drawn, for a card: models, depths and distances of the bank, and the randomisation."""
        depths, distances = self.bank.depths, self.bank.distances
        return {
            "models": list(self.models),
            "depths": [float(depths[0]), float(depths[-1]), len(depths)],
            "distances": [float(distances[0]), float(distances[-1]), len(distances)],
            "randomisation": asdict(self.randomisation),
        }

    def _records(
        self, event: Event, network: Network, streams: Streams
    ) -> tuple[Tensor, Bool[Tensor, "row component"], Float[Tensor, "row phase"]]:
        """Windows, what was recorded, and how late the picks are, of the stations that are there, one after the
        other."""
        settings = self.randomisation
        row = network.there.nonzero()[:, 0]
        model = draws.columns(row, event, len(self.models), settings, streams)
        entry = self.bank.entry(model, event.depth[row], network.distance[network.there])
        travel = self.bank.arrivals(entry)
        late = draws.pick_errors(row, travel, settings, streams)
        radiation = coefficients(event.moment, network.azimuth)[network.there]
        motion = self.bank.motion(entry, radiation)
        motion = self._filtered(motion, event, row, late, streams)
        turn = torch.deg2rad(network.said_azimuth - network.azimuth)[network.there].float()
        motion = draws.turned(motion, turn) * draws.amplitudes(len(row), settings, streams)
        motion = self._with_noise(motion, travel + late, streams)
        recorded = draws.recorded(len(row), settings, streams)
        return torch.where(recorded[:, None, :, None], motion, 0.0), recorded, late.float()

    def _filtered(
        self,
        motion: Float[Tensor, "row phase component time"],
        event: Event,
        row: Int[Tensor, " row"],
        late: Float[Tensor, "row phase"],
        streams: Streams,
    ) -> Float[Tensor, "row phase component sample"]:
        """After the source, attenuation and scattering, in the windows around the picks."""
        f = self._frequency
        source = pulses.moment_rate(f, event.duration.float(), event.brune)[row]
        t_star = draws.t_star(len(row), self.randomisation, streams)
        chain = source[:, None] * pulses.attenuation(f, t_star)
        chain = chain * torch.polar(torch.ones(()), 2.0 * torch.pi * f * late.float()[..., None])
        spectrum = torch.fft.rfft(motion, self._length) * chain[:, :, None]
        if self.randomisation.coda:
            spectrum = self._with_coda(spectrum, event, row, streams)
        begin = round((self.bank.before - HALF_WINDOW) * SAMPLING)
        return torch.fft.irfft(spectrum, self._length)[..., begin : begin + SAMPLES]

    def _with_coda(
        self, spectrum: Tensor, event: Event, row: Int[Tensor, " row"], streams: Streams
    ) -> Tensor:
        """With the echoes of all components of a station in each of them: a layered earth has no P on T, this one
        has."""
        rng = streams("coda")
        energy = self.randomisation.coda * torch.from_numpy(rng.random(len(row), dtype=np.float32))
        echoes = pulses.scattering(energy, event.coda_time[row], self._length, round(_ECHOES * SAMPLING), rng)
        mixing = torch.from_numpy(rng.standard_normal((len(row), 3, 3), dtype=np.float32))
        mixing = torch.nn.functional.normalize(mixing, dim=-1).to(spectrum.dtype)
        return spectrum + torch.einsum("roi,rpif->rpof", mixing, spectrum) * echoes[:, None]

    def _with_noise(
        self, motion: Tensor, picks: Float[Tensor, "row phase"], streams: Streams
    ) -> Float[Tensor, "row phase component sample"]:
        """With noise that both windows of a station cut out of the same trace."""
        settings = self.randomisation
        if settings.noise[1] == 0.0:
            return motion
        rng = streams("noise")
        low, high = np.log(settings.noise)
        level = np.exp(rng.uniform(low, high, len(motion))).astype(np.float32)
        trace = self._noise.draw(len(motion), rng)
        apart = ((picks[:, 1] - picks[:, 0]) * SAMPLING).round().long()
        first = torch.stack((torch.zeros_like(apart), apart), -1)
        index = (first[..., None] + torch.arange(SAMPLES)) % trace.shape[-1]
        cut = torch.gather(trace[:, None].expand(-1, 2, -1, -1), -1, index[:, :, None].expand(-1, -1, 3, -1))
        size = motion.square().mean((1, 2, 3)).sqrt() * torch.from_numpy(level)
        return motion + size[:, None, None, None] * cut
