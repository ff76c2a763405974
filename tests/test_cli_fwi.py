"""``seisgrad fwi``: its files, going on after a stop, and what it refuses; a quick operator stands in for waves."""

import csv
import json
from pathlib import Path

import pytest
import torch

from seisgrad.acoustic import Grid, Physics, Survey
from seisgrad.acoustic.data import Spectra, write_spectra
from seisgrad.acoustic.inversion import DensityTie, Plan, default_stages
from seisgrad.checks import dot_test
from seisgrad.cli import main
from seisgrad.earth import Section, read_section, write_section
from seisgrad.errors import InputError
from seisgrad.inversion.waveform import Stage

GRID = Grid((8, 12), 0.25)
SURVEY = Survey(
    torch.tensor([[0.25, 0.25], [1.5, 0.25]]).double(),
    torch.tensor([[0.25, 2.5], [0.75, 2.5], [1.25, 2.5], [1.5, 1.5]]).double(),
    torch.tensor([0.5, 1.0]).double(),
)
TOY = '''
import torch
from seisgrad.operator import Operator

class Delays(Operator):
    """exp(-iω r s), s a mean of 1/v that is another one for every pair of source and receiver."""

    def __init__(self, grid, survey):
        self.grid, self.survey, self.domain, self.codomain = grid, survey, grid.space, survey.space
        ends = survey.sources[:, None], survey.receivers[None]
        self.length = torch.linalg.norm(ends[0] - ends[1], dim=-1)
        middle = 0.5 * (ends[0] + ends[1])
        near = torch.exp(-torch.cdist(middle.flatten(0, 1), grid.nodes) ** 2)
        self.share = (near / near.sum(1, keepdim=True)).reshape(*self.length.shape, -1)

    def select(self, source=None, frequency=None):
        return Delays(self.grid, self.survey.select(source, frequency))

    def apply(self, x):
        delay = self.length * (self.share @ (1 / x[..., 0, :, :]).flatten(-2)[..., None, :, None])[..., 0]
        phase = -2 * torch.pi * self.survey.frequencies[:, None] * delay[..., None, :]
        return torch.stack([phase.cos(), phase.sin()], -1)
'''


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with data of a section that is 4 % faster than the start."""
    (tmp_path / "toy_delays.py").write_text(TOY)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    from toy_delays import Delays  # type: ignore[import-not-found]

    start = Section(torch.full(GRID.shape, 3.0), None, (0.25, 0.25))
    truth = Section(1.04 * start.velocity, None, (0.25, 0.25))
    write_section(start, tmp_path / "start.nc")
    values = Delays(GRID, SURVEY)(truth.earth)
    values[0, 0, 1] = torch.nan
    write_spectra(Spectra(SURVEY, values), tmp_path / "data.nc")
    (tmp_path / "plan.yaml").write_text("stages:\n  - {iterations: 6, highest: 0.5}\n  - {iterations: 4}\n")
    return tmp_path


COMMAND = ["fwi", "acoustic", "data.nc", "--start", "start.nc", "--operator", "toy_delays:Delays"]
COMMAND += ["--config", "plan.yaml", "--out", "out"]


def test_the_files_of_a_run_and_a_second_one(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*COMMAND, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert not told["was_finished"]
    assert told["estimate"]["basis"] == "steps as long as a gradient that was timed"
    assert min(told["estimate"][what] for what in ("seconds", "memory_gb", "disk_gb")) > 0
    assert max(told["relative_error"]) < 0.1 * min(told["relative_error_start"])
    found = read_section(case / "out" / "model.nc")
    assert found.shape == GRID.shape
    assert float(found.velocity.mean()) == pytest.approx(3.12, abs=0.03)
    # density follows velocity by Gardner's relation, as does that of the start, which states none
    tied = read_section(case / "start.nc").density * (found.velocity / 3.0) ** 0.25
    torch.testing.assert_close(found.density, tied, rtol=1e-6, atol=0)
    with (case / "out" / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["operator", "stage", "iteration", "misfit", "penalty", "gradient", "solves"]
    assert {row["stage"] for row in rows} == {"1", "2"}
    page = (case / "out" / "report.html").read_text()
    for word in ("Waveform inversion of data.nc", "toy_delays:Delays", "lbfgs, 6 iterations, to 0.5 Hz"):
        assert word in page
    assert {path.name for path in (case / "out").glob("*.png")} == {"model.png", "misfit.png", "fit.png"}
    assert main(COMMAND) == 0
    assert "nothing was left to do" in capsys.readouterr().out


def test_a_stopped_run_goes_on(case: Path, capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    from seisgrad.cli import fwi

    assert main([*COMMAND[:-1], "whole", "--quiet"]) == 0
    update = fwi._Bar.update

    def stop(self, at) -> None:
        if at.stage == 1 and at.iteration == 2:
            raise KeyboardInterrupt
        update(self, at)

    with monkeypatch.context() as patch:
        patch.setattr(fwi._Bar, "update", stop)
        assert main([*COMMAND, "--quiet"]) == 130
    assert capsys.readouterr().err == "seisgrad: interrupted; the same command goes on with what is in out\n"
    assert main([*COMMAND, "--quiet"]) == 0
    models = [read_section(case / name / "model.nc").velocity for name in ("whole", "out")]
    assert torch.equal(*models)
    (case / "plan.yaml").write_text("stages: [{iterations: 3}]")
    assert main(COMMAND) == 2
    assert "other stages" in capsys.readouterr().err


def test_the_exact_operator_finishes(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A toy, then waves: two exact steps lower the misfit of exact data; the section is in its own coordinates."""
    truth = Section(torch.full(GRID.shape, 3.1), None, (0.25, 0.25))
    exact = Physics(GRID, SURVEY, velocity=(2.4, 3.6))(truth.earth)
    moved = torch.tensor([1.0, 10.0]).double()
    survey = Survey(SURVEY.sources + moved, SURVEY.receivers + moved, SURVEY.frequencies)
    write_spectra(Spectra(survey, exact), "exact.nc")
    write_section(Section(torch.full(GRID.shape, 3.0), None, (0.25, 0.25), (1.0, 10.0)), Path("moved.nc"))
    Path("plan.yaml").write_text("stages: [{iterations: 1, rate: 0.001}]\nthen: [{iterations: 2, rate: 0.1}]")
    command = [*COMMAND, "--then-exact", "--json"]
    assert main([*command[:2], "exact.nc", "--start", "moved.nc", *command[5:]]) == 0
    told = json.loads(capsys.readouterr().out)
    assert max(told["relative_error"]) < 0.5 * max(told["relative_error_start"])
    assert read_section("out/model.nc").origin == (1.0, 10.0)


