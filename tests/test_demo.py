"""The main job from end to end: a real record becomes curves, a profile with its uncertainty, and a report."""

import contextlib
import csv
import html
import io
import json
import re
from pathlib import Path

import pytest
import torch
import xarray as xr

from seisgrad.cli import main
from seisgrad.dispersion import Survey, read_curves
from seisgrad.dispersion.survey import Branch
from seisgrad.report import kono
from seisgrad.report.demo import demo_page, in_short
from seisgrad.report.findings import SPEAKS
from seisgrad.report.kono import CORNER, HALF_DURATION, Demonstration

TABLES = {"curves.csv", "profile.csv", "fit.csv", "kernels.nc", "posterior.nc", "report.html"}
FIGURES = {"demo.png", "fit.png", "profile.png", "resolution.png", "kernels.png", "apart.png", "trust.png"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the demonstration writes."""
    out = tmp_path_factory.mktemp("demo") / "results"
    told = io.StringIO()
    with contextlib.redirect_stdout(told):
        assert main(["demo", "--out", str(out), "--json"]) == 0
    assert [p.name for p in out.parent.iterdir()] == ["results"]  # no draft is left behind
    (out.parent / "told.json").write_text(told.getvalue())
    return out


@pytest.fixture(scope="module")
def demonstration() -> Demonstration:
    return kono.demonstrate(kono.measure_wave("rayleigh"), kono.measure_wave("love"))


def test_every_file_is_there_and_none_is_half(folder: Path) -> None:
    assert {p.name for p in folder.iterdir()} == TABLES | FIGURES
    for name in FIGURES:
        assert (folder / name).read_bytes().startswith(b"\x89PNG")


def test_the_curves_are_those_of_an_oceanic_path(folder: Path) -> None:
    """Rayleigh groups peak at 3.8 to 4 km/s near 50 s and slow down on either side; Love groups are faster."""
    curves = read_curves(folder / "curves.csv")
    rayleigh, love = (curves.select(wave=wave, kind="group", mode=0) for wave in ("rayleigh", "love"))
    assert len(rayleigh) + len(love) == len(curves)
    assert len(rayleigh) >= 9
    assert len(love) >= 5
    peak = int(rayleigh.velocity.argmax())
    assert 40 <= float(rayleigh.period[peak]) <= 75
    assert 3.8 < float(rayleigh.velocity[peak]) < 4.0
    assert 4.1 < float(love.velocity.min()) < float(love.velocity.max()) < 4.5


def test_the_profile_is_an_earth(folder: Path) -> None:
    with (folder / "profile.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    assert list(rows[0]) == ["depth", "vs", "vs_sigma", "vp", "rho"]
    depth, vs, sigma = (
        torch.tensor([float(row[name]) for row in rows]) for name in ("depth", "vs", "vs_sigma")
    )
    assert (depth.diff() > 0).all()
    assert vs[0] == sigma[0] == 0  # water
    mantle = (depth > 50) & (depth < 400)
    assert 4.0 < float(vs[mantle].min()) < float(vs[mantle].max()) < 5.1
    assert float((sigma / vs)[mantle].max()) < 0.04


def test_the_data_are_explained_and_resolve_the_upper_mantle(folder: Path) -> None:
    with xr.open_dataset(folder / "posterior.nc") as data:
        assert data.attrs["status"] == "converged"
        assert data.attrs["earth"] == "spherical"
        assert data.attrs["p_fit"] > 0.01
        shrinkage = data["shrinkage"]
        assert float(shrinkage.sel(depth=slice(40, 250)).max()) < 0.7
        assert float(shrinkage.sel(depth=slice(700, None)).min()) > 0.7


def test_the_kernels_add_up_to_the_effect_of_a_faster_mantle(
    folder: Path, demonstration: Demonstration
) -> None:
    """1 % more vs, and with it vp, in every layer of rock: kernels against a second solution."""
    model, survey = demonstration.joint.model, demonstration.joint.survey
    change = 0.001
    with xr.open_dataset(folder / "kernels.nc") as data:
        assert data["kernel_vs"].dims == ("branch", "period", "layer")
        vs, vp = torch.tensor(data["kernel_vs"].values), torch.tensor(data["kernel_vp"].values)
        value = torch.tensor(data["velocity"].values)
    rock = ~model.fluid
    linear = (vs * model.vs + vp * model.vp * rock).sum(-1) * change
    x = model.stack()
    x[:2, rock] *= 1 + change
    from seisgrad.dispersion import Physics

    again = Physics(survey, model.depth)(x)
    torch.testing.assert_close(again - value, linear, rtol=2e-2, atol=2e-6)


def test_the_report_is_one_file_that_says_what_is_not_known(folder: Path) -> None:
    text = (folder / "report.html").read_text()
    for fetching in ("http:", "https:", "<script", "<link", "@import", "url("):
        assert fetching not in text
    assert len(re.findall(r'<img alt="[^"]+" src="data:image/png;base64,', text)) == len(FIGURES)
    words = html.unescape(re.sub(r"<[^>]+>", " ", text))
    for said in (
        "flagged and left out",
        "what the profile shows there is the prior",
        "radial anisotropy",
        "χ² per datum",
        "Can one bet on it?",
    ):
        assert said in words
    assert "nan" not in words.lower().split()


def test_the_sentences_follow_the_numbers(demonstration: Demonstration, folder: Path) -> None:
    words = html.unescape((folder / "report.html").read_text())
    joint = demonstration.joint.posterior
    assert joint.message() in words
    for measurement in demonstration.measurements:
        for period, reason, good in zip(
            measurement.period.tolist(), measurement.reasons, measurement.good.tolist(), strict=True
        ):
            assert good or f"{period:g} s ({reason.replace('_', ' ')})" in words


def test_a_low_velocity_zone_is_claimed_only_where_it_is_required(demonstration: Demonstration) -> None:
    joint = demonstration.joint
    weights = kono.low_velocity_zone(joint.starting.rock_depth)
    words = in_short(demonstration)[-1]
    assert ("is required by" in words) == bool(joint.posterior.requires(weights))
    mean = joint.posterior.average(weights)
    assert f"{float(mean.value):.2f} ± {float(mean.sigma):.2f} km/s" in words


def test_the_examination_is_of_the_joint_inversion(demonstration: Demonstration) -> None:
    """Errors of the size assumed, no outlier and a Gaussian: what the page of this record has been built on."""
    trust = demonstration.trust
    assert trust.inversion is demonstration.joint
    assert abs(float(trust.size.factor.log())) < 2 * float(trust.size.factor_sigma)
    assert not trust.light.any()
    heard = trust.inversion.posterior.shrinkage <= SPEAKS
    assert float(trust.shift[heard].abs().max()) < 0.3
    assert float((trust.widening[heard] - 1).abs().max()) < 0.25


def test_json_tells_the_result(folder: Path) -> None:
    told = json.loads((folder.parent / "told.json").read_text())
    assert told["status"] == "converged"
    assert Path(told["files"]["report"]) == folder / "report.html"
    assert told["findings"][2] == told["message"]


def test_apart_the_waves_fit_better_than_together(demonstration: Demonstration) -> None:
    """Two profiles have more freedom than one: the sum of squared residuals and model distance can only fall."""

    def cost(inversion) -> float:
        posterior = inversion.posterior
        away = posterior.mean - posterior.prior.mean
        distance = away @ torch.linalg.solve(posterior.prior.covariance, away)
        return float(posterior.chi2 * posterior.count + distance)

    apart = [demonstration.apart[wave].posterior for wave in ("rayleigh", "love")]
    together = demonstration.joint.posterior
    assert sum(float(p.chi2 * p.count) for p in apart) < float(together.chi2 * together.count)
    assert sum(int(p.count) for p in apart) == int(together.count)
    assert cost(demonstration.apart["rayleigh"]) < cost(demonstration.joint)


def test_a_path_over_one_crust_has_no_path_error(monkeypatch: pytest.MonkeyPatch) -> None:
    begin = kono.starting()
    survey = Survey((Branch("rayleigh", "group", 0),), torch.tensor([25.0, 50.0, 150.0]), "spherical")
    error = kono.path_error(survey, begin)[0]
    assert float(error[0]) > 4 * float(error[1]) > 4 * float(error[2])  # crust matters less and less
    same = begin.reference.stack()
    monkeypatch.setattr(kono, "two_crusts", lambda _: (same, same))
    assert float(kono.path_error(survey, begin).max()) < 1e-12


def test_the_shared_errors_are_delays_of_the_arrival() -> None:
    """U = X/(t + δt): the first-order change against the exact one."""
    distance, velocity = 9000.0, torch.tensor([[3.5, 4.0]], dtype=torch.float64)
    survey = Survey((Branch("love", "group", 0),), torch.tensor([50.0, 200.0]), "spherical")
    slow = distance / (distance / velocity + kono.TIME_SIGMA)
    torch.testing.assert_close(kono.time_error(velocity, distance), velocity - slow, rtol=5e-3, atol=0)
    delay = 0.225 * survey.periods**2 / CORNER * kono.CORNER_SHARE
    slow = distance / (distance / velocity + delay)
    torch.testing.assert_close(
        kono.sensor_error(velocity, survey, distance), velocity - slow, rtol=5e-3, atol=0
    )


def test_the_sensor_has_its_corner_and_its_delay() -> None:
    """Half power at the corner (damping 1/√2), flat above it, and a group delay near 0.225 T²/T0."""
    response = kono.response()
    frequency = torch.tensor([1 / CORNER, 1 / 20, 1 / 50 - 1e-5, 1 / 50 + 1e-5], dtype=torch.float64)
    value = torch.tensor(response.get_evalresp_response_for_frequencies(frequency.tolist(), output="VEL"))
    gain = (value / value[1]).abs()
    assert float(gain[0]) == pytest.approx(0.5**0.5, rel=1e-3)
    assert float(gain[2]) == pytest.approx(1, abs=0.01)
    delay = float((value[2] / value[3]).angle() / (2 * torch.pi * 2e-5))
    assert delay == pytest.approx(0.225 * 50**2 / CORNER, rel=0.05)


def test_the_centroid_is_later_than_the_origin() -> None:
    from obspy import UTCDateTime

    assert kono.event().origin - UTCDateTime(kono.ORIGIN_TIME) == HALF_DURATION


def test_the_page_can_be_built_again(demonstration: Demonstration) -> None:
    """The page depends on its figures by name only, and names each file that it needs."""
    with pytest.raises(KeyError, match="demo"):
        demo_page(demonstration, {})
