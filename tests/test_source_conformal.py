"""Calibrated answers hold the truth as often as they say, and what a network does not know it does not claim to."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from source_toys import ToyDraws

from seisgrad.errors import InputError
from seisgrad.operator import jacobian
from seisgrad.source.conformal import Conformal, calibrate
from seisgrad.source.error_card import calibrate_card, measure
from seisgrad.source.familiar import FEATURES, Familiar, features, gap, seen
from seisgrad.source.gather import Gather
from seisgrad.source.harmonic import HarmonicSize
from seisgrad.source.moment_tensor import magnitude, scalar_moment
from seisgrad.source.surrogate import SourceNet, load
from seisgrad.source.task import SourceTask
from seisgrad.training import Settings, fit


def events(number: int, seed: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Errors with a heavy tail, which grow with an expectation that is off by a factor where stations are few."""
    rng = np.random.default_rng(seed)
    stations = rng.integers(4, 25, number)
    expected = np.exp(rng.normal(2.0, 0.5, number))
    errors = expected * np.exp(rng.normal(0.0, 0.8, number)) * np.where(stations < 10, 3.0, 1.0)
    return torch.from_numpy(errors), torch.from_numpy(expected), torch.from_numpy(stations)


def clipped(windows: torch.Tensor) -> torch.Tensor:
    """Every record cut off at a fifth of its largest amplitude."""
    at = 0.2 * windows.abs().amax(-1, keepdim=True)
    return windows.clamp(-at, at)


class TestConformal:
    @pytest.mark.parametrize("coverage", [0.5, 0.9])
    def test_it_covers_in_every_stratum(self, coverage: float) -> None:
        ball = calibrate(*events(4000, 1), coverage=coverage)
        errors, expected, stations = events(20_000, 2)
        inside = errors <= ball.radius(expected, stations)
        for low, high in ((4, 6), (6, 10), (10, 15), (15, 25)):
            of = (stations >= low) & (stations < high)
            assert inside[of].double().mean() == pytest.approx(coverage, abs=0.06)

    def test_few_events_are_enough_to_cover_in_the_mean(self) -> None:
        """With 19 events the quantile is the 18th of them and covers 18/20, whatever the errors are."""
        covered = []
        for seed in range(400):
            errors, expected, _ = events(20, seed)
            ball = calibrate(errors[:19], expected[:19], torch.full((19,), 7), fewest=(4,))
            covered.append(bool(errors[19] <= ball.radius(expected[19], torch.tensor(7))))
        assert np.mean(covered) == pytest.approx(0.9, abs=0.05)

    def test_what_was_not_calibrated_is_not_claimed(self) -> None:
        ball = calibrate(*(x[:8] for x in events(8, 3)), limit=120.0)
        assert ball.radius(torch.tensor(5.0), torch.tensor(3)) == 120.0  # fewer than any stratum
        assert ball.radius(torch.tensor(5.0), torch.tensor(20)) == 120.0  # too few events to know
        assert all(math.isinf(q) for q in ball.quantiles)

    def test_a_card_holds_it_whole(self) -> None:
        ball = calibrate(*events(60, 4), fewest=(4, 24), limit=120.0)
        assert Conformal.from_dict(ball.to_dict()) == ball

    def test_bad_numbers_are_refused(self) -> None:
        errors, expected, stations = events(30, 5)
        with pytest.raises(InputError, match="coverage is 90"):
            calibrate(errors, expected, stations, coverage=90.0)
        with pytest.raises(InputError, match=r"strata begin at \(10, 6\)"):
            calibrate(errors, expected, stations, fewest=(10, 6))
        with pytest.raises(InputError, match="not positive"):
            calibrate(errors, 0.0 * expected, stations)


@pytest.fixture(scope="module")
def drawn() -> Gather:
    return ToyDraws(12).draw(512, np.random.default_rng(1))[0]


