"""The whole audit on an operator with closed-form kernels: planted errors of known size, and nothing where there are
none.
"""

import math
import sys
import weakref
from collections.abc import Iterator
from dataclasses import astuple, replace

import pytest
import torch
from audit_compare_toys import CODOMAIN, DOMAIN, POSITIONS, exact, kernels, models, plus, value

from seisgrad import audit
from seisgrad.audit import Layout, Report, metrics
from seisgrad.audit.report import Row
from seisgrad.errors import InputError
from seisgrad.operator import Function, Space

MODELS, TRAINING = models(40, 1), models(300, 2)


def rows(report: Report, metric: str, parameter: str | None = None) -> list[Row]:
    """Rows of a metric that have a mean."""
    return [
        row
        for row in report.summary
        if row.metric == metric and parameter in (None, row.parameter) and not math.isnan(row.mean)
    ]


@pytest.fixture(scope="module")
def nothing_wrong() -> Report:
    """Exact against exact."""
    return audit.compare(exact(), exact(), MODELS, ensemble=TRAINING)


PERFECT = {
    **dict.fromkeys(("cosine", "correlation", "amplitude_ratio", "whole_cosine"), 1.0),
    **dict.fromkeys(("paper_cosine", "paper_correlation"), 1.0),
    **dict.fromkeys(("relative_l2", "whole_relative_l2", "sign_error", "integral_error"), 0.0),
    **dict.fromkeys(("value_error", "value_relative_error", "peak_drift", "paper_mae"), 0.0),
    "smooth_error_4": 0.0,
}


@pytest.mark.parametrize("metric", PERFECT)
def test_exact_against_exact_is_perfect_to_rounding(nothing_wrong: Report, metric: str) -> None:
    found = rows(nothing_wrong, metric)
    assert found
    for row in found:
        for number in (row.mean, row.low, row.high, row.median, row.p05, row.p95):
            assert number == pytest.approx(PERFECT[metric], abs=1e-7)  # medians are kept in float32


def test_exact_against_exact_is_right_inside_and_outside_at_any_wavelength_and_distance(
    nothing_wrong: Report,
) -> None:
    assert nothing_wrong.missing == {"learned": 0, "reference": 0}
    assert len(nothing_wrong.spectrum) == 28
    for row in nothing_wrong.spectrum:
        assert row.error < 1e-12 or (row.parameter, row.group) == ("vs", "b")  # which does not exist
    errors = [row for row in nothing_wrong.subspace if "error" in row.metric and row.n]
    assert errors
    assert all(row.mean < 1e-12 for row in errors)
    assert nothing_wrong.rank == 5
    assert all("are right" in words for words in nothing_wrong.subspace_words.values())
    assert nothing_wrong.shift is not None
    assert nothing_wrong.shift.error.abs().max() < 1e-12
    assert nothing_wrong.artefacts == nothing_wrong.faults == []
    steps = nothing_wrong.consequences
    assert steps is not None
    assert steps.angle.max() < 1e-6
    assert (steps.gain - 1).abs().max() < 1e-9
    assert set(nothing_wrong.verdict) == {"a", "b"}


def test_as_many_inversions_are_worked_out_as_asked_for() -> None:
    few = audit.compare(exact(), value, MODELS, inversions=3)
    assert few.consequences is not None
    assert len(few.consequences.gain) == 3
    assert audit.compare(exact(), value, MODELS, inversions=0).consequences is None


def test_kernels_that_do_not_exist_are_counted_and_not_measured(nothing_wrong: Report) -> None:
    """Branch b does not depend on vs."""
    for row in nothing_wrong.summary:
        if (row.parameter, row.group, row.metric) == ("vs", "b", "cosine"):
            assert (row.n, row.missing) == (0, 120)
            assert math.isnan(row.median)
            return
    pytest.fail("no such row")


