"""``seisgrad audit elastic``: what it says of operators whose gradients are known, its files, and bad input."""

import csv
import dataclasses
import json
from pathlib import Path

import pytest

from seisgrad.cli import main
from seisgrad.elastic import Grid, Harmonic, Survey
from seisgrad.elastic import prior as prior_of
from seisgrad.elastic.harmonic.network import HarmonicNet, HarmonicSize
from seisgrad.elastic.prior import PRIORS
from seisgrad.nn import weights
from seisgrad.operator import Function, Operator
from seisgrad.report.audit import elastic

OWN = """
from seisgrad.elastic import Harmonic
from seisgrad.report.audit.elastic import FINE

def same(grid, survey):
    return Harmonic(grid, survey, resolution=FINE)
"""
GRID = Grid((13, 32), 0.8)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A coarser grid, fewer nodes and lower frequencies than a real audit has."""
    for name in ("los_angeles", "basin"):
        monkeypatch.setitem(PRIORS, name, dataclasses.replace(prior_of(name), grid=GRID))
    monkeypatch.setattr(elastic, "NODES", 12)
    monkeypatch.setattr(elastic, "FREQUENCIES", (0.15, 0.25))
    monkeypatch.setattr(elastic, "BANDS", {"0.15 Hz": (0,), "0.25 Hz": (1,)})
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    Path("own_waves.py").write_text(OWN)


def read(path: str) -> list[dict[str, str]]:
    with Path(path).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def values(rows: list[dict[str, str]], column: str = "value", **asked: str) -> list[float]:
    return [float(row[column]) for row in rows if all(row[name] == word for name, word in asked.items())]


def test_the_physics_against_itself_is_right_in_everything() -> None:
    words = ["--operator", "own_waves:same", "--number", "1", "--out", "found", "--quiet"]
    assert main(["audit", "elastic", *words]) == 0
    names = {path.name for path in Path("found").iterdir()}
    tables = {"gradients.csv", "summary.csv", "depths.csv", "profiles.csv"}
    figures = {"bands.png", "depth.png", "profiles.png", "gradients.png"}
    assert names == {"audit.html", *tables, *figures}
    for file in ("gradients.csv", "depths.csv"):
        rows = read(f"found/{file}")
        assert {row["prior"] for row in rows} == {"los_angeles", "basin"}
        for metric, right in (("cosine", 1.0), ("relative_l2", 0.0), ("ratio", 1.0)):
            found = values(rows, metric=metric)
            assert found == pytest.approx([right] * len(found), abs=1e-9)
    assert len(read("found/gradients.csv")) == 2 * 3 * 8 * 3  # earths, bands, parameters, metrics
    assert len(read("found/profiles.csv")) == 2 * 3 * 8 * (GRID.shape[0] - 1)
    page = Path("found/audit.html").read_text(encoding="utf-8")
    assert "in unseen earths, 1 of los_angeles and 1 of basin" in page


def test_an_operator_that_sees_the_shallow_part_alone_is_right_there_alone() -> None:
    shallow = (GRID.z < 2.0)[:, None]

    def deaf_below(part: Survey) -> Operator:
        physics = Harmonic(GRID, part, resolution=elastic.FINE)
        return Function(
            lambda x: physics(x * shallow + x.detach() * ~shallow), physics.domain, physics.codomain
        )

    found = elastic.compare(deaf_below, "basin", GRID, 1)
    assert found.earths == {"basin": 1}
    Path("depths.csv").write_text(elastic.tables(found)["depths.csv"])
    # smoothing crosses the border
    rows = [row for row in read("depths.csv") if row["parameter"].startswith("raw")]
    assert {row["from"] for row in rows} == {"0", "2", "5"}
    for row in rows:
        right = {"cosine": 1.0, "relative_l2": 0.0, "ratio": 1.0}
        expected = right if row["from"] == "0" else {"relative_l2": 1.0, "ratio": 0.0}
        if row["metric"] in expected:
            assert float(row["value"]) == pytest.approx(expected[row["metric"]], abs=1e-9)


def test_a_network_is_audited_on_the_ensemble_of_its_card(capsys: pytest.CaptureFixture[str]) -> None:
    size = HarmonicSize(hidden=4, layers=1)
    earth = {"depth": [0.0, 100.0], "velocity": [0.0, 20.0], "vp": [[1]], "vs": [[1]]}
    card = {
        "system": "elastic",
        "network": "harmonic",
        "arguments": dataclasses.asdict(size),
        "range": {"frequency": [0.1, 0.5], "earth": earth},
        "forces": ["vertical"],
        "quantity": "velocity",
        "data": {"settings": {"prior": "basin"}},
    }
    weights.save(Path("net"), HarmonicNet(size), card)
    assert main(["audit", "elastic", "--operator", "net", "--number", "1", "--out", "found", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["models"] == {"basin": 1}
    assert list(told["verdict"]) == ["basin, 0.15 Hz", "basin, 0.25 Hz", "basin, all"]
    assert told["files"]["depths"] == "found/depths.csv"
    found = read("found/summary.csv")
    (cosine,) = values(found, "median", band="0.15 Hz", parameter="tied vs", metric="cosine")
    assert 0.9 < cosine < 0.99999  # its mesh is a coarser one


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--operator", "nobody"], "there is no surrogate 'nobody'"),
        (["--operator", "exact"], "--operator exact is what an audit compares with"),
        (["--number", "0"], "--number 0 is too few"),
        (
            ["--models", "data.zarr"],
            "--models is for dispersion; earths of the elastic audit come from --prior",
        ),
        (["--operator", "x:y", "--prior", "nowhere"], "there is no prior 'nowhere'"),
    ],
)
def test_bad_input_is_one_sentence(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", "elastic", *words, "--out", "found"]) == 2
    captured = capsys.readouterr()
    assert sentence in captured.err
    assert captured.err.count("\n") == 1
    assert not Path("found").exists()
