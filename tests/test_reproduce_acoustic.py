"""``seisgrad reproduce acoustic``: what its numbers mean, the contract of its table, figures and command, on toys."""

import csv
import io
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from acoustic_toys import save
from torch import Tensor

from seisgrad.acoustic import Grid, Physics, Survey, prior
from seisgrad.acoustic.outgoing import Outgoing
from seisgrad.acoustic.straight_ray import StraightRay
from seisgrad.cli import main
from seisgrad.errors import InputError
from seisgrad.operator import Function
from seisgrad.report.figures import png
from seisgrad.report.reproduce import (
    acoustic,
    acoustic_fields,
    acoustic_figures,
    acoustic_fwi,
    acoustic_sizes,
    acoustic_source,
    acoustic_time,
)
from seisgrad.report.reproduce.acoustic import VALIDATION, Record, Setting
from seisgrad.report.reproduce.acoustic_page import acoustic_page
from seisgrad.report.reproduce.table import results_csv
from seisgrad.waves.places import as_complex

SLOW = Record(peak=3.2, step=0.1, duration=4.0, full=4.0, gone=5.0, repeat=8.0, before=0.5, lead=1.5)
"""The paper's record two and a half times slower."""
TOY = Setting(Grid((14, 16), 0.5), (0.5, 1.0), SLOW)


class Scaled(Physics):
    """The physics, a factor too large."""

    def apply(self, x: Tensor) -> Tensor:
        return 1.1 * super().apply(x)


@pytest.fixture(scope="module")
def fields() -> acoustic_fields.Fields:
    makers = {"background": StraightRay, "outgoing": Outgoing, "scaled": Scaled, "exact": Physics}
    return acoustic_fields.evaluate(VALIDATION, makers, 2, TOY)


def test_a_factor_is_its_relative_error_and_the_physics_has_none(fields) -> None:
    assert torch.allclose(fields.errors["scaled"], torch.tensor(0.1), rtol=1e-3)
    assert float(fields.errors["exact"].max()) < 1e-3
    assert float(fields.errors["outgoing"].mean()) < float(fields.errors["background"].mean()) < 0.5


def test_lines_of_all_frequencies_of_halves_and_of_each(fields) -> None:
    lines = {(r.operator, r.case): r for r in acoustic_fields.field_lines(fields)}
    cases = [
        "validation",
        "validation 0.5-0.5 Hz",
        "validation 1-1 Hz",
        "validation 0.5 Hz",
        "validation 1 Hz",
    ]
    assert [case for operator, case in lines if operator == "scaled"] == cases
    whole = lines["background", "validation"]
    assert whole.n == 4
    assert whole.mean == pytest.approx(float(fields.errors["background"].mean()))
    assert lines["background", "validation 1 Hz"].mean == pytest.approx(
        float(fields.errors["background"][:, 1].mean())
    )


def test_the_finer_grid_has_the_same_source_and_twice_the_nodes() -> None:
    case = next(case for case in acoustic.CASES if case.name == "fine-grid")
    found = acoustic_fields.evaluate(case, {"background": StraightRay}, 1, TOY)
    assert found.example.earth.shape == (2, 27, 31)
    coarse = prior("von_karman").draw(1, acoustic.SEED, split="test", grid=TOY.grid)
    assert torch.allclose(found.example.source, coarse.source[0].float().double())


def test_an_operator_without_select_is_refused_by_name() -> None:
    def whole(grid: Grid, survey: Survey) -> Function:
        op = Physics(grid, survey)
        return Function(op, op.domain, op.codomain)

    with pytest.raises(InputError, match="Function has no select"):
        acoustic_fields.evaluate(VALIDATION, {"whole": whole}, 1, TOY)


def test_traces_made_of_exact_spectra_are_the_physics_traces() -> None:
    draw = prior("von_karman").draw(1, 3, grid=TOY.grid)
    receivers = TOY.grid.nodes[::23]
    spectra = Survey(draw.source, receivers, acoustic_time.frequencies(SLOW))
    found = as_complex(Physics(TOY.grid, spectra)(draw.earth[0])[0])
    made = (found.T @ acoustic_time.synthesis(SLOW, acoustic_time.record_times(SLOW))).real
    asked = acoustic_time.traces_survey(SLOW, draw.source, receivers)
    truth = acoustic_time.recorded(SLOW, Physics(TOY.grid, asked)(draw.earth[0])[0])
    assert made.shape == truth.shape == (len(receivers), 41)
    assert (made - truth).norm() < 0.02 * truth.norm()


def test_in_time_the_paper_stands_beside_what_has_learned_alone() -> None:
    found = acoustic_time.in_time({"background": StraightRay, "mine": StraightRay}, 1, TOY)
    lines = {r.operator: r for r in acoustic_time.time_lines(found)}
    assert math.isnan(lines["background"].paper)
    assert lines["mine"].paper == 0.273
    assert lines["mine"].mean == lines["background"].mean < 0.5
    assert found.traces["exact"].shape == (1, acoustic_time.RECEIVERS, 41)
    apart = found.traces["mine"] - found.traces["exact"]
    assert apart.norm() < 0.7 * found.traces["exact"].norm()


