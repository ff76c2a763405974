"""PREM and ak135 against published tables, the copies inside ObsPy and finer versions of themselves."""

import math
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from seisgrad.earth import LayeredModel, ak135, load_reference, prem, read_model, resample
from seisgrad.errors import InputError

# Dziewonski & Anderson (1981), table II (isotropic, 1 s): depth, vp, vs, density on each side of a discontinuity. The
# polynomials of table I are printed with four decimals and reproduce it to about 1e-4.
ROUNDING = 1.1e-4
PREM_ABOVE = [
    (24.4, 6.80000, 3.90000, 2.90000),
    (220.0, 7.98970, 4.41885, 3.35950),
    (400.0, 8.90522, 4.76989, 3.54325),
    (670.0, 10.26622, 5.57020, 3.99214),
    (2891.0, 13.71660, 7.26466, 5.56645),
]
PREM_BELOW = [
    (15.0, 6.80000, 3.90000, 2.90000),
    (24.4, 8.11061, 4.49094, 3.38076),
    (80.0, 8.07688, 4.46953, 3.37471),
    (150.0, 8.03370, 4.44361, 3.36710),
    (220.0, 8.55896, 4.64391, 3.43578),
    (400.0, 9.13397, 4.93259, 3.72378),
    (600.0, 10.15782, 5.51602, 3.97584),
    (670.0, 10.75131, 5.94508, 4.38071),
    (771.0, 11.06557, 6.24046, 4.44317),
    (971.0, 11.41560, 6.37813, 4.56307),
]


def half_space(model: LayeredModel) -> Tensor:
    return model.stack()[:, -1]


def vertical_time(model: LayeredModel) -> Tensor:
    return (model.thickness / torch.stack([model.vp, model.vs])).sum(-1)


@pytest.mark.parametrize(("depth", "vp", "vs", "rho"), PREM_BELOW)
def test_prem_below_published_depths(depth: float, vp: float, vs: float, rho: float):
    expected = torch.tensor([vp, vs, rho], dtype=torch.float64)
    assert_close(half_space(prem(depth)), expected, rtol=0.0, atol=ROUNDING)


@pytest.mark.parametrize(("depth", "vp", "vs", "rho"), PREM_ABOVE)
def test_prem_above_published_depths(depth: float, vp: float, vs: float, rho: float):
    expected = torch.tensor([vp, vs, rho], dtype=torch.float64)
    assert_close(half_space(prem(math.nextafter(depth, 0.0))), expected, rtol=0.0, atol=ROUNDING)


def test_prem_at_the_core_ends_in_the_mantle():
    assert_close(
        half_space(prem(2891.0)),
        torch.tensor(PREM_ABOVE[-1][1:], dtype=torch.float64),
        rtol=0.0,
        atol=ROUNDING,
    )


def test_prem_starts_with_its_ocean_or_its_upper_crust():
    wet, dry = prem(), prem(ocean=False)
    assert (wet.water, dry.water) == (1, 0)
    assert (wet.thickness[0], wet.vp[0], wet.rho[0]) == (3.0, 1.45, 1.02)
    assert (dry.thickness[0], dry.vs[0]) == (15.0, 3.2)
    assert_close(wet.stack()[:, 2:], dry.stack()[:, 1:], rtol=0.0, atol=0.0)


def test_prem_has_its_discontinuities_and_step():
    model = prem(2891.0, 25.0)
    tops = model.depth.tolist()
    for depth in (3.0, 15.0, 24.4, 220.0, 400.0, 600.0, 670.0, 771.0, 2741.0, 2891.0):
        assert min(abs(top - depth) for top in tops) < 1e-9, depth
    assert model.thickness.max() <= 25.0 + 1e-9


@pytest.mark.parametrize("reference", [prem, ak135])
@pytest.mark.parametrize("depth", [410.0, 683.0, 2891.0])
def test_travel_time_does_not_depend_on_the_step(reference, depth: float):
    coarse, fine = reference(depth, 40.0), reference(depth, 2.0)
    assert fine.layers > 5 * coarse.layers
    assert_close(vertical_time(coarse)[0], vertical_time(fine)[0], rtol=1e-12, atol=0.0)
    assert_close(resample(fine, coarse.depth).stack(), coarse.stack(), rtol=1e-5, atol=0.0)


def test_prem_between_moho_and_220_km_is_near_its_published_linear_approximation():
    """Dziewonski & Anderson (1981), note to table I: vp = 4.1875 + 3.9382 x, vs = 2.1519 + 2.3481 x."""
    model = prem(220.0, 2.0)
    mantle = (model.depth >= 24.0) & (model.depth < 219.0)
    x = 1.0 - (model.depth + 0.5 * model.thickness)[mantle] / 6371.0
    assert_close(model.vp[mantle], 4.1875 + 3.9382 * x, rtol=3e-4, atol=0.0)
    assert_close(model.vs[mantle], 2.1519 + 2.3481 * x, rtol=3e-4, atol=0.0)


def test_ak135_agrees_with_the_copy_in_obspy():
    obspy = pytest.importorskip("obspy")
    table = Path(obspy.__file__).parent / "taup" / "data" / "ak135.tvel"
    theirs, ours = read_model(table, step=30.0), ak135(2891.5, 30.0)
    assert_close(ours.thickness, theirs.thickness)
    assert_close(ours.stack(), theirs.stack())


def test_prem_agrees_with_the_nodes_in_obspy():
    obspy = pytest.importorskip("obspy")
    table = Path(obspy.__file__).parent / "taup" / "data" / "prem.nd"
    theirs = resample(read_model(table), [0.0, 15.0, 24.4, 220.0, 400.0, 670.0, 1271.0])
    ours = resample(prem(2891.0, ocean=False), theirs.depth)
    assert_close(ours.stack(), theirs.stack(), rtol=1e-4, atol=0.0)


def test_ak135_at_published_depths():
    """Kennett, Engdahl & Buland (1995), table 3: velocities on the lower side."""
    for depth, vp, vs in ((0.0, 5.8, 3.46), (35.0, 8.04, 4.48), (410.0, 9.36, 5.08), (660.0, 10.79, 5.96)):
        assert half_space(ak135(depth))[:2].tolist() == [vp, vs]
    middle = half_space(ak135(235.0))
    assert_close(middle[1], torch.tensor(0.5 * (4.523 + 4.609), dtype=torch.float64))


def test_names_give_the_defaults():
    assert torch.equal(load_reference("prem").vs, prem().vs)
    assert torch.equal(load_reference("ak135").vs, ak135().vs)
    with pytest.raises(InputError, match="no reference model 'iasp91', expected one of prem, ak135"):
        load_reference("iasp91")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: prem(2.0), "max_depth of PREM is 2.0 km, expected 3 to 2891 km"),
        (lambda: prem(3000.0), "max_depth of PREM is 3000.0 km"),
        (lambda: prem(math.nan), "max_depth of PREM is nan km"),
        (lambda: ak135(2900.0), "max_depth of ak135 is 2900.0 km, expected 0 to 2891.5 km"),
        (lambda: prem(700.0, 0.0), "step is 0.0"),
        (lambda: ak135(700.0, -1.0), "step is -1.0"),
        (lambda: ak135(700.0, math.inf), "step is inf"),
    ],
)
def test_depths_and_steps_that_make_no_model_are_refused(make, said: str):
    with pytest.raises(InputError) as caught:
        make()
    assert said in str(caught.value)
