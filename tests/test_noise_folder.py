"""From folders of records to correlations: the same whoever makes them and however often it is killed, and a readable
reason for whatever is left out."""

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import torch
from noise_toys import DAY, POLES, SMALL, ZEROS, days_of_noise, inventory, isotropic, places, trace, write
from obspy import Stream

from seisgrad.errors import InputError
from seisgrad.noise.correlations import Correlations
from seisgrad.noise.run import Correlated, correlate

RATE = 1.0
WHERE = [(0.0, 0.0), (9.0, 12.0)]


@pytest.fixture(scope="module")
def motion() -> np.ndarray:
    """A day of two stations, up, north and east, ``[station, component, time]``."""
    return isotropic(WHERE, 3.0, 86400, RATE, (0.03, 0.2), seed=5, directions=30).numpy()


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory):
    """Records of three stations on three days, the stations, and what one run makes of them."""
    folder = tmp_path_factory.mktemp("noise")
    records, where = days_of_noise(folder / "records", stations=3, days=3)
    stations = inventory(where)
    return records, stations, correlate(records, stations, folder / "whole.zarr", SMALL, replicates=4)


def run(folder: Path, traces: list, settings=SMALL, stations=None) -> Correlated:
    records = write(folder / "records", traces)
    channels = sorted({one.stats.channel for one in traces})
    return correlate(records, stations or inventory(places(WHERE), channels), folder / "days.zarr", settings)


def reasons(result: Correlated) -> str:
    return "; ".join(f"{r.day} {r.what}: {r.reason}" for r in result.rejected)


def rms(values: torch.Tensor) -> float:
    return float(values.double().square().mean().sqrt())


def assert_alike(one: Correlations, other: Correlations, share: float) -> None:
    assert rms(one.values - other.values) < share * rms(other.values)


class TestTheStore:
    def test_killed_and_run_again_it_is_the_same_to_the_last_bit(self, archive, tmp_path: Path) -> None:
        records, stations, whole = archive

        def killed_after(days: int):
            def tell(before: int, done: int, total: int) -> None:
                if done - before == days:
                    raise KeyboardInterrupt

            return tell

        for days in (1, 1):
            with pytest.raises(KeyboardInterrupt):
                correlate(records, stations, tmp_path / "days.zarr", SMALL, progress=killed_after(days))
            (tmp_path / "days.zarr" / ".seisgrad-torn" / "2020-03-03").mkdir(parents=True)
        told = []
        again = correlate(
            records,
            stations,
            tmp_path / "days.zarr",
            SMALL,
            replicates=4,
            progress=lambda *at: told.append(at),
        )
        assert told == [(2, 2, 3), (2, 3, 3)]
        assert torch.equal(again.correlations.values, whole.correlations.values)
        assert again.correlations.replicates is not None
        assert torch.equal(again.correlations.replicates, whole.correlations.replicates)
        assert not list((tmp_path / "days.zarr").glob(".seisgrad-*"))

    def test_blocks_of_stations_change_nothing(self, archive, tmp_path: Path) -> None:
        records, stations, whole = archive
        blocks = correlate(records, stations, tmp_path / "days.zarr", SMALL, memory=1e-6)
        assert [pair.name for pair in blocks.correlations.pairs] == [
            "XX.S0_XX.S1",
            "XX.S0_XX.S2",
            "XX.S1_XX.S2",
        ]
        assert torch.equal(blocks.correlations.values, whole.correlations.values)

    def test_a_file_that_ends_after_midnight_makes_no_day(self, motion: np.ndarray, tmp_path: Path) -> None:
        traces = [trace(series, f"S{i}", start=DAY + 50) for i, series in enumerate(motion[:, 0])]
        assert run(tmp_path, traces).days == (date(2020, 3, 1),)

    def test_a_store_made_otherwise_is_refused(self, archive, tmp_path: Path) -> None:
        records, stations, _ = archive
        correlate(records, stations, tmp_path / "days.zarr", SMALL)
        with pytest.raises(
            InputError, match=r"was made with lag 120\.0, asked for is 60\.0; repeat its settings"
        ):
            correlate(records, stations, tmp_path / "days.zarr", replace(SMALL, lag=60.0))
        (tmp_path / "other").mkdir()
        with pytest.raises(InputError, match="is there and holds no daily correlations"):
            correlate(records, stations, tmp_path / "other", SMALL)


