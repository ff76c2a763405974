"""Many sites at once: the same answers as one by one, and no site that stops another."""

import math

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from seisgrad.dispersion import Branch, DispersionCurves, Physics, Survey
from seisgrad.dispersion import region as region_module
from seisgrad.dispersion.invert import invert
from seisgrad.dispersion.outcome import REFUSED
from seisgrad.dispersion.region import invert_sites
from seisgrad.dispersion.sites import Sites
from seisgrad.dispersion.starting_model import from_reference
from seisgrad.earth import read_model
from seisgrad.errors import InputError
from seisgrad.inversion import Status

PERIODS = torch.tensor([5.0, 8.0, 12.0, 20.0, 30.0], dtype=torch.float64)
BRANCHES = (Branch("rayleigh"), Branch("love"))
NUMBER = 6


@pytest.fixture(scope="module")
def region():
    """Sites of a prior around ak135 with their noisy curves; some values are missing, one site has two."""
    rough = table([(0, b, float(t), 3.5) for b in range(2) for t in PERIODS])
    starting = from_reference(rough, read_model("ak135"), "ak135", 0.06)
    forward = Physics(Survey(BRANCHES, PERIODS), starting.depth) @ starting.tie
    generator = torch.Generator().manual_seed(4)
    truth = starting.prior.sample(NUMBER, generator)
    with torch.no_grad():
        data = forward(truth)
    data = data + 0.02 * torch.randn(data.shape, generator=generator).double()
    rows = [
        (site, b, float(t), float(data[site, b, i]))
        for site in range(NUMBER)
        for b in range(2)
        for i, t in enumerate(PERIODS)
        if (site, b) != (2, 1) and (site, i) != (3, 4)
    ]
    return table(rows), starting, truth


def table(rows: list[tuple[int, int, float, float]]) -> DispersionCurves:
    site, branch, period, velocity = zip(*rows, strict=True)
    return DispersionCurves.from_columns(
        wave=[BRANCHES[b].wave for b in branch],
        kind="phase",
        period=period,
        velocity=velocity,
        sigma=[0.02] * len(rows),
        site=[f"S{i}" for i in site],
        latitude=[40.0 + i for i in site],
        longitude=[5.0] * len(rows),
    )


def test_the_table_is_laid_out_by_site(region) -> None:
    curves, _, _ = region
    sites = Sites.of(curves)
    assert sites.names == tuple(f"S{i}" for i in range(NUMBER))
    assert_close(sites.latitude, 40.0 + torch.arange(NUMBER).double())
    for i, name in enumerate(sites.names):
        velocity, sigma = curves.select(site=name).gridded(sites.survey)
        assert_close(sites.velocity[i], velocity, equal_nan=True)
        assert_close(sites.sigma[i], sigma, equal_nan=True)


def test_picks_of_one_value_are_combined() -> None:
    curves = table([(0, 0, 5.0, 3.0), (0, 0, 5.0, 3.02), (1, 0, 5.0, 3.1)])
    sites = Sites.of(curves)
    assert_close(sites.velocity[:, 0, 0], torch.tensor([3.01, 3.1]).double())
    assert float(sites.sigma[0, 0, 0]) == pytest.approx(0.02 / math.sqrt(2.0))


def test_a_batch_gives_what_every_site_gives_alone(region) -> None:
    curves, starting, truth = region
    found = invert_sites(Sites.of(curves), starting, floor=0.005)
    assert (found.status == Status.CONVERGED).all()
    assert float(((found.vs - truth) / found.sigma).square().mean()) == pytest.approx(1.0, abs=0.5)
    for i in (0, 2, 3):
        alone = invert(curves.select(site=f"S{i}"), starting, floor=0.005).posterior
        assert float(((found.vs[i] - alone.mean) / alone.sigma).abs().max()) < 0.02
        assert_close(found.sigma[i], alone.sigma, rtol=1e-3, atol=0.0)
        assert float(found.chi2[i]) == pytest.approx(float(alone.chi2), rel=1e-3)


def test_batches_and_their_order_change_nothing(region, monkeypatch: pytest.MonkeyPatch) -> None:
    curves, starting, _ = region
    sites = Sites.of(curves)
    sites.velocity[4, 0, 2] += 0.5  # so that there is a second round
    whole = invert_sites(sites, starting)
    monkeypatch.setattr(region_module, "TOGETHER", 4)
    parts = invert_sites(sites, starting, spread=lambda invert, batches: map(invert, reversed(batches)))
    assert_close(parts.vs, whole.vs, rtol=1e-10, atol=0.0)
    assert_close(parts.sigma, whole.sigma, rtol=1e-10, atol=0.0)
    assert parts.message == whole.message


def test_a_site_that_is_refused_stops_no_other(region) -> None:
    curves, starting, _ = region
    sites = Sites.of(curves)
    sites.sigma[1] = 0.0  # which no reader lets through
    found = invert_sites(sites, starting)
    assert found.status.tolist() == [0, REFUSED, 0, 0, 0, 0]
    assert (
        found.message[1]
        == "Refused: rayleigh phase 0 at 5 s: sigma is 0, expected a positive number of km/s: give "
        "the one-sigma error of the velocity"
    )
    assert found.vs[1].isnan().all()
    sites.sigma[1] = 0.02
    assert_close(
        found.vs[[0, 2, 3, 4, 5]], invert_sites(sites, starting).vs[[0, 2, 3, 4, 5]], rtol=1e-6, atol=0.0
    )


def test_a_site_without_data_is_no_result(region) -> None:
    curves, starting, _ = region
    sites = Sites.of(curves)
    sites.velocity[0] = math.nan
    found = invert_sites(sites, starting)
    assert int(found.status[0]) == REFUSED
    assert found.message[0] == "Refused: there are no data"
    assert found.vs[0].isnan().all()
    assert not found.vs[1:].isnan().any()


def test_a_site_at_two_places_is_refused() -> None:
    rows = table([(0, 0, 5.0, 3.0), (0, 0, 8.0, 3.2)])
    moved = DispersionCurves.from_picks(p._replace(latitude=40.0 + i) for i, p in enumerate(rows))
    with pytest.raises(InputError, match="expected one place per site"):
        Sites.of(moved)


def test_a_wrong_stand_in_is_put_right_by_exact_steps(region) -> None:
    curves, starting, _ = region
    sites = Sites.of(curves)

    def stand_in(survey: Survey, depth: Tensor):
        exact = Physics(survey, depth)
        return lambda earth: 1.01 * exact(earth)

    exact = invert_sites(sites, starting)
    for exact_end in (False, True):
        found = invert_sites(sites, starting, operator=stand_in, exact_end=exact_end)
        off = float(((found.vs - exact.vs) / exact.sigma).abs().max())
        assert (off < 0.02) is exact_end
        assert (off > 0.5) is not exact_end
    assert_close(found.sigma, exact.sigma, rtol=1e-2, atol=0.0)


def test_what_a_stand_in_refuses_is_inverted_by_physics(region) -> None:
    curves, starting, _ = region
    sites = Sites.of(curves)

    def narrow(survey: Survey, depth: Tensor):
        exact = Physics(survey, depth)

        def only_one(earth: Tensor) -> Tensor:
            if earth.ndim > 2:
                raise InputError("outside the range of training")
            return exact(earth)

        return only_one

    found = invert_sites(sites, starting, operator=narrow)
    assert (found.status == REFUSED).all()
    found = invert_sites(sites, starting, operator=narrow, exact_end=True)
    assert (found.status == Status.CONVERGED).all()
