"""Gradients of a misfit through two operators: toys whose comparison is known."""

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from seisgrad.audit.gradients import GradientRow, Gradients, gradients
from seisgrad.errors import InputError
from seisgrad.operator import Function, Operator, Space

DEPTH = (0.0, 2.0, 4.0)
EARTH = Space(
    "earth", ("parameter", "z", "x"), (2, 3, 4), "1", {"parameter": ("velocity", "density"), "z": DEPTH}
)
DATA = Space("data", ("frequency", "receiver"), (2, 5), "1")
MATRIX = torch.randn((2, 5, 2, 3, 4), generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def linear(matrix: Tensor) -> Operator:
    return Function(lambda x: (matrix * x).sum((-3, -2, -1)), EARTH, DATA)


def half_square(predicted: Tensor, observed: Tensor) -> Tensor:
    return 0.5 * (predicted - observed).square().sum()


def pairs(number: int) -> list[tuple[Tensor, Tensor]]:
    generator = torch.Generator().manual_seed(2)
    both = torch.randn((number, 2, *EARTH.shape), generator=generator, dtype=torch.float64)
    return [(start, truth) for start, truth in both]


BANDS = {"low": lambda data: data[..., :1, :], "high": lambda data: data[..., 1:, :]}


def found(learned: Operator, **settings) -> Gradients:
    return gradients(linear(MATRIX), learned, iter(pairs(3)), half_square, BANDS, **settings)


def test_the_same_operator_has_the_same_gradients_and_they_are_those_of_the_misfit() -> None:
    report = found(linear(MATRIX), keep=2)
    assert report.bands == ("low", "high", "all")
    assert report.parameters == ("velocity", "density")
    assert report.models == 3
    for metric, right in (("cosine", 1.0), ("relative_l2", 0.0), ("ratio", 1.0)):
        assert report.values[metric].shape == (3, 3, 2)
        assert_close(report.values[metric], torch.full((3, 3, 2), right, dtype=torch.float64))
    start, truth = pairs(1)[0]
    residual = (MATRIX * (start - truth)).sum((-3, -2, -1))
    every = (residual[..., None, None, None] * MATRIX).sum(1)
    expected = torch.stack([*every, every.sum(0)])
    assert report.reference.shape == report.learned.shape == (2, 3, *EARTH.shape)
    assert_close(report.reference[0], expected)
    assert "hardly notices" in report.summary()["low, velocity"]


def test_a_factor_within_one_band_and_one_parameter_is_found_there() -> None:
    """Half the sensitivity to density at high frequency, and predictions that stay: only that gradient is halved."""

    def tampered(x: Tensor) -> Tensor:
        held = torch.stack([x[0], 0.5 * x[1] + (0.5 * x[1]).detach()])
        low = (MATRIX[0] * x).sum((-3, -2, -1))
        return torch.stack([low, (MATRIX[1] * held).sum((-3, -2, -1))])

    report = found(Function(tampered, EARTH, DATA))
    ratio, error = report.values["ratio"].mean(0), report.values["relative_l2"].mean(0)
    assert_close(ratio[:2], torch.tensor([[1.0, 1.0], [1.0, 0.5]], dtype=torch.float64))
    assert_close(error[:2], torch.tensor([[0.0, 0.0], [0.0, 0.5]], dtype=torch.float64))
    assert_close(report.values["cosine"][:, :2], torch.ones(3, 2, 2, dtype=torch.float64))
    assert 0.5 < float(ratio[2, 1]) < 1.5


def test_a_derivative_of_the_wrong_sign_at_one_depth_is_found_at_that_depth() -> None:
    def turned(x: Tensor) -> Tensor:
        middle = 2.0 * x[:, 1:2].detach() - x[:, 1:2]
        return (MATRIX * torch.cat([x[:, :1], middle, x[:, 2:]], 1)).sum((-3, -2, -1))

    report = found(Function(turned, EARTH, DATA), axis="z")
    assert report.positions == DEPTH
    assert report.by_position["cosine"].shape == (3, 3, 2, 3)
    expected = torch.tensor([1.0, -1.0, 1.0], dtype=torch.float64).expand(3, 3, 2, 3)
    assert_close(report.by_position["cosine"], expected)
    rows = [row for row in report.rows() if row.position == 2.0 and row.metric == "cosine"]
    assert len(rows) == 18
    assert all(row.value == pytest.approx(-1.0) for row in rows)


def test_rows_are_tidy_and_words_say_where_it_leads() -> None:
    report = found(Function(lambda x: (MATRIX * (2 * x.detach() - x)).sum((-3, -2, -1)), EARTH, DATA))
    rows = list(report.rows())
    assert len(rows) == 3 * 3 * 3 * 2
    assert rows[0] == GradientRow(0, "low", "velocity", None, "cosine", rows[0].value)
    assert "0% of the models are left by a way that leads down" in report.summary()["all, density"]


def test_a_plain_function_has_no_parameters_and_no_axes() -> None:
    report = gradients(lambda x: x.square(), lambda x: 2 * x.square(), pairs(1), half_square)
    assert report.parameters == ("",)
    assert list(report.summary()) == ["all"]
    with pytest.raises(InputError, match="no axis 'z'"):
        gradients(lambda x: x, lambda x: x, pairs(1), half_square, axis="z")


def test_a_gradient_of_zeros_compares_with_nothing() -> None:
    start = pairs(1)[0][0]
    report = gradients(linear(MATRIX), linear(MATRIX), [(start, start)], half_square)
    assert report.values["cosine"].isnan().all()
    assert "zero in all models" in report.summary()["all, velocity"]


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(InputError, match="no models"):
        gradients(linear(MATRIX), linear(MATRIX), [], half_square)
    with pytest.raises(InputError, match="no axis 'y' in the domain, expected one of z, x"):
        found(linear(MATRIX), axis="y")
    broken = Function(lambda x: (MATRIX * x).sum((-3, -2, -1)) * torch.nan, EARTH, DATA)
    with pytest.raises(InputError, match="model 1, learned, band 'low' is not finite"):
        found(broken)
