"""``seisgrad reproduce kernels``: the metrics of known errors, the table's contract, the figures and the command."""

import csv
import io
import math
from pathlib import Path

import numpy as np
import pytest
import torch

from seisgrad.cli import main
from seisgrad.dispersion import Branch, Physics, Survey
from seisgrad.errors import InputError
from seisgrad.operator import Operator
from seisgrad.report.reproduce import ensembles, figures, kernels, table
from seisgrad.report.reproduce.page import kernels_page

DEPTH = torch.arange(0.0, 130.0, 5.0, dtype=torch.float64)
BANDS = ["2-5", "5-10", "10-20", "20-30", "30-45", "45-60"]


class Scaled(Operator):
    """Physics whose answer is a factor too large: the shape of every kernel is right, its amplitude is not."""

    def __init__(self, survey: Survey, depth: torch.Tensor, factor: float = 1.02) -> None:
        self.physics, self.factor = Physics(survey, depth), factor
        self.domain, self.codomain = self.physics.domain, self.physics.codomain

    def apply(self, x: torch.Tensor) -> torch.Tensor:
        return self.factor * self.physics(x)


@pytest.fixture(scope="module")
def earths() -> torch.Tensor:
    generator = torch.Generator().manual_seed(7)
    rise = 1.2 * torch.rand(3, 1, generator=generator, dtype=torch.float64)
    rough = 0.1 * torch.rand(3, len(DEPTH), generator=generator, dtype=torch.float64)
    vs = 2.6 + (1.0 + rise) * (DEPTH / 130.0).sqrt() + rough
    vs[:, -1] += 0.5  # traps every mode of the table
    return torch.stack([1.75 * vs, vs, 2.2 + 0.25 * vs], dim=-2)


@pytest.fixture(scope="module")
def found(earths: torch.Tensor) -> dict[str, kernels.Comparison]:
    operators = {"exact": Physics(kernels.SURVEY, DEPTH), "scaled": Scaled(kernels.SURVEY, DEPTH)}
    return kernels.evaluate(operators, earths, DEPTH)


def by_metric(rows: list[table.Line], case: str) -> dict[str, table.Line]:
    return {row.metric: row for row in rows if row.case == case}


@pytest.mark.parametrize("case", ["rayleigh 2-5", "love 45-60"])
def test_a_wrong_amplitude_is_seen_by_the_honest_metrics_and_hidden_by_the_published_ones(
    found, case
) -> None:
    seen = by_metric(table.lines("scaled", "weak", found["scaled"]), case)
    assert seen["mape_percent"].mean == pytest.approx(2.0)
    for parameter in ("vs", "rho"):
        assert seen[f"relative_l2_{parameter}"].mean == pytest.approx(0.02)
        assert seen[f"amplitude_ratio_{parameter}"].mean == pytest.approx(1.02)
        assert seen[f"raw_cosine_{parameter}"].mean == pytest.approx(1.0)
        assert seen[f"sign_error_{parameter}"].mean == 0.0
        if case == "love 45-60":  # short waves do not reach the half-space, and there is nothing to compare
            assert seen[f"relative_l2_{parameter}_halfspace"].mean == pytest.approx(0.02)
            assert seen[f"correlation_{parameter}_halfspace"].mean == pytest.approx(1.0)
    assert 0.0 < seen["depth_integral_error_vs"].mean <= 0.02 + 1e-9
    assert seen["paper_cosine_vs"].mean == pytest.approx(1.0)
    assert seen["paper_mae_vs"].mean == pytest.approx(0.0, abs=1e-12)


def test_scaling_one_side_alone_keeps_even_the_exact_kernels_from_one(found) -> None:
    values = found["exact"].values
    assert values["paper_cosine_vs"].allclose(torch.ones(3, 2, 59, dtype=torch.float64))
    assert (values["paper_cosine_vs_scaled"] < 1.0 - 1e-6).any()


def test_love_waves_have_no_kernel_of_vp_and_say_so(found) -> None:
    rows = table.lines("scaled", "weak", found["scaled"])
    love, rayleigh = (by_metric(rows, f"{wave} 10-20")["raw_cosine_vp"] for wave in ("love", "rayleigh"))
    assert math.isnan(love.mean)
    assert (love.n, love.missing) == (0, 30)
    assert (rayleigh.n, rayleigh.missing) == (30, 0)