class TestWhatIsDoneToRecords:
    def test_responses_are_removed(self, motion: np.ndarray, tmp_path: Path) -> None:
        frequency = np.fft.rfftfreq(86400, 1 / RATE)
        s = 2j * np.pi * frequency[1:, None]
        response = np.prod(s - np.array(ZEROS), 1) / np.prod(s - np.array(POLES), 1)
        unit = np.abs(np.prod(2j * np.pi - np.array(ZEROS)) / np.prod(2j * np.pi - np.array(POLES)))
        spectra = np.fft.rfft(motion[:, 0])
        spectra[:, 1:] *= 1e6 * response / unit
        counts = np.fft.irfft(spectra)
        traces = [trace(series, f"S{i}") for i, series in enumerate(counts)]
        settings = replace(SMALL, response=True)
        removed = run(tmp_path / "counts", traces, settings, inventory(places(WHERE), gain=1e6))
        truth = run(tmp_path / "motion", [trace(series, f"S{i}") for i, series in enumerate(motion[:, 0])])
        assert_alike(removed.correlations, truth.correlations, 2e-4)

    def test_rates_and_sample_times_of_stations_may_differ(self, motion: np.ndarray, tmp_path: Path) -> None:
        late = 0.37  # s, by which the second station's samples are off the first one's
        spectrum = np.fft.rfft(motion[1, 0])
        shifted = np.fft.irfft(spectrum * np.exp(2j * np.pi * np.fft.rfftfreq(86400) * late))
        finer = 4 * np.fft.irfft(np.pad(np.fft.rfft(motion[0, 0]), (0, 3 * 43200)), 4 * 86400)
        other = run(
            tmp_path / "other", [trace(finer, "S0", rate=4.0), trace(shifted, "S1", start=DAY + late)]
        )
        truth = run(tmp_path / "motion", [trace(series, f"S{i}") for i, series in enumerate(motion[:, 0])])
        assert_alike(other.correlations, truth.correlations, 5e-3)  # the edges of the day differ

    def test_sac_and_miniseed_are_the_same(self, motion: np.ndarray, tmp_path: Path) -> None:
        traces = [trace(series.astype(np.float32), f"S{i}") for i, series in enumerate(motion[:, 0])]
        (tmp_path / "sac" / "deep").mkdir(parents=True)
        for one in traces:
            one.write(str(tmp_path / "sac" / "deep" / f"{one.id}.sac"), format="SAC")
        sac = correlate(tmp_path / "sac", inventory(places(WHERE)), tmp_path / "sac.zarr", SMALL)
        assert torch.equal(sac.correlations.values, run(tmp_path, traces).correlations.values)

    def test_horizontals_turn_where_they_point(self, motion: np.ndarray, tmp_path: Path) -> None:
        nine = replace(SMALL, components=tuple(a + b for a in "ZRT" for b in "ZRT"))
        usual = [
            trace(series, f"S{i}", f"BH{letter}")
            for i, station in enumerate(motion)
            for letter, series in zip("ZNE", station, strict=True)
        ]
        turn = np.radians(25)  # BH1 points 25 degrees east of north
        turned = [
            trace(series, f"S{i}", f"BH{letter}")
            for i, (up, north, east) in enumerate(motion)
            for letter, series in (
                ("Z", up),
                ("1", np.cos(turn) * north + np.sin(turn) * east),
                ("2", np.cos(turn) * east - np.sin(turn) * north),
            )
        ]
        stations = inventory(places(WHERE), ("BHZ", "BH1", "BH2"))
        for channel in (c for network in stations for station in network for c in station):
            channel.azimuth = (channel.azimuth or 0.0) + (0 if channel.code == "BHZ" else 25)
        one, other = run(tmp_path / "usual", usual, nine), run(tmp_path / "turned", turned, nine, stations)
        assert_alike(other.correlations, one.correlations, 1e-5)
        # a radial wave is not transverse: noise from all around has neither ZT nor RT
        assert rms(one.correlations.of("RT")) < 0.2 * rms(one.correlations.of("RR"))

    def test_pairs_without_the_horizontals_that_are_asked_for_are_told(
        self, motion: np.ndarray, tmp_path: Path
    ) -> None:
        """Of three stations, one has a vertical alone."""
        third = isotropic([(3.0, -8.0)], 3.0, 86400, RATE, (0.03, 0.2), seed=8, directions=30)[0].numpy()
        traces = [
            trace(series, f"S{i}", f"BH{letter}")
            for i, station in enumerate([*motion, third[:1]])
            for letter, series in zip("ZNE", station, strict=False)
        ]
        stations = inventory(places([*WHERE, (3.0, -8.0)]), ("BHZ", "BHN", "BHE"))
        turned = run(tmp_path / "turned", traces, replace(SMALL, components=("TT", "RZ")), stations)
        assert [pair.name for pair in turned.correlations.pairs] == [
            "XX.S0_XX.S1",
            "XX.S0_XX.S2",
            "XX.S1_XX.S2",
        ]
        assert turned.correlations.of("TT")[1:].isnan().all()
        assert turned.correlations.of("RZ").isfinite().all()
        one = run(tmp_path / "one", traces, replace(SMALL, components=("TT",)), stations)
        assert [pair.name for pair in one.correlations.pairs] == ["XX.S0_XX.S1"]
        assert "XX.S1_XX.S2: its stations did not record TT" in reasons(one)
        with pytest.raises(InputError, match=r"has TT at the same time; .* XX.S1: component E is missing"):
            run(
                tmp_path / "none",
                [one for one in traces if one.stats.station != "S0"],
                replace(SMALL, components=("TT",)),
                inventory(places([*WHERE, (3.0, -8.0)]), ("BHZ", "BHN")),
            )