def test_a_wrong_amplitude_is_measured_as_such() -> None:
    report = audit.compare(exact(), lambda x: 1.2 * value(x), MODELS)
    for metric, expected in {
        "amplitude_ratio": 1.2,
        "relative_l2": 0.2,
        "integral_error": 0.2,
        "smooth_error_4": 0.2,
        "value_relative_error": 0.2,
        "cosine": 1.0,
        "paper_cosine": 1.0,
        "peak_drift": 0.0,
        "sign_error": 0.0,
    }.items():
        for row in rows(report, metric):
            assert row.mean == pytest.approx(expected, abs=1e-9), row
    assert math.sqrt(sum(row.error**2 for row in report.spectrum[:7])) == pytest.approx(0.2)
    assert (report.rank, report.subspace, report.shift) == (0, [], None)
    assert [(fault.name, fault.size) for fault in report.faults] == [("scale", pytest.approx(1.2))]


def test_a_bump_moves_the_peak_of_the_outputs_it_outweighs() -> None:
    """A bump at position 30, three times as high as theory's peaks."""
    bump = torch.exp(-0.5 * ((POSITIONS - 30.0) / 3.0) ** 2)
    report = audit.compare(exact(), plus(lambda x: 10.0 * (x[1] * bump).sum()), MODELS)
    drift = report.per_output["peak_drift"].mean[1, 1]  # of rho, branch b
    theory = metrics.peak(kernels(MODELS)[:, 1, :, 1], POSITIONS).mean(0)
    torch.testing.assert_close(drift, 30.0 - theory)
    assert all(row.mean < 0.1 for row in rows(report, "peak_drift", "vs"))


def test_a_learned_error_that_grows_away_from_training_is_seen_to() -> None:
    centre = TRAINING.mean(0)
    strange = plus(lambda x: 20.0 * ((x - centre) ** 4).sum())
    moved = torch.cat([MODELS, audit.stretched(MODELS, TRAINING, 2.5)])
    report = audit.compare(exact(), strange, moved, ensemble=TRAINING)
    assert report.shift is not None
    for found in report.shift.correlations:
        assert found.low > 0.7
        assert found.n == 80
    of_b = [part for part in report.shift.bins if part.group == "b"]
    means = [part.mean for part in of_b]
    assert means == sorted(means)
    assert sum(part.n for part in of_b) == 80
    assert report.shift.distance.max() > 2 * report.shift.distance.median()


def test_nothing_depends_on_the_batches() -> None:
    learned = plus(lambda x: 0.1 * (x**3).sum())
    one, other = (
        audit.compare(exact(), learned, x, ensemble=TRAINING, batch=batch)
        for x, batch in ((MODELS, 40), (iter(MODELS.split(15)), 4))
    )
    for a, b in zip(one.summary + one.subspace, other.summary + other.subspace, strict=True):
        assert astuple(a)[:3] == astuple(b)[:3]
        assert astuple(a)[3:] == pytest.approx(astuple(b)[3:], rel=1e-6, nan_ok=True)
    for a, b in zip(one.spectrum, other.spectrum, strict=True):
        assert astuple(a)[2:] == pytest.approx(astuple(b)[2:], rel=1e-6, nan_ok=True)
    assert one.examples.model.tolist() == other.examples.model.tolist()


def test_the_seed_moves_the_intervals_and_nothing_else() -> None:
    learned = plus(lambda x: 0.1 * (x**3).sum())
    one, same, other = (audit.compare(exact(), learned, MODELS, seed=seed) for seed in (1, 1, 2))
    (a,), (b,), (c,) = (rows(report, "cosine", "vs") for report in (one, same, other))
    assert astuple(a) == astuple(b)
    assert a.mean == c.mean
    assert (a.low, a.high) != (c.low, c.high)


def test_examples_go_from_the_best_to_the_worst_through_the_median() -> None:
    report = audit.compare(exact(), plus(lambda x: 0.1 * (x**3).sum()), MODELS)
    examples = report.examples
    assert examples.label[0] == "best"
    assert examples.label[5] == "median"
    assert examples.label[-1] == "worst"
    assert (examples.error.diff() > 0).all()
    every = report.kept.values["whole_relative_l2"].flatten(1).nanmean(1).double()
    torch.testing.assert_close(examples.error[[0, -1]], torch.stack([every.min(), every.max()]))
    assert every.sort().values[19] <= examples.error[5] <= every.sort().values[20]
    torch.testing.assert_close(examples.pair.models, MODELS[examples.model])
    torch.testing.assert_close(examples.pair.reference, kernels(MODELS[examples.model]))


