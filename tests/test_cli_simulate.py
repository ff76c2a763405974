"""``seisgrad simulate``: its files, a stop by Ctrl-C, a cluster of two processes, and what it refuses."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from test_dataset import contents

from seisgrad.acoustic import AcousticRecipe
from seisgrad.cli import main
from seisgrad.cli.progress import pace
from seisgrad.dataset import open_dataset
from seisgrad.dispersion import DispersionRecipe
from seisgrad.elastic import ElasticRecipe, Grid
from seisgrad.elastic.prior import PRIORS

COMMAND = ["simulate", "dispersion", "--prior", "weak", "--number", "20", "--seed", "1", "--rows", "2"]
COMMAND += ["--shard", "8", "--workers", "1"]
ACOUSTIC = ["simulate", "acoustic", "--number", "2", "--seed", "1"]
ELASTIC = ["simulate", "elastic", "--number", "2", "--seed", "1"]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset that was interrupted by Ctrl-C and resumed by the same command."""
    path = tmp_path_factory.mktemp("simulate") / "data.zarr"
    # where the tests run in the background, their children inherit a Ctrl-C that is ignored
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from seisgrad.cli import main; sys.exit(main())"
    )
    command = [sys.executable, "-c", code, *COMMAND, "--out", str(path)]
    work = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    deadline = time.monotonic() + 120.0
    while not list((path / "marks").glob("*.json")):
        assert work.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.killpg(work.pid, signal.SIGINT)  # as a terminal does it: to the workers too
    _, errors = work.communicate(timeout=60.0)
    assert work.returncode == 130
    assert errors.startswith("seisgrad: interrupted with ")
    assert errors.endswith(" of 84 samples made; the same command resumes\n")
    assert main([*COMMAND, "--out", str(path), "--quiet"]) == 0
    return path


def test_the_store_holds_the_samples_of_the_seed(store: Path) -> None:
    recipe = DispersionRecipe("weak", 1, rows=2)
    for split, number in (("train", 20), ("validation", 64)):
        data = open_dataset(store, split)
        assert len(data) == number
        for name, values in recipe.make(split, number - 10, 10)[0].items():
            assert np.array_equal(data[name][-10:], values, equal_nan=True)
    assert data.manifest.settings == recipe.settings()
    curves = data.as_xarray()["velocity"]
    assert curves.dims == ("sample", "branch", "period")
    assert curves.sel(branch="love phase 0", period=20.0).shape == (64,)


