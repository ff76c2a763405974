"""``seisgrad invert`` on many sites: the files, the resume, and sites that are no grid."""

import csv
import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
import xarray as xr

from seisgrad.cli import main
from seisgrad.cli import region as command
from seisgrad.dispersion import Branch, DispersionCurves, Physics, Survey, outcome, region, write_curves
from seisgrad.dispersion.starting_model import from_reference
from seisgrad.earth import read_model
from seisgrad.inversion import Status

PERIODS = torch.tensor([5.0, 8.0, 12.0, 20.0, 30.0], dtype=torch.float64)
ROWS, COLUMNS = 4, 5


@pytest.fixture(scope="module")
def curves() -> DispersionCurves:
    """A grid of four latitudes and five longitudes with a fast anomaly in one corner; one node is no site."""
    first = DispersionCurves.from_columns(
        wave="rayleigh", kind="phase", period=PERIODS, velocity=[3.5] * 5, sigma=[0.02] * 5
    )
    starting = from_reference(first, read_model("ak135"), "ak135", 0.06)
    forward = Physics(Survey((Branch("rayleigh"),), PERIODS), starting.depth) @ starting.tie
    picks = []
    for i in range(ROWS):
        for j in range(COLUMNS):
            fast = 1.0 + 0.04 * np.exp(-0.5 * (i**2 + j**2) / 2.0)
            velocity = forward(starting.prior.mean * fast)[0]
            if (i, j) != (3, 4):
                picks.append(
                    DispersionCurves.from_columns(
                        wave="rayleigh",
                        kind="phase",
                        period=PERIODS,
                        velocity=velocity,
                        sigma=[0.01] * 5,
                        site=[f"N{i}{j}"] * 5,
                        latitude=[40.0 + 0.5 * i] * 5,
                        longitude=[10.0 + 0.5 * j] * 5,
                    )
                )
    return DispersionCurves.concatenate(picks)


@pytest.fixture
def file(tmp_path: Path, curves: DispersionCurves) -> Path:
    write_curves(curves, tmp_path / "curves.csv")
    return tmp_path / "curves.csv"


