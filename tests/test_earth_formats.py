"""Files of models: round trips in every format, what each format says, and the line in every complaint."""

import logging
import math
import os
import textwrap
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from seisgrad.earth import LayeredModel, prem, read_model, write_model
from seisgrad.errors import InputError, WorkError

SUFFIXES = (".csv", ".nd", ".tvel", ".mod", ".model96")
MODEL96_HEADER = [
    *("MODEL.01", "a model", "ISOTROPIC", "KGS", "FLAT EARTH", "1-D", "CONSTANT VELOCITY"),
    *("LINE08", "LINE09", "LINE10", "LINE11"),
    "H(KM) VP(KM/S) VS(KM/S) RHO(GM/CC) QP QS ETAP ETAS FREFP FREFS",
]
MODEL96_LAYERS = [
    "10. 6.0 3.5 2.7 0 0 0 0 1 1",
    "25 6.8 3.9 2.9 0 0 0 0 1 1",
    "0 8.0D0 4.5E+00 3.3 0 0 0 0 1 1",
]
GOOD = {
    ".csv": ["thickness,vp,vs,rho", "10,6.0,3.5,2.7", "25,6.8,3.9,2.9", "0,8.0,4.5,3.3"],
    ".mod": [*MODEL96_HEADER, *MODEL96_LAYERS],
    ".nd": [
        "0 6.0 3.5 2.7 1456.0 600.0",
        "10 6.0 3.5 2.7 1456.0 600.0",
        "10 6.8 3.9 2.9",
        "35 6.8 3.9 2.9",
        "mantle",
        "35 8.0 4.5 3.3",
    ],
    ".tvel": [
        "model - P",
        "model - S",
        "0 6.0 3.5 2.7",
        "10 6.0 3.5 2.7",
        "10 6.8 3.9 2.9",
        "35 6.8 3.9 2.9",
        "35 8.0 4.5 3.3",
    ],
}
EXPECTED = LayeredModel([10.0, 25.0, 0.0], [6.0, 6.8, 8.0], [3.5, 3.9, 4.5], [2.7, 2.9, 3.3])


def save(folder: Path, suffix: str, lines: list[str]) -> Path:
    path = folder / f"model{suffix}"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def edited(suffix: str, line: int, text: str | None) -> list[str]:
    """A good file with one line (from 1) replaced, or dropped."""
    lines = list(GOOD[suffix])
    lines[line - 1 : line] = [] if text is None else [text]
    return lines