def test_values_that_one_operator_lacks_are_counted_and_spoil_nothing() -> None:
    hole = torch.tensor([[0.0, math.nan, 0.0], [0.0, 0.0, 0.0]])
    report = audit.compare(exact(), plus(lambda x: hole), MODELS)
    assert report.missing == {"learned": 40, "reference": 0}
    (row,) = rows(report, "cosine", "vs")
    assert (row.n, row.missing, row.mean) == (80, 40, pytest.approx(1.0))
    assert report.per_output["value_error"].mean[0].isnan().tolist() == hole.isnan().tolist()


def test_groups_and_positions_are_those_of_the_layout() -> None:
    """An error below 20 is not there where positions below it do not count; a group is its outputs and no others."""
    late = torch.tensor([[False, False, True]] * 2)
    layout = Layout.of(DOMAIN, CODOMAIN, inside=POSITIONS < 20.0, groups={"late": late, "early": ~late})
    deep = torch.where(POSITIONS < 20.0, 0.0, 1.0).double()
    wrong_late = torch.tensor([0.0, 0.0, 0.5]).double()
    report = audit.compare(
        exact(), lambda x: value(x) * (1.0 + wrong_late) + (x[1] * deep).sum(), MODELS, layout=layout
    )
    assert {row.group for row in report.summary} == {"late", "early"}
    for row in rows(report, "relative_l2", "rho"):
        assert row.mean == pytest.approx(0.5 if row.group == "late" else 0.0, abs=1e-12)
        assert row.n == (80 if row.group == "late" else 160)


def test_a_users_network_is_audited_with_the_same_call() -> None:
    torch.manual_seed(4)
    layers = torch.nn.Linear(80, 16), torch.nn.Tanh(), torch.nn.Linear(16, 6)
    network = torch.nn.Sequential(torch.nn.Flatten(0), *layers, torch.nn.Unflatten(0, (2, 3)))
    report = audit.compare(exact(), network, MODELS, ensemble=TRAINING)
    assert report.models == 40
    assert all(row.mean > 0.5 for row in rows(report, "relative_l2"))


def test_memory_does_not_grow_with_the_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["seisgrad.audit.compare"], "SIZE", 8)
    alive: list[weakref.ref] = []
    most = 0

    def endless() -> Iterator[torch.Tensor]:
        nonlocal most
        for seed in range(12):
            part = models(5, seed)
            alive.append(weakref.ref(part))
            most = max(most, sum(ref() is not None for ref in alive))
            yield part
            del part

    told: list[int] = []
    report = audit.compare(exact(), exact(), endless(), tell=told.append)
    assert report.models == 60
    assert told == list(range(5, 61, 5))
    assert len(report.kept.model) == 8
    assert most <= 3  # the first one, whose spread sets the scale, the last one and the new one


def test_no_models_and_other_spaces_are_refused() -> None:
    with pytest.raises(InputError, match="no models"):
        audit.compare(exact(), exact(), MODELS[:0])
    with pytest.raises(InputError, match="no models"):
        audit.compare(exact(), exact(), [])
    with pytest.raises(InputError, match="domain"):
        audit.compare(exact(), exact(), MODELS, ensemble=TRAINING[..., 1:])
    short = Space("profile", ("depth",), (80,), "km/s")
    with pytest.raises(InputError, match="1 x 80 entries"):
        audit.compare(exact(), exact(), MODELS, layout=Layout.of(short, CODOMAIN))
    other = replace(CODOMAIN, unit="s")
    with pytest.raises(InputError, match="codomain"):
        audit.compare(exact(), Function(value, DOMAIN, other), MODELS)
