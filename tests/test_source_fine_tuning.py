"""A network goes on learning from labelled events, and no aftershock is tested on with its main shock learned."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from obspy import UTCDateTime
from obspy.geodetics import gps2dist_azimuth
from source_event_toys import PLANE, earthquake
from source_toys import ToyDraws

from seisgrad.cli import main
from seisgrad.errors import InputError
from seisgrad.nn import weights
from seisgrad.source.earths import named_column
from seisgrad.source.event_groups import divided, event_groups
from seisgrad.source.fine_tuning import Tuning, TuningTask, focal, inverse_frequency
from seisgrad.source.harmonic import HarmonicSize
from seisgrad.source.kagan import kagan_angle
from seisgrad.source.labelled import Labelled, labelled_events
from seisgrad.source.labels import read_label
from seisgrad.source.moment_tensor import from_plane, magnitude, scalar_moment
from seisgrad.source.origin import Origin
from seisgrad.source.quakeml import Solution, write_quakeml
from seisgrad.source.sites import arrivals_in
from seisgrad.source.surrogate import load
from seisgrad.source.task import SourceTask
from seisgrad.source.tuning_card import finish_card
from seisgrad.training import Settings, fit

TINY = HarmonicSize(d_model=32, heads=2, layers=1, feed_forward=16, window=16)
DAY = 86_400.0


def catalogue(seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Sixty events alone, and three sequences that wander; time, latitude, longitude, and of which sequence each is."""
    rng = np.random.default_rng(seed)
    time, latitude, longitude = (
        rng.uniform(0, 3000 * DAY, 60),
        rng.uniform(32, 37, 60),
        rng.uniform(-122, -114, 60),
    )
    of = -np.ones(60, int)
    for k in range(3):
        number = 25
        t = rng.uniform(0, 3000 * DAY) + np.cumsum(rng.exponential(3 * DAY, number))
        phi = rng.uniform(32, 37) + np.cumsum(rng.normal(0, 0.03, number))
        lam = rng.uniform(-122, -114) + np.cumsum(rng.normal(0, 0.03, number))
        time, latitude, longitude = np.append(time, t), np.append(latitude, phi), np.append(longitude, lam)
        of = np.append(of, np.full(number, k))
    order = rng.permutation(len(time))
    return time[order], latitude[order], longitude[order], of[order]


class TestGroups:
    """Single linkage in place and time."""

    def test_a_planted_sequence_is_never_parted(self) -> None:
        time, latitude, longitude, of = catalogue()
        group = event_groups(time, latitude, longitude, kilometres=30.0, days=20.0)
        parts = divided(group, {"train": 0.6, "validation": 0.2, "test": 0.2}, seed=3)
        assert sorted(np.concatenate(list(parts.values())).tolist()) == list(range(len(time)))
        part_of = np.empty(len(time), int)
        for k, some in enumerate(parts.values()):
            part_of[some] = k
        for sequence in range(3):
            assert len(set(part_of[of == sequence])) == 1
        for name, share in (("train", 0.6), ("validation", 0.2), ("test", 0.2)):
            assert abs(len(parts[name]) / len(time) - share) < 0.1

    def test_events_of_different_parts_are_far_apart_in_place_or_time(self) -> None:
        time, latitude, longitude, _ = catalogue(2)
        group = event_groups(time, latitude, longitude, kilometres=40.0, days=30.0)
        north = 111.2 * (latitude[:, None] - latitude)
        east = (
            111.2
            * np.cos(np.deg2rad(0.5 * (latitude[:, None] + latitude)))
            * (longitude[:, None] - longitude)
        )
        near = (np.hypot(north, east) < 39.0) & (np.abs(time[:, None] - time) < 30 * DAY)
        assert (group[:, None] == group)[near].all()
        assert len(set(group)) > 40

    def test_no_distance_links_nothing_and_any_links_all(self) -> None:
        time, latitude, longitude, _ = catalogue()
        assert len(set(event_groups(time, latitude, longitude, kilometres=0.0, days=1e6))) == len(time)
        assert len(set(event_groups(time, latitude, longitude, kilometres=1e5, days=1e6))) == 1

    def test_one_sequence_cannot_be_divided(self) -> None:
        with pytest.raises(InputError, match="9 events make 1 groups, and none is left for"):
            divided(np.zeros(9, int), {"train": 0.6, "validation": 0.2, "test": 0.2}, 0)


