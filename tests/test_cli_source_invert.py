"""``seisgrad source invert``: from a folder of records to a mechanism and a page, or to a clear sentence."""

import contextlib
import csv
import io
import json
import shutil
from pathlib import Path

import pytest
import torch
from obspy import UTCDateTime
from source_event_toys import DEPTH, MAGNITUDE, TIME, earthquake

from seisgrad.cli import main
from seisgrad.source.kagan import kagan_angle
from seisgrad.source.quakeml import read_quakeml

PLACES = [(36.5, -118.1), (36.2, -117.3), (35.4, -117.6), (35.3, -118.5), (36.1, -118.8)]
OPTIONS = ["--model", "gil7", "--depths", "4:12:2"]


def run(*words: object) -> int:
    return main(["source", "invert", *map(str, words)])


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[torch.Tensor, dict, Path]:
    """The true moment tensor, what the command said and where it wrote."""
    folder = tmp_path_factory.mktemp("event")
    (folder / "event").mkdir()
    moment = earthquake(folder / "event", PLACES)
    with contextlib.redirect_stdout(io.StringIO()) as said:
        assert run(folder / "event", *OPTIONS, "--out", folder / "out", "--json") == 0
    return moment, json.loads(said.getvalue()), folder / "out"


class TestAKnownMechanism:
    def test_is_found_again(self, found: tuple[torch.Tensor, dict, Path]) -> None:
        moment, summary, out = found
        solution = read_quakeml(out / "event.xml")
        assert float(kagan_angle(solution.moment, moment)) < 2.0
        assert summary["mw"] == pytest.approx(MAGNITUDE, abs=0.02)
        assert summary["depth"] == DEPTH
        assert summary["variance_reduction"] > 0.95
        assert solution.origin.depth == DEPTH

    def test_everything_is_written(self, found: tuple[torch.Tensor, dict, Path]) -> None:
        _, summary, out = found
        rows = list(csv.DictReader((out / "stations.csv").open()))
        assert [row["station"] for row in rows] == sorted(
            summary["stations"], key=[r["station"] for r in rows].index
        )
        assert all(float(row["variance_reduction"]) > 0.85 for row in rows)
        depths = list(csv.DictReader((out / "depths.csv").open()))
        assert [float(row["depth"]) for row in depths] == [4.0, 6.0, 8.0, 10.0, 12.0]
        page = (out / "report.html").read_text()
        assert "Mw" in page
        assert all((out / f"{name}.png").stat().st_size > 10_000 for name in ("mechanism", "waveforms"))


def test_another_origin_time_is_told(found: tuple[torch.Tensor, dict, Path], tmp_path: Path) -> None:
    """Half a period late, the waves fit turned round; what says so is that another time fits better."""
    shutil.copytree(found[2].parent / "event", tmp_path / "event")
    origin = json.loads((tmp_path / "event" / "origin.json").read_text())
    origin["time"] = str(TIME + 10.0)
    (tmp_path / "event" / "origin.json").write_text(json.dumps(origin))
    with contextlib.redirect_stdout(io.StringIO()) as said:
        assert run(tmp_path / "event", *OPTIONS, "--out", tmp_path / "out", "--json") == 0
    told = [r["reason"] for r in json.loads(said.getvalue())["remarks"] if r["what"] == "the origin"]
    assert any("-10 s" in reason for reason in told)
    assert not [r for r in found[1]["remarks"] if r["what"] == "the origin"]


def test_a_network_whose_picks_cannot_be_measured_claims_nothing(
    found: tuple[torch.Tensor, dict, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = found[2].parent
    assert run(folder / "event", *OPTIONS, "--operator", "default", "--out", folder / "with", "--json") == 0
    said = json.loads(capsys.readouterr().out)["network"]
    assert said["radius"] == 120.0
    assert any("picks.csv" in warning for warning in said["warnings"])
    picks = list(csv.DictReader((folder / "with" / "picks.csv").open()))
    assert {row["by"] for row in picks} == {"measured"}
    assert all(abs(UTCDateTime(row["time"]) - TIME) < 60 and float(row["quality"]) > 1 for row in picks)
    assert "picks.csv" in (folder / "with" / "remarks.csv").read_text()
    assert "The network default alone" in (folder / "with" / "report.html").read_text()


class TestBadInput:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        (tmp_path / "event").mkdir()
        earthquake(tmp_path / "event", PLACES[:2])
        return tmp_path

    def test_two_stations_give_no_answer(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(folder / "event", *OPTIONS, "--out", folder / "out") == 2
        assert "expected at least 3" in capsys.readouterr().err
        assert not (folder / "out").exists()

    @pytest.mark.parametrize(
        ("words", "expected"),
        [
            (["--model", "gil8"], "gil8"),
            (["--model", "gil7", "--band", "0.1"], "expected two frequencies"),
            (["--model", "gil7", "--depths", "12:4:1"], "--depths"),
            (["--model", "gil7", "--operator", "nobody"], "nobody"),
        ],
    )
    def test_options(
        self, folder: Path, words: list[str], expected: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(folder / "event", *words, "--out", folder / "out") == 2
        assert expected in capsys.readouterr().err.replace("\n", " ")

    @pytest.mark.parametrize(
        ("words", "expected"),
        [
            (["--shift", "-1"], "0 or more"),
            (["--band", "0.1,0.05"], "rising"),
            (["--shift", "60"], "turned round"),
        ],
    )
    def test_numbers_that_cannot_be(
        self, folder: Path, words: list[str], expected: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(folder / "event", *OPTIONS, *words, "--out", folder / "out") == 2
        assert expected in capsys.readouterr().err

    def test_results_do_not_go_to_the_records(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        for out in (folder / "event", folder / "event" / "out"):
            assert run(folder / "event", *OPTIONS, "--out", out) == 2
            assert "choose another folder" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("phase", "time", "expected"),
        [("PP", "2021-05-04T03:02:11", "expected P or S"), ("P", "2020-05-04T03:02:11", "is the date right")],
    )
    def test_picks(
        self, folder: Path, phase: str, time: str, expected: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (folder / "event" / "picks.csv").write_text(f"network,station,phase,time\nXX,S00,{phase},{time}\n")
        assert run(folder / "event", *OPTIONS, "--out", folder / "out") == 2
        said = capsys.readouterr().err
        assert expected in said
        assert "line 2" in said

    def test_no_folder(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(tmp_path / "nothing", *OPTIONS, "--out", tmp_path / "out") == 2
        assert "no folder" in capsys.readouterr().err
