"""Ambient noise made by hand: isotropic surface waves in a medium of one velocity, and folders of records."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from obspy import Stream, Trace, UTCDateTime
from obspy.core.inventory import Channel, Inventory, Network, Response, Site, Station

from seisgrad.noise.correlations import Place
from seisgrad.noise.settings import Settings

KM_PER_DEGREE = 111.195
DAY = UTCDateTime(2020, 3, 1)
SMALL = Settings(band=(0.05, 0.12), lag=120.0, response=False, normalisation="none", whiten=False)
"""Settings with few samples: records at 0.5 Hz."""
ZEROS, POLES = [0j, 0j], [-0.037 - 0.037j, -0.037 + 0.037j]
"""Of a sensor with a corner at 120 s."""


def places(kilometres: Sequence[tuple[float, float]]) -> list[Place]:
    """Stations near the equator, from km east and north."""
    return [
        Place(f"XX.S{i}", north / KM_PER_DEGREE, east / KM_PER_DEGREE)
        for i, (east, north) in enumerate(kilometres)
    ]


def isotropic(
    kilometres: Sequence[tuple[float, float]],
    velocity: float,
    samples: int,
    rate: float,
    band: tuple[float, float],
    seed: int,
    ellipticity: complex = -0.7j,
    directions: int = 90,
) -> torch.Tensor:
    """Up, north and east of Rayleigh waves from all around, independent of each other, ``[station, component, time]``.

    The vertical has the power 2 per sample at every frequency of the band.

    Args:
        kilometres: east and north of each station.
        velocity: km/s, at all frequencies.
        samples: their number.
        rate: Hz.
        band: Hz, in which they are white.
        seed: of the amplitudes.
        ellipticity: motion in the direction of travel over that upward.
        directions: how many.
    """
    draw = np.random.default_rng(seed)
    frequency = np.fft.rfftfreq(samples, 1 / rate)
    inside = np.flatnonzero((frequency > band[0]) & (frequency < band[1]))
    wavenumber = 2 * np.pi * frequency[inside] / velocity
    east, north = np.array(kilometres).T
    spectra = np.zeros((len(kilometres), 3, len(frequency)), dtype=complex)
    for azimuth in 2 * np.pi * (np.arange(directions) + draw.random()) / directions:
        amplitude = draw.standard_normal((2, len(inside))).T @ np.array([1, 1j])
        along = east * np.sin(azimuth) + north * np.cos(azimuth)
        wave = amplitude * np.exp(-1j * wavenumber * along[:, None])
        for component, share in enumerate((1, ellipticity * np.cos(azimuth), ellipticity * np.sin(azimuth))):
            spectra[:, component, inside] += share * wave
    return torch.from_numpy(np.fft.irfft(spectra, samples) * np.sqrt(samples / directions))


def trace(
    samples: NDArray, station: str = "S0", channel: str = "BHZ", start: UTCDateTime = DAY, rate: float = 1.0
) -> Trace:
    """A trace of network XX."""
    header = {"network": "XX", "station": station, "location": "", "channel": channel}
    return Trace(np.asarray(samples), header | {"starttime": start, "sampling_rate": rate})


def write(folder: Path, traces: Sequence[Trace]) -> Path:
    """A folder with one miniSEED file for each trace."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, one in enumerate(traces):
        Stream([one]).write(str(folder / f"{number:03d}.{one.id}.mseed"), format="MSEED")
    return folder


def inventory(
    where: Sequence[Place], channels: Sequence[str] = ("BHZ",), gain: float | None = None
) -> Inventory:
    """The stations, with the response of a sensor of that gain (counts per m/s) or with none."""
    response = None
    if gain is not None:
        response = Response.from_paz(ZEROS, POLES, gain, 1.0, "M/S", "COUNTS", normalization_frequency=1.0)
    stations = []
    for place in where:
        spot = {"latitude": place.latitude, "longitude": place.longitude, "elevation": 0.0}
        parts = [
            Channel(
                code,
                "",
                depth=0.0,
                azimuth={"E": 90.0, "2": 90.0}.get(code[-1], 0.0),
                dip=-90.0 if code[-1] == "Z" else 0.0,
                response=response,
                **spot,
            )
            for code in channels
        ]
        stations.append(Station(place.name.split(".")[1], channels=parts, site=Site("toy"), **spot))
    return Inventory([Network("XX", stations=stations)])


def days_of_noise(folder: Path, stations: int, days: int, seed: int = 3) -> tuple[Path, list[Place]]:
    """Records of vertical noise at 1 Hz, one file a day."""
    kilometres = [(7.0 * i, 3.0 * (i % 2)) for i in range(stations)]
    motion = isotropic(kilometres, 3.0, 86400 * days, 1.0, (0.03, 0.2), seed, directions=30)[:, 0].numpy()
    traces = [
        trace((1e4 * part).astype(np.int32), f"S{i}", start=DAY + 86400 * number)
        for i, series in enumerate(motion)
        for number, part in enumerate(np.split(series, days))
    ]
    return write(folder, traces), places(kilometres)
