"""``seisgrad noise correlate`` killed in the middle and given again, in two processes and on a cluster of two: the
result is that of one process that nobody killed, to the byte."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from noise_toys import days_of_noise, inventory

from seisgrad.cli import main

COMMAND = [sys.executable, "-c", "import sys; from seisgrad.cli import main; sys.exit(main(sys.argv[1:]))"]
DAYS = 5


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command but for where to write: three stations, each a block of its own."""
    folder = tmp_path_factory.mktemp("noise")
    records, where = days_of_noise(folder / "records", stations=3, days=DAYS)
    inventory(where).write(str(folder / "stations.xml"), format="STATIONXML")
    words = ["noise", "correlate", str(records), "--stations", str(folder / "stations.xml"), "--quiet"]
    return [*words, "--band", "0.05,0.12", "--no-response", "--memory", "1e-6", "--bootstrap", "2"]


@pytest.fixture(scope="module")
def whole(asked: list[str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What one process writes."""
    folder = tmp_path_factory.mktemp("whole")
    assert main([*asked, "--out", str(folder / "cc.zarr")]) == 0
    return contents(folder)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_killed_after_the_first_day_it_goes_on_to_the_same(
    asked: list[str], whole: dict[str, bytes], tmp_path: Path
) -> None:
    out, days = tmp_path / "cc.zarr", tmp_path / "cc.days.zarr"
    work = subprocess.Popen([*COMMAND, *asked, "--out", str(out)], env={**os.environ, "OMP_NUM_THREADS": "1"})
    deadline = time.monotonic() + 300.0
    while not list(days.glob("2020-*")):
        assert work.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.001)
    work.kill()
    work.wait()
    assert len(list(days.glob("2020-*"))) < DAYS, "killed too late to be in the middle"
    assert not out.exists()
    # what a kill at the beginning and at the end would leave
    for torn in (".seisgrad-cc.days.zarr-torn", ".seisgrad-cc.zarr-torn"):
        (tmp_path / torn / "cc.zarr").mkdir(parents=True)
    assert main([*asked, "--out", str(out)]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"cc.zarr", "cc.days.zarr", "cc.rejected.csv"}
    assert contents(tmp_path) == whole


def test_two_processes_write_the_same(asked: list[str], whole: dict[str, bytes], tmp_path: Path) -> None:
    assert main([*asked, "--workers", "2", "--out", str(tmp_path / "cc.zarr")]) == 0
    assert contents(tmp_path) == whole


def test_a_cluster_of_two_processes_writes_the_same(
    asked: list[str], whole: dict[str, bytes], tmp_path: Path
) -> None:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        more = ["--scheduler", cluster.scheduler_address, "--out", str(tmp_path / "cc.zarr")]
        assert main([*asked, *more]) == 0
    assert contents(tmp_path) == whole
