"""``seisgrad forward``: the contract of its files, its periods, and operators of one's own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

import seisgrad as sg
from seisgrad.cli import main
from seisgrad.cli.outputs import whole_file, whole_folder
from seisgrad.cli.periods import parse_periods
from seisgrad.errors import InputError

MODEL = "thickness,vp,vs,rho\n2,5.0,2.9,2.5\n12,6.0,3.4,2.7\n20,6.6,3.8,2.9\n0,8.0,4.5,3.3\n"
LAYERS = ((2.0, 12.0, 20.0, 0.0), (5.0, 6.0, 6.6, 8.0), (2.9, 3.4, 3.8, 4.5), (2.5, 2.7, 2.9, 3.3))
PERIODS = [5.0, 10.0, 20.0, 40.0]


@pytest.fixture
def model_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("model.csv").write_text(MODEL)
    return "model.csv"


def run(*arguments: str) -> None:
    assert main(["forward", *arguments]) == 0


def test_the_netcdf_holds_velocity_status_and_four_kernels(model_file: str) -> None:
    run(model_file, "--periods", "5,10,20,40", "--kernels", "--out", "x.nc", "--quiet")
    with xr.open_dataset("x.nc", engine="h5netcdf") as data:
        assert data["velocity"].dims == data["status"].dims == ("period",)
        assert data["period"].values.tolist() == PERIODS
        exact = sg.dispersion.kernels(sg.LayeredModel(*LAYERS), PERIODS)
        torch.testing.assert_close(torch.tensor(data["velocity"].values), exact.velocity)
        for name in ("vp", "vs", "rho", "thickness"):
            kernel = data[f"kernel_{name}"]
            assert kernel.dims == ("period", "layer")
            torch.testing.assert_close(torch.tensor(kernel.values), getattr(exact, name))
        assert (data["kernel_thickness"].values[:, -1] == 0).all()
        assert data["kernel_rho"].attrs["units"] == "(km/s)/(g/cm3)"
        assert data["depth"].values.tolist() == [0.0, 2.0, 14.0, 34.0]


def test_a_mode_below_its_cutoff_is_an_empty_cell_with_a_reason(model_file: str) -> None:
    run(model_file, "--periods", "1,60", "--mode", "2", "--out", "x.csv", "--quiet")
    header, trapped, missing = Path("x.csv").read_text().splitlines()
    assert header == "period,velocity,status"
    assert trapped.endswith(",ok")
    assert 2.9 < float(trapped.split(",")[1]) < 4.5
    assert missing == "60,,below_cutoff"


def test_json_is_strict_and_alone_on_stdout(model_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(model_file, "--periods", "1,60", "--mode", "2", "--out", "x.csv", "--json")
    out, err = capsys.readouterr()
    result = json.loads(out, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert err == ""
    assert result["curve"] == "rayleigh phase 2"
    assert result["velocity"][1] is None
    assert result["files"] == {"curve": "x.csv"}


def test_quiet_says_nothing(model_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(model_file, "--periods", "10", "--out", "x.csv", "--quiet")
    assert capsys.readouterr() == ("", "")


def test_the_sphere_is_faster_than_the_plane_at_long_periods(model_file: str) -> None:
    """Flattening raises velocities with depth, the more the deeper the wave reaches."""
    for earth in ("flat", "spherical"):
        run(
            model_file,
            "--periods",
            "5,100",
            "--wave",
            "love",
            "--earth",
            earth,
            "--out",
            f"{earth}.nc",
            "--quiet",
        )
    with xr.open_dataset("flat.nc") as flat, xr.open_dataset("spherical.nc") as sphere:
        excess = sphere["velocity"].values / flat["velocity"].values - 1
    assert 0 < 3 * excess[0] < excess[1] < 0.02


OWN = """
import torch
from seisgrad.dispersion import Physics

def made(survey, depth):
    return Physics(survey, depth)

class Net(torch.nn.Module):
    def forward(self, x):
        return x[..., 1, :1].expand(*x.shape[:-2], 4).unsqueeze(-2) * 0.9

net = Net()

def wrong(survey, depth):
    return lambda x: x

def curve(x):
    return net(x)

def nothing(survey, depth):
    pass