@pytest.mark.parametrize(
    ("plan", "match"),
    [
        ("stages: [{iteration: 3}]", "plan.yaml: stages: 1 has the unknown key 'iteration'"),
        ("stages: [{iterations: 3, rate: fast}]", "rate is 'fast', expected a number"),
        ("stages: 3", "expected a list of stages"),
        ("stages: [{iterations: 3, lowest: 9}]", "none of the data's frequencies"),
        ("density: brocher", "density is 'brocher', expected one of gardner, fixed, free"),
        ("velocity: [4, 2]", "the lowest and the highest"),
        ("velocity: [3.5, 4]", "outside the bounds 3.5 to 4"),
        ("misfit: l7", "no misfit 'l7'"),
        ("misfits: l2", "did you mean 'misfit'"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(case: Path, capsys, plan: str, match: str) -> None:
    Path("plan.yaml").write_text(plan)
    assert main(COMMAND) == 2
    said = capsys.readouterr().err
    assert match in said
    assert said.count("\n") == 1


def test_other_bad_input_is_refused(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words, match in (
        (["fwi", "thermal", "data.nc", "--start", "start.nc"], "no system 'thermal'"),
        ([*COMMAND[:5], "--start", "start.nc"], "given 2 times, expected one"),
        (["fwi", "acoustic", "none.nc", "--start", "start.nc"], "none.nc: there is no such file"),
        (["fwi", "acoustic", "data.nc", "--start", "data.nc"], "data.nc"),
        (["fwi", "acoustic", "data.nc", "--start", "start.nc", "--then-exact"], "leave it out"),
        ([*COMMAND[:6], "toy_delays:torch"], "expected something that can be called"),
        ([*COMMAND[:6], "toy_delays:TOY"], "no attribute 'TOY'"),
        (["fwi", "acoustic", "data.nc"], "--start"),
    ):
        assert main(words) == 2
        assert match in capsys.readouterr().err


def test_density_is_tied_fixed_or_free(case: Path) -> None:
    start = torch.stack([torch.full(GRID.shape, 3.0), torch.full(GRID.shape, 2.2)]).double()
    tie = DensityTie(GRID, start, 0.25)
    velocity = torch.full(GRID.shape, 3.3).double()
    torch.testing.assert_close(tie(velocity)[1], 2.2 * torch.full(GRID.shape, 1.1**0.25).double())
    torch.testing.assert_close(tie(start[0]), start)
    assert torch.equal(DensityTie(GRID, start, 0.0)(velocity)[1], start[1])
    checked = dot_test(tie, velocity)
    assert checked.passed, checked.message
    Path("plan.yaml").write_text("density: free\nstages: [{iterations: 3}]")
    assert main([*COMMAND, "--quiet"]) == 0
    assert float((read_section("out/model.nc").density - read_section("start.nc").density).abs().max()) == 0


def test_default_stages_go_from_low_to_high() -> None:
    stages = default_stages([1.0, 2.0, 3.0, 4.0], 3.0)
    assert [stage.highest for stage in stages] == [1.0, 2.0, 3.0, 4.0]
    assert stages[-1].smoothing == pytest.approx(0.15 * 3.0 / 4.0)
    plan = Plan.read(None, [1.0, 2.0], 3.0)
    assert plan.stages == tuple(default_stages([1.0, 2.0], 3.0))
    assert plan.then == plan.stages[-1:]
    with pytest.raises(InputError, match="cannot be read"):
        Plan.read(Path("nothing.yaml"), [1.0], 3.0)
    assert Stage(iterations=3).say() == "lbfgs, 3 iterations"