class TestFamiliar:
    def test_what_is_drawn_alike_is_familiar(self, drawn: Gather) -> None:
        familiar, others = Familiar(seen(drawn)), ToyDraws(12).draw(100, np.random.default_rng(2))[0]
        strange = [familiar.complaints(Gather(*(x[i] for x in others))) for i in range(100)]
        assert sum(map(bool, strange)) <= 3

    @pytest.mark.parametrize(
        ("spoil", "named"),
        [
            (
                lambda g: g._replace(
                    windows=torch.randn(g.windows.shape, generator=torch.Generator().manual_seed(1))
                ),
                "origin time",
            ),
            (lambda g: g._replace(windows=clipped(g.windows)), "clipping"),
            (
                lambda g: g._replace(recorded=g.recorded & torch.tensor([False, True, True])),
                "no vertical record",
            ),
            (
                lambda g: g._replace(recorded=g.recorded & (torch.arange(12) < 2)[:, None]),
                "2 stations are fewer",
            ),
            (lambda g: g._replace(distance=g.distance + 500.0), "outside"),
            (lambda g: g._replace(depth=g.depth + 100.0), "a depth of"),
            (lambda g: g._replace(azimuth=0.1 * g.azimuth), "azimuthal gap"),
        ],
    )
    def test_what_is_spoilt_is_named(self, drawn: Gather, spoil, named: str) -> None:
        one = Gather(*(x[int(drawn.present.sum(-1).argmax())] for x in drawn))
        familiar = Familiar(seen(drawn))
        assert not familiar.complaints(one)
        assert named in "; ".join(familiar.complaints(spoil(one)))

    def test_the_strangest_stations_are_called_by_their_names(self, drawn: Gather) -> None:
        one = Gather(*(x[int(drawn.present.sum(-1).argmax())] for x in drawn))
        strange = one._replace(windows=torch.ones_like(one.windows))
        names = [f"XX.S{k:02d}" for k in range(one.present.shape[-1])]
        assert "strangest are XX.S" in Familiar(seen(drawn)).complaints(strange, names)[0]

    def test_features_know_no_unit_and_no_absent_station(self, drawn: Gather) -> None:
        numbers = features(drawn)
        assert numbers.shape[-1] == len(FEATURES)
        assert numbers.isfinite().all()
        assert not numbers[~drawn.present].any()
        torch.testing.assert_close(
            features(drawn._replace(windows=1e4 * drawn.windows)), numbers, rtol=1e-3, atol=1e-3
        )

    def test_the_gap_is_the_largest_angle_without_a_station(self) -> None:
        azimuth = torch.tensor([[350.0, 80.0, 170.0, 300.0], [10.0, 30.0, 0.0, 0.0], [10.0, 0.0, 0.0, 0.0]])
        recorded = torch.tensor([[True] * 4, [True, True, False, False], [True, False, False, False]])
        gather = Gather(
            torch.zeros(3, 4, 2, 3, 100),
            recorded[..., None].expand(3, 4, 3),
            azimuth,
            azimuth,
            torch.zeros(3, 4, 2),
            torch.zeros(3),
        )
        assert gap(gather).tolist() == pytest.approx([130.0, 340.0, 360.0])


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network that has learned the toy a little, with its whole card."""
    folder, draws = tmp_path_factory.mktemp("net") / "toy", ToyDraws(12)
    size = HarmonicSize(d_model=32, heads=2, layers=1, feed_forward=32, window=48)
    task = SourceTask(draws, "harmonic", size, events=1280, validation=64)
    fit(task, Settings(epochs=1, batch_size=16, learning_rate=4e-3, ema=0.9), folder)
    calibrate_card(folder, draws, 600)
    measure(folder, {"toy": lambda: draws}, 600)
    return folder


class TestSurrogate:
    def test_the_card_says_how_good_it_is(self, trained: Path) -> None:
        rows = load(trained).card["errors"]
        well = [row for row in rows if row["events"] > 50]
        assert {row["stations"] for row in well} == {
            6,
            10,
        }  # the toy has none with 15, and hardly one below 6
        for row in well:
            assert row["kagan_mean_deg"] < 40.0
            assert row["coverage_90"] == pytest.approx(0.9, abs=0.06)

    def test_an_answer_is_a_moment_tensor_with_a_radius(self, trained: Path) -> None:
        gather, moment = ToyDraws(12).draw(40, np.random.default_rng(9))
        net, inside = SourceNet(trained), []
        for i in range(40):
            said = net.answer(Gather(*(x[i] for x in gather)))
            torch.testing.assert_close(
                magnitude(scalar_moment(said.moment.double())), said.magnitude.double(), rtol=0, atol=1e-4
            )
            torch.testing.assert_close(said.attention.sum(), torch.tensor(1.0))
            inside.append(
                abs(float(said.magnitude - magnitude(scalar_moment(moment[i])))) <= said.magnitude_radius
            )
            assert said.warnings or 0.0 < said.radius < 120.0
        assert np.mean(inside) > 0.75

    def test_a_strange_event_gets_no_confident_answer(self, trained: Path) -> None:
        gather = Gather(*(x[0] for x in ToyDraws(12).draw(1, np.random.default_rng(10))[0]))
        one = gather._replace(recorded=gather.recorded & (torch.arange(12) < 1)[:, None])
        said = SourceNet(trained).answer(one)
        assert said.radius == 120.0
        assert math.isinf(said.magnitude_radius)
        assert "1 stations are fewer" in said.warnings[0]

    @pytest.mark.parametrize(
        ("spoil", "message"),
        [
            (lambda g: g._replace(recorded=g.recorded & False), "no station recorded"),
            (lambda g: g._replace(windows=g.windows * torch.nan), "windows holds values that are not finite"),
            (lambda g: g._replace(depth=g.depth * torch.inf), "depth holds values"),
            (lambda g: g._replace(windows=0.0 * g.windows), "station 0 recorded nothing but zeros"),
            (lambda g: Gather(*(x[None] for x in g)), "expected one"),
        ],
    )
    def test_what_cannot_be_used_is_refused(self, trained: Path, spoil, message: str) -> None:
        gather = Gather(*(x[0] for x in ToyDraws(12).draw(1, np.random.default_rng(10))[0]))
        with pytest.raises(InputError, match=message):
            SourceNet(trained).answer(spoil(gather))

    def test_for_the_stations_of_an_event_it_is_an_operator(self, trained: Path) -> None:
        """Its derivative says that a moment grows with the records: M is homogeneous of degree one in them."""
        gather = Gather(*(x[0] for x in ToyDraws(6).draw(1, np.random.default_rng(11))[0]))
        net = SourceNet(trained)
        op, x = net.at(gather), gather.windows
        torch.testing.assert_close(op(x), net.answer(gather).moment)
        torch.testing.assert_close(op(torch.stack([x, 2 * x]))[1], 2 * op(x), rtol=1e-3, atol=0)
        matrix = jacobian(op, x)
        along = (matrix * x).flatten(1).sum(1)
        torch.testing.assert_close(along, op(x), rtol=2e-2, atol=1e-2 * float(op(x).abs().amax()))

    def test_weights_of_another_system_are_refused(self, trained: Path, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="there is no surrogate"):
            load(str(tmp_path / "none"))
