"""The draws behind :class:`seisgrad.source.prior.Prior`, one function for each part of an event."""

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray
from torch import Tensor

from seisgrad.source.moment_tensor import from_plane, moment_of_magnitude
from seisgrad.source.pulses import duration
from seisgrad.source.randomisation import Randomisation
from seisgrad.source.station_layouts import layouts
from seisgrad.source.streams import Streams
from seisgrad.source.window_bank import WindowBank, nearest

_CUT = 3.0  # standard deviations beyond which no pick is, and
_CUT_DURATION = 2.0  # no duration
_KM_PER_DEGREE = 111.19
_REGION = ((-122.0, -114.0), (32.0, 37.0))  # longitude and latitude of epicentres: Southern California


class Event(NamedTuple):
    """What is drawn of events apart from their stations, ``[event]`` each; float64."""

    model: Int[Tensor, " event"]
    depth: Float[Tensor, " event"]
    said_depth: Float[Tensor, " event"]
    magnitude: Float[Tensor, " event"]
    moment: Float[Tensor, "event 6"]
    duration: Float[Tensor, " event"]
    brune: Bool[Tensor, " event"]
    coda_time: Float[Tensor, " event"]


class Network(NamedTuple):
    """The stations of events; those that are there come first, the numbers of the other places are 0."""

    there: Bool[Tensor, "event station"]
    distance: Float[Tensor, "event station"]
    azimuth: Float[Tensor, "event station"]
    said_distance: Float[Tensor, "event station"]
    said_azimuth: Float[Tensor, "event station"]
    place: Float[Tensor, "event station 2"]
    drawn: Int[Tensor, " event"]


def latest(settings: Randomisation, travel: float) -> float:
    """Seconds by which no pick is more wrong, where no wave travels longer than ``travel``."""
    return settings.pick_scaling * travel + _CUT * max(settings.pick_scatter)


def event(number: int, models: int, bank: WindowBank, settings: Randomisation, streams: Streams) -> Event:
    """Model, depth, size, mechanism and duration of so many events."""
    depths = bank.depths.numpy()
    model = streams("model").integers(models, size=number)
    depth = streams("depth").choice(depths, number)
    said = depth + settings.depth_error * streams("depth error").standard_normal(number)
    magnitude = torch.from_numpy(streams("magnitude").uniform(*settings.magnitude, number))
    size = moment_of_magnitude(magnitude)
    strike, cosine, rake = torch.from_numpy(streams("mechanism").random((3, number)))
    # a normal that is even on the sphere and a slip that is even on the plane: mechanisms turned all ways alike
    moment = from_plane(360.0 * strike, torch.rad2deg(cosine.acos()), 360.0 * rake, size)
    rng = streams("duration")
    scatter = _cut(rng.standard_normal(number), _CUT_DURATION) * settings.duration_scatter
    long = duration(size) * torch.from_numpy(np.exp(scatter))
    return Event(
        torch.from_numpy(model),
        torch.from_numpy(depth),
        torch.from_numpy(np.clip(said, depths[0], depths[-1])),
        magnitude,
        moment,
        long,
        torch.from_numpy(streams("brune").random(number) < settings.brune),
        torch.from_numpy(streams("coda time").uniform(*settings.coda_time, number)).float(),
    )


def columns(
    row: Int[Tensor, " row"], event: Event, models: int, settings: Randomisation, streams: Streams
) -> Int[Tensor, " row"]:
    """The velocity model through which each station sees its event; ``row`` says of which event each is."""
    rng = streams("columns")
    mixed = torch.from_numpy(rng.random(len(event.model)) < settings.mixed)
    return torch.where(mixed[row], torch.from_numpy(rng.integers(models, size=len(row))), event.model[row])


def network(event: Event, bank: WindowBank, settings: Randomisation, streams: Streams) -> Network:
    """Stations around the true epicentre, those that dropped out taken away, and where the gather says they are."""
    number, (fewest, most) = len(event.depth), settings.stations
    distances = bank.distances.numpy()
    within = (float(distances[0]), float(distances[-1]))
    chances = (settings.clustered, settings.one_sided)
    distance, azimuth = layouts(number, most, within, chances, streams("stations"))
    distance = bank.distances[nearest(bank.distances, torch.from_numpy(distance))].numpy()
    drawn = streams("number").integers(fewest, most + 1, number)
    there, order = _kept(drawn, most, settings, streams)
    distance, azimuth = (np.where(there, np.take_along_axis(a, order, 1), 0.0) for a in (distance, azimuth))
    north, east = distance * np.cos(np.deg2rad(azimuth)), distance * np.sin(np.deg2rad(azimuth))
    wrong = settings.epicentre_error * streams("epicentre").standard_normal((2, number, 1))
    said_distance, said_azimuth = _polar(north - wrong[0], east - wrong[1])
    longitude, latitude = (streams("region").uniform(*side, (number, 1)) for side in _REGION)
    place = np.stack(
        (
            longitude + east / (_KM_PER_DEGREE * np.cos(np.deg2rad(latitude))),
            latitude + north / _KM_PER_DEGREE,
        ),
        -1,
    )
    if not settings.epicentre_error:
        said_distance, said_azimuth = distance, azimuth
    void = ~there
    for array in (said_distance, said_azimuth, place):
        array[void] = 0.0
    arrays = (there, distance, azimuth, said_distance, said_azimuth, place, drawn)
    return Network(*(torch.from_numpy(a) for a in arrays))


