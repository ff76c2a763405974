"""Ctrl-C when a result is put in place, the worst moment: status 130, one sentence, and nothing half-written;
then the same command works. The signal is a real one, to this process."""

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from noise_line_toys import isotropic
from noise_toys import days_of_noise, inventory

from seisgrad.cli import main
from seisgrad.dispersion import DispersionCurves, write_curves
from seisgrad.earth import read_model, write_model
from seisgrad.noise import write_correlations
from seisgrad.source.earths import named_column
from seisgrad.source.greens import make_bank
from seisgrad.source.layered import Band

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
MODEL = "thickness,vp,vs,rho\n2,5.0,2.9,2.5\n20,6.2,3.5,2.7\n0,8.0,4.5,3.3\n"
PERIODS = [5.0, 8.0, 12.0, 20.0]
OFFSETS = [0.0, 25.0, 60.0, 100.0]


def curves(path: Path, places: int) -> Path:
    every = [
        DispersionCurves.from_columns(
            wave="rayleigh", kind="phase", period=PERIODS, velocity=[3.0, 3.15, 3.3, 3.6], sigma=[0.02] * 4,
            site=[f"N{k}"] * 4, latitude=[40.0 + k] * 4, longitude=[10.0] * 4,
        )
        for k in range(places)
    ]  # fmt: skip
    write_curves(DispersionCurves.concatenate(every), path)
    return path


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model and curves."""
    folder = tmp_path_factory.mktemp("tables")
    (folder / "model.csv").write_text(MODEL)
    curves(folder / "one.csv", 1)
    curves(folder / "two.csv", 2)
    return folder


@pytest.fixture(scope="module")
def noise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records with their stations, correlations and Green's functions of both kinds."""
    folder = tmp_path_factory.mktemp("noise")
    _, where = days_of_noise(folder / "records", stations=2, days=1)
    (folder / "stations").mkdir()
    inventory(where).write(str(folder / "stations" / "xx.xml"), format="STATIONXML")
    write_correlations(isotropic(OFFSETS, [(0, 1), (0, 2), (1, 2), (2, 3)]), folder / "cc.zarr")
    for name, *more in (("egf",), ("flat", "--two-dimensional")):
        words = [
            "noise",
            "egf",
            str(folder / "cc.zarr"),
            *more,
            "--out",
            str(folder / f"{name}.zarr"),
            "--quiet",
        ]
        assert main(words) == 0
    return folder


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An earthquake, and a small bank of Green's functions."""
    folder = tmp_path_factory.mktemp("source")
    shutil.copytree(EXAMPLES / "data" / "event", folder / "event")
    make_bank(
        folder / "greens.zarr", {"gil7": named_column("gil7")}, (5.0,), (10.0, 40.0), band=Band(samples=512)
    )
    (folder / "few.yaml").write_text("stations: [4, 6]\n")
    return folder


COMMANDS = {
    "forward csv": ("forward model.csv --periods 5,10", "x.csv"),
    "forward nc": ("forward model.csv --periods 5,10 --kernels", "x.nc"),
    "convert model": ("convert model.csv", "x.nd"),
    "convert curves": ("convert one.csv", "x.nc"),
    "plot": ("plot model.csv", "x.png"),
    "invert": ("invert one.csv", "result"),
    "invert region": ("invert two.csv", "result"),
    "noise correlate": (
        "noise correlate records --stations stations --band 0.05,0.12 --no-response --lag 100", "x.zarr",
    ),
    "noise egf": ("noise egf cc.zarr", "x.zarr"),
    "noise quality": ("noise quality egf.zarr --periods 5,10", "x.csv"),
    "noise curves": ("noise curves egf.zarr --wave rayleigh --kind group --periods 5,8", "x.csv"),
    "noise line": ("noise line flat.zarr --frequencies 0.1,0.2 --reference ak135 --tolerance 5", "x.nc"),
    "source invert": ("source invert event --model gil7 --depths 6,8", "result"),
    "source simulate": (
        "source simulate --number 4 --seed 1 --models gil7 --bank greens.zarr --workers 1 --config few.yaml", "x.zarr",
    ),
}  # fmt: skip
"""Command and the name of what it writes."""
OUT = {"convert": ""}
"""The option that names it, where that is not --out."""
RESUMED = {"invert region", "noise correlate", "source simulate"}
"""Those that keep what is done for the next run."""


