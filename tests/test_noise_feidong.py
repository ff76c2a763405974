"""The worked example on real correlations: its page says what its results say, and the results come from the files."""

import csv
import re
import sys
from pathlib import Path

import numpy as np
import pytest

import seisgrad as sg

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "experiments" / "noise"


@pytest.fixture
def feidong(monkeypatch: pytest.MonkeyPatch):
    """The module that compares."""
    monkeypatch.syspath_prepend(str(FOLDER))
    import feidong

    yield feidong
    del sys.modules["feidong"]


def test_the_page_tells_the_results() -> None:
    page = (ROOT / "docs" / "noise.md").read_text(encoding="utf-8")
    with (FOLDER / "results" / "feidong_summary.csv").open(encoding="utf-8") as file:
        rows = {row["case"]: row for row in csv.DictReader(file)}
    phase = rows["phase, all points"]
    assert f"| {phase['median_absolute_percent']} % |" in page
    assert f"| {phase['answered_percent']} % |" in page
    assert float(phase["median_absolute_percent"]) <= 1.2
    assert abs(float(phase["median_percent"])) < 0.3
    assert float(phase["answered_percent"]) >= 90
    for case in (case for case in rows if case.startswith("phase, picked")):
        assert f"| {rows[case]['median_absolute_percent']} % |" in page
        assert f"| {rows[case]['n']} |" in page
    with (FOLDER / "results" / "synthetic.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            assert f"{float(row['median_absolute_percent']):.2f} %" in page
    number = r"([\d.]+)"
    line = rf"^\| (layered|basin) \|.*\| {number} \| {number} \| {number}, {number} \| {number}, {number} \|$"
    told = re.findall(line, page, re.MULTILINE)
    names = ("error_before", "error_after", "sigma_3x4", "sigma_5x7", "rms_sigmas_3x4", "rms_sigmas_5x7")
    sections = table("section.csv")
    assert [case for case, *_ in told] == [row["case"] for row in sections]
    for (_, *shown), row in zip(told, sections, strict=True):
        for value, name in zip(shown, names, strict=True):
            assert abs(float(value) - float(row[name])) < (0.051 if "rms" in name else 0.00051)


def table(name: str) -> list[dict[str, str]]:
    with (FOLDER / "results" / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_wrong_numbers_of_waves_are_flagged_and_right_ones_are_not() -> None:
    page = (ROOT / "docs" / "noise.md").read_text(encoding="utf-8")
    rules = {row.pop("rule"): {name: int(n) for name, n in row.items()} for row in table("feidong_waves.csv")}
    every = rules["all rules"]
    assert every["wrong_flagged"] >= 0.9 * every["wrong"]
    assert every["right_flagged"] <= 0.05 * every["right"]
    unexplained = every["wrong"] - every["wrong_where_theirs_jumped"]
    assert unexplained == every["wrong_flagged"] - every["wrong_where_theirs_jumped_flagged"]
    assert f"flags {rules['ambiguous']['wrong_flagged']} of the {every['wrong']}" in page
    assert f"all rules together {every['wrong_flagged']} and {every['right_flagged']}" in page
    for row in table("number_of_waves.csv"):
        counts = f"| {row['right']}, {row['right_flagged']} | {row['wrong']}, {row['wrong_flagged']} |"
        assert counts in page


def test_the_way_to_a_profile_is_told_as_it_came_out() -> None:
    page = (ROOT / "docs" / "noise.md").read_text(encoding="utf-8")
    (chain,) = table("feidong_chain.csv")
    assert chain["pairs_on_their_branch"] == chain["pairs"]
    for words in (
        f"the {chain['group_picks']} unflagged group velocities",
        f"gives {chain['picks']} phase velocities",
        f"is {chain['median_absolute_percent']} % in size",
        f"{chain['vs_sigma_percent']} % (median) of vs down to {float(chain['resolved_to_km']):.1f} km",
        f"χ² per datum is {chain['chi2_per_datum']}",
        f"within {chain['theirs_differ_sigmas']} sigma",
    ):
        assert words in page
    for row in table("group_reading.csv"):
        if row["noise"] == "0.0":
            assert f"{float(row['median_absolute_percent']):.1f}" in page


def test_two_pairs_come_from_the_files(feidong, data_dir: Path) -> None:
    files = sorted((data_dir / "noise" / "feidong").glob("*.dat"))
    if not files:
        pytest.skip(f"no correlations in {data_dir / 'noise' / 'feidong'}")
    period, theirs = feidong.compared(files, "phase")
    period, theirs = period[7::4], theirs[:, 7::4]
    egf = sg.noise.to_egf(sg.noise.fold(sg.noise.read_folded_text(files)))
    for number in (6, 7):
        reference = feidong.others_mean(period, theirs, number)
        found = sg.noise.phase_velocity(egf, number, periods=period, reference=reference, lowest_snr=0.0)
        good = found.good.numpy() & np.isfinite(theirs[number])
        assert good.sum() > 4
        assert np.median(np.abs(found.velocity.numpy() / theirs[number] - 1)[good]) < 0.012
