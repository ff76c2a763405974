"""Ensembles of elastic earths: seeded sample by sample, with the statistics, ties and bounds that they state."""

import dataclasses
import json

import numpy as np
import pytest
import torch

import seisgrad as sg
from seisgrad.dataset.ensemble import Rejected
from seisgrad.earth.random_field import Matern
from seisgrad.earth.scaling import density_from_vp
from seisgrad.earth.ties import brocher_vp
from seisgrad.elastic.ensembles.los_angeles import background, los_angeles
from seisgrad.elastic.ensembles.parts import FASTEST_VS, Ground, finished, with_basin
from seisgrad.elastic.histogram import depth_histogram
from seisgrad.elastic.prior import GRID, MARGIN, PRIORS, Draw, Prior, prior
from seisgrad.elastic.rayleigh import local_phase_velocity
from seisgrad.errors import InputError, WorkError

#: Half the line, coarser, for many draws.
SMALL = sg.elastic.Grid((17, 26), 1.266)


@pytest.fixture(scope="module")
def draws() -> dict[str, Draw]:
    return {name: PRIORS[name].draw(6, seed=11) for name in PRIORS}


@pytest.mark.parametrize("name", PRIORS)
def test_a_sample_depends_on_seed_split_and_index_alone(name: str) -> None:
    together, alone = (prior(name).draw(4, seed=3, grid=SMALL), prior(name).draw(1, 3, first=2, grid=SMALL))
    for part in ("earth", "sources", "held"):
        assert torch.equal(getattr(together, part)[2], getattr(alone, part)[0])
    assert not torch.equal(prior(name).draw(1, seed=4, first=2, grid=SMALL).earth, alone.earth)
    for split in ("validation", "test"):
        other = prior(name).draw(1, seed=3, first=2, split=split, grid=SMALL)
        assert not torch.isclose(other.earth, alone.earth).all()
        assert not torch.equal(other.sources, alone.sources)


@pytest.mark.parametrize("name", PRIORS)
def test_every_draw_is_an_earth(name: str, draws: dict[str, Draw]) -> None:
    draw, fastest = draws[name], prior(name).velocity[1]
    assert draw.earth.shape == (6, 3, 128, 256)
    vp, vs, rho = draw.earth.unbind(1)
    assert float(vs.min()) >= 0.5
    assert float(vs.max()) <= FASTEST_VS
    assert float(vp.max()) <= fastest
    ratio = vp / vs
    assert float(ratio.min()) >= 1.5 - 1e-12
    assert float(ratio.max()) < 4.0
    assert 1.6 < float(rho.min()) < float(rho.max()) < 3.5
    assert torch.allclose(rho, density_from_vp(vp.clamp(max=8.5)))


@pytest.mark.parametrize("name", PRIORS)
def test_vp_departs_from_brocher_by_the_few_percent_stated(name: str, draws: dict[str, Draw]) -> None:
    vp, vs, _ = draws[name].earth.unbind(1)
    fastest = prior(name).velocity[1]
    free = (vp > 1.5 * vs + 1e-9) & (vp < fastest)
    departure = (vp / brocher_vp(vs) - 1.0)[free]
    stated = {"los_angeles": (0.017, 0.023), "broad": (0.01, 0.04), "basin": (0.009, 0.011)}[name]
    assert stated[0] < float(departure.std()) < stated[1]


def test_the_paper_ensemble_has_its_mean_its_deviation_and_its_correlations() -> None:
    rng = np.random.default_rng(1)
    grounds = [los_angeles(rng, SMALL) for _ in range(300)]
    vs = np.stack([ground.vs for ground in grounds]) / background(SMALL.z.numpy())[:, None] - 1.0
    # 20 x 32 km hold some ten independent patches each: 1 % of the deviation over 300 of them
    assert abs(vs.mean()) < 0.01
    assert vs.std() == pytest.approx(0.2, rel=0.03)
    departure = np.stack([ground.departure for ground in grounds])
    assert departure.std() == pytest.approx(0.02, rel=0.04)
    for values, variance, nu in ((vs, 0.04, 1.5), (departure, 0.0004, 2.5)):
        correlation = Matern((2.52, 20.3), nu=nu)
        for lag in (1, 2, 4):
            down, along = values[:, lag:] * values[:, :-lag], values[..., lag:] * values[..., :-lag]
            assert down.mean() / variance == pytest.approx(float(correlation(1.266 * lag, 0.0)), abs=0.07)
            assert along.mean() / variance == pytest.approx(float(correlation(0.0, 1.266 * lag)), abs=0.07)


