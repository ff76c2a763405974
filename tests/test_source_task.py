"""Networks of sources learn from events drawn on the fly, and a training goes on where it was left."""

from pathlib import Path

import numpy as np
import pytest
import torch
from source_toys import ToyDraws

from seisgrad.dataset import splits
from seisgrad.errors import InputError
from seisgrad.source.earths import HELD_OUT, TRAIN
from seisgrad.source.error_card import complete_card
from seisgrad.source.gather import Gather
from seisgrad.source.greens import make_bank
from seisgrad.source.harmonic import HarmonicSize
from seisgrad.source.learning_config import Drawing, learning_config
from seisgrad.source.moment_tensor import from_plane, moment_of_magnitude
from seisgrad.source.sourcenet import PaperSize
from seisgrad.source.surrogate import load
from seisgrad.source.task import Losses, SourceTask, truth
from seisgrad.training import Settings, fit

SMALL = HarmonicSize(d_model=64, heads=2, layers=2, feed_forward=64, window=64)
TINY = HarmonicSize(d_model=32, heads=2, layers=1, feed_forward=16, window=16)


def test_it_learns_the_radiation_of_a_double_couple(tmp_path: Path) -> None:
    """From a thousand toy events to below 15 degrees on events it has not met; a guess is 75 degrees off."""
    task = SourceTask(ToyDraws(10), "harmonic", SMALL, events=1280, validation=256)
    settings = Settings(epochs=1, batch_size=16, learning_rate=3e-3, warm_up=0.1, ema=0.9, seed=1)
    done = fit(task, settings, tmp_path / "net")
    last = done.history[-1]
    assert last["validation_kagan"] < 15.0
    assert last["validation_magnitude"] < 0.15
    task.network.eval()
    gather, moment = ToyDraws(10).draw(256, np.random.default_rng(77))
    with torch.no_grad():
        said = task.network(gather)
    sure = said.log_error.argsort()
    error = (torch.nn.functional.normalize(said.mechanism, dim=-1) - truth(moment)["mechanism"]).norm(dim=-1)
    assert error[sure[:128]].mean() < error[sure[128:]].mean()  # where it doubts it is worse


def test_a_training_that_was_interrupted_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    settings = Settings(epochs=2, batch_size=16, seed=3, checkpoint_seconds=0.0)

    def task() -> SourceTask:
        return SourceTask(ToyDraws(6), "harmonic", TINY, events=64, validation=16)

    whole = fit(task(), settings, tmp_path / "whole")

    class Stop(Exception):
        pass

    interrupted = task()
    kept, calls = interrupted.loss, 0

    def killed(*args: object) -> dict[str, torch.Tensor]:
        nonlocal calls
        calls += 1
        if calls == 6:
            raise Stop
        return kept(*args)

    interrupted.loss = killed
    with pytest.raises(Stop):
        fit(interrupted, settings, tmp_path / "again")
    again = fit(task(), settings, tmp_path / "again")
    assert again.resumed_at is not None
    assert again.history[-1]["validation_loss"] == whole.history[-1]["validation_loss"]


