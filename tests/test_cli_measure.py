"""``seisgrad measure``: from a record to a file of curves."""

import json
from pathlib import Path

import pytest

from seisgrad.cli import main
from seisgrad.dispersion import read_curves
from seisgrad.report.kono import record_path

EVENT, STATION = "13.049,-88.66,60,2001-01-13T17:33:32.4", "59.649,9.598"


@pytest.fixture(autouse=True)
def _desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*extra: str) -> int:
    return main(["measure", str(record_path()), "--event", EVENT, "--station", STATION, *extra])


def test_the_picks_are_written_and_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--wave", "rayleigh", "--out", "r.csv", "--figure", "r.png", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    curves = read_curves("r.csv")
    assert curves.period.tolist() == pytest.approx(told["period"])
    assert curves.velocity.tolist() == pytest.approx(told["velocity"])
    assert {(p.wave, p.kind, p.mode) for p in curves} == {("rayleigh", "group", 0)}
    assert told["distance_km"] == pytest.approx(9223, abs=1)
    assert all(flagged["reasons"] != "ok" for flagged in told["flagged"])
    assert Path("r.png").read_bytes().startswith(b"\x89PNG")
    assert sorted(p.name for p in Path().iterdir()) == ["r.csv", "r.png"]


def test_a_record_split_over_files_is_one_record(capsys: pytest.CaptureFixture[str]) -> None:
    """Three components in three files give the Love wave of the file that holds them all."""
    import obspy

    assert run("--wave", "love", "--out", "whole.csv", "--quiet") == 0
    names = []
    for trace in obspy.read(str(record_path())).select(channel="L0?"):
        names.append(f"{trace.stats.channel}.mseed")
        trace.write(names[-1], format="MSEED")
    place = ["--event", EVENT, "--station", STATION, "--wave", "love"]
    assert main(["measure", *names, *place, "--out", "parts.csv", "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")
    assert read_curves("parts.csv").velocity.tolist() == pytest.approx(
        read_curves("whole.csv").velocity.tolist()
    )


def test_the_suffix_tells_the_format() -> None:
    for name in ("x.csv", "x.dsp", "x.nc"):
        assert run("--out", name, "--quiet") == 0
    assert Path("x.dsp").read_text().startswith("SURF96 R U")
    velocities = [read_curves(name).velocity.tolist() for name in ("x.csv", "x.dsp", "x.nc")]
    assert velocities[1] == pytest.approx(velocities[0])
    assert velocities[2] == pytest.approx(velocities[0])


def test_people_are_told_what_was_found_and_what_was_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--out", "x.csv") == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "group velocities of the rayleigh wave" in out
    assert "flagged and left out" in out
    assert "wrote x.csv" in out


def test_noise_is_work_that_failed(capsys: pytest.CaptureFixture[str]) -> None:
    """A sound file without a wave in it: status 1, one sentence with the reasons, nothing written."""
    import numpy as np
    import obspy

    record = obspy.read(str(record_path())).select(channel="L0Z")
    record[0].data = np.random.default_rng(5).normal(size=len(record[0].data))
    record.write("noise.mseed", format="MSEED")
    arguments = [
        "measure",
        "noise.mseed",
        "--event",
        EVENT,
        "--station",
        STATION,
        "--out",
        "x.csv",
        "--figure",
        "x.png",
    ]
    assert main(arguments) == 1
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "low_snr" in err
    assert [p.name for p in Path().iterdir()] == ["noise.mseed"]