def test_a_source_is_found_by_its_derivative() -> None:
    found = acoustic_source.locate(replace(TOY, frequencies=(1.0, 2.0)))
    start, end = (r.mean for r in acoustic_source.source_lines(found))
    assert start == pytest.approx(math.hypot(0.3, 0.3))
    assert end < 0.02


@pytest.fixture(scope="module")
def inversions(tmp_path_factory) -> acoustic_fwi.Inversions:
    folder = tmp_path_factory.mktemp("fwi")
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(acoustic_fwi, "SOURCES", 3)
        return acoustic_fwi.invert_all(acoustic_fwi.Truth("smooth", TOY), "mine", Outgoing, 2, folder)


def test_every_way_comes_nearer_to_the_truth_and_the_physics_judges_the_data(inversions) -> None:
    found = inversions.found
    assert list(found) == ["start", "adjoint", "mine", "mine-then-exact"]
    for way in ("adjoint", "mine-then-exact"):
        assert found[way].model_misfit < found["start"].model_misfit
        assert found[way].data_misfit < found["start"].data_misfit
    assert found["mine"].solves == 0
    assert 0 < found["mine-then-exact"].solves <= 0.5 * found["adjoint"].solves
    assert set(inversions.seconds) == {"adjoint", "mine"}


def test_density_follows_velocity_in_proportion() -> None:
    truth = acoustic_fwi.Truth("sharp", TOY)
    assert torch.allclose(truth.tie(truth.earth[0]), truth.earth)


def test_lines_of_the_inversion_have_the_papers_numbers_beside(inversions) -> None:
    lines = acoustic_fwi.fwi_lines(inversions)
    rows = list(csv.DictReader(io.StringIO(results_csv(lines, acoustic.EXPERIMENT))))
    assert list(rows[0]) == ["experiment", "operator", "case", "metric", "ours", "paper", "n"]
    paper = {(r["operator"], r["metric"]): r["paper"] for r in rows}
    assert paper["adjoint", "fwi_model_misfit"] == "0.0289"
    assert paper["mine", "fwi_model_misfit"] == "0.0319"
    assert paper["mine-then-exact", "fwi_model_misfit"] == ""
    assert paper["adjoint", "seconds_per_iteration"] == "100"


def test_the_inversions_are_drawn_and_told(inversions) -> None:
    drawn = {"fwi": png(acoustic_figures.fwi_figure([inversions, inversions]))}
    assert len(drawn["fwi"]) > 20000
    page = acoustic_page(acoustic_fwi.fwi_lines(inversions), drawn).html()
    for words in ("mine-then-exact", "0.0319", "physics solves"):
        assert words in page


def test_the_command_writes_the_table_the_figures_and_the_page(tmp_path: Path, monkeypatch) -> None:
    weights = save(tmp_path / "net", layers=1)
    monkeypatch.setattr(acoustic, "Setting", lambda: TOY)
    monkeypatch.setattr(acoustic, "CASES", acoustic.CASES[:1])
    curve = tmp_path / "size_curve.csv"
    curve.write_text("earths,steps,mean,1 Hz,2 Hz,models\n0,0,0.3,0.2,0.4,64\n7,600,0.1,0.05,0.15,64\n")
    monkeypatch.setattr(acoustic_sizes, "FILE", curve)
    out = tmp_path / "out"
    words = ["reproduce", "acoustic", "--models", "1", "--no-fwi", "--quiet", "--out", str(out)]
    assert main([*words, "--operator", "background", "--operator", str(weights)]) == 0
    rows = list(csv.DictReader((out / "results.csv").open()))
    assert {row["experiment"] for row in rows} == {"acoustic"}
    assert {"validation", "time-domain", "train-7"} <= {row["case"] for row in rows}
    learned = next(row for row in rows if row["case"] == "train-7")
    assert [learned[name] for name in ("operator", "metric", "ours", "n")] == [
        "default",
        "relative_l2",
        "0.1",
        "128",
    ]
    for name in ("errors", "fields", "waveforms", "sizes", "source"):
        assert (out / f"{name}.png").stat().st_size > 5000
    page = (out / "report.html").read_text()
    assert "0.273" in page
    assert "Inversion" not in page


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--models", "0"], "--models 0"),
        (["--fwi-iterations", "0"], "--fwi-iterations 0"),
        (["--operator", "no"], "'no'"),
    ],
)
def test_bad_input_is_said_in_a_sentence(tmp_path: Path, capsys, words, said) -> None:
    assert main(["reproduce", "acoustic", "--out", str(tmp_path / "x"), *words]) == 2
    assert said in capsys.readouterr().err