def pick_errors(
    row: Int[Tensor, " row"],
    travel: Float[Tensor, "row phase"],
    settings: Randomisation,
    streams: Streams,
) -> Float[Tensor, "row phase"]:
    """By how much the picks of stations are later than the waves, s; ``row`` says of which event each is."""
    events = int(row.max()) + 1
    factor = streams("pick scaling").uniform(-settings.pick_scaling, settings.pick_scaling, (events, 2))
    scatter = _cut(streams("pick scatter").standard_normal((len(row), 2)), _CUT) * settings.pick_scatter
    late = travel * torch.from_numpy(factor)[row] + torch.from_numpy(scatter)
    # S is never picked before P
    s = torch.maximum(late[:, 1], late[:, 0] + travel[:, 0] - travel[:, 1] + 0.1)
    return torch.stack((late[:, 0], s), -1)


def t_star(number: int, settings: Randomisation, streams: Streams) -> Float[Tensor, "row phase"]:
    """Additional t* of P and S, s."""
    of_s = torch.from_numpy(streams("attenuation").random(number, dtype=np.float32)) * settings.attenuation
    return torch.stack((0.5 * of_s, of_s), -1)


def amplitudes(number: int, settings: Randomisation, streams: Streams) -> Float[Tensor, "row 1 3 1"]:
    """Factors of components: of the site, of the instrument, and the wrong sign of some."""
    site = settings.site_scatter * streams("site").standard_normal((number, 1), dtype=np.float32)
    own = settings.component_scatter * streams("component").standard_normal((number, 3), dtype=np.float32)
    sign = np.where(
        streams("flipped").random((number, 3)) < settings.flipped, np.float32(-1.0), np.float32(1.0)
    )
    return torch.from_numpy(sign * np.exp(site + own))[:, None, :, None]


def recorded(number: int, settings: Randomisation, streams: Streams) -> Bool[Tensor, "row 3"]:
    """Which components stations have: at least one."""
    chance = streams("components").random((2, number))
    flat = chance[0] < settings.without_horizontals
    upright = (chance[1] < settings.without_vertical) & ~flat
    return torch.from_numpy(np.stack((~upright, ~flat, ~flat), -1))


def turned(
    motion: Float[Tensor, "row phase 3 time"], angle: Float[Tensor, " row"]
) -> Float[Tensor, "row phase 3 time"]:
    """R and T of a station whose R is taken to point ``angle`` (rad) further clockwise than it does."""
    up, radial, transverse = motion.unbind(2)
    cos, sin = angle.cos()[:, None, None], angle.sin()[:, None, None]
    return torch.stack((up, radial * cos + transverse * sin, transverse * cos - radial * sin), 2)


def _kept(
    drawn: NDArray[np.int64], most: int, settings: Randomisation, streams: Streams
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Which places hold a station after dropout, with those that do first, and from which place each comes.

    Every station of an event drops out with the same chance, independently of the others (Bernoulli). Where fewer than
    the fewest are left, the ones that were nearest to staying come back.
    """
    rng = streams("dropout")
    chance = rng.uniform(0.0, settings.dropout, (len(drawn), 1)) if settings.dropout else 0.0
    luck = np.where(np.arange(most) < drawn[:, None], rng.random((len(drawn), most)), -1.0)
    least = np.sort(luck, axis=1)[:, most - settings.fewest, None]
    stays = (luck >= np.minimum(chance, least)) & (luck >= 0.0)
    order = np.argsort(~stays, axis=1, kind="stable")
    places = int(stays.sum(1).max())
    return np.take_along_axis(stays, order, 1)[:, :places], order[:, :places]


def _polar(
    north: NDArray[np.float64], east: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.hypot(north, east), np.rad2deg(np.arctan2(east, north)) % 360.0


def _cut(normal: NDArray[np.float64], most: float) -> NDArray[np.float64]:
    return normal.clip(-most, most)