def toy_events(number: int = 96, seed: int = 5) -> Labelled:
    gather, moment = ToyDraws(8).draw(number, np.random.default_rng(seed))
    place = torch.arange(number, dtype=torch.float64)
    names = tuple(f"toy{k}" for k in range(number))
    return Labelled(
        names, gather, moment.double(), 100 * DAY * place, 30.0 + 0.0 * place, -100.0 + 0.0 * place
    )


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that has learned nothing, on other events."""
    folder = tmp_path_factory.mktemp("nets") / "before"
    task = SourceTask(ToyDraws(8), "harmonic", TINY, events=64, validation=16)
    fit(task, Settings(epochs=1, batch_size=32, ema=0.0), folder)
    return folder


class TestTask:
    """What is learned, and from which weights."""

    def test_it_begins_with_the_weights_of_the_network_before_and_gets_better(
        self, before: Path, tmp_path: Path
    ) -> None:
        task = TuningTask(toy_events(), before, Tuning(dropout=0.0))
        for name, there in weights.load(before)[0].items():
            assert torch.equal(task.network.state_dict()[name], there)
        settings = Settings(epochs=12, batch_size=16, learning_rate=3e-3, ema=0.0)
        fit(task, settings, tmp_path / "net")
        after, first = finish_card(tmp_path / "net", task)
        assert after["kagan_mean_deg"] < first["kagan_mean_deg"]
        assert after["mw_mae"] < first["mw_mae"]
        card = load(tmp_path / "net").card
        assert card["tuned_from"]["name"] == "before"
        assert card["tuned_from"]["sha256"] == weights.load(before)[1]["sha256"]
        assert card["conformal"]["kagan"]["events"] == [task.number("validation")]  # too few for four strata
        assert set(card["data"]["names"]["train"]).isdisjoint(card["data"]["names"]["test"])

    def test_a_tuning_that_was_interrupted_ends_as_if_it_had_not_been(
        self, before: Path, tmp_path: Path
    ) -> None:
        settings = Settings(epochs=2, batch_size=16, checkpoint_seconds=0.0)
        whole = fit(TuningTask(toy_events(), before), settings, tmp_path / "whole")

        class Stop(Exception):
            pass

        task, calls = TuningTask(toy_events(), before), 0
        kept = task.loss

        def killed(*args: object) -> dict[str, torch.Tensor]:
            nonlocal calls
            calls += 1
            if calls == 5:
                raise Stop
            return kept(*args)

        task.loss = killed
        with pytest.raises(Stop):
            fit(task, settings, tmp_path / "again")
        again = fit(TuningTask(toy_events(), before), settings, tmp_path / "again")
        assert again.resumed_at is not None
        assert again.history[-1]["validation_loss"] == whole.history[-1]["validation_loss"]

    def test_four_stations_stay_whatever_drops_out(self, before: Path) -> None:
        task = TuningTask(toy_events(), before, Tuning(dropout=0.99))
        batch = task.batch("train", np.arange(64), np.random.default_rng(1))
        stations = batch["recorded"].any(-1).sum(-1)
        assert int(stations.min()) == 4
        assert not batch["windows"][~batch["recorded"].any(-1)].any()
        check = task.batch("validation", np.arange(task.number("validation")), np.random.default_rng(1))
        assert int(check["recorded"].any(-1).sum(-1).min()) >= 5  # nothing drops out of these

    def test_the_focal_loss(self) -> None:
        """That of the paper at one point, and its slope where the error vanishes."""
        error = torch.tensor([0.0, -0.5, 2.0], requires_grad=True)
        loss = focal(error, 1.5)
        assert loss.tolist() == pytest.approx(
            [0.0, 0.5 * (1 - math.exp(-0.5)) ** 1.5, 2 * (1 - math.exp(-2)) ** 1.5]
        )
        loss.sum().backward()
        assert error.grad is not None
        assert error.grad[0] == 0.0
        assert focal(error, 0.0).tolist() == [0.0, 0.5, 2.0]

    def test_a_rare_mechanism_is_drawn_as_often_as_a_common_one(self) -> None:
        common, rare = torch.eye(5)[0].expand(30, 5), torch.eye(5)[1].expand(3, 5)
        chance = inverse_frequency(torch.cat([common, rare]), 0.2)
        assert chance.sum() == pytest.approx(1.0)
        assert chance[:30].sum() == pytest.approx(chance[30:].sum(), rel=1e-3)

    @pytest.mark.parametrize(
        ("entries", "sentence"),
        [
            ({"validation": 0.6, "test": 0.5}, "validation is 0.6 and test 0.5"),
            ({"days": -1.0}, "days is -1.0"),
            ({"width": 0.0}, "width is 0.0"),
            ({"dropout": 1.0}, "dropout is 1.0"),
        ],
    )
    def test_what_cannot_be_is_refused(self, entries: dict[str, float], sentence: str) -> None:
        with pytest.raises(InputError, match=sentence):
            Tuning(**entries)


def test_labels_in_a_few_words_and_as_quakeml_are_the_same_mechanism(tmp_path: Path) -> None:
    moment = from_plane(*torch.tensor(PLANE, dtype=torch.float64), moment=1e16)
    mw = float(magnitude(scalar_moment(moment)))
    write_quakeml(Solution(Origin("2020-01-01T00:00:00", 35.0, -118.0, 8.0), moment), tmp_path / "event.xml")
    torch.testing.assert_close(read_label(tmp_path), moment, rtol=1e-4, atol=1e11)
    text = (tmp_path / "event.xml").read_text()
    begin, end = text.index("<momentTensor"), text.index("</momentTensor>") + len("</momentTensor>")
    (tmp_path / "event.xml").write_text(text[:begin] + text[end:])
    assert float(kagan_angle(read_label(tmp_path), moment)) < 0.1  # from a nodal plane
    assert float(magnitude(scalar_moment(read_label(tmp_path)))) == pytest.approx(mw, abs=1e-3)
    words = dict(zip(("strike", "dip", "rake"), PLANE, strict=True))
    (tmp_path / "mechanism.json").write_text(json.dumps({**words, "magnitude": mw}))
    torch.testing.assert_close(read_label(tmp_path), moment, rtol=1e-4, atol=1e11)
    (tmp_path / "mechanism.json").write_text(json.dumps(words))
    with pytest.raises(InputError, match="has no magnitude, expected strike, dip, rake and magnitude"):
        read_label(tmp_path)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An earthquake, the same without a label, and without picks."""
    root = tmp_path_factory.mktemp("labelled") / "events"
    first = root / "a"
    first.mkdir(parents=True)
    places = [(36.3, -118.0), (36.0, -117.6), (35.7, -118.2), (36.1, -118.4)]
    earthquake(first, places)
    origin = json.loads((first / "origin.json").read_text())
    (first / "mechanism.json").write_text(
        json.dumps({"strike": PLANE[0], "dip": PLANE[1], "rake": PLANE[2], "magnitude": 4.5})
    )
    predict = arrivals_in(named_column("gil7"))
    rows = ["network,station,phase,time"]
    for k, place in enumerate(places):
        ray = gps2dist_azimuth(origin["latitude"], origin["longitude"], *place)
        times = predict(torch.tensor([ray[0] / 1000], dtype=torch.float64), origin["depth"])
        for phase, seconds in zip("PS", times, strict=True):
            rows.append(f"XX,S{k:02d},{phase},{UTCDateTime(origin['time']) + float(seconds)}")
    (first / "picks.csv").write_text("\n".join(rows) + "\n")
    for name, missing in (("b", "mechanism.json"), ("c", "picks.csv")):
        other = root / name
        other.mkdir()
        for file in first.iterdir():
            if file.name != missing:
                (other / file.name).symlink_to(file)
    return root


