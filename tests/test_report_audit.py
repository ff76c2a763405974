"""What an audit is written as: tables, NetCDF and figures hold the numbers of the report, and only those."""

import csv
import dataclasses
import io
from pathlib import Path

import audit_report_toys as toys
import numpy as np
import pytest
import torch
import xarray as xr

from seisgrad.audit.layout import Layout
from seisgrad.report.audit import dispersion, figures
from seisgrad.report.audit.dataset import dataset
from seisgrad.report.audit.explorer import edges
from seisgrad.report.audit.page import audit_page
from seisgrad.report.audit.tables import tables
from seisgrad.report.audit.words import DISPERSION, branch, parameters_of
from seisgrad.report.reproduce.kernels import SURVEY, exact_rows
from seisgrad.report.reproduce.table import periods_of


@pytest.fixture(scope="module")
def sets():
    return {"weak": toys.report(), "stretched": toys.report()}


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_every_row_of_the_report_is_a_row_of_the_tables(sets) -> None:
    found = {name: read(text) for name, text in tables(sets).items()}
    assert set(found) == {
        "summary.csv", "per_output.csv", "spectrum.csv", "subspace.csv", "shift.csv", "artefacts.csv", "faults.csv",
        "consequences.csv",
    }  # fmt: skip
    report = sets["weak"]
    assert len(found["summary.csv"]) == 2 * len(report.summary)
    assert len(found["spectrum.csv"]) == 2 * len(report.spectrum)
    assert len(found["per_output.csv"]) == 2 * (3 + 3 + 1) * 2 * len(toys.OUTPUTS)
    row = next(r for r in found["summary.csv"] if (r["metric"], r["parameter"]) == ("relative_l2", "vs"))
    assert {row[key] for key in ("mean", "low", "high")} == {"0.25", "0.225", "0.275"}
    assert (row["models"], row["group"], row["n"], row["missing"]) == ("weak", "rayleigh 5-10", "10", "1")


def test_a_number_by_output_is_the_mean_over_models(sets) -> None:
    rows = read(tables(sets)["per_output.csv"])
    learned, exact = (k[..., :-1] for k in (toys.pair().learned, toys.pair().reference))
    expected = ((learned - exact).norm(dim=-1) / exact.norm(dim=-1)).nanmean(0)
    place = {"metric": "relative_l2", "parameter": "vs", "branch": "love phase 0", "output": "20"}
    (row,) = [r for r in rows if r["models"] == "weak" and place.items() <= r.items()]
    assert float(row["mean"]) == pytest.approx(float(expected[1, 2, 1]))
    missing = [r for r in rows if r["branch"] == "love phase 0" and r["parameter"] == "vp"]
    assert {r["mean"] for r in missing} == {""}  # Love waves have no kernel of vp


def test_every_inversion_is_a_row(sets) -> None:
    rows = read(tables(sets)["consequences.csv"])
    gains = [float(r["value"]) for r in rows if (r["models"], r["quantity"]) == ("weak", "gain")]
    assert gains == [0.99, 0.9, -0.1]
    resolved = [r for r in rows if (r["quantity"], r["parameter"]) == ("resolved_learned", "vs")]
    assert {r["value"] for r in resolved} == {"42"}


def test_an_audit_without_an_ensemble_or_findings_has_tables_with_a_header_alone() -> None:
    bare = dataclasses.replace(
        toys.report(), shift=None, subspace=[], subspace_words={}, artefacts=[], faults=[], consequences=None
    )
    found = tables({"weak": bare})
    for name in ("shift", "subspace", "artefacts", "faults", "consequences"):
        assert len(found[f"{name}.csv"].splitlines()) == 1
    drawn = figures.figures({"weak": bare}, DISPERSION)
    assert set(drawn) == {"kernels", "outputs", "spectrum"}
    text = audit_page("net", {"weak": bare}, drawn, DISPERSION).html()
    assert "No sensitivity stays at one position" in text
    assert "What it does to an inversion" not in text


