"""The classic fit finds the mechanism that made the records, says how sure it is, and which stations are wrong."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from source_fit_toys import (
    COLUMN,
    DEPTH,
    DEPTHS,
    LATE,
    MECHANISM,
    NOISE,
    couple,
    event_of,
    seismograms,
)

from seisgrad.errors import InputError
from seisgrad.source.axes import decompose
from seisgrad.source.earths import named_column
from seisgrad.source.event import read_event
from seisgrad.source.kagan import kagan_angle
from seisgrad.source.linear_fit import fit, sums_of
from seisgrad.source.long_period import long_period
from seisgrad.source.moment_tensor import moment_of_magnitude
from seisgrad.source.pulses import duration
from seisgrad.source.quakeml import read_quakeml, write_quakeml
from seisgrad.source.refine import Refinement, refine
from seisgrad.source.sites import arrivals_in


@pytest.fixture(scope="module")
def traces() -> np.ndarray:
    return seismograms()


def angle(found: Refinement, truth: torch.Tensor = MECHANISM) -> float:
    return kagan_angle(found.moment, truth).item()


def reasons(found: Refinement) -> str:
    return "\n".join(f"{what}: {reason}" for what, reason in found.remarks)


def test_the_mechanism_that_made_the_records_is_found(traces: np.ndarray) -> None:
    found = refine(event_of(traces, MECHANISM), COLUMN, depths=DEPTHS)
    assert found.depth == DEPTH
    assert angle(found) < 2
    assert found.mw == pytest.approx(4.4, abs=0.02)
    assert found.variance_reduction > 0.95
    assert (found.station_reduction > 0.8).all()
    assert found.shifts.tolist() == pytest.approx(LATE.tolist(), abs=0.41), "late waves have positive shifts"
    assert found.mechanism_spread < 5
    assert found.mw_sigma < 0.05
    assert found.remarks == ()


def test_an_opening_source_needs_all_six_components(traces: np.ndarray) -> None:
    volume = torch.tensor([1.0, 1, 1, 0, 0, 0], dtype=torch.float64) * moment_of_magnitude(
        torch.tensor(4.3, dtype=torch.float64)
    )
    event = event_of(traces, 0.5 * MECHANISM + volume)
    full = refine(event, COLUMN, depths=(DEPTH,), kind="full", draws=20)
    assert decompose(full.moment).isotropic.item() == pytest.approx(
        decompose(0.5 * MECHANISM + volume).isotropic.item(), abs=10
    )
    without = refine(event, COLUMN, depths=(DEPTH,), draws=20)
    assert abs(decompose(without.moment).isotropic.item()) < 1e-6
    assert full.variance_reduction > without.variance_reduction


def test_a_large_source_takes_its_time(traces: np.ndarray) -> None:
    """As an impulse, Mw 6.8 would seem 0.1 smaller, and its waves half of the duration late."""
    moment = couple(40.0, 65.0, 20.0, 6.8)
    seconds = duration(moment_of_magnitude(torch.tensor(6.8, dtype=torch.float64))).item()
    assert seconds > 5
    found = refine(event_of(traces, moment, seconds=seconds), COLUMN, depths=(DEPTH,), draws=20)
    assert found.mw == pytest.approx(6.8, abs=0.02)
    assert angle(found, moment) < 2
    assert found.shifts.tolist() == pytest.approx(LATE.tolist(), abs=0.41)


def test_more_noise_is_less_sure_and_the_draws_repeat(traces: np.ndarray) -> None:
    quiet, loud = (
        refine(event_of(traces, MECHANISM, noise), COLUMN, depths=DEPTHS) for noise in (NOISE, 30 * NOISE)
    )
    assert loud.mechanism_spread > 2 * quiet.mechanism_spread
    assert loud.mw_sigma > quiet.mw_sigma
    assert loud.variance_reduction < quiet.variance_reduction
    again = refine(event_of(traces, MECHANISM), COLUMN, depths=DEPTHS)
    assert torch.equal(quiet.ensemble, again.ensemble)
    other = refine(event_of(traces, MECHANISM), COLUMN, depths=DEPTHS, seed=1)
    assert not torch.equal(quiet.ensemble, other.ensemble)


def test_noise_alone_is_not_trusted(traces: np.ndarray) -> None:
    event = event_of(traces, 1e-6 * MECHANISM)
    found = refine(event, COLUMN, depths=(DEPTH,))
    assert "do not trust the mechanism" in reasons(found)


@pytest.mark.parametrize(("turned", "way"), [(130.0, "clockwise"), (-130.0, "anticlockwise")])
def test_a_station_that_points_elsewhere_is_told_with_its_angle(
    traces: np.ndarray, turned: float, way: str
) -> None:
    """A sensor that stands clockwise of where it is said to sees everything come from further anticlockwise."""
    event = event_of(traces, MECHANISM)
    motion = event.motion.clone()
    cosine, sine = np.cos(np.radians(turned)), np.sin(np.radians(turned))
    radial, transverse = event.motion[2, 1], event.motion[2, 2]
    motion[2, 1], motion[2, 2] = cosine * radial + sine * transverse, cosine * transverse - sine * radial
    found = refine(replace(event, motion=motion), COLUMN, depths=(DEPTH,))
    assert "XX.S2" not in found.stations
    assert angle(found) < 2
    ((what, reason),) = found.remarks
    assert what == "XX.S2"
    degrees = float(reason.split(" pointed ")[1].split("°")[0])
    assert degrees == pytest.approx(abs(turned), abs=10)
    assert f"° {way} of where" in reason


def test_stations_that_cannot_be_used_are_told(traces: np.ndarray) -> None:
    event = event_of(traces, MECHANISM)
    motion, lowest = event.motion.clone(), event.lowest.clone()
    motion[0] *= 1000
    motion[1, :, 900:910] = torch.nan
    motion[3, 0, 900] = torch.nan
    lowest[2] = 0.3
    found = refine(replace(event, motion=motion, lowest=lowest), COLUMN, depths=(DEPTH,))
    assert "XX.S0: it is not fitted: its amplitude is" in reasons(found)
    assert "XX.S1: it is not fitted: its records do not hold" in reasons(found)
    assert "XX.S2: it is not fitted: its sensor is deaf below 0.3 Hz" in reasons(found)
    assert found.stations == tuple(f"XX.S{k}" for k in range(3, 8))
    assert not found.records[0, 0].any(), "one component less"
    assert angle(found) < 3
    lowest[:6] = 0.3
    with pytest.raises(InputError, match=r"2 stations can be used .* the first remark: XX.S0"):
        refine(replace(event, lowest=lowest), COLUMN, depths=(DEPTH,))
    with pytest.raises(InputError, match="expected two rising corners"):
        refine(event, COLUMN, band=(0.05, 0.02))


def test_a_mechanism_that_the_stations_leave_free_is_told(traces: np.ndarray) -> None:
    """Three verticals on one line see three of the five parts."""
    event = event_of(traces, MECHANISM)
    motion = event.motion.clone()
    motion[:, 1:] = torch.nan
    event = replace(event, motion=motion, azimuth=torch.full_like(event.azimuth, 40.0))
    found = refine(event, COLUMN, depths=(DEPTH,), draws=20)
    assert "the mechanism: the stations leave a part of it free" in reasons(found)
    assert torch.isfinite(found.ensemble).all()


def test_a_shift_at_its_limit_is_told(traces: np.ndarray) -> None:
    found = refine(event_of(traces, MECHANISM), COLUMN, depths=(DEPTH,), longest_shift=1.4, draws=20)
    assert "the shifts: XX.S4, XX.S5, XX.S7 would go beyond 1.4 s" in reasons(found)


def test_a_best_depth_at_the_end_is_told(traces: np.ndarray) -> None:
    found = refine(event_of(traces, MECHANISM), COLUMN, depths=(12.0, 16.0))
    assert "the depth: 12 km is at the end of the depths that were tried" in reasons(found)


def test_the_sums_fit_as_plain_least_squares_do(traces: np.ndarray) -> None:
    """Against one big matrix, and no other shift of any station alone is better."""
    event = event_of(traces, MECHANISM)
    data = long_period(event, COLUMN, (0.02, 0.05), [DEPTH], longest_shift=2.0, basis=5)
    found = fit(sums_of(data), torch.ones(1, 8, dtype=torch.float64))
    scale = data.weight.sqrt()[..., None]
    matrix = (data.greens[0] * scale[:, None]).transpose(0, 1).flatten(1).T * 1e15

    def left(shift: torch.Tensor) -> float:
        records = (data.records[shift, torch.arange(8)] * scale).flatten()
        solved = torch.linalg.lstsq(matrix, records[:, None]).solution[:, 0]
        return (records - matrix @ solved).square().sum().item()

    best = found.shift[0, 0]
    assert found.misfit.item() == pytest.approx(left(best), rel=1e-6)
    for station in range(8):
        for step in (-1, 1):
            other = best.clone()
            other[station] = (other[station] + step).clamp(0, len(data.shifts) - 1)
            records = data.records[other, torch.arange(8)]
            predicted = torch.einsum("sbct,b->sct", data.greens[0], found.coefficients[0, 0])
            misfit = ((records - predicted) * scale).square().sum().item()
            assert misfit >= found.misfit.item() * (1 - 1e-9)


def test_the_solution_goes_to_quakeml(traces: np.ndarray, tmp_path: Path) -> None:
    found = refine(event_of(traces, MECHANISM), COLUMN, depths=DEPTHS, draws=20)
    write_quakeml(found.solution(), tmp_path / "event.xml")
    back = read_quakeml(tmp_path / "event.xml")
    assert torch.allclose(back.moment, found.moment)
    assert back.origin.depth == found.depth
    assert back.variance_reduction == pytest.approx(found.variance_reduction)


def test_byron_2019_lands_on_the_published_mechanism(data_dir: Path, tmp_path: Path) -> None:
    """Strike, dip and rake 234, 71, -5 and Mw 4.37, within 10 degrees and 0.1, with the depth known and sought."""
    there = data_dir / "source" / "byron2019"
    if not there.is_dir():
        pytest.skip(f"no records in {there}")
    row = next(csv.DictReader((there / "datetime.csv").open()))
    place = {"latitude": float(row["lat"]), "longitude": float(row["lon"]), "depth": float(row["depth"])}
    (tmp_path / "origin.json").write_text(json.dumps({"time": row["origin"]} | place))
    for name in ("waveforms", "stations"):
        (tmp_path / name).symlink_to(there / name)
    column = named_column("gil7")
    event = read_event(tmp_path, arrivals_in(column))
    found = refine(event, column, depths=(4.0, 6.0, 7.0, 8.0, 10.0, 12.38, 16.0))
    published = couple(234.0, 71.0, -5.0)
    assert angle(found, published) < 10
    assert found.mw == pytest.approx(4.37, abs=0.1)
    assert 6 <= found.depth <= 12.38
    known = found.depths.tolist().index(12.38)
    assert kagan_angle(found.depth_moments[known], published).item() < 10
    assert found.variance_reduction > 0.7
    assert 2 < found.mechanism_spread < 20
    ((what, reason),) = found.remarks
    assert what == "BK.SCZ"
    assert "check their azimuth" in reason, "it fits with its horizontals some fifty degrees further round"