"""


@pytest.fixture
def own_module(model_file: str, monkeypatch: pytest.MonkeyPatch) -> str:
    Path("my_own_operators.py").write_text(OWN)
    monkeypatch.syspath_prepend(str(Path.cwd()))
    monkeypatch.delitem(sys.modules, "my_own_operators", raising=False)
    return "my_own_operators"


def test_an_operator_of_ones_own_gives_its_values_and_kernels(model_file: str, own_module: str) -> None:
    """The exact operator by another name gives the exact curve and kernels; thickness it does not know."""
    common = [model_file, "--periods", "5,10,20,40", "--kernels", "--quiet"]
    run(*common, "--out", "exact.nc")
    run(*common, "--operator", f"{own_module}:made", "--out", "own.nc")
    with xr.open_dataset("exact.nc") as exact, xr.open_dataset("own.nc") as own:
        for name in ("velocity", "kernel_vp", "kernel_vs", "kernel_rho"):
            torch.testing.assert_close(torch.tensor(own[name].values), torch.tensor(exact[name].values))
        assert own["kernel_thickness"].isnull().all()


def test_a_module_is_taken_as_it_is(model_file: str, own_module: str) -> None:
    run(
        model_file,
        "--periods",
        "5,10,20,40",
        "--operator",
        f"{own_module}:net",
        "--kernels",
        "--out",
        "n.nc",
        "--quiet",
    )
    with xr.open_dataset("n.nc") as data:
        assert data["velocity"].values == pytest.approx(0.9 * 2.9)
        assert data["kernel_vs"].values[:, 0] == pytest.approx(0.9)
        assert (data["kernel_vs"].values[:, 1:] == 0).all()


def test_an_operator_with_another_shape_is_refused(
    model_file: str, own_module: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [
        "forward",
        model_file,
        "--periods",
        "5",
        "--operator",
        f"{own_module}:wrong",
        "--out",
        "x.nc",
    ]
    assert main(arguments) == 2
    assert "shape (3, 4)" in capsys.readouterr().err
    assert not Path("x.nc").exists()


@pytest.mark.parametrize(
    ("attribute", "sentence"),
    [
        (
            "curve",
            "takes (x), expected an operator, a torch.nn.Module, or a function or class that makes one",
        ),
        ("Net", "takes (), expected an operator"),
        ("nothing", "made a NoneType, expected something that can be called"),
    ],
)
def test_what_makes_no_operator_is_refused(
    attribute: str, sentence: str, model_file: str, own_module: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [
        "forward",
        model_file,
        "--periods",
        "5",
        "--operator",
        f"{own_module}:{attribute}",
        "--out",
        "x.nc",
    ]
    assert main(words) == 2
    assert sentence in capsys.readouterr().err
    assert not Path("x.nc").exists()


@given(start=st.integers(1, 500), steps=st.integers(0, 300), step=st.integers(1, 400))
def test_a_range_ends_where_a_step_lands_and_not_beyond(start: int, steps: int, step: int) -> None:
    """In hundredths of a second, where binary floating point would miss the end."""
    last = start + steps * step
    text = f"{start / 100}:{last / 100}:{step / 100}"
    assert parse_periods(text) == [(start + i * step) / 100 for i in range(steps + 1)]
    short = parse_periods(f"{start / 100}:{last / 100 + step / 200}:{step / 100}")
    assert short == parse_periods(text)


def test_a_list_is_taken_as_it_stands() -> None:
    assert parse_periods("5, 10,20.5") == [5.0, 10.0, 20.5]


@pytest.mark.parametrize("there", [True, False])
def test_what_fails_half_way_leaves_everything_as_it_was(tmp_path: Path, there: bool) -> None:
    target, folder = tmp_path / "x.txt", tmp_path / "results"
    if there:
        target.write_text("old")
        folder.mkdir()
        (folder / "a").write_text("old")
    before = {p: p.read_text() for p in tmp_path.rglob("*") if p.is_file()}

    def half_written() -> None:
        with whole_file(target) as path:
            path.write_text("ne")
            raise InputError("the work stops here")

    def half_filled() -> None:
        with whole_folder(folder) as path:
            (path / "a").write_text("new")
            raise InputError("the work stops here")

    for work in (half_written, half_filled):
        with pytest.raises(InputError):
            work()
    assert {p: p.read_text() for p in tmp_path.rglob("*") if p.is_file()} == before
    assert folder.exists() == there


def test_a_folder_keeps_what_others_put_there(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "mine").write_text("old")
    with whole_folder(tmp_path / "results") as draft:
        (draft / "new").write_text("new")
    assert {p.name for p in (tmp_path / "results").iterdir()} == {"mine", "new"}


def test_help_needs_no_heavy_library() -> None:
    """What makes ``--help`` answer at once: torch, numba and ObsPy stay unloaded."""
    code = (
        "import sys; from seisgrad.cli import main\n"
        "for words in (['--help'], *([c, '--help'] for c in ('demo', 'measure', 'forward', 'invert'))):\n"
        "    assert main(words) == 0\n"
        "print(*{'torch', 'numba', 'obspy', 'matplotlib', 'xarray'} & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == ""
    assert done.stdout.count("Example: seisgrad") == 4


def test_exit_status_one_where_the_work_fails(monkeypatch: pytest.MonkeyPatch, model_file: str) -> None:
    from seisgrad.cli import forward
    from seisgrad.errors import WorkError

    def fail(_: str) -> list[float]:
        raise WorkError("it cannot be done")

    monkeypatch.setattr(forward, "parse_periods", fail)
    assert main(["forward", model_file, "--periods", "1", "--out", "x.csv"]) == 1
    assert [p.name for p in Path().iterdir()] == ["model.csv"]
