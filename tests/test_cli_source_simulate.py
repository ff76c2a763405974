"""``seisgrad source simulate``: its files, a bank that is there or made, resuming, and what it refuses."""

import json
from pathlib import Path

import numpy as np
import pytest

from seisgrad.cli import main
from seisgrad.dataset import open_dataset
from seisgrad.source.earths import HELD_OUT, named_column
from seisgrad.source.greens import make_bank, settings_of
from seisgrad.source.layered import Band
from seisgrad.source.randomisation import CLEAN, Randomisation
from seisgrad.source.recipe import TOGETHER, SourceRecipe


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Green's functions of one model, at two depths and three distances."""
    path = tmp_path_factory.mktemp("bank") / "greens.zarr"
    columns = {"gil7": named_column("gil7")}
    make_bank(path, columns, (5.0, 10.0), (10.0, 20.0, 40.0), band=Band(samples=512))
    return path


@pytest.fixture
def words(bank: Path, tmp_path: Path) -> list[str]:
    (tmp_path / "few.yaml").write_text("stations: [4, 6]\n", encoding="utf-8")
    words = ["source", "simulate", "--seed", "1", "--models", "gil7", "--bank", str(bank), "--workers", "1"]
    return [*words, "--config", str(tmp_path / "few.yaml"), "--out", str(tmp_path / "events.zarr")]


def test_a_dataset_holds_the_events_of_the_seed(
    words: list[str], bank: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--number", "5", "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert main([*words, "--number", "5", "--quiet"]) == 0  # nothing is left to do, and nothing is said
    assert capsys.readouterr().out == ""
    assert told["number"] == {"train": 5, "validation": 64}
    assert told["models"] == ["gil7"]
    assert told["fields"]["windows"] == [6, 2, 3, 100]
    assert told["files"]["greens"] == str(bank)
    recipe = SourceRecipe(str(bank), ("gil7",), 1, Randomisation(stations=(4, 6)))
    data = open_dataset(tmp_path / "events.zarr", "train")
    assert data.manifest.settings == json.loads(json.dumps(recipe.settings()))
    made, rejected = recipe.make("train", 2, 3)
    assert not rejected
    for name, values in made.items():
        assert np.array_equal(data[name][2:5], values), name
    events = data.as_xarray()
    assert events["windows"].dims == ("sample", "station", "phase", "component", "time")
    assert events["windows"].sel(phase="S", component="T", time=0.0).shape == (5, 6)
    assert events["moment"].sel(entry="nd").shape == (5,)


def test_an_event_is_the_same_in_any_company_and_splits_share_none(bank: Path) -> None:
    recipe = SourceRecipe(str(bank), ("gil7",), 1, Randomisation(stations=(4, 6)))
    around, _ = recipe.make("train", TOGETHER - 2, 4)
    assert np.array_equal(recipe.make("train", TOGETHER, 1)[0]["windows"], around["windows"][2:3])
    moments = [recipe.make(split, 0, 8)[0]["moment"] for split in ("train", "validation", "test")]
    moments += [around["moment"], SourceRecipe(str(bank), ("gil7",), 2).make("train", 0, 8)[0]["moment"]]
    every = np.concatenate(moments)
    assert len(np.unique(every, axis=0)) == len(every)
    for name, kind in recipe.fields().items():
        assert around[name].shape == (4, *kind.space.shape), name
        assert around[name].dtype == kind.dtype


def test_a_model_that_the_bank_lacks_is_made_on_its_depths_and_distances(
    words: list[str], bank: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words[words.index("gil7")] = "gil7,hadley_kanamori"
    assert main([*words, "--number", "2", "--clean"]) == 0
    said = capsys.readouterr().out
    assert "2 training and 64 validation events through 2 velocity models" in said
    assert list(settings_of(bank)["models"]) == ["gil7", "hadley_kanamori"]
    assert settings_of(bank)["distances"] == [10.0, 20.0, 40.0]
    manifest = open_dataset(Path(words[-1]), "train").manifest
    drawn = manifest.settings["randomisation"]
    assert drawn["stations"] == [4, 6]
    assert drawn["coda"] == CLEAN.coda == 0.0
    assert list(manifest.settings["models"]) == ["gil7", "hadley_kanamori"]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (["--number", "0"], "--number is 0, expected at least 1"),
        (["--number", "many"], "'many' is no whole number"),
        (["--number", "2", "--workers", "0"], "--workers is 0"),
        (["--number", "2", "--seed", "-1"], "seed is -1"),
        (["--number", "2", "--models", "gil8"], "gil8"),
        (["--number", "2", "--models", ""], "''"),
        (["--number", "2", "--noise", "{folder}"], "no stretch"),
        (["--number", "2", "--config", "missing.yaml"], "missing.yaml cannot be read"),
        (["--number", "2", "--bank", "{file}"], "expected a folder"),
        (["--number", "2", "--out", "{bank}"], "no dataset of seisgrad"),
        (["--number", "2", "--bank", "{folder}"], "no bank"),
    ],
)
def test_bad_input_is_one_sentence(
    more: list[str],
    expected: str,
    words: list[str],
    bank: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "note.txt").write_text("mine")
    places = {"file": tmp_path / "file", "folder": tmp_path / "folder", "bank": bank}
    assert main([*words, *(word.format(**places) for word in more)]) == 2
    error = capsys.readouterr().err
    assert expected in error
    assert error.count("\n") == 1


def test_an_unknown_field_of_the_config_is_told(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "few.yaml").write_text("dropouts: 0.5\n", encoding="utf-8")
    assert main([*words, "--number", "2"]) == 2
    error = capsys.readouterr().err
    assert "few.yaml has the unknown key 'dropouts'" in error
    assert "did you mean 'dropout'?" in error


def test_help_has_an_example_and_names_the_groups_of_models(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["source", "simulate", "--help"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "seisgrad source simulate --number 10000 --seed 1" in said
    assert "held_out" in said
    assert len(HELD_OUT) == 3
