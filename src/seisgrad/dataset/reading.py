"""Reading a finished dataset: arrays by name, or all of them with their coordinates."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seisgrad._lazy import extra
from seisgrad.dataset.manifest import STORED, Manifest
from seisgrad.dataset.recipe import Field
from seisgrad.dataset.splits import Split
from seisgrad.dataset.store import missing, read_manifest
from seisgrad.errors import InputError
from seisgrad.operator import Space

with extra("datasets"):
    import zarr

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Dataset:
    """One split of a finished dataset.

    ``dataset["velocity"]`` is an array on disk; indexing it, as in ``dataset["velocity"][:100]``, gives NumPy.

    Attributes:
        path: of the store.
        split: ``"train"`` or ``"validation"``.
        manifest: how the dataset was made.
    """

    path: Path
    split: Split
    manifest: Manifest

    def __len__(self) -> int:
        """The number of samples."""
        return self.manifest.number[self.split]

    def __getitem__(self, name: str) -> zarr.Array:
        """The array ``[sample, ...]`` of this name, on disk."""
        if name not in self._arrays:
            raise InputError(f"{self.path} has no field {name!r}, expected one of {', '.join(self._arrays)}")
        return self._arrays[name]

    @cached_property
    def fields(self) -> dict[str, Field]:
        """What the arrays are, by name."""
        return {name: _field(array) for name, array in self._arrays.items()}

    def as_xarray(self) -> "xr.Dataset":
        """All arrays with dimensions, units and coordinates; values are read from disk when they are used."""
        import xarray as xr

        data = xr.open_zarr(self.path, group=self.split, consolidated=False, chunks=None)
        coords: dict[str, tuple] = {}
        for name, field in self.fields.items():
            coords |= field.space.coords
            data[name].attrs.pop("coords")
        return data.assign_coords({axis: list(values) for axis, values in coords.items()})

    @cached_property
    def _arrays(self) -> Mapping[str, zarr.Array]:
        return dict(sorted(zarr.open_group(self.path, path=self.split, mode="r").arrays()))


def open_dataset(path: str | Path, split: Split) -> Dataset:
    """One split of a dataset that ``seisgrad simulate`` or :func:`simulate` has made.

    Args:
        path: of the store.
        split: ``"train"`` or ``"validation"``; test samples are drawn, not stored.

    Raises:
        InputError: there is no dataset, another split is asked for, or shards are still missing.
    """
    path = Path(path)
    manifest = read_manifest(path)
    if split not in STORED:
        raise InputError(f"{path} has no split {split!r}, expected one of {', '.join(STORED)}")
    if not manifest.complete:
        total = len(manifest.tasks())
        there = total - len(missing(path, manifest))
        raise InputError(
            f"{path} is not complete, {there} of {total} shards are there; the command that began it resumes it"
        )
    return Dataset(path, split, manifest)


def _field(array: zarr.Array) -> Field:
    attributes: dict[str, Any] = array.attrs.asdict()
    unit = attributes["units"]
    _, *axes = array.metadata.dimension_names  # type: ignore[union-attr, misc]
    space = Space(
        attributes["space"],
        tuple(map(str, axes)),
        array.shape[1:],
        unit if isinstance(unit, str) else tuple(unit),
        attributes["coords"],
    )
    return Field(space, str(array.dtype), attributes["long_name"])
