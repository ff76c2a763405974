"""The network that is shipped: its card, and what holds of it by construction, with the weights it has."""

import pytest
import torch

from seisgrad.source import Gather, card_of, kagan_angle, load
from seisgrad.source.moment_tensor import from_matrix, to_matrix

STATIONS = 9


def gather() -> Gather:
    """Noise at stations all around: what it says is void, and still has to turn with them."""
    draw = torch.Generator().manual_seed(4)
    return Gather(
        1e-6 * torch.randn(STATIONS, 2, 3, 100, generator=draw),
        torch.ones(STATIONS, 3, dtype=torch.bool),
        20.0 + 80.0 * torch.rand(STATIONS, generator=draw),
        360.0 * torch.rand(STATIONS, generator=draw),
        torch.zeros(STATIONS, 2),
        torch.tensor(9.0),
    )


def test_stations_turned_are_the_mechanism_turned() -> None:
    network, shown, angle = load("default"), gather(), 50.0
    before = network.answer(shown).moment.double()
    after = network.answer(shown._replace(azimuth=(shown.azimuth + angle) % 360.0)).moment.double()
    c, s = torch.deg2rad(torch.tensor(angle)).cos(), torch.deg2rad(torch.tensor(angle)).sin()
    turn = torch.tensor([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]], dtype=torch.float64)
    assert float(kagan_angle(from_matrix(turn @ to_matrix(before) @ turn.T), after)) < 0.05


def test_the_order_of_stations_does_not_count() -> None:
    network, shown = load("default"), gather()
    order = torch.randperm(STATIONS, generator=torch.Generator().manual_seed(1))
    other = Gather(*(x if x.ndim == 0 else x[order] for x in shown))
    first, second = network.answer(shown), network.answer(other)
    assert torch.allclose(first.moment, second.moment, rtol=1e-4, atol=1e-4 * float(first.moment.abs().max()))
    assert torch.allclose(first.attention[order], second.attention, atol=1e-5)


def test_records_ten_times_as_large_are_ten_times_the_moment() -> None:
    network, shown = load("default"), gather()
    first = network.answer(shown)
    second = network.answer(shown._replace(windows=10.0 * shown.windows))
    assert float(second.magnitude - first.magnitude) == pytest.approx(2.0 / 3.0, abs=1e-4)


def test_noise_is_no_earthquake() -> None:
    said = load("default").answer(gather())
    assert said.warnings
    assert float(said.radius) == 120.0


def test_its_card_meets_what_is_said_of_it() -> None:
    rows = {(row["case"], row["stations"]): row for row in card_of("default")["errors"]}
    many, few = rows["held-out", 15], rows["held-out", 6]
    assert many["kagan_mean_deg"] < 10.0
    assert many["kagan_median_deg"] < 8.0
    assert many["mw_mae"] < 0.07
    assert few["kagan_mean_deg"] < 20.0
    assert rows["hadley-kanamori", 15]["kagan_mean_deg"] < 1.2 * many["kagan_mean_deg"]
