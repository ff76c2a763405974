"""The shipped elastic surrogate: near to the exact operator, reciprocal, differentiable, and at home on other lines."""

import pytest
import torch
from torch import Tensor

from seisgrad import elastic
from seisgrad.checks import taylor_test
from seisgrad.elastic.error_card import CLEAR, correlation
from seisgrad.elastic.harmonic.mesh import Resolution

GRID = elastic.Grid((64, 128), 0.3165)
PLACES = 20.1 + torch.linspace(-12.0, 12.0, 13, dtype=torch.float64)
FREQUENCIES = torch.tensor([0.15, 0.25, 0.35, 0.45], dtype=torch.float64)
SURVEY = elastic.Survey(PLACES, PLACES, FREQUENCIES)


@pytest.fixture(scope="module")
def earths() -> Tensor:
    """Two of the training ensemble, which have not been trained on: rather fast, and rather slow."""
    draws = [elastic.prior("los_angeles").draw(1, seed, split="test", grid=GRID) for seed in (1, 3)]
    return torch.cat([draw.earth for draw in draws])


@pytest.fixture(scope="module")
def earth(earths: Tensor) -> Tensor:
    return earths[0]


def exact(grid: elastic.Grid, survey: elastic.Survey) -> elastic.Harmonic:
    return elastic.Harmonic(grid, survey, slowest=1.4, resolution=Resolution(top_cells=1.5, growth=0.25))


def close(survey: elastic.Survey) -> Tensor:
    return (survey.receivers - survey.sources[:, None]).abs() < CLEAR


def test_its_records_are_those_of_the_exact_operator(earths: Tensor) -> None:
    net, background = elastic.load("default", GRID, SURVEY), elastic.Background(GRID, SURVEY)
    found = []
    for earth in earths:
        with torch.no_grad():
            truth = exact(GRID, SURVEY)(earth)
            found.append([correlation(op(earth), truth, close(SURVEY)).mean(0) for op in (net, background)])
    learned, without = (torch.stack(values).mean(0) for values in zip(*found, strict=True))
    assert float(learned[:2].min()) > 0.99
    assert float(learned.min()) > 0.97
    assert bool((learned > without).all())


def test_source_and_receiver_change_places(earth: Tensor) -> None:
    with torch.no_grad():
        u = elastic.load("default", GRID, SURVEY)(earth)
    vertical = u[:, :, 0]  # [source, frequency, receiver, part]
    assert float((vertical - vertical.transpose(0, 2)).norm() / vertical.norm()) < 1e-5


def test_its_gradient_is_that_of_its_values(earth: Tensor) -> None:
    net = elastic.load("default", GRID, SURVEY.select(frequency=[1]), dtype=torch.float64)
    assert taylor_test(net, earth).order > 1.9


def test_a_shorter_line_over_the_same_earth_records_the_same(earth: Tensor) -> None:
    """The middle of an earth whose ends go on as they are: what lies beyond the shorter grid is the same there."""
    ends = earth.clone()
    ends[..., :24], ends[..., -24:] = earth[..., 24:25], earth[..., -25:-24]
    short = elastic.Grid((64, 128 - 48), GRID.spacing)
    inside = PLACES[(PLACES > 9.0) & (PLACES < 31.0)]
    whole, part = (elastic.Survey(p, p, FREQUENCIES) for p in (inside, inside - 24 * GRID.spacing))
    with torch.no_grad():
        a = elastic.load("default", GRID, whole, outside="allow")(ends)
        b = elastic.load("default", short, part, outside="allow")(ends[..., 24:-24].contiguous())
    assert float(correlation(b, a, close(whole)).min()) > 0.99