def test_a_cluster_of_two_processes_gives_the_same_to_the_bit(store: Path, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        words = [*COMMAND, "--scheduler", cluster.scheduler_address, "--out", str(tmp_path / "c.zarr"), "-q"]
        assert main(words) == 0
    assert contents(tmp_path / "c.zarr") == contents(store)


def test_an_acoustic_dataset_goes_on_where_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One frequency on the grid of the paper: wavefields of two training samples, then of one more."""
    monkeypatch.setattr(AcousticRecipe, "validation", 1)
    words = ["simulate", "acoustic", "--prior", "square", "--seed", "1", "--frequencies", "1"]
    words += ["--workers", "1", "--shard", "4", "--out", str(tmp_path / "a.zarr"), "--json"]
    for number in ("2", "3"):
        assert main([*words, "--number", number]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["number"] == {"train": 3, "validation": 1}
    assert told["fields"] == {"earth": [2, 64, 64], "source": [2], "pressure": [1, 64, 64, 2]}
    recipe = AcousticRecipe("square", 1, (1.0,))
    data = open_dataset(tmp_path / "a.zarr", "train")
    assert data.manifest.settings == recipe.settings()
    for name, values in recipe.make("train", 2, 1)[0].items():
        assert np.array_equal(data[name][2:3], values)
    pressure = data.as_xarray()["pressure"]
    assert pressure.dims == ("sample", "frequency", "z", "x", "part")
    assert pressure.sel(part="imaginary", frequency=1.0).shape == (3, 64, 64)


def test_an_elastic_dataset_goes_on_where_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two frequencies and two sources on a short line: records of two training samples, then of one more."""
    short = dataclasses.replace(PRIORS["basin"], grid=Grid((12, 24), 0.6))
    monkeypatch.setitem(PRIORS, "basin", short)
    monkeypatch.setattr(ElasticRecipe, "validation", 1)
    words = ["simulate", "elastic", "--prior", "basin", "--seed", "1", "--frequencies", "0.1,0.2"]
    words += ["--sources", "2", "--workers", "1", "--shard", "4", "--out", str(tmp_path / "e.zarr"), "--json"]
    for number in ("2", "3"):
        assert main([*words, "--number", number]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["number"] == {"train": 3, "validation": 1}
    assert told["fields"]["spectra"] == [2, 2, 2, 234, 2]
    recipe = ElasticRecipe("basin", 1, (0.1, 0.2), 2)
    data = open_dataset(tmp_path / "e.zarr", "train")
    assert data.manifest.settings == recipe.settings()
    for name, values in recipe.make("train", 2, 1)[0].items():
        assert np.array_equal(data[name][2:3], values)
    spectra = data.as_xarray()["spectra"]
    assert spectra.dims == ("sample", "source", "frequency", "component", "receiver", "part")
    assert spectra.sel(component="vertical", frequency=0.1).shape == (3, 2, 234, 2)


def test_once_more_is_no_work_and_json_tells_what_is_there(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(store)
    assert main([*COMMAND, "--out", str(store), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["number"] == {"train": 20, "validation": 64}
    assert told["fields"]["rows"] == [2, 3, 256]
    assert told["files"] == {"data": str(store)}
    assert contents(store) == before


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["simulate", "optics", "--number", "5", "--seed", "1"], "no system 'optics' to simulate"),
        ([*ACOUSTIC, "--rows", "0"], "--rows belongs to dispersion"),
        (
            [*COMMAND, "--frequencies", "1,2"],
            "--frequencies belongs to acoustic and elastic, not to dispersion",
        ),
        ([*ACOUSTIC, "--sources", "2"], "--sources belongs to elastic, not to acoustic"),
        ([*ELASTIC, "--times", "0:4:0.04"], "--times belongs to acoustic, not to elastic"),
        (
            [*ELASTIC, "--prior", "basins"],
            "there is no prior 'basins', expected one of los_angeles, broad, basin",
        ),
        ([*ELASTIC, "--sources", "0"], "sources is 0, expected at least 1"),
        ([*ELASTIC, "--finer", "0"], "--finer 0 is too few"),
        ([*ACOUSTIC, "--prior", "weak"], "there is no prior 'weak', expected one of von_karman, "),
        (
            [*ACOUSTIC, "--frequencies", "1:8"],
            "--frequencies 1:8: expected first:last:step in Hz, such as 1:8:1",
        ),
        ([*ACOUSTIC, "--frequencies", "4,2"], "4 Hz is followed by 2 Hz, expected increasing frequencies"),
        ([*COMMAND, "--prior", "weka"], "there is no prior 'weka'"),
        ([*COMMAND, "--number", "0"], "number is 0, expected at least 1"),
        ([*COMMAND, "--rows", "200"], "rows is 200, expected 0 to 118"),
        ([*COMMAND, "--number", "some"], "'some' is no whole number"),
        ([*COMMAND, "--scheduler", "node7"], "--scheduler node7 is no address"),
        ([*COMMAND, "--seed", "-3"], "seed is -3, expected a whole number from 0"),
    ],
)
def test_bad_input_is_one_sentence_and_leaves_nothing(
    words: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--out", str(tmp_path / "d.zarr")]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert sentence in err
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_other_settings_on_the_same_store_are_refused(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*COMMAND, "--seed", "2", "--out", str(store)]) == 2
    assert "made with seed 1 and not 2" in capsys.readouterr().err


def test_the_rate_counts_what_this_run_has_made() -> None:
    assert pace(0, 500, 3.0) == ("", "")
    assert pace(200, 10_000, 100.0) == ("2/s", "1:23:20 left")


def test_help_needs_no_heavy_library() -> None:
    code = (
        "import sys; from seisgrad.cli import main; assert main(['simulate', '--help']) == 0\n"
        "print(*{'torch', 'numba', 'xarray', 'zarr', 'distributed'} & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == ""
    assert "Example: seisgrad simulate" in done.stdout
