"""What training shows a network: errors planted inside the ensemble's subspace and outside it, and distances."""

import math
from dataclasses import replace

import pytest
import torch
from audit_compare_toys import CODOMAIN, DOMAIN, POSITIONS, exact, kernels, models

from seisgrad.audit.layout import Layout
from seisgrad.audit.linear import pairs
from seisgrad.audit.report import Row
from seisgrad.audit.shift import rank_correlation, stretched, with_low, with_step
from seisgrad.audit.subspace import Ensemble, in_words
from seisgrad.errors import InputError

LAYOUT = Layout.of(DOMAIN, CODOMAIN)
MODELS, TRAINING = models(6, 1), models(500, 2)
ENSEMBLE = Ensemble.of(TRAINING, LAYOUT)


def measured(learned, ensemble: Ensemble = ENSEMBLE) -> dict:
    """The measures of a twin whose kernels are given."""
    (pair,) = pairs(exact(), exact(), MODELS, LAYOUT)
    planted = replace(pair, learned=learned)
    return ensemble.measure(planted, LAYOUT.parameters)


def test_the_ensemble_of_five_modes_has_five_directions_whatever_the_units() -> None:
    assert len(ENSEMBLE.whole) == len(ENSEMBLE.compared) == 5
    in_kg = torch.tensor([[1.0], [1000.0]], dtype=torch.float64)
    other = Ensemble.of(TRAINING * in_kg, LAYOUT)
    assert len(other.whole) == 5
    torch.testing.assert_close(other.whole.deviations, ENSEMBLE.whole.deviations)
    for one, same in zip(ENSEMBLE.distance(MODELS), other.distance(MODELS * in_kg), strict=True):
        torch.testing.assert_close(one, same)


def test_the_directions_are_orthonormal_and_explain_the_share_that_was_asked_for() -> None:
    vectors = ENSEMBLE.whole.vectors.flatten(1)
    torch.testing.assert_close(vectors @ vectors.T, torch.eye(5, dtype=torch.float64))
    assert len(Ensemble.of(TRAINING, LAYOUT, share=0.3).whole) == 1