class TestGaps:
    def test_a_gap_of_three_hours_weighs_nothing(self, motion: np.ndarray, tmp_path: Path) -> None:
        gap = slice(5 * 3600, 8 * 3600)
        first, second = motion[:, 0]
        pieces = [
            trace(first[: gap.start], "S0"),
            trace(first[gap.stop :], "S0", start=DAY + gap.stop),
            trace(second, "S1"),
        ]
        gappy = run(tmp_path / "gap", pieces)
        whole = run(tmp_path / "whole", [trace(first, "S0"), trace(second, "S1")])
        assert not gappy.rejected
        # as large as without it, and different by no more than what three hours say
        assert rms(gappy.correlations.values) == pytest.approx(rms(whole.correlations.values), rel=0.05)
        assert_alike(gappy.correlations, whole.correlations, 0.3)
        without = [
            trace(part, f"S{i}", start=DAY + begin)
            for i, series in enumerate(motion[:, 0])
            for part, begin in ((series[: gap.start], 0), (series[gap.stop :], gap.stop))
        ]
        assert_alike(gappy.correlations, run(tmp_path / "without", without).correlations, 0.03)

    def test_what_is_missing_is_not_invented(self, motion: np.ndarray, tmp_path: Path) -> None:
        """A burst beside the gap of the other station finds no partner."""
        first, second = (0.001 * series for series in motion[:, 0])
        second[20000:22000] += 5.0 * motion[1, 0, 20000:22000]
        settings = replace(SMALL, loudest=1e9, coverage=0.01)
        pieces = [
            trace(first[:19000], "S0"),
            trace(first[23000:], "S0", start=DAY + 23000),
            trace(second, "S1"),
        ]
        found = run(tmp_path, pieces, settings)
        assert rms(found.correlations.values) < 3e-6

    def test_stations_that_never_meet_are_told(self, motion: np.ndarray, tmp_path: Path) -> None:
        halves = [trace(motion[0, 0, :43000], "S0"), trace(motion[1, 0, 43400:], "S1", start=DAY + 43400)]
        with pytest.raises(InputError, match="no pair of stations has ZZ at the same time"):
            run(tmp_path, halves)


