"""Sections: every file format gives the same ground, resampling keeps travel time and mass, errors name their place."""

from pathlib import Path

import numpy as np
import pytest
import torch
import xarray

from seisgrad.earth import Section, read_section, scaling, write_section
from seisgrad.errors import InputError

SPACING = (0.02, 0.05)


@pytest.fixture
def ground() -> Section:
    """A section with a gradient, a lens and a density of its own: 31 x 41 nodes."""
    z, x = np.meshgrid(0.02 * np.arange(31), 0.05 * np.arange(41), indexing="ij")
    velocity = 1.5 + 2.0 * z + 0.4 * np.exp(-((z - 0.3) ** 2 + (x - 1.0) ** 2) / 0.02)
    return Section(torch.from_numpy(velocity), torch.from_numpy(1.0 + 0.4 * velocity + 0.01 * x), SPACING)


def same(section: Section, other: Section, tolerance: float = 1e-12) -> bool:
    assert section.spacing == pytest.approx(other.spacing)
    assert section.origin == pytest.approx(other.origin)
    return torch.allclose(section.earth, other.earth, rtol=tolerance, atol=0.0)


def test_arrays_come_back_whatever_their_units_and_order(ground: Section, tmp_path: Path) -> None:
    earth = ground.earth.numpy()
    np.save(tmp_path / "km.npy", earth)
    np.save(tmp_path / "m.npy", 1e3 * np.swapaxes(earth, 1, 2))
    np.savez(tmp_path / "a.npz", velocity=earth[0], density=earth[1], spacing=SPACING)
    earth.astype("<f4").tofile(tmp_path / "raw.bin")
    metres = (1e3 * SPACING[0], 1e3 * SPACING[1])
    assert same(read_section(tmp_path / "km.npy", spacing=SPACING), ground)
    assert same(read_section(tmp_path / "m.npy", unit="m", spacing=metres, transposed=True), ground)
    assert same(read_section(tmp_path / "a.npz"), ground)
    assert same(read_section(tmp_path / "raw.bin", shape=(31, 41), spacing=SPACING), ground, 1e-6)


def test_a_raw_file_that_runs_down_columns_is_turned(ground: Section, tmp_path: Path) -> None:
    """As the files of the Marmousi model run."""
    (1e3 * ground.velocity.numpy()).T.astype("<f4").tofile(tmp_path / "vp.bin")
    read = read_section(tmp_path / "vp.bin", unit="m", shape=(31, 41), spacing=(20.0, 50.0), transposed=True)
    assert read.shape == (31, 41)
    assert torch.allclose(read.velocity, ground.velocity, rtol=1e-6)


def test_netcdf_keeps_all_and_its_units_are_believed(ground: Section, tmp_path: Path) -> None:
    moved = Section(ground.velocity, ground.density, SPACING, (0.5, -3.0))
    write_section(moved, tmp_path / "a.nc")
    assert same(read_section(tmp_path / "a.nc"), moved)
    assert [path.name for path in tmp_path.iterdir()] == ["a.nc"]
    with xarray.open_dataset(tmp_path / "a.nc") as data:
        metres = data.load().transpose("x", "z")
    for name, factor, unit in (("z", 1e3, "m"), ("velocity", 1e3, "m/s"), ("density", 1e3, "kg/m3")):
        metres[name] = metres[name] * factor
        metres[name].attrs["units"] = unit
    metres.to_netcdf(tmp_path / "m.nc", engine="h5netcdf")
    assert same(read_section(tmp_path / "m.nc"), moved)


def test_a_table_in_any_order(ground: Section, tmp_path: Path) -> None:
    rows = [f"{20 * i},{50 * j},{1e3 * ground.velocity[i, j].item()!r}" for i in range(31) for j in range(41)]
    np.random.default_rng(1).shuffle(rows)
    (tmp_path / "t.csv").write_text("z,x,velocity\n" + "\n".join(rows) + "\n")
    read = read_section(tmp_path / "t.csv", unit="m")
    assert torch.allclose(read.velocity, ground.velocity)
    assert read.spacing == pytest.approx(SPACING)
    assert torch.allclose(read.earth[1], scaling.density_from_vp_gardner(ground.velocity))


