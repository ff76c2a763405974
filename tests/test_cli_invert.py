"""``seisgrad invert`` and what stands behind it: the grid, the starting model, the round trip and the report."""

import csv
import itertools
import json
import math
from pathlib import Path

import pytest
import torch
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

import seisgrad as sg
from seisgrad.cli import main
from seisgrad.dispersion import DispersionCurves, write_curves
from seisgrad.dispersion.invert import Inversion, invert
from seisgrad.dispersion.starting_model import (
    at_period,
    correlation_length,
    depth_grid,
    discontinuities,
    from_data,
    from_reference,
    smoothed,
    starting_model,
    wavelengths,
)
from seisgrad.earth import ak135, prem
from seisgrad.errors import InputError
from seisgrad.report.findings import branch_fits, intervals, resolved, say_depth, say_intervals

SITE = sg.LayeredModel(
    [0.003, 0.005, 0.010, 0.0], [0.4, 0.7, 1.5, 2.0], [0.15, 0.22, 0.35, 0.6], [1.7, 1.8, 1.9, 2.1]
)
NOISE = 0.01


def site_curves(scale: float = 1.0, noise: float = NOISE) -> DispersionCurves:
    """Rayleigh phase velocities of a soft site, its lengths and periods scaled, with seeded noise."""
    model = sg.LayeredModel(scale * SITE.thickness, SITE.vp, SITE.vs, SITE.rho)
    periods = scale * torch.logspace(-1.6, -0.5, 18, dtype=torch.float64)
    velocity = sg.dispersion.velocity(model, periods)
    error = torch.randn(len(periods), generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    return DispersionCurves.from_columns(
        wave="rayleigh",
        kind="phase",
        period=periods,
        velocity=velocity * (1 + noise * error),
        sigma=NOISE * velocity,
    )


@pytest.fixture(scope="module")
def site_inversion() -> Inversion:
    curves = site_curves()
    return invert(curves, from_data(curves, 0.3))


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the command leaves behind for the site."""
    folder = tmp_path_factory.mktemp("invert")
    write_curves(site_curves(), folder / "curves.csv")
    assert main(["invert", str(folder / "curves.csv"), "--out", str(folder / "out"), "--quiet"]) == 0
    return folder / "out"


def read(path: Path) -> list[dict[str, str]]:
    with path.open() as lines:
        return list(csv.DictReader(lines))


def test_the_profile_is_a_model_with_its_uncertainty(result: Path) -> None:
    rows = read(result / "profile.csv")
    assert list(rows[0]) == ["depth", "vs", "vs_sigma", "vp", "rho"]
    depth = [float(row["depth"]) for row in rows]
    assert depth[0] == 0
    assert all(a < b for a, b in itertools.pairwise(depth))
    assert all(float(row["vs_sigma"]) > 0 and float(row["vp"]) > float(row["vs"]) for row in rows)


def test_the_fit_is_the_forward_problem_of_the_profile(result: Path) -> None:
    """What fit.csv calls predicted is what the profile predicts, and the residual is their difference over sigma."""
    profile = read(result / "profile.csv")
    columns = (torch.tensor([float(row[name]) for row in profile]) for name in ("depth", "vp", "vs", "rho"))
    fit = read(result / "fit.csv")
    assert list(fit[0]) == ["wave", "kind", "mode", "period", "observed", "sigma", "predicted", "residual"]
    period, observed, sigma, predicted, residual = (
        torch.tensor([float(row[name]) for row in fit], dtype=torch.float64)
        for name in ("period", "observed", "sigma", "predicted", "residual")
    )
    again = sg.dispersion.velocity(sg.LayeredModel.on_grid(*(c.double() for c in columns)), period)
    torch.testing.assert_close(predicted, again, rtol=1e-6, atol=0)
    torch.testing.assert_close(residual, (observed - predicted) / sigma, rtol=1e-4, atol=1e-4)
    assert float(residual.square().mean()) < 2


def test_the_posterior_file_holds_the_covariance_of_the_profile(result: Path) -> None:
    profile = read(result / "profile.csv")
    with xr.open_dataset(result / "posterior.nc") as data:
        assert data["vs"].values == pytest.approx([float(row["vs"]) for row in profile])
        sigma = [float(row["vs_sigma"]) for row in profile]
        assert data["covariance"].values.diagonal() ** 0.5 == pytest.approx(sigma, rel=1e-6)
        assert (data["shrinkage"].values < 1 + 1e-9).all()
        assert data.attrs["status"] == "converged"
        assert data["observed"].sizes == {"branch": 1, "period": 18}


def test_the_report_fetches_nothing_and_shows_its_figures(result: Path) -> None:
    text = (result / "report.html").read_text()
    assert text.count("data:image/png;base64,") == 4
    for fetching in ("http:", "https:", "<script", "<link", "@import", "url("):
        assert fetching not in text
    figures = {f"{name}.png" for name in ("fit", "kernels", "profile", "resolution")}
    assert {p.name for p in result.iterdir()} == figures | {
        "fit.csv",
        "posterior.nc",
        "profile.csv",
        "report.html",
    }


def test_json_tells_status_and_resolution(result: Path, capsys: pytest.CaptureFixture[str]) -> None:
    again = result.parent / "again"
    assert main(["invert", str(result.parent / "curves.csv"), "--out", str(again), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["status"] == "converged"
    assert told["data"] == 18
    assert told["resolved_km"][0][0] == 0
    assert (again / "profile.csv").read_text() == (result / "profile.csv").read_text()


def test_frequencies_in_place_of_periods_are_asked_about(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "".join(
        f"rayleigh,phase,0,{1.0 / period},{c},0.05\n" for period, c in ((10, 3.1), (20, 3.5), (40, 3.9))
    )
    (tmp_path / "curves.csv").write_text("wave,kind,mode,period,velocity,sigma\n" + rows)
    assert main(["invert", str(tmp_path / "curves.csv"), "--out", str(tmp_path / "out"), "--json"]) == 0
    notes = " ".join(json.loads(capsys.readouterr().out)["notes"])
    assert "check that periods are in s" in notes


def test_earths_drawn_from_the_prior_lie_within_their_posterior() -> None:
    """Calibration of the whole chain: (m - truth)ᵀ C⁻¹ (m - truth) is χ² with one degree of freedom per layer."""
    depth = depth_grid(3.0, 150.0)
    reference = sg.earth.resample(ak135(), depth)
    starting = starting_model(reference, sigma=0.04, length=correlation_length(depth, 6.0), words="")
    periods = torch.logspace(0.7, 1.9, 14, dtype=torch.float64)
    generator = torch.Generator().manual_seed(4)
    distances = []
    for truth in starting.prior.sample(8, generator):
        velocity = sg.dispersion.velocity(starting.model(truth), periods)
        noise = torch.randn(len(periods), generator=generator, dtype=torch.float64)
        curves = DispersionCurves.from_columns(
            wave="rayleigh",
            kind="phase",
            period=periods,
            velocity=velocity * (1 + 0.01 * noise),
            sigma=0.01 * velocity,
        )
        posterior = invert(curves, starting).posterior
        miss = posterior.mean - truth
        distances.append(float(miss @ torch.linalg.solve(posterior.covariance, miss)))
    freedom = 8 * len(depth)
    assert sum(distances) == pytest.approx(freedom, abs=4 * (2 * freedom) ** 0.5)


def test_a_site_ten_times_larger_is_the_same_site_ten_times_larger() -> None:
    """Lengths and periods scaled together leave every velocity: grid, prior and posterior are made of wavelengths."""
    small, large = (invert(site_curves(s), from_data(site_curves(s), 0.3)) for s in (1.0, 10.0))
    torch.testing.assert_close(large.starting.depth, 10 * small.starting.depth)
    torch.testing.assert_close(large.posterior.mean, small.posterior.mean, rtol=1e-6, atol=0)
    torch.testing.assert_close(large.posterior.sigma, small.posterior.sigma, rtol=1e-5, atol=0)


def test_a_shared_error_widens_what_all_data_say_alike(site_inversion: Inversion) -> None:
    """An error common to all velocities adds to the uncertainty of the mean velocity, and cannot help the fit."""
    curves = site_curves()
    pattern = 0.05 * site_inversion.observed[None]
    doubtful = invert(curves, site_inversion.starting, shared=pattern)
    weight = resolved(site_inversion).double() / resolved(site_inversion).sum()
    before, after = (
        float((weight @ i.posterior.covariance @ weight).sqrt()) for i in (site_inversion, doubtful)
    )
    assert after > 2 * before
    assert float(doubtful.posterior.information) < float(site_inversion.posterior.information)


def test_a_floor_is_added_in_quadrature() -> None:
    curves = site_curves()
    inversion = invert(curves, from_data(curves, 0.3), floor=0.03)
    expected = (NOISE**2 + 0.03**2) ** 0.5
    assert float((inversion.sigma / inversion.observed).mean()) == pytest.approx(expected, rel=1e-3)


def test_real_phase_and_group_velocities_give_an_upper_mantle(data_dir: Path, tmp_path: Path) -> None:
    curves = data_dir / "dispersion" / "snu.dsp"
    options = ["--earth", "spherical", "--floor", "0.01", "--out", str(tmp_path / "snu"), "--quiet"]
    assert main(["invert", str(curves), *options]) == 0
    with xr.open_dataset(tmp_path / "snu" / "posterior.nc") as data:
        assert data.attrs["status"] == "converged"
        mantle = data["vs"].sel(depth=slice(60, 400))
        assert 4.0 < float(mantle.min()) < float(mantle.max()) < 5.3
        assert float(data["shrinkage"].sel(depth=slice(20, 200)).max()) < 0.5


@given(
    thinnest=st.floats(1e-4, 10.0),
    reach=st.floats(3.0, 1000.0),
    cuts=st.lists(st.integers(1, 99), max_size=4, unique=True),
)
def test_a_grid_keeps_its_interfaces_and_thickens_with_depth(
    thinnest: float, reach: float, cuts: list[int]
) -> None:
    bottom = thinnest * reach
    keep = (0.0, *sorted(bottom * cut / 100 for cut in cuts))
    depth = depth_grid(thinnest, bottom, keep=keep)
    step = depth.diff()
    assert float(depth[0]) == 0
    assert float(depth[-1]) == pytest.approx(bottom)
    assert (step > 0).all()
    limit = 1.6 * torch.maximum(torch.tensor(thinnest), 0.07 * depth[1:])
    assert (step <= limit).all()
    for mark in keep:
        clearance = 0.5 * max(thinnest, 0.07 * bottom)
        assert float((depth - mark).abs().min()) < 1e-9 * bottom or bottom - mark < clearance * (1 + 1e-9)


def test_wavelengths_are_velocity_times_period() -> None:
    curves = DispersionCurves.from_columns(
        wave="rayleigh", kind=["phase", "group", "ellipticity"], period=[10.0, 20.0, 500.0], velocity=[3.0, 3.5, 0.7],
        sigma=0.1,
    )  # fmt: skip
    assert wavelengths(curves) == (30.0, 70.0)
    with pytest.raises(InputError, match="ellipticity"):
        wavelengths(curves.select(kind="ellipticity"))


def test_discontinuities_are_those_of_the_reference() -> None:
    assert discontinuities(prem(800.0)) == pytest.approx(
        (0.0, 3.0, 15.0, 24.4, 220.0, 400.0, 670.0), abs=1e-6
    )
    assert discontinuities(ak135(300.0)) == pytest.approx((0.0, 20.0, 35.0), abs=1e-6)


def test_velocities_fall_with_period_where_shear_is_attenuated() -> None:
    """ln v changes by -ln(T)/(π Q): 80 between 80 and 220 km, 143 below; water and density stay."""
    one = prem(600.0)
    slow = at_period(one, 100.0)
    change = (slow.vs / one.vs - 1)[one.water :]
    depth = one.depth[one.water :]
    loss = math.log(100.0) / math.pi
    assert float(change[(depth > 90) & (depth < 200)].mean()) == pytest.approx(-loss / 80)
    assert float(change[depth > 230].mean()) == pytest.approx(-loss / 143)
    torch.testing.assert_close(slow.rho, one.rho)
    torch.testing.assert_close(slow.vp[: one.water], one.vp[: one.water])
    torch.testing.assert_close(at_period(one, 1.0).vs, one.vs)
    # vp loses only what shear takes: the bulk modulus rho (vp² - 4/3 vs²) stays, to first order in 1/Q
    bulk = [m.rho * (m.vp**2 - 4 / 3 * m.vs**2) for m in (one, slow)]
    torch.testing.assert_close(bulk[1], bulk[0], rtol=2e-3, atol=0)


def test_smoothing_keeps_what_is_constant_and_what_lies_above() -> None:
    flat = sg.LayeredModel.on_grid(torch.arange(0.0, 400.0, 10.0), 8.0, 4.5, 3.3)
    torch.testing.assert_close(smoothed(flat, 50.0, 30.0).vs, flat.vs)
    steps = prem(600.0)
    smooth = smoothed(steps, 24.4, 40.0)
    crust = steps.depth < 24.0
    torch.testing.assert_close(smooth.vs[crust], steps.vs[crust])
    assert discontinuities(smooth)[-1] == pytest.approx(24.4)


def test_the_reference_prior_is_the_reference_on_the_grid_of_the_data() -> None:
    curves = DispersionCurves.from_columns(
        wave="rayleigh", kind="phase", period=[10.0, 100.0], velocity=[3.0, 4.1], sigma=0.1
    )
    starting = from_reference(curves, ak135(), "ak135", 0.05)
    torch.testing.assert_close(starting.model(starting.prior.mean).vp, starting.reference.vp)
    assert float(starting.depth[-1]) == pytest.approx(205.0)
    assert {20.0, 35.0} <= {round(depth, 6) for depth in starting.depth.tolist()}
    torch.testing.assert_close(starting.prior.sigma, 0.05 * starting.prior.mean, rtol=1e-6, atol=0)


def test_findings_count_what_is_there(site_inversion: Inversion) -> None:
    (fit,) = branch_fits(site_inversion)
    assert (fit.count, fit.shortest) == (18, float(site_inversion.survey.periods[0]))
    assert fit.chi2 == pytest.approx(float(site_inversion.posterior.chi2))
    tops = site_inversion.starting.rock_depth
    everything = intervals(site_inversion, torch.ones(len(tops), dtype=torch.bool))
    assert everything == [(0.0, float(tops[-1]))]
    gap = torch.ones(len(tops), dtype=torch.bool)
    gap[5:8] = False
    assert intervals(site_inversion, gap) == [(0.0, float(tops[5])), (float(tops[8]), float(tops[-1]))]
    assert intervals(site_inversion, torch.zeros(len(tops), dtype=torch.bool)) == []


def test_depths_are_said_in_fitting_units() -> None:
    assert say_depth(421.3) == "421 km"
    assert say_depth(0.0125) == "12.5 m"
    assert say_intervals([(3.0, 421.3), (500.0, 600.0)]) == "3 to 421 km and 500 to 600 km"
    assert say_intervals([(0.0, 0.02)]) == "0 to 20 m"
    assert say_intervals([(0.5, 2.0)]) == "500 m to 2 km"
    assert say_intervals([]) == "nowhere"
