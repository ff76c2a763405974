"""Fourier layers: known convolutions and derivatives, shifts, one function on every grid, exact gradients, sizes."""

import math

import pytest
import torch
from torch import Tensor

from seisgrad.checks import taylor_test
from seisgrad.nn.fourier import FactorisedConvolution, FourierLayer, FourierNetwork, SpectralConvolution

KINDS = pytest.mark.parametrize("factorised", [False, True])


def axis(points: int) -> Tensor:
    return torch.arange(points, dtype=torch.float64) / points


def wave(grid: tuple[int, ...], *, channels: int = 2, highest: int = 2, seed: int = 1) -> Tensor:
    """Real functions ``[1, channel, *grid]`` of period 1 without wavenumbers above ``highest``."""
    generator = torch.Generator().manual_seed(seed)
    axes = torch.meshgrid(*map(axis, grid), indexing="ij")
    parts = []
    for _ in range(channels):
        total = torch.zeros(grid, dtype=torch.float64)
        for _ in range(6):
            k = torch.randint(-highest, highest + 1, (len(grid),), generator=generator)
            shift = torch.rand(1, generator=generator, dtype=torch.float64)
            phase = sum(float(n) * x for n, x in zip(k, axes, strict=True))
            total = total + torch.cos(2 * math.pi * (phase + shift))
        parts.append(total)
    return torch.stack(parts)[None]


def network(dimensions: int, *, factorised: bool, **changes) -> FourierNetwork:
    torch.manual_seed(3)
    sizes = {"width": 5, "layers": 2, "hidden": 7, **changes}
    return FourierNetwork(2, 3, (3,) * dimensions, factorised=factorised, **sizes).double()


def test_a_multiplier_of_ik_differentiates() -> None:
    """∂/∂z + 2 ∂/∂x of a function of three wavenumbers, on a grid of 12 x 9 points."""
    convolution = SpectralConvolution(1, 1, (4, 4)).double()
    k_z = torch.tensor([0, 1, 2, 3, -4, -3, -2, -1], dtype=torch.float64)[:, None]
    k_x = torch.arange(4, dtype=torch.float64)
    with torch.no_grad():
        convolution.weight.zero_()
        convolution.weight[..., 0, 0, 1] = 2 * math.pi * (k_z + 2 * k_x)
    z, x = torch.meshgrid(axis(12), axis(9), indexing="ij")
    phase = 2 * math.pi * torch.stack([2 * z - 3 * x, -3 * z + x, 1 * z])
    made = convolution(torch.sin(phase).sum(0)[None, None])[0, 0]
    slopes = 2 * math.pi * torch.tensor([2 - 6, -3 + 2, 1.0], dtype=torch.float64)
    torch.testing.assert_close(made, (slopes[:, None, None] * torch.cos(phase)).sum(0), rtol=0, atol=1e-11)


@pytest.mark.parametrize("grid", [(12, 10), (5, 9), (7, 24), (11, 8)])
def test_a_convolution_to_another_grid_is_the_same_function_there(grid: tuple[int, int]) -> None:
    torch.manual_seed(2)
    convolution = SpectralConvolution(2, 3, (3, 4)).double()
    there = convolution(wave((9, 11)), grid)
    torch.testing.assert_close(there, convolution(wave(grid)), rtol=0, atol=1e-12)


def test_a_gaussian_multiplier_is_a_periodic_convolution_with_a_gaussian() -> None:
    convolution = SpectralConvolution(1, 1, (16,)).double()
    width = 0.07
    k = torch.arange(16, dtype=torch.float64)
    with torch.no_grad():
        convolution.weight.zero_()
        convolution.weight[:, 0, 0, 0] = torch.exp(-2 * (math.pi * k * width) ** 2)
    x = axis(64)
    f = torch.exp(torch.sin(2 * math.pi * x))
    apart = x[:, None] - x + torch.arange(-3, 4, dtype=torch.float64)[:, None, None]
    kernel = torch.exp(-0.5 * (apart / width) ** 2).sum(0) / (width * math.sqrt(2 * math.pi))
    torch.testing.assert_close(convolution(f[None, None])[0, 0], kernel @ f / 64, rtol=1e-10, atol=1e-10)


def test_the_factorised_form_is_the_sum_of_convolutions_along_the_axes() -> None:
    """∂/∂z of one channel and ∂/∂x of another, added."""
    convolution = FactorisedConvolution(2, 1, (4, 4)).double()
    with torch.no_grad():
        for channel, weight in enumerate(convolution.weights):
            weight.zero_()
            weight[:, channel, 0, 1] = 2 * math.pi * torch.arange(4, dtype=torch.float64)
    z, x = torch.meshgrid(axis(10), axis(8), indexing="ij")
    phase = 2 * math.pi * (2 * z - 3 * x)
    made = convolution(torch.stack([torch.sin(phase), torch.cos(phase)])[None])[0, 0]
    expected = 2 * math.pi * (2 * torch.cos(phase) + 3 * torch.sin(phase))
    torch.testing.assert_close(made, expected, rtol=0, atol=1e-11)


