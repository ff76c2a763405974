"""The store on disk: a Zarr group per split, one chunk per shard, and a mark for every shard that is whole.

While a dataset is being made, ``marks/`` holds one small file per finished shard, put in place after the shard's
chunks; a shard without its mark is made again. At the end the marks go into the manifest, which is an attribute of the
root group, and what is left is plain Zarr. Whatever is killed in between is repaired by the next start.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from seisgrad._lazy import extra
from seisgrad.dataset.manifest import FORMAT, STORED, Manifest, Task, difference
from seisgrad.dataset.recipe import Arrays, Field, Recipe
from seisgrad.errors import InputError

with extra("datasets"):
    import zarr
    from zarr.codecs import BloscCodec

ATTRIBUTE = "seisgrad"


def read_manifest(path: Path) -> Manifest:
    """The manifest of a store, complete or not.

    Raises:
        InputError: there is nothing, or something that is no dataset of seisgrad.
    """
    if not path.exists():
        raise InputError(f"there is no dataset {path}; make one with seisgrad simulate")
    try:
        found = zarr.open_group(path, mode="r").attrs[ATTRIBUTE]
    except (OSError, KeyError, ValueError):
        found = None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise InputError(f"{path} is no dataset of seisgrad in the format {FORMAT!r}; give another path")
    return Manifest(**found)  # type: ignore[arg-type]


class Store:
    """A dataset that is being made. One process writes.

    Args:
        path: of the store.
        recipe: what the arrays are.
        asked: the manifest wanted; a store that is there is taken up again where it agrees, and grown where it holds
            fewer samples.

    Raises:
        InputError: at ``path`` lies something else, a dataset made otherwise, or a larger one.
    """

    def __init__(self, path: Path, recipe: Recipe, asked: Manifest) -> None:
        self.path, self.recipe = path, recipe
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
        self.manifest = self._take_up(asked) if path.exists() else self._begin(asked)
        if not self.manifest.complete:
            for torn in path.rglob("*.partial"):  # chunks that a kill left half-written
                torn.unlink()
            self._fit()

    def _begin(self, asked: Manifest) -> Manifest:
        """An empty store, complete as such before it appears under its name."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".seisgrad-", dir=self.path.parent) as folder:
            draft = Path(folder) / self.path.name
            _write_manifest(draft, asked)
            os.replace(draft, self.path)
        return asked

    def _take_up(self, asked: Manifest) -> Manifest:
        found = read_manifest(self.path)
        if differs := difference(asked, found):
            raise InputError(
                f"{self.path} was made with {differs}; repeat its settings to go on, or give another path"
            )
        held, wanted = found.number["train"], asked.number["train"]
        if wanted < held:
            raise InputError(
                f"{self.path} holds {held} samples, expected a number of at least that, not {wanted}"
            )
        if wanted == held:
            if found.complete:  # what a kill between the last two steps left
                shutil.rmtree(self._marks, ignore_errors=True)
            return found
        for task in found.tasks() if found.complete else []:
            self._mark(task, found.shards[task.split][task.shard])
        grown = replace(found, number=asked.number, shards={})
        _write_manifest(self.path, grown)
        return grown

    def _fit(self) -> None:
        """Make the arrays, or let them grow to their length."""
        root = zarr.open_group(self.path, mode="r+")
        for split in STORED:
            group = root.require_group(split)
            for name, field in self.recipe.fields().items():
                shape = (self.manifest.number[split], *field.space.shape)
                if name not in group:
                    _make_array(group, name, field, shape, self.manifest.shard)
                elif _array(group, name).shape != shape:
                    _array(group, name).resize(shape)
        self._groups = {split: root[split] for split in STORED}

    def missing(self) -> list[Task]:
        """The shards that are still to be made."""
        return [] if self.manifest.complete else missing(self.path, self.manifest)

    def write(self, task: Task, arrays: Arrays, rejected: Mapping[str, int]) -> None:
        """Write one shard, and mark it when it is whole."""
        for name in self.recipe.fields():
            _array(self._groups[task.split], name)[task.first : task.first + task.number] = arrays[name]
        self._mark(task, rejected)

    def finish(self) -> Manifest:
        """Gather the counts of all shards in the manifest, and drop the marks."""
        if not self.manifest.complete:
            shards: dict[str, list[dict[str, int]]] = {split: [] for split in STORED}
            for task in self.manifest.tasks():
                shards[task.split].append(_read_mark(self._marks, task)["rejected"])
            self.manifest = replace(self.manifest, shards=shards)
            _write_manifest(self.path, self.manifest)
            shutil.rmtree(self._marks)
        return self.manifest

    @property
    def _marks(self) -> Path:
        return self.path / "marks"

    def _mark(self, task: Task, rejected: Mapping[str, int]) -> None:
        self._marks.mkdir(exist_ok=True)
        place = self._marks / _mark_name(task)
        draft = place.with_suffix(".partial")
        draft.write_text(json.dumps({"number": task.number, "rejected": dict(sorted(rejected.items()))}))
        os.replace(draft, place)


def missing(path: Path, manifest: Manifest) -> list[Task]:
    """The shards of an incomplete store that have no mark, or one of when the shard was shorter."""
    marks = path / "marks"
    there = {file.name for file in marks.glob("*.json")}
    return [
        task
        for task in manifest.tasks()
        if _mark_name(task) not in there or _read_mark(marks, task)["number"] != task.number
    ]


def _mark_name(task: Task) -> str:
    return f"{task.split}-{task.shard:08d}.json"


def _read_mark(marks: Path, task: Task) -> dict[str, Any]:
    return json.loads((marks / _mark_name(task)).read_text())


def _write_manifest(path: Path, manifest: Manifest) -> None:
    zarr.open_group(path, mode="a").attrs.put({ATTRIBUTE: manifest.as_json()})


def _array(group: Any, name: str) -> zarr.Array:
    return group[name]


def _make_array(group: Any, name: str, field: Field, shape: tuple[int, ...], shard: int) -> None:
    space = field.space
    group.create_array(
        name,
        shape=shape,
        chunks=(shard, *space.shape),
        dtype=field.dtype,
        fill_value=np.nan if np.issubdtype(np.dtype(field.dtype), np.floating) else 0,
        # bytes of the same weight side by side compress better than numbers do
        compressors=BloscCodec(cname="zstd", clevel=3, shuffle="shuffle"),
        dimension_names=("sample", *space.axes),
        attributes={
            "long_name": field.description,
            "units": space.unit if isinstance(space.unit, str) else list(space.unit),
            "space": space.name,
            "coords": {axis: list(values) for axis, values in space.coords.items()},
        },
    )
