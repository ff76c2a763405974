"""The layered model: what it holds, what it keeps differentiable, and what it refuses, layer by layer."""

import copy
import dataclasses
import math
import time
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from seisgrad.earth import LayeredModel
from seisgrad.errors import InputError

OCEAN = {"thickness": [3.0, 10.0, 25.0, 0.0], "vp": [1.5, 6.0, 6.8, 8.0]} | {
    "vs": [0.0, 3.5, 3.9, 4.5],
    "rho": [1.0, 2.7, 2.9, 3.3],
}


def batch(models: int = 5, layers: int = 6) -> dict[str, Tensor]:
    vs = 1.0 + 3.0 * torch.rand(models, layers, dtype=torch.float64)
    return {"thickness": 0.5 + torch.rand_like(vs), "vp": 1.8 * vs, "vs": vs, "rho": 2.0 + 0.3 * vs}


def spoiled(field: str, place: tuple[int, ...], value: float) -> dict[str, Tensor]:
    fields = batch()
    fields[field][place] = value
    return fields


def test_fields_depths_and_shapes_of_one_model():
    model = LayeredModel(**OCEAN)
    assert model.depth.tolist() == [0.0, 3.0, 13.0, 38.0]
    assert (model.layers, model.batch_shape, model.water) == (4, (), 1)
    assert model.fluid.tolist() == [True, False, False, False]
    assert_close(model.stack(), torch.tensor([OCEAN["vp"], OCEAN["vs"], OCEAN["rho"]], dtype=torch.float64))
    assert all(field.dtype == torch.float64 for field in (model.thickness, model.vp, model.vs, model.rho))
    assert repr(model) == "LayeredModel(4 layers, 1 of water, half-space below 38 km, vs 0 to 4.5 km/s)"


@pytest.mark.parametrize("last", [0.0, 7.0, -1.0, math.nan, math.inf])
def test_thickness_of_the_half_space_is_ignored_and_stored_as_zero(last: float):
    given = torch.tensor([2.0, last], dtype=torch.float64)
    model = LayeredModel(given, 6.0, 3.5, 2.7)
    assert model.thickness.tolist() == [2.0, 0.0]
    assert given[1] == last or math.isnan(last), "the caller's tensor was written to"


def test_a_half_space_alone_is_a_model():
    model = LayeredModel(0.0, 6.0, 3.5, 2.7)
    assert (model.layers, model.water, model.depth.tolist()) == (1, 0, [0.0])


def test_tops_make_the_same_model_as_thicknesses():
    fields = batch()
    model = LayeredModel(**fields)
    again = LayeredModel.on_grid(model.depth, model.vp, model.vs, model.rho)
    assert_close(again.thickness, model.thickness, rtol=0.0, atol=1e-14)
    shared = LayeredModel.on_grid(0.5 * np.arange(256), 6.0, 3.5, 2.7)
    assert shared.depth[-1] == 127.5


def test_batches_broadcast_and_index_like_tensors():
    model = LayeredModel([1.0, 2.0, 0.0], torch.full((4, 1, 3), 6.0), 3.5, [[2.7] * 3, [2.8] * 3])
    assert model.batch_shape == (4, 2)
    assert len(model) == 4
    assert model[0].batch_shape == (2,)
    assert model[1, 1].rho.tolist() == [2.8] * 3
    assert model[..., 0].batch_shape == (4,)
    assert model[:2].batch_shape == (2, 2)
    assert model[model.rho[..., 0] > 2.75].batch_shape == (4,)
    assert [m.batch_shape for m in model] == [(2,)] * 4
    assert model.to_numpy().vp.flags.c_contiguous
    with pytest.raises(InputError, match="single model"):
        model[0, 0][0]


def test_numbers_of_water_layers_must_agree_only_when_asked_for():
    dry = [6.0, 6.0, 6.5, 8.0], [3.5, 3.5, 3.9, 4.5]
    model = LayeredModel(OCEAN["thickness"], [OCEAN["vp"], dry[0]], [OCEAN["vs"], dry[1]], OCEAN["rho"])
    assert model.fluid.sum(-1).tolist() == [1, 0]
    with pytest.raises(InputError, match="0 to 1 water layers"):
        _ = model.water


