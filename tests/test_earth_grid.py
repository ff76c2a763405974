"""Resampling keeps vertical travel times and mass, is exact on refinement, and never mixes water with rock."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.testing import assert_close

from seisgrad.earth import LayeredModel, resample
from seisgrad.errors import InputError


def random_model(models: int = 4, layers: int = 9, seed: int = 0) -> LayeredModel:
    generator = torch.Generator().manual_seed(seed)
    h, vs, ratio, rho = torch.rand(4, models, layers, generator=generator, dtype=torch.float64)
    vs = 0.3 + 4.0 * vs
    return LayeredModel(0.05 + 10.0 * h, (1.3 + ratio) * vs, vs, 1.8 + rho)


def column(model: LayeredModel, depth: Tensor) -> dict[str, Tensor]:
    """Vertical P and S times and mass from the surface to `depth` [..., 1]: summed by hand."""
    bottom = torch.cat([model.depth[..., 1:], torch.full_like(model.depth[..., :1], torch.inf)], -1)
    crossed = (bottom.minimum(depth) - model.depth).clamp(min=0.0)
    return {
        "p": (crossed / model.vp).sum(-1),
        "s": (crossed / model.vs).sum(-1),
        "mass": (crossed * model.rho).sum(-1),
    }


@settings(max_examples=40)
@given(seed=st.integers(0, 10_000), cells=st.integers(1, 12), depth=st.floats(0.5, 120.0))
def test_travel_times_and_mass_are_conserved_between_all_tops(seed: int, cells: int, depth: float):
    model = random_model(seed=seed)
    generator = torch.Generator().manual_seed(seed)
    steps = 0.01 + torch.rand(4, cells, generator=generator, dtype=torch.float64)
    tops = torch.cat([torch.zeros(4, 1, dtype=torch.float64), steps.cumsum(-1)], -1) * (depth / cells)
    new = resample(model, tops)
    for place in range(cells + 1):
        before, after = column(model, tops[:, place, None]), column(new, tops[:, place, None])
        for quantity in before:
            assert_close(after[quantity], before[quantity], rtol=1e-12, atol=1e-13)


def test_thin_layers_at_great_depth_keep_their_means():
    """Differences of integrals from the surface would lose ten digits here."""
    model = LayeredModel(
        [1000.0, 1e-4, 1e-4, 0.0], [8.0, 9.0, 10.0, 11.0], [4.0, 5.0, 5.5, 6.0], [3.0, 3.3, 3.5, 4.0]
    )
    new = resample(model, [0.0, 1000.0, 1000.0002])
    expected = [2.0 / (1 / 9.0 + 1 / 10.0), 2.0 / (1 / 5.0 + 1 / 5.5), 3.4]
    assert_close(new.stack()[:, 1], torch.tensor(expected, dtype=torch.float64), rtol=1e-8, atol=0.0)


def test_refinement_is_exact_and_reversible():
    model = random_model()
    inside = model.depth + 0.4 * torch.nn.functional.pad(model.thickness[..., :-1], (0, 1), value=3.0)
    fine = resample(model, torch.cat([model.depth, inside], -1).sort(-1).values)
    assert fine.layers == 2 * model.layers
    assert_close(fine.stack()[..., 0::2], model.stack(), rtol=1e-13, atol=0.0)
    assert_close(fine.stack()[..., 1::2], model.stack(), rtol=1e-13, atol=0.0)
    back = resample(fine, model.depth)
    assert_close(back.stack(), model.stack(), rtol=1e-13, atol=0.0)
    assert_close(back.thickness, model.thickness, rtol=0.0, atol=1e-13)


def test_half_space_takes_the_properties_at_its_top():
    model = LayeredModel([10.0, 20.0, 0.0], [5.0, 6.0, 8.0], [3.0, 3.5, 4.5], [2.5, 2.7, 3.3])
    assert resample(model, [0.0, 5.0]).vs[-1] == 3.0
    assert resample(model, [0.0, 10.0]).vs[-1] == 3.5, "an interface belongs to the layer below it"
    assert resample(model, [0.0, 25.0]).vs[-1] == 3.5, "what lies deeper is dropped"
    deeper = resample(model, [0.0, 10.0, 30.0, 50.0, 90.0])
    assert_close(deeper.vs, torch.tensor([3.0, 3.5, 4.5, 4.5, 4.5], dtype=torch.float64))


def test_tops_that_only_rounding_tells_apart_are_one_interface():
    model = LayeredModel([0.1, 0.1, 0.1, 0.0], [5.0, 6.0, 7.0, 8.0], [2.0, 3.0, 4.0, 4.5], 2.7)
    assert model.depth[3] != 0.3
    assert resample(model, [0.0, 0.3]).vs[-1] == 4.5
    ocean = LayeredModel([0.1, 0.1, 0.1, 0.0], [1.5, 1.5, 1.5, 8.0], [0.0, 0.0, 0.0, 4.5], 2.7)
    new = resample(ocean, [0.0, 0.3, 1.0])
    assert new.water == 1
    assert_close(new.vs, torch.tensor([0.0, 4.5, 4.5], dtype=torch.float64))
    spray = LayeredModel([0.1 + 1e-8, 0.0], [1.5, 8.0], [0.0, 4.5], 2.7)
    assert_close(resample(spray, [0.0, 0.1, 1.0]).vs, new.vs, rtol=1e-12, atol=0.0)


def test_water_stays_water_and_is_never_mixed():
    model = LayeredModel(
        [[3.0, 1.0, 2.0, 0.0]], [1.5, 1.6, 6.0, 8.0], [0.0, 0.0, 3.5, 4.5], [1.0, 1.1, 2.7, 3.3]
    )
    new = resample(model, [0.0, 2.0, 4.0, 5.0, 9.0])
    assert new.water == 2
    assert_close(new.vp[0, 1], torch.tensor(2.0 / (1 / 1.5 + 1 / 1.6), dtype=torch.float64))
    with pytest.raises(InputError, match=r"^model \[0\], new layer 2, 2 to 4.5 km, would be 80 % water"):
        resample(model, [0.0, 2.0, 4.5, 9.0])
    with pytest.raises(InputError, match="half-space from 2 km would be water"):
        resample(model, [0.0, 2.0])


def test_batches_of_models_and_of_tops_broadcast():
    model = random_model(models=3)
    shared = resample(model, [0.0, 3.0, 9.0])
    tops = torch.tensor([[[0.0, 3.0, 9.0]], [[0.0, 4.0, 8.0]]], dtype=torch.float64)
    both = resample(model, tops)
    assert both.batch_shape == (2, 3)
    assert_close(both[0].stack(), shared.stack())
    assert_close(both[1, 2].stack(), resample(model[2], [0.0, 4.0, 8.0]).stack())
    with pytest.raises(InputError, match=r"batch \[3\] and depth \[2, 3\]"):
        resample(model, tops[:, 0])


def test_resampling_is_differentiable_in_everything():
    model = random_model(models=1, layers=5)[0]
    tops = torch.tensor([0.0, 1.3, 7.7, 19.0], dtype=torch.float64)

    def values(h: Tensor, vp: Tensor, vs: Tensor, rho: Tensor, below: Tensor) -> Tensor:
        return resample(LayeredModel(h, vp, vs, rho), torch.cat([tops[:1], below])).stack()

    inputs = [t.clone().requires_grad_() for t in (model.thickness, model.vp, model.vs, model.rho, tops[1:])]
    assert torch.autograd.gradcheck(values, inputs, check_forward_ad=True)


def test_derivatives_under_water_are_finite():
    vs = torch.tensor([0.0, 3.5, 4.5], dtype=torch.float64, requires_grad=True)
    resample(
        LayeredModel([2.0, 5.0, 0.0], [1.5, 6.0, 8.0], vs, 2.7), [0.0, 1.0, 2.0, 4.0, 9.0]
    ).vs.sum().backward()
    assert vs.grad is not None
    assert vs.grad.isfinite().all()


def test_vmap_equals_a_batch():
    model = random_model()
    tops = torch.tensor([0.0, 1.3, 7.7, 19.0], dtype=torch.float64)

    def one(h: Tensor, vp: Tensor, vs: Tensor, rho: Tensor) -> Tensor:
        return resample(LayeredModel(h, vp, vs, rho), tops).stack()

    mapped = torch.func.vmap(one)(model.thickness, model.vp, model.vs, model.rho)
    assert_close(mapped, resample(model, tops).stack(), rtol=1e-14, atol=0.0)