def test_gardner_is_the_relation_in_its_first_units() -> None:
    """ρ = 0.23 V^(1/4) with V in feet per second, as published; 1 ft = 0.3048 m."""
    velocity = torch.linspace(1.5, 6.0, 10, dtype=torch.float64)
    assert torch.allclose(
        scaling.density_from_vp_gardner(velocity), 0.23 * (velocity / 0.3048e-3) ** 0.25, rtol=0.006
    )


def test_finer_cells_lie_on_the_bilinear_surface(ground: Section) -> None:
    fine = ground.to_grid(0.01)
    assert fine.shape == (61, 201)
    assert fine.spacing == (0.01, 0.01)
    assert torch.allclose(fine.earth[:, ::2, ::5], ground.earth)
    middle = 0.25 * (
        ground.velocity[3, 7] + ground.velocity[4, 7] + ground.velocity[3, 8] + ground.velocity[4, 8]
    )
    between = 0.5 * (fine.velocity[7, 37] + fine.velocity[7, 38])
    assert float(between) == pytest.approx(float(middle), rel=1e-12)
    assert same(
        Section(ground.velocity, ground.density, (0.05, 0.05)).to_grid(0.05),
        Section(ground.velocity, ground.density, (0.05, 0.05)),
    )


def test_coarser_cells_keep_travel_time_and_mass() -> None:
    """Rough ground: the sum over coarse cells is the integral of the bilinear slowness and density over the section."""
    rng = np.random.default_rng(4)
    velocity, density = (torch.from_numpy(rng.uniform(low, 2 * low, (61, 81))) for low in (2.0, 1.5))
    rough = Section(velocity, density, (0.01, 0.01))
    coarse = rough.to_grid(0.06)
    assert coarse.shape == (11, 14)

    def total(values: torch.Tensor, step: float, columns: int) -> float:
        one = torch.trapezoid(values, dx=step, dim=0)
        return float(torch.trapezoid(one[:columns], dx=step))

    # 0.78 of 0.80 km are covered by whole cells; half a coarse cell at each end counts half
    for fine, wide in ((1 / velocity, 1 / coarse.velocity), (density, coarse.earth[1])):
        edge = torch.ones(11, 14, dtype=torch.float64)
        edge[[0, -1]] *= 0.5
        edge[:, 0] *= 0.5
        edge[:, -1] *= 0.5 + 0.02 / 0.06  # the last cell reaches to the end
        assert float((wide * edge).sum()) * 0.06**2 == pytest.approx(total(fine, 0.01, 81), rel=1e-12)
    # and a thin slow layer is neither missed nor doubled where it falls between the new nodes
    layered = torch.full((61, 81), 3.0, dtype=torch.float64)
    layered[27:30] = 1.5
    column = Section(layered, None, (0.01, 0.01))
    time = float(torch.trapezoid(1 / layered[:, 0], dx=0.01))
    for spacing in (0.02, 0.04, 0.05, 0.1):
        made = column.to_grid(spacing).velocity[:, 0]
        assert float(torch.trapezoid(1 / made, dx=spacing)) == pytest.approx(time, rel=0.003)


def test_constant_ground_stays_constant_at_any_spacing() -> None:
    even = Section(torch.full((20, 30), 2.5), torch.full((20, 30), 2.0), (0.03, 0.05))
    for spacing in (0.01, 0.03, 0.041, 0.05, 0.2):
        earth = even.to_grid(spacing).earth
        assert torch.allclose(earth[0], torch.tensor(2.5, dtype=torch.float64), rtol=1e-13)
        assert torch.allclose(earth[1], torch.tensor(2.0, dtype=torch.float64), rtol=1e-13)


def write(path: Path, content: object) -> Path:
    """A file of the test: text, or what NumPy or xarray save under that suffix."""
    if isinstance(content, str):
        path.write_text(content)
    elif isinstance(content, xarray.Dataset):
        content.to_netcdf(path, engine="h5netcdf")
    elif isinstance(content, dict):
        np.savez(path, **content)
    else:
        np.save(path, content)
    return path


GOOD = np.full((4, 5), 3.0)
HOLE = np.where(np.arange(20).reshape(4, 5) == 7, np.nan, 3.0)


