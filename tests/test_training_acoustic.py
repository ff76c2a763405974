"""Learning acoustic waves: the command from a small dataset to a card with errors, configurations, and the list."""

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from seisgrad.acoustic import AcousticRecipe, Grid
from seisgrad.acoustic.learning import field_task
from seisgrad.acoustic.learning_config import learning_config
from seisgrad.acoustic.series.network import SeriesSize
from seisgrad.acoustic.snapshots import SnapshotRecipe
from seisgrad.acoustic.space_time import SpaceTimeSize
from seisgrad.cli import main, surrogates
from seisgrad.cli.recipes import Asked, recipe_of
from seisgrad.dataset import simulate as make_dataset
from seisgrad.errors import InputError
from seisgrad.nn import weights
from seisgrad.nn.shelf import Shelf

EXPERIMENTS = Path(__file__).parent.parent / "experiments" / "acoustic"
SMALL = Grid((12, 14), 0.16)


@pytest.fixture(scope="module")
def spectra(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("spectra") / "data.zarr"
    make_dataset(AcousticRecipe("layered", 3, (4.0, 6.0), grid=SMALL), 16, path, shard=80, workers=1)
    return path


@pytest.fixture(scope="module")
def snapshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("snapshots") / "data.zarr"
    times = tuple(0.08 * i for i in range(8))
    make_dataset(SnapshotRecipe("layered", 3, times, grid=SMALL), 16, path, shard=80, workers=1)
    return path


def train(data: Path, out: Path, *words: str) -> list[str]:
    words = ("train", "acoustic", "--data", str(data), "--out", str(out), "--threads", "1", *words)
    return list(words)


@pytest.fixture(scope="module")
def trained(spectra: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    (folder / "c.yaml").write_text("arguments: {layers: 4, knots: 6}\n")
    words = train(spectra, folder / "net", "--config", str(folder / "c.yaml"), "--epochs", "12")
    assert main([*words, "--test-models", "3", "--quiet"]) == 0
    return folder / "net"


def test_a_series_learns_and_its_card_tells_by_how_much(trained: Path) -> None:
    card = weights.files(trained).read_record()
    assert (card["network"], card["arguments"]) == ("series", {"layers": 4, "knots": 6})
    assert card["settings"]["batch_size"] == 8
    (errors,) = card["errors"]
    assert (errors["prior"], errors["models"], errors["beyond"]) == ("layered", 3, 0.5)
    assert [row["frequency"] for row in errors["frequencies"]] == [4.0, 6.0]
    for row in errors["frequencies"]:
        assert 0.0 < row["relative_l2"] < row["untrained"] < 1.0
        assert row["relative_l2"] < row["outgoing"]


def test_the_same_command_resumes_and_says_when_it_is_done(
    spectra: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "c.yaml").write_text("arguments: {layers: 2, knots: 4}\n")
    words = train(spectra, tmp_path / "net", "--config", str(tmp_path / "c.yaml"), "--epochs", "1")
    assert main([*words, "--test-models", "0", "--json"]) == 0
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert err == ""
    assert (told["network"], told["ending"], told["epochs"]) == ("series", "epochs", 1)
    assert "errors" not in weights.files(tmp_path / "net").read_record()
    assert main(words) == 0
    assert "holds a finished training" in capsys.readouterr().out
    assert main([*words, "--seed", "5"]) == 2
    assert "another seed" in capsys.readouterr().err


def test_a_network_learns_from_several_ensembles_and_grids(
    spectra: Path, snapshots: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    finer = tmp_path / "finer.zarr"
    make_dataset(AcousticRecipe("square", 5, (5.0,), grid=SMALL.finer(2)), 8, finer, shard=72, workers=1)
    task = field_task([spectra, finer], SeriesSize(layers=1, knots=4))
    assert task.number("train") == 16 + 8
    rng, seen = np.random.default_rng(1), set()
    for _ in range(40):
        batch = task.batch("train", rng.permutation(24)[:4], rng)
        seen.add((int(batch["set"][0]), float(batch["frequency"][0]), tuple(batch["earth"].shape[2:])))
        assert batch["pressure"].shape[1:3] == batch["earth"].shape[2:]
    assert seen == {(0, 4.0, (12, 14)), (0, 6.0, (12, 14)), (1, 5.0, (23, 27))}
    assert 0.0 < float(task.loss(task.network, batch)["loss"].detach()) < 1.0
    card = task.description()
    assert card["data"]["settings"]["prior"] == "layered"
    assert [one["settings"]["prior"] for one in card["data"]["also"]] == ["square"]
    with pytest.raises(InputError, match="nothing to learn from"):
        field_task([], SeriesSize())
    words = [*train(snapshots, tmp_path / "net", "--network", "space_time"), "--data", str(snapshots)]
    assert main(words) == 2
    assert "2 datasets were given" in capsys.readouterr().err


def test_a_space_time_network_learns_snapshots(snapshots: Path, tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(
        "network: space_time\narguments: {modes: 3, width: 4, layers: 2, hidden: 8}\n"
        "training: {batch_size: 8, learning_rate: 1e-2}\n"
    )
    words = train(snapshots, tmp_path / "net", "--config", str(tmp_path / "c.yaml"), "--epochs", "2")
    assert main([*words, "--test-models", "2", "--quiet"]) == 0
    card = weights.files(tmp_path / "net").read_record()
    assert card["times"] == pytest.approx([0.08 * i for i in range(8)])
    (errors,) = card["errors"]
    assert 0.0 < errors["relative_l2"] < 1.5
    assert 0.0 < errors["relative_l2_beyond"] < 1.5


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--derivatives"], "--derivatives belongs to dispersion"),
        (["--values-only"], "--values-only belongs to dispersion"),
        (["--network", "oracle"], "no network 'oracle', expected one of series, space_time"),
        (["--network", "space_time"], "holds spectra, and the network 'space_time' learns snapshots"),
        (["--epochs", "1", "--minutes", "1"], "exactly one"),
        (["--config", "nowhere.yaml"], "nowhere.yaml"),
        (["--test-models", "-1"], "--test-models -1"),
    ],
)
def test_bad_words_get_one_sentence(
    words: list[str],
    named: str,
    spectra: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(train(spectra, tmp_path / "net", *words)) == 2
    out, err = capsys.readouterr()
    assert named in err
    assert err.count("\n") == 1
    assert out == ""
    assert not (tmp_path / "net").exists()


def test_data_of_another_kind_are_refused(
    snapshots: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(train(snapshots, tmp_path / "net")) == 2
    assert "holds snapshots in time, and the network 'series' learns spectra" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("netwrok: series", "unknown key 'netwrok'.*did you mean 'network'"),
        ("losses: {beta: 1}", "unknown key 'losses'"),
        ("network: oracle", "no network 'oracle', expected one of series, space_time"),
        ("arguments: {layers: many}", "arguments: layers is 'many', expected a whole number"),
        ("arguments: {knots: 1}", "arguments: knots is 1, expected at least 2"),
        ("arguments: {modes: 3}", "unknown key 'modes'"),
        ("network: space_time\narguments: {width: 0}", "arguments: width is 0, expected at least 1"),
        ("arguments: 3", "arguments is 3, expected named entries"),
        ("training: {learning_rate: 0}", "learning_rate is 0.0, expected a positive number"),
        ("training: {epochs: 3, minutes: 2}", "epochs=3 and minutes=2.0, expected exactly one"),
    ],
)
def test_a_configuration_that_means_nothing_names_file_and_key(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "train.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=f"train.yaml.*{words}"):
        learning_config(path)


def test_settings_that_are_not_written_are_those_of_the_network(tmp_path: Path) -> None:
    found = learning_config()
    assert (found.network, found.size) == ("series", SeriesSize(layers=16, knots=16))
    settings = found.settings
    assert (settings.batch_size, settings.learning_rate, settings.weight_decay) == (8, 4e-3, 0.0)
    assert (settings.clip, settings.ema, settings.warm_up, settings.epochs) == (0.3, 0.99, 0.05, 30)
    path = tmp_path / "train.yaml"
    path.write_text("training: {minutes: 5, clip: null}\narguments: {layers: 3}\n")
    written = learning_config(path)
    assert (written.size, written.settings.minutes) == (SeriesSize(layers=3), 5.0)
    assert (written.settings.epochs, written.settings.clip) == (None, None)
    asked = learning_config(path, network="space_time", training={"epochs": 2, "minutes": None, "seed": 4})
    assert (asked.size, asked.settings.epochs, asked.settings.minutes) == (SpaceTimeSize(), 2, None)


def test_the_configurations_of_the_experiments() -> None:
    assert learning_config(EXPERIMENTS / "series.yaml").size == SeriesSize()
    paper = learning_config(EXPERIMENTS / "space_time.yaml")
    assert (paper.network, paper.size) == ("space_time", SpaceTimeSize(modes=20, width=32, layers=4))
    assert (paper.settings.epochs, paper.settings.batch_size) == (300, 30)
    small = learning_config(EXPERIMENTS / "space_time_small.yaml")
    assert isinstance(small.size, SpaceTimeSize)
    assert small.settings.minutes is not None


def test_snapshots_are_simulated_where_times_are_asked(capsys: pytest.CaptureFixture[str]) -> None:
    plain = Asked("", 1, rows=None, frequencies=None, times=None, finer=None, sources=None)
    recipe, _ = recipe_of("acoustic", dataclasses.replace(plain, times="0:0.4:0.04"))
    assert isinstance(recipe, SnapshotRecipe)
    assert recipe.times == pytest.approx([0.04 * i for i in range(11)])
    finer, _ = recipe_of("acoustic", dataclasses.replace(plain, finer=2))
    assert finer == AcousticRecipe("von_karman", 1, grid=Grid((127, 127), 0.08))
    for words, named in (
        (["acoustic", "--times", "0:4:0.04", "--frequencies", "1:8:1"], "both given"),
        (["acoustic", "--times", "0.1:4:0.1"], "times of snapshots are not 0"),
        (["acoustic", "--times", "-1:4:1"], "--times -1:4:1"),
        (["dispersion", "--times", "0:4:0.04"], "--times belongs to acoustic"),
        (["dispersion", "--finer", "2"], "--finer belongs to acoustic"),
        (["acoustic", "--finer", "0"], "--finer 0"),
    ):
        assert main(["simulate", *words, "--number", "2", "--seed", "1", "--out", "data.zarr"]) == 2
        assert named in capsys.readouterr().err


def test_the_list_tells_acoustic_surrogates_too(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from seisgrad.acoustic import surrogate

    monkeypatch.setattr(surrogate, "SHIPPED", Shelf(tmp_path))
    shutil.copytree(trained, tmp_path / "toy")
    assert main(["surrogates"]) == 0
    told = capsys.readouterr().out
    assert (
        "acoustic toy: network of series, values alone, 16 earths of prior 'layered'; 12 x 14 nodes" in told
    )
    assert "4 to 6 Hz" in told
    assert "on 3 unseen earths of prior 'layered': relative L2 error of the field at most" in told
    assert "default: network of modes" in told
    assert main(["surrogates", "toy", "--json"]) == 0
    cards = json.loads(capsys.readouterr().out)
    assert list(cards) == ["acoustic toy"]
    assert main(["surrogates", "nobody"]) == 2
    assert "toy" in capsys.readouterr().err
    assert surrogates._short("acoustic toy", cards["acoustic toy"])