class TestFolder:
    """From folders of records to a tuned network."""

    def test_what_cannot_be_used_is_told_and_the_rest_is_kept_beside(self, data: Path) -> None:
        arrivals = arrivals_in(named_column("gil7"))
        events = labelled_events(data, arrivals)
        assert events.names == ("a",)
        assert [remark.what for remark in events.remarks] == ["b", "c"]
        assert "say what its mechanism is" in events.remarks[0].reason
        assert "0 stations have picks of P and S" in events.remarks[1].reason
        assert float(kagan_angle(events.moment[0], from_plane(*torch.tensor(PLANE).double()))) < 0.1
        kept = data.with_name("events.npz")
        again = Labelled.open(kept)
        assert torch.equal(again.gather.windows, events.gather.windows)
        assert again.remarks == events.remarks
        stamp = kept.stat().st_mtime_ns
        assert labelled_events(data, arrivals).names == ("a",)
        assert kept.stat().st_mtime_ns == stamp  # not read anew
        (data / "a" / "mechanism.json").touch()
        labelled_events(data, arrivals)
        assert kept.stat().st_mtime_ns != stamp

    def test_the_command_tunes_calibrates_and_measures(
        self, before: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        toy_events().save(tmp_path / "events.npz")
        words = ["train", "source", "--from", str(before), "--data", str(tmp_path / "events.npz")]
        words += ["--epochs", "1", "--out", str(tmp_path / "net")]
        assert main([*words, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["network"] == "harmonic"
        card = json.loads((tmp_path / "net" / "card.json").read_text())
        assert [row["case"] for row in card["errors"]] == ["test events", "test events before"]
        assert main(["surrogates", "--quiet"]) == 0
        assert main([*words, "--network", "sourcenet"]) == 2
        assert "whose network it goes on with" in capsys.readouterr().err
        assert (
            main(["train", "dispersion", "--from", "weak", "--data", "x", "--out", str(tmp_path / "n")]) == 2
        )
        assert "--from is for source" in capsys.readouterr().err

    def test_a_folder_without_events_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="no labelled event that can be used"):
            labelled_events(tmp_path, arrivals_in(named_column("gil7")))
        with pytest.raises(InputError, match="is no folder"):
            labelled_events(tmp_path / "nowhere", arrivals_in(named_column("gil7")))
