"""Intervals and samples in one pass: the same whatever the batches, of the right width, and of bounded size."""

import math

import pytest
import torch

from seisgrad.audit.bootstrap import REPLICATES, Tally, weights
from seisgrad.audit.measures import Measures
from seisgrad.audit.reservoir import Reservoir

KEY = ("error", "vs")
EVERY = torch.ones(1, 2, dtype=torch.bool)


def draws(models: int, seed: int) -> torch.Tensor:
    """Values of two outputs ``[model, 1, 2]``: skewed, mean 1, and the two of one model the same."""
    generator = torch.Generator().manual_seed(seed)
    uniform = torch.rand(models, 1, 1, generator=generator, dtype=torch.float64)
    return -torch.log1p(-uniform).expand(-1, -1, 2).clone()


def tally(values: torch.Tensor, batch: int = 1000, seed: int = 0) -> Tally:
    """A tally of one key."""
    found = Tally(seed)
    for part in values.split(batch):
        found.add({KEY: part})
    return found


def test_every_model_counts_once_on_average_and_on_its_own() -> None:
    drawn = weights(0, 300, seed=1)
    assert drawn.shape == (REPLICATES, 300)
    assert drawn.mean().item() == pytest.approx(1.0, abs=0.02)
    assert drawn.var().item() == pytest.approx(1.0, abs=0.02)
    assert (
        torch.corrcoef(drawn.T).fill_diagonal_(0.0).abs().max() < 0.3
    )  # 5.5 standard errors of no correlation
    assert torch.equal(weights(100, 3, seed=1), drawn[:, 100:103])
    assert not torch.equal(weights(100, 3, seed=2), drawn[:, 100:103])


def test_means_are_exact_and_nothing_depends_on_the_batches() -> None:
    values = draws(50, 3)
    whole, pieces = tally(values), tally(values, batch=7)
    assert whole.group(KEY, EVERY).mean == pytest.approx(float(values.mean()), rel=1e-12)
    assert pieces.group(KEY, EVERY) == pytest.approx(whole.group(KEY, EVERY), rel=1e-12)
    mean, low, high = whole.per_output(KEY)
    torch.testing.assert_close(mean, values.mean(0))
    assert (low < mean).all()
    assert (mean < high).all()


def test_intervals_hold_the_true_mean_as_often_as_they_say() -> None:
    """Of 200 sets of 60 models; two outputs that say the same do not make the interval narrower."""
    inside, widths = 0, []
    for seed in range(200):
        interval = tally(draws(60, seed), seed=seed).group(KEY, EVERY)
        inside += interval.low <= 1.0 <= interval.high
        widths.append(interval.high - interval.low)
    assert 0.88 <= inside / 200 <= 0.98  # 0.95, less what percentiles miss on 60 skewed values
    assert sum(widths) / 200 == pytest.approx(2 * 1.96 / math.sqrt(60), rel=0.1)


def test_missing_values_are_left_out_and_counted() -> None:
    values = draws(40, 5)
    values[::2, 0, 1] = math.nan
    values[1, 0, 0] = math.inf
    found = tally(values)
    assert found.number(KEY, EVERY) == 59
    there = values[values.isfinite()]
    assert found.group(KEY, EVERY).mean == pytest.approx(float(there.mean()))
    nothing = tally(torch.full((5, 1, 2), math.nan))
    assert all(math.isnan(number) for number in nothing.group(KEY, EVERY))


def test_one_model_has_a_mean_and_no_interval() -> None:
    mean, low, high = tally(draws(1, 1)).group(KEY, EVERY)
    assert not math.isnan(mean)
    assert math.isnan(low)
    assert math.isnan(high)


def shown(models: int, batch: int, size: int, seed: int = 0) -> Reservoir:
    """A reservoir that was shown models 0, 1, 2, …, whose value and profile are their number."""
    reservoir = Reservoir(seed, size)
    for part in torch.arange(float(models)).split(batch):
        values: Measures = {KEY: part[:, None, None], ("other", ""): -part[:, None, None]}
        reservoir.add(part[:, None, None].double(), values)
    return reservoir


def test_all_models_are_kept_while_there_is_room() -> None:
    sample = shown(20, 7, size=30).sample()
    assert sample.model.tolist() == list(range(20))
    assert sample.values[KEY].flatten().tolist() == list(range(20))
    assert sample.profiles.flatten().tolist() == list(range(20))


def test_beyond_its_size_the_sample_is_fair_and_its_parts_stay_together() -> None:
    sample = shown(2000, 64, size=200).sample()
    numbers = sample.model.double()
    assert len(numbers) == 200
    assert (numbers.diff() > 0).all()
    assert numbers.mean().item() == pytest.approx(1000, abs=4 * 2000 / math.sqrt(12 * 200))
    assert numbers.std().item() == pytest.approx(2000 / math.sqrt(12), rel=0.15)
    assert torch.equal(sample.values[KEY].flatten().double(), numbers)
    assert torch.equal(sample.values["other", ""].flatten().double(), -numbers)
    assert torch.equal(sample.profiles.flatten(), numbers)


def test_the_sample_follows_from_the_seed_and_not_from_the_batches() -> None:
    one, other = (shown(500, batch, size=50).sample().model for batch in (1, 100))
    assert torch.equal(one, other)
    assert not torch.equal(one, shown(500, 100, size=50, seed=1).sample().model)