def test_a_missing_value_is_left_out_and_counted(earths, found) -> None:
    values = found["scaled"].values | {"mae": found["scaled"].values["mae"].clone()}
    values["mae"][1, 0, 0] = math.nan
    spoilt = kernels.Comparison(values, found["scaled"].halfspace)
    row = by_metric(table.lines("scaled", "weak", spoilt), "rayleigh 2-5")["mae"]
    assert (row.n, row.missing) == (8, 1)
    assert math.isfinite(row.mean)


def test_the_own_derivative_of_the_exact_operator_is_the_exact_kernel(earths) -> None:
    """What the table compares with is what ``jacobian`` gives: the same rows in the same order."""
    exact = kernels.exact_rows(earths, DEPTH)
    own = kernels.learned_rows(Scaled(kernels.SURVEY, DEPTH, 1.0), earths, exact)
    torch.testing.assert_close(own.velocity, exact.velocity)
    torch.testing.assert_close(own.kernel, exact.kernel)


def test_the_half_space_and_what_lies_below_110_km_are_left_out() -> None:
    assert DEPTH[kernels.compared(DEPTH)].tolist() == torch.arange(0.0, 110.0, 5.0).tolist()
    assert kernels.compared(torch.tensor([0.0, 10.0, 20.0])).tolist() == [True, True, False]


def test_every_period_is_in_one_band_as_in_the_paper() -> None:
    inside = torch.stack([table.periods_of(band) for band in table.BANDS])
    assert inside.sum(0).tolist() == [1] * 59
    assert inside.sum(1).tolist() == [3, 5, 10, 10, 15, 16]


def test_an_operator_with_more_periods_in_another_order_is_cut_to_the_table(earths, found) -> None:
    periods = torch.arange(1.0, 62.0, dtype=torch.float64)
    survey = Survey((Branch("love"), Branch("rayleigh")), periods)
    wide = kernels.evaluate({"wide": Scaled(survey, DEPTH)}, earths[:1], DEPTH)["wide"]
    for name, values in wide.values.items():
        torch.testing.assert_close(
            values, found["scaled"].values[name][:1], equal_nan=True, atol=1e-6, rtol=1e-6
        )


@pytest.mark.parametrize(
    ("survey", "depth", "words"),
    [
        (Survey((Branch(),), kernels.SURVEY.periods), DEPTH, "without branch love phase 0"),
        (Survey(kernels.SURVEY.branches, torch.tensor([2.0, 3.0])), DEPTH, "without period 4"),
        (kernels.SURVEY, 2 * DEPTH, "depth"),
    ],
)
def test_an_operator_that_cannot_fill_the_table_is_refused(survey, depth, words) -> None:
    with pytest.raises(InputError, match=words):
        kernels.fitted(Physics(survey, depth), DEPTH)


def test_the_papers_numbers_stand_beside_its_own_kind_of_ensemble_only(found) -> None:
    own = table.lines("default", "weak", found["scaled"])
    assert by_metric(own, "rayleigh 45-60")["paper_cosine_vs"].paper == 0.8246
    assert by_metric(own, "love 2-5")["mape_percent"].paper == 0.667
    assert math.isnan(by_metric(own, "love 2-5")["raw_cosine_vs"].paper)
    for operator, ensemble in (("default", "tectonic"), ("tectonic", "tectonic"), ("weak", "frozen")):
        assert all(math.isnan(row.paper) for row in table.lines(operator, ensemble, found["scaled"]))


def test_cases_are_named_after_the_ensemble_unless_it_is_the_operators_own() -> None:
    assert ensembles.ensembles_of("default") == {
        "weak": "", "tectonic": "tectonic ", "lvz": "lvz ", "frozen": "frozen ",
    }  # fmt: skip
    assert ensembles.ensembles_of("lvz") == {"lvz": "", "frozen": "frozen "}
    assert ensembles.ensembles_of("mine:net") == {"weak": "", "frozen": "frozen "}


