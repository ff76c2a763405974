"""Layers between grids and kernel layers: functions not arrays, means where it is coarser, integrals, sizes."""

import pytest
import torch
from torch import Tensor

from seisgrad.nn.column import ColumnIntegral
from seisgrad.nn.ushape import UShapedNetwork, resample


def ripple(rows: int, columns: int) -> Tensor:
    """A smooth function of period 1 on a grid of so many points, two channels."""
    z, x = (torch.arange(n, dtype=torch.float64) / n * 2 * torch.pi for n in (rows, columns))
    return torch.stack([torch.sin(z)[:, None] * torch.cos(x), torch.cos(z)[:, None] + torch.sin(2 * x)])[None]


def test_resampling_keeps_constants_and_is_linear_between_points() -> None:
    flat = torch.full((1, 1, 6, 8), 3.0, dtype=torch.float64)
    for grid in ((3, 4), (6, 8), (9, 12), (5, 31)):
        assert torch.allclose(resample(flat, grid), torch.tensor(3.0).double())
    x = ripple(6, 8)
    assert torch.equal(resample(x, (6, 8)), x)
    finer = resample(x, (12, 16))
    assert torch.allclose(finer[..., ::2, ::2], x)
    assert torch.allclose(finer[..., ::2, 1], 0.5 * (x[..., 0] + x[..., 1]))
    assert torch.allclose(
        resample(x, (3, 8))[..., 1, :], 0.25 * x[..., 1, :] + 0.5 * x[..., 2, :] + 0.25 * x[..., 3, :]
    )


def test_a_u_is_one_function_on_every_grid() -> None:
    torch.manual_seed(1)
    net = UShapedNetwork(2, 3, (4, 4)).double()
    coarse, fine = net(ripple(64, 64)), net(ripple(128, 128))
    assert coarse.shape == (1, 5, 64, 64)
    assert (fine[..., ::2, ::2] - coarse).norm() < 0.01 * coarse.norm()
    assert torch.equal(coarse[:, 3:], ripple(64, 64))


@pytest.mark.parametrize("grid", [(8, 8), (16, 10), (9, 33)])
def test_a_u_takes_small_and_odd_grids(grid: tuple[int, int]) -> None:
    net = UShapedNetwork(2, 3, (4, 6)).double()
    assert net(ripple(*grid)).shape == (1, 5, *grid)


def test_a_column_is_integrated_with_its_kernel() -> None:
    torch.manual_seed(1)
    layer = ColumnIntegral(2, 1, (4,)).double()
    z = torch.linspace(0.0, 1.0, 41, dtype=torch.float64)
    f = torch.stack([z.square(), 1.0 - z])[None, :, :, None].expand(1, 2, 41, 3).clone()
    f[..., 1] *= 2.0
    places = z[None, :, None].expand(1, 41, 3)
    with torch.no_grad():
        layer.kernel[-1].matrix.weight.zero_()
        layer.kernel[-1].matrix.bias.copy_(torch.tensor([1.0, -2.0]))
    means = torch.tensor([1 / 3, -1.0], dtype=torch.float64)[:, None] * torch.tensor([1.0, 2.0, 1.0])
    assert torch.allclose(layer(f, places)[0], means, rtol=1e-3)
