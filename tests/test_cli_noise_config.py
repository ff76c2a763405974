"""``--config`` of the steps of noise: one file for all of them, and what it cannot hold."""

from pathlib import Path

import pytest
import yaml
from noise_line_toys import isotropic

import seisgrad as sg
from seisgrad.cli.app import main
from seisgrad.cli.options_file import own_section


@pytest.fixture(autouse=True)
def correlations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``cc.zarr`` in the folder of work: one pair 12 km apart."""
    monkeypatch.chdir(tmp_path)
    sg.noise.write_correlations(isotropic([0.0, 12.0], [(0, 1)]), "cc.zarr")


def settle(entries: object) -> list[str]:
    """The file as options."""
    Path("noise.yaml").write_text(yaml.safe_dump(entries), encoding="utf-8")
    return ["--config", "noise.yaml"]


def test_one_file_leads_from_correlations_to_curves_and_the_command_line_wins(
    capsys: pytest.CaptureFixture,
) -> None:
    options = settle({
        "correlate": {"band": [0.1, 0.5]},
        "egf": {"out": "egf.zarr"},
        "quality": {"periods": [2, 3], "velocities": [0.7, 5], "out": "quality.csv"},
        "curves": {
            "periods": [1.6, 2, 2.5],
            "velocities": [0.7, 5],
            "band": 0.5,
            "out": "curves.csv",
            "kind": "phase",
        },
    })  # fmt: skip
    for words in (["egf", "cc.zarr"], ["quality", "egf.zarr"], ["curves", "egf.zarr"]):
        assert main(["noise", *words, *options]) == 0, capsys.readouterr().err
    assert sg.dispersion.read_curves("curves.csv").period.tolist() == [1.6, 2.0, 2.5]
    assert main(["noise", "curves", "egf.zarr", *options, "--periods", "2,2.5"]) == 0
    assert sg.dispersion.read_curves("curves.csv").period.tolist() == [2.0, 2.5]


def test_a_flat_file_serves_one_step_and_flags_are_truth_values() -> None:
    options = settle({"two-dimensional": True, "out": "line.zarr"})
    assert main(["noise", "egf", "cc.zarr", *options]) == 0
    assert sg.noise.read_correlations("line.zarr").kind == "EGF2D"


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        ({"perods": "1,2"}, "unknown key 'perods'"),
        ({"perods": "1,2"}, "did you mean 'periods'?"),
        ({"curves": {"periods": "1,2"}, "band": 0.2}, "unknown key 'band', expected one of correlate, egf"),
        ({"curves": {"periods": None}}, "periods is None, expected what --periods takes"),
        ({"curves": {"snr": "loud"}}, "'loud' is no number"),
        (["periods"], "holds list, expected named entries"),
    ],
)
def test_what_is_wrong_is_one_sentence(entries: object, sentence: str, capsys: pytest.CaptureFixture) -> None:
    assert main(["noise", "curves", "cc.zarr", "--out", "curves.csv", *settle(entries)]) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("command", "out", "sentence"),
    [
        ("egf", "egf.nc", "--out egf.nc ends in .nc, expected .zarr"),
        ("curves", "curves.txt", "--out curves.txt ends in .txt, expected .csv or .nc"),
        ("curves", "away/curves.csv", "away is no existing folder"),
        ("line", "line.csv", "--out line.csv ends in .csv, expected .nc"),
        ("line", "away/line.nc", "away is no existing folder"),
        ("quality", "quality.nc", "--out quality.nc ends in .nc, expected .csv"),
    ],
)
def test_where_the_result_goes_is_refused_before_anything_is_read(
    command: str, out: str, sentence: str, capsys: pytest.CaptureFixture
) -> None:
    further = {"line": ["--frequencies", "0.3", "--reference", "prem"], "quality": ["--periods", "2"]}
    assert main(["noise", command, "nowhere.zarr", "--out", out, *further.get(command, [])]) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1


def test_a_step_without_a_section_has_no_entries_and_a_flat_file_is_all_its_own() -> None:
    whole = {"correlate": {"band": [0.1, 0.5]}, "egf": {}}
    assert own_section(whole, "correlate", "noise.yaml") == {"band": [0.1, 0.5]}
    assert own_section(whole, "curves", "noise.yaml") == {}
    assert own_section(whole["correlate"], "correlate", "noise.yaml") == {"band": [0.1, 0.5]}
