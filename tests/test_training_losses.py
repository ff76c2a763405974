"""What is minimised: closed forms, rows of a Jacobian, and values that do not exist."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from seisgrad.operator import jacobian
from seisgrad.training import row_loss, selected_rows, value_loss


@given(error=st.floats(-5, 5), beta=st.floats(0.01, 2), true=st.floats(1, 5))
def test_the_loss_of_a_value_is_that_of_torch(error: float, beta: float, true: float) -> None:
    """Smooth-L1, over beta; relative errors are errors of values that are scaled to one."""
    predicted, exact = torch.tensor([true + error]).double(), torch.tensor([true]).double()
    theirs = nn.functional.smooth_l1_loss(predicted, exact, beta=beta) / beta
    torch.testing.assert_close(value_loss(predicted, exact, beta, relative=False), theirs)
    relative = value_loss(predicted, exact, beta, relative=True)
    torch.testing.assert_close(relative, value_loss(predicted / exact, exact / exact, beta, relative=False))


def test_values_that_do_not_exist_count_for_nothing() -> None:
    predicted = torch.tensor([3.0, 2.0, 1.0], requires_grad=True)
    true = torch.tensor([2.0, torch.nan, 1.5])
    loss = value_loss(predicted, true, 0.1, relative=True)
    torch.testing.assert_close(loss, value_loss(predicted[::2], true[::2], 0.1, relative=True))
    loss.backward()
    assert predicted.grad is not None
    assert predicted.grad[1] == 0
    assert predicted.grad.isfinite().all()
    nothing = value_loss(predicted, torch.full((3,), torch.nan), 0.1, relative=False)
    assert nothing == 0


def smooth() -> nn.Module:
    return nn.Sequential(
        nn.Flatten(), nn.Linear(6, 8), nn.GELU(), nn.Linear(8, 4), nn.Unflatten(1, (2, 2))
    ).double()


def test_selected_rows_are_rows_of_the_jacobian() -> None:
    network, x = smooth(), torch.randn(5, 3, 2, dtype=torch.float64)
    index = torch.tensor([0, 3, 1, 2, 3])
    y, rows = selected_rows(network, x, index)
    assert rows.shape == x.shape
    for i, which in enumerate(index):
        whole = jacobian(network, x[i : i + 1])[0].flatten(0, 1)  # [output, 1, 3, 2]
        torch.testing.assert_close(rows[i], whole[which, 0])
    torch.testing.assert_close(y, network(x))


def test_rows_can_be_trained_on_and_need_no_gradient_to_be_looked_at() -> None:
    """The derivative of a row loss to a weight, against central differences; and the same rows under no_grad."""
    network, x = smooth(), torch.randn(5, 3, 2, dtype=torch.float64)
    index, exact = torch.tensor([0, 3, 1, 2, 3]), torch.randn(5, 3, 2, dtype=torch.float64)
    weight = network[1].weight

    def loss() -> torch.Tensor:
        return row_loss(selected_rows(network, x, index)[1], exact, (1.0, 2.0, 0.5))

    loss().backward()
    assert weight.grad is not None
    h, found = 1e-6, weight.grad[2, 3].clone()
    with torch.no_grad():
        weight[2, 3] += h
        above = loss()
        weight[2, 3] -= 2 * h
        below = loss()
    assert not above.requires_grad
    torch.testing.assert_close(found, (above - below) / (2 * h), rtol=1e-6, atol=1e-9)


def test_the_loss_of_a_row_is_its_relative_error() -> None:
    exact = torch.randn(7, 3, 20, dtype=torch.float64)
    assert row_loss(exact, exact, (1.0, 1.0, 1.0)) == 0
    tenth = row_loss(1.1 * exact, exact, (1.0, 1.0, 1.0))
    assert tenth == pytest.approx(0.01, rel=0.1)  # the floor takes a few per cent
    scaled = row_loss(2.2 * exact, 2 * exact, (1.0, 1.0, 1.0))
    torch.testing.assert_close(scaled, tenth)


def test_weights_choose_between_parameters() -> None:
    exact = torch.randn(7, 3, 20, dtype=torch.float64)
    wrong = exact.clone()
    wrong[:, 1] = 0
    assert row_loss(wrong, exact, (1.0, 0.0, 1.0)) == 0
    only = row_loss(wrong, exact, (0.0, 3.0, 0.0))
    torch.testing.assert_close(3 * row_loss(wrong, exact, (1.0, 1.0, 1.0)), only)


def test_a_parameter_without_influence_is_learnt_as_such() -> None:
    """Love waves do not feel vp: an exact row of zeros asks for small derivatives and divides by nothing."""
    exact = torch.randn(4, 3, 20, dtype=torch.float64)
    exact[:, 0] = 0
    wrong = exact.clone()
    wrong[:, 0] = 0.1
    assert 0 < row_loss(wrong, exact, (1.0, 1.0, 1.0)) < torch.inf
    assert row_loss(exact * 0, exact * 0, (1.0, 1.0, 1.0)) == 0


def test_rows_that_do_not_exist_count_for_nothing() -> None:
    exact = torch.randn(4, 3, 20, dtype=torch.float64)
    rows = (exact + 0.1).requires_grad_()
    missing = exact.clone()
    missing[1] = torch.nan
    loss = row_loss(rows, missing, (1.0, 1.0, 1.0))
    torch.testing.assert_close(loss, row_loss(rows[[0, 2, 3]], exact[[0, 2, 3]], (1.0, 1.0, 1.0)))
    loss.backward()
    assert rows.grad is not None
    assert rows.grad.isfinite().all()
    assert (rows.grad[1] == 0).all()
