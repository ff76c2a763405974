"""Datasets made by real processes: killed again and again, or spread over a cluster, they are the same to the bit."""

import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import psutil
import pytest
from dataset_toys import ToyRecipe
from test_dataset import contents

from seisgrad.dataset import simulate
from seisgrad.dataset.manifest import Task
from seisgrad.dataset.workers import checked, make
from seisgrad.errors import InputError, WorkError

TOYS = Path(__file__).parent / "dataset_toys.py"


def test_killed_three_times_nothing_is_lost_or_doubled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, marks = tmp_path / "killed.zarr", tmp_path / "killed.zarr" / "marks"
    for least in (1, 9, 20):
        work = subprocess.Popen([sys.executable, str(TOYS), str(path)])
        deadline = time.monotonic() + 60.0
        while len(list(marks.glob("*.json"))) < least:
            assert work.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        workers = psutil.Process(work.pid).children(recursive=True)
        work.kill()
        work.wait()
        assert workers
        assert not psutil.wait_procs(workers, timeout=10.0)[1], "workers that outlive their parent"
    simulate(ToyRecipe(7), 200, path, shard=8, workers=2)

    def inline(work, tasks, workers):
        yield from map(work, tasks)

    monkeypatch.setattr("seisgrad.dataset.simulation.on_this_machine", inline)
    simulate(ToyRecipe(7), 200, tmp_path / "undisturbed.zarr", shard=8)
    assert contents(path) == contents(tmp_path / "undisturbed.zarr")


def test_a_worker_of_another_version_is_refused() -> None:
    with pytest.raises(WorkError, match=r"expected 0\.0\.1; install the same"):
        checked(partial(make, ToyRecipe(1)), Task("train", 0, 0, 8), "0.0.1")


def test_a_cluster_needs_its_package_and_a_scheduler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seisgrad.dataset.workers._PATIENCE", 1)
    with pytest.raises(InputError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        simulate(ToyRecipe(1), 5, tmp_path / "d.zarr", scheduler="tcp://127.0.0.1:9")
    assert not (tmp_path / "d.zarr").exists()
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"install 'seisgrad\[cluster\]'"):
        simulate(ToyRecipe(1), 5, tmp_path / "d.zarr", scheduler="tcp://127.0.0.1:9")
