"""What may go wrong with ``seisgrad fwi elastic``: files, gaps, places, surrogates out of their range, a kill."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from elastic_line_toys import COMMAND, GRID, SURVEY, lay_out, layered
from xarray import Dataset, open_dataset

from seisgrad.cli import main
from seisgrad.earth import SolidSection, read_solid, write_solid
from seisgrad.elastic import Survey
from seisgrad.elastic.data import Spectra, read_spectra, write_spectra
from seisgrad.elastic.harmonic.network import HarmonicNet, HarmonicSize
from seisgrad.elastic.histogram import depth_histogram
from seisgrad.nn import weights

HERE = Path(__file__).resolve().parent
SLOWLY = """
import sys, time
from elastic_line_toys import COMMAND, Line
from seisgrad.cli import main
from seisgrad.inversion.waveform import run

run._EVERY = 0.0
quick = Line.apply
Line.apply = lambda self, x: time.sleep(0.05) or quick(self, x)
main(COMMAND)
"""


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> torch.Tensor:
    """A folder with all that a run takes; the data."""
    monkeypatch.chdir(tmp_path)
    return lay_out(tmp_path)


def refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one sentence with which a run is refused."""
    assert main(words) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


def changed(path: str, **arrays: np.ndarray) -> Dataset:
    """The content of a file with other values."""
    with open_dataset(path, engine="h5netcdf") as content:
        content.load()
    for name, values in arrays.items():
        content[name] = (content[name].dims, values, content[name].attrs)
    return content


def with_data(name: str) -> list[str]:
    return [*COMMAND[:2], name, *COMMAND[3:]]


@pytest.mark.parametrize(
    ("name", "value", "match"),
    [
        ("receiver_x", 99.0, "receiver 2 of the data lies at x = 99 km, expected on the line"),
        ("source_x", -5.0, "source 2 of the data lies at x = -5 km, expected on the line"),
        ("receiver_x", np.nan, "receivers hold a distance that is not finite"),
        ("frequency", -1.0, "frequencies hold -1, expected positive"),
    ],
)
def test_places_and_frequencies_that_cannot_be(
    case: torch.Tensor, capsys: pytest.CaptureFixture[str], name: str, value: float, match: str
) -> None:
    values = open_dataset("data.nc", engine="h5netcdf")[name].values.copy()
    values[1] = value
    changed("data.nc", **{name: values}).to_netcdf("other.nc", engine="h5netcdf")
    assert match in refused(with_data("other.nc"), capsys)


@pytest.mark.parametrize(
    ("name", "match"),
    [("receiver_z", "expected sources and receivers on the surface"), ("source_y", "project")],
)
def test_nodes_that_lie_off_the_line(
    case: torch.Tensor, capsys: pytest.CaptureFixture[str], name: str, match: str
) -> None:
    content, along = changed("data.nc"), name.split("_")[0]
    content[name] = (along, np.full(content.sizes[along], 0.1))
    content.to_netcdf("off.nc", engine="h5netcdf")
    said = refused(with_data("off.nc"), capsys)
    assert f"off.nc: {name} holds" in said
    assert match in said
    content[name] = 0.0 * content[name]
    content.to_netcdf("on.nc", engine="h5netcdf")
    assert torch.equal(read_spectra("on.nc").survey.sources, SURVEY.sources)