@pytest.mark.parametrize(
    ("name", "content", "options", "sentence"),
    [
        ("a.npy", GOOD, {}, r"a.npy: holds no spacing of its nodes; give it"),
        (
            "a.npy",
            1e3 * GOOD,
            {"spacing": 0.1},
            r"a.npy: velocity is 3000 km/s .* say unit='m' if that is m/s",
        ),
        ("a.npy", GOOD, {"spacing": 0.1, "unit": "m"}, r"velocity is 3 m/s .* say unit='km' if that is km/s"),
        (
            "a.npy",
            HOLE,
            {"spacing": 0.1},
            r"a.npy: velocity\[1, 2\] is nan km/s, expected a positive number; 1 of 20",
        ),
        (
            "a.npy",
            np.ones((3, 4, 5)),
            {"spacing": 0.1},
            r"shape \(3, 4, 5\), expected \(z, x\) or \(2, z, x\)",
        ),
        ("a.npy", np.array([["a"]]), {"spacing": 0.1}, r"the array is of type <U1, expected numbers"),
        ("a.npy", "no array", {"spacing": 0.1}, r"a.npy: cannot be read"),
        ("a.npz", "no archive", {"spacing": 0.1}, r"a.npz: cannot be read"),
        ("a.npz", {"vp": GOOD}, {"spacing": 0.1}, r"a.npz: holds vp, expected an array velocity"),
        ("a.npy", GOOD, {"spacing": -0.1}, r"a.npy: spacing is \(-0.1, -0.1\) km, expected positive"),
        ("a.bin", "x" * 80, {"spacing": 0.1, "shape": (4, 6)}, r"has 80 bytes, expected 96 for 4 x 6"),
        ("a.bin", "x" * 80, {"spacing": 0.1}, r"give the shape of raw numbers"),
        ("a.csv", "depth,vp\n1,2\n", {}, r"a.csv, line 1: 'depth,vp', expected z,x,velocity"),
        ("a.csv", "z,x,velocity\n0,0,3\n0,1,fast\n", {}, r"a.csv, line 3: '0,1,fast', expected numbers"),
        (
            "a.csv",
            "z,x,velocity\n0,0,3\n0,1,3\n1,0,3\n",
            {},
            r"has 3 rows for 2 depths and 2 distances, expected each",
        ),
        ("a.csv", "z,x,velocity\n0,0,3\n0,1\n", {}, r"line 3: 2 values, expected 3"),
        ("a.nc", "no NetCDF", {}, r"a.nc: cannot be read as NetCDF"),
        (
            "a.nc",
            xarray.Dataset({"velocity": (("z", "x"), GOOD)}, {"z": [0, 1, 2, 4], "x": np.arange(5.0)}),
            {},
            r"a.nc: z goes from 2 to 4 km, expected even steps",
        ),
        ("a.nc", xarray.Dataset({"vp": (("z", "x"), GOOD)}), {}, r"a.nc: has no variable velocity, found vp"),
        (
            "a.nc",
            xarray.Dataset(
                {"velocity": (("z", "x"), GOOD, {"units": "furlongs/s"})},
                {"z": np.arange(4.0), "x": np.arange(5.0)},
            ),
            {},
            r"velocity is in 'furlongs/s', expected one of km/s",
        ),
        ("a.segy", "x", {}, r"the suffix is '.segy', expected one of .npy, .npz, .bin, .nc, .csv"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(
    name: str, content: object, options: dict, sentence: str, tmp_path: Path
) -> None:
    path = write(tmp_path / name, content)
    with pytest.raises(InputError, match=sentence) as error:
        read_section(path, **options)
    assert "\n" not in str(error.value)


def test_what_is_no_section_is_refused(ground: Section, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        read_section(tmp_path / "none.npy")
    with pytest.raises(InputError, match=r"the suffix is '.txt', expected one of .nc, .csv, .npz"):
        write_section(ground, tmp_path / "a.txt")
    with pytest.raises(InputError, match="there is no folder"):
        write_section(ground, tmp_path / "none" / "a.nc")
    with pytest.raises(InputError, match=r"expected at most 0.6 km, the shorter side"):
        ground.to_grid(0.7)
    with pytest.raises(InputError, match=r"spacing is 0.0 km, expected a positive number"):
        ground.to_grid(0.0)
