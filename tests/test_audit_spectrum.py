"""The error by wavelength: energies that add up, waves that fall into their octave, any spacing."""

import math

import pytest
import torch

from seisgrad.audit.layout import Layout
from seisgrad.audit.linear import Pair
from seisgrad.audit.metrics import relative_l2
from seisgrad.audit.spectrum import Spectrum
from seisgrad.operator import Space

N, STEP = 64, 0.5


def layout(positions: torch.Tensor | None = None) -> Layout:
    """One parameter, one branch of two outputs."""
    positions = STEP * torch.arange(N, dtype=torch.float64) if positions is None else positions
    domain = Space("speed", ("depth",), (len(positions),), "km/s", {"depth": positions})
    return Layout.of(domain, Space("time", ("station",), (2,), "s"))


def pair(learned: torch.Tensor, exact: torch.Tensor) -> Pair:
    """Kernels ``[model, 2, position]`` as a pair; nothing else matters here."""
    models, value = torch.zeros(len(exact), 1, exact.shape[-1]), torch.zeros(len(exact), 1, 2)
    return Pair(models, value, value, exact[:, None, :, None], learned[:, None, :, None])


def rows(learned: torch.Tensor, exact: torch.Tensor, positions: torch.Tensor | None = None) -> list:
    """The spectrum of one batch."""
    spectrum = Spectrum(layout(positions), seed=0)
    spectrum.add(pair(learned, exact))
    return spectrum.rows()


def rough(models: int, seed: int) -> torch.Tensor:
    """White kernels ``[model, 2, position]``."""
    return torch.randn(models, 2, N, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_the_bands_are_octaves_from_the_mean_down_to_two_steps() -> None:
    found = rows(rough(3, 1), rough(3, 2))
    assert found[0].longest == math.inf
    assert [row.shortest for row in found] == [64.0, 32.0, 16.0, 8.0, 4.0, 2.0, 1.0]
    assert [row.longest for row in found[1:]] == [row.shortest for row in found[:-1]]


def test_squared_errors_of_all_bands_are_the_squared_relative_l2() -> None:
    learned, exact = rough(5, 1), rough(5, 2)
    found = rows(learned, exact)
    whole = relative_l2(learned, exact).square().mean().item()
    assert sum(row.error**2 for row in found) == pytest.approx(whole, rel=1e-12)
    assert sum(row.exact**2 for row in found) == pytest.approx(1.0, rel=1e-12)
    assert all(row.low < row.error < row.high for row in found)
    assert all(row.own_error == pytest.approx(row.error / row.exact) for row in found)


@pytest.mark.parametrize("k", [0, 1, 3, 5, 40])
def test_an_error_of_one_wavelength_is_in_its_band_alone(k: int) -> None:
    middle = STEP * (torch.arange(N, dtype=torch.float64) + 0.5)
    exact = rough(2, 2)
    wave = torch.cos(2 * math.pi * middle / (2 * N * STEP / k)) if k else torch.ones(N, dtype=torch.float64)
    size = 0.3 * exact.norm(dim=-1, keepdim=True) / wave.norm()
    found = rows(exact + size * wave, exact)
    for row in found:
        inside = row.shortest < (2 * N * STEP / k if k else math.inf) <= row.longest
        assert row.error == pytest.approx(0.3 if inside else 0.0, abs=1e-12)


def test_a_white_error_has_the_same_energy_per_cosine() -> None:
    exact = rough(400, 2)
    found = rows(exact + 0.5 * rough(400, 3), exact)
    for row, cosines in zip(found, (1, 1, 2, 4, 8, 16, 32), strict=True):
        assert row.error == pytest.approx(0.5 * math.sqrt(cosines / N), rel=0.12)


def test_uneven_positions_are_read_as_cells() -> None:
    """Twice as fine above: the same density, integrated over the cells, has the same spectrum."""
    fine = STEP * torch.arange(N, dtype=torch.float64)
    uneven = torch.cat([fine[:32], fine[32::2]])
    density = torch.cos(2 * math.pi * 3 * (fine + STEP / 2) / (2 * N * STEP)).expand(1, 2, -1)
    wide = torch.cat([density[..., :32], density[..., 32:].unflatten(-1, (16, 2)).sum(-1)], -1)
    even = rows(1.1 * density, density)
    found = rows(1.1 * wide, wide, uneven)
    assert sum(row.error**2 for row in found) == pytest.approx(0.01)
    (band,) = (row for row in found if row.shortest < 2 * N * STEP / 3 <= row.longest)
    assert band.error == pytest.approx(0.1, abs=0.005)
    assert max(row.error for row in even) == pytest.approx(0.1)


def test_a_kernel_of_zeros_is_left_out() -> None:
    exact = rough(4, 2)
    exact[0] = 0.0
    found = rows(1.5 * exact, exact)
    assert sum(row.error**2 for row in found) == pytest.approx(0.25)