def test_the_frozen_ensemble_is_read_from_the_folder_of_data(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("SEISGRAD_DATA", str(tmp_path))
    assert ensembles.models("frozen", 5) is None
    (tmp_path / "dispersion").mkdir()
    columns = {name: np.full((7, 256), i, dtype=np.float32) for i, name in enumerate(("vp", "vs", "rho"))}
    np.savez(tmp_path / "dispersion" / "test_models.npz", depth=0.5 * np.arange(256), **columns)
    models = ensembles.models("frozen", 5)
    assert models is not None
    assert models.shape == (5, 3, 256)
    assert models[0, :, 0].tolist() == [0.0, 1.0, 2.0]
    np.savez(tmp_path / "dispersion" / "test_models.npz", depth=np.arange(10.0), **columns)
    with pytest.raises(InputError, match="10 tops"):
        ensembles.models("frozen", 5)


def test_the_figures_show_the_numbers(earths, found) -> None:
    drawn = figures.table_figure(found["scaled"], beside_paper=True)
    left, right = drawn.axes
    lines = {line.get_label(): line.get_ydata() for line in left.lines}
    assert list(lines["Love, ours"]) == pytest.approx([2.0] * 6)
    assert lines["Love, paper"][0] == 0.667
    assert len(right.lines) == 6
    operator = Scaled(kernels.SURVEY, DEPTH)
    shown = figures.typical(operator, found["scaled"], earths, DEPTH)
    torch.testing.assert_close(shown.learned, 1.02 * shown.exact)
    panels = figures.kernels_figure(shown, "scaled").axes
    assert [axes.get_ylim() for axes in panels[:4]] == [(20.0, 0.0), (60.0, 0.0), (110.0, 0.0), (110.0, 0.0)]
    assert len(figures.cosine_figure(found["scaled"]).axes) == 3


def test_the_page_has_the_papers_number_before_ours(found) -> None:
    rows = table.lines("weak", "weak", found["scaled"]) + table.lines("weak", "frozen", found["scaled"])
    text = kernels_page(rows, {"table-weak": b"png"}, {"weak": 3, "frozen": 3}).html()
    assert '<td class="number">0.605</td><td class="number">2.000</td>' in text
    assert text.count("<details>") == 2
    assert text.count("<img") == 1


OWN = """
import torch
from seisgrad.dispersion import Physics

class Net(torch.nn.Module):
    def __init__(self, survey, depth):
        super().__init__()
        self.factor = torch.nn.Parameter(torch.tensor(1.01))
        self.physics = Physics(survey, depth)

    def forward(self, x):
        return self.factor * self.physics(x)

def net(survey, depth):
    return Net(survey, depth)
"""


def test_the_command_writes_the_contract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEISGRAD_DATA", str(tmp_path))
    monkeypatch.syspath_prepend(str(tmp_path))
    Path("own_table_operator.py").write_text(OWN)
    words = [
        "--operator",
        "own_table_operator:net",
        "--operator",
        "exact",
        "--models",
        "2",
        "--out",
        "results",
    ]
    assert main(["reproduce", "kernels", *words]) == 0
    assert "frozen  left out" in capsys.readouterr().out
    text = Path("results/results.csv").read_text()
    assert text.splitlines()[0] == "experiment,operator,case,metric,ours,paper,n"
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["operator"] for row in rows} == {"own_table_operator:net", "exact"}
    waves = {"rayleigh", "love"}
    assert {row["case"] for row in rows} == {f"{wave} {band}" for wave in waves for band in BANDS} | waves
    strengths = [float(row["ours"]) for row in rows if row["metric"] == "artefact_strength"]
    assert strengths == [0.0] * 4
    wanted = {"mape_percent", "mae", "raw_cosine_vs", "raw_cosine_vp", "raw_cosine_rho", "relative_l2_vs"}
    wanted |= {"paper_cosine_vs", "paper_correlation_vs", "paper_mae_vs", "relative_l2_vs_halfspace"}
    assert wanted <= {row["metric"] for row in rows}
    error = next(
        r for r in rows if r["metric"] == "mape_percent" and r["operator"] == "own_table_operator:net"
    )
    assert float(error["ours"]) == pytest.approx(1.0, abs=1e-3)  # a float32 network
    assert error["paper"] == "0.605"
    assert error["n"] == "6"
    files = {path.name for path in Path("results").iterdir()}
    pictures = {f"{figure}-own_table_operator-net.png" for figure in ("table", "kernels", "cosine")}
    tables = {f"{name}.{kind}" for name in ("results", "distributions") for kind in ("csv", "json")}
    assert files == tables | {"report.html"} | pictures


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--models", "0"], "--models 0 is too few"),
        (["--models", "many"], "'many' is no whole number"),
        (["--operator", "nothing"], "--operator nothing"),
    ],
)
def test_bad_input_is_one_sentence(words: list[str], sentence: str, tmp_path: Path, capsys) -> None:
    assert main(["reproduce", "kernels", *words, "--out", str(tmp_path / "x")]) == 2
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "x").exists()
