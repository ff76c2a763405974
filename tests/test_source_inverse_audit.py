"""The audit of networks of sources: what it says of inverses that are known, and its files."""

import csv
import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from source_bank_toys import toy_bank

from seisgrad.cli import main
from seisgrad.nn import weights
from seisgrad.operator import Function, Operator, Space
from seisgrad.source import earths, inverse_audit
from seisgrad.source.gather import Gather
from seisgrad.source.greens import make_bank
from seisgrad.source.harmonic import HarmonicNet, HarmonicSize
from seisgrad.source.inverse_audit import COUPLES, KNOWN, NETWORK, UNKNOWN, compare
from seisgrad.source.kagan import kagan_angle
from seisgrad.source.layered import Band
from seisgrad.source.linear_inverses import DIRECTIONS, Noise, linear_inverse, own_frame
from seisgrad.source.moment_tensor import from_basis, random_double_couples, to_basis
from seisgrad.source.randomisation import CLEAN, Randomisation
from seisgrad.source.redraws import Case, Redraws
from seisgrad.source.surrogate import window_space

STILL = replace(CLEAN, stations=(6, 6))


class Kept(Redraws):
    """Knows the last of its events."""

    last: Case

    def case(self, generator: np.random.Generator, *, clean: bool = False) -> Case:
        self.last = super().case(generator, clean=clean)
        return self.last


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inverse_audit, "_DRAWS", 24)
    monkeypatch.setattr(inverse_audit, "_TESTS", 8)


@pytest.fixture(scope="module")
def prior() -> Kept:
    return Kept(toy_bank(), Randomisation(stations=(6, 10)))


class TestRedraws:
    """Events with the operator behind them."""

    def test_the_operator_makes_the_records_of_a_clean_event(self, prior: Kept) -> None:
        case = prior.case(np.random.default_rng(3), clean=True)
        made = case.matrix @ to_basis(case.moment)
        torch.testing.assert_close(
            made, case.gather.windows.double(), rtol=1e-4, atol=1e-6 * float(made.abs().max())
        )

    def test_what_is_left_of_recorded_ones_is_noise(self, prior: Kept) -> None:
        for seed in range(4):
            case = prior.case(np.random.default_rng(seed))
            made = case.matrix @ to_basis(case.moment)
            assert 0.01 < float((case.gather.windows - made).norm() / made.norm()) < 0.4

    def test_an_event_drawn_again_has_the_stations_that_recorded_it_and_another_truth(
        self, prior: Kept
    ) -> None:
        case = prior.case(np.random.default_rng(2))
        again = prior.windows(case, 5, np.random.default_rng(9))
        assert again.shape == (5, *case.gather.windows.shape)
        silent = ~case.gather.recorded[:, None, :, None].expand_as(case.gather.windows)
        assert not again[:, silent].any()
        assert not torch.equal(again[0], again[1])
        size = again.flatten(1).norm(dim=1) / case.gather.windows.norm()
        assert ((size > 0.3) & (size < 3.0)).all()

    def test_nothing_random_leaves_one_operator(self) -> None:
        still = Redraws(toy_bank(("slow",)), STILL)
        case = still.case(np.random.default_rng(1))
        for matrix in still.matrices(case, 3, np.random.default_rng(2)):
            torch.testing.assert_close(
                matrix, case.matrix, rtol=1e-3, atol=1e-5 * float(case.matrix.abs().max())
            )


def test_the_own_frame_is_orthonormal_and_turns_are_turns() -> None:
    moment = random_double_couples(1, torch.Generator().manual_seed(1))[0]
    frame = own_frame(moment)
    torch.testing.assert_close(frame.mT @ frame, torch.eye(5, dtype=torch.float64))
    of = to_basis(moment)
    torch.testing.assert_close(frame[:, 0], of / of.norm())  # size
    for k, per_share in ((1, 1.0), (2, 0.5), (3, 1.0)):
        turned = from_basis(of / of.norm() + 1e-3 * frame[:, k])
        angle = torch.deg2rad(kagan_angle(turned, moment))
        assert float(angle) == pytest.approx(1e-3 * per_share, rel=1e-2), DIRECTIONS[k]
    assert float(kagan_angle(from_basis(of / of.norm() + 0.1 * frame[:, 4]), moment)) < 0.01


