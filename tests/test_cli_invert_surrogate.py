"""``seisgrad invert --operator``: the surrogate calculates, physics has the last word, and both misfits are told."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

import seisgrad as sg
from seisgrad.cli import main
from seisgrad.dispersion import DispersionCurves, write_curves
from seisgrad.dispersion.invert import Inversion, invert
from seisgrad.dispersion.starting_model import from_data, from_reference
from seisgrad.earth import prem
from seisgrad.errors import InputError
from seisgrad.operator import Operator
from seisgrad.report.surrogate import surrogate_notes

MODULE = """
import torch
from seisgrad.dispersion import Physics

def fast(survey, depth, off=0.01):
    physics = Physics(survey, depth)
    tilt = 1.0 + off * torch.linspace(-1.0, 1.0, len(survey.periods), dtype=torch.float64)
    return lambda x: tilt * physics(x)

def near(survey, depth):
    return fast(survey, depth, 0.002)
"""
"""Surrogates whose curve is tilted, at either end by as much as the data's sigma, or by a fifth of it."""


def crustal_curves() -> DispersionCurves:
    model = sg.LayeredModel(
        [5.0, 15.0, 15.0, 0.0], [5.5, 6.1, 6.7, 8.0], [3.1, 3.5, 3.8, 4.5], [2.6, 2.7, 2.9, 3.3]
    )
    periods = torch.logspace(0.5, 1.5, 12, dtype=torch.float64)
    velocity = sg.dispersion.velocity(model, periods)
    error = torch.randn(len(periods), generator=torch.Generator().manual_seed(8), dtype=torch.float64)
    return DispersionCurves.from_columns(
        wave="rayleigh",
        kind="phase",
        period=periods,
        velocity=velocity * (1 + 0.01 * error),
        sigma=0.01 * velocity,
    )


@pytest.fixture
def curves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A table, and an operator ``own:fast`` that the command can find."""
    (tmp_path / "own.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    write_curves(crustal_curves(), tmp_path / "curves.csv")
    return str(tmp_path / "curves.csv")


def run(
    curves: str, out: str, *options: str, capsys: pytest.CaptureFixture[str]
) -> tuple[dict, Tensor, Tensor]:
    """What the command tells scripts, and the profile and its sigma."""
    folder = Path(curves).parent / out
    assert main(["invert", curves, "--out", str(folder), "--json", *options]) == 0
    with (folder / "profile.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    columns = (torch.tensor([float(row[name]) for row in rows]) for name in ("vs", "vs_sigma"))
    return json.loads(capsys.readouterr().out), *columns


def test_physics_has_the_last_word(curves: str, capsys: pytest.CaptureFixture[str]) -> None:
    """By default the result is that of the exact operator; without physics it is another."""
    exact, vs, sigma = run(curves, "exact", capsys=capsys)
    assert "surrogate" not in exact
    told, by_steps, sigma_by_steps = run(curves, "steps", "--operator", "own:fast", capsys=capsys)
    none, without, _ = run(curves, "none", "--operator", "own:fast", "--finish", "none", capsys=capsys)
    assert float(((by_steps - vs) / sigma).abs().max()) < 0.03
    assert float((sigma_by_steps / sigma - 1).abs().max()) < 0.01
    assert float(((without - vs) / sigma).abs().max()) > 0.3

    both = told["surrogate"]
    assert both["finish"] == "steps"
    assert both["chi2_believed"] == pytest.approx(none["chi2_per_datum"])
    assert both["chi2_exact"] == told["chi2_per_datum"] == pytest.approx(exact["chi2_per_datum"], rel=1e-2)
    assert both["chi2_exact_of_its_model"] > both["chi2_exact"]
    assert both["steps"] >= 1
    assert any("seisgrad audit dispersion --operator own:fast" in note for note in told["notes"])
    assert none["surrogate"] == {"finish": "none", "chi2_believed": none["chi2_per_datum"]}
    assert any("physics was not asked" in note for note in none["notes"])

    page = (Path(curves).parent / "steps" / "report.html").read_text(encoding="utf-8")
    assert "The surrogate and physics" in page
    for number in (both["chi2_believed"], both["chi2_exact_of_its_model"], both["chi2_exact"]):
        assert f"{number:.3g}" in page
    assert (Path(curves).parent / "steps" / "kernels.png").exists()  # exact ones, at an exact model
    assert not (Path(curves).parent / "none" / "kernels.png").exists()


def test_samples_are_weighed_by_physics(curves: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A mean is where the posterior's weight is, a little off the maximum where the operator bends."""
    _, vs, sigma = run(curves, "exact", capsys=capsys)
    options = ("--operator", "own:near", "--finish", "weights")
    told, by_weights, sigma_by_weights = run(curves, "weights", *options, capsys=capsys)
    both = told["surrogate"]
    assert both["finish"] == "weights"
    assert both["samples"] == 2000
    assert 200 < both["effective"] < 2000
    bend, error = 0.15, 4 / both["effective"] ** 0.5
    assert float(((by_weights - vs) / sigma).abs().max()) < bend + error
    assert float((sigma_by_weights / sigma - 1).abs().max()) < bend + error


