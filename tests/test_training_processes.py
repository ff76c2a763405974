"""Training in real processes: one that is killed, and two that share the work."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from training_toy import Toy, rows, same_files, settings

from seisgrad.training import fit

HERE = Path(__file__).resolve().parent


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # as in the processes that are compared with this one
    yield
    torch.set_num_threads(before)


def test_sigkill_loses_no_bit(tmp_path: Path) -> None:
    """A real process, killed twice at moments that it does not know, ends with the weights of an undisturbed run."""
    command = [sys.executable, str(HERE / "training_toy.py"), str(tmp_path / "killed"), "6", "1", "0.05"]
    environment = os.environ | {"PYTHONPATH": str(HERE.parent / "src")}
    steps = []
    for wait in (0.13, 0.21):
        process = subprocess.Popen(command, env=environment)
        record = tmp_path / "killed" / "state.json"
        before = record.read_bytes() if record.exists() else b""
        deadline = time.monotonic() + 60
        while not record.exists() or record.read_bytes() == before:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.005)
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        steps.append(json.loads(record.read_text())["counters"]["step"])
    assert 0 < steps[0] < steps[1] < 60, "the kills were meant for the middle of the work"
    resumed = fit(Toy(), settings(epochs=6, checkpoint_seconds=0.05), tmp_path / "killed")
    assert resumed.resumed_at == steps[1]
    undisturbed = fit(Toy(), settings(epochs=6), tmp_path / "whole")
    same_files(tmp_path / "killed", tmp_path / "whole")
    ours, theirs = rows(tmp_path / "killed"), rows(tmp_path / "whole")
    for row in (*ours, *theirs):
        del row["seconds"]
    assert ours == theirs
    assert resumed.best == undisturbed.best


@pytest.mark.slow
def test_two_devices_learn_what_one_learns(tmp_path: Path) -> None:
    """The gradients of two processes, each with half of every batch, are those of one process with all of it."""
    environment = os.environ | {"PYTHONPATH": str(HERE.parent / "src")}
    for devices in (1, 2):
        command = [
            sys.executable,
            str(HERE / "training_toy.py"),
            str(tmp_path / str(devices)),
            "3",
            str(devices),
            "9",
        ]
        subprocess.run(command, env=environment, check=True, timeout=120)
    one, two = rows(tmp_path / "1"), rows(tmp_path / "2")
    assert [row["step"] for row in one] == [row["step"] for row in two]
    # not the same draws of noise and dropout, so not the same numbers
    assert two[-1]["validation_loss"] == pytest.approx(one[-1]["validation_loss"], rel=0.05)