def test_the_graph_of_every_field_is_kept():
    fields = {name: value.requires_grad_() for name, value in batch().items()}
    model = LayeredModel(**fields)
    (model.stack().square().sum() + model.depth.square().sum()).backward()
    assert_close(fields["vs"].grad, 2.0 * fields["vs"])
    assert fields["thickness"].grad[:, :-1].abs().min() > 0.0
    assert fields["thickness"].grad[:, -1].abs().max() == 0.0
    one = torch.tensor(3.0, requires_grad=True)
    LayeredModel([1.0, 0.0], [6.0, 7.0], [one, 2.0 * one], 2.7).vs.sum().backward()
    assert one.grad == 3.0


def test_models_can_be_built_inside_transforms():
    def total(vs: Tensor) -> Tensor:
        return LayeredModel(1.0, 1.8 * vs, vs, 2.7).stack().sum()

    vs = batch()["vs"]
    assert_close(torch.func.vmap(torch.func.grad(total))(vs), torch.full_like(vs, 2.8))
    assert_close(torch.func.jacfwd(total)(vs[0]), torch.full_like(vs[0], 2.8))

    def bottom(step: Tensor) -> Tensor:
        model = LayeredModel.on_grid(torch.arange(4) * step, 6.0, 3.5, 2.7)
        assert "4 layers" in repr(model)
        return model.depth[-1]

    assert torch.func.vmap(torch.func.grad(bottom))(torch.ones(3)).tolist() == [3.0] * 3
    with pytest.raises(InputError, match="layer 1 of 6"):
        torch.func.grad(total)(-vs[0])


def test_models_copy_and_change_like_other_dataclasses():
    model = LayeredModel(**OCEAN)
    heavier = dataclasses.replace(model, rho=2.0 * model.rho)
    assert_close(heavier.rho, 2.0 * model.rho)
    assert torch.equal(copy.deepcopy(model).vs, model.vs)
    assert model
    with pytest.raises(dataclasses.FrozenInstanceError):
        model.vp = model.vs  # type: ignore[misc]


def test_a_given_array_is_not_shared():
    vs = np.array([3.0, 3.5])
    model = LayeredModel([1.0, 0.0], 6.0, vs, 2.7)
    vs[:] = 9.0
    assert model.vs.tolist() == [3.0, 3.5]


FAULTS = [
    ("thickness", -2.0, ["thickness is -2 km", "positive"]),
    ("thickness", 0.0, ["thickness is 0 km", "positive"]),
    ("thickness", math.nan, ["thickness is nan", "finite"]),
    ("thickness", math.inf, ["thickness is inf", "finite"]),
    ("vp", math.nan, ["vp is nan", "km/s"]),
    ("vs", math.nan, ["vs is nan", "km/s"]),
    ("rho", math.nan, ["rho is nan", "g/cm3"]),
    ("vp", math.inf, ["vp is inf"]),
    ("vp", -6.0, ["vp is -6 km/s", "positive"]),
    ("vp", 0.0, ["vp is 0 km/s", "positive"]),
    ("vs", -1.0, ["vs is -1 km/s", "positive"]),
    ("rho", -2.7, ["rho is -2.7 g/cm3", "positive"]),
    ("rho", 0.0, ["rho is 0 g/cm3", "positive"]),
    ("vp", 6000.0, ["vp is 6000", "looks like m/s", "divide by 1000"]),
    ("vs", 3500.0, ["vs is 3500", "looks like m/s", "divide by 1000"]),
    ("rho", 2700.0, ["rho is 2700", "looks like kg/m3", "divide by 1000"]),
    ("vp", 1.0, ["vp/vs is", "sqrt(4/3) = 1.1547", "exchanged"]),
    ("vs", 0.0, ["fluid", "below a solid", "top layers only"]),
]


