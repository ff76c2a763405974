"""``seisgrad reproduce sourcenet``: what its numbers mean, and the contract of its table and figures, on toy earths."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from source_bank_toys import toy_bank
from source_toys import ToyDraws

from seisgrad.cli import main
from seisgrad.errors import InputError
from seisgrad.report.figures import png
from seisgrad.report.reproduce import sourcenet_figures as figures
from seisgrad.report.reproduce import sourcenet_noise
from seisgrad.report.reproduce.sourcenet import CASES, GROUPS, Group, case_lines, errors_on, random_lines
from seisgrad.report.reproduce.sourcenet_heart import by_heart, kept_by_heart
from seisgrad.report.reproduce.sourcenet_latent import between, latent, mixing, one_event
from seisgrad.report.reproduce.sourcenet_noise import NoiseSpectra
from seisgrad.report.reproduce.sourcenet_page import sourcenet_page
from seisgrad.report.reproduce.sourcenet_pairs import FURTHER, difference
from seisgrad.report.reproduce.sourcenet_probes import rank_correlation, remove_stations, without_scalars
from seisgrad.report.reproduce.sourcenet_tables import ABLATIONS, Row, read_rows, rows_of, table_lines
from seisgrad.source import GreensBank, SourceNet
from seisgrad.source.error_card import calibrate_card
from seisgrad.source.gather import Gather
from seisgrad.source.harmonic import HarmonicSize
from seisgrad.source.judging import Errors, ask, judge, kagan_errors, unseen_events
from seisgrad.source.task import SourceTask
from seisgrad.training import Settings, fit

TINY = HarmonicSize(d_model=32, heads=2, layers=1, feed_forward=16, window=16)
PAIR = Group("held-out", ("slow", "fast"), (8, 24))


@pytest.fixture(autouse=True)
def toy_earths(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Full spaces in the place of every velocity model, and no real records."""
    monkeypatch.setattr(GreensBank, "open", lambda path, names: toy_bank(tuple(names)))
    monkeypatch.setenv("SEISGRAD_DATA", str(tmp_path / "nothing"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that has learned a little."""
    out = tmp_path_factory.mktemp("nets") / "toy-0"
    task = SourceTask(ToyDraws(10), "harmonic", TINY, events=256, validation=16)
    fit(task, Settings(epochs=1, batch_size=16, learning_rate=3e-3, seed=1), out)
    calibrate_card(out, ToyDraws(10), 300)
    return out


@pytest.fixture(scope="module")
def toy(folder: Path) -> SourceNet:
    return SourceNet(folder)


def made_up(shift: float = 0.0, seed: int = 0, number: int = 400) -> Errors:
    """Errors that two networks share for the most part, as they do on the same events."""
    common = 20.0 * torch.from_numpy(np.random.default_rng(0).random(number))
    own = torch.from_numpy(np.random.default_rng(seed).normal(size=number))
    stations = 4 + torch.arange(number) % 37
    gap = torch.linspace(20.0, 350.0, number, dtype=torch.float64)
    kagan = (common + shift + own).clamp(min=0.0)
    return Errors(kagan, 0.01 * common, torch.full_like(common, 18.0), stations, gap)


class TestEvents:
    def test_those_with_other_stations_are_left_out_and_no_other_changes(self) -> None:
        whole = next(iter(unseen_events(ToyDraws(10), 40, 5)))
        part = next(iter(unseen_events(ToyDraws(10), 40, 5, (8, 9))))
        count = whole[0].present.sum(-1)
        of = (count >= 8) & (count <= 9)
        assert 0 < int(of.sum()) < 40
        assert torch.equal(part[1], whole[1][of])
        assert torch.equal(part[0].windows, whole[0].windows[of])

    def test_all_are_asked_and_the_answers_keep_their_order(self, toy: SourceNet) -> None:
        gather, moment = next(iter(unseen_events(ToyDraws(12), 30, 1)))
        count = gather.present.sum(-1)
        place = torch.argsort((~gather.present).byte(), dim=-1, stable=True)
        fields = {
            k: torch.take_along_dim(v, place[(...,) + (None,) * (v.ndim - 2)], 1)
            for k, v in gather._asdict().items()
            if k != "depth"
        }
        gather = Gather(**fields, depth=gather.depth)
        said, plain = ask(toy.network, gather), toy.network(gather)
        torch.testing.assert_close(said.mechanism, plain.mechanism, atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(said.attention.sum(-1), torch.ones(30))
        found = judge({"toy": toy}, ToyDraws(12), 30, 1)["toy"]
        torch.testing.assert_close(found.kagan, kagan_errors(plain, moment), atol=1e-2, rtol=1e-3)
        assert torch.equal(found.stations, count)

    def test_errors_are_kept_under_what_they_depend_on(self, toy: SourceNet, tmp_path: Path) -> None:
        found = errors_on(PAIR, {"toy": toy}, tmp_path, 64, tmp_path / "state")["toy"]
        assert int(found.stations.min()) >= 8
        kept = errors_on(PAIR, {"same weights": toy}, tmp_path, 64, tmp_path / "state")["same weights"]
        assert torch.equal(kept.kagan, found.kagan)
        errors_on(PAIR._replace(stations=(4, 7)), {"toy": toy}, tmp_path, 64, tmp_path / "state")
        assert len(list((tmp_path / "state").iterdir())) == 2

    def test_a_guess_is_75_degrees_off(self) -> None:
        found = {r.metric: r.mean for r in random_lines()}
        assert found["kagan_mean_deg"] == pytest.approx(75.1, abs=0.5)
        assert found["kagan_median_deg"] == pytest.approx(78.6, abs=0.6)

    def test_metrics_are_of_the_events_of_the_case(self) -> None:
        errors, case = made_up(), {case.name: case for case in CASES}["6-10"]
        of = (errors.stations >= 6) & (errors.stations <= 10)
        found = {r.metric: r for r in case_lines("toy", case, errors)}
        assert found["kagan_mean_deg"].mean == pytest.approx(float(errors.kagan[of].mean()))
        assert found["coverage_90"].mean == pytest.approx(float((errors.kagan[of] <= 18.0).double().mean()))
        assert found["mw_mae"].n == int(of.sum())
        never = errors._replace(radius=torch.full_like(errors.radius, torch.nan))
        assert "coverage_90" not in {r.metric for r in case_lines("toy", case, never)}


class TestPairs:
    def test_what_networks_share_does_not_widen_the_interval(self) -> None:
        ours, theirs = made_up(), made_up(1.0, seed=1)
        found = difference([theirs.kagan], [ours.kagan])
        assert found.low < 1.0 < found.high
        assert found.high - found.low < 0.4  # of means apart it would be 1.6
        assert found.low > 0.0

    def test_nothing_differs_from_itself(self) -> None:
        assert difference([made_up().kagan], [made_up().kagan]) == (0.0, 0.0, 0.0)

    def test_trainings_that_differ_widen_it(self) -> None:
        ours = [made_up(shift, seed).kagan for seed, shift in enumerate((0.0, 2.0, 4.0))]
        found = difference(ours, [made_up(2.0, seed=9).kagan])
        assert found.high - found.low > 2.0


class TestProbes:
    def test_without_its_numbers_a_network_does_not_know_levels(self, toy: SourceNet) -> None:
        gather, _ = next(iter(unseen_events(ToyDraws(10), 8, 1)))
        louder = gather._replace(windows=gather.windows.clone())
        louder.windows[:, 0] *= 0.4
        before = toy.network(gather).mechanism
        assert not torch.allclose(toy.network(louder).mechanism, before, atol=1e-4)
        with without_scalars(toy.network, amplitudes=True):
            silent = toy.network(gather).mechanism
            torch.testing.assert_close(toy.network(louder).mechanism, silent, atol=1e-4, rtol=1e-3)
        assert torch.equal(toy.network(gather).mechanism, before)

    def test_stations_are_taken_away(self, toy: SourceNet, tmp_path: Path) -> None:
        found = remove_stations(toy.network, PAIR, tmp_path, 12)
        whole = errors_on(PAIR, {"toy": toy}, tmp_path, 12)["toy"]
        torch.testing.assert_close(found.error["all"], whole.kagan, atol=1e-2, rtol=1e-3)
        assert set(found.correlation) == {"attention", "nearness", "chance"}
        assert not torch.equal(found.error["attention"], found.error["all"])
        assert len(png(figures.attention_figure(found))) > 10_000

    def test_ranks_are_compared(self) -> None:
        x = torch.tensor([3.0, 1.0, 2.0, 9.0])
        assert float(rank_correlation(x, x.exp())) == pytest.approx(1.0)
        assert float(rank_correlation(x, -x)) == pytest.approx(-1.0)

    def test_groups_that_are_alike_are_mixed(self) -> None:
        rng = torch.Generator().manual_seed(1)
        one, same, far = (torch.randn(300, 5, generator=rng, dtype=torch.float64) for _ in range(3))
        assert mixing(one, same) == pytest.approx(1.0, abs=0.05)
        assert between(one, same) < 0.02
        assert mixing(one, far + 9.0) == 0.0
        assert between(one, far + 9.0) > 0.9

    def test_features_are_those_of_the_events(self, toy: SourceNet) -> None:
        gather, _ = next(iter(unseen_events(ToyDraws(10), 20, 1)))
        single = one_event(Gather(*(x[3] for x in gather)))
        found = latent(toy.network, {"many": gather, "one": single})
        torch.testing.assert_close(found.places["one"][0], found.places["many"][3], atol=1e-3, rtol=1e-3)
        assert list(found.between) == ["one"]
        assert len(png(figures.latent_figure(found))) > 5_000

    def test_noise_lies_within_itself(self) -> None:
        rng = torch.Generator().manual_seed(1)
        drawn = torch.randn(2000, 6, generator=rng, dtype=torch.float64)
        found = NoiseSpectra(torch.arange(1.0, 7.0).double(), drawn[:1000], drawn[1000:])
        assert found.inside == pytest.approx(0.9, abs=0.03)
        few = NoiseSpectra(found.frequency, found.drawn, found.recorded[:20])
        assert len(png(figures.noise_figure(few))) > 5_000
        assert sourcenet_noise.byron() is None

    def test_events_are_learned_by_heart_and_what_was_learned_is_kept(self, tmp_path: Path) -> None:
        file = tmp_path / "state" / "by-heart.json"
        course = kept_by_heart(file, lambda: by_heart(ToyDraws(8), "harmonic", TINY, events=8, steps=80))
        assert kept_by_heart(file, lambda: pytest.fail("learned again")) == course
        assert course.steps[-1] == 80
        assert course.kagan[-1] < 5.0 < course.kagan[0]
        assert course.loss[-1] < 0.2 * course.loss[0]


class TestTables:
    def rows(self) -> list[Row]:
        ours = [{"held-out": made_up(seed=k)} for k in range(2)]
        clean = [{"held-out": made_up(3.0, seed=5)}]
        return rows_of(
            {("default", 3): ours, ("clean", 3): clean, ("default", 16): [{"held-out": made_up()}]}
        )

    def test_networks_are_compared_with_ours_after_as_many_passes(self, tmp_path: Path) -> None:
        rows = self.rows()
        of = {(row.network, row.passes): row for row in rows if row.case == "15-24"}
        assert of["clean", 3].further == pytest.approx(3.0, abs=0.3)
        assert of["clean", 3].further_low > 2.0
        assert math.isnan(of["default", 3].further)
        assert of["default", 3].lowest <= of["default", 3].kagan_mean_deg <= of["default", 3].highest
        file = tmp_path / "judged.csv"
        with file.open("w", newline="", encoding="utf-8") as text:
            csv.writer(text).writerows([Row._fields, *(["" if x != x else x for x in row] for row in rows)])
        again = read_rows(file)
        assert [row.further for row in again if row.network == "clean"] == [
            row.further for row in rows if row.network == "clean"
        ]
        lines = {(r.operator, r.case, r.metric): r for r in table_lines(again)}
        assert lines["clean", "all", "kagan_mean_deg"].paper == 40.4
        assert lines["clean", "15-24", FURTHER].p05 > 2.0
        assert ("default, 16 passes", "15-24", "mw_mae") in lines
        assert "clean" in sourcenet_page(list(lines.values()), {}, again).html()
        assert len(png(figures.networks_figure(again, ABLATIONS))) > 5_000
        assert len(png(figures.teaching_figure(again))) > 5_000

    def test_without_a_file_there_is_nothing_and_another_file_is_refused(self, tmp_path: Path) -> None:
        assert read_rows(tmp_path / "judged.csv") == []
        (tmp_path / "judged.csv").write_text("network,seed\nclean,0\n", encoding="utf-8")
        with pytest.raises(InputError, match=r"judged.csv is no table of network, passes"):
            read_rows(tmp_path / "judged.csv")


class TestCommand:
    def test_table_figures_and_page(
        self,
        folder: Path,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.setattr("seisgrad.cli.greens.complete_bank", lambda *_: None)
        words = ["reproduce", "sourcenet", "--events", "64", "--no-by-heart", "--operator", str(folder)]
        assert main([*words, "--out", str(tmp_path / "out")]) == 0
        assert "Kagan angle" in capsys.readouterr().out
        with (tmp_path / "out" / "results.csv").open(encoding="utf-8") as text:
            rows = list(csv.DictReader(text))
        assert list(rows[0]) == ["experiment", "operator", "case", "metric", "ours", "paper", "n"]
        assert {row["experiment"] for row in rows} == {"sourcenet"}
        found = {(row["operator"], row["case"], row["metric"]): row for row in rows}
        for case in ("15-24", "10-14", "6-10", "hadley-kanamori", "gil7", "gap>180"):
            for metric in ("kagan_mean_deg", "kagan_median_deg", "mw_mae", "coverage_90"):
                assert float(found[str(folder), case, metric]["ours"]) >= 0.0
        assert found[str(folder), "10-14", "kagan_mean_deg"]["paper"] == "26.7"
        assert (str(folder), "15-24 scalars zeroed", "mw_mae_ratio") in found
        page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
        assert "not the same question" in page
        assert {"errors.png", "attention.png", "latent.png"} <= {p.name for p in (tmp_path / "out").iterdir()}
        kept = {p.name for p in (tmp_path / "out" / "state").iterdir()}
        assert len(kept) == len(GROUPS)

    @pytest.mark.parametrize(
        ("words", "sentence"),
        [(["--events", "0"], "--events 0 is too few"), (["--operator", "nobody"], "nobody")],
    )
    def test_bad_options_are_a_sentence(
        self, words: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["reproduce", "sourcenet", "--out", str(tmp_path / "out"), *words]) == 2
        assert sentence in capsys.readouterr().err
        assert not (tmp_path / "out").exists()