def test_a_grid_of_sites_becomes_a_cube(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["invert", str(file), "--reference", "ak135", "--out", str(out), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["sites"] == ROWS * COLUMNS - 1
    assert told["status"]["converged"] == ROWS * COLUMNS - 1
    cube = xr.load_dataset(out / "region.nc", engine="h5netcdf")
    assert cube.vs.dims == ("depth", "latitude", "longitude")
    assert cube.vs.shape[1:] == (ROWS, COLUMNS)
    assert cube.attrs["Conventions"].startswith("CF-")
    assert cube.depth.attrs["positive"] == "down"
    assert int(cube.status.sel(latitude=41.5, longitude=12.0)) == outcome.REFUSED  # no site there
    assert cube.vs.sel(latitude=41.5, longitude=12.0).isnull().all()
    shallow = cube.vs.isel(depth=2)
    assert float(shallow.sel(latitude=40.0, longitude=10.0)) > 1.02 * float(
        shallow.sel(latitude=41.5, longitude=11.5)
    )
    with (out / "sites.csv").open(encoding="utf-8") as table:
        assert [row["site"] for row in csv.DictReader(table)][:2] == ["N00", "N01"]
    assert {path.name for path in out.iterdir()} == {
        "region.nc",
        "sites.csv",
        "maps.png",
        "sections.png",
        "report.html",
    }


def test_a_killed_run_goes_on_where_it_was(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(region, "TOGETHER", 8)
    words = ["invert", str(file), "--reference", "ak135", "--quiet"]
    assert main([*words, "--out", str(tmp_path / "whole")]) == 0

    calls, real = [], region.gauss_newton

    def killed(*args, **settings):
        calls.append(len(args[1]))
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*args, **settings)

    monkeypatch.setattr(region, "gauss_newton", killed)
    out = tmp_path / "killed"
    assert main([*words, "--out", str(out)]) == 130
    assert "8 of 19 sites done; the same command goes on" in capsys.readouterr().err
    assert main([*words, "--floor", "0.01", "--out", str(out)]) == 2
    assert "another choice of floor" in capsys.readouterr().err
    assert main([*words, "--out", str(out)]) == 0
    assert calls == [8, 8, 8, 3]  # the batch that was running is all that was made again
    a, b = (xr.load_dataset(f / "region.nc", engine="h5netcdf") for f in (tmp_path / "whole", out))
    assert a.identical(b)
    assert not (out / "parts").exists()


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory, curves: DispersionCurves) -> list[str]:
    """The command for some sites of the region, with a slip in the curve of one."""
    file = tmp_path_factory.mktemp("spoilt") / "spoilt.csv"
    picks = [
        p._replace(velocity=p.velocity + 0.4) if (p.site, p.period) == ("N02", 12.0) else p
        for p in curves
        if p.site < "N20"
    ]
    write_curves(DispersionCurves.from_picks(picks), file)
    return ["invert", str(file), "--reference", "ak135", "--quiet", "--out"]


@pytest.fixture(scope="module")
def alone(spoilt: list[str], tmp_path_factory: pytest.TempPathFactory) -> xr.Dataset:
    """What one process makes of it, in batches of four."""
    out = tmp_path_factory.mktemp("alone")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(region, "TOGETHER", 4)
        patch.setattr(command, "FEW", 100)
        assert main([*spoilt, str(out)]) == 0
    found = xr.load_dataset(out / "region.nc", engine="h5netcdf")
    assert found.status.values.ravel().tolist().count(Status.UNEXPLAINED) == 1
    assert int(found.searched.sum()) == 1
    return found


def test_processes_of_this_machine_change_no_bit(
    spoilt: list[str], alone: xr.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(region, "TOGETHER", 4)
    monkeypatch.setattr(command, "FEW", 2)
    monkeypatch.setattr("seisgrad.dataset.workers.cores", lambda: 2)
    assert main([*spoilt, str(tmp_path / "both")]) == 0
    assert xr.load_dataset(tmp_path / "both" / "region.nc", engine="h5netcdf").identical(alone)


def test_a_cluster_that_loses_a_worker_changes_no_bit(
    spoilt: list[str], alone: xr.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(region, "TOGETHER", 4)
    real, killed = command.Kept.write, []
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:

        def write(kept, part) -> None:
            if not killed:
                killed.append(cluster.workers[0].pid)
                os.kill(killed[0], signal.SIGKILL)
            real(kept, part)

        monkeypatch.setattr(command.Kept, "write", write)
        words = [*spoilt, str(tmp_path / "cluster"), "--scheduler", cluster.scheduler_address]
        assert main(words) == 0
    assert killed
    assert xr.load_dataset(tmp_path / "cluster" / "region.nc", engine="h5netcdf").identical(alone)


def test_a_cluster_is_for_many_sites(spoilt: list[str], tmp_path: Path, capsys) -> None:
    words = [*spoilt, str(tmp_path / "out"), "--site", "N00", "--scheduler"]
    assert main([*words, "tcp://127.0.0.1:8786"]) == 2
    assert "--scheduler is for many sites, and there is one" in capsys.readouterr().err
    assert main([*words, "node7"]) == 2
    assert "--scheduler node7 is no address" in capsys.readouterr().err


def stand_in(survey: Survey, depth: torch.Tensor):
    """An operator whose velocities are one percent too high."""
    exact = Physics(survey, depth)
    return lambda earth: 1.01 * exact(earth)


def test_a_stand_in_for_physics_is_put_right_unless_told_not_to(
    spoilt: list[str], alone: xr.Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [*spoilt, str(tmp_path / "out"), "--operator", "test_cli_region:stand_in", "--finish"]
    assert main([*words, "weights"]) == 2
    assert "--finish weights is for one site" in capsys.readouterr().err
    off = {}
    for finish in ("none", "steps"):
        words[-4] = str(tmp_path / finish)
        assert main([*words, finish]) == 0
        found = xr.load_dataset(tmp_path / finish / "region.nc", engine="h5netcdf")
        good = alone.status == Status.CONVERGED
        off[finish] = float((abs(found.vs - alone.vs) / alone.vs_sigma).where(good).max())
    assert off["steps"] < 0.02
    assert off["none"] > 0.3
    assert found.attrs["operator"] == "test_cli_region:stand_in, then exact steps"


def test_sites_that_are_no_grid_are_profiles_and_one_can_be_chosen(
    tmp_path: Path, curves: DispersionCurves
) -> None:
    few = [p for p in curves if p.site in ("N00", "N12", "N33")]
    write_curves(DispersionCurves.from_picks(few), tmp_path / "few.csv")
    words = ["invert", str(tmp_path / "few.csv"), "--reference", "ak135", "--quiet"]
    assert main([*words, "--out", str(tmp_path / "out")]) == 0
    found = xr.load_dataset(tmp_path / "out" / "region.nc", engine="h5netcdf")
    assert found.vs.dims == ("site", "depth")
    assert found.attrs["featureType"] == "profile"
    assert main([*words, "--site", "N12", "--out", str(tmp_path / "one")]) == 0
    assert (tmp_path / "one" / "profile.csv").is_file()


def test_sites_without_a_place_are_inverted_too(tmp_path: Path, curves: DispersionCurves) -> None:
    nowhere = [p._replace(latitude=float("nan"), longitude=float("nan")) for p in curves if p.site < "N02"]
    write_curves(DispersionCurves.from_picks(nowhere), tmp_path / "nowhere.csv")
    out = tmp_path / "out"
    words = ["invert", str(tmp_path / "nowhere.csv"), "--reference", "ak135", "--quiet", "--out", str(out)]
    assert main(words) == 0
    assert {path.name for path in out.iterdir()} == {"region.nc", "sites.csv", "report.html"}