def test_the_exact_inverse_against_itself_is_right_in_everything(prior: Kept) -> None:
    noise = Noise(prior.randomisation)

    def exact(gather: Gather) -> Operator:
        """The inverse of the known earth, with the very noise and prior."""
        case = prior.last
        norm = to_basis(case.moment).norm()
        g = norm * case.matrix
        covariance = noise.covariance(g @ to_basis(case.moment) / norm)
        rows = linear_inverse(g, covariance, torch.ones(5).double(), torch.eye(5).double())
        stations = len(gather.distance)

        def answer(d: torch.Tensor) -> torch.Tensor:
            return from_basis(norm * torch.einsum("bsctx,...sctx->...b", rows, d.double()))

        return Function(answer, window_space(stations), Space("moment tensor", ("component",), (6,), "N·m"))

    found = compare(exact, {"toy": prior}, prior, 1)
    assert [one.records for one in found] == ["clean", "as recorded"]
    for one in found:
        network, known = (next(j for j in one.judged if j.inverse == name) for name in (NETWORK, KNOWN))
        torch.testing.assert_close(network.resolution, torch.eye(5).double(), atol=1e-2, rtol=0.0)
        assert network.noise_turn == pytest.approx(known.noise_turn, rel=1e-6)
        assert float(one.agreement[KNOWN, "cosine"][0]) == pytest.approx(1.0, abs=1e-6)
        assert float(one.agreement[KNOWN, "relative_l2"][0]) == pytest.approx(0.0, abs=1e-5)
    recorded = found[1]
    of = {judged.inverse: judged for judged in recorded.judged}
    # whoever believes to know the earth errs where it is another one; noise alone would leave it right
    assert of[NETWORK].noise_turn < of[UNKNOWN].noise_turn
    assert of[UNKNOWN].kagan.median() < of[NETWORK].kagan.median()
    assert float(of[COUPLES].resolution[4].abs().max()) < 1e-2


def test_the_command_writes_tables_figures_and_a_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(earths, "HELD_OUT", ("gil7",))
    make_bank(
        tmp_path / "greens.zarr", ("gil7", "hadley_kanamori"), (6.0,), (20.0, 40.0), band=Band(samples=512)
    )
    size = HarmonicSize(d_model=32, heads=2, layers=1, feed_forward=16, window=16)
    data = {"models": ["gil7"], "randomisation": {"stations": [6, 6], "dropout": 0.0}}
    card = {"system": "source", "network": "harmonic", "arguments": asdict(size), "data": data}
    weights.save(tmp_path / "net", HarmonicNet(size), card)
    words = ["audit", "source", "--operator", str(tmp_path / "net"), "--number", "1"]
    assert main([*words, "--out", str(tmp_path / "found"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["models"] == {"training": 1, "held out": 1, "hadley_kanamori": 1}
    assert list(told["verdict"])[1] == "training, as recorded"
    names = {path.name for path in (tmp_path / "found").iterdir()}
    assert names == {
        "audit.html",
        *("events.csv", "derivatives.csv", "summary.csv"),
        *("resolution.png", "errors.png", "derivatives.png"),
    }
    with (tmp_path / "found" / "events.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3 * (2 + 5)  # groups; network and known earth, and with redraws three more
    assert {row["stations"] for row in rows} == {"6"}
    exact = [row for row in rows if row["inverse"] == KNOWN]
    assert all(float(row["resolution_size"]) == pytest.approx(1.0, abs=0.05) for row in exact)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["source", "--operator", "nobody"], "there is no surrogate 'nobody'"),
        (["source", "--operator", "exact"], "--operator exact is what an audit compares with"),
        (["source", "--number", "0"], "--number 0 is too few"),
        (["source", "--prior", "weak"], "--prior is not for source"),
        (["source", "--models", "x"], "--models is for dispersion"),
        (["acoustic", "--bank", "x"], "--bank is for source"),
    ],
)
def test_bad_input_is_one_sentence(
    words: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", *words, "--out", str(tmp_path / "found")]) == 2
    captured = capsys.readouterr()
    assert sentence in captured.err
    assert captured.err.count("\n") == 1
    assert not (tmp_path / "found").exists()
