"""Surrogates on the command line: the list, forward by name and by folder, and errors measured into a card."""

import json
from pathlib import Path

import pytest
import surrogate_toys as toys
import xarray as xr

from seisgrad.cli import main
from seisgrad.nn import weights
from seisgrad.report.error_card import measurable, measure

FORWARD = ["forward", "ak135", "--wave", "love", "--periods", "10:40:10", "--quiet"]


def test_the_list_names_every_surrogate_with_its_errors(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["surrogates"]) == 0
    told = capsys.readouterr().out
    assert "default: network of modes, values and kernels" in told
    assert "raw cosine of vs kernels at least 0.9" in told
    assert main(["surrogates", "default", "--json"]) == 0
    card = json.loads(capsys.readouterr().out)["default"]
    assert {"layout", "errors", "settings", "data", "sha256", "citation"} <= card.keys()
    assert main(["surrogates", "nobody"]) == 2
    assert "there is no surrogate 'nobody', expected one of default" in capsys.readouterr().err


def test_forward_by_a_surrogate_is_close_to_the_exact_curve(tmp_path: Path) -> None:
    found = {}
    for name in ("exact", "default"):
        out = tmp_path / f"{name}.nc"
        assert main([*FORWARD, "--operator", name, "--kernels", "--out", str(out)]) == 0
        found[name] = xr.load_dataset(out, engine="h5netcdf")
    off = abs(found["default"].velocity / found["exact"].velocity - 1.0)
    assert float(off.max()) < 3e-3
    assert found["default"].kernel_vs.shape == found["exact"].kernel_vs.shape


def test_a_folder_of_weights_is_an_operator_and_a_wrong_name_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = toys.plain(tmp_path / "plain")
    out = tmp_path / "x.csv"
    # an untrained network on an earth that it has never seen: refused, or some curve, but never a traceback
    assert main([*FORWARD, "--operator", str(folder), "--out", str(out)]) in (0, 2)
    assert main([*FORWARD, "--operator", "nobody", "--out", str(out)]) == 2
    assert "a folder that seisgrad train has written" in capsys.readouterr().err
    (folder / "weights.safetensors").write_bytes(b"cut")
    assert main([*FORWARD, "--operator", str(folder), "--out", str(out)]) == 2
    assert "weights.safetensors" in capsys.readouterr().err


def test_errors_are_measured_into_the_card(tmp_path: Path) -> None:
    folder = toys.save(tmp_path / "modes", toys.SMALL)
    assert measurable(weights.files(folder).read_record())
    told: list[str] = []
    gained = measure(folder, 3, told.append)
    card = weights.files(folder).read_record()
    assert card["errors"] == gained["errors"]
    assert card["doubt_factor"] > 0.0
    (errors,) = card["errors"]
    assert errors["prior"] == "weak"
    assert [row["band"] for row in errors["bands"]][:2] == ["rayleigh 2-5", "rayleigh 5-10"]
    assert errors["bands"][0]["mape_percent"] > 0.1
    assert errors["bands"][0]["group_mape_percent"] >= 0.0
    assert errors["bands"][0]["group_median_percent"] >= 0.0
    assert told[-1] == "3 of 3 of weak"
