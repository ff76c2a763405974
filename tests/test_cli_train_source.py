"""``seisgrad train source``: from a bank of Green's functions to a network that ``source invert`` can ask."""

import json
from pathlib import Path

import pytest
import torch

from seisgrad.cli import main
from seisgrad.source import Gather, load
from seisgrad.source.earths import named_column
from seisgrad.source.greens import make_bank
from seisgrad.source.layered import Band

CONFIG = {
    "arguments": {"d_model": 32, "heads": 2, "layers": 1, "feed_forward": 32, "window": 32},
    "draws": {"models": "gil7", "events": 64, "validation": 32},
    "randomisation": {"stations": [4, 6]},
    "training": {"epochs": 1, "batch_size": 32},
}


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bank") / "greens.zarr"
    make_bank(path, {"gil7": named_column("gil7")}, (5.0, 10.0), (10.0, 20.0, 40.0), band=Band(samples=512))
    return path


def test_a_network_is_trained_calibrated_and_asked(
    bank: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "small.json").write_text(json.dumps(CONFIG))
    words = ["train", "source", "--data", str(bank), "--config", str(tmp_path / "small.json")]
    assert main([*words, "--out", str(tmp_path / "net"), "--test-models", "64", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["network"] == "harmonic"
    assert told["validation"]["kagan"] > 0.0
    card = json.loads((tmp_path / "net" / "card.json").read_text())
    assert {row["case"] for row in card["errors"]} == {"training"}
    assert card["data"]["models"] == ["gil7"]
    shape, draw = (5,), torch.Generator().manual_seed(1)
    gather = Gather(
        1e-6 * torch.randn(*shape, 2, 3, 100, generator=draw),
        torch.ones(*shape, 3, dtype=torch.bool),
        torch.full(shape, 20.0),
        torch.linspace(0.0, 300.0, 5),
        torch.zeros(*shape, 2),
        torch.tensor(8.0),
    )
    assert load(tmp_path / "net").answer(gather).moment.isfinite().all()


def test_what_it_is_not_for_is_told(bank: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["train", "source", "--out", str(tmp_path / "net")]
    assert main([*words, "--data", str(tmp_path)]) == 2
    assert str(tmp_path) in capsys.readouterr().err
    assert main([*words, "--data", str(bank), "--derivatives"]) == 2
    assert "belongs to dispersion" in capsys.readouterr().err
