"""One station that is wrong does not spoil the mechanism: it is left out, and told with what may be wrong."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from source_fit_toys import AZIMUTH, COLUMN, DEPTH, DISTANCE, LATE, MECHANISM, event_of, seismograms

from seisgrad.source.event import Event
from seisgrad.source.kagan import kagan_angle
from seisgrad.source.refine import Refinement, refine
from seisgrad.source.traveltime import first_arrivals

BAD = 4


def spoiled(change: Callable[[Event], Event]) -> tuple[Refinement, list[str]]:
    """The fit of eight stations, one of them spoiled, and what is said of it."""
    event = change(event_of(seismograms(), MECHANISM))
    found = refine(event, COLUMN, depths=(DEPTH,), draws=30)
    others = [r for r in found.remarks if r.what != f"XX.S{BAD}"]
    assert not others, "nothing is said of the others"
    return found, [r.reason for r in found.remarks]


def moved(motion: Callable[[torch.Tensor], torch.Tensor]) -> Callable[[Event], Event]:
    def change(event: Event) -> Event:
        spoiled = event.motion.clone()
        spoiled[BAD] = motion(spoiled[BAD])
        return replace(event, motion=spoiled)

    return change


def turned_about(up: float, north: float, east: float, *, swap: bool = False) -> Callable[[Event], Event]:
    """North and east mistaken for each other, or with their signs reversed, seen as away and clockwise."""

    def motion(zrt: torch.Tensor) -> torch.Tensor:
        away = torch.deg2rad(torch.tensor(AZIMUTH[BAD]))
        z, r, t = zrt
        n, e = r * away.cos() - t * away.sin(), r * away.sin() + t * away.cos()
        n, e = (e, n) if swap else (n, e)
        n, e = north * n, east * e
        return torch.stack((up * z, n * away.cos() + e * away.sin(), e * away.cos() - n * away.sin()))

    return moved(motion)


def hole(zrt: torch.Tensor) -> torch.Tensor:
    zrt[:, 900:903] = torch.nan
    return zrt


def elsewhere(event: Event) -> Event:
    """A station that is said to be 40 km further away, on the other side."""
    distance, azimuth, picks = event.distance.clone(), event.azimuth.clone(), event.picks.clone()
    distance[BAD], azimuth[BAD] = distance[BAD] + 40.0, (azimuth[BAD] + 140.0) % 360.0
    arrivals = first_arrivals(COLUMN, np.array([DEPTH]), distance.numpy())
    picks[BAD] = torch.tensor([arrivals.p[0, BAD], arrivals.s[0, BAD]])
    return replace(event, distance=distance, azimuth=azimuth, picks=picks)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param(moved(lambda zrt: 10.0 * zrt), "10 times the amplitude that the others", id="gain-10"),
        pytest.param(moved(lambda zrt: 0.1 * zrt), "0.1 times the amplitude that the others", id="gain-0.1"),
        pytest.param(moved(lambda zrt: 4.0 * zrt), "4 times the amplitude that the others", id="gain-4"),
        pytest.param(moved(lambda zrt: 1e9 * zrt), "is its response right?", id="counts-as-m/s"),
        pytest.param(moved(torch.neg), "turned upside down", id="polarity"),
        pytest.param(turned_about(1, 1, 1, swap=True), "north and east were swapped,", id="swapped"),
        pytest.param(turned_about(1, -1, 1), "points north were reversed", id="north-reversed"),
        pytest.param(turned_about(1, 1, -1), "points east were reversed", id="east-reversed"),
        pytest.param(moved(hole), "do not hold the surface waves", id="gap"),
        pytest.param(moved(lambda zrt: 0.0 * zrt), "is its response right?", id="silence"),
        pytest.param(elsewhere, "check its response, its place", id="wrong-place"),
    ],
)
def test_a_fault_is_found_and_told(change: Callable[[Event], Event], told: str) -> None:
    found, reasons = spoiled(change)
    assert f"XX.S{BAD}" not in found.stations
    assert len(found.stations) == len(DISTANCE) - 1
    assert kagan_angle(found.moment, MECHANISM).item() < 3
    assert found.mw == pytest.approx(4.4, abs=0.03)
    assert [told in reason for reason in reasons] == [True], reasons


@pytest.mark.parametrize("late", [-2.0, 2.0])
def test_a_wrong_clock_is_told_and_forgiven(late: float) -> None:
    """A shift in time is what the fit gives every station; that it is unlike those of the others is told."""
    event = event_of(seismograms(), MECHANISM, times=0.3 * LATE)
    motion = event.motion.clone()
    motion[BAD] = motion[BAD].roll(round(10 * late), -1)
    found = refine(replace(event, motion=motion), COLUMN, depths=(DEPTH,), draws=30)
    assert found.shifts[BAD].item() == pytest.approx(0.3 * LATE[BAD] + late, abs=0.31)
    assert kagan_angle(found.moment, MECHANISM).item() < 3
    ((what, reason),) = found.remarks
    assert what == f"XX.S{BAD}"
    assert f"s {'later' if late > 0 else 'earlier'} than those of the others" in reason
    assert "clock" in reason


def test_two_faults_at_once() -> None:
    """One ten times too loud, and one turned round; that a quarter of the stations do not fit is told too."""
    event = event_of(seismograms(), MECHANISM)
    motion = event.motion.clone()
    motion[1] *= 10.0
    motion[6] *= -1.0
    found = refine(replace(event, motion=motion), COLUMN, depths=(DEPTH,), draws=30)
    assert [r.what for r in found.remarks] == ["XX.S6", "XX.S1", "the origin"]
    assert kagan_angle(found.moment, MECHANISM).item() < 3
