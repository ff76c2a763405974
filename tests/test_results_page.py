"""The page of results: it is that of the tables, shows all of them, knows what made them, and hides no loss."""

import csv
import json
import shutil
import sys
from pathlib import Path

import pytest

from seisgrad.report.provenance import NOT_RECORDED, digest, record_of, write_record

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "docs"))

from results.losses import behind, behind_paper, settle, worse
from results.page import PAGE, Page
from results.reading import chosen, shown, tables_of

ROOT = Path(__file__).resolve().parent.parent
TABLES = tables_of(ROOT)
HERE = Page(ROOT)


def line(
    metric: str, ours: str, paper: str = "", case: str = "a", operator: str = "default"
) -> dict[str, str]:
    return {
        "experiment": "toy",
        "operator": operator,
        "case": case,
        "metric": metric,
        "ours": ours,
        "paper": paper,
        "n": "1",
    }


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of all tables and records, to change."""
    for file in TABLES:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        for path in (ROOT / file, record_of(ROOT / file)):
            shutil.copy(path, tmp_path / path.relative_to(ROOT))
    return tmp_path


def test_the_page_is_that_of_the_tables() -> None:
    assert (ROOT / PAGE).read_text(encoding="utf-8") == HERE.text(), "run python docs/results"


@pytest.mark.parametrize("file", TABLES)
def test_every_table_is_shown_and_says_what_made_it(file: str) -> None:
    assert f"](../{file})" in (ROOT / PAGE).read_text(encoding="utf-8"), "run python docs/results"
    path = record_of(ROOT / file)
    assert path.is_file(), f"no {path.name} beside it: the script that writes a table calls write_record"
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert {"file", "sha256", "command", "date", "commit", "machine", "versions"} <= set(kept)
    assert kept["sha256"] == digest(ROOT / file), (
        "the record is of another table: make the table by its command"
    )


def test_a_changed_number_changes_the_page(checkout: Path) -> None:
    assert Page(checkout).text() == HERE.text()
    path = checkout / "benchmarks/results/dispersion_speed.csv"
    rows = list(csv.reader(path.open(newline="", encoding="utf-8")))
    rows[1][rows[0].index("ratio")] = "0.5"
    csv.writer(path.open("w", newline="", encoding="utf-8")).writerows(rows)
    page = Page(checkout)
    assert page.text() != HERE.text()
    assert "256 layers" in page.behind_programs()[0][1]["case"]  # half of disba's speed is a loss
    assert any("15 times" in aim.words and not aim.met for aim in page.settled())


def test_the_figures_of_the_readme_are_those_of_the_tables() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    disba = chosen(HERE.rows["benchmarks/results/dispersion_speed.csv"], {"case": "*models"})
    times = [float(row["ratio"]) for row in disba]
    assert f"{min(times):.0f} to {max(times):.0f} times disba's throughput" in readme
    (yam,) = chosen(HERE.rows["benchmarks/results/noise_speed.csv"], {"program": "yam", "case": "records *"})
    assert f"{float(yam['times_slower_than_ours']):.0f} times yam's throughput" in readme
    ours = chosen(HERE.rows["benchmarks/results/inversion_speed.csv"], {"method": "seisgrad"})
    assert f"{1e3 * max(float(row['core seconds per site']) for row in ours):.0f} ms a site" in readme
    settled = chosen(HERE.rows["experiments/inversion/results/methods.csv"], {"method": "laplace"})
    assert f"{max(int(row['sites']) for row in settled):,} sites".replace(",", " ") in readme


def test_a_new_table_is_shown_as_it_is(checkout: Path) -> None:
    (checkout / "benchmarks/results/new_speed.csv").write_text("case,seconds\nall,1\n", encoding="utf-8")
    text = Page(checkout).text()
    assert "## Other tables" in text
    assert "| all | 1 |" in text.split("**new_speed**")[1].split("**")[0]
    made = [row for row in text.splitlines() if row.startswith("| [new_speed.csv]")]
    assert len(made) == 1
    assert made[0].count(NOT_RECORDED) == 5


def test_the_table_of_sources_is_taken_as_it_comes(checkout: Path) -> None:
    rows = [
        line("kagan_mean_deg", "9.5", case="15-24"),
        line("kagan_mean_deg", "30", "23.9", case="real"),
        line("kagan_mean_deg", "76", case="15-24", operator="deepsets"),
        line("coverage_90", "0.82", case="15-24"),
    ]
    path = checkout / "experiments/sourcenet/results/results.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    page = Page(checkout)
    assert "**`kagan_mean_deg`**" in page.text()
    assert "| real | 30\u00a0† | 23.9 |" in page.text()
    assert [(p.case, p.worse, p.lines) for p in page.behind_papers() if p.experiment == "toy"] == [
        ("real", 1, 1)
    ]
    judged = {aim.words: aim.met for aim in page.settled() if aim.words.startswith("SourceNet")}
    assert judged == {
        "SourceNet's protocol, 15 to 24 stations: Kagan angle at most 10° in the mean": True,
        "SourceNet's protocol, ball of 90 %: at least 85 %": False,
    }


def test_no_line_of_the_description_is_dead() -> None:
    """Every choice of lines finds some, every aim a figure; sources have their table later."""
    page = HERE
    there = [entry for entry in page.entries if entry["file"] in page.rows and "asks" in entry]
    found = {e["asks"]: chosen(page.rows[e["file"]], e.get("where", {})) for e in there}
    assert [asks for asks, rows in found.items() if not rows] == ["Each disagreement by itself"]
    assert len(page.settled()) == sum(aim["file"] in page.rows for aim in page.aims)


@pytest.mark.parametrize(
    ("metric", "ours", "paper", "lost"),
    [
        ("relative_l2", "0.3", "0.2", True),
        ("relative_l2", "0.1", "0.2", False),
        ("raw_cosine_vs", "0.8", "0.9", True),
        ("raw_cosine_vs", "0.95", "0.9", False),
        ("coverage_95", "0.99", "0.94", True),
        ("coverage_95", "0.96", "0.92", False),
        ("gradient_relative_l2_vs", "0.3", "0.2", True),
        ("number_of_weights", "3", "2", False),
    ],
)
def test_what_is_worse_than_a_paper(metric: str, ours: str, paper: str, lost: bool) -> None:
    assert worse(line(metric, ours, paper)) is lost


def test_the_worst_of_what_is_behind_a_paper_is_told() -> None:
    rows = [line("mae", str(ours), "1", case) for ours, case in ((2, "bad"), (5, "worst"), (0.5, "good"))]
    (found,) = behind_paper([*rows, line("mae", "9")])
    assert (found.case, found.worse, found.lines) == ("worst", 2, 3)


def test_what_is_behind_another_program() -> None:
    times = {("a", "x"): "2", ("a", "y"): "1", ("b", "x"): "1", ("b", "y"): "3"}
    rows = [{"who": who, "task": task, "seconds": seconds} for (who, task), seconds in times.items()]
    rule = {"loses": {"column": "seconds", "peer": {"who": "b"}, "same": ["task"], "where": {"who": "a"}}}
    assert behind(rule, rows) == [rows[0]]
    assert behind({"loses": {"column": "seconds", "below": 2}}, rows) == [rows[1], rows[2]]
    assert behind({}, rows) == []


def test_an_aim_is_judged_by_its_worst_line() -> None:
    rows = [{"case": c, "x": x} for c, x in (("a", "-3"), ("b", "1"), ("c", ""))]
    asked = {"aim": "x", "file": "f", "column": "x", "named": ["case"], "where": {"case": ["a", "b"]}}
    found = settle(asked | {"at_most": 2, "size": True}, rows)
    assert found is not None
    assert (found.met, found.short, found.figure) == (False, 1, "3 (a)")
    assert settle(asked | {"at_most": 2}, rows).met
    assert not settle(asked | {"at_most": 2, "where": {"case": "c"}}, rows).met  # no figure is no success
    assert settle(asked | {"at_most": 2, "where": {"case": "d"}}, rows) is None
    ratio = settle(asked | {"at_most": -3, "where": {"case": "a"}, "over": {"case": "b"}}, rows)
    assert ratio is not None
    assert ratio.met


def test_numbers_are_rounded_and_words_are_not() -> None:
    told = {"33.60042": "33.6", "0.0043131": "0.00431", "280523.98": "281\u00a0000", "5.1e-05": "5.1·10⁻⁵"}
    told |= {"1720": "1720", "10000": "10\u00a0000", "0.35": "0.35", "0.0": "0.0", "-0.093": "−0.093"}
    told |= {"nan": "", "": "", "inf": "∞", "0.02-0.05": "0.02-0.05", "15-24": "15-24"}
    assert {text: shown(text) for text in told} == told
    assert shown("0.99761", 4) == "0.9976"


def test_a_record_says_what_made_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tmp_path / "table.csv"
    table.write_text("a\n1\n", encoding="utf-8")
    monkeypatch.setattr(sys.modules["__main__"], "__file__", str(tmp_path / "bench.py"), raising=False)
    monkeypatch.setattr(sys, "argv", ["bench.py", "--out", str(table), "--repeats", "3"])
    write_record(table)
    first = json.loads(record_of(table).read_text(encoding="utf-8"))
    assert first["command"] == "python bench.py --out table.csv --repeats 3"  # no path of a machine
    assert first["sha256"] == digest(table)
    assert first["machine"]["cores"] >= 1
    assert {"python", "seisgrad", "torch"} <= set(first["versions"])

    table.write_text("a\n2\n", encoding="utf-8")
    assert digest(table) != first["sha256"]
    write_record(table, "by hand", part=True)
    second = json.loads(record_of(table).read_text(encoding="utf-8"))
    assert second["command"] == "by hand"
    assert second["earlier"] == [first]