def test_batches_are_new_events_and_validation_always_the_same() -> None:
    task = SourceTask(ToyDraws(6), "harmonic", TINY, events=64, validation=16)
    index = np.arange(4)
    one, same, other = (task.batch("train", index, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert torch.equal(one["windows"], same["windows"])
    assert not torch.equal(one["windows"], other["windows"])
    torch.testing.assert_close(one["mechanism"].norm(dim=-1), torch.ones(4))


def test_the_truth_of_a_moment_tensor() -> None:
    """Twice the moment is the same mechanism; a perfect answer has no loss but what rounds the distance off."""
    plane = from_plane(*(torch.tensor([x], dtype=torch.float64) for x in (30.0, 50.0, -80.0)))
    small, large = (truth(plane * moment_of_magnitude(torch.tensor(mw).double())) for mw in (4.0, 6.0))
    torch.testing.assert_close(small["mechanism"], large["mechanism"])
    torch.testing.assert_close(large["size"], torch.tensor([6.0]))


@pytest.mark.parametrize("kind", ["harmonic", "sourcenet"])
def test_only_the_head_that_doubts_learns_from_the_error_of_the_doubt(kind: str) -> None:
    size = TINY if kind == "harmonic" else PaperSize(d_model=16, heads=2, layers=1, feed_forward=16)
    task = SourceTask(ToyDraws(6), kind, size, events=64, validation=16)
    batch = task.batch("train", np.arange(8), np.random.default_rng(1))
    task.loss(task.network, batch)["doubt"].backward()
    learns = {
        name.split(".")[0]
        for name, p in task.network.named_parameters()
        if p.grad is not None and p.grad.any()
    }
    assert learns == {"doubt"}


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(InputError, match="there is no network 'set'"):
        SourceTask(ToyDraws(6), "set")
    with pytest.raises(InputError, match="was given a PaperSize, expected a HarmonicSize"):
        SourceTask(ToyDraws(6), "harmonic", PaperSize())
    with pytest.raises(InputError, match="direction = -1"):
        Losses(direction=-1.0)


def test_packing_a_batch_changes_no_loss() -> None:
    """Whatever the order of events and stations, and however many places are empty."""
    task = SourceTask(ToyDraws(6), "harmonic", TINY, events=64, validation=16)
    batch = task.batch("train", np.arange(8), np.random.default_rng(1))
    gather = Gather(*(batch[name] for name in Gather._fields))
    wide = Gather(*(torch.cat([torch.zeros_like(x[:, :3]), x], 1) for x in gather[:5]), gather.depth)
    _, moment = ToyDraws(6).draw(8, np.random.default_rng(1).spawn(1)[0])
    task.network.eval()
    said = task.network(wide)
    true = batch["mechanism"]
    torch.testing.assert_close(
        task.loss(task.network, batch)["squares"], (said.mechanism - true).square().sum(-1).mean()
    )
    assert set(batch["size"].tolist()) == set(truth(moment)["size"].tolist())


def test_no_pass_draws_the_events_of_a_dataset() -> None:
    """The loop seeds by (seed, pass, batch, process), a dataset by (seed, split, index, stream)."""
    task = SourceTask(ToyDraws(6), "harmonic", TINY, events=64, validation=16)
    of_pass_2 = task.batch("train", np.arange(4), np.random.default_rng([0, 2, 5, 0]))
    tested = ToyDraws(6).draw(4, splits.generator(0, "test", 5))[0]
    assert not np.isin(of_pass_2["depth"], tested.depth).any()


class TestConfiguration:
    """From a file and a bank of Green's functions to a network with its whole card."""

    def test_a_network_learns_from_a_bank_and_is_judged_on_others(self, tmp_path: Path) -> None:
        bank, names = tmp_path / "greens.zarr", (TRAIN[0], HELD_OUT[0], "gil7")
        make_bank(bank, names, (6.0, 9.0), (20.0, 40.0))
        config = tmp_path / "train.yaml"
        config.write_text(
            "network: harmonic\n"
            "arguments: {d_model: 32, heads: 2, layers: 1, feed_forward: 16, window: 16}\n"
            f"draws: {{models: {TRAIN[0]}, events: 64, validation: 16}}\n"
            "randomisation: {stations: [4, 12], noise: [0.0, 0.0]}\n"
            "training: {epochs: 1, batch_size: 16}\n"
        )
        chosen = learning_config(config)
        fit(chosen.task([bank]), chosen.settings, tmp_path / "net")
        rows = complete_card(tmp_path / "net", bank, 300)
        assert {row["case"] for row in rows} == {"training", "held-out", "gil7"}
        net = load(tmp_path / "net")
        assert net.card["data"]["randomisation"]["noise"] == [0.0, 0.0]
        assert {"conformal", "range", "errors"} <= net.card.keys()

    def test_groups_stand_for_their_models(self) -> None:
        assert Drawing().names == TRAIN
        assert Drawing(models="held_out, gil7").names == (*HELD_OUT, "gil7")

    def test_the_network_of_the_paper_may_be_without_layers(self, tmp_path: Path) -> None:
        config = tmp_path / "deepsets.yaml"
        config.write_text("network: sourcenet\narguments: {layers: 0, attention_pooling: false}\n")
        assert learning_config(config).size == PaperSize(layers=0, attention_pooling=False)
        with pytest.raises(InputError, match="layers is 0, expected at least 1"):
            learning_config(_written(tmp_path, "arguments: {layers: 0}\n"))
        with pytest.raises(InputError, match="unknown key 'noises'"):
            learning_config(_written(tmp_path, "randomisation: {noises: [0, 0]}\n"))


def _written(folder: Path, text: str) -> Path:
    (folder / "train.yaml").write_text(text)
    return folder / "train.yaml"
