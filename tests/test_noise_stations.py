"""Planted faults of stations are found: a late clock, a reversed polarity, swapped and turned horizontals."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from noise_toys import DAY, SMALL, inventory, isotropic, places, trace, write

from seisgrad.noise.clocks import lateness, lateness_by_asymmetry, shift_between, signs
from seisgrad.noise.orientation import orientations
from seisgrad.noise.run import correlate, correlate_motion
from seisgrad.noise.settings import Settings
from seisgrad.noise.station_checks import wrong_always

WHERE = [(0.0, 0.0), (12.0, 3.0), (5.0, 14.0), (-9.0, 8.0), (-6.0, -11.0), (10.0, -9.0)]
NINE = tuple(a + b for a in "ZRT" for b in "ZRT")
SETTINGS = Settings(band=(0.1, 0.5), lag=50.0, segment=200.0, components=NINE, normalisation="one-bit")
TRIANGLES = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]


@pytest.fixture(scope="module")
def motion() -> torch.Tensor:
    """Six stations in noise from all around, at 2 Hz."""
    return isotropic(WHERE, 3.0, 40_000, 2.0, (0.05, 0.7), seed=4, directions=60)


def stacked(motion: torch.Tensor):
    return correlate_motion(motion, places(WHERE), SETTINGS)


class TestClosure:
    def test_a_late_clock_is_told_from_a_bad_pair(self) -> None:
        true = np.array([0.0, 0.0, 0.5, 0.0])
        shift = np.array([true[b] - true[a] for a, b in TRIANGLES])
        shift[1] += 3.0  # one pair says what no clock explains
        found, misfit = lateness(TRIANGLES, shift, np.ones(6), 4)
        np.testing.assert_allclose(found, true, atol=0.01)
        assert int(np.abs(misfit).argmax()) == 1

    def test_a_station_without_a_pair_has_no_clock(self) -> None:
        found, _ = lateness(TRIANGLES, np.zeros(6), np.array([1.0, 1, 0, 1, 0, 0]), 4)
        assert np.isnan(found).tolist() == [False, False, False, True]

    def test_signs_of_pairs_are_products_of_those_of_stations(self) -> None:
        true = np.array([1, -1, 1, 1])
        alike = np.array([0.8 * true[a] * true[b] for a, b in TRIANGLES])
        assert signs(TRIANGLES, alike, 4).tolist() == true.tolist()
        assert signs(TRIANGLES, np.zeros(6), 4).tolist() == [0, 0, 0, 0]

    @pytest.mark.parametrize("sign", [1, -1])
    def test_a_shift_is_found_between_the_samples(self, sign: int) -> None:
        time = torch.arange(-50, 50, 0.5, dtype=torch.float64)

        def wave(late: float) -> torch.Tensor:
            return torch.exp(-(((time - late) / 6) ** 2)) * torch.cos(0.9 * (time - late))

        shift, alike = shift_between(sign * wave(0.81), wave(0.0), 0.5, 3.0)
        assert float(shift) == pytest.approx(0.81, abs=0.02)
        assert float(alike) == pytest.approx(sign, abs=0.01)


class TestTheStackOfAllDays:
    def test_a_clock_that_is_always_late(self, motion: torch.Tensor) -> None:
        motion = motion.clone()
        motion[3] = motion[3].roll(1, -1)  # 0.5 s
        _, late, scatter = lateness_by_asymmetry(stacked(motion), 3.0)
        np.testing.assert_allclose(late, [0, 0, 0, 0.5, 0, 0], atol=0.06)
        assert scatter < 0.05
        told = wrong_always(stacked(motion), SETTINGS)
        assert [row.what for row in told] == ["XX.S3"]
        assert re.search(r"clock is \+0\.[45]\d s late by the two sides", told[0].reason)

    def test_noise_from_one_side_is_no_clock(self) -> None:
        spectrum = np.fft.rfft(np.random.default_rng(1).standard_normal(40_000))
        frequency = np.fft.rfftfreq(40_000, 0.5)
        delayed = [
            spectrum * np.exp(-2j * np.pi * frequency * east / 3.0) for east, _ in WHERE
        ]  # a plane wave
        motion = torch.from_numpy(np.fft.irfft(np.stack(delayed)))[:, None]
        settings = replace(SETTINGS, components=("ZZ",))
        found = correlate_motion(motion, places(WHERE), settings)
        assert not wrong_always(found, settings)

    def test_horizontals_that_are_swapped_or_turned_and_a_vertical_upside_down(
        self, motion: torch.Tensor
    ) -> None:
        motion = motion.clone()
        motion[1] = motion[1][[0, 2, 1]]
        turn = np.radians(40.0)  # what is called north points 40 degrees east of it
        there = torch.tensor([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        motion[2, 1:] = there @ motion[2, 1:]
        motion[4, 0] *= -1
        found = stacked(motion)
        turned = {each.station: (each.mirrored, each.turned) for each in orientations(found)}
        assert [name for name, (mirrored, _) in turned.items() if mirrored] == ["XX.S1"]
        assert turned["XX.S1"][1] == pytest.approx(90, abs=4)
        assert turned["XX.S2"][1] == pytest.approx(40, abs=4)
        assert abs(turned["XX.S4"][1]) == pytest.approx(180, abs=4)
        assert max(abs(turned[f"XX.S{i}"][1]) for i in (0, 3, 5)) < 4
        told = {row.what: row.reason for row in wrong_always(found, SETTINGS)}
        assert set(told) == {"XX.S1", "XX.S2", "XX.S4"}
        assert "horizontals are mirrored, as if swapped" in told["XX.S1"]
        assert re.search(r"horizontals are turned by (3[6-9]|4[0-4])° clockwise", told["XX.S2"])
        assert "vertical is upside down" in told["XX.S4"]

    def test_two_stations_at_one_place(self, motion: torch.Tensor) -> None:
        """One of them stands where it is said to stand, and the other in truth 13 km away."""
        where = [*WHERE[:5], (WHERE[1][0], WHERE[1][1] + 0.005)]
        told = wrong_always(correlate_motion(motion, places(where), SETTINGS), SETTINGS)
        assert [row.what for row in told] == ["XX.S1_XX.S5"]
        assert "both stand at one place, 5.0 m apart: two instruments side by side, or" in told[0].reason
        same = wrong_always(correlate_motion(motion, places([*WHERE[:5], WHERE[1]]), SETTINGS), SETTINGS)
        assert "both stand at one place, 0.0 m apart" in same[0].reason
        apart = places([*WHERE[:5], (WHERE[1][0], WHERE[1][1] + 0.02)])
        assert "one place" not in str(wrong_always(correlate_motion(motion, apart, SETTINGS), SETTINGS))

    def test_good_stations_have_no_fault(self, motion: torch.Tensor) -> None:
        assert not wrong_always(stacked(motion), SETTINGS)


def test_a_day_with_a_late_clock_or_a_reversed_polarity_is_left_out(tmp_path: Path) -> None:
    days, where = 3, WHERE[:4]
    series = isotropic(where, 3.0, 86400 * days, 1.0, (0.03, 0.2), seed=6, directions=16)[:, 0].numpy()
    parts = [[(1e4 * day).astype(np.int32) for day in np.split(one, days)] for one in series]
    stations, settings = inventory(places(where)), replace(SMALL, whiten=True)

    def run(name: str, start: dict, sign: dict):
        traces = [
            trace(sign.get((i, n), 1) * part[:-2], f"S{i}", start=DAY + 86400 * n + start.get((i, n), 0.0))
            for i, one in enumerate(parts)
            for n, part in enumerate(one)
        ]
        records = write(tmp_path / name, traces)
        return correlate(records, stations, tmp_path / f"{name}.zarr", settings)

    good = run("good", {}, {})
    assert not good.rejected
    bad = run("bad", {(1, 2): 1.5}, {(3, 0): -1})
    assert [(row.day, row.what) for row in bad.rejected] == [("2020-03-01", "XX.S3"), ("2020-03-03", "XX.S1")]
    assert "its polarity is the reverse of all days" in bad.rejected[0].reason
    # against a stack of which that day is a third
    assert re.search(r"its clock is \+1\.[2-5]\d s late against all days", bad.rejected[1].reason)
    # pairs of the other stations are as they were
    same = [
        i
        for i, pair in enumerate(good.correlations.pairs)
        if not {"XX.S1", "XX.S3"} & set(pair.name.split("_"))
    ]
    assert torch.equal(bad.correlations.values[same], good.correlations.values[same])
