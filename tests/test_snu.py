"""The example of station SNU: its page says what its results say, and the results come from the file."""

import csv
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "experiments" / "snu"


@pytest.fixture
def picks(monkeypatch: pytest.MonkeyPatch):
    """The module that knows the file."""
    monkeypatch.syspath_prepend(str(FOLDER))
    import picks

    yield picks
    del sys.modules["picks"]


@pytest.fixture(scope="module")
def numbers() -> dict[tuple[str, str, str], tuple[float, float]]:
    """Value and sigma by question, case and quantity."""
    with (FOLDER / "results" / "numbers.csv").open(encoding="utf-8") as file:
        return {
            (row["question"], row["case"], row["quantity"]): (
                float(row["value"]),
                float(row["sigma"] or "nan"),
            )
            for row in csv.DictReader(file)
        }


def table(page: str, heading: str) -> list[list[str]]:
    """The rows of the first table after a heading, without its own."""
    after = page.split(f"{heading}\n")[1]
    lines = after[after.index("\n|") + 1 :].split("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_tables_of_the_page_are_the_results(numbers) -> None:
    page = (ROOT / "docs" / "snu.md").read_text(encoding="utf-8")
    for depth, vs, sigma, ratio, scatter, bet in table(page, "## What is resolved"):
        case = f"{depth.replace('–', '-')} km"
        mean = numbers["prior", "ak135 5 %", f"vs {case}"]
        jackknife = numbers["without a set", f"vs {case}", "jackknife sigma over posterior sigma"][0]
        assert vs == f"{mean[0]:.2f}"
        assert sigma == f"{mean[1]:.3f}"
        assert ratio == f"{numbers['resolution', case, 'sigma after over before'][0]:.2f}"
        assert scatter == f"{jackknife:.1f}"
        assert float(bet) == pytest.approx(mean[1] * max(1.0, jackknife), abs=1e-3)
    for name, *_, rms, mean in table(page, "## Six sets in one file"):
        for cell, quantity in ((rms, "misfit r.m.s."), (mean, "mean misfit")):
            said = float(cell.removesuffix(" m/s").replace("−", "-"))
            assert said == round(numbers["errors", name, quantity][0])


def test_figures_are_small(picks) -> None:
    for name in ("fit", "earth", "trust"):
        assert (ROOT / "docs" / "_static" / f"snu_{name}.png").stat().st_size < 150_000


def test_a_folder_without_the_file_is_said(picks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEISGRAD_DATA", str(tmp_path))
    with pytest.raises(SystemExit, match=r"no file dispersion/snu\.dsp in .*set SEISGRAD_DATA"):
        picks.read()


def test_the_errors_that_the_misfit_asks_for(
    picks, numbers, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from seisgrad.dispersion.starting_model import from_reference
    from seisgrad.earth import read_model

    monkeypatch.setenv("SEISGRAD_DATA", str(data_dir))
    all_of_them = picks.read()
    begin = from_reference(all_of_them.curves, read_model("ak135"), "ak135", 0.05)
    found = picks.fit(all_of_them.operator(begin), all_of_them, begin.prior)
    assert found.factor == pytest.approx(numbers["errors", "two numbers", "factor P1"][0], rel=1e-3)
    assert 100 * found.floor == pytest.approx(numbers["errors", "two numbers", "floor"][0], rel=1e-3)
    # each group then has one squared residual per datum that is not used up by the model
    residual, importance = found.posterior.residual, found.posterior.importance
    for which in (all_of_them.of("P1"), ~all_of_them.of("P1")):
        free = int(which.sum()) - float(importance[which].sum())
        assert float(residual[which].square().sum()) == pytest.approx(free, rel=0.01)
