"""What is compared with what: axes from spaces, and both operators linearised batch by batch."""

import math
from dataclasses import fields, replace

import pytest
import torch
from audit_compare_toys import CODOMAIN, DOMAIN, OUTPUTS, POSITIONS, exact, kernels, models, value

from seisgrad.audit import Layout, Linearised, pairs
from seisgrad.errors import InputError
from seisgrad.operator import Function, Space

LAYOUT = Layout.of(DOMAIN, CODOMAIN)


def test_names_and_coordinates_are_those_of_the_spaces() -> None:
    assert LAYOUT.parameters == ("vs", "rho")
    assert LAYOUT.branches == ("a", "b")
    assert LAYOUT.outputs == OUTPUTS
    assert torch.equal(LAYOUT.positions, POSITIONS)
    assert (LAYOUT.position_axis, LAYOUT.output_axis) == ("depth", "period")
    assert LAYOUT.inside.all()
    assert {name: mask.tolist() for name, mask in LAYOUT.groups.items()} == {
        "a": [[True] * 3, [False] * 3],
        "b": [[False] * 3, [True] * 3],
    }


def test_a_space_of_one_axis_is_one_parameter_or_branch_and_without_coordinates_positions_are_counted() -> (
    None
):
    layout = Layout.of(
        Space("shear velocity", ("depth",), (4,), "km/s"), Space("time", ("station",), (2,), "s")
    )
    assert (layout.parameters, layout.branches) == (("shear velocity",), ("time",))
    assert layout.positions.tolist() == [0.0, 1.0, 2.0, 3.0]
    assert layout.kernels(torch.zeros(5, 2, 4)).shape == (5, 1, 2, 1, 4)


def test_several_leading_axes_are_taken_together_in_order() -> None:
    codomain = Space("traces", ("shot", "part", "time"), (2, 2, 3), "m", {"part": ("z", "r"), "time": "abc"})
    layout = Layout.of(DOMAIN, codomain)
    assert layout.branches == ("shot 0 z", "shot 0 r", "shot 1 z", "shot 1 r")
    assert layout.outputs == (0.0, 1.0, 2.0)  # words along the last axis are counted


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"inside": torch.zeros(40, dtype=torch.bool)}, "at least one"),
        ({"inside": torch.ones(7, dtype=torch.bool)}, "positions"),
        ({"groups": {"late": torch.zeros(2, 3, dtype=torch.bool)}}, "group 'late'"),
    ],
)
def test_masks_that_do_not_fit_are_refused(wrong, match: str) -> None:
    with pytest.raises((InputError, TypeError), match=match):
        Layout.of(DOMAIN, CODOMAIN, **wrong)


def test_a_space_without_an_axis_is_refused() -> None:
    with pytest.raises(InputError, match="no axis"):
        Layout.of(DOMAIN, Space("misfit", (), (), ""))


@pytest.mark.parametrize("batch", [1, 3, 100])
def test_pairs_are_both_operators_with_their_jacobians_whatever_the_batch(batch: int) -> None:
    x = models(7, 1)
    found = list(pairs(exact(), lambda x: 2 * value(x), x, LAYOUT, batch=batch))
    assert len(found) == math.ceil(7 / batch)
    models_, value_, learned_value, reference, learned = (
        torch.cat([getattr(pair, part.name) for pair in found]) for part in fields(found[0])
    )
    assert torch.equal(models_, x)
    torch.testing.assert_close(value_, torch.stack([value(each) for each in x]))
    torch.testing.assert_close(learned_value, 2 * value_)
    torch.testing.assert_close(reference, kernels(x))
    torch.testing.assert_close(learned, 2 * kernels(x))


def test_models_may_come_in_pieces() -> None:
    x = models(7, 1)
    together = torch.cat([pair.learned for pair in pairs(exact(), exact(), x, LAYOUT)])
    pieces = torch.cat([pair.learned for pair in pairs(exact(), exact(), iter(x.split(4)), LAYOUT, batch=3)])
    assert torch.equal(pieces, together)


def test_a_faster_way_to_the_rows_is_taken() -> None:
    both = Linearised(exact(), lambda x: (torch.vmap(value)(x), 3 * kernels(x)))
    (pair,) = pairs(both, exact(), models(2, 1), LAYOUT)
    torch.testing.assert_close(pair.reference, 3 * pair.learned)


def test_a_network_works_in_the_dtype_of_its_weights() -> None:
    network = torch.nn.Sequential(torch.nn.Flatten(0), torch.nn.Linear(80, 6), torch.nn.Unflatten(0, (2, 3)))
    (pair,) = pairs(exact(), network, models(2, 1), LAYOUT)
    assert pair.learned.dtype == pair.learned_value.dtype == torch.float64
    weight = network[1].weight.double().reshape(2, 3, 2, 40)
    torch.testing.assert_close(pair.learned, weight.expand(2, -1, -1, -1, -1))


def test_a_value_that_does_not_exist_has_no_kernel() -> None:
    missing = torch.tensor([[0.0, math.nan, 0.0], [0.0, 0.0, 0.0]])
    (pair,) = pairs(exact(), lambda x: value(x) + missing, models(2, 1), LAYOUT)
    assert torch.equal(pair.learned.isnan().all(-1).all(-1), missing.isnan().expand(2, -1, -1))
    assert not pair.learned[:, 1].isnan().any()


def test_what_cannot_be_compared_is_refused() -> None:
    x = models(2, 1)
    with pytest.raises(InputError, match="its spaces say"):
        next(pairs(value, exact(), x, LAYOUT))
    other = Function(value, DOMAIN, replace(CODOMAIN, unit="m/s"))
    with pytest.raises(InputError, match=r"codomain.*unit"):
        next(pairs(exact(), other, x, LAYOUT))
    with pytest.raises(InputError, match="models have shape"):
        next(pairs(exact(), exact(), x[0], LAYOUT))
    with pytest.raises(InputError, match="domain"):
        next(pairs(exact(), exact(), x[..., :-1], LAYOUT))