def test_weights_that_do_not_suffice_say_so(curves: str, capsys: pytest.CaptureFixture[str]) -> None:
    told, _, _ = run(curves, "few", "--operator", "own:fast", "--finish", "weights", capsys=capsys)
    assert told["surrogate"]["effective"] < 200
    assert "not to be believed" in told["surrogate"]["message"]
    assert "not to be believed" in (Path(curves).parent / "few" / "report.html").read_text(encoding="utf-8")


def test_finish_is_refused_where_it_means_nothing(curves: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["invert", curves, "--finish", "steps"]) == 2
    assert "--operator exact is the physics itself" in capsys.readouterr().err
    table = DispersionCurves.from_columns(
        wave="rayleigh", kind="phase", period=[5.0, 5.0], velocity=[3.0, 3.1], sigma=0.1, site=["a", "b"]
    )
    write_curves(table, Path(curves).parent / "two.csv")
    two = str(Path(curves).parent / "two.csv")
    assert main(["invert", two, "--operator", "own:fast", "--finish", "weights"]) == 2
    assert "choose one with --site" in capsys.readouterr().err


def test_a_surrogate_under_water_is_told_of_a_dry_reference(
    curves: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["invert", curves, "--reference", "prem", "--operator", "default"]) == 2
    told = capsys.readouterr().err
    assert "3 km of water" in told
    assert "ak135" in told
    table = crustal_curves()
    with pytest.raises(InputError, match="take a dry one"):
        invert(
            table,
            from_reference(table, prem(), "prem", 0.05),
            operator=lambda survey, depth: sg.dispersion.load("default", survey, depth),
        )


def test_the_shipped_surrogate_and_physics_agree_on_the_earth(
    curves: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _, vs, sigma = run(curves, "exact", capsys=capsys)
    told, by_steps, _ = run(curves, "default", "--operator", "default", capsys=capsys)
    assert float(((by_steps - vs) / sigma).abs().max()) < 0.03
    assert told["surrogate"]["chi2_believed"] == pytest.approx(
        told["surrogate"]["chi2_exact_of_its_model"], rel=0.5
    )


class Carded(Operator):
    """An operator with a card, of which only the card matters."""

    def __init__(self, *rows: tuple[str, float, float]) -> None:
        bands = [
            {"band": band, "raw_cosine_vs": cosine, "relative_l2_vs": error} for band, cosine, error in rows
        ]
        self.card = {"errors": [{"prior": "weak", "models": 10, "bands": bands}]}

    def apply(self, x: Tensor) -> Tensor:
        raise NotImplementedError


@pytest.fixture(scope="module")
def inversion() -> Inversion:
    table = crustal_curves()  # Rayleigh at 3.2 to 32 s
    return invert(table, from_data(table, 0.3))


def test_the_card_warns_of_kernels_that_fail_where_data_lie(inversion: Inversion) -> None:
    def notes(*rows: tuple[str, float, float]) -> str:
        return " ".join(surrogate_notes(replace(inversion, surrogate=Carded(*rows)), "mine"))

    good = ("rayleigh 2-5", 0.999, 0.03)
    assert "fail" not in notes(good, ("rayleigh 20-30", 0.995, 0.09))
    assert "20-30 s (raw cosine down to 0.98, relative" in notes(good, ("rayleigh 20-30", 0.98, 0.05))
    assert "relative L2 error up to 0.31" in notes(good, ("rayleigh 20-30", 0.995, 0.31))
    assert "fail" not in notes(good, ("love 20-30", 0.5, 0.9))  # no Love data
    assert "fail" not in notes(good, ("rayleigh 45-60", 0.5, 0.9))  # nor any this long
    assert "rayleigh 2-5 s, rayleigh 10-20 s" in notes(
        ("rayleigh 2-5", 0.6, 0.9), ("rayleigh 10-20", 0.7, 0.8)
    )
    assert "--finish steps" in notes(("rayleigh 2-5", 0.6, 0.9))
    last = float(inversion.survey.periods[-1])  # belongs to the last band, and to no other
    assert "fail" not in notes(("rayleigh 2-3", 0.6, 0.9), (f"rayleigh 20-{last!r}", 0.999, 0.03))
    assert "fail" in notes(good, (f"rayleigh {last!r}-45", 0.6, 0.9))


def test_nothing_is_said_where_physics_did_everything(inversion: Inversion) -> None:
    assert surrogate_notes(inversion, "exact") == []
