"""Phase, group, ellipticity and a higher mode of one site inverted together, each in its own unit."""

import csv
from pathlib import Path

import pytest
import torch
import xarray as xr
from torch.testing import assert_close

import seisgrad as sg
from seisgrad.cli import main
from seisgrad.dispersion import Branch, DispersionCurves, Physics, Survey, read_curves
from seisgrad.dispersion.invert import bounds, invert
from seisgrad.dispersion.starting_model import StartingModel, starting_model
from seisgrad.inversion import Posterior, Status, gauss_newton
from seisgrad.report.findings import say_fit

BRANCHES = (
    Branch("rayleigh", "phase"),
    Branch("rayleigh", "group"),
    Branch("rayleigh", "ellipticity"),
    Branch("rayleigh", "phase", 1),
)
SIGMA = torch.tensor([[0.02], [0.03], [0.01], [0.03]], dtype=torch.float64)  # km/s, km/s, 1, km/s
DEPTH = torch.tensor([0.0, 1.0, 2.5, 5.0, 8.0, 12.0, 18.0, 26.0, 36.0, 50.0], dtype=torch.float64)
SURVEY = Survey(BRANCHES, torch.tensor([2.0, 3.0, 5.0, 8.0, 13.0, 20.0]))


def site() -> tuple[StartingModel, torch.Tensor, torch.Tensor]:
    """A prior, a truth drawn from it, and its noisy data; the overtone exists at the short periods alone."""
    vs = 2.6 + 0.4 * torch.log1p(DEPTH)
    reference = sg.LayeredModel.on_grid(DEPTH, *sg.earth.BrocherTie(DEPTH)(vs))
    starting = starting_model(reference, sigma=0.08, length=8.0, words="", brocher=True)
    truth = starting.prior.sample(1, seed=5)[0]
    data = (Physics(SURVEY, DEPTH) @ starting.tie)(truth)
    return (
        starting,
        truth,
        data + SIGMA * torch.randn(data.shape, generator=torch.Generator().manual_seed(6)).double(),
    )


@pytest.fixture(scope="module")
def joint() -> tuple[StartingModel, torch.Tensor, torch.Tensor, Posterior]:
    starting, truth, data = site()
    operator = Physics(SURVEY, DEPTH) @ starting.tie
    return starting, truth, data, gauss_newton(operator, data, SIGMA, starting.prior, bounds=bounds(starting))


@pytest.fixture(scope="module")
def table(joint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data as a CSV of the documented header, ellipticities among the velocities."""
    _, _, data, _ = joint
    path = tmp_path_factory.mktemp("joint") / "curves.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("wave", "kind", "mode", "period", "velocity", "sigma"))
        for i, branch in enumerate(BRANCHES):
            for j in data[i].isfinite().nonzero()[:, 0].tolist():
                values = (float(SURVEY.periods[j]), float(data[i, j]), float(SIGMA[i, 0]))
                writer.writerow((branch.wave, branch.kind, branch.mode, *map(repr, values)))
    return path


def test_all_branches_are_explained_by_one_earth(joint) -> None:
    _, truth, data, posterior = joint
    assert posterior.status == Status.CONVERGED
    assert data[3].isnan().any()  # the overtone's cutoff lies within the band
    assert data[3].isfinite().any()
    assert int(posterior.count) == int(data.isfinite().sum())
    assert posterior.codomain.unit == ("km/s", "km/s", "1", "km/s")
    miss = posterior.mean - truth
    distance = float(miss @ torch.linalg.solve(posterior.covariance, miss))
    assert distance < len(DEPTH) + 4 * (2 * len(DEPTH)) ** 0.5


@pytest.mark.parametrize("left_out", range(4))
def test_every_branch_adds_to_what_the_others_say(joint, left_out: int) -> None:
    starting, _, data, posterior = joint
    data = data.clone()
    data[left_out] = torch.nan
    operator = Physics(SURVEY, DEPTH) @ starting.tie
    others = gauss_newton(operator, data, SIGMA, starting.prior, start=posterior.mean)
    assert float(others.information) < float(posterior.information) - 0.05
    # a sigma that says nothing is the same as no datum: each branch is weighed in its own unit
    sigma = SIGMA.clone()
    sigma[left_out] = 1e6
    doubted = gauss_newton(operator, joint[2], sigma, starting.prior, start=posterior.mean)
    assert_close(doubted.mean, others.mean, rtol=0, atol=2e-4)
    assert_close(doubted.sigma, others.sigma, rtol=1e-3, atol=0)


def test_a_table_of_all_kinds_is_inverted_as_it_stands(joint, table: Path) -> None:
    starting, _, data, posterior = joint
    curves = read_curves(table)
    assert curves.branches == BRANCHES
    found = invert(curves, starting)
    assert found.survey.branches == BRANCHES
    assert_close(found.observed, data, equal_nan=True)
    assert_close(found.sigma, SIGMA.where(data.isfinite(), torch.nan).expand_as(data), equal_nan=True)
    assert_close(found.posterior.mean, posterior.mean, rtol=0, atol=1e-6)
    assert_close(found.posterior.sigma, posterior.sigma, rtol=1e-5, atol=0)


def test_the_floor_of_a_negative_ellipticity_is_a_fraction_of_its_size(joint) -> None:
    """Retrograde motion has a ratio below zero."""
    starting, _, data, _ = joint
    curves = DispersionCurves.from_columns(
        wave="rayleigh", kind=["phase", "ellipticity"], period=[5.0, 5.0], velocity=[float(data[0, 2]), -0.2],
        sigma=[0.02, 0.03],
    )  # fmt: skip
    found = invert(curves, starting, floor=0.2)
    assert float(found.sigma[1, 0]) == pytest.approx(0.05)


def test_the_command_tells_ratios_from_velocities(table: Path, tmp_path: Path) -> None:
    assert main(["invert", str(table), "--out", str(tmp_path / "out"), "--quiet"]) == 0
    with (tmp_path / "out" / "fit.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == "ellipticity"]
    assert [float(row["sigma"]) for row in rows] == pytest.approx([0.01] * len(rows))
    for row in rows:
        residual = (float(row["observed"]) - float(row["predicted"])) / 0.01
        assert float(row["residual"]) == pytest.approx(residual, abs=1e-6)
    with xr.open_dataset(tmp_path / "out" / "posterior.nc") as data:
        assert data["observed"].attrs["units"] == "km/s, or 1 for ellipticity"
        assert data.attrs["status"] == "converged"


def test_sentences_give_ratios_no_unit(joint, table: Path) -> None:
    told = {line.split(":")[0]: line for line in say_fit(invert(read_curves(table), joint[0]))[1:]}
    assert "m/s" in told["Rayleigh phase"]
    assert "m/s" in told["Rayleigh phase, mode 1"]
    assert "m/s" not in told["Rayleigh ellipticity"]
