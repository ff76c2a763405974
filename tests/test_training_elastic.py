"""Learning elastic waves: samples, misfits, and the command from a dataset to a network that loads as an operator."""

import json
from pathlib import Path

import elastic_toys as toys
import numpy as np
import pytest
import torch

from seisgrad.cli import main
from seisgrad.dataset import open_dataset
from seisgrad.dataset import simulate as make_dataset
from seisgrad.dataset.samples import opened
from seisgrad.elastic.error_card import correlation, measure, relative_l2
from seisgrad.elastic.grid import Grid
from seisgrad.elastic.helmholtz import HelmholtzSize
from seisgrad.elastic.learning import HelmholtzTask, Losses, SurfaceSamples, relative_misfits
from seisgrad.elastic.learning_config import learning_config
from seisgrad.elastic.recipe import ElasticRecipe
from seisgrad.elastic.surrogate import card_of, load
from seisgrad.errors import InputError
from seisgrad.nn import weights
from seisgrad.training import Settings, fit

SIZE = HelmholtzSize(lift=4, width=6, modes_z=4, modes_x=8, hidden=12)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("spectra") / "data.zarr"
    make_dataset(toys.ToyRecipe(3), 8, path, shard=72, workers=1)
    return path


def train(data: Path, out: Path, *words: str) -> list[str]:
    words = ("train", "elastic", "--data", str(data), "--out", str(out), "--threads", "1", *words)
    return [*words, "--test-models", "0"]


def test_a_sample_is_a_source_at_a_frequency() -> None:
    samples = toys.samples()
    task = HelmholtzTask(samples, SIZE)
    assert (task.number("train"), task.number("validation")) == (24, 8)
    batch = task.batch("train", np.array([0, 1, 23]), np.random.default_rng(1))
    assert torch.equal(batch["frequency"], torch.tensor([0.3, 0.45, 0.45]))
    train = samples.train
    assert np.array_equal(batch["earth"].numpy(), train["earth"][[0, 0, 11]])
    sources = [
        int(np.flatnonzero(train["source"][e] == float(s))[0])
        for e, s in zip((0, 0, 11), batch["source"], strict=True)
    ]
    assert np.array_equal(batch["spectra"].numpy(), train["spectra"][[0, 0, 11], sources, [0, 1, 1]])
    seen = {
        float(task.batch("train", np.array([0]), np.random.default_rng(k))["source"][0]) for k in range(9)
    }
    assert len(seen) == 2


def test_the_loss_weighs_two_relative_misfits() -> None:
    true = torch.tensor([[[3.0, 4j]], [[1.0, 0.0]]])
    predicted = true + torch.tensor([[[0.0, 1.0]], [[1j, 1.0]]])
    l1, l2 = relative_misfits(predicted, true)
    assert float(l1) == pytest.approx(0.5 * (1 / 7 + 2))
    assert float(l2) == pytest.approx(0.5 * (1 / 5 + 2**0.5))
    task = HelmholtzTask(toys.samples(4, 2), SIZE, Losses(l1=2.0, l2=0.5))
    batch = task.batch("validation", np.arange(4), np.random.default_rng(1))
    parts = task.loss(task.network, batch)
    assert float(parts["loss"]) == pytest.approx(
        2.0 * float(parts["l1"]) + 0.5 * float(parts["l2"]), rel=1e-5
    )


def test_scales_follow_the_data_and_its_frequencies() -> None:
    samples = toys.samples()
    network = HelmholtzTask(samples, SIZE).network
    spectra = torch.view_as_complex(torch.from_numpy(samples.train["spectra"]))
    for k, frequency in enumerate(toys.FREQUENCIES):
        size = network.amplitude * frequency**network.power
        assert torch.allclose(size, spectra[:, :, k].abs().mean((0, 1, 3)), rtol=1e-3)


def test_it_learns(tmp_path: Path) -> None:
    task = HelmholtzTask(toys.samples(24, 4), SIZE)
    batch = task.batch("validation", np.arange(8), np.random.default_rng(1))
    before = float(task.loss(task.network, batch)["loss"].detach())
    result = fit(task, Settings(epochs=20, batch_size=8, learning_rate=1e-2, ema=0.9), tmp_path / "net")
    after = result.history[result.best_epoch - 1]["validation_loss"]
    assert after < 0.75 * before