def test_the_background_is_that_of_the_basins_of_los_angeles() -> None:
    assert background(np.array([0.0, 0.315, 8.189, 40.0, 60.0])) == pytest.approx(
        [0.9022, 1.5764, 4.1385, 4.6347, 4.6347], abs=2e-4
    )


def test_what_is_held_is_counted_and_little_of_it_is_near_the_surface(draws: dict[str, Draw]) -> None:
    draw = draws["los_angeles"]
    vp, vs, _ = draw.earth.unbind(1)
    counts = dict(zip(Prior.causes, draw.held.T, strict=True))
    assert torch.equal(counts["vs raised"], (vs == 0.5).sum((1, 2)))
    assert torch.equal(counts["vs lowered"], (vs == FASTEST_VS).sum((1, 2)))
    assert torch.equal(counts["vp lowered"], (vp == 10.0).sum((1, 2)))
    nodes = vs[0].numel()
    assert 0.01 * nodes < float(counts["vs lowered"].double().mean()) < 0.1 * nodes
    # the mantle is held, and in the upper 5 km next to nothing
    assert float((vs[:, :16] == FASTEST_VS).double().mean()) < 0.005
    assert int(draws["basin"].held.sum()) == 0


def test_a_ground_that_no_rock_is_made_of_is_held_at_every_bound() -> None:
    grid = sg.elastic.Grid((4, 40), 0.3165)
    vs = np.full(grid.shape, 2.0)
    departure = np.zeros_like(vs)
    vs[0, :2], vs[3, :5], departure[2, :3], departure[1, :4] = 0.1, 7.0, -0.5, 2.0
    earth = finished(Ground(vs, departure), grid, (0.4, 8.0))
    assert earth.held.tolist() == [2, 5, 3, 4 + 5]  # vp of 5.5 km/s of vs is beyond 8 km/s too
    assert earth.values[:2, 2, 0] == pytest.approx([3.0, 2.0])
    assert earth.values[:2, 3, 0] == pytest.approx([8.0, 5.5])


def test_earths_whose_shortest_waves_are_too_slow_are_rejected_and_counted(draws: dict[str, Draw]) -> None:
    """In a half-space of vs 1 km/s, Poisson's ratio 0.41, the Rayleigh wave has 0.94 km/s."""
    slow = Prior(
        "slow", lambda rng, grid: Ground(np.full(grid.shape, rng.choice([1.0, 2.0])), np.zeros(grid.shape))
    )
    draw = slow.draw(9, seed=1, grid=SMALL)
    assert set(draw.rejected) == {"Rayleigh wave of 0.5 Hz slower than 0.95 km/s"}
    for name in PRIORS:
        phase = local_phase_velocity(draws[name].earth.float(), GRID.spacing, 0.4988)
        assert float(phase.min()) > prior(name).velocity[0]
    assert bool((draw.earth[:, 1] == 2.0).all())

    def never(rng: np.random.Generator, grid: sg.elastic.Grid) -> Ground:
        raise Rejected("never")

    with pytest.raises(WorkError, match="rejected 1000 draws in a row on a grid of"):
        Prior("never", never).draw(1, seed=1)


def test_structure_and_sources_stay_where_they_are_on_a_finer_grid() -> None:
    """The field is another one; of ``basin`` it is so weak that the fill stands out of it on both."""
    coarse = prior("basin").draw(12, seed=4, grid=SMALL)
    fine = prior("basin").draw(12, seed=4, grid=SMALL.finer(4))
    assert torch.equal(coarse.sources, fine.sources)
    fill = [draw.earth[:, 1, ::step, ::step] < 1.8 for draw, step in ((coarse, 1), (fine, 4))]
    assert 0.3 < float(fill[0][:, 0].double().mean()) < 0.95
    assert torch.equal(fill[0][:, 0], fill[1][:, 0])


