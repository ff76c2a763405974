"""The loop: it learns, it resumes bit for bit, it stops when it should, and it refuses what is not its own."""

import json
import math
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from training_toy import Toy, rows, same_files, settings

from seisgrad.errors import InputError, WorkError
from seisgrad.nn import weights
from seisgrad.training import fit
from seisgrad.training.schedule import step_factor


def test_it_learns_and_leaves_the_best_weights(tmp_path: Path) -> None:
    task = Toy(noise=0.0)
    result = fit(task, settings(epochs=40, learning_rate=0.02), tmp_path)
    log = rows(tmp_path)
    assert [row["epoch"] for row in log] == list(range(1, 41))
    assert log[-1]["step"] == result.steps == 400
    assert log[-1]["train_twice"] == pytest.approx(2 * log[-1]["train_loss"], rel=1e-5)
    best = min(row["validation_loss"] for row in log)
    assert result.best == pytest.approx(best, rel=1e-6)
    assert best < 0.6 * log[0]["validation_loss"]
    tensors, card = weights.load(tmp_path)
    assert card["system"] == "toy"
    assert card["settings"] == settings(epochs=40, learning_rate=0.02).to_dict()
    assert card["history"]["ending"] == "epochs"
    other = Toy(noise=0.0)
    weights.put(tensors, other.network, tmp_path)
    other.network.eval()
    batch = other.batch("validation", np.arange(40), np.random.default_rng(0))
    with torch.no_grad():
        assert float(other.loss(other.network, batch)["loss"]) == pytest.approx(best, rel=1e-5)
        assert float(task.loss(task.network, batch)["loss"]) == pytest.approx(best, rel=1e-5)


class Stop(Exception):
    """Raised by a task, as an interruption would be."""


@pytest.mark.parametrize("at", [1, 10, 25])
def test_an_interruption_at_any_step_loses_no_bit(tmp_path: Path, at: int) -> None:
    class Interrupted(Toy):
        calls = 0

        def batch(self, split, index, generator):
            self.calls += split == "train"
            if self.calls > at:
                raise Stop
            return super().batch(split, index, generator)

    often = settings(checkpoint_seconds=0.0)
    with pytest.raises(Stop):
        fit(Interrupted(), often, tmp_path / "stopped")
    result = fit(Toy(), often, tmp_path / "stopped")
    assert result.resumed_at == at
    fit(Toy(), settings(), tmp_path / "whole")
    same_files(tmp_path / "stopped", tmp_path / "whole")


def test_the_callers_random_state_is_left_alone_and_does_not_matter(tmp_path: Path) -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    fit(Toy(), settings(), tmp_path / "one")
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    fit(Toy(), settings(), tmp_path / "other")
    same_files(tmp_path / "one", tmp_path / "other")


def test_another_seed_is_another_run(tmp_path: Path) -> None:
    results = [fit(Toy(), settings(seed=seed), tmp_path / str(seed)) for seed in (0, 1)]
    assert results[0].best != results[1].best


def test_a_finished_run_does_nothing(tmp_path: Path) -> None:
    first = fit(Toy(), settings(), tmp_path)
    before = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")}
    second = fit(Toy(), settings(), tmp_path)
    assert second.was_finished
    assert not first.was_finished
    assert (second.best, second.steps, second.history) == (first.best, first.steps, first.history)
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")} == before
    anew = fit(Toy(), settings(), tmp_path, resume=False)
    assert anew.resumed_at is None
    assert anew.best == first.best


@pytest.mark.parametrize(
    ("task", "changes", "words"),
    [
        (Toy(), {"learning_rate": 0.1}, r"another learning_rate \(0\.001, now 0\.1\)"),
        (Toy(), {"seed": 9}, "another seed"),
        (Toy(number=100), {}, r"another number \(160, now 100\)"),
    ],
)
def test_another_run_is_not_resumed(tmp_path: Path, task: Toy, changes: dict, words: str) -> None:
    fit(Toy(), settings(epochs=1), tmp_path)
    with pytest.raises(InputError, match=words):
        fit(task, settings(epochs=1, **changes), tmp_path)
    fit(Toy(), settings(epochs=1, checkpoint_seconds=5), tmp_path)  # how often it saves is no part of the run


def test_a_damaged_state_is_refused(tmp_path: Path) -> None:
    fit(Toy(), settings(epochs=1), tmp_path)
    whole = (tmp_path / "state.safetensors").read_bytes()
    (tmp_path / "state.safetensors").write_bytes(whole[:-1])
    with pytest.raises(InputError, match=r"state\.safetensors"):
        fit(Toy(), settings(epochs=1), tmp_path)
    record = json.loads((tmp_path / "state.json").read_text())
    (tmp_path / "state.json").write_text(json.dumps(record | {"format": 7}))
    with pytest.raises(InputError, match="format 7"):
        fit(Toy(), settings(epochs=1), tmp_path)


