"""Whatever is wrong with an input: exit status 2, one sentence on stderr that names it, and nothing
written."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seisgrad.cli import main

MODEL = "thickness,vp,vs,rho\n2,5.0,2.9,2.5\n30,6.2,3.6,2.8\n0,8.0,4.5,3.3\n"
CURVES = (
    "wave,kind,mode,period,velocity,sigma\n"
    "rayleigh,phase,0,10,3.1,0.05\nrayleigh,phase,0,20,3.5,0.05\nrayleigh,phase,0,40,3.9,0.05\n"
)
EVENT, STATION = "13.049,-88.66,60,2001-01-13T17:33:32.4", "59.649,9.598"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one sound file of each kind, in which the commands run."""
    monkeypatch.chdir(tmp_path)
    Path("model.csv").write_text(MODEL)
    Path("curves.csv").write_text(CURVES)
    Path("empty.csv").write_text("")
    Path("binary.csv").write_bytes(bytes(range(256)) * 4)
    Path("folder").mkdir()
    return tmp_path


def listing(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with what it holds; folders too."""
    return {str(p.relative_to(folder)): p.read_bytes() if p.is_file() else b"" for p in folder.rglob("*")}


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str], desk: Path, *named: str) -> str:
    """Run, and check the contract of a refusal; returns the sentence."""
    before = listing(desk)
    status = main(arguments)
    out, err = capsys.readouterr()
    assert status == 2, f"status {status}: {err}"
    assert out == ""
    assert err.startswith("seisgrad: ")
    assert err.count("\n") == 1, err
    assert "Traceback" not in err
    for word in named:
        assert word in err, f"{word!r} is not named in: {err}"
    assert listing(desk) == before, "something was written"
    return err


def forward(*extra: str, model: str = "model.csv", periods: str = "5,10,20", out: str = "x.nc") -> list[str]:
    return ["forward", model, "--periods", periods, "--out", out, *extra]


@pytest.mark.parametrize(
    ("periods", "named"),
    [
        ("10,5", "5"),
        ("5,5,10", "5"),
        ("-5,10", "-5"),
        ("0,1", "0"),
        ("a,b", "'a'"),
        ("nan", "'nan'"),
        ("inf", "'inf'"),
        ("", "''"),
        ("5,,10", "''"),
        ("2:60", "2:60"),
        ("2:60:0", "2:60:0"),
        ("60:2:1", "60:2:1"),
        ("2:60:-1", "2:60:-1"),
        ("-2:6:1", "-2"),
        ("1:2:1e-9", "1:2:1e-9"),
        ("1:2:3:4", "1:2:3:4"),
        ("1e400", "1e400"),
    ],
)
def test_periods(desk: Path, capsys: pytest.CaptureFixture[str], periods: str, named: str) -> None:
    refused(forward(periods=periods), capsys, desk, named, "period")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("thickness,vp,vs,rho\n2000,5000,2900,2500\n0,8000,4500,3300\n", ("m/s",)),
        ("thickness,vp,vs,rho\n2,5.0,2.9,2500\n0,8.0,4.5,3300\n", ("rho", "2500")),
        ("thickness,vp,rho\n2,5.0,2.5\n0,8,3.3\n", ("vs",)),
        ("thickness,vp,vs,rho\n2,5.0,2.9\n0,8,4.5,3.3\n", ("2",)),
        ("thickness,vp,vs,rho\n2,5.0,fast,2.5\n0,8,4.5,3.3\n", ("fast",)),
        ("thickness,vp,vs,rho\n-2,5.0,2.9,2.5\n0,8,4.5,3.3\n", ("thickness", "-2")),
        ("thickness,vp,vs,rho\n2,3.0,2.9,2.5\n0,8,4.5,3.3\n", ("vp/vs",)),
        ("thickness,vp,vs,rho\n2,5.0,nan,2.5\n0,8,4.5,3.3\n", ("nan",)),
        ("thickness,vp,vs,rho\n", ("model.csv",)),
        ("period,velocity\n1,2\n", ("thickness",)),
    ],
)
def test_a_malformed_model(
    desk: Path, capsys: pytest.CaptureFixture[str], text: str, named: tuple[str, ...]
) -> None:
    Path("model.csv").write_text(text)
    refused(forward(), capsys, desk, "model.csv", *named)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("wave,kind,mode,period,velocity\nrayleigh,phase,0,10,3.1\n", ("sigma",)),
        ("wave,kind,mode,period,sigma\nrayleigh,phase,0,10,0.1\n", ("velocity",)),
        ("wave,kind,mode,period,velocity,sigma\nrayleigh,phase,0,10,3100,50\n", ("3100", "m/s")),
        ("wave,kind,mode,period,velocity,sigma\nstoneley,phase,0,10,3.1,0.1\n", ("stoneley",)),
        ("wave,kind,mode,period,velocity,sigma\nrayleigh,speed,0,10,3.1,0.1\n", ("speed",)),
        ("wave,kind,mode,period,velocity,sigma\nrayleigh,phase,-1,10,3.1,0.1\n", ("-1",)),
        ("wave,kind,mode,period,velocity,sigma\nrayleigh,phase,0,-10,3.1,0.1\n", ("-10",)),
        ("wave,kind,mode,period,velocity,sigma\nrayleigh,phase,0,10,3.1,-0.1\n", ("-0.1",)),
        ("wave,kind,mode,period,velocity,sigma\nrayleigh,phase,0,ten,3.1,0.1\n", ("ten",)),
        ("wave,kind,mode,period,velocity,sigma\nrayleigh,phase,0,10,3.1\n", ("2",)),
        ("wave,kind,mode,period,velocity,sigma\n", ("curves.csv",)),
        ("SURF96 R C X 0 22.44\n", ("curves.csv", "1")),
        ("SURF96 Q C X 0 22.44 3.7 0.12\n", ("Q",)),
    ],
)
def test_malformed_curves(
    desk: Path, capsys: pytest.CaptureFixture[str], text: str, named: tuple[str, ...]
) -> None:
    Path("curves.csv").write_text(text)
    refused(["invert", "curves.csv", "--out", "result"], capsys, desk, "curves.csv", *named)


@pytest.mark.parametrize("name", ["missing.csv", "folder", "empty.csv", "binary.csv", "a\0b"])
@pytest.mark.parametrize("command", ["forward", "invert", "measure"])
def test_a_file_that_is_none(desk: Path, capsys: pytest.CaptureFixture[str], command: str, name: str) -> None:
    tail = {
        "forward": ["--periods", "5", "--out", "x.nc"],
        "invert": ["--out", "result"],
        "measure": ["--event", EVENT, "--station", STATION, "--out", "x.csv"],
    }[command]
    refused([command, name, *tail], capsys, desk, name.split("\0")[0])


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (forward("--wave", "stoneley"), ("--wave", "stoneley")),
        (forward("--kind", "speed"), ("--kind", "speed")),
        (forward("--mode", "-1"), ("mode", "-1")),
        (forward("--mode", "one"), ("--mode", "one")),
        (forward("--earth", "cubic"), ("--earth", "cubic")),
        (forward("--wave", "love", "--kind", "ellipticity"), ("ellipticity",)),
        (forward("--operator", "nobody"), ("nobody", "exact")),
        (forward("--operator", "nowhere_at_all:thing"), ("nowhere_at_all",)),
        (forward("--operator", "math:thing"), ("math", "thing")),
        (forward("--operator", "math:pi"), ("math:pi",)),
        (forward("--operator", ":"), (":",)),
        (forward("--operator", "..:x"), ("..",)),
        (forward("--kernels", out="x.csv"), ("x.csv", ".nc")),
        (forward(out="x.txt"), (".txt",)),
        (forward(out="x"), ("x",)),
        (forward(out="folder"), ("folder",)),
        (forward(out="nowhere/x.nc"), ("nowhere",)),
        (forward(out="model.csv/x.nc"), ("model.csv",)),
        (forward("--nonsense"), ("--nonsense",)),
        (forward("one", "too", "many"), ("one",)),
        (["forward", "model.csv", "--out", "x.nc"], ("--periods",)),
        (["forward", "model.csv", "--periods", "5"], ("--out",)),
        (["forward"], ("MODEL",)),
        (["backward"], ("backward",)),
        (["invert", "curves.csv", "--out", "model.csv"], ("model.csv",)),
        (["invert", "curves.csv", "--out", "model.csv/deep/er"], ("model.csv",)),
        (["invert", "curves.csv", "--sigma", "-1"], ("--sigma", "-1")),
        (["invert", "curves.csv", "--sigma", "5"], ("--sigma", "5")),
        (["invert", "curves.csv", "--floor", "nan"], ("--floor", "nan")),
        (["invert", "curves.csv", "--floor", "much"], ("--floor", "much")),
        (["invert", "curves.csv", "--sigma", ""], ("--sigma", "''")),
        (["invert", "curves.csv", "--reference", "primal"], ("primal",)),
        (["invert", "curves.csv", "--reference", "curves.csv"], ("curves.csv",)),
        (["invert", "curves.csv", "--site", "KONO"], ("KONO",)),
        (["invert", "curves.csv", "--operator", "nobody"], ("nobody", "exact")),
        (["demo", "--out", "model.csv"], ("model.csv",)),
    ],
)
def test_a_word_that_means_nothing(
    desk: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], named: tuple[str, ...]
) -> None:
    refused(arguments, capsys, desk, *named)


def test_a_site_that_is_not_there_is_refused(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    header = "wave,kind,mode,period,velocity,sigma,site,latitude,longitude\n"
    rows = [f"rayleigh,phase,0,{t},3.5,0.05,{site},1,2\n" for site in ("HERE", "THERE") for t in (10, 20)]
    Path("curves.csv").write_text(header + "".join(rows))
    words = ["invert", "curves.csv", "--site", "NOWHERE", "--out", "result"]
    refused(words, capsys, desk, "curves.csv", "'NOWHERE'", "'HERE'", "'THERE'")
    Path("curves.csv").write_text(CURVES)
    refused(words, capsys, desk, "names no sites", "--site NOWHERE")


@pytest.mark.parametrize(
    ("event", "station", "named"),
    [
        (EVENT, "13.049,-88.66", ("epicentre",)),
        ("130.49,-88.66,60,2001-01-13T17:33:32.4", STATION, ("130.49",)),
        ("13.049,-888.66,60,2001-01-13T17:33:32.4", STATION, ("-888.66",)),
        ("13.049,-88.66,60000,2001-01-13T17:33:32.4", STATION, ("60000",)),
        ("13.049,-88.66,60,yesterday", STATION, ("yesterday",)),
        ("13.049,-88.66,2001-01-13T17:33:32.4", STATION, ("--event",)),
        ("13.049,west,60,2001-01-13T17:33:32.4", STATION, ("--event", "west")),
        ("nan,-88.66,60,2001-01-13T17:33:32.4", STATION, ("nan",)),
        (EVENT, "59.649", ("--station", "59.649")),
        (EVENT, "59.649,9.598,0", ("--station",)),
        (EVENT, "north,9.598", ("--station", "north")),
        (EVENT, "99,9.598", ("99",)),
        ("13.049,-88.66,60,1999-01-13T17:33:32.4", STATION, ("record spans",)),
    ],
)
def test_places_and_times(
    desk: Path,
    capsys: pytest.CaptureFixture[str],
    record: Path,
    event: str,
    station: str,
    named: tuple[str, ...],
) -> None:
    arguments = ["measure", str(record), "--event", event, "--station", station, "--out", "x.csv"]
    refused(arguments, capsys, desk, *named)


@pytest.fixture
def record() -> Path:
    """The three-component record that ObsPy carries."""
    from seisgrad.report.kono import record_path

    return record_path()


@pytest.mark.parametrize(
    ("extra", "named"),
    [
        (["--response", "missing.xml"], ("missing.xml",)),
        (["--response", "model.csv"], ("model.csv",)),
        (["--figure", "x.bmp"], ("--figure", ".bmp")),
        (["--figure", "folder"], ("folder",)),
        (["--wave", "stoneley"], ("stoneley",)),
        (["--out", "x.doc"], (".doc",)),
    ],
)
def test_measure_options(
    desk: Path, capsys: pytest.CaptureFixture[str], record: Path, extra: list[str], named: tuple[str, ...]
) -> None:
    out = [] if "--out" in extra else ["--out", "x.csv"]
    arguments = ["measure", str(record), "--event", EVENT, "--station", STATION, *out, *extra]
    refused(arguments, capsys, desk, *named)


def test_a_record_with_one_horizontal_has_no_love_wave(
    desk: Path, capsys: pytest.CaptureFixture[str], record: Path
) -> None:
    import obspy

    obspy.read(str(record)).select(channel="L0E").write("east.mseed", format="MSEED")
    arguments = ["measure", "east.mseed", "--event", EVENT, "--station", STATION, "--wave", "love"]
    refused([*arguments, "--out", "x.csv"], capsys, desk, "horizontal")


def test_json_and_quiet_change_nothing_about_a_refusal(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for extra in (["--json"], ["--quiet"]):
        refused(forward(*extra, model="missing.csv"), capsys, desk, "missing.csv")


FUZZ = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
WORDS = st.one_of(
    st.floats().map(repr), st.integers(-5, 5).map(str), st.sampled_from(["", "x", "1e999", "٣", "0x1"])
)


@FUZZ
@given(
    cells=st.lists(st.lists(WORDS, min_size=0, max_size=6), min_size=0, max_size=4),
    spoil=st.binary(max_size=8),
)
def test_no_model_file_makes_a_traceback(
    desk: Path, capsys: pytest.CaptureFixture[str], cells: list[list[str]], spoil: bytes
) -> None:
    text = "thickness,vp,vs,rho\n" + "\n".join(",".join(row) for row in cells)
    Path("model.csv").write_bytes(text.encode() + spoil)
    sound_or_refused(forward("--quiet", out="x.csv"), capsys, desk)


@FUZZ
@given(
    cells=st.lists(st.lists(WORDS, min_size=0, max_size=7), min_size=0, max_size=3),
    spoil=st.binary(max_size=8),
)
def test_no_curves_file_makes_a_traceback(
    desk: Path, capsys: pytest.CaptureFixture[str], cells: list[list[str]], spoil: bytes
) -> None:
    rows = [",".join(("rayleigh", "phase", *row)) for row in cells]
    Path("curves.csv").write_bytes(
        b"wave,kind,mode,period,velocity,sigma\n" + "\n".join(rows).encode() + spoil
    )
    arguments = ["invert", "curves.csv", "--out", "result", "--reference", "nowhere.csv", "--quiet"]
    refused(
        arguments, capsys, desk
    )  # nothing is inverted: the curves or the missing reference are the reason


@FUZZ
@given(text=st.one_of(st.text(alphabet="0123456789.,:-e ", max_size=12), st.text(max_size=8)))
def test_no_periods_make_a_traceback(desk: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    sound_or_refused(["forward", "nowhere.csv", f"--periods={text}", "--out", "x.csv"], capsys, desk)


@FUZZ
@given(words=st.lists(WORDS, min_size=1, max_size=5), place=st.lists(WORDS, min_size=1, max_size=3))
def test_no_place_makes_a_traceback(
    desk: Path, capsys: pytest.CaptureFixture[str], words: list[str], place: list[str]
) -> None:
    where = [f"--event={','.join(words)}", f"--station={','.join(place)}"]
    refused(["measure", "nowhere.mseed", *where, "--out", "x.csv"], capsys, desk)


def sound_or_refused(arguments: list[str], capsys: pytest.CaptureFixture[str], desk: Path) -> None:
    """Either it works and has written its file, or it is refused by the rules."""
    before = listing(desk)
    status = main(arguments)
    _, err = capsys.readouterr()
    if status == 0:
        assert Path("x.csv").read_text().startswith("period,velocity,status\n")
        Path("x.csv").unlink()
        return
    assert status == 2
    assert err.startswith("seisgrad: ")
    assert err.count("\n") == 1
    assert listing(desk) == before
