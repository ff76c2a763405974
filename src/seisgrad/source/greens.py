"""Banks of Green's functions: velocity model × depth × distance, on disk in Zarr and in memory as tensors.

A bank is a Zarr group with one group per model, put in place by one renaming: a model is there whole or not at all, and
the same command makes those that are missing. Nothing in it is random.
"""

import math
import os
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from seisgrad._lazy import extra
from seisgrad.dataset.workers import cluster, on_cluster, on_this_machine
from seisgrad.errors import InputError
from seisgrad.source.earths import NAMES, named_column
from seisgrad.source.layered import Band, Column, elementary
from seisgrad.source.layered.ground import Array
from seisgrad.source.layered.solver import BAND
from seisgrad.source.radiation import ELEMENTARY
from seisgrad.source.traveltime import first_arrivals

with extra("datasets"):
    import zarr

FORMAT = "seisgrad Green's functions 1"
#: Depths of a bank, km, finer where the field changes faster.
DEPTHS = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0)
DEPTHS += (10.0, 11.0, 12.0, 13.0, 14.0, 16.0, 18.0, 20.0, 22.5, 25.0)
#: Distances of a bank, km: even steps of their square root.
DISTANCES = tuple(np.round(np.linspace(math.sqrt(5.0), math.sqrt(200.0), 60) ** 2, 1).tolist())
#: A model to make, and one that is made.
_Task = tuple[str, Column]
_Made = tuple[str, dict[str, NDArray[Any]]]
#: Seconds of a trace before the first P.
BEFORE_P = 10.0
_DRAFT = ".draft-"

Progress = Callable[[int, int, int], None]
"""Called with the models that were there at the start, those that are there now, and those wanted."""


@dataclass(frozen=True, eq=False)
class GreensBank:
    """Elementary Green's functions of several velocity models, all on the same depths and distances.

    A trace is the **displacement** at the surface, m, that a step of moment of 1 N·m at the origin time makes; its
    derivative in time is that of an impulse. The band is flat to ``flat`` Hz and empty from ``end`` Hz, without a shift
    of phase, so that an arrival rings for three seconds before it comes.

    Attributes:
        names: of the models.
        depths: of the sources, km.
        distances: from the epicentre, km.
        time_step: s.
        band: ``(flat, end)``, Hz.
        traces: in the order of :data:`~seisgrad.source.radiation.ELEMENTARY`.
        start: of each trace after the origin time, s, a multiple of ``time_step``.
        p, s: first arrivals after the origin time, s.
    """

    names: tuple[str, ...]
    depths: Float[Tensor, " depth"]
    distances: Float[Tensor, " distance"]
    time_step: float
    band: tuple[float, float]
    traces: Float[Tensor, "model depth distance 10 time"]
    start: Float[Tensor, "model depth distance"]
    p: Float[Tensor, "model depth distance"]
    s: Float[Tensor, "model depth distance"]

    @classmethod
    def open(cls, path: str | Path, names: Sequence[str] | None = None) -> "GreensBank":
        """Read a bank, or some of its models; a model takes 50 MB at the usual size.

        Raises:
            InputError: no bank there, or one without a model asked for.
        """
        root = _root(Path(path))
        settings: Any = root.attrs["seisgrad"]
        there = [name for name in settings["models"] if name in root]
        names = there if names is None else list(names)
        missing = [name for name in names if name not in there]
        if missing or not names:
            raise InputError(f"{path} has the models {there}, not {missing}; make them with make_bank")

        def read(what: str) -> Tensor:
            return torch.from_numpy(np.stack([np.asarray(_array(root[name], what)[:]) for name in names]))

        band = Band(**settings["band"])
        depths, distances = (
            torch.tensor(settings[key], dtype=torch.float64) for key in ("depths", "distances")
        )
        arrays = {what: read(what) for what in ("traces", "start", "p", "s")}
        return cls(tuple(names), depths, distances, band.time_step, (band.flat, band.end), **arrays)


