"""Making a dataset: the shards that are missing, by whoever works, written by one."""

from collections.abc import Callable
from contextlib import closing, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from seisgrad.dataset.manifest import Manifest, numbers, versions
from seisgrad.dataset.recipe import Recipe
from seisgrad.dataset.store import Store
from seisgrad.dataset.workers import cluster, cores, make, on_cluster, on_this_machine
from seisgrad.errors import InputError

SHARD = 256
"""Samples in a shard unless told otherwise: seconds of work, megabytes of memory."""

Progress = Callable[[int, int, int], None]
"""Called with the samples that were there at the start, those that are there now, and those wanted."""


_MOST = 2**32


def simulate(
    recipe: Recipe,
    number: int,
    path: str | Path,
    *,
    shard: int = SHARD,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> Manifest:
    """Make a dataset of training and validation samples, or go on with one where it stopped.

    The samples do not depend on who makes them, on the number of workers, nor on how often the work was killed and
    begun again. A script that calls this needs the guard ``if __name__ == "__main__":``, since workers import it.

    Args:
        recipe: what to make.
        number: of training samples; a twentieth as many, and at least ``recipe.validation``, are made for validation. A
            finished dataset grows where this is larger than what it holds.
        path: of the Zarr store.
        shard: samples that are made and written together, one chunk of every array.
        workers: processes on this machine; by default one per core that may be used.
        scheduler: address of a Dask scheduler, such as ``"tcp://10.0.0.1:8786"``, to work there instead.
        progress: told after every shard.

    Raises:
        InputError: a number that makes no sense, something else at ``path``, or no scheduler.
        WorkError: a worker ended before its work, or a draw is never accepted.
    """
    workers = cores() if workers is None else workers
    for name, value in (("number", number), ("shard", shard), ("workers", workers)):
        if value < 1:
            raise InputError(f"{name} is {value}, expected at least 1")
    if number > _MOST:
        raise InputError(f"number is {number}, expected at most {_MOST}: seeds tell no more samples apart")
    asked = Manifest(
        recipe.system, dict(recipe.settings()), numbers(number, recipe.validation), shard, versions()
    )
    # a scheduler that does not answer is known before anything is written
    with cluster(scheduler) if scheduler else nullcontext() as client:
        return _fill(Store(Path(path), recipe, asked), workers, client, progress or (lambda *_: None))


def _fill(store: Store, workers: int, client: Any, tell: Progress) -> Manifest:
    """Make what is missing, on the cluster of ``client`` where there is one."""
    tasks = store.missing()
    total = sum(store.manifest.number.values())
    done = before = total - sum(task.number for task in tasks)
    tell(before, done, total)
    if tasks:
        work = partial(make, store.recipe)
        made = on_cluster(work, tasks, client) if client else on_this_machine(work, tasks, workers)
        with closing(made):  # so that the workers end when the writing does, well or not
            for task, arrays, rejected in made:
                store.write(task, arrays, rejected)
                done += task.number
                tell(before, done, total)
    return store.finish()
