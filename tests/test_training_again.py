"""``reproduce kernels --train``: a surrogate made again from nothing by what its card says."""

import csv
import shutil
from pathlib import Path

import pytest

from seisgrad.cli import choices, main
from seisgrad.dispersion import card_of, surrogate
from seisgrad.nn.shelf import Shelf

CONFIG = """
network: residual
arguments: {width: 8, blocks: 1}
losses: {derivatives: true}
training: {epochs: 1, batch_size: 32, accelerator: cpu}
"""


def test_a_shipped_surrogate_is_made_again_from_its_card(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, data, first = tmp_path / "tiny.yaml", tmp_path / "data.zarr", tmp_path / "first"
    config.write_text(CONFIG, encoding="utf-8")
    made = ["--prior", "weak", "--number", "64", "--seed", "5", "--rows", "1", "--shard", "64"]
    assert main(["simulate", "dispersion", *made, "--workers", "1", "--out", str(data), "--quiet"]) == 0
    taught = ["--data", str(data), "--config", str(config), "--test-models", "0"]
    assert main(["train", "dispersion", *taught, "--out", str(first), "--quiet"]) == 0

    shelf = tmp_path / "shelf"
    (shelf / "tiny").mkdir(parents=True)
    for name in ("card.json", "weights.safetensors"):
        shutil.copy(first / name, shelf / "tiny" / name)
    monkeypatch.setattr(choices, "WEIGHTS", shelf)
    monkeypatch.setattr(surrogate, "SHIPPED", Shelf(shelf))

    out = tmp_path / "out"
    asked = ["reproduce", "kernels", "--operator", "tiny", "--models", "1", "--out", str(out)]
    assert main([*asked, "--train", "--quiet"]) == 0
    old, new = card_of("tiny"), card_of(out / "training" / "tiny" / "weights")
    for entry in ("network", "arguments", "layout", "losses", "settings"):
        assert new[entry] == old[entry]
    assert new["data"]["settings"] == old["data"]["settings"]
    with (out / "results.csv").open(encoding="utf-8") as file:
        assert {row["operator"] for row in csv.DictReader(file)} == {"tiny"}
