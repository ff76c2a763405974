"""The ensembles: seeded sample by sample, within their stated bounds, and broad enough for what they must cover."""

import numpy as np
import pytest
import torch
from scipy.interpolate import CubicSpline, PchipInterpolator

import seisgrad as sg
from seisgrad.dispersion.ensembles.interpolation import monotone_cubic, unit_spline
from seisgrad.dispersion.prior import PRIORS, prior
from seisgrad.errors import InputError

ON_THE_LONG_GRID = [name for name in PRIORS if name != "near_surface"]


@pytest.mark.parametrize("name", PRIORS)
def test_a_model_depends_on_seed_split_and_index_alone(name: str) -> None:
    together = prior(name).draw(12, seed=3).model
    alone = prior(name).draw(1, seed=3, first=7).model
    other = prior(name).draw(1, seed=4, first=7).model
    for parameter in ("thickness", "vp", "vs", "rho"):
        assert torch.equal(getattr(together, parameter)[7], getattr(alone, parameter)[0])
    assert not torch.equal(other.vs[0], alone.vs[0])
    for split in ("validation", "test"):
        assert not torch.equal(prior(name).draw(1, seed=3, first=7, split=split).model.vs[0], alone.vs[0])


@pytest.mark.parametrize("name", PRIORS)
def test_every_draw_is_an_earth_that_carries_surface_waves(name: str) -> None:
    draw = prior(name).draw(40, seed=11)
    model = draw.model  # validated when made: positive, finite, vp/vs above its bound
    periods = torch.linspace(2.0, 60.0, 8) if name in ON_THE_LONG_GRID else torch.linspace(0.02, 0.3, 8)
    velocity = sg.dispersion.velocity(model, periods.double(), "rayleigh")
    assert torch.isfinite(velocity).double().mean() > 0.97
    assert all(isinstance(cause, str) and count > 0 for cause, count in draw.rejected.items())


def test_rejections_are_counted_by_cause() -> None:
    rejected = prior("weak_paper").draw(300, seed=1).rejected
    assert sum(rejected.values()) > 5
    assert any("half-space" in cause for cause in rejected)


def test_vp_vs_and_density_vary_on_their_own_in_weak_and_are_tied_in_weak_paper() -> None:
    def independence(name: str) -> float:
        """Roughness of ln rho that ln vp does not explain, in thousandths."""
        model = prior(name).draw(60, seed=2).model
        second = [torch.diff(torch.log(p[:, 20:200]), n=2, dim=-1).flatten() for p in (model.vp, model.rho)]
        slope = (second[0] @ second[1]) / (second[0] @ second[0])
        return float(1e3 * (second[1] - slope * second[0]).std())

    assert independence("weak") > 3.0 * independence("weak_paper")


@pytest.mark.parametrize(("slowed", "base"), [("lvz", "weak"), ("tectonic_lvz", "tectonic")])
def test_a_low_velocity_zone_lies_near_70_km(slowed: str, base: str) -> None:
    without = prior(base).draw(300, seed=6).model.vs.mean(0)
    relative = prior(slowed).draw(300, seed=5).model.vs.mean(0) / without - 1.0
    assert 55.0 < float(prior(slowed).depth[relative.argmin()]) < 85.0
    assert -0.12 < float(relative.min()) < -0.05


def test_tectonic_earths_have_a_moho() -> None:
    vs = prior("tectonic").draw(200, seed=8).model.vs
    # somewhere between 5 and 75 km vs passes 4.05 km/s, from below to above
    crossing = (vs[:, 10:150] > 4.05).double().argmax(-1) * 0.5 + 5.0
    assert float(crossing.quantile(0.9)) > 35.0
    assert float(crossing.quantile(0.1)) < 13.0


def test_other_grids_are_welcome_and_bad_ones_are_refused() -> None:
    grid = torch.tensor([0.0, 1.0, 3.0, 10.0, 40.0, 120.0], dtype=torch.float64)
    model = prior("weak").draw(2, seed=1, depth=grid).model
    assert np.allclose(model.depth.numpy(), grid.numpy())
    with pytest.raises(InputError, match="start at 0 and increase"):
        prior("weak").draw(1, seed=1, depth=grid.flip(0))
    with pytest.raises(InputError, match="seed is -1"):
        prior("weak").draw(1, seed=-1)
    with pytest.raises(InputError, match="no prior 'weka', expected one of weak, "):
        prior("weka")


def test_the_compiled_curves_are_those_of_scipy() -> None:
    rng = np.random.default_rng(12)
    for number in (2, 3, 4, 5, 12):
        knots = np.r_[0.0, np.sort(rng.uniform(1.0, 149.0, number - 2)), 150.0]
        values, at = rng.uniform(1.0, 5.0, number), np.sort(rng.uniform(0.0, 150.0, 50))
        assert np.allclose(
            monotone_cubic(knots, values, at), PchipInterpolator(knots, values)(at), atol=1e-13
        )
    for number in (4, 5, 9, 80):
        values, at = rng.standard_normal(number), rng.uniform(0.0, number - 1.0, 50)
        assert np.allclose(unit_spline(values, at), CubicSpline(np.arange(number), values)(at), atol=1e-13)