def test_patience(tmp_path: Path) -> None:
    """A task that only gets worse stops after as many epochs as it was given."""

    class Worsening(Toy):
        def loss(self, network, batch):
            losses = super().loss(network, batch)
            return losses if network.training else {"loss": losses["loss"].detach() * 0 + next(self.worse)}

    task = Worsening()
    task.worse = iter([3.0] * 3 + [2.0] * 3 + [5.0] * 300)
    result = fit(task, settings(epochs=50, patience=4), tmp_path)
    assert (result.ending, result.best_epoch, result.epochs) == ("patience", 2, 6)


def test_a_budget_of_time_ends_annealed(tmp_path: Path) -> None:
    seen = []
    result = fit(
        Toy(slow=0.002), settings(epochs=None, minutes=0.02), tmp_path, progress=lambda at: seen.append(at)
    )
    assert result.ending == "minutes"
    assert 1.2 <= result.seconds < 2.5
    assert rows(tmp_path)[-1]["learning_rate"] < 1e-12
    assert max(row["learning_rate"] for row in rows(tmp_path)) > 8e-4
    assert [at.share for at in seen] == sorted(at.share for at in seen)
    assert seen[-1].share > 0.5
    assert all(math.isfinite(at.loss) for at in seen)


def test_time_used_before_an_interruption_counts(tmp_path: Path) -> None:
    class Interrupted(Toy):
        def loss(self, network, batch):
            if time.monotonic() > stop:
                raise Stop
            return super().loss(network, batch)

    stop, timed = time.monotonic() + 0.8, settings(epochs=None, minutes=0.02, checkpoint_seconds=0.1)
    with pytest.raises(Stop):
        fit(Interrupted(slow=0.002), timed, tmp_path)
    begin = time.monotonic()
    assert fit(Toy(slow=0.002), timed, tmp_path).seconds >= 1.2
    assert time.monotonic() - begin < 1.1


def test_a_loss_that_is_not_finite_ends_the_run_and_spoils_nothing(tmp_path: Path) -> None:
    class Diverging(Toy):
        steps = 0

        def loss(self, network, batch):
            self.steps += 1
            losses = super().loss(network, batch)
            factor = math.nan if network.training and self.steps > 16 else 1.0
            return {name: factor * value for name, value in losses.items()}

    with pytest.raises(WorkError, match="training loss is no longer finite at step 14 in epoch 2"):
        fit(Diverging(), settings(checkpoint_seconds=0.0), tmp_path)
    assert all(t.isfinite().all() for t in load_file(tmp_path / "state.safetensors").values())
    assert fit(Toy(), settings(checkpoint_seconds=0.0), tmp_path).ending == "epochs"


def test_too_few_samples(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="0 samples to train on and 40 to validate"):
        fit(Toy(number=0), settings(), tmp_path)


def test_tensorboard_reads_what_was_logged(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    fit(Toy(), settings(), tmp_path)
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    found = {e.step: e.value for e in events.Scalars("validation_loss")}
    assert found == pytest.approx({row["step"]: row["validation_loss"] for row in rows(tmp_path)}, rel=1e-5)


def test_without_tensorboard_the_log_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with caplog.at_level("INFO", logger="seisgrad"):
        fit(Toy(), settings(epochs=1), tmp_path)
    assert "TensorBoard is not installed" in caplog.text
    assert not (tmp_path / "tensorboard").exists()
    assert (tmp_path / "log.csv").exists()


def test_the_step_size_rises_then_falls_to_nothing() -> None:
    shares = [i / 200 for i in range(201)]
    factors = [step_factor(share, 0.1) for share in shares]
    assert factors[0] == 0.0
    assert factors[20] == 1.0
    assert factors[200] == pytest.approx(0.0, abs=1e-12)
    assert factors[:21] == sorted(factors[:21])
    assert factors[20:] == sorted(factors[20:], reverse=True)
    assert step_factor(0.55, 0.1) == pytest.approx(0.5)


@pytest.mark.parametrize("name", ["card.json", "zarr.json"])
def test_what_another_has_left_in_the_folder_is_not_overwritten(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("{}")
    with pytest.raises(InputError, match="choose another folder"):
        fit(Toy(), settings(), tmp_path)
    assert (tmp_path / name).read_text() == "{}"
    assert len(list(tmp_path.iterdir())) == 1


def test_there_is_a_state_before_there_are_weights(tmp_path: Path) -> None:
    class Interrupted(Toy):
        def batch(self, split, index, generator):
            raise Stop

    with pytest.raises(Stop):
        fit(Interrupted(), settings(), tmp_path)
    assert (tmp_path / "state.json").exists()
    assert fit(Toy(), settings(), tmp_path).resumed_at == 0


def test_a_part_that_is_the_whole_loss_is_saved_after_the_first_batch_too(tmp_path: Path) -> None:
    class OnlyValues(Toy):
        def loss(self, network, batch):
            loss = super().loss(network, batch)["loss"]
            return {"loss": loss, "value": loss}

    assert fit(OnlyValues(), settings(epochs=1, checkpoint_seconds=0.0), tmp_path).ending == "epochs"
    (row,) = rows(tmp_path)
    assert row["train_value"] == row["train_loss"]
