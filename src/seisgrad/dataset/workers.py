"""Who makes the shards: processes of this machine, or a Dask cluster. Both run the same function on the same tasks."""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing.connection import wait as wait_for
from typing import Any, NamedTuple

import seisgrad
from seisgrad.dataset.manifest import Task
from seisgrad.dataset.recipe import Arrays, Recipe
from seisgrad.errors import InputError, WorkError

AHEAD = 2
"""Shards per worker that are under way at a time: enough to keep it busy, few enough to hold in memory."""
_PATIENCE = 20
"""Seconds until a scheduler that does not answer is taken for absent."""


class Made(NamedTuple):
    """A shard that is ready to be written."""

    task: Task
    arrays: Arrays
    rejected: Counter[str]


def cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def make(recipe: Recipe, task: Task, version: str) -> Made:
    """Make one shard, wherever this runs.

    Raises:
        WorkError: the package here has another version than the one that asks.
    """
    if seisgrad.__version__ != version:
        raise WorkError(
            f"a worker runs seisgrad {seisgrad.__version__}, expected {version}; install the same on all of them"
        )
    return Made(task, *recipe.make(task.split, task.first, task.number))


def on_this_machine(recipe: Recipe, tasks: Sequence[Task], workers: int) -> Generator[Made, None, None]:
    """Shards as they are finished by ``workers`` processes of one thread each, in any order.

    Raises:
        WorkError: a process ended before its work.
    """
    context = multiprocessing.get_context(
        "spawn"
    )  # a fork would copy the threads' locks and none of the threads
    pool = ProcessPoolExecutor(min(workers, len(tasks)), mp_context=context, initializer=_start_worker)

    def submit(task: Task) -> Future[Made]:
        return pool.submit(make, recipe, task, seisgrad.__version__)

    try:
        yield from _in_turn(submit, _first_done, tasks, AHEAD * workers)
    except BrokenProcessPool as error:
        raise WorkError(
            "a worker process was ended from outside, perhaps for want of memory; take fewer --workers or a smaller "
            "--shard; the same command resumes"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def cluster(scheduler: str) -> Any:
    """A client of the Dask cluster whose scheduler listens at ``scheduler``.

    Raises:
        InputError: Dask distributed is not installed, or no scheduler answers.
    """
    try:
        import distributed
    except ImportError as error:
        raise InputError(
            "--scheduler needs the package distributed, which is not installed; install seisgrad[cluster]"
        ) from error
    try:
        return distributed.Client(scheduler, timeout=_PATIENCE)
    except (OSError, ValueError) as error:
        raise InputError(
            f"no Dask scheduler answers at {scheduler}; start one with dask scheduler, or check the address"
        ) from error


def on_cluster(recipe: Recipe, tasks: Sequence[Task], client: Any) -> Generator[Made, None, None]:
    """Shards as they are finished by the Dask cluster of ``client``, in any order."""
    import distributed

    def submit(task: Task) -> Any:
        return client.submit(make, recipe, task, seisgrad.__version__, pure=False)

    def first_done(pending: set[Any]) -> set[Any]:
        answer: Any = distributed.wait(pending, return_when="FIRST_COMPLETED")
        return answer.done

    most = AHEAD * max(1, sum(client.nthreads().values()))
    yield from _in_turn(submit, first_done, tasks, most)


def _first_done(pending: set[Future[Made]]) -> set[Future[Made]]:
    return wait(pending, return_when=FIRST_COMPLETED).done


def _in_turn(
    submit: Callable[[Task], Any],
    first_done: Callable[[set[Any]], set[Any]],
    tasks: Sequence[Task],
    most: int,
) -> Iterator[Made]:
    """Results of all tasks, with at most ``most`` of them under way."""
    waiting = iter(tasks)
    pending = {submit(task) for task in islice(waiting, most)}
    while pending:
        done = first_done(pending)
        pending -= done
        pending |= {submit(task) for task in islice(waiting, len(done))}
        for future in done:
            yield future.result()


def _start_worker() -> None:
    """Settle down as a worker: one thread, deaf to Ctrl-C, which the parent answers, and gone when the parent is."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    threading.Thread(target=_end_with_parent, daemon=True).start()
    import torch

    torch.set_num_threads(1)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        with contextlib.suppress(OSError):
            wait_for([parent.sentinel])
        os._exit(1)
