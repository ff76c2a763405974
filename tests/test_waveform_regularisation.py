"""Regularisation and preconditioning of images: closed forms, edges, and matrices that are symmetric and keep mass."""

import pytest
import torch
from torch import Tensor

from seisgrad.checks import taylor_test
from seisgrad.errors import InputError
from seisgrad.inversion.waveform import (
    Preconditioner,
    Stage,
    Sum,
    Tikhonov,
    TotalVariation,
    fwi,
    gaussian,
    held_around,
)
from seisgrad.operator import Function, Space

GRID = Space(
    "image", ("z", "x"), (7, 9), "km/s", {"z": [0.5 * i for i in range(7)], "x": [0.5 * i for i in range(9)]}
)
PAIR = Space("images", ("parameter", "z", "x"), (2, 7, 9), "1", GRID.coords)


def ramp(space: Space = GRID) -> Tensor:
    """1 km/s per km downwards and 2 along x."""
    z, x = (0.5 * torch.arange(n, dtype=torch.float64) for n in space.shape[-2:])
    return (z[:, None] + 2 * x).expand(space.shape).clone()


def noise(space: Space, seed: int = 0) -> Tensor:
    return torch.randn(space.shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_tikhonov_of_a_ramp() -> None:
    model = ramp()
    cells = 7 * 9
    assert float(Tikhonov(GRID, 2.0, 0, model)(model)) == 0.0
    assert float(Tikhonov(GRID, 2.0, 0, model)(model + 0.1)) == pytest.approx(0.01)
    slopes = (6 * 9 * 1.0 + 7 * 8 * 4.0) / cells
    assert float(Tikhonov(GRID, 1.0, 1)(model)) == pytest.approx(0.5 * slopes)
    assert float(Tikhonov(GRID, 1.0, 2)(model)) == pytest.approx(0.0, abs=1e-20)
    z = 0.5 * torch.arange(7, dtype=torch.float64)[:, None].expand(7, 9)
    assert float(Tikhonov(GRID, 1.0, 2)(z**2)) == pytest.approx(0.5 * 4.0 * 5 / 7)


def test_total_variation_asks_no_more_for_an_edge_than_for_a_slope() -> None:
    """A rise of 1 km/s over all columns costs the same in one step as in six; its square costs six times as much."""
    slope = torch.linspace(0, 1, 7, dtype=torch.float64)[:, None].expand(7, 9)
    edge = (torch.arange(7) > 2).double()[:, None].expand(7, 9)
    variation = TotalVariation(GRID, 1.0, smooth=1e-6)
    assert float(variation(edge)) == pytest.approx(float(variation(slope)), rel=1e-4)
    assert float(variation(edge)) == pytest.approx(1 / 0.5 / 7, rel=1e-4)
    square = Tikhonov(GRID, 1.0, 1)
    assert float(square(edge)) == pytest.approx(6 * float(square(slope)))


@pytest.mark.parametrize(
    "space", [GRID, PAIR, Space("line", ("z",), (9,), "1")], ids=["image", "images", "line"]
)
def test_gradients_are_right(space: Space) -> None:
    terms = [Tikhonov(space, 0.3, order) for order in (0, 1, 2)] + [TotalVariation(space, 0.2)]
    for term in [*terms, Sum(terms)]:
        passed = taylor_test(lambda m, term=term: term(m)[None], noise(space), step=1e-3, levels=4)
        assert passed.passed, passed.message
    torch.testing.assert_close(Sum(terms)(noise(space)), sum(term(noise(space)) for term in terms))


def test_total_variation_keeps_an_edge_that_tikhonov_blurs() -> None:
    """Noisy images of an edge, fitted to the same misfit with one term or the other."""
    edge = 3.0 + (torch.arange(9) > 4).double().expand(7, 9)
    see = Function(lambda m: m * 1.0, GRID, Space("image", ("z", "x"), (7, 9), "km/s"))
    data = edge + 0.1 * noise(GRID)
    start = torch.full((7, 9), 3.5, dtype=torch.float64)
    terms = [{"total_variation": 4.0}, {"roughness": 5.0}]  # of about the same misfit
    models = []
    for term in terms:
        stage = Stage(iterations=60, misfit="l2", **term)
        models.append(fwi(see, data, start, stages=[stage]).model)
    heights = [float((m[:, 5] - m[:, 4]).mean()) for m in models]
    flat = [float(m[:, :4].diff(dim=1).abs().mean()) for m in models]
    assert heights[0] > 1.3 * heights[1]
    assert flat[0] < flat[1]


@pytest.mark.parametrize("width", [0.3, 1.0, 2.5, 20.0])
def test_smoothing_is_symmetric_positive_and_keeps_mass_and_constants(width: float) -> None:
    rows = gaussian(11, width)
    torch.testing.assert_close(rows, rows.mT)
    torch.testing.assert_close(rows.sum(0), torch.ones(11).double())
    assert float(torch.linalg.eigvalsh(rows).min()) > -1e-12
    assert (rows >= 0).all()


def test_smoothing_is_a_gaussian_of_the_width_in_the_unit_of_the_coordinates() -> None:
    space = Space("image", ("z", "x"), (61, 61), "1", {a: [0.1 * i for i in range(61)] for a in "zx"})
    spike = torch.zeros(61, 61, dtype=torch.float64)
    spike[30, 30] = 1.0
    smooth = Preconditioner(space, 0.5)(spike)
    away = 0.1 * (torch.arange(61, dtype=torch.float64) - 30)
    assert float((smooth.sum(1) * away**2).sum().sqrt()) == pytest.approx(0.5, rel=1e-3)
    assert float(smooth.sum()) == pytest.approx(1.0)


def test_the_preconditioner_is_symmetric_with_held_cells_and_several_parameters() -> None:
    free = held_around(PAIR, [[1.0, 1.0]], 0.75)
    assert int((free == 0).sum()) == 9
    precondition = Preconditioner(PAIR, 0.6, free)
    a, b = noise(PAIR, 1), noise(PAIR, 2)
    assert float((a * precondition(b)).sum()) == pytest.approx(float((b * precondition(a)).sum()))
    assert float((a * precondition(a)).sum()) > 0
    assert (precondition(a)[:, free == 0] == 0).all()
    lone = torch.zeros(PAIR.shape, dtype=torch.float64)
    lone[0, 5, 5] = 1.0
    assert (precondition(lone)[1] == 0).all()  # one parameter does not leak into the other
    held = torch.zeros(PAIR.shape, dtype=torch.float64)
    held[0, 2, 2] = 1e6  # a singular gradient at a source
    assert (precondition(held) == 0).all()


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(InputError, match="order of a Tikhonov term is 3"):
        Tikhonov(GRID, 1.0, 3)
    with pytest.raises(InputError, match="weight of a term is -1"):
        TotalVariation(GRID, -1.0)
    with pytest.raises(InputError, match=r"free has shape \(3,\)"):
        Preconditioner(GRID, 0.0, torch.ones(3))
    with pytest.raises(InputError, match="negative or not finite"):
        Preconditioner(GRID, 0.0, -torch.ones(9))
    with pytest.raises(InputError, match="smoothing is -1"):
        Preconditioner(GRID, -1.0)
    with pytest.raises(InputError, match=r"places of shape \(2, 1\)"):
        held_around(GRID, [[0.0], [1.0]], 1.0)