@pytest.mark.parametrize(("field", "value", "said"), FAULTS)
def test_every_fault_names_model_layer_value_and_remedy(field: str, value: float, said: list[str]):
    with pytest.raises(InputError) as caught:
        LayeredModel(**spoiled(field, (3, 2), value))
    message = str(caught.value)
    assert message.startswith("model [3], layer 3 of 6: ")
    assert all(part in message for part in said), message
    assert message.endswith(".")
    with pytest.raises(InputError, match=r"^layer 3 of 6: "):
        LayeredModel(**{name: values[3] for name, values in spoiled(field, (3, 2), value).items()})


def test_the_first_fault_is_named_in_batches_of_batches():
    fields = {name: value.reshape(2, 2, 6) for name, value in batch(models=4).items()}
    fields["vp"][1, 0, 4] = fields["vp"][1, 1, 2] = math.nan
    with pytest.raises(InputError, match=r"^model \[1, 0\], layer 5 of 6: vp is nan"):
        LayeredModel(**fields)


def test_a_half_space_of_water_is_refused():
    with pytest.raises(InputError, match=r"^layer 1 of 1: the half-space is fluid"):
        LayeredModel(0.0, 1.5, 0.0, 1.0)
    with pytest.raises(InputError, match=r"^layer 2 of 2: the half-space is fluid"):
        LayeredModel([1.0, 0.0], [6.0, 1.5], [3.5, 0.0], 1.0)


def test_the_smallest_ratio_of_velocities_is_the_elastic_one():
    limit = math.sqrt(4.0 / 3.0)
    LayeredModel([1.0, 0.0], [3.0 * limit, 4.0 * limit], [3.0, 4.0], 2.7)
    with pytest.raises(InputError, match="layer 2 of 2"):
        LayeredModel([1.0, 0.0], [3.0 * limit, 4.0 * limit * (1.0 - 1e-6)], [3.0, 4.0], 2.7)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (([1.0, 0.0], [6.0], [3.5, 3.5], [2.7, 2.7]), "vp [1]"),
        (([1.0, 0.0], [6.0, 6.0], [3.5, 3.5, 3.5], [2.7, 2.7]), "vs [3]"),
        (([1.0], torch.full((2, 1), 6.0), torch.full((3, 1), 3.5), [2.7]), "vs [3, 1]"),
        (([], [], [], []), "thickness [0]"),
        (("thick", 6.0, 3.5, 2.7), "thickness is no array of numbers"),
        (([1.0, 0.0], [[6.0], [6.0, 7.0]], 3.5, 2.7), "vp is no array of numbers"),
        ((1.0, torch.tensor([6.0 + 1j]), 3.5, 2.7), "vp is complex"),
    ],
)
def test_shapes_and_kinds_that_do_not_fit_are_shown(fields: tuple, said: str):
    with pytest.raises(InputError) as caught:
        LayeredModel(*fields)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("depth", "said"),
    [
        ([1.0, 2.0], "depth starts at 1 km, expected 0"),
        ([0.0, 2.0, 1.0], r"depth\[2\] is 1 km after 2 km"),
        ([0.0, 0.0], r"depth\[1\] is 0 km after 0 km"),
        ([0.0, math.nan], r"depth\[1\] is nan km"),
        (0.0, r"depth has the shape \[\]"),
        ([], r"depth has the shape \[0\]"),
    ],
)
def test_tops_must_start_at_the_surface_and_increase(depth, said: str):
    with pytest.raises(InputError, match=said):
        LayeredModel.on_grid(depth, 6.0, 3.5, 2.7)


def best_time(work: Callable[[], object]) -> float:
    work()
    seconds = []
    for _ in range(10):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def test_validation_costs_a_few_passes_over_the_batch():
    fields = batch(1000, 256)
    one_pass = best_time(lambda: fields["vp"] * fields["vs"])
    # measured 15 passes (2 ms); a loop over layers in Python would take thousands
    assert best_time(lambda: LayeredModel(**fields)) < 100.0 * one_pass
