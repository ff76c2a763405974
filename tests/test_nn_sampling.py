"""Values between the points of an array: right, linear, and differentiable every way."""

import pytest
import torch
from torch import Tensor
from torch.nn.functional import grid_sample
from torch.testing import assert_close

from seisgrad import checks
from seisgrad.nn.sampling import Interpolation, sample

MODES: tuple[Interpolation, ...] = ("bilinear", "bicubic")


def random(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def places(*shape: int, height: int = 5, width: int = 6) -> tuple[Tensor, Tensor]:
    """Rows and columns, some beyond the edges."""
    spread = torch.rand((2, *shape), generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    return spread[0] * (height + 1) - 1, spread[1] * (width + 1) - 1


@pytest.mark.parametrize("mode", MODES)
def test_at_the_points_it_is_the_array(mode: Interpolation) -> None:
    image = random(2, 3, 5, 6)
    rows, columns = torch.meshgrid(torch.arange(5.0), torch.arange(6.0), indexing="ij")
    every = (2, 5, 6)
    found = sample(image, rows.double().expand(every), columns.double().expand(every), mode)
    assert_close(found, image, rtol=0.0, atol=1e-13)


def test_bilinear_is_exact_for_what_is_bilinear_and_constant_beyond_the_edges() -> None:
    z, x = torch.arange(5.0).double()[:, None], torch.arange(6.0).double()
    image = (2.0 - 0.5 * z + 0.25 * x + 0.125 * z * x)[None, None]
    rows, columns = places(1, 4, 7)
    z, x = rows.clamp(0, 4), columns.clamp(0, 5)
    found = sample(image, rows, columns)[0, 0]
    assert_close(found, (2.0 - 0.5 * z + 0.25 * x + 0.125 * z * x)[0], rtol=0.0, atol=1e-13)


@pytest.mark.parametrize("mode", MODES)
def test_it_is_the_interpolation_of_torch_with_the_same_gradient(mode: Interpolation) -> None:
    image, (rows, columns) = random(2, 3, 5, 6).requires_grad_(), places(2, 4, 7)
    grid = torch.stack([2 * columns / 5 - 1, 2 * rows / 4 - 1], -1)
    theirs = grid_sample(image, grid, mode=mode, padding_mode="border", align_corners=True)
    ours, weight = sample(image, rows, columns, mode), random(2, 3, 4, 7, seed=3)
    assert_close(ours, theirs, rtol=0.0, atol=1e-13)
    (mine,), (other,) = (torch.autograd.grad((y * weight).sum(), image) for y in (ours, theirs))
    assert_close(mine, other, rtol=0.0, atol=1e-13)


@pytest.mark.parametrize("mode", MODES)
class TestDerivatives:
    def test_forward_reverse_and_second(self, mode: Interpolation) -> None:
        image, (rows, columns) = random(1, 2, 4, 5).requires_grad_(), places(1, 3, 2, height=4, width=5)

        def square(values: Tensor) -> Tensor:
            return sample(values, rows, columns, mode).square()

        assert torch.autograd.gradcheck(square, image, check_forward_ad=True)
        assert torch.autograd.gradgradcheck(square, image)

    def test_dot(self, mode: Interpolation) -> None:
        rows, columns = places(1, 3, 4)
        result = checks.dot_test(
            lambda image: sample(image, rows, columns, mode), random(1, 2, 5, 6), tolerance=1e-13
        )
        assert result.passed, result.message

    def test_vmap_of_values_and_of_both_derivatives(self, mode: Interpolation) -> None:
        images, (rows, columns) = random(3, 1, 2, 5, 6), places(1, 3, 4)

        def one(image: Tensor) -> Tensor:
            return sample(image, rows, columns, mode)

        assert_close(torch.func.vmap(one)(images), torch.stack([one(image) for image in images]))
        reverse, forward = torch.func.jacrev(one)(images[0]), torch.func.jacfwd(one)(images[0])
        assert_close(reverse, forward, rtol=0.0, atol=1e-13)
        assert_close(torch.einsum("abcdefgh,efgh->abcd", forward, images[0]), one(images[0]))

    def test_nothing_flows_to_the_places(self, mode: Interpolation) -> None:
        rows, columns = (values.requires_grad_() for values in places(1, 3, 4))
        found = sample(random(1, 2, 5, 6).requires_grad_(), rows, columns, mode)
        gradients = torch.autograd.grad(found.sum(), (rows, columns), allow_unused=True)
        assert gradients == (None, None)
