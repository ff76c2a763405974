"""``seisgrad plot``: every kind of file that the package writes is known by what it holds, whatever its name."""

import json
import shutil
import struct
from collections import Counter
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import audit_report_toys
import numpy as np
import pytest
import torch
import xarray as xr
from noise_line_toys import isotropic

from seisgrad import acoustic, elastic
from seisgrad.acoustic.recipe import AcousticRecipe
from seisgrad.cli import main
from seisgrad.cli.contents import look
from seisgrad.cli.drawings import DRAWINGS, drawing_of
from seisgrad.dataset import Recipe
from seisgrad.dataset.manifest import Manifest, numbers, versions
from seisgrad.dataset.store import Store
from seisgrad.dataset.workers import make
from seisgrad.dispersion import DispersionCurves, DispersionRecipe, write_curves
from seisgrad.earth import Section, SolidSection, read_model, write_model, write_section, write_solid
from seisgrad.earth.section_nodes import write_nodes
from seisgrad.inversion.waveform import Row
from seisgrad.noise import write_correlations
from seisgrad.report.audit.dataset import dataset as audit_dataset
from seisgrad.report.audit.tables import tables
from seisgrad.report.audit.words import DISPERSION
from seisgrad.report.files import table
from seisgrad.report.reproduce.table import Line, distributions_csv, results_csv
from seisgrad.source.earths import named_column
from seisgrad.source.greens import make_bank
from seisgrad.source.layered import Band
from seisgrad.source.moment_tensor import from_plane, moment_of_magnitude
from seisgrad.source.origin import Origin
from seisgrad.source.quakeml import Solution, write_quakeml
from seisgrad.source.randomisation import Randomisation
from seisgrad.source.recipe import SourceRecipe
from seisgrad.training.logs import RunLog

PERIODS = [5.0, 8.0, 12.0, 20.0, 30.0]
MODEL = "thickness,vp,vs,rho\n2,5.0,2.9,2.5\n20,6.2,3.5,2.7\n0,8.0,4.5,3.3\n"


def curves(places: int = 1) -> DispersionCurves:
    velocity = torch.tensor([3.0, 3.15, 3.3, 3.6, 3.8], dtype=torch.float64)
    where = [
        {"site": [f"N{k}"] * 5, "latitude": [40.0 + k] * 5, "longitude": [10.0 - k] * 5}
        for k in range(places)
    ]
    return DispersionCurves.concatenate(
        [
            DispersionCurves.from_columns(
                wave="rayleigh", kind="phase", period=PERIODS, velocity=velocity, sigma=[0.02] * 5,
                **(one if places > 1 else {}),
            )
            for one in where
        ]
    )  # fmt: skip


def store(path: Path, recipe: Recipe, number: int) -> Path:
    """A dataset, made in this process."""
    asked = Manifest(recipe.system, dict(recipe.settings()), numbers(number, 1), 64, versions())
    made = Store(path, recipe, asked)
    for task in made.missing():
        made.write(*make(recipe, task))
    made.finish()
    return path


class Drawn(AcousticRecipe):
    """Random numbers in the place of waves."""

    def make(self, split, first, number):
        rng = np.random.default_rng(1)
        shapes = {name: (number, *field.space.shape) for name, field in self.fields().items()}
        return {name: 3.0 + rng.normal(size=shape) for name, shape in shapes.items()}, Counter()


