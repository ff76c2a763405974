"""Learning dispersion: from a small dataset made here to a network that the exact operator recognises; the command."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from seisgrad.cli import main
from seisgrad.dispersion.learning import CurveTask, Losses
from seisgrad.dispersion.learning_config import learning_config
from seisgrad.dispersion.networks import CurveTransformer, Layout, arguments_of, build_network
from seisgrad.dispersion.simulation import DispersionRecipe
from seisgrad.errors import InputError
from seisgrad.nn import weights
from seisgrad.training import Settings, fit

DEPTH, PERIODS = tuple(np.arange(0.0, 60.0, 4.0).tolist()), (5.0, 10.0, 20.0, 40.0)
SMALL = {
    "residual": {"width": 32, "blocks": 1},
    "transformer": {"d_model": 16, "heads": 2, "encoder_layers": 1, "decoder_layers": 1, "feed_forward": 16},
}
LAYOUT = Layout(DEPTH, ("rayleigh phase 0", "love phase 0"), PERIODS)


@pytest.fixture(scope="module")
def samples() -> dict[str, dict[str, np.ndarray]]:
    recipe = DispersionRecipe("weak", 1, PERIODS, rows=4, depth=DEPTH)
    return {split: recipe.make(split, 0, number)[0] for split, number in (("train", 256), ("validation", 64))}


def task_of(samples: dict, name: str, *, derivatives: bool = True, seed: int = 0) -> CurveTask:
    arguments = arguments_of(name, SMALL[name])
    losses = Losses(derivatives=derivatives)
    return CurveTask(samples["train"], samples["validation"], LAYOUT, name, arguments, losses, seed=seed)


def row_error(task: CurveTask) -> float:
    """Mean squared relative error of the validation rows."""
    judge = Losses(derivatives=True)
    task.losses = judge
    batch = task.batch("validation", np.arange(task.number("validation")), np.random.default_rng(0))
    with torch.no_grad():
        return float(task.loss(task.network, batch)["row"])


def test_derivatives_are_learnt_only_where_they_are_taught(samples, tmp_path: Path) -> None:
    """With exact rows the kernels come out several times better than without, at hardly any cost in the values."""
    settings = Settings(epochs=30, batch_size=32, learning_rate=3e-3, ema=0.9, accelerator="cpu")
    found = {}
    for derivatives in (True, False):
        task = task_of(samples, "residual", derivatives=derivatives)
        if not derivatives:  # the arrays of rows are needed to judge what was learnt without them
            whole = task_of(samples, "residual")
        result = fit(task, settings, tmp_path / str(derivatives))
        found[derivatives] = result.history[result.best_epoch - 1]["validation_mape_percent"]
        if not derivatives:
            whole.network.load_state_dict(task.network.state_dict())
            without = row_error(whole)
        else:
            taught = row_error(task)
    assert taught < 0.5 * without
    assert found[True] < 1.5 * found[False]


@pytest.mark.parametrize("name", SMALL)
def test_a_network_is_built_again_from_its_card(samples, tmp_path: Path, name: str) -> None:
    task = task_of(samples, name)
    fit(task, Settings(epochs=1, batch_size=64, accelerator="cpu"), tmp_path)
    tensors, card = weights.load(tmp_path)
    again = build_network(card).eval()
    weights.put(tensors, again, tmp_path)
    earth = torch.from_numpy(samples["validation"]["earth"][:3])
    assert torch.equal(again(earth), task.network(earth))
    assert again(earth).shape == (3, 2, 4)
    with pytest.raises(InputError, match="system 'acoustic'"):
        build_network(card | {"system": "acoustic"})
    with pytest.raises(InputError, match="'arguments'"):
        build_network({k: v for k, v in card.items() if k != "arguments"})
    with pytest.raises(InputError, match="no network 'oracle'"):
        build_network(card | {"network": "oracle"})


def test_first_weights_come_from_the_seed(samples) -> None:
    torch.manual_seed(1)
    one = task_of(samples, "residual", seed=4).network.state_dict()
    torch.manual_seed(2)
    same, other = (task_of(samples, "residual", seed=s).network.state_dict() for s in (4, 5))
    assert all(torch.equal(one[k], same[k]) for k in one)
    assert not all(torch.equal(one[k], other[k]) for k in one)


def test_samples_that_do_not_fit_are_refused(samples) -> None:
    def changed(**arrays: np.ndarray | None) -> dict:
        train = {k: v for k, v in (samples["train"] | arrays).items() if v is not None}
        return {**samples, "train": train}

    with pytest.raises(InputError, match="no array 'rows'"):
        task_of(changed(rows=None), "residual")
    task_of(changed(rows=None), "residual", derivatives=False)
    with pytest.raises(InputError, match=r"velocity of the train samples has shape .256, 1, 4."):
        task_of(changed(velocity=samples["train"]["velocity"][:, :1]), "residual")
    earth = samples["train"]["earth"].copy()
    earth[3, 0, 0] = np.nan
    with pytest.raises(InputError, match="not finite"):
        task_of(changed(earth=earth), "residual")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("netwrok: residual", "unknown key 'netwrok'.*did you mean 'network'"),
        ("network: oracle", "no network 'oracle', expected one of .*residual"),
        ("arguments: {width: wide}", "arguments: width is 'wide', expected a whole number"),
        ("arguments: {wdith: 3}", "unknown key 'wdith'.*did you mean 'width'"),
        ("arguments: 3", "arguments is 3, expected named entries"),
        ("losses: {beta: -1}", "losses: beta is -1.0, expected a positive number"),
        ("losses: {derivatives: 3}", "derivatives is 3, expected true or false"),
        ("losses: {parameter_weights: [1, 2]}", "parameter_weights is .1, 2., expected a list of 3 numbers"),
        ("training: {epochs: 3, minutes: 2}", "epochs=3 and minutes=2.0, expected exactly one"),
        ("training: {learning_rate: 0}", "learning_rate is 0.0, expected a positive number"),
        ("training: {accelerator: abacus}", "accelerator is 'abacus', expected one of auto"),
        ("training: {batch_size: 5, devices: 2}", "batch_size 5 cannot be shared by 2 devices"),
        ("training: {epochs: [", "is no YAML"),
        ("just words", "holds str, expected named entries"),
    ],
)
def test_a_configuration_that_means_nothing(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "train.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=f"train.yaml.*{words}|{words}"):
        learning_config(path)


def test_a_configuration_is_read_and_options_stand_above_it(tmp_path: Path) -> None:
    path = tmp_path / "train.yaml"
    path.write_text(
        "network: transformer\narguments: {d_model: 64}\nlosses: {derivatives: false}\n"
        "training: {epochs: 5, learning_rate: 2e-4}\n"
    )
    found = learning_config(path)
    assert (found.network, found.settings.epochs, found.settings.learning_rate) == ("transformer", 5, 2e-4)
    assert not found.losses.derivatives
    asked = learning_config(path, network="residual", derivatives=True, training={"minutes": 2.0, "seed": 3})
    assert asked.arguments == arguments_of("residual", {})
    assert (asked.settings.epochs, asked.settings.minutes, asked.settings.seed) == (None, 2.0, 3)
    assert asked.losses.derivatives
    assert learning_config().settings.epochs == 100


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from seisgrad.dataset import simulate

    path = tmp_path_factory.mktemp("data") / "data.zarr"
    simulate(DispersionRecipe("weak", 1, PERIODS, rows=2, depth=DEPTH), 64, path, workers=1)
    return path


def test_the_command_trains_resumes_and_says_when_it_is_done(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "c.yaml").write_text("arguments: {width: 16, blocks: 1}\ntraining: {batch_size: 32}\n")
    words = ["train", "dispersion", "--data", str(store), "--out", str(tmp_path / "net")]
    words += ["--config", str(tmp_path / "c.yaml"), "--epochs", "2", "--threads", "1"]
    assert main([*words, "--json"]) == 0
    out, err = capsys.readouterr()
    result = json.loads(out)
    assert err == ""
    assert (result["ending"], result["epochs"], result["was_finished"]) == ("epochs", 2, False)
    assert set(result["validation"]) == {"loss", "value", "row", "mape_percent"}
    card = json.loads((tmp_path / "net" / "card.json").read_text())
    assert card["data"]["settings"]["prior"] == "weak"
    assert card["data"]["number"]["train"] == 64
    assert card["layout"]["periods"] == list(PERIODS)
    assert main(words) == 0
    assert "holds a finished training" in capsys.readouterr().out
    assert main([*words, "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["seismic"], "no system 'seismic'"),
        (["dispersion", "--network", "oracle"], "oracle"),
        (["dispersion", "--epochs", "0"], "epochs is 0"),
        (["dispersion", "--epochs", "1", "--minutes", "1"], "exactly one"),
        (["dispersion", "--minutes", "-1"], "minutes is -1.0"),
        (["dispersion", "--threads", "0"], "--threads 0"),
        (["dispersion", "--config", "nowhere.yaml"], "nowhere.yaml"),
        (["dispersion", "--config", "x.toml"], ".toml"),
        (["dispersion", "--data", "nowhere.zarr"], "nowhere.zarr"),
    ],
)
def test_bad_words_get_one_sentence(
    words: list[str],
    named: str,
    store: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    data = [] if "--data" in words else ["--data", str(store)]
    assert main(["train", *words, *data, "--out", "net"]) == 2
    out, err = capsys.readouterr()
    assert named in err
    assert err.count("\n") == 1
    assert out == ""
    assert not (tmp_path / "net").exists()


def test_the_configuration_of_the_paper() -> None:
    path = Path(__file__).parent.parent / "experiments" / "kernels" / "transformer.yaml"
    found = learning_config(path)
    assert found.arguments == CurveTransformer(512, 8, 8, 8, 1024)
    assert (found.settings.batch_size, found.settings.epochs, found.settings.clip) == (64, 200, 5.0)
    assert (found.losses.derivatives, found.losses.beta) == (False, 0.05)
