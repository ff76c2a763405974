"""Records at eight stations of a known mechanism, as an event: exact seismograms, late by what velocities are wrong."""

from functools import cache

import numpy as np
import torch

from seisgrad.source.earths import named_column
from seisgrad.source.event import Event
from seisgrad.source.layered import Band, elementary
from seisgrad.source.moment_tensor import from_plane, moment_of_magnitude
from seisgrad.source.origin import Origin
from seisgrad.source.pulses import moment_rate
from seisgrad.source.radiation import coefficients, components
from seisgrad.source.traveltime import first_arrivals

COLUMN = named_column("hadley_kanamori")
DEPTH, DEPTHS = 9.0, (6.0, 9.0, 12.0)
DISTANCE = np.array([52.0, 61.0, 70.0, 78.0, 85.0, 92.0, 99.0, 105.0])
AZIMUTH = np.array([10.0, 75.0, 118.0, 160.0, 205.0, 251.0, 300.0, 341.0])
LATE = np.array([1.0, -0.8, 0.4, 0.0, 1.6, -1.2, 0.6, 2.0])  # s, of the waves against the model
NOISE = 1e-7  # m/s


def couple(strike: float, dip: float, rake: float, mw: float = 4.4) -> torch.Tensor:
    values = torch.tensor([strike, dip, rake, mw], dtype=torch.float64)
    return from_plane(values[0], values[1], values[2], moment_of_magnitude(values[3]))


MECHANISM = couple(40.0, 65.0, 20.0)


@cache
def seismograms() -> np.ndarray:
    """Displacement for a step of moment at the stations, from 20 s before the origin, at 10 Hz up to 1 Hz."""
    start = np.full((1, len(DISTANCE)), -20.0)
    return elementary(COLUMN, np.array([DEPTH]), DISTANCE, start, Band(1100, 0.1, 0.5, 1.0))[0]


def event_of(
    traces: np.ndarray,
    moment: torch.Tensor,
    noise: float = NOISE,
    times: np.ndarray = LATE,
    seconds: float = 0.0,
) -> Event:
    """The records of a source of some duration, its waves late by what the model is wrong, with noise."""
    azimuth = torch.from_numpy(AZIMUTH)
    ground = components(coefficients(moment, azimuth), torch.from_numpy(traces))
    frequency = torch.fft.rfftfreq(2200, 0.1, dtype=torch.float64)
    late = torch.exp(-2j * torch.pi * frequency * torch.from_numpy(times)[:, None, None])
    rate = moment_rate(frequency, torch.tensor(seconds, dtype=torch.float64), torch.tensor(False))
    spectrum = torch.fft.rfft(ground, 2200) * 2j * torch.pi * frequency * late * rate
    velocity = torch.fft.irfft(spectrum, 2200)[..., :1100]
    generator = torch.Generator().manual_seed(3)
    silence = torch.zeros(*velocity.shape[:2], 600, dtype=torch.float64)
    motion = torch.cat((silence, velocity), -1)
    motion += noise * torch.randn(motion.shape, generator=generator, dtype=torch.float64)
    arrivals = first_arrivals(COLUMN, np.array([DEPTH]), DISTANCE)
    count = len(DISTANCE)
    return Event(
        origin=Origin("2020-03-01T12:00:00", 38.0, -120.0, DEPTH),
        stations=tuple(f"XX.S{k}" for k in range(count)),
        place=torch.zeros(count, 2, dtype=torch.float64),
        distance=torch.from_numpy(DISTANCE),
        azimuth=azimuth,
        motion=motion,
        start=-80.0,
        picks=torch.from_numpy(np.stack((arrivals.p[0], arrivals.s[0]), -1)),
        picked=torch.zeros(count, 2, dtype=torch.bool),
        lowest=torch.full((count,), 0.01, dtype=torch.float64),
        remarks=(),
    )
