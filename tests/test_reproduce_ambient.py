"""``seisgrad reproduce ambient-noise``: what its numbers mean, the contract of its table and figures, on a toy line."""

import csv
import dataclasses
import io
import math
from pathlib import Path

import pytest
import torch

from seisgrad.cli import main
from seisgrad.elastic import Background, Grid, Harmonic, Spectra, Survey
from seisgrad.errors import InputError
from seisgrad.report.figures import png
from seisgrad.report.reproduce import ambient_figures as figures
from seisgrad.report.reproduce.ambient import BASIN, CASES, IN_ENSEMBLE, LONGER, Setting, Truth
from seisgrad.report.reproduce.ambient_fwi import NOISE_FREE, SAMPLES, Inversions, fwi_lines, noisy, start_of
from seisgrad.report.reproduce.ambient_kernels import kernel_lines, kernels
from seisgrad.report.reproduce.ambient_noise import noise_lines
from seisgrad.report.reproduce.ambient_page import ambient_page
from seisgrad.report.reproduce.ambient_tuning import tuning, tuning_lines
from seisgrad.report.reproduce.ambient_waves import Waves, evaluate, wave_lines
from seisgrad.report.reproduce.table import results_csv

TOY = Setting(Grid((16, 44), 0.7), (0.13, 0.22, 0.32), 12, shorter=(16.0, 10.0))


def silent(text: str) -> None:
    """Progress that nobody watches."""


def coarse(grid: Grid, survey: Survey) -> Harmonic:
    """What stands for a learned operator: a mesh for fast ground."""
    return Harmonic(grid, survey, slowest=2.4)


@pytest.fixture(scope="module")
def inversions() -> Inversions:
    return Inversions(TOY)


@pytest.fixture(scope="module")
def waves(inversions) -> Waves:
    makers = {"background": Background, "coarse": coarse}
    return evaluate(BASIN, makers, 3, inversions.truth)


def test_the_exact_operator_agrees_with_the_truth_and_the_background_less(waves) -> None:
    lines = {(r.operator, r.case): r for r in wave_lines(waves) if r.metric == "correlation"}
    bands = ("basin 0.12-0.20", "basin 0.20-0.30", "basin 0.30-0.40", "basin 0.12-0.30", "basin 0.12-0.50")
    assert [case for name, case in lines if name == "coarse"] == list(bands)
    assert lines["coarse", bands[-1]].mean > 0.97
    assert lines["background", bands[-1]].mean < lines["coarse", bands[-1]].mean
    assert lines["coarse", bands[-1]].paper == 0.98
    assert math.isnan(lines["background", bands[-1]].paper)
    assert (
        lines["coarse", bands[0]].n == 12
    )  # sources, one frequency, one earth whatever number was asked for


def test_a_shorter_line_is_the_middle_of_the_whole_one(inversions) -> None:
    whole, part = (inversions.truth(case) for case in (BASIN, LONGER))
    assert torch.equal(part.earth, whole.earth[..., 10:34])
    at, all_nodes = part.survey.receivers, whole.survey.receivers
    assert torch.allclose(at.diff(), all_nodes.diff()[0].expand(len(at) - 1))
    assert float(at[0]) >= 1.0 - 1e-9
    assert float(at[-1]) <= part.grid.extent[1] - 1.0 + 1e-9


def test_noise_has_the_size_that_it_is_said_to_have(inversions) -> None:
    """Against the traces themselves: their standard deviation, and that of white noise that is filtered as they are."""
    truth = inversions.truth(BASIN)
    found = noisy(Spectra(truth.survey, truth.records), 5.0, 3)
    share = (truth.survey.frequencies / 0.3) ** 2
    wavelet = (share * torch.exp(1.0 - share))[None, :, None, None]
    clean = wavelet * truth.records.norm(dim=-1)  # |X| of the positive frequencies of a trace
    deviation = (2.0 * clean.square().sum(1)).sqrt() / SAMPLES  # of the trace
    error = (found.values - truth.records) * wavelet[..., None]
    white = error.square().sum((1, -1)) / len(truth.survey.frequencies)  # |N|² of one frequency
    ratio = (white / SAMPLES).sqrt() / deviation  # white noise has E|N|² = samples times its variance
    assert float(ratio.square().mean().sqrt()) == pytest.approx(5.0, rel=0.1)
    assert found.deviation is not None
    normal = (found.values - truth.records) / found.deviation[..., None]
    assert float(normal.std()) == pytest.approx(1.0, rel=0.05)
    again = noisy(Spectra(truth.survey, truth.records), 5.0, 3)
    assert torch.equal(found.values, again.values)


def test_gradients_of_an_operator_against_itself_agree(inversions) -> None:
    makers = {"same": Harmonic, "coarse": coarse, "adjoint": Harmonic}
    found = kernels(inversions.truth(BASIN), makers, TOY)
    lines = {(r.operator, r.case, r.metric): r.mean for r in kernel_lines(found)}
    assert lines["same", "basin 0.12-0.20", "gradient_cosine_vs"] == pytest.approx(1.0)
    assert lines["same", "basin 0.12-0.20", "gradient_relative_l2_vp"] < 1e-6
    assert 0.8 < lines["coarse", "basin 0.30-0.40", "gradient_cosine_vs"] < 1.0
    assert lines["adjoint", "all pairs", "seconds_per_iteration"] > 0.0
    assert len(png(figures.kernels_figure(found))) > 10_000