def test_the_netcdf_file_comes_back_whole(sets, tmp_path: Path) -> None:
    dataset(sets, DISPERSION).to_netcdf(tmp_path / "audit.nc", engine="h5netcdf")
    back = xr.load_dataset(tmp_path / "audit.nc", engine="h5netcdf")
    assert back.cosine_mean.dims == ("models", "parameter", "branch", "period")
    assert back.cosine.dims == ("model", "parameter", "branch", "period")
    assert back.value_relative_error_low.dims == ("models", "branch", "period")
    assert back.profile.dims == ("model", "parameter", "depth")
    assert back.period.attrs["units"] == "s"
    one = back.relative_l2.sel(model=4, parameter="vs", branch="love phase 0", period=20.0)
    assert float(one) == pytest.approx(float(sets["weak"].kept.values["relative_l2"][4, 1, 1, 2]))
    np.testing.assert_allclose(back.distance, sets["weak"].shift.distance)


def test_the_figures_show_the_numbers(sets) -> None:
    report = sets["weak"]
    drawn = figures.outputs_figure(report, DISPERSION)
    upper = drawn.axes[1]  # cosine of vs
    np.testing.assert_allclose(upper.lines[0].get_ydata(), report.per_output["cosine"].mean[1, 0])
    assert len(drawn.axes[0].lines) == 1  # of vp there are Rayleigh waves alone
    left, right = figures.subspace_figure(report).axes
    assert [bar.get_width() for bar in left.patches] == [0.1] * 4 + [0.2] * 4
    assert [bar.get_width() for bar in right.patches] == [0.15] * 4
    angle = figures.consequences_figure(report.consequences, report, DISPERSION).axes[0].lines[0]
    assert list(angle.get_xdata()) == [10.0, 20.0, 60.0]
    points = figures.shift_figure(sets).axes[0].collections[0].get_offsets()
    np.testing.assert_allclose(points[:, 0], report.shift.distance)
    exact = figures.kernels_figure(report, DISPERSION).axes[0].collections[0]
    assert len(exact.get_paths()) == 1


def test_the_last_layer_that_counts_ends_where_the_next_begins() -> None:
    assert edges(toys.layout()).tolist() == toys.DEPTH.tolist()
    masks = {"all": torch.ones(1, 1, dtype=torch.bool)}
    inside = torch.tensor([True, True, True])
    whole = Layout(("a",), torch.tensor([0.0, 1.0, 3.0]), ("b",), (1.0,), inside, masks)
    assert edges(whole).tolist() == [0.0, 1.0, 3.0, 5.0]


def test_branches_are_told_apart_by_what_differs() -> None:
    names = ("rayleigh phase 0", "love phase 0")
    assert [branch(name, names) for name in names] == ["Rayleigh", "Love"]
    assert branch("travel time", ("travel time",)) == "Travel time"
    assert parameters_of("cosine", toys.layout()) == toys.PARAMETERS
    assert (
        parameters_of("value_error", toys.layout())
        == parameters_of("whole_relative_l2", toys.layout())
        == ("",)
    )


def test_the_bands_of_the_layout_are_those_of_the_table() -> None:
    layout = dispersion.layout()
    assert sum(mask.int() for mask in layout.groups.values()).tolist() == [[1] * 59] * 2
    assert torch.equal(layout.groups["love 10-20"][1], periods_of((10, 20)))
    assert not layout.groups["love 10-20"][0].any()
    assert float(layout.compared[-1]) == 109.5
    assert layout.outputs == tuple(SURVEY.periods.tolist())


def test_the_faster_way_to_the_exact_rows_gives_them() -> None:
    earths = dispersion.unseen_earths("weak", 1)
    value, rows = dispersion.reference().both(earths)
    expected = exact_rows(earths, dispersion.DEPTH)
    assert torch.equal(value, expected.velocity)
    assert torch.equal(rows, expected.kernel)


def test_shifted_sets_are_earths_that_training_has_not_shown() -> None:
    ensemble = dispersion.prior("weak").draw(20, seed=1, split="train").model.stack()
    earths = dispersion.unseen_earths("weak", 6)
    found = dispersion.shifted_sets("weak", earths, ensemble, 4)
    assert list(found) == ["tectonic", "lvz", "stretched", "with a step", "with a low zone"]
    assert all(1 <= len(x) <= 4 for x in found.values())
    assert all((x[:, 0] > 1.15 * x[:, 1]).all() for x in found.values())  # solids all
    step = found["with a step"] / earths[:4]
    assert step[..., 69].allclose(torch.ones(1, dtype=torch.float64))
    assert step[..., 70].allclose(torch.full((1,), dispersion.FASTER, dtype=torch.float64))
