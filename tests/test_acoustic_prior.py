"""Ensembles of acoustic earths: seeded sample by sample, with the statistics and the structure that they state."""

import math
from collections import Counter

import numpy as np
import pytest
import torch

import seisgrad as sg
from seisgrad.acoustic.ensembles.sharp import contrasts
from seisgrad.acoustic.prior import GRID, PRIORS, Prior, prior
from seisgrad.dataset.ensemble import Rejected
from seisgrad.errors import InputError, WorkError
from seisgrad.waves.structures import layers


@pytest.mark.parametrize("name", PRIORS)
def test_a_sample_depends_on_seed_split_and_index_alone(name: str) -> None:
    together, alone = prior(name).draw(6, seed=3), prior(name).draw(1, seed=3, first=4)
    assert torch.equal(together.earth[4], alone.earth[0])
    assert torch.equal(together.source[4], alone.source[0])
    assert not torch.equal(prior(name).draw(1, seed=4, first=4).earth, alone.earth)
    for split in ("validation", "test"):
        other = prior(name).draw(1, seed=3, first=4, split=split)
        assert not torch.equal(other.earth, alone.earth)
        assert not torch.equal(other.source, alone.source)


@pytest.mark.parametrize("name", PRIORS)
def test_every_draw_is_an_earth_on_any_grid_of_the_name(name: str) -> None:
    own = prior(name).draw(30, seed=11)
    assert own.earth.shape == (30, 2, 64, 64)
    assert own.earth.dtype == torch.float64
    finer = prior(name).draw(2, seed=11, grid=GRID.finer(2))
    oblong = prior(name).draw(2, seed=11, grid=sg.acoustic.Grid((40, 90), 0.1))
    assert oblong.earth.shape == (2, 2, 40, 90)
    for draw in (own, finer, oblong):
        velocity, density = draw.earth.unbind(1)
        assert velocity.min() >= prior(name).velocity[0]
        assert velocity.max() <= prior(name).velocity[1]
        assert density.min() >= 1.0
    assert torch.equal(finer.source, own.source[:2])
    assert set(own.rejected) <= {"velocity below 2 km/s", "velocity above 4.5 km/s"}
    assert own.rejected.total() < 10


def test_the_paper_ensemble_has_its_mean_its_deviation_and_its_correlation() -> None:
    earth = prior("von_karman").draw(400, seed=1).earth
    velocity, density = earth.unbind(1)
    assert torch.allclose(velocity / 3.0, density / 2.2)
    relative = (velocity / 3.0 - 1.0).numpy()
    # fields of 10 km hold some 20 independent patches each: 1 % of the deviation over 400 of them
    assert abs(relative.mean()) < 0.05 * 0.04
    assert relative.std() == pytest.approx(0.05, rel=0.03)
    for lag in (1, 5, 10, 20):
        expected = 0.05**2 * math.exp(-0.16 * lag / 1.6)
        for pair in (relative[:, lag:] * relative[:, :-lag], relative[:, :, lag:] * relative[:, :, :-lag]):
            assert pair.mean() == pytest.approx(expected, abs=0.05**2 * 0.05)


def test_the_paper_ensemble_has_no_more_roughness_in_one_place_than_in_another() -> None:
    relative = prior("von_karman").draw(300, seed=2).earth[:, 0] / 3.0 - 1.0
    across = relative.square().mean(0)
    # no seam: the variance at the edges is that of the middle, and opposite edges know nothing of each other
    edges = torch.stack([across[0].mean(), across[-1].mean(), across[:, 0].mean(), across[:, -1].mean()])
    assert torch.allclose(edges, across[16:48, 16:48].mean().expand(4), rtol=0.1)
    assert abs(float((relative[:, 0] * relative[:, -1]).mean())) < 0.1 * 0.05**2


def test_sources_lie_evenly_and_away_from_the_edge() -> None:
    places = prior("square").draw(2000, seed=5).source
    assert (places >= GRID.spacing).all()
    assert (places <= GRID.extent[0] - GRID.spacing).all()
    inside = (places - GRID.spacing) / (GRID.extent[0] - 2 * GRID.spacing)
    counts = torch.histogramdd(inside, [4, 4], range=[0.0, 1.0, 0.0, 1.0]).hist
    assert float(((counts - 125.0) ** 2 / 125.0).sum()) < 37.7  # chi square of 15 degrees: one in a thousand


def test_more_sources_change_neither_the_earth_nor_the_first_sources() -> None:
    one, many = prior("broad").draw(3, seed=7), prior("broad").draw(3, seed=7, sources=20)
    assert torch.equal(one.earth, many.earth)
    assert torch.equal(one.source, many.sources[:, 0])
    assert many.sources.shape == (3, 20, 2)
    assert len(torch.unique(many.sources[0], dim=0)) == 20


