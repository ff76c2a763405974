"""``seisgrad fwi elastic``: its files, several starts, going on after a stop, what it refuses; a toy does the work."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from elastic_line_toys import COMMAND, PLAN, SURVEY, lay_out, layered, with_basin
from xarray import open_dataset

from seisgrad.cli import main
from seisgrad.earth import LayeredModel, SolidSection, read_solid, write_model, write_solid
from seisgrad.elastic import Survey
from seisgrad.elastic.data import Spectra, write_spectra

FIGURES = {"model.png", "misfit.png", "fit.png", "sensitivity.png"}


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with data of a basin and a layered start."""
    monkeypatch.chdir(tmp_path)
    lay_out(tmp_path)
    return tmp_path


def test_the_files_of_a_run_and_a_second_one(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*COMMAND, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert not told["was_finished"]
    assert told["left_out"]["gaps"] == 1
    assert told["used"] == told["records"] - told["left_out"]["offset"] - 1
    assert max(told["misfit"]) < 0.2 * max(told["misfit_start"])
    assert min(told["correlation"]) > min(told["correlation_start"])
    found = read_solid("out/model.nc")
    errors = [float((s.vs - with_basin().vs)[:4].norm()) for s in (found, layered())]
    assert errors[0] < 0.75 * errors[1]
    page = Path("out/report.html").read_text()
    for word in (
        "Waveform inversion of data.nc",
        "elastic_line_toys:Line",
        "gaps 1",
        "No node ended at a bound",
    ):
        assert word in page
    assert {path.name for path in Path("out").glob("*.png")} == FIGURES
    assert Path("out/history.csv").read_text().startswith("operator,stage,iteration,misfit")
    assert main(COMMAND) == 0
    assert "nothing was left to do" in capsys.readouterr().out


def test_a_stopped_run_goes_on(case: Path, capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    from seisgrad.cli import fwi

    assert main([*COMMAND[:-1], "whole", "--quiet"]) == 0
    update = fwi._Bar.update

    def stop(self, at) -> None:
        if at.stage == 1 and at.iteration == 4:
            raise KeyboardInterrupt
        update(self, at)

    with monkeypatch.context() as patch:
        patch.setattr(fwi._Bar, "update", stop)
        assert main([*COMMAND, "--quiet"]) == 130
    assert "the same command goes on" in capsys.readouterr().err
    assert not Path("out/model.nc").exists()
    assert main([*COMMAND, "--quiet"]) == 0
    models = [read_solid(case / name / "model.nc").vs for name in ("whole", "out")]
    assert torch.equal(*models)
    Path("plan.yaml").write_text(PLAN.replace("0.4", "1.4"))
    assert main(COMMAND) == 2
    assert "other data" in capsys.readouterr().err


def test_several_starts_are_compared(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A section, and a layered model on its nodes."""
    write_model(LayeredModel([1.0, 0.0], [3.6, 4.6], [1.9, 2.7], [2.2, 2.4]), "layers.csv")
    assert main([*COMMAND, "--start", "layers.csv", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told["starts"]) == {"1-start", "2-layers"}
    for name in told["starts"]:
        assert {path.name for path in Path("out", name).glob("*.png")} == FIGURES
    top = [sum(told[name][:3]) for name in ("spread", "spread_of_starts")]
    assert top[0] < 0.8 * top[1]
    content = open_dataset("out/spread.nc").load()
    each = torch.stack([read_solid(f"out/{name}/model.nc").vs for name in told["starts"]])
    torch.testing.assert_close(torch.from_numpy(content.vs_mean.values), each.mean(0))
    assert Path("out/spread.png").stat().st_size > 10_000


def test_two_unknowns_and_the_exact_operator_at_the_end(
    case: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A toy, then waves, whose data it does not explain: what counts is that they take over."""
    plan = "unknowns: vp and vs\nstages: [{iterations: 1}]\nthen: [{iterations: 1, highest: 0.2}]"
    Path("plan.yaml").write_text(plan + "\nuncertainty: [2, 3]")
    assert main([*COMMAND, "--then-exact", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert len(told["stages"]) == 2
    assert "harmonic" in Path("out/report.html").read_text()
    sigma = open_dataset("out/uncertainty.nc").load()
    assert bool((sigma.vs_sigma <= sigma.vs_sigma_prior * (1 + 1e-6)).all())
    assert Path("out/uncertainty.png").is_file()


@pytest.mark.parametrize(
    ("plan", "match"),
    [
        ("unknowns: rho", "unknowns is 'rho', expected vs or vp and vs"),
        ("vs: [2.0, 3.0]", "the start has vs 1.6"),
        ("ratio: [1.0, 2.0]", "expected at least 1.2"),
        ("components: radial", "components is 'radial'"),
        ("signal_to_noise: 3", "no variable deviation"),
        ("offsets: [5, 1]", "offsets is (5.0, 1.0)"),
        ("stages: [{iterations: 3, lowest: 9}]", "none of the data's frequencies"),
        ("velocity: [1, 2]", "unknown key 'velocity'"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(case: Path, capsys, plan: str, match: str) -> None:
    Path("plan.yaml").write_text(plan)
    assert main(COMMAND) == 2
    said = capsys.readouterr().err
    assert match in said
    assert said.count("\n") == 1


def test_other_bad_input_is_refused(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    far = Survey(SURVEY.sources + 80, SURVEY.receivers, SURVEY.frequencies)
    write_spectra(Spectra(far, torch.ones(far.space.shape).double()), "far.nc")
    write_solid(SolidSection(layered().vs, spacing=(0.4, 0.4)), "other.nc")
    shutil.copy("data.nc", "copy.csv")
    for words, match in (
        ([*COMMAND[:2], "far.nc", *COMMAND[3:]], "start.nc: source 1 of the data lies at x = 80.5 km"),
        ([*COMMAND[:2], "none.nc", *COMMAND[3:]], "none.nc: there is no such file"),
        ([*COMMAND[:4], "data.nc", *COMMAND[5:]], "data.nc: has no variable vs"),
        ([*COMMAND[:4], "copy.csv", *COMMAND[5:]], "copy.csv"),
        ([*COMMAND, "--start", "other.nc"], "other.nc: "),
        ([*COMMAND[:5], "--then-exact"], "leave it out"),
        ([*COMMAND[:5], "--operator", "exact", "--then-exact"], "leave it out"),
        ([*COMMAND[:5], "--operator", "nothing"], "nothing"),
    ):
        assert main(words) == 2
        said = capsys.readouterr().err
        assert match in said
        assert said.count("\n") == 1