def test_inversions_come_nearer_to_the_truth_and_are_taken_up(tmp_path: Path) -> None:
    kept = Inversions(dataclasses.replace(TOY, frequencies=(0.13, 0.25)), epochs=2, folder=tmp_path)
    ends = [kept.learned("coarse", coarse, NOISE_FREE, "coarse-1", silent)]
    again = kept.learned("coarse", coarse, NOISE_FREE, "coarse-1", silent)
    assert math.isnan(again.seconds)
    assert again.errors == ends[0].errors
    ends += [
        kept.adjoint(NOISE_FREE, silent),
        kept.adjoint(NOISE_FREE, silent, full=True),
        kept.then_exact("coarse", coarse, NOISE_FREE, "coarse-1", silent),
    ]
    names = ["coarse", "adjoint", "adjoint-full-batch", "coarse-then-exact"]
    assert [end.operator for end in ends] == names
    assert all(end.ratio < 1.0 for end in ends)
    start = start_of("average", kept.truth(BASIN))
    assert ends[0].errors[0] == pytest.approx(kept.truth(BASIN).vs_error(start.vs))
    lines = fwi_lines(ends)
    assert [r.operator for r in lines if r.metric == "fwi_vs_error_ratio"] == names
    assert len([r for r in lines if r.operator == "start"]) == 1
    drawn = {
        "course": png(figures.course_figure(ends)),
        "sections": png(figures.sections_figure(kept.truth(BASIN), ends)),
        "others": png(figures.others_figure({"noise-free": kept.truth(BASIN)}, ends[:1])),
        "noise": png(figures.noise_figure(kept.truth(BASIN), (0.0, 5.0), 1)),
    }
    html = ambient_page(lines, drawn).html()
    assert "adjoint-full-batch" in html
    assert "data:image/png" in html


def test_the_table_has_the_contracts_columns(waves) -> None:
    rows = list(csv.DictReader(io.StringIO(results_csv(wave_lines(waves), "ambient-noise"))))
    assert list(rows[0]) == ["experiment", "operator", "case", "metric", "ours", "paper", "n"]
    assert rows[0]["case"] == "basin 0.12-0.20"
    assert {"in-ensemble", "basin"} <= {case.name for case in CASES}
    assert len(png(figures.correlation_figure([waves, waves]))) > 10_000
    assert len(png(figures.records_figure(waves, "coarse"))) > 10_000


def test_earths_of_the_ensemble_are_as_many_as_asked_for(inversions) -> None:
    found = evaluate(IN_ENSEMBLE, {"coarse": coarse}, 2, inversions.truth)
    assert found.correlation["coarse"].shape == (2, 12, 3)
    first, second = (Truth(IN_ENSEMBLE, TOY, i).earth for i in range(2))
    assert not torch.equal(first, second)


def test_the_study_of_a_new_region_is_read_from_its_table(tmp_path: Path) -> None:
    file = tmp_path / "fine_tuning.csv"
    assert tuning(file) is None
    rows = [
        "network,began,steps,relative_l2",
        "harmonic,trained before,0,0.02",
        "harmonic,from nothing,0,0.2",
    ]
    rows += ["harmonic,trained before,10,0.01", "harmonic,from nothing,10,0.1"]
    file.write_text("\n".join(rows), encoding="utf-8")
    found = tuning(file)
    assert found is not None
    assert found.errors["harmonic, trained before"] == (0.02, 0.01)
    assert [r.case for r in tuning_lines(found)][:2] == ["fine-tuning 0 steps", "fine-tuning 10 steps"]
    assert len(png(figures.tuning_figure(found))) > 10_000


def test_what_noise_comes_to_is_read_from_its_tables(tmp_path: Path) -> None:
    assert noise_lines(tmp_path) == []
    header = "case,median_absolute_percent,median_percent,answered_percent,n"
    rows = [header, '"phase, all points",0.61,-0.03,94.8,367', '"phase, without π/4",3.1,2.9,94.8,367']
    (tmp_path / "feidong_summary.csv").write_text("\n".join(rows), encoding="utf-8")
    found = {(r.case, r.metric): r.mean for r in noise_lines(tmp_path)}
    assert found == {
        ("feidong", "phase_velocity_median_percent"): 0.61,
        ("feidong", "phase_velocity_bias_percent"): -0.03,
    }
    assert "feidong" in ambient_page(noise_lines(tmp_path), {}).html()
    table = "case,data,error_after,rms_sigmas_5x7,records\nbasin,fundamental mode,0.03,0.6,204"
    (tmp_path / "section.csv").write_text(table, encoding="utf-8")
    found = {(r.case, r.metric): r.mean for r in noise_lines(tmp_path)}
    assert found["basin, fundamental mode", "section_vs_error"] == 0.03
    (tmp_path / "section.csv").write_text(table.replace("0.6", "few"), encoding="utf-8")
    with pytest.raises(InputError, match=r"section.csv is no table of case, data, error_after"):
        noise_lines(tmp_path)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--models", "0"], "--models 0 is too few"),
        (["--fwi-epochs", "0"], "--fwi-epochs 0 is too few"),
        (["--operator", "nobody"], "nobody"),
    ],
)
def test_bad_options_are_a_sentence(
    words: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["reproduce", "ambient-noise", "--out", str(out), *words]) == 2
    assert sentence in capsys.readouterr().err
    assert not out.exists()