@KINDS
@pytest.mark.parametrize("grid", [(16,), (12, 9), (8, 7, 10)])
def test_a_shifted_input_gives_the_shifted_output(grid: tuple[int, ...], factorised: bool) -> None:
    operator = network(len(grid), factorised=factorised)
    x = torch.randn(2, 2, *grid, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    steps, axes = tuple(range(2, 2 + len(grid))), tuple(range(2, 2 + len(grid)))
    torch.testing.assert_close(operator(x.roll(steps, axes)), operator(x).roll(steps, axes))


@KINDS
@pytest.mark.parametrize("finer", [2, 3])
def test_a_finer_grid_gives_the_same_function(factorised: bool, finer: int) -> None:
    torch.manual_seed(1)
    layer = FourierLayer(2, (3, 4), factorised=factorised).double()
    coarse, fine = (layer(wave((8 * n, 9 * n))) for n in (1, finer))
    assert coarse.std() > 0.1
    torch.testing.assert_close(fine[..., ::finer, ::finer], coarse)


@KINDS
def test_a_grid_too_coarse_for_all_modes_takes_those_it_has(factorised: bool) -> None:
    torch.manual_seed(1)
    layer = FourierLayer(2, (6, 6), factorised=factorised).double()
    coarse, fine = (layer(wave((6 * n, 5 * n))) for n in (1, 4))
    torch.testing.assert_close(fine[..., ::4, ::4], coarse)


def test_padding_parts_the_end_of_an_axis_from_its_beginning() -> None:
    """Without it the last point is a neighbour of the first; with it an axis may be cut at another length."""
    x = torch.zeros(1, 2, 20, dtype=torch.float64)
    x[..., -1] = 1.0
    effect = {}
    for padding in (0.0, 1.0):
        operator = network(1, factorised=False, padding=(padding,))
        with torch.no_grad():
            for layer in operator.layers:  # neighbours alone: a narrow Gaussian on 40 or on 20 points
                layer.spectral = SpectralConvolution(5, 5, (10,)).double()
                layer.spectral.weight.zero_()
                k = torch.arange(10, dtype=torch.float64)[:, None] * (1 if padding else 2)
                layer.spectral.weight[..., 0].diagonal(dim1=-2, dim2=-1).copy_(torch.exp(-((k / 8) ** 2)))
        with torch.no_grad():
            change = (operator(x) - operator(0 * x)).abs().amax((0, 1))
        effect[padding] = float(change[0] / change[-1])
        assert operator(x).shape == (1, 3, 20)
    assert effect[1.0] < 0.1 * effect[0.0]


@KINDS
def test_mixed_precision_is_the_same_to_its_digits(factorised: bool) -> None:
    operator, x = network(2, factorised=factorised).float(), wave((8, 6)).float()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = operator(x)
    torch.testing.assert_close(mixed.float(), operator(x), rtol=0.05, atol=0.02)


@KINDS
def test_gradients_pass_the_taylor_test(factorised: bool) -> None:
    operator = network(2, factorised=factorised, padding=(0.0, 0.25))
    x = torch.randn(1, 2, 8, 6, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    assert taylor_test(operator, x)


def test_the_gradient_of_a_weight_is_that_of_differences() -> None:
    operator = network(2, factorised=False)
    x = wave((8, 6))
    weight = operator.layers[0].spectral.weight
    (found,) = torch.autograd.grad(operator(x).square().sum(), weight)
    along = torch.randn(weight.shape, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    values = []
    with torch.no_grad():
        for step in (1e-5, -2e-5):
            weight += step * along
            values.append(float(operator(x).square().sum()))
    difference = (values[0] - values[1]) / 2e-5
    assert difference == pytest.approx(float((found * along).sum()), rel=1e-6)


def test_how_many_weights_there_are() -> None:
    def count(module) -> int:
        return sum(p.numel() for p in module.parameters())

    assert count(SpectralConvolution(3, 4, (5, 6, 7))) == 2 * 3 * 4 * (10 * 12 * 7)
    assert count(FactorisedConvolution(3, 4, (5, 6, 7))) == 2 * 3 * 4 * (5 + 6 + 7)
    layers = 2 * (2 * 5 * 5 * 6 * 3 + 5 * 5 + 5)
    assert count(network(2, factorised=False)) == (2 * 5 + 5) + layers + (5 * 7 + 7) + (7 * 3 + 3)