@pytest.fixture(scope="module")
def inverted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One site and two, as ``invert`` leaves them."""
    folder = tmp_path_factory.mktemp("inverted")
    for places in (1, 2):
        write_curves(curves(places), folder / f"{places}.csv")
        out = folder / str(places)
        assert main(["invert", str(folder / f"{places}.csv"), "--out", str(out), "--quiet"]) == 0
    return folder


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bank") / "greens.zarr"
    make_bank(path, {"gil7": named_column("gil7")}, (5.0, 10.0), (10.0, 20.0, 40.0), band=Band(samples=512))
    return path


def forward(folder: Path, name: str, *more: str) -> Path:
    write_model(read_model("ak135"), folder / "model.csv")
    words = [
        "forward",
        str(folder / "model.csv"),
        "--periods",
        "5,10,20",
        "--quiet",
        "--out",
        str(folder / name),
    ]
    assert main([*words, *more]) == 0
    return folder / name


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def with_call(path: Path, call: Callable[[Path], object]) -> Path:
    call(path)
    return path


GRID = acoustic.Grid((10, 16), 0.25)
SECTION = Section(torch.linspace(2.0, 4.0, 160, dtype=torch.float64).reshape(10, 16), None, (0.25, 0.25))
SOLID = SolidSection(0.5 * SECTION.velocity, spacing=(0.25, 0.25))
PLACES = torch.tensor([[0.25, 0.25], [0.25, 1.0], [0.25, 2.0]]).double()
FREQUENCIES = torch.tensor([1.0, 2.0]).double()


def acoustic_spectra() -> acoustic.Spectra:
    survey = acoustic.Survey(PLACES[:2], PLACES, FREQUENCIES)
    return acoustic.Spectra(survey, torch.randn(survey.space.shape, dtype=torch.float64))


def elastic_spectra() -> elastic.Spectra:
    survey = elastic.Survey(PLACES[:2, 1], PLACES[:, 1], FREQUENCIES)
    return elastic.Spectra(survey, torch.randn(survey.space.shape, dtype=torch.float64))


def quakeml(path: Path) -> None:
    moment = from_plane(
        *torch.tensor([234.0, 71.0, -5.0]).double(), moment_of_magnitude(torch.tensor(4.4).double())
    )
    write_quakeml(Solution(Origin("2019-07-16T20:11:01Z", 37.8, -121.8, 12.4), moment), path)


def history(path: Path) -> None:
    names = tuple(field.name for field in fields(Row))
    columns = {name: [1, 1, 1] for name in names}
    columns |= {"misfit": [1.0, 0.5, 0.2], "solves": [2, 4, 6], "stage": [1, 1, 2]}
    written(path, table(names, *(columns[name] for name in names)))


EACH = ("earth", "prior", "band", "parameter", "metric", "value")
OVER = ("prior", "band", "parameter", "metric", "median", "worst", "earths")


def gradients(path: Path, names: tuple[str, ...]) -> None:
    rows = [["los_angeles", b, "vs", "cosine", 0.8, 0.5, 3] for b in ("low", "high")]
    if "earth" in names:
        rows = [[k, *row[:4], 0.9] for k in (1, 2) for row in rows]
    written(path, table(names, *zip(*rows, strict=True)))


LINES = [
    Line(operator, case, metric, 0.5, 10, 0, 0.6, 0.5, 0.4, 0.7)
    for operator in ("default", "weak")
    for case in ("rayleigh 2-5", "love 2-5")
    for metric in ("mae", "raw_cosine_vs")
]
AUDIT = {"toy": audit_report_toys.report()}


def tidy(name: str) -> Callable[[Path], Path]:
    return lambda folder: written(folder / name, tables(AUDIT)[name])


SIMPLE: dict[str, tuple[str, Callable[[Path], Path]]] = {
    "curves": ("curves", lambda f: with_call(f / "c.csv", lambda p: write_curves(curves(), p))),
    "surf96": ("curves", lambda f: with_call(f / "c.dsp", lambda p: write_curves(curves(), p))),
    "curves.nc": ("curves", lambda f: with_call(f / "c.nc", lambda p: write_curves(curves(2), p))),
    "forward.csv": ("curve of forward", lambda f: forward(f, "x.csv")),
    "forward.nc": ("curve and kernels of forward", lambda f: forward(f, "x.nc")),
    "kernels": ("curve and kernels of forward", lambda f: forward(f, "k.nc", "--kernels", "--wave", "love")),
    "model": ("layered model", lambda f: written(f / "m.csv", MODEL)),
    "model96": ("layered model", lambda f: with_call(f / "m.mod", lambda p: write_model(read_model("prem"), p))),
    "nd": ("layered model", lambda f: with_call(f / "m.nd", lambda p: write_model(read_model("prem"), p))),
    "section": ("section of velocity", lambda f: with_call(f / "s.nc", lambda p: write_section(SECTION, p))),
    "section.csv": ("section of velocity", lambda f: with_call(f / "s.csv", lambda p: write_section(SECTION, p))),
    "solid": ("section of vs", lambda f: with_call(f / "s.npz", lambda p: write_solid(SOLID, p))),
    "uncertainty": (
        "values on a section",
        lambda f: with_call(
            f / "u.nc",
            lambda p: write_nodes({"vs_sigma": (SOLID.vs.numpy(), "km/s")}, (0.2, 0.2), (0.0, 1.0), p),
        ),
    ),
    "acoustic spectra": (
        "spectra",
        lambda f: with_call(f / "d.nc", lambda p: acoustic.write_spectra(acoustic_spectra(), p)),
    ),
    "elastic spectra": (
        "spectra",
        lambda f: with_call(f / "d.nc", lambda p: elastic.write_spectra(elastic_spectra(), p)),
    ),
    "history": ("history.csv of fwi", lambda f: with_call(f / "h.csv", history)),
    "log": (
        "log.csv of train",
        lambda f: with_call(
            f / "log.csv",
            lambda p: RunLog(f, 0).write(
                [{"epoch": k, "step": k, "train_loss": 1 / k, "validation_loss": 2 / k} for k in (1.0, 2.0)]
            ),
        ),
    ),
    "correlations": (
        "correlations",
        lambda f: with_call(
            f / "cc.zarr", lambda p: write_correlations(isotropic([0.0, 30.0, 70.0], [(0, 1), (0, 2)]), p)
        ),
    ),
    "quality": (
        "quality.csv of noise",
        lambda f: written(
            f / "q.csv", table(("pair", "component", "distance", "period", "snr"), ["A_B"] * 2, ["ZZ"] * 2,
                               [5.0] * 2, [2.0, 4.0], [9.0, 20.0])
        ),
    ),
    "dispersion": ("dataset", lambda f: store(f / "d.zarr", DispersionRecipe("weak", 1, rows=2), 4)),
    "acoustic": (
        "dataset",
        lambda f: store(f / "a.zarr", Drawn("von_karman", 1, (2.0, 4.0), grid=acoustic.Grid((80, 80), 0.1)), 2),
    ),
    "quakeml": ("QuakeML", lambda f: with_call(f / "event.xml", quakeml)),
    "depths": (
        "depths.csv of source",
        lambda f: written(
            f / "z.csv",
            table(("depth", "variance_reduction", "kagan"), [4.0, 8.0], [0.5, 0.8], [30.0, 0.0]),
        ),
    ),
    "results": ("results.csv", lambda f: written(f / "r.csv", results_csv(LINES))),
    "distributions": ("distributions.csv", lambda f: written(f / "r.csv", distributions_csv(LINES))),
    "summary": ("summary.csv of audit", tidy("summary.csv")),
    "per_output": ("per_output.csv", tidy("per_output.csv")),
    "spectrum": ("spectrum.csv", tidy("spectrum.csv")),
    "shift": ("shift.csv", tidy("shift.csv")),
    "gradients": ("gradients.csv", lambda f: with_call(f / "g.csv", lambda p: gradients(p, EACH))),
    "worst": ("summary.csv of gradients", lambda f: with_call(f / "g.csv", lambda p: gradients(p, OVER))),
    "audit.nc": (
        "audit.nc",
        lambda f: with_call(f / "a.nc", lambda p: audit_dataset(AUDIT, DISPERSION).to_netcdf(p, engine="h5netcdf")),
    ),
}  # fmt: skip


def draw(file: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It is known under a name that says nothing, and drawn; whatever was said by others is forgotten first."""
    capsys.readouterr()
    out = file.parent / "figure.png"
    assert main(["plot", str(file), "--out", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["kind"].startswith(kind)
    with out.open("rb") as picture:
        assert picture.read(8) == b"\x89PNG\r\n\x1a\n"
        width, height = struct.unpack(">II", picture.read(16)[8:])
    assert min(width, height) > 500
    assert out.stat().st_size > 10_000
    out.unlink()


ALIKE = {"surf96", "forward.csv", "model96", "nd", "section.csv", "elastic spectra", "forward.nc", "worst"}
"""Files whose figures are like those of others: that they are known is enough."""


@pytest.mark.parametrize("name", SIMPLE)
def test_a_file_is_known_and_drawn(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kind, make_file = SIMPLE[name]
    file = make_file(tmp_path)
    if name in ALIKE:
        assert drawing_of(look(file)).name.startswith(kind)
    else:
        draw(file, kind, capsys)


def test_what_an_inversion_leaves(inverted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kinds = {"1/profile.csv": "profile.csv", "1/fit.csv": "fit.csv", "1/posterior.nc": "posterior.nc"}
    for name, kind in (kinds | {"2/region.nc": "region.nc", "2/sites.csv": "sites.csv"}).items():
        draw(inverted / name, kind, capsys)


def test_a_region_that_resolves_nothing_is_drawn_from_the_top_down(inverted: Path, tmp_path: Path) -> None:
    with xr.open_dataset(inverted / "2" / "region.nc", engine="h5netcdf") as stored:
        data = stored.load()
    data["resolved_depth"][:] = np.nan
    data.to_netcdf(tmp_path / "region.nc", engine="h5netcdf")
    contents = look(tmp_path / "region.nc")
    titles = [panel.get_title(loc="left") for panel in drawing_of(contents).draw(contents).axes]
    shown = [float(title.split()[2]) for title in titles if title.startswith("vs below")]
    assert len(shown) == 4
    assert shown == sorted(shown)


def test_sources(bank: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    draw(bank, "bank of Green's functions", capsys)
    recipe = SourceRecipe(str(bank), ("gil7",), 1, Randomisation(stations=(4, 6)))
    draw(store(tmp_path / "events.zarr", recipe, 3), "dataset", capsys)


def test_every_kind_that_is_known_is_tried_here() -> None:
    tried = [kind for kind, _ in SIMPLE.values()]
    tried += ["profile.csv", "fit.csv", "posterior.nc", "region.nc", "sites.csv", "bank of Green's functions"]
    assert not [d.name for d in DRAWINGS if not any(d.name.startswith(kind) for kind in tried)]


def test_the_name_of_a_file_says_nothing(inverted: Path, tmp_path: Path) -> None:
    """What the content tells is not overruled by a name; where only a suffix tells formats apart, it counts."""
    for name in ("profile.csv", "fit.csv", "posterior.nc"):
        shutil.copy(inverted / "1" / name, tmp_path / "something")
        assert drawing_of(look(tmp_path / "something")).name == name


def test_what_cannot_be_drawn_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def said(*words: str) -> str:
        capsys.readouterr()
        assert main(["plot", *words]) == 2
        return capsys.readouterr().err

    assert "there is no such file" in said(str(tmp_path / "nothing.csv"))
    other = written(tmp_path / "other.csv", "colour,taste\nred,sweet\n")
    told = said(str(other))
    assert "table with colour, taste), expected one of: curves; fit.csv" in told
    assert told.count("\n") == 1
    assert "expected .png or .pdf or .svg" in said(str(other), "--out", str(tmp_path / "x.jpg"))
    empty = written(tmp_path / "empty.csv", "depth,vs,vs_sigma,vp,rho\n")
    assert "nothing to draw" in said(str(empty), "--out", str(tmp_path / "x.png"))
    wrong = written(tmp_path / "wrong.csv", "depth,vs,vs_sigma\n0,fast,0.1\n")
    assert "row 2: vs is 'fast', expected a number" in said(str(wrong), "--out", str(tmp_path / "x.png"))
    assert not (tmp_path / "x.png").exists()
    unmeasured = written(tmp_path / "quality.csv", "pair,component,distance,period,snr\nA_B,ZZ,5,2,\n")
    assert "no ratio of signal and noise" in said(str(unmeasured), "--out", str(tmp_path / "x.png"))
    nowhere = written(tmp_path / "nowhere.csv", "period,velocity,status\n5,,below_cutoff\n")
    assert "the mode exists at none" in said(str(nowhere), "--out", str(tmp_path / "x.png"))
    assert not (tmp_path / "x.png").exists()
    (tmp_path / "folder").mkdir()
    assert "folder" in said(str(tmp_path / "folder"))
    cut = tmp_path / "cut.nc"
    cut.write_bytes(b"\x89HDF\r\n\x1a\n" + b"\0" * 40)
    assert "cannot be read" in said(str(cut))
    cut = tmp_path / "cut.npz"
    cut.write_bytes(b"PK\x03\x04" + b"\0" * 40)
    assert "cannot be read" in said(str(cut))
    written(tmp_path / "folder" / "zarr.json", "{")
    assert "cannot be read" in said(str(tmp_path / "folder"))