def test_squares_are_squares_of_five_percent() -> None:
    earth = prior("square").draw(200, seed=3).earth
    relative = earth[:, 0] / 3.0 - 1.0
    assert torch.allclose(earth[:, 1] / 2.2 - 1.0, relative)
    signs = Counter()
    for one in relative:
        inside = one != 0.0
        rows, columns = inside.any(1).sum(), inside.any(0).sum()
        assert inside.sum() == rows * columns
        assert abs(int(rows) - int(columns)) <= 1
        assert 6 <= int(rows) <= 27
        signs[round(float(one.sum() / inside.sum()), 9)] += 1
    assert set(signs) == {0.05, -0.05}
    assert min(signs.values()) > 70


def test_layers_and_bodies_stay_where_they_are_on_a_finer_grid() -> None:
    coarse = prior("sharp").draw(20, seed=4).earth
    fine = prior("sharp").draw(20, seed=4, grid=GRID.finer(2)).earth[..., ::2, ::2]
    assert (
        float((coarse != fine).double().mean()) < 0.01
    )  # a throw of half a node may be rounded the other way
    layered = prior("layered").draw(20, seed=4).earth
    assert float(torch.diff(layered[:, 0], dim=1).abs().amax((1, 2)).min()) > 0.05 * 2.0 * 0.8


def test_contrasts_are_those_stated_and_layers_increase_downward() -> None:
    rng = np.random.default_rng(6)
    levels = [contrasts(rng, 3, -0.1, 0.05, 0.1) for _ in range(500)]
    steps = np.concatenate([(1.0 + level[1:]) / (1.0 + level[:-1]) - 1.0 for level in levels])
    assert ((np.abs(steps) > 0.05 - 1e-12) & (np.abs(steps) < 0.1 + 1e-12)).all()
    assert np.mean(steps > 0) == pytest.approx(2.0 / 3.0, abs=0.05)
    index = layers(rng, GRID, 4, dip=10.0)
    assert (np.diff(index, axis=0) >= 0).all()


def test_smooth_earths_are_smooth_and_von_karman_earths_are_not() -> None:
    def roughness(name: str) -> float:
        velocity = prior(name).draw(40, seed=9).earth[:, 0]
        return float(torch.diff(velocity, n=2, dim=1).std() / velocity.std())

    assert roughness("smooth") < 0.1 * roughness("von_karman")


def test_broad_spans_what_it_states_and_its_density_has_a_mind_of_its_own() -> None:
    earth = prior("broad").draw(150, seed=10).earth
    mean = earth.mean((2, 3))
    assert float(mean[:, 0].quantile(0.05)) < 2.65
    assert float(mean[:, 0].quantile(0.95)) > 3.35
    deviation = (earth.std((2, 3)) / mean)[:, 0]
    assert float(deviation.quantile(0.1)) < 0.02
    assert float(deviation.quantile(0.9)) > 0.06
    alike = torch.stack([torch.corrcoef(one.flatten(1))[0, 1] for one in earth])
    assert 0.2 < float((alike > 0.999).double().mean()) < 0.5
    assert float((alike < 0.8).double().mean()) > 0.2


def test_what_cannot_be_is_refused_and_rejections_are_counted() -> None:
    with pytest.raises(InputError, match="no prior 'von_carman', expected one of von_karman, "):
        prior("von_carman")
    with pytest.raises(InputError, match="number 0 of prior 'square' is too small"):
        prior("square").draw(0, seed=1)
    with pytest.raises(InputError, match="sources 0 of prior 'square' is too small"):
        prior("square").draw(1, seed=1, sources=0)
    with pytest.raises(InputError, match="seed is -1"):
        prior("square").draw(1, seed=-1)
    tries = iter([True, False, True, True, False])

    def moody(rng: np.random.Generator, grid: sg.acoustic.Grid) -> np.ndarray:
        if next(tries):
            raise Rejected("a bad day")
        return np.full((2, *grid.shape), 3.0)

    assert Prior("moody", moody).draw(2, seed=1).rejected == {"a bad day": 3}

    fast = Prior("fast", lambda rng, grid: np.full((2, *grid.shape), rng.choice([3.0, 5.0]))).draw(9, seed=1)
    assert set(fast.rejected) == {"velocity above 4.5 km/s"}
    assert bool((fast.earth == 3.0).all())

    def never(rng: np.random.Generator, grid: sg.acoustic.Grid) -> np.ndarray:
        raise Rejected("never")

    with pytest.raises(WorkError, match="rejected 1000 draws in a row"):
        Prior("never", never).draw(1, seed=1)


@pytest.mark.parametrize("name", PRIORS)
def test_every_ensemble_says_what_it_is(name: str) -> None:
    assert len(PRIORS[name].description.split()) > 15