def test_a_frequency_without_data(case: torch.Tensor, capsys: pytest.CaptureFixture[str]) -> None:
    case[:, 1] = torch.nan
    write_spectra(Spectra(SURVEY, case), "data.nc")
    Path("plan.yaml").write_text(Path("plan.yaml").read_text() + "uncertainty: [2, 3]\n")
    assert main([*COMMAND, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    for name in ("misfit", "misfit_start", "correlation", "correlation_start"):
        assert [value is None for value in told[name]] == [False, True, False, False]
    assert max(v for v in told["misfit"] if v) < 0.2 * max(v for v in told["misfit_start"] if v)
    assert "None counted at 0.3 Hz." in told["notes"][0]
    assert read_solid("out/model.nc").vs.isfinite().all()
    assert bool(open_dataset("out/uncertainty.nc").vs_sigma.notnull().all())
    Path("plan.yaml").write_text("stages: [{iterations: 2, lowest: 0.25, highest: 0.35}]")
    assert "no data in the band" in refused([*COMMAND[:-1], "again"], capsys)


def test_files_cut_short_and_sections_that_cannot_be(
    case: torch.Tensor, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, words in (
        ("data.nc", with_data("cut.nc")),
        ("start.nc", [*COMMAND[:4], "cut.nc", *COMMAND[5:]]),
    ):
        whole = Path(name).read_bytes()
        for share in (0.0, 0.4, 0.99):
            Path("cut.nc").write_bytes(whole[: int(share * len(whole))])
            assert "cut.nc" in refused(words, capsys)
    vs = layered().vs.clone().numpy()
    for value in (-1.0, np.nan):
        vs[2, 3] = value
        changed("start.nc", vs=vs).to_netcdf("other.nc", engine="h5netcdf")
        said = refused([*COMMAND[:4], "other.nc", *COMMAND[5:]], capsys)
        assert f"other.nc: vs[2, 3] is {value:g} km/s, expected a positive number" in said


def surrogate(folder: str, band: tuple[float, float]) -> str:
    """Elements that have learned nothing, of a band and of earths like the layered one."""
    size = HarmonicSize()
    card = {"system": "elastic", "network": "harmonic", "arguments": asdict(size), "quantity": "velocity"}
    card |= {"forces": ["vertical"]}
    seen = {"frequency": list(band), "earth": depth_histogram((layered().earth[None], GRID))}
    weights.save(Path(folder), HarmonicNet(size), {**card, "range": seen})
    return folder


def test_a_surrogate_out_of_its_range(case: torch.Tensor, capsys: pytest.CaptureFixture[str]) -> None:
    words = [*COMMAND[:6], surrogate("narrow", (0.2, 0.4)), *COMMAND[7:]]
    assert "0.5 Hz is out of the band of training, 0.2 to 0.4 Hz" in refused(words, capsys)
    words[6] = surrogate("wide", (0.2, 0.5))
    write_solid(SolidSection(1.4 * layered().vs, spacing=(0.5, 0.5)), "fast.nc")
    said = refused([*words[:4], "fast.nc", *words[5:]], capsys)
    assert "fast.nc: " in said
    assert "that the training has not held at their depth" in said
    assert "begin with another model" in said


def test_a_model_that_leaves_what_a_surrogate_has_learned(
    case: torch.Tensor, capsys: pytest.CaptureFixture[str]
) -> None:
    """It may on its way; a note tells of the model that is found."""
    few = Survey(SURVEY.sources, SURVEY.receivers, SURVEY.frequencies[:1])
    write_spectra(Spectra(few, case[:, :1]), "data.nc")
    Path("plan.yaml").write_text("stages: [{epochs: 2, optimiser: adam, frequency_batch: 1, rate: 2.0}]")
    words = [*COMMAND[:6], surrogate("net", (0.2, 0.5)), *COMMAND[7:], "--json"]
    assert main(words) == 0
    notes = json.loads(capsys.readouterr().out)["notes"]
    assert any(note.startswith("Of the model found, ") and "not to be trusted" in note for note in notes)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no such signal here")
def test_a_killed_run_goes_on_to_the_same_model(
    case: torch.Tensor, capsys: pytest.CaptureFixture[str]
) -> None:
    """Killed without a word between two steps or within one, in whatever stage it is."""
    assert main([*COMMAND[:-1], "whole", "--quiet"]) == 0
    places = os.pathsep.join([str(HERE), str(HERE.parent / "src")])
    child = subprocess.Popen([sys.executable, "-c", SLOWLY], env=os.environ | {"PYTHONPATH": places})
    states = []
    for _ in range(6000):
        states = list(Path("out").rglob("state.npz"))
        if child.poll() is not None or (
            states and len(json.loads(str(np.load(states[0])["record"]))["history"]) > 3
        ):
            break
        time.sleep(0.1)
    os.kill(child.pid, signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    assert states
    assert not Path("out/model.nc").exists()
    assert main([*COMMAND, "--json"]) == 0
    assert not json.loads(capsys.readouterr().out)["was_finished"]
    models = [read_solid(f"{name}/model.nc").vs for name in ("whole", "out")]
    assert torch.equal(*models)