def test_any_error_is_the_sum_of_its_two_parts() -> None:
    b = kernels(MODELS)
    e = torch.randn(b.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    found = measured(b + e)
    scale = ENSEMBLE.scale[:, None]
    for name, error, size in (
        ("", (e * scale).flatten(-2), (b * scale).flatten(-2)),
        ("rho", e[..., 1, :], b[..., 1, :]),
    ):
        whole = found["error_inside", name] ** 2 + found["error_outside", name] ** 2
        torch.testing.assert_close(whole, (error.norm(dim=-1) / size.norm(dim=-1)) ** 2)


def test_a_white_error_lies_inside_as_often_as_the_subspace_has_directions() -> None:
    b = kernels(MODELS)
    e = torch.randn(2000, *b.shape[1:], generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    (one,) = pairs(exact(), exact(), MODELS[:1], LAYOUT)
    one = one.take(torch.zeros(len(e), dtype=torch.int64))
    many = replace(one, learned=one.reference + e / ENSEMBLE.scale[:, None])
    share = 1 - ENSEMBLE.measure(many, LAYOUT.parameters)["outside_share", ""].mean().item()
    assert share == pytest.approx(5 / 80, rel=0.03)


def test_an_error_along_a_direction_of_training_is_inside_and_changes_the_derivative_along_the_prior() -> (
    None
):
    b = kernels(MODELS)
    direction = ENSEMBLE.compared.vectors[0] / ENSEMBLE.scale[:, None]
    found = measured(b + 5.0 * direction)
    assert found["outside_share", ""].max() < 1e-12
    assert found["along_error", ""].min() > 0.05


def test_an_error_between_parameters_that_move_together_is_outside_and_no_value_shows_it() -> None:
    """The ensemble never moves vs without rho: an error of their difference answers to nothing it knows."""
    b = kernels(MODELS)
    e = torch.stack([torch.ones(40), -2.0 * torch.ones(40)]).double()  # rho moves half as far
    found = measured(b + 3.0 * e)
    assert found["outside_share", ""].min() > 1 - 1e-12
    assert found["error_outside", ""].min() > 0.5
    assert found["along_error", ""].max() < 1e-12
    assert found["along_cosine", ""].min() > 1 - 1e-12
    assert found["error_inside", "vs"][:, 0].min() > 0.1  # while each half alone would show


def test_positions_that_do_not_count_are_in_the_derivative_along_the_prior_and_not_in_the_split() -> None:
    inside = POSITIONS < 20.0
    ensemble = Ensemble.of(TRAINING, replace(LAYOUT, inside=inside))
    e = torch.where(inside, 0.0, 1.0).double()
    found = measured(kernels(MODELS) + e, ensemble)
    assert found["error_inside", ""].max() == found["error_outside", ""].max() == 0.0
    assert found["along_error", ""].min() > 1e-3


def test_distances_of_the_ensemble_are_one_and_grow_with_what_moves_a_model_away() -> None:
    wide = TRAINING + 0.01 * torch.randn(
        TRAINING.shape, generator=torch.Generator().manual_seed(4), dtype=torch.float64
    )
    ensemble = Ensemble.of(wide, LAYOUT, share=0.98)
    assert len(ensemble.whole) == 5
    for part in ensemble.distance(wide):
        assert part.square().mean().item() == pytest.approx(1.0, rel=1e-6)
    mean = wide.mean(0)
    for near, far in zip(
        ensemble.distance(MODELS), ensemble.distance(stretched(MODELS, wide, 3.0)), strict=True
    ):
        torch.testing.assert_close(far, 3 * near)
    torch.testing.assert_close(stretched(wide, wide, 2.0).mean(0), mean)
    near, far = (ensemble.distance(x)[2] for x in (MODELS, with_step(MODELS, POSITIONS, 20.0)))
    assert (far > 5 * near).all()


def test_an_ensemble_that_its_subspace_holds_whole_has_distance_one_too() -> None:
    distance, _, beyond = ENSEMBLE.distance(TRAINING)
    assert distance.square().mean().item() == pytest.approx(1.0, rel=1e-6)
    assert beyond.max() < 1e-6
    assert ENSEMBLE.distance(with_low(MODELS, POSITIONS, 10.0, 14.0))[2].min() > 10


def test_steps_and_low_zones_are_where_they_were_asked_for() -> None:
    step = with_step(MODELS, POSITIONS, 12.0, 1.2) / MODELS
    low = with_low(MODELS, POSITIONS, 12.0, 15.0, 0.8) / MODELS
    torch.testing.assert_close(step, torch.where(POSITIONS >= 12, 1.2, 1.0).double().expand_as(MODELS))
    there = (POSITIONS == 12) | (POSITIONS == 13) | (POSITIONS == 14)
    torch.testing.assert_close(low, torch.where(there, 0.8, 1.0).double().expand_as(MODELS))
    with pytest.raises(InputError, match="some and not all"):
        with_step(MODELS, POSITIONS, 100.0)
    with pytest.raises(InputError, match="some and not all"):
        with_low(MODELS, POSITIONS, 0.0, 100.0)


def test_rank_correlation_sees_order_alone_and_its_interval_covers() -> None:
    x = torch.linspace(0.0, 3.0, 20, dtype=torch.float64)
    assert rank_correlation("a", x, x.exp()).value == pytest.approx(1.0)
    assert rank_correlation("a", x, -(x**3)).value == pytest.approx(-1.0)
    inside = 0
    for seed in range(300):
        a, b = torch.randn(2, 50, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        found = rank_correlation("a", a, a + 2 * b)
        inside += found.low <= 6 / math.pi * math.asin(1 / (2 * math.sqrt(5))) <= found.high
    assert (
        0.91 <= inside / 300 <= 0.99
    )  # 6/π asin(ρ/2): Spearman's coefficient of a Gaussian of correlation ρ
    assert math.isnan(rank_correlation("a", x, torch.full_like(x, math.nan)).value)


@pytest.mark.parametrize(
    "wrong", [TRAINING[:1], TRAINING[:1].expand(5, -1, -1), TRAINING.index_fill(0, torch.tensor(3), math.nan)]
)
def test_an_ensemble_that_shows_nothing_is_refused(wrong: torch.Tensor) -> None:
    with pytest.raises(InputError, match="training ensemble"):
        Ensemble.of(wrong, LAYOUT)


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ((0.01, 0.02, 0.01, 0.6), "are right"),
        ((0.05, 0.6, 0.01, 0.9), "unanswerable"),
        ((0.5, 0.1, 0.4, 0.05), "matter of training"),
        ((0.3, 0.6, 0.3, 0.7), "Both"),
        ((math.nan, math.nan, math.nan, math.nan), "could be compared"),
    ],
)
def test_words_say_which_of_the_two_an_error_is(numbers: tuple[float, ...], words: str) -> None:
    names = ("error_inside", "error_outside", "along_error", "outside_share")
    rows = [
        Row(name, "", "late", *[math.nan] * 3, median, *[math.nan] * 2, 1, 0)
        for name, median in zip(names, numbers, strict=True)
    ]
    assert words in in_words(rows)["late"]
