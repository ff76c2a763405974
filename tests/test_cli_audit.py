"""``seisgrad audit``: the files it writes, a network of one's own, a checkpoint, a dataset, and bad input."""

import csv
import json
from pathlib import Path

import pytest
import surrogate_toys
import xarray as xr

from seisgrad.cli import main
from seisgrad.report.audit import dispersion

OWN = """
import torch
from seisgrad.dispersion import Physics

class Net(torch.nn.Module):
    def __init__(self, survey, depth):
        super().__init__()
        self.factor = torch.nn.Parameter(torch.tensor(1.03, dtype=torch.float64))
        self.physics = Physics(survey, depth)

    def forward(self, x):
        return self.factor * self.physics(x)

def network(survey, depth):
    return Net(survey, depth)
"""


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Fewer earths and priors than a real audit has."""
    monkeypatch.setattr(dispersion, "ENSEMBLE", 40)
    monkeypatch.setattr(dispersion, "OTHERS", ("weak", "tectonic"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No shifted sets."""
    monkeypatch.setattr(dispersion, "shifted_sets", lambda *_: {})


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_network_of_ones_own_is_audited(capsys: pytest.CaptureFixture[str]) -> None:
    Path("own_audited.py").write_text(OWN)
    words = ["--operator", "own_audited:network", "--number", "2", "--out", "found", "--json"]
    assert main(["audit", "dispersion", *words]) == 0
    told = json.loads(capsys.readouterr().out)
    assert list(told["models"]) == ["weak", "tectonic", "stretched", "with a step", "with a low zone"]
    assert told["estimate"]["seconds"] > 0
    assert told["models"]["weak"] == 2
    rows = read(Path("found/summary.csv"))
    found = {(r["models"], r["metric"], r["parameter"], r["group"]): r for r in rows}
    for group in ("rayleigh 2-5", "love 45-60"):
        assert float(found["weak", "amplitude_ratio", "vs", group]["mean"]) == pytest.approx(1.03)
        assert float(found["weak", "cosine", "vs", group]["mean"]) == pytest.approx(1.0)
        assert float(found["tectonic", "value_relative_error", "", group]["mean"]) == pytest.approx(0.03)
    tables = {"summary", "per_output", "spectrum", "subspace", "shift", "artefacts", "faults", "consequences"}
    names = {path.name for path in Path("found").iterdir()}
    assert {f"{name}.csv" for name in tables} | {
        "audit.nc",
        "audit.html",
        "outputs.png",
        "kernels.png",
    } <= names
    data = xr.load_dataset("found/audit.nc", engine="h5netcdf")
    assert data.sizes["models"] == 5
    assert float(data.amplitude_ratio.sel(parameter="vs").mean()) == pytest.approx(1.03)
    assert Path("found/audit.html").stat().st_size < 5e6


@pytest.mark.usefixtures("alone")
def test_a_checkpoint_is_audited_on_the_prior_of_its_card(capsys: pytest.CaptureFixture[str]) -> None:
    surrogate_toys.plain(Path("net"))
    words = ["--operator", "net", "--number", "2", "--out", "found", "--quiet"]
    assert main(["audit", "dispersion", *words]) == 0
    assert capsys.readouterr().out == ""
    assert {r["models"] for r in read(Path("found/summary.csv"))} == {"weak"}


@pytest.mark.usefixtures("alone")
def test_the_models_may_be_those_of_a_dataset() -> None:
    Path("own_audited_too.py").write_text(OWN)
    simulated = ["--prior", "tectonic", "--number", "1", "--seed", "5", "--rows", "0", "--out", "data.zarr"]
    assert main(["simulate", "dispersion", *simulated, "--workers", "1", "--quiet"]) == 0
    words = ["--operator", "own_audited_too:network", "--models", "data.zarr", "--number", "2", "--quiet"]
    assert main(["audit", "dispersion", *words, "--prior", "tectonic", "--out", "found"]) == 0
    names = list(dict.fromkeys(r["models"] for r in read(Path("found/summary.csv"))))
    assert names == ["data"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ["sauce"],
            "there is no system 'sauce' to audit, expected one of dispersion, acoustic, elastic, source",
        ),
        (["dispersion", "--number", "1"], "--number 1 is too few"),
        (["dispersion", "--number", "many"], "'many' is no whole number"),
        (["dispersion", "--operator", "nobody"], "--operator nobody is not shipped"),
        (["dispersion", "--prior", "nowhere"], "there is no prior 'nowhere'"),
        (["dispersion", "--models", "nothing.zarr"], "nothing.zarr"),
    ],
)
def test_bad_input_is_one_sentence(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", *words, "--out", "found"]) == 2
    captured = capsys.readouterr()
    assert sentence in captured.err
    assert captured.err.count("\n") == 1
    assert not Path("found").exists()