class TestBadInput:
    """Two good stations and a third of which something is wrong: the good pair stays, the reason is in the table."""

    WHERE = (*WHERE, (3.0, -8.0))

    def spoilt(self, folder: Path, motion: np.ndarray, third: list, settings=SMALL, stations=None) -> str:
        traces = [*(trace(series, f"S{i}") for i, series in enumerate(motion[:, 0])), *third]
        result = run(folder, traces, settings, stations or inventory(places(self.WHERE)))
        assert [pair.name for pair in result.correlations.pairs] == ["XX.S0_XX.S1"]
        assert not result.correlations.values.isnan().any()
        return reasons(result)

    def test_missing_response(self, motion: np.ndarray, tmp_path: Path) -> None:
        stations = inventory(places(self.WHERE), gain=1e6)
        stations[0][2][0].response = None
        text = self.spoilt(
            tmp_path, motion, [trace(motion[0, 0], "S2")], replace(SMALL, response=True), stations
        )
        assert "2020-03-01 XX.S2..BHZ: the response of XX.S2..BHZ is missing in the stations" in text

    def test_overlapping_traces(self, motion: np.ndarray, tmp_path: Path) -> None:
        series = motion[0, 0]
        twice = [trace(series[:50000], "S2"), trace(2 * series[40000:], "S2", start=DAY + 40000)]
        assert "two traces that overlap for 10000 s and disagree there: keep one" in self.spoilt(
            tmp_path, motion, twice
        )

    def test_overlapping_traces_that_agree_are_one(self, motion: np.ndarray, tmp_path: Path) -> None:
        first, second = motion[:, 0]
        twice = [
            trace(first[:50000], "S0"),
            trace(first[40000:], "S0", start=DAY + 40000),
            trace(second, "S1"),
        ]
        joined = run(tmp_path / "twice", twice)
        once = run(tmp_path / "once", [trace(first, "S0"), trace(second, "S1")])
        assert torch.equal(joined.correlations.values, once.correlations.values)

    def test_two_rates(self, motion: np.ndarray, tmp_path: Path) -> None:
        series = motion[0, 0]
        both = [trace(series[:30000], "S2"), trace(series[:60000], "S2", start=DAY + 40000, rate=2.0)]
        assert "XX.S2..BHZ is sampled at 1 and 2 Hz, expected one rate a day" in self.spoilt(
            tmp_path, motion, both
        )

    def test_nan(self, motion: np.ndarray, tmp_path: Path) -> None:
        series = motion[0, 0].copy()
        series[100:103] = np.nan
        assert "holds 3 samples that are not finite numbers: cut them out" in self.spoilt(
            tmp_path, motion, [trace(series, "S2")]
        )

    def test_too_few_samples_for_the_band(self, motion: np.ndarray, tmp_path: Path) -> None:
        slow = trace(motion[0, 0, ::10], "S2", rate=0.1)
        assert "XX.S2: it has XX.S2..BHZ at 0.1 Hz, and none of component Z, sampled at" in self.spoilt(
            tmp_path, motion, [slow]
        )

    def test_truncated_files(self, motion: np.ndarray, tmp_path: Path) -> None:
        """A SAC file that is cut is refused; of a cut miniSEED file, whole records are read, and both are told."""
        folder = tmp_path / "records"
        write(folder, [])
        for suffix, kind in (("sac", "SAC"), ("mseed", "MSEED")):
            whole = tmp_path / suffix
            Stream([trace(motion[0, 0], "S2" if suffix == "sac" else "S3")]).write(str(whole), format=kind)
            (folder / f"cut.{suffix}").write_bytes(whole.read_bytes()[:200_100])
        (folder / "short.mseed").write_bytes((tmp_path / "mseed").read_bytes()[:300])
        where = places([*self.WHERE, (20.0, 0.0)])
        result = run(
            tmp_path,
            [trace(series, f"S{i}") for i, series in enumerate(motion[:, 0])],
            stations=inventory(where),
        )
        text = reasons(result)
        assert "cut.sac: cut.sac cannot be read, it may be cut short" in text
        assert (
            "short.mseed: short.mseed cannot be read, it may be cut short or no record at all (readMSEED"
            in text
        )
        assert (
            "cut.mseed: it ends within a record, as if it were cut short: what is whole before that is used"
            in text
        )
        assert [pair.name for pair in result.correlations.pairs] == [
            "XX.S0_XX.S1",
            "XX.S0_XX.S3",
            "XX.S1_XX.S3",
        ]

    def test_damaged_bytes(self, motion: np.ndarray, tmp_path: Path) -> None:
        """In the samples they spoil the channel's day; in a header, the records beside it are used."""
        whole = tmp_path / "whole.mseed"
        samples = (1e4 * motion[0, 0]).astype(np.int32)
        write(tmp_path / "records", [])
        third = 2 * 4096  # where the third record begins
        for name, damaged in (("S2", [third + 2003]), ("S3", range(third, third + 600))):
            Stream([trace(samples, name)]).write(str(whole), format="MSEED", encoding="STEIM1", reclen=4096)
            content = bytearray(whole.read_bytes())
            for place in damaged:
                content[place] ^= 0xFF
            (tmp_path / "records" / f"{name}.mseed").write_bytes(content)
        traces = [trace(series, f"S{i}") for i, series in enumerate(motion[:, 0])]
        result = run(tmp_path, traces, stations=inventory(places([*self.WHERE, (20.0, 0.0)])))
        text = reasons(result)
        assert "2020-03-01 XX.S2..BHZ: S2.mseed holds damaged samples, which fail the check" in text
        assert "S3.mseed: it holds bytes that are no record: what is whole beside them is used" in text
        assert "XX.S1_XX.S3" in {pair.name for pair in result.correlations.pairs}

    def test_files_without_a_sample(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"the first: 000\.XX\.S0\.\.BHZ\.mseed holds no samples"):
            run(tmp_path, [trace(np.ones(1), "S0")])

    def test_an_empty_folder(self, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        with pytest.raises(InputError, match="is empty, expected files of miniSEED or SAC in it"):
            correlate(tmp_path / "empty", inventory(places(WHERE)), tmp_path / "days.zarr", SMALL)
        with pytest.raises(InputError, match="are no folder: check the path"):
            correlate(tmp_path / "nowhere", inventory(places(WHERE)), tmp_path / "days.zarr", SMALL)
        (tmp_path / "empty" / "note").write_text("no record")
        with pytest.raises(
            InputError, match=r"none of the 1 files in .* can be read; the first: note cannot be read"
        ):
            correlate(tmp_path / "empty", inventory(places(WHERE)), tmp_path / "days.zarr", SMALL)

    def test_what_was_missing_is_mended_by_the_same_call(self, motion: np.ndarray, tmp_path: Path) -> None:
        traces = [trace(series, f"S{i}") for i, series in enumerate(motion[:, 0])]
        settings = replace(SMALL, response=True)
        with pytest.raises(
            InputError, match=r"first reason: 2020-03-01 XX.S0..BHZ: the response of .* is missing"
        ):
            run(tmp_path, traces, settings)
        mended = run(tmp_path, traces, settings, inventory(places(WHERE), gain=1e6))
        assert [pair.name for pair in mended.correlations.pairs] == ["XX.S0_XX.S1"]

    def test_records_too_short_for_the_band(self, motion: np.ndarray, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="is longer than 240 s, which the band asks for"):
            run(tmp_path, [trace(series[:100], f"S{i}") for i, series in enumerate(motion[:, 0])])
        assert not (tmp_path / "days.zarr").exists()

    def test_a_damaged_day_is_named(self, motion: np.ndarray, tmp_path: Path) -> None:
        traces = [trace(series, f"S{i}") for i, series in enumerate(motion[:, 0])]
        run(tmp_path, traces)
        shutil.rmtree(tmp_path / "days.zarr" / "2020-03-01" / "0-0")
        with pytest.raises(InputError, match="2020-03-01 is damaged: delete this folder"):
            correlate(tmp_path / "records", inventory(places(WHERE)), tmp_path / "days.zarr", SMALL)

    def test_stations_that_never_recorded_together(self, motion: np.ndarray, tmp_path: Path) -> None:
        first, second = motion[:, 0]
        traces = [trace(first[:40000], "S0"), trace(second[45000:], "S1", start=DAY + 45000)]
        with pytest.raises(
            InputError, match=r"first reason: XX.S0_XX.S1: there is no day on which both stations"
        ):
            run(tmp_path, traces)

    def test_a_station_whose_place_is_not_known(self, motion: np.ndarray, tmp_path: Path) -> None:
        traces = [trace(motion[i % 2, 0], f"S{i}") for i in range(2)]
        with pytest.raises(
            InputError, match=r"1 stations can be used, expected at least 2; .*XX.S1 is not among"
        ):
            run(tmp_path, traces, stations=inventory(places(WHERE[:1])))


class TestQuality:
    def test_a_dead_channel_and_channels_that_are_the_same(self, motion: np.ndarray, tmp_path: Path) -> None:
        where = [*WHERE, (3.0, -8.0), (30.0, 0.0), (40.0, 1.0)]
        fresh = isotropic(where[2:3], 3.0, 86400, RATE, (0.03, 0.2), seed=8, directions=30)[0, 0].numpy()
        series = [*motion[:, 0], np.full(86400, 17.0), fresh, -3.0 * fresh]
        traces = [trace(samples, f"S{i}") for i, samples in enumerate(series)]
        result = run(tmp_path, traces, stations=inventory(places(where)))
        text = reasons(result)
        assert "XX.S2..BHZ: it stands still at one value for 100 % of the day: a dead channel" in text
        assert "XX.S3 Z: it holds the same record as XX.S4 Z" in text
        assert "XX.S4 Z: it holds the same record as XX.S3 Z" in text
        assert [pair.name for pair in result.correlations.pairs] == ["XX.S0_XX.S1"]
        assert "XX.S0_XX.S3: there is no day on which both stations have data" in text

    def test_the_hours_of_an_earthquake_are_left_out(self, motion: np.ndarray, tmp_path: Path) -> None:
        quake = motion[:, 0].copy()
        time = np.arange(3000.0)
        wave = 300 * np.sin(2 * np.pi * 0.07 * time) * np.exp(-time / 200)
        quake[:, 30000:33000] += wave  # everywhere at once
        shaken = run(tmp_path / "quake", [trace(series, f"S{i}") for i, series in enumerate(quake)])
        quiet = run(tmp_path / "quiet", [trace(series, f"S{i}") for i, series in enumerate(motion[:, 0])])
        assert_alike(shaken.correlations, quiet.correlations, 0.3)
        assert reasons(shaken).count("segments are louder than 10 medians of the day and left out") == 2
        assert {rejection.day for rejection in shaken.rejected} == {date(2020, 3, 1).isoformat()}
        # survived, too, where it is kept and normalised
        kept = replace(SMALL, loudest=1e9, normalisation="running-mean")
        tamed = run(tmp_path / "tamed", [trace(series, f"S{i}") for i, series in enumerate(quake)], kept)
        plain = run(
            tmp_path / "plain", [trace(series, f"S{i}") for i, series in enumerate(motion[:, 0])], kept
        )
        assert_alike(tamed.correlations, plain.correlations, 0.35)
