"""Files of observed spectra: what is written comes back, and what is wrong is named."""

from pathlib import Path

import pytest
import torch
from xarray import open_dataset

from seisgrad.acoustic import Survey
from seisgrad.acoustic.data import Spectra, read_spectra, write_spectra
from seisgrad.errors import InputError

PLACES = [[0.1, 0.2], [0.3, 1.5]], [[0.0, 0.4], [0.0, 0.8], [0.0, 1.2]], [2.0, 1.0]
SURVEY = Survey(*(torch.tensor(values, dtype=torch.float64) for values in PLACES))


@pytest.fixture
def spectra() -> Spectra:
    values = torch.randn(SURVEY.space.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    values[0, 1, 2] = torch.nan
    return Spectra(SURVEY, values)


def test_what_is_written_comes_back(spectra: Spectra, tmp_path: Path) -> None:
    write_spectra(spectra, tmp_path / "a.nc")
    found = read_spectra(tmp_path / "a.nc")
    torch.testing.assert_close(found.values, spectra.values, equal_nan=True, rtol=0, atol=0)
    for name in ("sources", "receivers", "frequencies"):
        assert torch.equal(getattr(found.survey, name), getattr(SURVEY, name))
    assert [path.name for path in tmp_path.iterdir()] == ["a.nc"]


def test_other_orders_and_metres_are_read(spectra: Spectra, tmp_path: Path) -> None:
    write_spectra(spectra, tmp_path / "a.nc")
    content = open_dataset(tmp_path / "a.nc").load()
    content = content.transpose("part", "receiver", ...).isel(part=[1, 0])
    for name in ("source_x", "receiver_z"):
        content[name] = content[name] * 1000
        content[name].attrs["units"] = "m"
    content.to_netcdf(tmp_path / "b.nc", engine="h5netcdf")
    found = read_spectra(tmp_path / "b.nc")
    torch.testing.assert_close(found.values, spectra.values, equal_nan=True)
    torch.testing.assert_close(found.survey.sources, SURVEY.sources)
    torch.testing.assert_close(found.survey.receivers, SURVEY.receivers)


@pytest.mark.parametrize(
    ("spoil", "match"),
    [
        (lambda c: c.drop_vars("source_x"), "no variable 'source_x', expected spectrum"),
        (lambda c: c.isel(part=[0]), "two parts, real and imaginary"),
        (lambda c: c.rename(receiver="station"), "spectrum has dimensions .*station=3"),
        (lambda c: c.assign_coords(part=["modulus", "phase"]), "the coordinate part is"),
        (lambda c: c.assign_coords(frequency=("frequency", [1.0, 2.0], {"units": "s"})), "expected Hz"),
        (lambda c: c.assign(source_z=("source", [1.0, 2.0], {"units": "ft"})), "source_z is in 'ft'"),
        (lambda c: c.assign(spectrum=c.spectrum / 0.0), "infinite value"),
        (lambda c: c.assign(spectrum=c.spectrum * float("nan")), "all NaN"),
        (lambda c: c.assign_coords(frequency=[0.0, 1.0]), "frequencies hold 0"),
    ],
)
def test_what_is_wrong_is_named(spectra: Spectra, tmp_path: Path, spoil, match: str) -> None:
    write_spectra(spectra, tmp_path / "a.nc")
    spoil(open_dataset(tmp_path / "a.nc").load()).to_netcdf(tmp_path / "b.nc", engine="h5netcdf")
    with pytest.raises(InputError, match=rf"b\.nc: .*{match}"):
        read_spectra(tmp_path / "b.nc")


def test_no_file_and_no_netcdf(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_spectra(tmp_path / "none.nc")
    (tmp_path / "text.nc").write_text("1 2 3")
    with pytest.raises(InputError, match="no NetCDF-4 file"):
        read_spectra(tmp_path / "text.nc")
    with pytest.raises(InputError, match="cannot be written"):
        write_spectra(
            Spectra(SURVEY, torch.zeros(SURVEY.space.shape).double()), tmp_path / "missing" / "a.nc"
        )