def test_basins_are_slow_wide_deep_and_sharp() -> None:
    rock = np.full(GRID.shape, 3.0)
    for seed in range(20):
        vs = with_basin(np.random.default_rng(seed), GRID, rock, width=(25.0, 50.0), depth=(2.5, 5.0))
        fill = vs < 3.0
        assert 24.0 < fill[0].sum() * GRID.spacing < 51.0
        assert 1.4 < fill.any(1).sum() * GRID.spacing < 5.5
        assert (np.diff(fill.astype(int), axis=0) <= 0).all()  # rock below rock
        assert 0.8 <= vs[0][fill[0]].max() <= 1.4
        assert vs[fill].max() <= 2.6
        deepest = fill.any(1).sum()
        wide = np.flatnonzero(fill[0]), np.flatnonzero(fill[deepest // 2 - 1])
        # edges of 45° and steeper run over no more than the depth on either side
        assert wide[0][0] <= wide[1][0] <= wide[0][0] + deepest


def test_broad_is_of_many_kinds() -> None:
    draw = prior("broad").draw(120, seed=5, grid=SMALL)
    vs = draw.earth[:, 1]
    surface, crust = vs[:, 0].mean(1), vs[:, 8].mean(1)
    assert float(surface.quantile(0.1)) < 1.2
    assert float(surface.quantile(0.9)) > 2.4
    assert float(crust.quantile(0.1)) < 3.3
    assert float(crust.quantile(0.9)) > 3.8
    deviation = (vs / vs.mean(2, keepdim=True) - 1.0)[:, 10:].std((1, 2))
    assert float(deviation.quantile(0.1)) < 0.13
    assert float(deviation.quantile(0.9)) > 0.16


def test_sources_lie_evenly_along_the_line_and_more_of_them_change_nothing_else() -> None:
    one, many = prior("basin").draw(3, 7, grid=SMALL), prior("basin").draw(3, 7, grid=SMALL, sources=400)
    assert torch.equal(one.earth, many.earth)
    assert torch.equal(one.sources[:, 0], many.sources[:, 0])
    length = SMALL.extent[1]
    assert float(many.sources.min()) >= MARGIN
    assert float(many.sources.max()) <= length - MARGIN
    counts = torch.histc(many.sources, 8, MARGIN, length - MARGIN)
    assert float(((counts - 150.0) ** 2 / 150.0).sum()) < 24.3  # chi square of 7 degrees: one in a thousand


def test_the_histogram_counts_every_node_once_where_it_is(draws: dict[str, Draw]) -> None:
    earth = draws["los_angeles"].earth
    told = depth_histogram((earth, GRID))
    assert json.loads(json.dumps(told)) == told
    for name, values in (("vp", earth[:, 0]), ("vs", earth[:, 1])):
        counts, edges = np.array(told[name]), np.array(told["velocity"])
        assert counts.shape == (len(told["depth"]) - 1, len(edges) - 1)
        assert counts.sum() == values.numel()
        middle = 0.5 * (edges[1:] + edges[:-1])
        mean = (counts * middle).sum(1) / counts.sum(1)
        rows = torch.bucketize(GRID.z, torch.tensor(told["depth"], dtype=torch.float64), right=True) - 1
        for k in (0, 10, 39):
            assert mean[k] == pytest.approx(float(values[:, rows == k].mean()), abs=0.02)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(InputError, match="no prior 'losangeles', expected one of los_angeles, broad, basin"):
        prior("losangeles")
    with pytest.raises(InputError, match="number 0 of prior 'basin' is too small"):
        prior("basin").draw(0, seed=1)
    with pytest.raises(InputError, match="sources 0 of prior 'basin' is too small"):
        prior("basin").draw(1, seed=1, sources=0)
    with pytest.raises(InputError, match="seed is -1"):
        prior("basin").draw(1, seed=-1)


@pytest.mark.parametrize("name", PRIORS)
def test_every_ensemble_says_what_it_is_and_for_which_grid(name: str) -> None:
    assert len(PRIORS[name].description.split()) > 30
    assert dataclasses.replace(PRIORS[name]).grid == GRID
