"""Who does the work: processes of this machine, or a Dask cluster. Both run the same function on the same tasks."""

import contextlib
import multiprocessing
import os
import pickle
import signal
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing.connection import wait as wait_for
from typing import Any, NamedTuple, TypeVar

import seisgrad
from seisgrad._lazy import extra
from seisgrad.dataset.manifest import Task
from seisgrad.dataset.recipe import Arrays, Recipe
from seisgrad.errors import InputError, WorkError

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")

AHEAD = 2
"""Tasks per worker that are under way at a time: enough to keep it busy, few enough to hold in memory."""
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


def make(recipe: Recipe, task: Task) -> Made:
    """Make one shard."""
    return Made(task, *recipe.make(task.split, task.first, task.number))


def checked(work: Callable[[Asked], Answer], task: Asked, version: str) -> Answer:
    """Do ``work`` on one task, wherever this runs.

    Raises:
        WorkError: the package here has another version than the one that asks.
    """
    if seisgrad.__version__ != version:
        raise WorkError(
            f"a worker runs seisgrad {seisgrad.__version__}, expected {version}; install the same on all of them"
        )
    return work(task)


def on_this_machine(
    work: Callable[[Asked], Answer], tasks: Sequence[Asked], workers: int
) -> Generator[Answer, None, None]:
    """Results as they are finished by ``workers`` processes of one thread each, in any order.

    Args:
        work: what to do with a task; it is sent with every one, so it should be small.
        tasks: sent one by one.
        workers: processes, at most.

    Raises:
        WorkError: a process ended before its work.
    """
    context = multiprocessing.get_context(
        "spawn"
    )  # a fork would copy the threads' locks and none of the threads
    pool = ProcessPoolExecutor(min(workers, len(tasks)), mp_context=context, initializer=_start_worker)

    def submit(task: Asked) -> Future[bytes]:
        return pool.submit(_in_bytes, pickle.dumps((work, task, seisgrad.__version__)))

    try:
        yield from map(pickle.loads, _in_turn(submit, _first_done, tasks, AHEAD * workers))
    except BrokenProcessPool as error:
        raise WorkError(
            "a worker process was ended from outside, perhaps for want of memory; take fewer --workers or smaller "
            "shards; the same command resumes"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def cluster(scheduler: str) -> Any:
    """A client of the Dask cluster whose scheduler listens at ``scheduler``.

    Raises:
        InputError: Dask distributed is not installed, or no scheduler answers.
    """
    with extra("cluster"):
        import distributed
    try:
        return distributed.Client(scheduler, timeout=_PATIENCE)
    except (OSError, ValueError) as error:
        raise InputError(
            f"no Dask scheduler answers at {scheduler}; start one with dask scheduler, or check the address"
        ) from error


def on_cluster(
    work: Callable[[Asked], Answer], tasks: Sequence[Asked], client: Any
) -> Generator[Answer, None, None]:
    """Results as they are finished by the Dask cluster of ``client``, in any order; tasks of a worker that is lost are
    done by the others."""
    with extra("cluster"):
        import distributed

    def submit(task: Asked) -> Any:
        return client.submit(checked, work, task, seisgrad.__version__, pure=False)

    def first_done(pending: set[Any]) -> set[Any]:
        answer: Any = distributed.wait(pending, return_when="FIRST_COMPLETED")
        return answer.done

    most = AHEAD * max(1, sum(client.nthreads().values()))
    yield from _in_turn(submit, first_done, tasks, most)


def _in_bytes(asked: bytes) -> bytes:
    """:func:`checked` from bytes to bytes: tensors would be shared between processes, and end with either of them."""
    return pickle.dumps(checked(*pickle.loads(asked)))


def _first_done(pending: set[Future[bytes]]) -> set[Future[bytes]]:
    return wait(pending, return_when=FIRST_COMPLETED).done


def _in_turn(
    submit: Callable[[Asked], Any],
    first_done: Callable[[set[Any]], set[Any]],
    tasks: Sequence[Asked],
    most: int,
) -> Iterator[Any]:
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
