"""``seisgrad convert``: whatever is written is read back as what it was, from and to every format."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from seisgrad.cli import main
from seisgrad.dispersion import DispersionCurves, read_curves, write_curves
from seisgrad.earth import (
    LayeredModel,
    Section,
    SolidSection,
    read_model,
    read_section,
    read_solid,
    write_model,
    write_section,
    write_solid,
)

MODELS = (".csv", ".model96", ".mod", ".nd", ".tvel")
CURVES = (".csv", ".dsp", ".disp", ".surf96", ".nc")
SECTIONS = (".nc", ".csv", ".npz")


def convert(*words: object) -> None:
    assert main(["convert", *map(str, words), "--quiet"]) == 0


def chain(first: Path, suffixes: tuple[str, ...]) -> Path:
    """A file through all formats, one after the other, and back to the first; names say nothing of the content."""
    here = first
    for number, suffix in enumerate((*suffixes, suffixes[0])):
        there = first.with_name(f"{number}{suffix}")
        convert(here, there)
        here = there
    return here


def test_models_through_all_formats(tmp_path: Path) -> None:
    model = LayeredModel(
        [2.0, 0.7, 20.1, 0.0], [1.5, 5.1, 6.2, 8.0], [0.0, 2.9, 3.5, 4.5], [1.02, 2.5, 2.7, 3.3]
    )
    write_model(model, tmp_path / "first.csv")
    back = read_model(chain(tmp_path / "first.csv", MODELS))
    for name in ("thickness", "vp", "vs", "rho"):
        assert torch.allclose(getattr(back, name), getattr(model, name), rtol=0, atol=1e-9)


def test_a_name_and_a_profile_of_an_inversion_become_models(tmp_path: Path) -> None:
    convert("prem", tmp_path / "prem.model96")
    assert torch.equal(read_model(tmp_path / "prem.model96").vs, read_model("prem").vs)
    (tmp_path / "profile.csv").write_text("depth,vs,vs_sigma,vp,rho\n0,3,0.1,5,2.5\n12,4,0.1,7,3\n")
    convert(tmp_path / "profile.csv", tmp_path / "profile.nd")
    assert read_model(tmp_path / "profile.nd").thickness.tolist() == [12.0, 0.0]


def curves(places: bool) -> DispersionCurves:
    where = {"site": ["A", "B"], "latitude": [1.0, 2.0], "longitude": [3.0, 4.0]} if places else {}
    period, velocity, sigma = [5.0, 7.25], [3.01234567, 3.3], [0.01, 0.025]
    return DispersionCurves.from_columns(
        wave="love", kind="group", mode=1, period=period, velocity=velocity, sigma=sigma, **where
    )


def test_curves_through_all_formats(tmp_path: Path) -> None:
    write_curves(curves(False), tmp_path / "first.csv")
    back = read_curves(chain(tmp_path / "first.csv", CURVES))
    assert [pick[:6] for pick in back] == [pick[:6] for pick in curves(False)]


def test_sites_pass_where_there_is_room_and_are_refused_where_there_is_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_curves(curves(True), tmp_path / "sites.csv")
    convert(tmp_path / "sites.csv", tmp_path / "sites.nc")
    assert list(read_curves(tmp_path / "sites.nc")) == list(curves(True))
    assert main(["convert", str(tmp_path / "sites.csv"), str(tmp_path / "sites.dsp")]) == 2
    assert "no room for site" in capsys.readouterr().err
    assert not (tmp_path / "sites.dsp").exists()


VELOCITY = torch.linspace(1.6, 4.2, 35, dtype=torch.float64).reshape(5, 7)


def test_sections_through_all_formats(tmp_path: Path) -> None:
    section = Section(VELOCITY, 0.5 + 0.4 * VELOCITY, (0.1, 0.3), (0.2, -1.5))
    write_section(section, tmp_path / "first.nc")
    back = read_section(chain(tmp_path / "first.nc", SECTIONS))
    assert torch.equal(back.earth, section.earth)
    assert (back.spacing, back.origin) == (pytest.approx(section.spacing), pytest.approx(section.origin))


def test_sections_of_solid_ground_through_all_formats(tmp_path: Path) -> None:
    section = SolidSection(0.5 * VELOCITY, spacing=(0.1, 0.3), origin=(0.0, 4.0))
    write_solid(section, tmp_path / "first.nc")
    back = read_solid(chain(tmp_path / "first.nc", SECTIONS))
    assert torch.equal(back.earth, section.earth)
    assert (back.spacing, back.origin) == (pytest.approx(section.spacing), pytest.approx(section.origin))


def test_raw_numbers_in_metres(tmp_path: Path) -> None:
    """As models of the industry come: 32-bit numbers, column by column, in m/s."""
    values = (1e3 * VELOCITY).numpy().astype("<f4")
    values.T.tofile(tmp_path / "raw.bin")
    np.save(tmp_path / "raw.npy", values)
    words = ["--unit", "m", "--spacing", "12.5"]
    convert(tmp_path / "raw.bin", tmp_path / "a.nc", *words, "--shape", "5,7", "--transposed")
    convert(tmp_path / "raw.npy", tmp_path / "b.csv", *words)
    for name in ("a.nc", "b.csv"):
        found = read_section(tmp_path / name)
        assert torch.allclose(found.velocity, VELOCITY, rtol=1e-6)
        assert found.spacing == pytest.approx((0.0125, 0.0125))


def test_it_says_what_it_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", "ak135", str(tmp_path / "a.csv"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["kind"] == "layered model"
    assert told["files"] == {"converted": str(tmp_path / "a.csv")}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("nothing.csv", "a.csv"), "there is no such file"),
        (("model.csv", "model.csv"), "is the file to convert itself"),
        (("model.csv", "a.nc"), "ends in .nc, expected .csv or .model96"),
        (("model.csv", "none/a.csv"), "no existing folder"),
        (("model.csv", "a.nd", "--unit", "m"), "are for sections"),
        (("fruit.csv", "a.csv"), "none of what can be converted"),
        (("raw.npy", "a.nc"), "holds no spacing of its nodes"),
        (("raw.npy", "a.nc", "--shape", "5"), "--shape 5 is no shape"),
    ],
)
def test_what_cannot_be_converted(
    words: tuple[str, ...],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    write_model(read_model("ak135"), "model.csv")
    Path("fruit.csv").write_text("colour,taste\nred,sweet\n")
    np.save("raw.npy", VELOCITY.numpy())
    before = sorted(tmp_path.iterdir())
    assert main(["convert", *words]) == 2
    assert sentence in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == before
