"""``seisgrad audit acoustic``: the files it writes for a network and for a callable, and bad input."""

import csv
import dataclasses
import json
from pathlib import Path

import acoustic_toys
import pytest

from seisgrad.acoustic import Grid
from seisgrad.acoustic import prior as prior_of
from seisgrad.acoustic.prior import PRIORS
from seisgrad.cli import main
from seisgrad.report.audit import acoustic

OWN = """
from seisgrad.acoustic import Physics

def louder(grid, survey):
    physics = Physics(grid, survey, velocity=(2.0, 4.0))
    return lambda earth: physics(earth) + 0.5 * (physics(earth) - physics(earth).detach())
"""


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A smaller grid and lower frequencies than a real audit has."""
    grid = Grid((17, 21), 0.16)
    monkeypatch.setitem(PRIORS, "von_karman", dataclasses.replace(prior_of("von_karman"), grid=grid))
    monkeypatch.setattr(acoustic, "FREQUENCIES", (2.0, 4.0))
    monkeypatch.setattr(acoustic, "BANDS", {"2 Hz": (0,), "4 Hz": (1,)})
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))


def read(path: str) -> list[dict[str, str]]:
    with Path(path).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_network_is_audited(capsys: pytest.CaptureFixture[str]) -> None:
    acoustic_toys.save(Path("net"), layers=8)
    assert main(["audit", "acoustic", "--operator", "net", "--number", "1", "--out", "found", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["models"] == {"von_karman": 1}
    assert list(told["verdict"])[:2] == ["2 Hz, velocity", "2 Hz, density"]
    names = {path.name for path in Path("found").iterdir()}
    assert names == {"audit.html", "gradients.csv", "summary.csv", "gradients.png", "bands.png"}
    rows = read("found/gradients.csv")
    assert len(rows) == 2 * 3 * 2 * 3  # starts, bands, parameters, metrics
    cosine = {
        (r["start"], r["band"]): float(r["value"])
        for r in rows
        if (r["metric"], r["parameter"]) == ("cosine", "velocity")
    }
    assert cosine["homogeneous", "all"] > 0.9
    page = Path("found/audit.html").read_text(encoding="utf-8")
    assert "Where its gradients can be trusted: 1 unseen earths of von_karman" in page


def test_a_callable_with_half_as_much_again_sensitivity_has_longer_gradients() -> None:
    Path("own_louder.py").write_text(OWN)
    words = ["--operator", "own_louder:louder", "--number", "1", "--out", "found", "--quiet"]
    assert main(["audit", "acoustic", *words]) == 0
    for row in read("found/summary.csv"):
        expected = {"cosine": 1.0, "relative_l2": 0.5, "ratio": 1.5}[row["metric"]]
        assert float(row["median"]) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--operator", "nobody"], "there is no surrogate 'nobody'"),
        (["--operator", "exact"], "--operator exact is what an audit compares with"),
        (["--number", "0"], "--number 0 is too few"),
        (["--models", "data.zarr"], "--models is for dispersion"),
        (["--operator", "x:y", "--prior", "nowhere"], "there is no prior 'nowhere'"),
    ],
)
def test_bad_input_is_one_sentence(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", "acoustic", *words, "--out", "found"]) == 2
    captured = capsys.readouterr()
    assert sentence in captured.err
    assert captured.err.count("\n") == 1
    assert not Path("found").exists()
