"""``seisgrad noise correlate``: what it writes, what it says, and that the same command goes on."""

import json
from pathlib import Path

import pytest
import torch
from noise_toys import days_of_noise, inventory
from obspy import read_inventory

from seisgrad.cli import main
from seisgrad.noise import read_correlations, read_rejections


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Records of three stations on two days, and where they stand; one file is none."""
    folder = tmp_path_factory.mktemp("noise")
    records, where = days_of_noise(folder / "records", stations=3, days=2)
    (records / "broken.mseed").write_bytes(b"no record")
    (folder / "stations").mkdir()
    inventory(where).write(str(folder / "stations" / "xx.xml"), format="STATIONXML")
    return str(records), str(folder / "stations")


def words(folders: tuple[str, str], out: Path, *more: str) -> list[str]:
    records, stations = folders
    return [
        "noise",
        "correlate",
        records,
        "--stations",
        stations,
        "--band",
        "0.05,0.12",
        "--out",
        str(out),
        *more,
    ]


def test_it_writes_correlations_and_what_was_left_out(
    folders: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "cc.zarr"
    asked = words(folders, out, "--no-response", "--lag", "150", "--bootstrap", "3", "--json")
    assert main(asked) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["pairs"], said["days"], said["rejected"], said["components"]) == (3, 2, 1, ["ZZ"])
    found = read_correlations(out)
    assert (found.kind, found.folded, found.values.shape) == ("C", False, (3, 1, 151))
    assert found.replicates is not None
    assert found.replicates.shape == (3, 3, 1, 151)
    assert [row.what for row in read_rejections(said["files"]["rejected"])] == ["broken.mseed"]
    # nothing is made again, and a stack of another kind is made of the same days
    assert main([*asked, "--stack", "robust"]) == 0
    assert not torch.equal(read_correlations(out).values, found.values)
    capsys.readouterr()
    assert main([*asked[:-1], "--quiet", "--whiten"]) == 0
    assert capsys.readouterr().out == ""


def test_a_file_of_settings_and_a_lag_for_the_longest_path(
    folders: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "noise.yaml"
    config.write_text("response: false\nnormalisation: one-bit\nsegment: 1800\nrate: 0.4\n")
    assert main(words(folders, tmp_path / "cc.zarr", "--config", str(config))) == 0
    # 14 km at 1 km/s and five periods of 20 s
    assert "3 pairs, ZZ, 2 days, lags to 115 s at 0.4 Hz" in capsys.readouterr().out
    config.write_text("normalization: one-bit\n")
    assert main(words(folders, tmp_path / "other.zarr", "--config", str(config))) == 2
    assert "unknown key 'normalization'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--band", "0.1"], "--band 0.1 is no two frequencies, expected some such as 0.1,0.5"),
        (["--components", "ZX"], "component 'ZX' is unknown, expected two letters of Z, R, T"),
        (["--workers", "0"], "--workers is 0, expected at least 1"),
        (["--stations", "nowhere"], "the stations nowhere are neither a file nor a folder"),
        (
            ["--device", "gpu"],
            "--device gpu cannot be used here, expected cpu, or cuda where torch finds one",
        ),
        (["--band", "0.1,0.9"], "sampled at 2.52 Hz or more; it has XX.S0..BHZ at 1 Hz, XX.S1..BHZ at 1 Hz"),
        (["--out", "cc.nc"], "--out cc.nc ends in .nc, expected .zarr"),
        (["--lag", "5000"], "lag is 5000 s, expected up to half of a segment (1800 s)"),
    ],
)
def test_bad_input_is_one_sentence(
    folders: tuple[str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    more: list[str],
    sentence: str,
) -> None:
    assert main(words(folders, tmp_path / "cc.zarr", *more)) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_response_that_is_not_there_is_said(
    folders: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words(folders, tmp_path / "cc.zarr")) == 2
    assert "the response of XX.S0..BHZ is missing in the stations: add it" in capsys.readouterr().err


def test_what_was_made_again_is_told(
    folders: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A station comes later, farther away than all others: the lag stays that of the days that are there."""
    records, stations = (Path(folder) for folder in folders)
    few = tmp_path / "few"
    few.mkdir()
    whole = read_inventory(str(stations / "xx.xml"))
    whole.select(station="S[01]").write(str(few / "xx.xml"), format="STATIONXML")
    out = tmp_path / "cc.zarr"
    asked = words((str(records), str(few)), out, "--no-response")
    assert main(asked) == 0
    assert "2 rejections" in capsys.readouterr().out
    whole.select(station="S2").write(str(few / "more.xml"), format="STATIONXML")
    assert main(asked) == 0
    said = capsys.readouterr().out
    assert "3 pairs, ZZ, 2 days, lags to 108 s" in said
    assert "2 of these days made again: a new station XX.S2 (2)" in said
    assert "the stations now ask for 115 s: for these, give --lag and another --out" in said
    assert main([*asked, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["remade"] == {}


def test_components_that_nobody_recorded_are_told(
    folders: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "cc.zarr"
    assert main(words(folders, out, "--no-response", "--components", "TT")) == 2
    error = capsys.readouterr().err
    assert "no station has both horizontals (N and E, or 1 and 2), which TT need" in error
    assert not list(tmp_path.iterdir())
    asked = words(folders, out, "--no-response", "--components", "ZZ,ZR,TT")
    assert main(asked) == 0
    said = capsys.readouterr().out
    assert "3 pairs, ZZ, 2 days" in said
    assert "no pair has ZR, TT, for want of horizontals" in said
    assert read_correlations(out).components == ("ZZ",)
    told = {row.what: row.reason for row in read_rejections(tmp_path / "cc.rejected.csv")}
    assert told["ZR"] == "no pair has it: it needs both horizontals at the second station"
    assert told["TT"] == "no pair has it: it needs both horizontals at both stations"
    assert main([*asked, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["components"], said["missing_components"]) == (["ZZ"], ["ZR", "TT"])