def complaint(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_model(path)
    message = str(caught.value)
    assert message.endswith("."), message
    assert "\n" not in message
    return message


@pytest.mark.parametrize("suffix", GOOD)
def test_every_format_says_the_same_ground(suffix: str, tmp_path: Path):
    model = read_model(save(tmp_path, suffix, GOOD[suffix]))
    assert_close(model.stack(), EXPECTED.stack(), rtol=0.0, atol=0.0)
    assert_close(model.thickness, EXPECTED.thickness, rtol=0.0, atol=0.0)


@st.composite
def models(draw: st.DrawFn) -> LayeredModel:
    layers, wet = draw(st.integers(1, 6)), draw(st.booleans())
    positive = st.floats(1e-6, 1e3)
    thickness = [draw(positive) for _ in range(layers)]
    vs = [draw(st.floats(1e-3, 8.0)) for _ in range(layers)]
    if wet and layers > 1:
        vs[0] = 0.0
    vp = [max(1.4, v * draw(st.floats(1.2, 2.5))) for v in vs]
    return LayeredModel(thickness, vp, vs, [draw(st.floats(0.9, 6.0)) for _ in range(layers)])


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(model=models())
@example(model=prem())
def test_what_is_written_is_read_back(suffix: str, tmp_path: Path, model: LayeredModel):
    path = tmp_path / f"model{suffix}"
    write_model(model, path)
    again = read_model(path)
    assert torch.equal(again.stack(), model.stack())
    # TauP files hold depths: thin layers far down come back to the rounding of their depth
    atol = 1e-12 if suffix in {".nd", ".tvel"} else 0.0
    assert_close(again.thickness, model.thickness, rtol=0.0, atol=atol)


def test_obspy_reads_what_is_written_for_taup(tmp_path: Path):
    velocity_model = pytest.importorskip("obspy.taup.velocity_model")
    for suffix in (".nd", ".tvel"):
        path = tmp_path / f"prem{suffix}"
        write_model(prem(400.0, ocean=False), path)
        theirs = velocity_model.VelocityModel.read_velocity_file(str(path))
        assert theirs.layers["top_s_velocity"][0] == pytest.approx(3.2)
        assert theirs.layers["bot_depth"].max() == pytest.approx(400.0)


def test_csv_takes_columns_in_any_order_comments_and_blanks(tmp_path: Path):
    lines = [
        "# by hand",
        "",
        " Rho, VS ,vp,name,thickness # km",
        "2.7,3.5,6,upper,10",
        "2.9,3.9,6.8,lower,25",
        "3.3,4.5,8,mantle,",
    ]
    model = read_model(save(tmp_path, ".csv", lines))
    assert_close(model.stack(), EXPECTED.stack())
    assert model.thickness.tolist() == [10.0, 25.0, 0.0]


def test_csv_takes_depths_of_tops(tmp_path: Path):
    lines = ["depth,vs,vs_sigma,vp,rho", "0,3.5,0.1,6,2.7", "10,3.9,0.1,6.8,2.9", "35,4.5,0.2,8,3.3"]
    model = read_model(save(tmp_path, ".csv", lines))
    assert_close(model.stack(), EXPECTED.stack())
    assert model.thickness.tolist() == [10.0, 25.0, 0.0]
    assert "line 3: depth is 0 km after 0 km" in complaint(
        save(tmp_path, ".csv", [*lines[:2], "0,3.9,0.1,6.8,2.9"])
    )
    assert "line 2: depth is 1 km, expected 0" in complaint(
        save(tmp_path, ".csv", [lines[0], "1,3.9,0.1,6.8,2.9"])
    )


def test_files_from_other_systems(tmp_path: Path):
    path = tmp_path / "model.csv"
    path.write_bytes("﻿thickness,vp,vs,rho\r\n10,6,3.5,2.7\r\n,8,4.5,3.3\r\n".encode())
    assert read_model(path).layers == 2


def test_model96_is_known_by_its_first_line_and_says_spherical(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    path = save(tmp_path, ".d", edited(".mod", 5, "SPHERICAL EARTH"))
    with caplog.at_level(logging.WARNING, logger="seisgrad"):
        assert read_model(path).layers == 3
    assert "earth='spherical'" in caplog.text


def test_names_are_models_and_paths_are_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert torch.equal(read_model("PREM").vs, prem().vs)
    assert "names prem, ak135" in complaint(Path("prem"))
    assert "names prem, ak135" in complaint(Path("x" * 5000))


def test_gradients_become_layers_that_keep_travel_time(tmp_path: Path):
    """dz/v over v = a + b z is ln(v2/v1)/b; the mean of a linear density is the mean of its ends."""
    path = save(tmp_path, ".nd", ["0 2.0 1.0 2.0", "8 6.0 3.5 2.8", "8 8.0 4.5 3.3", "50 8.4 4.7 3.4"])
    model = read_model(path, step=4.0)
    assert model.depth[-1] == pytest.approx(50.0, rel=1e-14)
    assert model.thickness.max() <= 4.0
    assert (model.vs[:-1].diff() > 0.0).all()
    assert (model.vs.log().diff().abs()[:20] < 0.11).all(), (
        "a steep gradient needs thin layers, whatever the step"
    )
    time = (model.thickness / model.vs).sum()
    assert time == pytest.approx(math.log(3.5) / (2.5 / 8.0) + math.log(4.7 / 4.5) / (0.2 / 42.0), rel=1e-13)
    assert (model.thickness * model.rho).sum() == pytest.approx(8.0 * 2.4 + 42.0 * 3.35, rel=1e-13)
    assert model.stack()[:, -1].tolist() == [8.4, 4.7, 3.4]
    assert read_model(path, step=0.5).layers > 84


def test_water_and_core_of_a_planet(tmp_path: Path):
    ocean = ["0 1.45 0 1.02", "3 1.45 0 1.02", "3 6.8 3.9 2.9", "1500 9.0 5.0 4.0"]
    core = ["1500 8.0 0.0 9.0", "3000 9.0 0.0 10.0", "3000 11.0 3.5 12.0"]
    named = save(tmp_path, ".nd", [*ocean, "outer-core", *core])
    model = read_model(named)
    assert (model.water, model.vs[-1], float(model.depth[-1])) == (1, 5.0, pytest.approx(1500.0))
    unnamed = read_model(save(tmp_path, ".tvel", ["a", "b", *ocean, *core]))
    assert_close(unnamed.stack(), model.stack())
    shallow = save(
        tmp_path, ".nd", [*ocean[:3], "60 6.8 3.9 2.9", "60 1.5 0 1", "90 1.5 0 1", "90 8 4.5 3.3"]
    )
    assert "line 5: there is fluid (vs 0) under rock at 60 km" in complaint(shallow)


CASES = [
    (".csv", 1, "10,6.0,3.5,2.7", ["line 1", "'10,6.0,3.5,2.7'", "expected the header thickness,vp,vs,rho"]),
    (".csv", 1, "thickness,vp,rho", ["line 1", "no column vs", "'thickness,vp,rho'"]),
    (".csv", 1, "vp,vs,rho", ["line 1", "no column thickness"]),
    (".csv", 1, "thickness,vp,vs,rho,vs", ["line 1", "column vs is there 2 times"]),
    (".csv", 3, "25,6.8,3.9", ["line 3", "3 values in '25,6.8,3.9'", "expected 4: thickness,vp,vs,rho"]),
    (".csv", 3, "25,6.8,fast,2.9", ["line 3", "vs is 'fast'", "expected a number in km/s"]),
    (".csv", 3, "25,6_8,3.9,2.9", ["line 3", "vp is '6_8'"]),
    (".csv", 3, "25,٦.٨,3.9,2.9", ["line 3", "vp is '٦.٨'"]),
    (".csv", 3, ",6.8,3.9,2.9", ["line 3", "thickness is ''"]),
    (".csv", 3, "0,6.8,3.9,2.9", ["line 3", "layer 2 of 3", "thickness is 0 km"]),
    (".csv", 3, "-5,6.8,3.9,2.9", ["line 3", "layer 2 of 3", "thickness is -5 km"]),
    (".csv", 3, "25,6800,3900,2.9", ["line 3", "vp is 6800, which looks like m/s, expected km/s"]),
    (".csv", 3, "25,6.8,3.9,2900", ["line 3", "rho is 2900, which looks like kg/m3, expected g/cm3"]),
    (".csv", 3, "25,3.9,6.8,2.9", ["line 3", "vp/vs is 0.5735", "exchanged"]),
    (".csv", 3, "25,nan,3.9,2.9", ["line 3", "vp is nan"]),
    (".csv", 3, "25,1e999,3.9,2.9", ["line 3", "vp is inf"]),
    (".csv", 3, "25,6.8,0,2.9", ["line 3", "fluid", "below a solid"]),
    (".csv", 4, "0,8.0,0,3.3", ["line 4", "half-space is fluid"]),
    (".csv", 4, "-1,8.0,4.5,3.3", ["line 4", "the half-space, is -1", "expected 0"]),
    (".mod", 1, "thickness vp vs", ["line 1", "'thickness vp vs'", "expected MODEL.01"]),
    (".mod", 3, "TRANSVERSE ISOTROPIC", ["line 3", "'TRANSVERSE ISOTROPIC'", "expected ISOTROPIC"]),
    (".mod", 4, "CGS", ["line 4", "'CGS'", "expected KGS", "convert"]),
    (".mod", 5, "HOLLOW EARTH", ["line 5", "expected FLAT EARTH or SPHERICAL EARTH"]),
    (".mod", 6, "2-D", ["line 6", "expected 1-D"]),
    (".mod", 7, "VARIABLE VELOCITY", ["line 7", "expected CONSTANT VELOCITY"]),
    (".mod", 8, None, ["line 12", "expected the names of the columns"]),
    (".mod", 14, "25 6.8 3.9", ["line 14", "3 values", "H VP VS RHO"]),
    (".mod", 14, "25 6.8 3.9 2.9 0 0 0 0 1 1 1", ["line 14", "11 values"]),
    (".mod", 14, "25 6.8 ****** 2.9 0 0 0 0 1 1", ["line 14", "vs is '******'"]),
    (".mod", 14, "25 6.8 3.9 2.9 x 0 0 0 1 1", ["line 14", "qp is 'x'"]),
    (".mod", 14, "-25 6.8 3.9 2.9 0 0 0 0 1 1", ["line 14", "layer 2 of 3", "thickness is -25 km"]),
    (".mod", 15, "nan 8.0 4.5 3.3 0 0 0 0 1 1", ["line 15", "half-space, is nan"]),
    (".nd", 1, "1 6.0 3.5 2.7", ["line 1", "first node is at 1 km", "expected depth 0"]),
    (".nd", 1, "-1 6.0 3.5 2.7", ["line 1", "depth is -1 km"]),
    (".nd", 2, "10 6.0 3.5", ["line 2", "no density", "add the density"]),
    (".nd", 2, "10 6.0", ["line 2", "2 values"]),
    (".nd", 3, "10 6.8 3.9 2.9 1 1 1", ["line 3", "7 values"]),
    (".nd", 4, "5 6.8 3.9 2.9", ["line 4", "depth is 5 km after 10 km", "sort"]),
    (".nd", 4, "6371000 6.8 3.9 2.9", ["line 4", "depth is 6.371e+06 km", "inside a planet"]),
    (".nd", 5, "crest", ["line 5", "'crest'", "mantle, moho, outer-core"]),
    (".nd", 4, "35 6800 3.9 2.9", ["line 4", "vp is 6800, which looks like m/s"]),
    (".nd", 4, "35 6.8 3.9 nan", ["line 4", "rho is nan"]),
    (".nd", 1, "0 1.5 0 1.0", ["line 2", "vs goes from 0 to 3.5 km/s over 10 km", "sea floor"]),
    (".nd", 6, "35 1.5 0 1.0", ["line 6", "fluid (vs 0) under rock"]),
    (".tvel", 1, None, ["line 2", "'0 6.0 3.5 2.7'", "expected two lines of text"]),
    (".tvel", 4, "10 6.0 3.5", ["line 4", "no density"]),
    (".tvel", 4, "10 6.0 3.5 2.7 99", ["line 4", "5 values"]),
    (".tvel", 4, "mantle", ["line 4", "'mantle'"]),
]


@pytest.mark.parametrize(("suffix", "line", "text", "said"), CASES)
def test_complaints_name_line_text_and_what_was_expected(
    suffix: str, line: int, text: str | None, said: list[str], tmp_path: Path
):
    path = save(tmp_path, suffix, edited(suffix, line, text))
    message = complaint(path)
    assert message.startswith(f"{path}, {said[0]}: "), message
    assert all(part in message for part in said), message


@pytest.mark.parametrize(
    ("suffix", "lines", "said"),
    [
        (".csv", [], "the file is empty"),
        (".csv", ["# nothing"], "the file is empty"),
        (".csv", ["thickness,vp,vs,rho"], "line 1: no layer follows the header"),
        (".mod", MODEL96_HEADER, "the file ends without a layer"),
        (".mod", MODEL96_HEADER[:3], "the file ends within the header"),
        (".mod", MODEL96_HEADER[:9], "the file ends within the header"),
        (".nd", ["mantle"], "the file holds no node"),
        (".nd", ["0 1.5 0 1.0", "3 1.5 0 1.0"], "line 2: the last node, the half-space, has vs 0"),
        (".tvel", ["one line"], "the file holds no node"),
        (".txt", ["10 6.0 3.5 2.7"], "the format is not known, expected .csv, .model96, .mod, .nd, .tvel"),
    ],
)
def test_files_without_a_model(suffix: str, lines: list[str], said: str, tmp_path: Path):
    assert said in complaint(save(tmp_path, suffix, lines))


def test_files_that_are_no_text(tmp_path: Path):
    path = tmp_path / "model.csv"
    path.write_bytes(b"thickness,vp,vs,rho\n\xff\xfe\n")
    assert "byte 20 is no text" in complaint(path)
    (tmp_path / "folder.csv").mkdir()
    assert "cannot be read" in complaint(tmp_path / "folder.csv")


def test_a_step_that_is_none_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match=r"step is 0\.0 km|step is 0\.0,"):
        read_model(save(tmp_path, ".nd", GOOD[".nd"]), step=0.0)


def test_writing_refuses_what_no_file_can_hold(tmp_path: Path):
    with pytest.raises(InputError, match=r"batch of shape \[2\], expected a single model"):
        write_model(LayeredModel([1.0, 0.0], torch.full((2, 2), 6.0), 3.5, 2.7), tmp_path / "model.csv")
    with pytest.raises(InputError, match=r"the suffix is '.json', expected one of .csv"):
        write_model(EXPECTED, tmp_path / "model.json")
    with pytest.raises(InputError, match="there is no folder"):
        write_model(EXPECTED, tmp_path / "nowhere" / "model.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InputError, match="this is a folder"):
        write_model(EXPECTED, tmp_path / "folder.csv")
    assert os.listdir(tmp_path) == ["folder.csv"]


def test_an_interrupted_write_leaves_the_old_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "model.csv"
    write_model(EXPECTED, path)
    before = path.read_text()
    with path.open() as reader:
        write_model(prem(400.0), path)
        assert reader.read() == before, "a file was rewritten under its reader"
    before = path.read_text()

    def full(self: Path, *_: object, **__: object) -> None:
        with self.open("w") as file:
            file.write(textwrap.dedent("thick"))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(WorkError, match="No space left"):
        write_model(prem(), path)
    assert path.read_text() == before
    assert os.listdir(tmp_path) == ["model.csv"]


def test_a_gradient_from_next_to_nothing_is_still_a_model(tmp_path: Path):
    path = save(tmp_path, ".nd", ["0 2.0 1e-308 2.0", "10 6.8 3.9 2.9", "20 6.8 1e-308 2.9"])
    model = read_model(path)
    assert model.vs.min() > 0.0
    assert model.depth[-1] == pytest.approx(20.0)


WORDS = st.sampled_from(
    [
        "nan",
        "inf",
        "-1",
        "0",
        "1e308",
        "1e-308",
        "6000",
        "mantle",
        "outer-core",
        "#",
        ",",
        "x",
        "--",
        "1,5",
        "\x00",
        "é",
        "",
    ]
)


@pytest.mark.parametrize("suffix", GOOD)
@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mangled_files_give_a_model_or_one_clear_sentence(suffix: str, tmp_path: Path, data: st.DataObject):
    """Lines dropped, doubled, swapped and cut, words replaced: never an exception of another kind."""
    lines = list(GOOD[suffix])
    for _ in range(data.draw(st.integers(1, 3))):
        if not lines:
            break
        place = data.draw(st.integers(0, len(lines) - 1))
        match data.draw(st.sampled_from(["drop", "double", "swap", "cut", "word", "text"])):
            case "drop":
                del lines[place]
            case "double":
                lines.insert(place, lines[place])
            case "swap":
                other = data.draw(st.integers(0, len(lines) - 1))
                lines[place], lines[other] = lines[other], lines[place]
            case "cut":
                lines[place] = lines[place][: data.draw(st.integers(0, len(lines[place])))]
            case "word":
                separator = "," if suffix == ".csv" else " "
                words = lines[place].split(separator)
                words[data.draw(st.integers(0, len(words) - 1))] = data.draw(WORDS)
                lines[place] = separator.join(words)
            case "text":
                lines[place] = data.draw(st.text(max_size=30))
    path = tmp_path / f"model{suffix}"
    path.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
    try:
        model = read_model(path)
    except InputError as error:
        message = str(error)
        assert message.startswith(str(path))
        assert "expected" in message
        assert message.endswith(".")
        assert "\n" not in message
    else:
        assert isinstance(model, LayeredModel)


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200))
def test_any_bytes_give_a_model_or_one_clear_sentence(suffix: str, tmp_path: Path, content: bytes):
    path = tmp_path / f"model{suffix}"
    path.write_bytes(content)
    with pytest.raises(InputError):
        read_model(path)