def test_the_command_trains_and_its_network_loads(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "c.yaml").write_text(
        "network: helmholtz\narguments: {lift: 3, width: 4, modes_z: 4, modes_x: 6, hidden: 6}\n"
        "losses: {l1: 1, l2: 1}\n"
    )
    words = train(data, tmp_path / "net", "--config", str(tmp_path / "c.yaml"), "--epochs", "1", "--json")
    assert main(words) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert json.loads(out)["network"] == "helmholtz"
    card = card_of(tmp_path / "net")
    assert card["losses"] == {"l1": 1.0, "l2": 1.0}
    assert card["data"]["settings"]["prior"] == "toy"
    assert card["grid"] == {"shape": [12, 24], "spacing": 0.35}
    assert (card["forces"], card["quantity"]) == (["vertical"], "velocity")
    assert card["range"]["frequency"] == [0.3, 0.45]
    assert sum(map(sum, card["range"]["earth"]["vs"])) == 8 * 12 * 24
    asked = toys.survey(np.array([3.0]))
    earth = torch.from_numpy(open_dataset(data, "validation")["earth"][0])
    assert load(tmp_path / "net", toys.GRID, asked, outside="warn")(earth).isfinite().all()
    assert main(words) == 0
    assert json.loads(capsys.readouterr().out)["was_finished"]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--derivatives"], "--derivatives belongs to dispersion, and the data of elastic"),
        (["--network", "oracle"], "no network 'oracle', expected one of"),
        (["--network", "helmholtz", "--epochs", "1", "--minutes", "1"], "exactly one"),
    ],
)
def test_bad_words_get_one_sentence(
    words: list[str], named: str, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(train(data, tmp_path / "net", *words)) == 2
    out, err = capsys.readouterr()
    assert named in err
    assert (err.count("\n"), out) == (1, "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("losses: {l1: 0, l2: 0}", "losses: the weights are l1 = 0 and l2 = 0"),
        ("losses: {beta: 1}", "losses has the unknown key 'beta'"),
        ("arguments: {width: 0}", "arguments: width is 0, expected at least 1"),
        ("arguments: {modes: 3}", "unknown key 'modes'"),
    ],
)
def test_a_configuration_that_means_nothing_names_file_and_key(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "train.yaml"
    path.write_text(f"network: helmholtz\n{text}\n")
    with pytest.raises(InputError, match=f"train.yaml.*{words}"):
        learning_config(path)


def test_the_default_size_is_that_of_the_paper() -> None:
    found = learning_config(network="helmholtz")
    assert (found.network, found.size, found.losses) == ("helmholtz", HelmholtzSize(), Losses(l1=0.9, l2=0.1))
    assert (found.settings.epochs, found.settings.batch_size, found.settings.learning_rate) == (100, 32, 1e-3)


def test_data_of_another_system_are_refused(data: Path) -> None:
    with pytest.raises(InputError, match="is a dataset of 'elastic', expected one of 'acoustic'"):
        opened(data, "acoustic")


def test_errors_by_frequency_stand_in_the_card(tmp_path: Path) -> None:
    """On a small line of the simulated ensemble; what the background has is what it has without the network too."""
    grid = Grid((8, 40), 0.6)
    recipe = ElasticRecipe("broad", 3, (0.15, 0.25), sources=2, receivers=11, grid=grid)
    arrays = recipe.make("train", 0, 1)[0]
    samples = SurfaceSamples(
        arrays,
        arrays,
        grid,
        tuple(recipe.settings()["receivers"]),
        recipe.frequencies,
        told={"settings": dict(recipe.settings())},
    )
    task = HelmholtzTask(samples, SIZE)
    weights.save(tmp_path, task.network, task.description())
    (errors,) = measure(tmp_path, 1)
    assert card_of(tmp_path)["errors"] == [errors]
    assert (errors["prior"], errors["models"], errors["beyond"]) == ("broad", 1, 1.0)
    assert [row["frequency"] for row in errors["frequencies"]] == [0.15, 0.25]
    for row in errors["frequencies"]:
        assert abs(row["correlation"]) < 1.0
        assert 0.3 < row["background"] < 1.0
        assert row["relative_l2"] > 0.5


def test_correlation_is_one_up_to_a_factor_and_looks_away_from_the_source() -> None:
    generator = torch.Generator().manual_seed(2)
    true = torch.randn(2, 3, 2, 5, 2, generator=generator)
    close = torch.zeros(2, 5, dtype=torch.bool)
    assert torch.allclose(correlation(2.0 * true, true, close), torch.ones(2, 3))
    assert torch.allclose(correlation(-true, true, close), -torch.ones(2, 3))
    turned = torch.view_as_real(1j * torch.view_as_complex(true))
    assert torch.allclose(correlation(turned, true, close), torch.zeros(2, 3), atol=1e-6)
    broken = true.clone()
    broken[:, :, :, 2] = 9.0
    close[:, 2] = True
    assert torch.allclose(correlation(broken, true, close), torch.ones(2, 3))
    assert torch.allclose(relative_l2(broken, true, close), torch.zeros(2, 3))
