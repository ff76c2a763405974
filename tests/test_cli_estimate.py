"""What a long work takes, said before: the estimates agree with what was measured, and are said once."""

from pathlib import Path

import pytest

from seisgrad.cli import costs, estimate, sourcenet_trial
from seisgrad.cli.estimate import Estimate, Forecast, in_words
from seisgrad.dispersion import DispersionRecipe
from seisgrad.noise import Settings
from seisgrad.report.reproduce import sourcenet


def test_samples_as_the_page_on_datasets_measured_them(tmp_path: Path) -> None:
    """A hundred thousand earths: 4.9 ms each, and 1.8 GB with eight rows or 0.25 GB without any."""
    full = costs.of_samples(DispersionRecipe("weak", 1, rows=8), 100_000, 1, 256, tmp_path)
    assert full.seconds == pytest.approx(490, rel=0.1)
    assert full.disk == pytest.approx(1.8, rel=0.1)
    bare = costs.of_samples(DispersionRecipe("weak", 1, rows=0), 100_000, 1, 256, tmp_path)
    assert bare.disk == pytest.approx(0.25, rel=0.2)
    assert bare.seconds < full.seconds


def test_work_is_shared_among_processes_but_not_finer_than_shards(tmp_path: Path) -> None:
    recipe = DispersionRecipe("weak", 1, rows=8)
    one, four = (costs.of_samples(recipe, 10_000, n, 256, tmp_path) for n in (1, 4))
    assert four.seconds == pytest.approx(one.seconds / 4)
    assert four.memory is not None
    assert one.memory is not None
    assert four.memory > one.memory
    assert costs.of_samples(recipe, 200, 4, 256, tmp_path).basis.endswith("one process")


def test_a_month_of_noise_as_the_page_measured_it(tmp_path: Path) -> None:
    """Nine components of all pairs of 100 stations: 47 s and 71 MB a day."""
    nine = tuple(a + b for a in "ZRT" for b in "ZRT")
    settings = Settings(band=(0.1, 0.5), lag=100.0, components=nine)
    found = costs.of_days(30, 100, settings, 0, 1.0, 1, tmp_path)
    assert found.seconds / 30 == pytest.approx(47, rel=0.3)
    assert 0.5 < found.memory < 2.5
    twice = costs.of_days(30, 200, settings, 0, 1.0, 1, tmp_path)
    assert 3.5 < twice.disk / found.disk < 4.5  # pairs


def test_papers_as_their_pages_measured_them(tmp_path: Path) -> None:
    """``reproduce ambient-noise --models 4`` took 43 minutes of one thread."""
    assert costs.of_ambient(4, 5, tmp_path).seconds / 60 == pytest.approx(43, rel=0.1)
    assert costs.of_acoustic(20, 0, 8, tmp_path).seconds < 0.1 * costs.of_acoustic(20, 2, 8, tmp_path).seconds


def test_audits_as_their_page_measured_them(tmp_path: Path) -> None:
    """On one core: two earths of acoustic 14 minutes, two and two of elastic four, three times eight events two."""
    minutes = {"acoustic": (2, 14), "elastic": (2, 4), "source": (8, 2)}
    for system, (number, measured) in minutes.items():
        assert costs.of_audit(system, number, tmp_path).seconds / 60 == pytest.approx(measured, rel=0.3)
    assert costs.of_audit("dispersion", 1000, tmp_path).seconds / 2 == pytest.approx(101, rel=0.1)  # cores


def test_events_that_are_counted_and_timed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of the events of ``reproduce sourcenet`` takes a tenth, but for what there is of each at least."""
    monkeypatch.setattr(sourcenet_trial, "_timed", lambda *_: (1.0, 0.01))
    monkeypatch.setattr(sourcenet, "kept_file", lambda *_: tmp_path / "nothing.npz")
    nets = {"toy": None}

    def seconds(events: int, *, by_heart: bool = False) -> float:
        return sourcenet_trial.foretold(
            nets, tmp_path / "bank", events, tmp_path, tmp_path, by_heart=by_heart
        ).seconds

    assert seconds(30_000) / seconds(3_000) == pytest.approx(10, rel=0.02)
    groups = sum(events for events in (6 * 3000, 3000 // 2 + 1, 3000 // 5, 5 * 3000 // 3))
    assert seconds(3000) == pytest.approx(groups, rel=0.05)  # that are drawn, a second each
    assert seconds(3000, by_heart=True) - seconds(3000) == pytest.approx(0.01 * 3 * 600 * 50)


def test_a_line_and_a_warning_where_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = Estimate(750.0, 1.24, 0.0316, tmp_path / "to" / "come", "known cost of a sample, 2 processes")
    assert (
        found.line()
        == "about 12 min, 1.2 GB of memory and 32 MB of disk (known cost of a sample, 2 processes)"
    )
    monkeypatch.setattr(estimate.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 2e7}))
    assert "; beware: 20 MB are free at " in found.line()
    assert found.as_json()["free_gb"] == 0.0


def test_times_in_words() -> None:
    told = [in_words(seconds) for seconds in (0.2, 12.4, 89.0, 600.0, 7300.0, 4e5)]
    assert told == ["a second", "12 s", "89 s", "10 min", "2.0 h", "4.6 days"]


def test_it_is_said_once_and_before_the_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[tuple[int, int, int]] = []
    forecast = Forecast(shown=True)
    tell = forecast.counted(
        lambda *at: seen.append(at), lambda missing: Estimate(missing, None, 0.0, tmp_path, "known")
    )
    for done in (4, 6, 10):
        tell(4, done, 10)
    assert seen == [(4, 4, 10), (4, 6, 10), (4, 10, 10)]
    assert capsys.readouterr().out == "about 6 s and 0 kB of disk (known)\n"
    assert forecast.as_json()["estimate"]["seconds"] == 6
    silent = Forecast(shown=False)
    silent.counted(lambda *_: None, lambda missing: Estimate(missing, None, 0.0, tmp_path, "known"))(0, 0, 3)
    assert capsys.readouterr().out == ""
    assert silent.as_json()["estimate"]["seconds"] == 3


def test_what_is_done_already_is_not_foretold(tmp_path: Path) -> None:
    forecast = Forecast(shown=True)
    forecast.counted(lambda *_: None, lambda _: pytest.fail("nothing is left to do"))(10, 10, 10)
    assert forecast.as_json() == {}


def test_the_first_seconds_foretell_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(estimate.time, "perf_counter", lambda: clock[0])
    forecast = Forecast(shown=False)
    for share, seconds in ((0.2, 0.0), (0.21, 1.9), (0.25, 10.0), (0.5, 900.0)):  # taken up at a fifth
        clock[0] = 100.0 + seconds
        forecast.shared(share, 0.001, tmp_path, after=30.0)
    assert forecast.estimate is not None
    assert forecast.estimate.seconds == pytest.approx(0.75 * 10.0 / 0.05 + 30.0)
    assert forecast.estimate.basis == "as the first 10 s went"