def make_bank(
    path: str | Path,
    models: Sequence[str] | Mapping[str, Column] = NAMES,
    depths: Sequence[float] = DEPTHS,
    distances: Sequence[float] = DISTANCES,
    *,
    band: Band = BAND,
    workers: int = 1,
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> None:
    """Make a bank, or the models that one which is there still lacks; a model takes about ten seconds of one core.

    Args:
        path: of the Zarr group.
        models: names of :mod:`~seisgrad.source.earths`, or columns by name.
        depths, distances: km.
        band: samples and frequencies of the traces.
        workers: processes on this machine, each on models of its own.
        scheduler: address of a Dask scheduler to work there instead.
        progress: told after every model.

    Raises:
        InputError: an impossible model, depth or distance, or at ``path`` lies something else or a bank made otherwise.
        WorkError: a worker ended before its work.
    """
    path, tell = Path(path), progress or (lambda *_: None)
    columns = dict(models) if isinstance(models, Mapping) else {name: named_column(name) for name in models}
    settings = {
        "format": FORMAT,
        "depths": [float(z) for z in depths],
        "distances": [float(r) for r in distances],
        "band": band._asdict(),
        "models": {
            name: {key: [float(v) for v in values] for key, values in column._asdict().items()}
            for name, column in columns.items()
        },
    }
    _begin(path, settings)
    root = zarr.open_group(path, mode="r")
    missing = [name for name in columns if name not in root]
    done = before = len(columns) - len(missing)
    tell(before, done, len(columns))
    work = partial(_model, depths=np.array(depths, float), distances=np.array(distances, float), band=band)
    tasks = [(name, columns[name]) for name in missing]
    with closing(_made(work, tasks, workers, scheduler)) as made:
        for name, arrays in made:
            _write(path, name, arrays)
            done += 1
            tell(before, done, len(columns))


def settings_of(path: str | Path) -> dict[str, Any]:
    """What a bank was made with: ``depths``, ``distances``, ``band`` and the layers of ``models``, made yet or not.

    Raises:
        InputError: no bank there.
    """
    found: Any = _root(Path(path)).attrs["seisgrad"]
    return dict(found)


def _model(task: _Task, depths: Array, distances: Array, band: Band) -> _Made:
    """All arrays of one model."""
    name, column = task
    p, s = first_arrivals(column, depths, distances)
    start = np.floor((p - BEFORE_P) / band.time_step) * band.time_step
    traces = elementary(column, depths, distances, start, band)
    return name, {"traces": traces.astype(np.float32), "start": start, "p": p, "s": s}


def _made(
    work: Callable[[_Task], _Made],
    tasks: list[_Task],
    workers: int,
    scheduler: str | None,
) -> Generator[_Made, None, None]:
    if scheduler and tasks:
        with cluster(scheduler) as client:
            yield from on_cluster(work, tasks, client)
    elif workers > 1 and len(tasks) > 1:
        with closing(on_this_machine(work, tasks, workers)) as made:
            yield from made
    else:
        yield from map(work, tasks)


def _begin(path: Path, settings: dict[str, Any]) -> None:
    """An empty bank, or the one that is there, to which models may be added."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        zarr.open_group(path, mode="w").attrs["seisgrad"] = settings
        return
    root = _root(path, "r+")
    for torn in path.glob("*.partial"):  # attributes that a kill left half-written
        torn.unlink()
    found: Any = root.attrs["seisgrad"]
    for key in ("depths", "distances", "band"):
        if found[key] != settings[key]:
            raise InputError(
                f"{path} was made with other {key}: {found[key]}; repeat them to go on, or give another path"
            )
    for name, column in settings["models"].items():
        if found["models"].get(name, column) != column:
            raise InputError(f"{path} holds another model under the name {name!r}; give another name or path")
    root.attrs["seisgrad"] = {**found, "models": {**found["models"], **settings["models"]}}


def _root(path: Path, mode: Literal["r", "r+"] = "r") -> zarr.Group:
    with suppress(OSError, KeyError, ValueError):
        root = zarr.open_group(path, mode=mode)
        found: Any = root.attrs["seisgrad"]
        if isinstance(found, dict) and found.get("format") == FORMAT:
            return root
    raise InputError(f"{path} is no bank in the format {FORMAT!r}; make one with make_bank")


def _array(group: Any, name: str) -> Any:
    return group[name]


def _write(path: Path, name: str, arrays: Mapping[str, NDArray[Any]]) -> None:
    """A model, first under another name: what a kill leaves is overwritten by the next start."""
    axes = ("depth", "distance", "elementary", "time")
    draft = zarr.open_group(path / f"{_DRAFT}{name}", mode="w")
    for key, values in arrays.items():
        array = draft.create_array(
            key,
            shape=values.shape,
            dtype=values.dtype,
            chunks=(1, *values.shape[1:]),
            dimension_names=axes[: values.ndim],
        )
        array[:] = values
    draft.attrs["units"] = "m per N m (traces), s"
    draft.attrs["elementary"] = list(ELEMENTARY)
    os.replace(path / f"{_DRAFT}{name}", path / name)