@pytest.fixture
def ctrl_c(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], None]]:
    """Send the signal before the file of this number, 1 first, would be renamed into its place."""
    # where the tests run in the background, a Ctrl-C is ignored
    old = signal.signal(signal.SIGINT, signal.default_int_handler)
    replace, move, count = os.replace, shutil.move, [0]

    def at(number: int) -> None:
        def interrupted(real):
            def rename(*args, **more):
                count[0] += 1
                if count[0] == number:
                    os.kill(os.getpid(), signal.SIGINT)
                    time.sleep(5.0)  # never slept out: the signal comes first
                return real(*args, **more)

            return rename

        count[0] = 0
        monkeypatch.setattr(os, "replace", interrupted(replace))
        monkeypatch.setattr(shutil, "move", interrupted(move))

    yield at
    signal.signal(signal.SIGINT, old)


def files_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.mark.parametrize("name", COMMANDS)
def test_nothing_is_half_written(
    name: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    ctrl_c: Callable[[int], None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    text, result = COMMANDS[name]
    room = text.split()[0]
    inputs: Path = request.getfixturevalue(room if room in ("noise", "source") else "tables")
    monkeypatch.chdir(inputs)
    words, out = text.split(), tmp_path / result
    option = OUT.get(words[0], "--out")
    words += [*filter(None, [option]), str(out), "--quiet"]
    before = files_in(inputs)
    ctrl_c(1)
    assert main(words) == 130
    told = capsys.readouterr().err
    assert told.startswith("seisgrad: interrupted")
    assert told.count("\n") == 1
    assert {path for path in files_in(inputs) if not path.endswith(".partial")} == before
    left = files_in(tmp_path)
    torn = [path for path in left if ".seisgrad-" in path or path.endswith((".part", ".partial", ".draft"))]
    if name in RESUMED:  # a store may hold the draft of a chunk, which the next run removes
        torn = [path for path in torn if ".zarr/" not in path]
    assert not torn
    if name not in RESUMED:
        assert left <= {result}  # a folder that is empty
        assert not out.is_file()
    ctrl_c(0)
    assert main(words) == 0
    assert out.exists()
    assert files_in(inputs) == before


def test_an_older_result_stays_whole(
    tables: Path, tmp_path: Path, ctrl_c: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tables)
    out = tmp_path / "x.nd"
    write_model(read_model("prem"), out)
    old = out.read_bytes()
    ctrl_c(1)
    assert main(["convert", "model.csv", str(out), "--quiet"]) == 130
    assert out.read_bytes() == old
    assert files_in(tmp_path) == {"x.nd"}


def test_a_writer_that_is_interrupted_leaves_no_draft(
    tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the middle of a file, rather than at its end."""
    import xarray

    def torn(self, path, **more) -> None:
        Path(path).write_bytes(b"\x89HDF")
        raise KeyboardInterrupt

    monkeypatch.chdir(tables)
    monkeypatch.setattr(xarray.Dataset, "to_netcdf", torn)
    for words, out in (("forward model.csv --periods 5,10", "x.nc"), ("invert one.csv", "result")):
        assert main([*words.split(), "--out", str(tmp_path / out), "--quiet"]) == 130
        assert capsys.readouterr().err == "seisgrad: interrupted\n"
    assert not files_in(tmp_path) - {"result"}


@pytest.mark.parametrize("system", ["demo", "audit", "reproduce"])
def test_long_works_that_write_at_their_end(
    system: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Interrupted in their midst they leave nothing."""
    from seisgrad.report import kono
    from seisgrad.report.audit import dispersion
    from seisgrad.report.reproduce import kernels

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(dispersion, "training_ensemble", stop)
    monkeypatch.setattr(kono, "record_path", stop)
    monkeypatch.setattr(kernels, "evaluate", stop)
    words = {
        "demo": ["demo"],
        "audit": ["audit", "dispersion", "--number", "2"],
        "reproduce": ["reproduce", "kernels", "--models", "1", "--operator", "exact"],
    }[system]
    assert main([*words, "--out", str(tmp_path / "out"), "--quiet"]) == 130
    assert capsys.readouterr().err == "seisgrad: interrupted\n"
    assert not files_in(tmp_path)
