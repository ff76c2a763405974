"""Earths recovered from their curves: what is believed before, the operator's error, and intervals that hold."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from seisgrad.cli import main
from seisgrad.dispersion import Physics
from seisgrad.errors import InputError
from seisgrad.inversion import Profile, depth_covariance
from seisgrad.operator import Function, Operator
from seisgrad.report.reproduce import recovery_sites
from seisgrad.report.reproduce.kernels import SURVEY
from seisgrad.report.reproduce.page import kernels_page
from seisgrad.report.reproduce.recovery import LEVELS, Recovery, error_of, recover, recovery_lines
from seisgrad.report.reproduce.recovery_figure import recovery_figure
from seisgrad.report.reproduce.recovery_sites import Experiment, experiment, nearest_lines
from seisgrad.report.reproduce.table import Line

DEPTH = torch.arange(0.0, 130.0, 5.0, dtype=torch.float64)
LINES = Profile.control_points((0.0, 10.0, 30.0, 70.0, 125.0), DEPTH)
POINTS = LINES.domain.coords["depth"]
PHYSICS = Physics(SURVEY, DEPTH)
SITES, DRAWS = 24, 300


def earths(number: int, seed: int, rough: float) -> Tensor:
    """A Gaussian ensemble: 4 % around one earth at the control points, and steps of their own in every layer."""
    generator = torch.Generator().manual_seed(seed)
    vs = torch.tensor([2.6, 3.0, 3.6, 4.3, 5.0], dtype=torch.float64)
    middle = torch.stack([1.75 * vs, vs, 2.2 + 0.25 * vs]).log()
    unit = torch.randn(number, 3, len(POINTS), generator=generator, dtype=torch.float64)
    steps = torch.randn(number, 1, len(DEPTH), generator=generator, dtype=torch.float64)
    factor = torch.linalg.cholesky(depth_covariance(POINTS, 0.04, 20.0))
    return (LINES(middle + unit @ factor.mT) + rough * steps).exp()


def setting(rough: float) -> Experiment:
    return experiment(earths(SITES, 1, rough), earths(DRAWS, 2, rough), DEPTH, 3, POINTS)


@pytest.fixture(scope="module")
def rough() -> Experiment:
    return setting(0.03)


@pytest.fixture(scope="module")
def found(rough: Experiment) -> Recovery:
    return recover(PHYSICS, rough)


def scaled(factor: float) -> Operator:
    return Function(lambda y: factor * y, PHYSICS.codomain, PHYSICS.codomain) @ PHYSICS


def by_case(lines: list[Line]) -> dict[str, dict[str, Line]]:
    cases = {line.case: {} for line in lines}
    for line in lines:
        cases[line.case][line.metric] = line
    return cases


def test_straight_lines_are_nearest_to_themselves_and_steps_are_averaged() -> None:
    straight = earths(3, 5, 0.0)
    torch.testing.assert_close(LINES(nearest_lines(straight, LINES)), straight.log())
    off = earths(3, 5, 0.03).log() - LINES(nearest_lines(earths(3, 5, 0.03), LINES))
    torch.testing.assert_close(off @ LINES.matrix, torch.zeros(3, 3, 5, dtype=torch.float64))


def test_the_exact_operator_has_no_error_at_straight_lines_and_a_factor_is_a_bias() -> None:
    smooth = setting(0.0)
    bias, covariance = error_of(smooth.in_logarithms(PHYSICS), smooth)
    assert bias.abs().max() < 1e-9
    assert covariance.abs().max() < 1e-15
    bias, covariance = error_of(smooth.in_logarithms(scaled(1.02)), smooth)
    torch.testing.assert_close(bias, -torch.tensor(1.02).log().double().expand(bias.shape), atol=1e-7, rtol=0)
    assert covariance.abs().max() < 1e-15


def test_the_prior_is_that_of_the_draws(rough: Experiment) -> None:
    known = rough.draws.flatten(1)
    torch.testing.assert_close(rough.prior.mean.flatten(), known.mean(0))
    torch.testing.assert_close(rough.prior.covariance, torch.cov(known.mT))
    assert len(rough.draws) == len(rough.curves) == DRAWS


def test_the_nearest_start_of_a_draw_is_itself(rough: Experiment) -> None:
    own = replace(rough, truth=rough.draws[:2], data=rough.curves[:2])
    starts = own.starts()
    assert starts.shape == (1 + recovery_sites.NEAREST, 2, 3, len(POINTS))
    torch.testing.assert_close(starts[1], rough.draws[:2])
    away = (rough.draws[:2] - rough.prior.mean)[:, 1].abs().mean()
    assert (starts[0] - rough.draws[:2])[:, 1].abs().mean() < 0.5 * away  # curves tell of earths, linearly


def test_intervals_hold_the_truth_as_often_as_they_say(rough: Experiment, found: Recovery) -> None:
    """A Gaussian ensemble and nearly linear curves; the steps between control points are worth more than the noise."""
    cases = by_case(recovery_lines("exact", found, rough))
    full, alone = cases["vs"], cases["vs noise-alone"]
    assert full["fisher_scale"].mean == pytest.approx(1.0, abs=0.2)
    assert full["coverage_68"].mean == pytest.approx(0.68, abs=0.12)
    assert full["coverage_95"].mean == pytest.approx(0.95, abs=0.06)
    assert full["converged"].mean == 1.0
    assert full["vs_error_median_percent"].mean < 0.6 * full["vs_error_median_percent_prior"].mean
    assert alone["fisher_scale"].mean > 1.4 * full["fisher_scale"].mean
    assert alone["coverage_95"].mean < 0.85


def test_a_known_factor_changes_nothing_and_an_unknown_one_does(rough: Experiment, found: Recovery) -> None:
    other = recover(scaled(1.02), rough)
    torch.testing.assert_close(other.mean, found.mean, atol=1e-6, rtol=0)
    torch.testing.assert_close(other.sigma, found.sigma, atol=1e-6, rtol=0)
    torch.testing.assert_close(other.prediction, found.prediction, atol=1e-6, rtol=0)
    assert (
        other.mean_alone - found.mean_alone
    ).mean() < -0.01  # taken for exact, it says that the earth is slow


def test_the_metrics_of_known_scores(rough: Experiment) -> None:
    truth = rough.truth[:, 1]
    sigma = torch.full_like(truth, 0.01)
    every = torch.ones(len(truth), dtype=torch.bool)
    made = Recovery(
        truth + 1.5 * sigma, torch.diag_embed(sigma.square()), every, rough.data, rough.data[0], truth, sigma
    )
    cases = by_case(recovery_lines("mine", made, rough))
    values = {metric: line.mean for metric, line in cases["vs"].items()}
    assert (values["coverage_68"], values["coverage_95"]) == (0.0, 1.0)
    assert values["fisher_scale"] == pytest.approx(1.5)
    assert values["vs_error_median_percent"] == pytest.approx(1.5)
    assert cases["vs noise-alone"]["fisher_scale"].mean == 0.0
    numbers = {case: line["fisher_scale"].n // SITES for case, line in cases.items() if "alone" not in case}
    assert numbers == {"vs": 4, "vs 0-10": 1, "vs 10-50": 2, "vs 50-110": 1}


def test_too_few_curves_for_a_covariance_are_refused(rough: Experiment) -> None:
    with pytest.raises(InputError, match="100 of 100 draws have complete curves, expected more than 118"):
        experiment(earths(2, 1, 0.0), earths(100, 2, 0.0), DEPTH, 3, POINTS)
    nowhere = Function(lambda y: y * torch.nan, PHYSICS.codomain, PHYSICS.codomain) @ PHYSICS
    with pytest.raises(InputError, match="0 of 300 draws have complete curves"):
        recover(nowhere, rough)


def test_the_figure_and_the_page_show_the_numbers(rough: Experiment, found: Recovery) -> None:
    drawn = recovery_figure(found, rough, earths(SITES, 1, 0.03), "exact")
    assert len(drawn.axes) == 12
    inverted = drawn.axes[0].lines[1]
    assert inverted.get_label() == "inverted, exact"
    top = float((LINES.matrix @ found.mean[0])[0].exp())
    assert np.asarray(inverted.get_xdata())[0] == pytest.approx(top)
    lines = recovery_lines("exact", found, rough)
    scale = next(line.mean for line in lines if line.metric == "fisher_scale")
    needed = [Line("exact", wave, "artefact_strength", 0.0, 1, 0) for wave in ("rayleigh", "love")]
    needed += [Line("exact", wave, "artefact_depth_km", float("nan"), 1, 0) for wave in ("rayleigh", "love")]
    text = kernels_page(lines + needed, {"recovery": b"png"}, {}).html()
    assert f'<td class="number">{scale:.2f}</td>' in text
    assert text.count("<img") == 1


def test_the_command_recovers_earths_where_there_are_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SEISGRAD_DATA", str(tmp_path))
    out, words = tmp_path / "out", ["reproduce", "kernels", "--operator", "exact", "--models"]
    assert main([*words, "1", "--out", str(tmp_path / "few")]) == 0
    assert "left out: it takes at least 25 models" in capsys.readouterr().out
    for name, value in {"LEAST": 10, "SITES": 1, "NEAREST": 2}.items():
        monkeypatch.setattr(recovery_sites, name, value)
    assert main([*words, "10", "--out", str(out)]) == 0
    with (out / "results.csv").open() as file:
        rows = {(row["case"], row["metric"]): row for row in csv.DictReader(file)}
    for metric in [f"coverage_{level}" for level in LEVELS] + ["fisher_scale"]:
        assert rows["vs", metric]["n"] == "27"
        assert rows["vs noise-alone", metric]["ours"]
    assert (out / "recovery.png").read_bytes().startswith(b"\x89PNG")
    assert "<h2>Inversion</h2>" in (out / "report.html").read_text()
