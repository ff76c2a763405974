"""Moment tensors: known mechanisms, ways there and back, angles between mechanisms, and what random ones look like."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seisgrad.errors import InputError
from seisgrad.source.axes import (
    axes,
    decompose,
    nearest_double_couple,
    nodal_planes,
    principal_axes,
)
from seisgrad.source.kagan import kagan_angle
from seisgrad.source.moment_tensor import (
    from_basis,
    from_matrix,
    from_plane,
    from_use,
    magnitude,
    moment_of_magnitude,
    normal_and_slip,
    random_double_couples,
    scalar_moment,
    to_basis,
    to_matrix,
    to_use,
)

Triple = tuple[float, float, float]


def doubles(values) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def couple(strike: float, dip: float, rake: float) -> torch.Tensor:
    return from_plane(*doubles((strike, dip, rake)))


def draw(number: int, seed: int = 0) -> torch.Tensor:
    return random_double_couples(number, torch.Generator().manual_seed(seed))


def any_tensors(number: int = 200) -> torch.Tensor:
    return torch.randn(number, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(
    ("plane", "tensor"),
    [
        ((0, 90, 0), (0, 0, 0, 1, 0, 0)),
        ((0, 45, 90), (0, -1, 1, 0, 0, 0)),
        ((35, 60, -40), (-0.4403, 0.9969, -0.5567, -0.0346, -0.4981, 0.0436)),
    ],
)
def test_known_mechanisms(plane: Triple, tensor: tuple[float, ...]) -> None:
    assert torch.allclose(couple(*plane), doubles(tensor), atol=6e-5)


def test_obspy_finds_the_plane_in_the_tensor() -> None:
    """An independent formula: ObsPy's plane of a tensor in the frame up, south and east."""
    from obspy.imaging.beachball import MomentTensor, mt2plane

    for plane in ((35.0, 60.0, -40.0), (234.0, 71.0, -5.0), (300.0, 12.0, 170.0)):
        theirs = mt2plane(MomentTensor(*to_use(couple(*plane)).tolist(), 0))
        assert torch.allclose(couple(theirs.strike, theirs.dip, theirs.rake), couple(*plane), atol=1e-6)


def test_sizes() -> None:
    assert magnitude(doubles(1e18)).item() == pytest.approx(5.933, abs=5e-4)
    mw = torch.linspace(-1, 9.5, 22, dtype=torch.float64)
    assert torch.allclose(magnitude(moment_of_magnitude(mw)), mw)
    assert torch.allclose(scalar_moment(3e17 * draw(50)), doubles(3e17))
    matrix = to_matrix(any_tensors())
    assert torch.allclose(scalar_moment(any_tensors()), torch.linalg.matrix_norm(matrix) / 2**0.5)
    assert torch.isfinite(scalar_moment(torch.full((6,), 1e22))), "single precision is enough"
    assert scalar_moment(torch.zeros(6)).item() == 0


def test_orders_of_components_and_back() -> None:
    nn, ee, dd, ne, nd, ed = any_tensors(1)[0]
    rr, tt, pp, rt, rp, tp = to_use(any_tensors(1)[0])
    assert [rr, tt, pp, rt, rp, tp] == [dd, nn, ee, nd, -ed, -ne]
    assert torch.equal(from_use(to_use(any_tensors())), any_tensors())
    assert torch.equal(from_matrix(to_matrix(any_tensors())), any_tensors())


def test_the_basis_is_orthonormal_and_leaves_out_the_volume_change() -> None:
    moment = any_tensors()
    volume = torch.zeros(200, 6, dtype=torch.float64)
    volume[:, :3] = moment[:, :3].mean(-1, keepdim=True)
    there = to_basis(moment)
    assert torch.allclose(from_basis(there), moment - volume)
    assert torch.allclose(from_basis(torch.cat((there, volume[:, :1] * 3**0.5), -1)), moment)
    assert torch.allclose(there.norm(dim=-1), 2**0.5 * scalar_moment(moment - volume))
    nn, ee, dd = moment[0, :3]
    expected = torch.stack(((nn - ee) / 2**0.5, (2 * dd - nn - ee) / 6**0.5, *(2**0.5 * moment[0, 3:])))
    assert torch.allclose(there[0], expected)
    with pytest.raises(InputError, match="5 coefficients"):
        from_basis(torch.zeros(4))


@given(st.tuples(st.floats(0, 360), st.floats(0, 90), st.floats(-180, 180)))
def test_both_planes_make_the_same_tensor(plane: Triple) -> None:
    moment = couple(*plane)
    found = nodal_planes(moment)
    for strike, dip, rake in found:
        assert torch.allclose(from_plane(strike, dip, rake), moment, atol=1e-9)
        assert 0 <= strike < 360
        assert 0 <= dip <= 90 + 1e-9
        assert -180 <= rake <= 180
    normals = normal_and_slip(*found.unbind(-1))[0]
    assert abs(normals[0] @ normals[1]).item() < 1e-9, "the planes stand upright on each other"
    given_normal = normal_and_slip(*doubles(plane))[0]
    assert (normals @ given_normal).abs().max().item() == pytest.approx(1)


def test_axes_of_a_strike_slip_and_of_a_thrust() -> None:
    tension, null, pressure = axes(couple(0, 90, 0))
    assert null[1].item() == pytest.approx(90)
    assert tension.tolist() == pytest.approx([45, 0], abs=1e-6) or tension.tolist() == pytest.approx(
        [225, 0], abs=1e-6
    )
    assert pressure[0].item() % 180 == pytest.approx(135)
    tension, null, pressure = axes(couple(0, 45, 90))
    assert tension[1].item() == pytest.approx(90)
    assert null[0].item() % 180 == pytest.approx(0, abs=1e-6)
    assert pressure[0].item() % 180 == pytest.approx(90)
    assert pressure[1].item() == pytest.approx(0, abs=1e-6)


