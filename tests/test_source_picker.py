"""P and S are measured where they arrive, on exact seismograms with noise and echoes; what is no wave is no pick."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch

from seisgrad.source.earths import named_column
from seisgrad.source.event import Event
from seisgrad.source.layered import Band, elementary
from seisgrad.source.moment_tensor import random_double_couples
from seisgrad.source.origin import Origin
from seisgrad.source.picker import Picks, measure_picks
from seisgrad.source.pulses import moment_rate, scattering
from seisgrad.source.radiation import coefficients, components
from seisgrad.source.traveltime import first_arrivals

COLUMN = named_column("gil7")
DEPTH, BEFORE, SAMPLES = 9.0, 60.0, 1024
DISTANCE = np.linspace(20.0, 130.0, 12)
WRONG = 0.05  # of the travel times that are predicted
EVENTS = 6


@cache
def truth() -> torch.Tensor:
    """P and S at the stations, s."""
    arrivals = first_arrivals(COLUMN, np.array([DEPTH]), DISTANCE)
    return torch.from_numpy(np.stack((arrivals.p[0], arrivals.s[0]), -1))


@cache
def seismograms() -> torch.Tensor:
    start = np.zeros((1, len(DISTANCE)))
    return torch.from_numpy(
        elementary(COLUMN, np.array([DEPTH]), DISTANCE, start, Band(SAMPLES, 0.1, 2.0, 2.5))[0]
    )


def event_of(number: int, noise: float) -> Event:
    """An earthquake of some mechanism and half a second; noise is a share of the largest P velocity of a station."""
    generator, rng = torch.Generator().manual_seed(number), np.random.default_rng(number)
    count, length = len(DISTANCE), 2 * SAMPLES
    azimuth = 360.0 * torch.rand(count, generator=generator, dtype=torch.float64)
    moment = random_double_couples(1, generator)[0].double() * 1e15
    ground = components(coefficients(moment, azimuth), seismograms())
    frequency = torch.fft.rfftfreq(length, 0.1, dtype=torch.float64)
    seconds, brune = torch.tensor(0.5, dtype=torch.float64), torch.tensor(True)
    slope = 2j * torch.pi * frequency * moment_rate(frequency, seconds, brune)
    half, decay = torch.full((count,), 0.3), torch.full((count,), 3.0)
    echoes = 1.0 + scattering(half, decay, length, 300, rng)
    velocity = torch.fft.irfft(torch.fft.rfft(ground, length) * slope * echoes, length)[
        ..., :SAMPLES
    ].double()
    time = torch.arange(SAMPLES) / 10.0
    first = (time > truth()[:, :1]) & (time < truth()[:, 1:])
    loud = torch.where(first[:, None], velocity, 0.0).abs().amax((1, 2), keepdim=True)
    motion = torch.cat((torch.zeros(count, 3, round(10 * BEFORE)), velocity), -1)
    motion = motion + noise * loud * torch.randn(motion.shape, generator=generator)
    factor = 1.0 + WRONG * (-1.0) ** number
    return Event(
        origin=Origin("2020-03-01T12:00:00", 38.0, -120.0, DEPTH),
        stations=tuple(f"XX.S{k}" for k in range(count)),
        place=torch.zeros(count, 2, dtype=torch.float64),
        distance=torch.from_numpy(DISTANCE),
        azimuth=azimuth,
        motion=motion,
        start=-BEFORE,
        picks=factor * truth(),
        picked=torch.zeros(count, 2, dtype=torch.bool),
        lowest=torch.full((count,), 0.01, dtype=torch.float64),
        remarks=(),
    )


def errors(found: list[Picks], phase: int) -> torch.Tensor:
    return torch.cat([(one.times - truth())[one.measured[:, phase], phase] for one in found]).abs()


def test_picks_are_better_than_predictions() -> None:
    """Travel times of a model that is 5 % too slow or too fast; a twentieth of P's amplitude is noise."""
    found = [measure_picks(event_of(number, 0.05)) for number in range(EVENTS)]
    p, s = errors(found, 0), errors(found, 1)
    assert len(p) > 0.6 * EVENTS * len(DISTANCE)
    assert len(s) > 0.9 * EVENTS * len(DISTANCE)
    assert p.median() < 0.2
    assert s.median() < 0.2
    assert p.quantile(0.8) < 0.45
    assert s.quantile(0.8) < 0.45
    assert (WRONG * truth()).median(0).values.tolist() == pytest.approx([0.6, 1.1], abs=0.02), "before"


def test_noise_is_no_pick() -> None:
    event = event_of(0, 0.05)
    generator = torch.Generator().manual_seed(1)
    noise = torch.randn(event.motion.shape, generator=generator, dtype=torch.float64)
    found = measure_picks(replace(event, motion=noise))
    assert found.measured.double().mean() < 0.1
    assert torch.equal(found.times[~found.measured], event.picks[~found.measured])
    assert (found.quality[~found.measured] == 0).all()


def test_what_was_read_stays_and_what_is_missing_is_not_measured() -> None:
    event = event_of(1, 0.05)
    picked, motion = event.picked.clone(), event.motion.clone()
    picked[3] = True
    motion[4] = torch.nan
    motion[5, 1:] = torch.nan
    found = measure_picks(replace(event, picked=picked, motion=motion))
    assert not found.measured[3].any()
    assert not found.measured[4].any()
    assert found.measured[5].tolist() == [True, False]
    assert torch.equal(found.times[3], event.picks[3])
    assert (found.times[:, 1] > found.times[:, 0]).all()
