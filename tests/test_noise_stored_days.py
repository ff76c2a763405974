"""What a stored day was made from: exactly the days of which a record, a response or a place has changed are made
again, and the result is that of a run from nothing."""

import os
import shutil
from copy import deepcopy
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import torch
from noise_toys import DAY, SMALL, inventory, isotropic, places, trace
from obspy import Inventory, Stream, read_inventory

from seisgrad.noise.layout import Layout
from seisgrad.noise.run import Correlated, correlate

WHERE = [(0.0, 0.0), (9.0, 12.0), (14.0, -3.0)]
SETTINGS = replace(SMALL, response=True)
DAYS = [date(2020, 3, day) for day in (1, 2, 3)]


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three stations, of which the third recorded on the third day alone, and their correlations of three days."""
    folder = tmp_path_factory.mktemp("first")
    (folder / "records").mkdir()
    motion = isotropic(WHERE, 3.0, 3 * 86400, 1.0, (0.03, 0.2), seed=7, directions=20)[:, 0].numpy()
    for station, series in enumerate(motion):
        for day, part in enumerate(np.split(series, 3)):
            if station < 2 or day == 2:
                write_day(folder / "records", f"S{station}", day, part)
    correlate(folder / "records", stations(), folder / "days.zarr", SETTINGS)
    return folder


@pytest.fixture
def work(first: Path, tmp_path: Path) -> Path:
    """A copy of it to change, with the times of its files."""
    return Path(shutil.copytree(first, tmp_path / "work"))


def write_day(folder: Path, station: str, day: int, samples: np.ndarray) -> None:
    one = trace((1e4 * samples).astype(np.int32), station, start=DAY + 86400 * day)
    Stream([one]).write(str(folder / f"{station}.{day}.mseed"), format="MSEED")


def stations() -> Inventory:
    return inventory(places(WHERE), gain=1e6)


def again(work: Path, inventory: Inventory, settings=SETTINGS) -> Correlated:
    """The same command once more, whose result must be that of a store that did not exist."""
    result = correlate(work / "records", inventory, work / "days.zarr", settings)
    shutil.rmtree(work / "fresh.zarr", ignore_errors=True)
    fresh = correlate(work / "records", inventory, work / "fresh.zarr", settings)
    assert [pair.name for pair in result.correlations.pairs] == [p.name for p in fresh.correlations.pairs]
    assert torch.equal(result.correlations.values, fresh.correlations.values)
    assert result.rejected == fresh.rejected
    assert not fresh.remade
    return result


def reasons(result: Correlated) -> str:
    return "; ".join(f"{r.day} {r.what}: {r.reason}" for r in result.rejected)


def times(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in sorted(folder.rglob("*"))}


def test_where_nothing_has_changed_nothing_is_written(work: Path) -> None:
    before = times(work / "days.zarr")
    elsewhere = Path(shutil.move(work / "records", work / "moved"))
    told = []
    result = correlate(
        elsewhere, stations(), work / "days.zarr", SETTINGS, progress=lambda *at: told.append(at)
    )
    assert told == [(3, 3, 3)]
    assert not result.remade
    assert times(work / "days.zarr") == before


class TestStations:
    def test_a_response_that_came_later(self, work: Path) -> None:
        without = stations()
        without[0][1][0].response = None
        shutil.rmtree(work / "days.zarr")
        assert len(correlate(work / "records", without, work / "days.zarr", SETTINGS).correlations.pairs) == 1
        result = again(work, stations())
        assert result.remade == dict.fromkeys(DAYS, ("a new response or direction of XX.S1",))
        assert len(result.correlations.pairs) == 3

    def test_a_station_that_came_later_changes_the_days_on_which_it_recorded(self, work: Path) -> None:
        shutil.rmtree(work / "days.zarr")
        correlate(work / "records", inventory(places(WHERE[:2]), gain=1e6), work / "days.zarr", SETTINGS)
        before = times(work / "days.zarr" / "2020-03-02")
        assert again(work, stations()).remade == {DAYS[2]: ("a new station XX.S2",)}
        assert times(work / "days.zarr" / "2020-03-02") == before

    def test_one_that_is_no_longer_there(self, work: Path) -> None:
        result = again(work, inventory(places(WHERE[:2]), gain=1e6))
        assert result.remade == {DAYS[2]: ("no station XX.S2 any more",)}

    def test_a_sensor_that_was_exchanged(self, work: Path) -> None:
        exchanged = stations()
        old = exchanged[0][0][0]
        new = deepcopy(old)
        old.end_date = new.start_date = DAY + 86400
        new.response.response_stages[0].stage_gain *= 2
        exchanged[0][0].channels.append(new)
        result = again(work, exchanged)
        assert result.remade == dict.fromkeys(DAYS[1:], ("a new response or direction of XX.S0",))
        assert not result.rejected
        old.end_date = new.start_date = DAY + 86400 + 3600
        result = again(work, exchanged)
        assert result.remade == {DAYS[1]: ("a new response or direction of XX.S0",)}
        assert "response or direction of XX.S0..BHZ changes on this day, at 2020-03-02T01" in reasons(result)

    def test_a_place_that_was_mended(self, work: Path) -> None:
        moved = stations()
        moved[0][2].latitude = places(WHERE)[2].latitude + 0.001
        assert again(work, moved).remade == {DAYS[2]: ("a new place of XX.S2",)}

    def test_words_and_what_is_not_used_change_nothing(self, work: Path) -> None:
        reworded = stations()
        reworded[0][0][0].response.response_stages[0].name = "a poem"
        reworded[0][0].site.name = "elsewhere"
        reworded.write(str(work / "reworded.xml"), format="STATIONXML")
        assert not again(work, read_inventory(str(work / "reworded.xml"))).remade
        shutil.rmtree(work / "days.zarr")
        correlate(work / "records", stations(), work / "days.zarr", SMALL)
        assert not again(work, inventory(places(WHERE)), SMALL).remade


class TestRecords:
    def test_a_file_that_was_replaced(self, work: Path) -> None:
        samples = np.random.default_rng(1).standard_normal(86400)
        write_day(work / "records", "S1", 0, samples)
        # the record of the next day begins before midnight, where it fades in
        assert again(work, stations()).remade == dict.fromkeys(DAYS[:2], ("new records of XX.S1",))

    def test_a_file_that_came_later(self, work: Path) -> None:
        samples = np.random.default_rng(1).standard_normal(40_000)
        write_day(work / "records", "S2", 0, samples)
        assert again(work, stations()).remade == {DAYS[0]: ("a new station XX.S2",)}

    def test_a_file_that_was_written_again_with_the_same_size(self, work: Path) -> None:
        file = work / "records" / "S2.2.mseed"
        os.utime(file, ns=(1, file.stat().st_mtime_ns + 1))
        assert again(work, stations()).remade == {DAYS[2]: ("new records of XX.S2",)}


def test_pairs_of_any_number_of_stations_lie_where_they_are_said_to() -> None:
    for number in range(9):
        for block in range(1, 6):
            layout = Layout(number, block)
            found = {
                pair: (both, row) for both in layout.blocks() for row, pair in enumerate(layout.numbers(both))
            }
            assert found == {pair: layout.place(*pair) for pair in found}
            assert len(found) == number * (number - 1) // 2