def test_principal_axes_are_rotations_that_make_the_tensor() -> None:
    values, vectors = principal_axes(any_tensors())
    assert torch.allclose(torch.linalg.det(vectors), doubles(1.0))
    assert torch.allclose(from_matrix(vectors * values[:, None, :] @ vectors.mT), any_tensors())
    assert (values.diff(dim=-1) <= 0).all()


@pytest.mark.parametrize(
    ("other", "angle"), [((111, 46, -94), 3.08), ((311, 47, -85), 14.44), ((108, 47, -98), 0)]
)
def test_known_angles_between_mechanisms(other: Triple, angle: float) -> None:
    first, second = 1e17 * couple(108, 47, -98), couple(*other)
    assert kagan_angle(first, second).item() == pytest.approx(angle, abs=0.02)
    assert kagan_angle(second, first).item() == pytest.approx(angle, abs=0.02)


def test_a_small_turn_is_its_own_angle() -> None:
    """A strike changed by x degrees is a rotation by x about the vertical, down to a millionth of a degree."""
    for turned in (1e-6, 1e-3, 1.0, 30.0):
        angle = kagan_angle(couple(20, 50, 30), couple(20 + turned, 50, 30)).item()
        assert angle == pytest.approx(turned, rel=1e-6, abs=1e-12)


def test_the_angle_is_never_above_120_and_reaches_it() -> None:
    """Axes that change places all round, T to B to P, are a third of a turn apart, and nothing is further."""
    cyclic = to_matrix(couple(0, 90, 0))
    frame = principal_axes(couple(0, 90, 0))[1]
    turned = frame[:, [1, 2, 0]] @ frame.mT @ cyclic @ (frame[:, [1, 2, 0]] @ frame.mT).mT
    assert kagan_angle(from_matrix(cyclic), from_matrix(turned)).item() == pytest.approx(120)


def test_random_mechanisms_point_all_ways_alike() -> None:
    """Mean and median of the angle between random rotations (Kagan 1992), and no direction preferred."""
    number = 40_000
    angles = kagan_angle(draw(number), draw(number, seed=1))
    assert angles.mean().item() == pytest.approx(75.1, abs=0.4)
    assert angles.median().item() == pytest.approx(78.6, abs=0.4)
    assert angles.max() <= 120
    vectors = principal_axes(draw(number))[1]
    spread = torch.einsum("nik,njk->kij", vectors, vectors) / number
    assert torch.allclose(spread, torch.eye(3, dtype=torch.float64) / 3, atol=0.01)
    assert torch.equal(draw(number), draw(number))


def test_parts_of_pure_sources() -> None:
    pure = doubles(
        [
            [1, 1, 1, 0, 0, 0],
            [-1, -1, 2, 0, 0, 0],
            [1, 1, -2, 0, 0, 0],
            [1, -1, 0, 0, 0, 0],
            [-1, -1, -1, 0, 0, 0],
        ]
    )
    parts = torch.stack(decompose(1e16 * pure), -1)
    expected = doubles([[100, 0, 0], [0, 0, 100], [0, 0, -100], [0, 100, 0], [-100, 0, 0]])
    assert torch.allclose(parts, expected, atol=1e-9)
    mixed = torch.stack(decompose(any_tensors()), -1)
    assert torch.allclose(mixed.abs().sum(-1), doubles(100.0))
    assert (mixed[:, 1] >= -1e-9).all()


def test_the_nearest_double_couple_is_nearer_than_any_other() -> None:
    moment = any_tensors(30)
    nearest = nearest_double_couple(moment)
    assert torch.allclose(nearest_double_couple(nearest), nearest)
    assert torch.allclose(kagan_angle(moment, nearest), doubles(0.0), atol=1e-6)
    found = scalar_moment(moment - nearest)
    for size in (0.8, 1.0, 1.2):
        others = draw(500)[:, None] * size * scalar_moment(nearest)[:, None]
        assert (scalar_moment(moment - others) >= found - 1e-12).all()
        assert (scalar_moment(moment - size * nearest) >= found - 1e-12).all()


def test_gradients_are_those_of_finite_differences() -> None:
    first, second = draw(4).requires_grad_(), draw(4, seed=5)
    assert torch.autograd.gradcheck(lambda m: kagan_angle(m, second), (first,))
    assert torch.autograd.gradcheck(scalar_moment, (first,))
    assert torch.autograd.gradcheck(
        lambda m: decompose(m + 0.2 * torch.eye(6, dtype=m.dtype)[2])[0], (first,)
    )
    plane = doubles([35.0, 60.0, -40.0]).requires_grad_()
    assert torch.autograd.gradcheck(lambda p: from_plane(*p), (plane,))


def test_the_angle_between_equal_mechanisms_has_a_gradient_without_nan() -> None:
    first = draw(1).requires_grad_()
    kagan_angle(first, first.detach().clone()).sum().backward()
    assert first.grad is not None
    assert torch.isfinite(first.grad).all()


def test_what_has_no_mechanism_is_nan_and_spoils_no_neighbour() -> None:
    moment = draw(3)
    moment[0], moment[1, 2] = 0.0, torch.nan
    angles = kagan_angle(moment, draw(3, seed=4))
    assert torch.isnan(angles).tolist() == [True, True, False]
    assert torch.isnan(nodal_planes(moment)[:2]).all()
    assert torch.isfinite(nearest_double_couple(moment)[2]).all()
